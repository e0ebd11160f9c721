"""Source excerpts: the lines of a span with a line of marks below each, as plain text of known widths.

Widths are in terminal cells: a tab is shown as four spaces, as rustc does, an escaped character is as wide
as its escape, and a wide character takes two cells. A line too long for the room is cut around its marks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

from rfl_lint.output.escape import escape
from rfl_lint.source import BOM, SourceFile, Span

MAX_LINES: Final = 4
"""A span of more lines is shown by its first lines and its last."""
DEFAULT_ROOM: Final = 160
_CUT: Final = "..."
_TAB: Final = "    "


class Kind(Enum):
    """What a line of an excerpt is."""

    SOURCE = "source"
    MARKS = "marks"
    GAP = "gap"


@dataclass(frozen=True, slots=True)
class ExcerptLine:
    """One line of an excerpt; `number` is the 1-based line number of a source line, else 0."""

    kind: Kind
    text: str = ""
    number: int = 0


def cells(text: str) -> int:
    """How many cells of a terminal a printable text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len  # noqa: PLC0415 - only for text beyond ASCII

    return cell_len(text)


def excerpt(
    source: SourceFile, span: Span, *, mark: str = "^", context: int = 0, room: int = DEFAULT_ROOM
) -> list[ExcerptLine]:
    """The lines of a span, marked, with up to `context` lines that are not blank around them."""
    first = source.row(min(span.start, len(source.data)))
    last = max(first, source.row(max(span.start, span.end - 1)))
    lines = [_context_line(source, row, room) for row in _context_rows(source, range(first - context, first))]
    for row in _shown_rows(first, last):
        if row is None:
            lines.append(ExcerptLine(Kind.GAP, _CUT))
        else:
            lines += _marked_line(source, row, span, mark, room)
    after = range(last + 1, min(last + 1 + context, source.line_count))
    lines += [_context_line(source, row, room) for row in _context_rows(source, after)]
    return lines


def _shown_rows(first: int, last: int) -> Iterator[int | None]:
    if last - first < MAX_LINES:
        yield from range(first, last + 1)
    else:
        yield from range(first, first + MAX_LINES - 2)
        yield None
        yield last


def _context_rows(source: SourceFile, rows: range) -> Iterator[int]:
    return (row for row in rows if source.row_bytes(row).strip())


def _context_line(source: SourceFile, row: int, room: int) -> ExcerptLine:
    text = _cut_around(_decode(source.row_bytes(row)), 0, 0, room)
    return ExcerptLine(Kind.SOURCE, "".join(text), row + 1)


def _marked_line(source: SourceFile, row: int, span: Span, mark: str, room: int) -> Iterator[ExcerptLine]:
    """A line of the span, and its marks unless nothing of the span but white space stands on it."""
    at = source.row_span(row)
    raw = source.data[at.start : at.end]
    start = min(max(span.start - at.start, 0), len(raw))
    end = min(max(span.end - at.start, start), len(raw))
    inner = raw[start:end]
    if span.start < at.start:
        start += len(inner) - len(inner.lstrip())
    if span.end > at.end:
        end -= len(inner) - len(inner.rstrip())
    text = _decode(raw)
    begin = len(_decode(raw[:start]))
    before, marked, after = _cut_around(text, begin, max(begin, len(_decode(raw[:end]))), room)
    yield ExcerptLine(Kind.SOURCE, before + marked + after, row + 1)
    if inner.strip() or span.start >= at.start:
        yield ExcerptLine(Kind.MARKS, " " * cells(before) + mark * max(1, cells(marked)))


def _decode(raw: bytes) -> str:
    return raw.removeprefix(BOM).decode("utf-8", "replace")


def _shown(text: str) -> str:
    return escape(text.replace("\t", _TAB))


def _cut_around(text: str, start: int, end: int, room: int) -> tuple[str, str, str]:
    """What is shown of a line before, in and after the marked characters, in at most about `room` cells."""
    if len(text) <= room:
        parts = _shown(text[:start]), _shown(text[start:end]), _shown(text[end:])
        if sum(map(cells, parts)) <= room:
            return parts
    left = ""
    if cells(_shown(text[: min(end, room)])) > room * 3 // 4 or start > room:
        left = _CUT
        begin = max(0, start - room // 4)
    else:
        begin = 0
    before = _shown(text[begin:start])
    marked = _fitting(text[start:end], room - cells(before))
    after = _fitting(text[end:], room - cells(before) - cells(marked)) if start + room > end else ""
    return left + before, marked, after


def _fitting(text: str, room: int) -> str:
    """As much of a text's beginning as fits, with dots where something is cut off."""
    kept: list[str] = []
    used = 0
    for char in text:
        shown = _shown(char)
        used += cells(shown)
        if used > room:
            return "".join(kept) + _CUT
        kept.append(shown)
    return "".join(kept)
