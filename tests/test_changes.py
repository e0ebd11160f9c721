"""Fixing what a change concerns: the limit moves with the text, and what is outside of it stays byte for byte."""

from __future__ import annotations

import re
from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from rfl_lint.cli.changes import narrowed
from rfl_lint.cli.job import Job
from rfl_lint.finding import Confidence, Edit, Finding, Fix, Severity
from rfl_lint.fixes import Fixed, fix_findings
from rfl_lint.report import Report
from rfl_lint.revision import Revision, Rows
from rfl_lint.source import SourceFile, Span, lines_of

PATH = "a.rs"
# What is found in a line, and what becomes of it: shorter, two lines, a line above, none at all, a line at the top.
WORDS = re.compile(rb"ab|s|n|d|i")


def edits_for(source: SourceFile, start: int, word: bytes) -> list[Edit]:
    row = source.row(start)
    line = source.line_starts[row]
    here = Span(start, start + len(word))
    if word == b"s":
        return [Edit(here, "t\n// t")]
    if word == b"n":
        return [Edit(Span(line, line), "// above, ab\n"), Edit(here, "m")]
    if word == b"d":
        after = [*source.line_starts, len(source.data)][row + 1]
        return [Edit(Span(line, after), "")]
    if word == b"i":
        return [Edit(Span(0, 0), "// t\n"), Edit(here, "j")]
    return [Edit(here, "a")]


def job_over(data: bytes) -> Job:
    """A linter that finds some words in the comments of one file."""

    def lint(texts: Mapping[str, Revision]) -> Report:
        source = SourceFile(PATH, texts[PATH].data if PATH in texts else data)
        findings = [
            Finding(
                "a-rule",
                "test",
                Severity.WARNING,
                Confidence.HIGH,
                PATH,
                Span(*match.span()),
                "m",
                fix=Fix("change it", tuple(edits_for(source, match.start(), match[0])), safe=True),
            )
            for match in WORDS.finditer(source.data)
        ]
        return Report(findings=tuple(findings), files=1, read={PATH: source}.get)

    return Job(lint)


def fixed(data: bytes, rows: Rows) -> tuple[Fixed, Revision]:
    result = fix_findings(narrowed(job_over(data), {PATH: rows}).lint, unsafe=False)
    assert result.problems == ()
    return result, result.revised.get(PATH, Revision(data))


TEXTS = st.lists(st.text("abdeinst ", max_size=5), min_size=1, max_size=9).map(
    lambda lines: "".join(f"// {number} {line}\n" for number, line in enumerate(lines)).encode()
)
SOME = st.frozensets(st.integers(0, 8))


@given(TEXTS, SOME)
def test_what_the_change_did_not_write_stays(data: bytes, written: frozenset[int]) -> None:
    rows = Rows(added=frozenset(row for row in written if row < len(lines_of(data))))
    result, after = fixed(data, rows)
    now = after.rows(rows)
    left = [line for row, line in enumerate(lines_of(after.data)) if row not in now.touched]
    assert left == [line for row, line in enumerate(lines_of(data)) if row not in rows.added]
    assert not now.behind
    assert not result.report.findings
    inside = b"".join(line for row, line in enumerate(lines_of(after.data)) if row in now.touched)
    assert not WORDS.search(inside)


@given(TEXTS, SOME, SOME)
def test_once_is_enough(data: bytes, written: frozenset[int], behind: frozenset[int]) -> None:
    rows = Rows(written, behind)
    _, after = fixed(data, rows)
    again, _ = fixed(after.data, after.rows(rows))
    assert (again.after, again.report.findings) == ({}, ())


@given(TEXTS)
def test_a_change_of_everything_is_no_limit(data: bytes) -> None:
    limited, _ = fixed(data, Rows(added=frozenset(range(9))))
    assert limited.after == fix_findings(job_over(data).lint, unsafe=False).after
