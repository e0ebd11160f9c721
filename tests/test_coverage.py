"""Counts of unsafe code and of values with invariants: exactly what the two rules ask for, argued for or not."""

from __future__ import annotations

from pathlib import Path

import pytest

from rfl_lint.analysis.coverage.count import coverage_of
from rfl_lint.analysis.coverage.counts import Coverage
from rfl_lint.engine import Lint, lint_source
from rfl_lint.registry import builtin_rules
from rfl_lint.source import SourceFile
from rfl_lint.tree import read_tree
from tests.conftest import ROOT
from tests.test_types import context

INVARIANTS = "/// # Invariants\n///\n/// `0` is valid.\nstruct Valid(*mut u8);\n"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("fn f() {}", Coverage()),
        ("fn f() { unsafe { g() } }", Coverage(1, 0)),
        ("fn f() {\n    // SAFETY: It is.\n    unsafe { g() }\n}", Coverage(1, 1)),
        ("fn f() {\n    // SAFETY: It.\n    g(unsafe { h() }, unsafe { i() });\n    unsafe { j() }\n}", Coverage(3, 2)),
        ("unsafe impl Send for A {}\n// SAFETY: It is.\nunsafe impl Sync for A {}\nimpl A {}", Coverage(2, 1)),
        ("unsafe fn f() {}\nunsafe trait T {}", Coverage()),
        ("macro_rules! m { () => { unsafe { g() } } }\nfn f() { pin_init!(A { a: unsafe { g() } }) }", Coverage(2, 0)),
        ("/// ```\n/// unsafe { g() };\n/// ```\nfn f() {}", Coverage()),
        ("fn f() { /* unsafe { g() } */ }", Coverage()),
        (INVARIANTS + "fn f(p: *mut u8) -> Valid { Valid(p) }", Coverage(0, 0, 1, 0)),
        (INVARIANTS + "fn f(p: *mut u8) -> Valid {\n    // INVARIANT: It is.\n    Valid(p)\n}", Coverage(0, 0, 1, 1)),
        (INVARIANTS + "fn f(v: Valid) { let Valid(p) = v; }", Coverage()),
        ("struct Plain(u8);\nfn f() -> Plain { Plain(1) }", Coverage()),
    ],
)  # fmt: skip
def test_what_counts(code: str, expected: Coverage) -> None:
    assert coverage_of(context(code + "\n")) == expected


def test_counts_add_up() -> None:
    assert sum((Coverage(1, 1, 2, 1), Coverage(2, 0, 1, 1)), Coverage()) == Coverage(3, 1, 3, 2)


@pytest.mark.parametrize("rule", ["missing-safety-comment", "missing-invariant-comment"])
def test_what_is_missing_is_what_the_rules_report(rule: str) -> None:
    """Over the fixtures of the two rules, which hold the hard cases."""
    chosen = [each() for each in builtin_rules() if each.meta.name == rule]
    lint = Lint(chosen, strict_rules=frozenset({rule}), coverage=True)
    counted = reported = 0
    for path in sorted((ROOT / "fixtures" / "safety" / rule).glob("*.rs")):
        result = lint_source(SourceFile(f"drivers/{path.name}", path.read_bytes()), lint)
        found = {finding.span for finding in result.findings if finding.rule == rule}
        # What runs on the host is neither counted nor reported.
        assert (result.coverage is None) == (path.stem == "host_program")
        each = result.coverage or Coverage()
        missing = (
            each.unsafe - each.unsafe_documented if "safety" in rule else each.built - each.built_documented
        )
        assert missing == len(found), path
        counted, reported = counted + missing, reported + len(found)
    assert counted == reported > 0


def test_nothing_is_counted_unless_asked_for() -> None:
    source = SourceFile("drivers/a.rs", b"fn f() { unsafe { g() } }\n")
    assert lint_source(source, Lint([])).coverage is None
    assert lint_source(source, Lint([], coverage=True)).coverage == Coverage(1, 0)


def test_examples_in_doc_comments_are_not_counted_even_where_they_are_linted() -> None:
    text = b"/// ```\n/// unsafe { g() };\n/// ```\nfn f() { unsafe { g() } }\n"
    result = lint_source(SourceFile("drivers/a.rs", text), Lint([], doc_code=True, coverage=True))
    assert result.coverage == Coverage(1, 0)


def test_host_code_is_not_counted(tmp_path: Path) -> None:
    (tmp_path / "rust" / "kernel").mkdir(parents=True)
    (tmp_path / "rust" / "kernel" / "lib.rs").write_text("")
    source = SourceFile("scripts/a.rs", b"fn f() { unsafe { g() } }\n")
    assert lint_source(source, Lint([], coverage=True), read_tree(tmp_path)).coverage is None
