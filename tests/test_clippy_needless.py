"""unnecessary-safety-comment against `clippy::unnecessary_safety_comment`, marked as in its neighbour.

Clippy reports the code and this rule the comment, so that what is compared are the lines of the code.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from rfl_lint.engine import Lint, lint_source
from rfl_lint.source import SourceFile
from tests.clippy_harness import FOLDER, blanked, clippy_lines, sites, unmarked_differences
from tests.work import builtin_rule

RULE: Final = "unnecessary-safety-comment"
LINT: Final = "clippy::unnecessary_safety_comment"
INPUT: Final = FOLDER / "needless" / "needless.rs"


def lines_of_code(data: bytes) -> set[int]:
    source = SourceFile("drivers/demo.rs", data)
    result = lint_source(source, Lint([builtin_rule(RULE)()], report_unused=False))
    assert not result.crashes
    return {source.position(finding.related[0].span.start).line for finding in result.findings}


@pytest.mark.client
def test_differences_are_exactly_those_that_are_marked(driver: str, tmp_path: Path) -> None:
    ours, clippy = lines_of_code(blanked(INPUT)), clippy_lines(driver, INPUT, tmp_path, LINT)
    assert (ours | clippy) <= {site.line for site in sites(INPUT)}
    assert unmarked_differences(ours, clippy, INPUT) == []


def test_the_input_is_worth_the_comparison() -> None:
    marked = sites(INPUT)
    assert len({site.name for site in marked}) == len(marked) >= 50
    assert {site.point for site in marked} == set(range(1, 7))
    reported = lines_of_code(blanked(INPUT))
    assert 20 <= len(reported) <= len(marked) - 20
