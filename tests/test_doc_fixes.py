"""Fixes of the rules on docs and safety markers: what is left, and that nothing is left to fix."""

from __future__ import annotations

from itertools import pairwise

import pytest

from rfl_lint.engine import Lint, lint_source
from rfl_lint.finding import Finding
from rfl_lint.rule import Rule
from rfl_lint.source import SourceFile
from rfl_lint.syntax import parse_file
from rfl_lint.testing import read_fixture
from tests.conftest import ROOT
from tests.work import builtin_rule

DocSectionName = builtin_rule("doc-section-name")
MalformedSafetyMarker = builtin_rule("malformed-safety-marker")
EmptyDocLines = builtin_rule("empty-doc-lines")

RULES: tuple[type[Rule], ...] = (DocSectionName, EmptyDocLines, MalformedSafetyMarker)

SITE = "unsafe impl A for B {}\n"
ITEM = "unsafe fn f() {}\n"


def findings(rule: type[Rule], data: bytes) -> tuple[Finding, ...]:
    return lint_source(SourceFile("a.rs", data), Lint([rule()], doc_code=True, report_unused=False)).findings


def fixed(rule: type[Rule], data: bytes) -> bytes:
    found = [item.fix for item in findings(rule, data) if item.fix is not None]
    assert all(fix.safe for fix in found)
    edits = sorted((edit for fix in found for edit in fix.edits), key=lambda edit: -edit.span.start)
    assert all(not a.span.overlaps(b.span) for a, b in pairwise(edits))
    for edit in edits:
        data = data[: edit.span.start] + edit.text.encode() + data[edit.span.end :]
    return data


@pytest.mark.parametrize(
    ("rule", "before", "after"),
    [
        (DocSectionName, "/// ## example: ##\nfn f() {}\n", "/// ## Examples ##\nfn f() {}\n"),
        (DocSectionName, "/// Error\n/// ===\nfn f() {}\n", "/// Errors\n/// ===\nfn f() {}\n"),
        (EmptyDocLines, "/// a\n///\n/// \n///\n/// b\nfn f() {}\n", "/// a\n///\n/// b\nfn f() {}\n"),
        (EmptyDocLines, "/// a\n  //\n//\n/// b\nfn f() {}\n", "/// a\n  ///\n/// b\nfn f() {}\n"),
        (EmptyDocLines, "/// a\n//\n///\n/// b\nfn f() {}\n", "/// a\n///\n/// b\nfn f() {}\n"),
        (EmptyDocLines, "//! a\n//\n//! b\n", "//! a\n//!\n//! b\n"),
        (EmptyDocLines, "/// a\n  //\n  //\n#[b]\nfn f() {}\n", "/// a\n#[b]\nfn f() {}\n"),
        (EmptyDocLines, "//\n/// a\nfn f() {}\n", "/// a\nfn f() {}\n"),
        (EmptyDocLines, "x!();\n  //\n  /// a\n  fn f() {}\n", "x!();\n  /// a\n  fn f() {}\n"),
        (EmptyDocLines, "//! a\n//!\n//!", "//! a\n//!"),
        (MalformedSafetyMarker, "//SAFETY: a\n" + SITE, "// SAFETY: a\n" + SITE),
        (MalformedSafetyMarker, "// safety:\n// - a\n" + SITE, "// SAFETY:\n// - a\n" + SITE),
        (MalformedSafetyMarker, "// SAFETY — a\n" + SITE, "// SAFETY: a\n" + SITE),
        (MalformedSafetyMarker, "// SAFETY a\n" + SITE, "// SAFETY: a\n" + SITE),
        (MalformedSafetyMarker, "// **Safety**:a\n" + SITE, "// SAFETY: a\n" + SITE),
        (MalformedSafetyMarker, "// SAFETY (b): a\n" + SITE, "// SAFETY: (b) a\n" + SITE),
        (MalformedSafetyMarker, "// Safety, INVARIANT: a\n" + SITE, "// SAFETY, INVARIANT: a\n" + SITE),
        (MalformedSafetyMarker, "// Fine. Safety: a\n" + SITE, "// Fine. SAFETY: a\n" + SITE),
        (MalformedSafetyMarker, "/* safety: a */\n" + SITE, "/* SAFETY: a */\n" + SITE),
        (MalformedSafetyMarker, "/*\n * Safety - a\n */\n" + SITE, "/*\n * SAFETY: a\n */\n" + SITE),
        (MalformedSafetyMarker, "/// SAFETY: a\n///  b\n" + SITE, "// SAFETY: a\n//  b\n" + SITE),
        (MalformedSafetyMarker, "/// b\n///\n/// # Safety\n///\n/// a\n" + SITE,
         "/// b\n// SAFETY:\n//\n// a\n" + SITE),
        (MalformedSafetyMarker, "/// ## SAFETY:\n///\n/// a\n" + ITEM, "/// # Safety\n///\n/// a\n" + ITEM),
        (MalformedSafetyMarker, "/// b\n/// Safety: a\n" + ITEM, "/// b\n///\n/// # Safety\n///\n/// a\n" + ITEM),
        (MalformedSafetyMarker, "/// b\n///\n/// SAFETY:\n/// a\n" + ITEM,
         "/// b\n///\n/// # Safety\n///\n/// a\n" + ITEM),
        (MalformedSafetyMarker, "/// SAFETY:\n///\n/// a\n" + ITEM, "/// # Safety\n///\n/// a\n" + ITEM),
    ],
)  # fmt: skip
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_fix(rule: type[Rule], before: str, after: str, ending: str) -> None:
    mended = fixed(rule, before.replace("\n", ending).encode())
    assert mended.decode() == after.replace("\n", ending)
    assert findings(rule, mended) == ()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.meta.name)
def test_fixtures_are_clean_when_they_are_fixed(rule: type[Rule]) -> None:
    for path in sorted((ROOT / "fixtures" / rule.meta.group / rule.meta.name).glob("bad*.rs")):
        data = read_fixture(path).source.data
        mended = fixed(rule, data)
        assert mended != data
        assert not [item for item in findings(rule, mended) if item.fix is not None]
        assert len(parse_file(SourceFile("a.rs", mended)).errors) <= len(
            parse_file(SourceFile("a.rs", data)).errors
        )
