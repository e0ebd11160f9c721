"""Which lines of a file are doc comments, read off its bytes: runs of them, their lines, and what may stand below.

Runs of `///` or `//!` lines and `/** */` or `/*! */` blocks count where they begin their line. `////`, `/***` and
`/**/` are no doc comments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from msgspec import Struct

from rfl_lint.source import BOM, Span

_START: Final = re.compile(rb"/(?:(?P<outer>//(?!/))|(?P<inner>/!)|\*(?:\*(?![*/])|(?P<bang>!)))")
_OUTER_LINES: Final = re.compile(rb"(?>(?:[ \t]*///(?!/)[^\n]*(?:\n|\Z))+)")
_INNER_LINES: Final = re.compile(rb"(?>(?:[ \t]*//![^\n]*(?:\n|\Z))+)")
_BLOCK_EDGE: Final = re.compile(rb"/\*|\*/")
_STRING: Final = rb'"(?>(?:[^"\\]|\\.)*)"'
_BRACKETS: Final = (
    rb"\[(?>(?:[^\[\]\"]|" + _STRING + rb"|\[(?>(?:[^\[\]\"]|" + _STRING + rb"|\[[^\[\]]*\])*)\])*)\]"
)
_ATTRIBUTE: Final = rb"#!?\s*" + _BRACKETS
# What may stand between a doc comment and its code; atomic, for there are many ways to cut comments in a row.
_GAP: Final = re.compile(
    rb"(?>(?:\s+|//[^\n]*|/\*.*?\*/|" + _ATTRIBUTE + rb"|\$\(\s*" + _ATTRIBUTE + rb"\s*\)[^\s\w]?[*+?])*)",
    re.DOTALL,
)


class DocLine(NamedTuple):
    """One line of a doc comment. `row` counts from 0.

    `span` goes from the introducer (in a block comment from the first character) to the end of the line without its
    line ending; `text` is what stands behind the introducer and one space.
    """

    row: int
    span: Span
    text: Span


class DocRun(Struct, frozen=True):
    """Lines of one kind directly below each other, or one block comment; `span` begins at the introducer."""

    span: Span
    row: int
    inner: bool
    block: bool


def end_of_gap(data: bytes, start: int, end: int) -> int:
    """How far comments and attributes go from a byte on, that may stand between a doc comment and its code."""
    match = _GAP.match(data, start, end)
    return match.end() if match else start


def doc_runs(data: bytes) -> Iterator[DocRun]:
    """All runs of a file in order."""
    counted = row = at = 0
    while (match := _START.search(data, at)) is not None:
        start = match.start()
        line = data.rfind(b"\n", max(0, at - 1), start) + 1
        on_old_line = at and not line
        before = b"" if on_old_line else data[line:start].removeprefix(b"" if line else BOM)
        at = match.end()
        if on_old_line or before.strip(b" \t"):
            # Behind code, or further right in a comment.
            at = _end_of_line(data, start) if match["outer"] or match["inner"] else at
            continue
        row += data.count(b"\n", counted, start)
        counted = start
        is_block = not (match["outer"] or match["inner"])
        if is_block:
            at = end = _end_of_block(data, match.end())
            if end < 0:
                return
        else:
            lines = (_OUTER_LINES if match["outer"] else _INNER_LINES).match(data, start)
            at = lines.end() if lines else at
            end = start + len(data[start:at].rstrip(b"\r\n"))
        yield DocRun(Span(start, end), row, bool(match["inner"] or match["bang"]), is_block)


def _end_of_line(data: bytes, at: int) -> int:
    end = data.find(b"\n", at)
    return end if end >= 0 else len(data)


def _end_of_block(data: bytes, at: int) -> int:
    """Where a block comment ends that is open at a byte; -1 if it does not."""
    depth = 1
    for edge in _BLOCK_EDGE.finditer(data, at):
        depth += 1 if edge[0] == b"/*" else -1
        if not depth:
            return edge.end()
    return -1


def lines_of(run: DocRun, data: bytes) -> Iterator[DocLine]:
    """The lines of a run."""
    if run.block:
        yield from _block_lines(run, data)
        return
    at = run.span.start
    for row, raw in enumerate(data[at : run.span.end].split(b"\n"), start=run.row):
        start = at + len(raw) - len(raw.lstrip(b" \t"))
        end = at + len(raw.removesuffix(b"\r"))
        text = start + 3
        text += data[text:end].startswith(b" ")
        yield DocLine(row, Span(start, end), Span(text, end))
        at += len(raw) + 1


def _block_lines(run: DocRun, data: bytes) -> Iterator[DocLine]:
    """The lines of a block comment, without the column of `*` or the indentation that all of them have."""
    start, end = run.span.start + 3, run.span.end - 2
    raws = data[start:end].split(b"\n")
    filled = [raw for raw in raws[1:] if raw.strip()]
    starred = bool(filled) and all(raw.lstrip().startswith(b"*") for raw in filled)
    common = min((len(raw) - len(raw.lstrip()) for raw in filled), default=0)
    at = start
    for index, raw in enumerate(raws):
        stop = at + len(raw.removesuffix(b"\r"))
        first = min(stop, at + len(raw) - len(raw.lstrip(b" \t")))
        if index == 0:
            first, text = run.span.start, at + raw.startswith(b" ")
        elif starred and first < stop:
            text = first + 1 + data[first + 1 : stop].startswith(b" ")
        else:
            text = min(stop, at + common)
        yield DocLine(run.row + index, Span(first, stop), Span(min(text, stop), stop))
        at += len(raw) + 1
