"""Lines in doc comments that hold nothing: several `///` in a row, and a `//` that was meant as one of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from rfl_lint.analysis.documentation.items import documented
from rfl_lint.doc_text import DocComment
from rfl_lint.finding import Edit
from rfl_lint.rule import Context
from rfl_lint.source import SourceFile, Span

# A line of nothing but slashes above or below another of the kind: a quick look before all docs are read.
_MAY_BE_EMPTY: Final = re.compile(rb"^[ \t]*//(?:[/!][ \t]*\r?\n[ \t]*//[/!])?[ \t]*\r?$", re.MULTILINE)


class EmptyLines(Struct, frozen=True):
    """Lines that say nothing. `span` is that of the first which is one too many; `edits` mend it.

    `slashes` is set where it is a `//` between lines of docs, and not a `///` after another.
    """

    span: Span
    count: int
    edits: tuple[Edit, ...]
    slashes: bool = False


def empty_doc_lines(cx: Context) -> Iterator[EmptyLines]:
    """All empty lines of the file's docs that are one too many, outside of code blocks."""
    if not _MAY_BE_EMPTY.search(cx.source.data):
        return
    for each in documented(cx):
        yield from _repeated(each.docs)
        yield from _slashes(cx.source, each.docs)


def _repeated(docs: DocComment) -> Iterator[EmptyLines]:
    """Empty lines below an empty line, as one; a block comment has no such lines, only its text has."""
    lines = docs.lines
    index = 1
    while index < len(lines):
        first = index
        while index < len(lines) and _is_empty(docs, index) and _is_empty(docs, index - 1):
            if lines[index].row != lines[index - 1].row + 1:
                break
            index += 1
        if index > first:
            cut = Span(lines[first - 1].span.end, lines[index - 1].span.end)
            yield EmptyLines(lines[first].span, index - first, (Edit(cut, ""),))
        index += 1


def _is_empty(docs: DocComment, index: int) -> bool:
    line = docs.lines[index]
    starts = docs.data.startswith((b"///", b"//!"), line.span.start)
    return starts and index not in docs.fenced and not docs.data[line.text.start : line.text.end].strip()


def _slashes(source: SourceFile, docs: DocComment) -> Iterator[EmptyLines]:
    """Groups of empty `//` lines that touch the docs: not where any line of the group says something."""
    runs = [run for run in docs.runs if not run.block]
    starts = {run.row for run in runs}
    filled = {line.row for line in docs.lines if docs.data[line.text.start : line.text.end].strip()}
    for run in runs:
        row = source.row(run.span.end)
        below = _first_other(source, row + 1, 1)
        if below > row + 1 and (below in starts or not _is_comment(source, below)):
            mark = ("//!" if docs.inner else "///") if below in starts and {row, below} <= filled else ""
            yield _group(source, row + 1, below - 1, mark)
    above = _first_other(source, runs[0].row - 1, -1) if runs else 0
    if runs and above < runs[0].row - 1 and not _is_comment(source, above):
        first = _slashes_on(source, above + 1)
        cut = Span(first.start, runs[0].span.start)
        yield EmptyLines(first, runs[0].row - above - 1, (Edit(cut, ""),), slashes=True)


def _group(source: SourceFile, first: int, last: int, mark: str) -> EmptyLines:
    """Lines of `//` below a line of docs; where there is a `mark`, one line with it is left."""
    cut = Span(source.row_span(first - 1).end, source.row_span(last).end)
    text = ""
    if mark:
        kept = Span(cut.start, _slashes_on(source, first).start)
        text = source.text(kept) + mark
    return EmptyLines(_slashes_on(source, first), last - first + 1, (Edit(cut, text),), slashes=True)


def _first_other(source: SourceFile, row: int, step: int) -> int:
    """The first line from one on, up or down, that is no empty `//`."""
    while source.row_bytes(row).strip() == b"//":
        row += step
    return row


def _is_comment(source: SourceFile, row: int) -> bool:
    return source.row_bytes(row).lstrip().startswith(b"//")


def _slashes_on(source: SourceFile, row: int) -> Span:
    span = source.row_span(row)
    start = source.data.index(b"//", span.start)
    return Span(start, start + 2)
