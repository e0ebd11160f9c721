"""panicking-operation against the two lints of clippy that it names, marked as in its neighbours."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from tests.clippy_harness import FOLDER, blanked, clippy_lines, our_lines, sites, unmarked_differences

RULE: Final = "panicking-operation"
LINTS: Final = ("indexing_slicing", "arithmetic_side_effects")
INPUT: Final = FOLDER / "arithmetic" / "arithmetic.rs"


@pytest.mark.client
def test_differences_are_exactly_those_that_are_marked(driver: str, tmp_path: Path) -> None:
    clippy = {line for lint in LINTS for line in clippy_lines(driver, INPUT, tmp_path, f"clippy::{lint}")}
    ours = our_lines(blanked(INPUT), RULE)
    assert unmarked_differences(ours, clippy, INPUT) == []


def test_the_input_is_worth_the_comparison() -> None:
    marked = sites(INPUT)
    assert len({site.name for site in marked}) == len(marked) >= 40
    assert {site.point for site in marked} == set(range(1, 8))
    assert len(our_lines(blanked(INPUT), RULE)) >= 15
