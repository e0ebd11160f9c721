"""missing-safety-doc and unnecessary-safety-doc against clippy's lints of these names, marked as in their neighbour.

The mark stands at the item. There clippy reports; ours is at its `unsafe`, or at the heading above it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from tests.clippy_harness import FOLDER, blanked, clippy_lines, our_lines, sites, unmarked_differences

DOCS: Final = FOLDER / "docs"
CASES: Final = (
    ("missing-safety-doc", "clippy::missing_safety_doc", DOCS / "missing.rs"),
    ("unnecessary-safety-doc", "clippy::unnecessary_safety_doc", DOCS / "unnecessary.rs"),
)


def ours(rule: str, path: Path) -> set[int]:
    """The marked lines at or below each finding."""
    marked = sorted(site.line for site in sites(path))
    return {next(line for line in marked if line >= found) for found in our_lines(blanked(path), rule)}


@pytest.mark.client
@pytest.mark.parametrize(("rule", "lint", "path"), CASES, ids=[case[0] for case in CASES])
def test_differences_are_exactly_those_that_are_marked(
    rule: str, lint: str, path: Path, driver: str, tmp_path: Path
) -> None:
    own, clippy = ours(rule, path), clippy_lines(driver, path, tmp_path, lint)
    assert (own | clippy) <= {site.line for site in sites(path)}
    assert unmarked_differences(own, clippy, path) == []


def test_the_inputs_are_worth_the_comparison() -> None:
    every = [site for _, _, path in CASES for site in sites(path)]
    assert {site.point for site in every} == set(range(1, 9))
    assert len(every) >= 80
    assert sum(bool(site.alone) for site in every) <= len(every) // 6
    for rule, _, path in CASES:
        assert len(sites(path)) // 4 < len(ours(rule, path)) < len(sites(path))
