"""Fixes of the style rules: a fixed text parses, has no finding left, and is as a maintainer would write it."""

from __future__ import annotations

import pytest

from rfl_lint.engine import Lint, lint_source
from rfl_lint.finding import Finding
from rfl_lint.rule import Rule
from rfl_lint.source import SourceFile
from rfl_lint.syntax import parse_file
from tests.work import builtin_rule

LogWithoutNewline = builtin_rule("log-without-newline")
UnitResult = builtin_rule("unit-result")
UnnecessaryOrderingComment = builtin_rule("unnecessary-ordering-comment")


def findings(rule: type[Rule], text: str) -> tuple[Finding, ...]:
    return lint_source(
        SourceFile("a.rs", text.encode()), Lint([rule()], doc_code=True, report_unused=False)
    ).findings


def fixed(rule: type[Rule], text: str) -> str:
    data = text.encode()
    found = [item.fix for item in findings(rule, text) if item.fix is not None]
    assert all(fix.safe for fix in found)
    for edit in sorted((edit for fix in found for edit in fix.edits), key=lambda e: -e.span.start):
        data = data[: edit.span.start] + edit.text.encode() + data[edit.span.end :]
    return data.decode()


@pytest.mark.parametrize(
    ("rule", "before", "after"),
    [
        (LogWithoutNewline, 'fn f() { pr_info!("a"); }', r'fn f() { pr_info!("a\n"); }'),
        (LogWithoutNewline, r'fn f() { pr_info!("a\\"); }', r'fn f() { pr_info!("a\\\n"); }'),
        (LogWithoutNewline, 'fn f() { pr_info!(concat!("a", "b")); }', r'fn f() { pr_info!(concat!("a", "b\n")); }'),
        (
            LogWithoutNewline,
            'fn f() {\n    pr_info!(\n        "a \\\n         ä",\n        b\n    );\n}\n',
            'fn f() {\n    pr_info!(\n        "a \\\n         ä\\n",\n        b\n    );\n}\n',
        ),
        (
            LogWithoutNewline,
            '/// ```\r\n/// pr_info!("a");\r\n/// ```\r\nfn f() {}\r\n',
            '/// ```\r\n/// pr_info!("a\\n");\r\n/// ```\r\nfn f() {}\r\n',
        ),
        (
            UnitResult,
            "use kernel::prelude::*;\nfn f(x: Option<Result<()>>) -> Result<()> {}\n",
            "use kernel::prelude::*;\nfn f(x: Option<Result>) -> Result {}\n",
        ),
        (
            UnitResult,
            "use kernel::error;\nfn f() -> error::Result<(),>\nwhere\n    T: X;\n",
            "use kernel::error;\nfn f() -> error::Result\nwhere\n    T: X;\n",
        ),
    ],
)  # fmt: skip
def test_a_fix(rule: type[Rule], before: str, after: str) -> None:
    assert fixed(rule, before) == after
    assert findings(rule, after) == ()
    assert not parse_file(SourceFile("a.rs", after.encode()), doc_code=True).errors


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (LogWithoutNewline, 'fn f() { pr_info!(r"a\\n"); }'),
        (UnitResult, "use kernel::prelude::*;\nfn f() -> Result</* nothing */ ()> {}\n"),
        (UnnecessaryOrderingComment, "fn f() {\n    // ORDERING: CAST: Which of them?\n    let x = 1;\n}\n"),
        (UnnecessaryOrderingComment, "fn f() {\n    // ORDERING: ORDERING:\n    let x = 1;\n}\n"),
    ],
)
def test_what_no_edit_mends_has_no_fix(rule: type[Rule], text: str) -> None:
    found = findings(rule, text)
    assert found
    assert not any(finding.fix for finding in found)


def test_a_tag_that_is_said_several_times_goes_at_once() -> None:
    text = "fn f() {\n    // ORDERING: // ORDERING:ORDERING: It was so.\n    let x = 1;\n}\n"
    (found,) = (each.fix for each in findings(UnnecessaryOrderingComment, text) if each.fix is not None)
    (edit,) = found.edits
    assert text[: edit.span.start] + edit.text + text[edit.span.end :] == (
        "fn f() {\n    // It was so.\n    let x = 1;\n}\n"
    )
