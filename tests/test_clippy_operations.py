"""multiple-unsafe-operations against `clippy::multiple_unsafe_ops_per_block`, marked as in its neighbour."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from tests.clippy_harness import FOLDER, blanked, clippy_lines, our_lines, sites, unmarked_differences

RULE: Final = "multiple-unsafe-operations"
LINT: Final = "clippy::multiple_unsafe_ops_per_block"
INPUT: Final = FOLDER / "operations" / "operations.rs"


@pytest.mark.client
def test_differences_are_exactly_those_that_are_marked(driver: str, tmp_path: Path) -> None:
    ours, clippy = our_lines(blanked(INPUT), RULE), clippy_lines(driver, INPUT, tmp_path, LINT)
    assert (ours | clippy) <= {site.line for site in sites(INPUT)}
    assert unmarked_differences(ours, clippy, INPUT) == []


def test_the_input_is_worth_the_comparison() -> None:
    marked = sites(INPUT)
    assert len({site.name for site in marked}) == len(marked) >= 50
    assert {site.point for site in marked} == set(range(1, 8))
    assert sum(bool(site.alone) for site in marked) <= len(marked) // 10
    reported = our_lines(blanked(INPUT), RULE)
    assert 20 <= len(reported) <= len(marked) - 15
