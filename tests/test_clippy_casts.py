"""inferred-pointer-cast against `clippy::as_underscore` and `clippy::as_pointer_underscore`, marked as its neighbours.

Clippy speaks of every inferred cast, of integers too; those are marked with the reason why this rule does not.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from rfl_lint.engine import Lint, lint_source
from rfl_lint.registry import builtin_rules
from rfl_lint.source import SourceFile
from tests.test_clippy_differential import blanked, clippy_lines, driver, sites

__all__ = ["driver"]

RULE: Final = "inferred-pointer-cast"
LINTS: Final = ("clippy::as_underscore", "clippy::as_pointer_underscore")
INPUT: Final = Path(__file__).parent / "clippy" / "casts" / "casts.rs"


def our_lines(data: bytes) -> set[int]:
    source = SourceFile("drivers/demo.rs", data)
    rules = [rule() for rule in builtin_rules() if rule.meta.name == RULE]
    result = lint_source(source, Lint(rules, report_unused=False))
    assert not result.crashes
    return {source.position(finding.span.start).line for finding in result.findings}


@pytest.mark.client
def test_differences_are_exactly_those_that_are_marked(driver: str, tmp_path: Path) -> None:
    ours = our_lines(blanked(INPUT))
    clippy = {line for lint in LINTS for line in clippy_lines(driver, INPUT, tmp_path, lint)}
    marked = {site.line: site for site in sites(INPUT)}
    assert (ours | clippy) <= marked.keys()
    differing = {(line, "ours") for line in ours - clippy} | {(line, "clippy") for line in clippy - ours}
    expected = {(site.line, site.alone) for site in marked.values() if site.alone}
    assert {(marked[line].name, who) for line, who in differing ^ expected} == set()


def test_the_input_is_worth_the_comparison() -> None:
    marked = sites(INPUT)
    assert len({(site.point, site.name) for site in marked}) == len(marked) >= 50
    assert {site.point for site in marked} == set(range(1, 7))
    reported = our_lines(blanked(INPUT))
    assert {site.line for site in marked if site.point in (3, 4)}.isdisjoint(reported)
    assert len(reported) >= 30
