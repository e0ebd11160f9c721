"""inferred-pointer-cast against `clippy::as_underscore` and `clippy::as_pointer_underscore`, marked as its neighbours.

Clippy speaks of every inferred cast, of integers too; those are marked with the reason why this rule does not.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from tests.clippy_harness import FOLDER, blanked, clippy_lines, our_lines, sites, unmarked_differences

RULE: Final = "inferred-pointer-cast"
LINTS: Final = ("clippy::as_underscore", "clippy::as_pointer_underscore")
INPUT: Final = FOLDER / "casts" / "casts.rs"


@pytest.mark.client
def test_differences_are_exactly_those_that_are_marked(driver: str, tmp_path: Path) -> None:
    ours = our_lines(blanked(INPUT), RULE)
    clippy = {line for lint in LINTS for line in clippy_lines(driver, INPUT, tmp_path, lint)}
    assert (ours | clippy) <= {site.line for site in sites(INPUT)}
    assert unmarked_differences(ours, clippy, INPUT) == []


def test_the_input_is_worth_the_comparison() -> None:
    marked = sites(INPUT)
    assert len({(site.point, site.name) for site in marked}) == len(marked) >= 50
    assert {site.point for site in marked} == set(range(1, 7))
    reported = our_lines(blanked(INPUT), RULE)
    assert {site.line for site in marked if site.point in (3, 4)}.isdisjoint(reported)
    assert len(reported) >= 30
