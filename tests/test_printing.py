"""Whether a literal ends its line, and that messages are read in linear time."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfl_lint.analysis.printing.messages import ends_line
from rfl_lint.config import read_config
from rfl_lint.engine import Lint, lint_source
from rfl_lint.source import SourceFile
from tests.work import builtin_rule, grows_linearly

LogWithoutNewline = builtin_rule("log-without-newline")

WRITTEN = {"\n": r"\n", "\\": r"\\", '"': r"\"", "\t": r"\t"}


@pytest.mark.parametrize(
    ("literal", "expected"),
    [
        (r'"a\n"', True),
        (r'"a\\n"', False),
        (r'"a\\\n"', True),
        (r'"\x0A"', True),
        (r'"\x0a."', False),
        (r'"\u{a}"', True),
        (r'"\u{ab}"', False),
        ('"a\\n\\\n   "', True),
        ('"a\\\n   "', False),
        ('"a\\\r\n   "', False),
        ('"a\n"', True),
        ('""', False),
        ('r"a\\n"', False),
        ('r#"a\n"#', True),
    ],
)
def test_the_end_of_a_literal(literal: str, *, expected: bool) -> None:
    assert ends_line(literal) is expected


@given(st.text(st.sampled_from('ab\n\\"n\t{}'), max_size=8))
def test_escapes_are_read_as_rust_reads_them(text: str) -> None:
    literal = '"' + "".join(WRITTEN.get(char, char) for char in text) + '"'
    assert ends_line(literal) is text.endswith("\n")


def test_a_configuration_adds_macros(tmp_path: Path) -> None:
    path = tmp_path / "rfl-lint.toml"
    path.write_text("[tables.printing.lamp_err]\nbefore = 1\n")
    lint = Lint([LogWithoutNewline()], tables=read_config(path).tables, report_unused=False)
    text = (
        b'macro_rules! lamp_err { ($l:expr) => {} } fn f() { lamp_err!(lamp, "a"); lamp_err!(lamp, "a\\n"); }'
    )
    (found,) = lint_source(SourceFile("a.rs", text), lint).findings
    assert found.message == "the message of `lamp_err!` does not end with a newline"


def test_many_messages_cost_what_each_costs() -> None:
    lint = Lint([LogWithoutNewline()], report_unused=False)

    def work(count: int) -> None:
        body = 'if x { pr_info!("a"); }\n' * count
        lint_source(SourceFile("a.rs", f'fn f() {{ {body} pr_cont!("b"); }}'.encode()), lint)

    assert grows_linearly(work, 40)
