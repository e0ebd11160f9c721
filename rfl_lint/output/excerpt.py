"""Source excerpts: the lines of a span with a line of marks below each, as plain text of known widths.

Widths are in terminal cells: a tab is shown as four spaces, as rustc does, an escaped character is as wide
as its escape, and a wide character takes two cells. A line too long for the room is cut around its marks.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Final

from msgspec import Struct

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


class ExcerptLine(Struct, frozen=True):
    """One line of an excerpt; `number` is the 1-based line number of a source line, else 0.

    `marked` are the characters of a source line's text that the marks below it stand under.
    """

    kind: Kind
    text: str = ""
    number: int = 0
    marked: tuple[int, int] = (0, 0)


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
    before = range(first - context, first)
    lines = [_context_line(source, row, room) for row in _context_rows(source, before)]
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
    return (row for row in rows if row >= 0 and _head(source, row, DEFAULT_ROOM).strip())


def _context_line(source: SourceFile, row: int, room: int) -> ExcerptLine:
    return ExcerptLine(Kind.SOURCE, _fitting(_decode(_head(source, row, room)), room), row + 1)


def _head(source: SourceFile, row: int, room: int) -> bytes:
    """As much of a line as can be shown of it, and a little more: a character has at most four bytes."""
    at = source.row_span(row)
    return source.data[at.start : min(at.end, at.start + 4 * (room + 1))]


def _marked_line(source: SourceFile, row: int, span: Span, mark: str, room: int) -> Iterator[ExcerptLine]:
    """A line of the span, and its marks unless nothing of the span but white space stands on it."""
    at = source.row_span(row)
    start = min(max(span.start, at.start), at.end)
    end = min(max(span.end, start), at.end)
    # Only what can be shown is looked at: a line may be as long as a file.
    low = _boundary(source.data, max(at.start, start - 4 * room))
    high = _boundary(source.data, min(at.end, start + 4 * (room + 1)))
    end = min(end, high)
    inner = source.data[start:end]
    if span.start < at.start:
        start += len(inner) - len(inner.lstrip())
    if span.end > at.end:
        end -= len(inner) - len(inner.rstrip())
    before = _decode(source.data[low:start])
    marked = source.data[start:end].decode("utf-8", "replace")
    after = source.data[end:high].decode("utf-8", "replace")
    shown = _cut_around(before, marked, after, room, begun=low == at.start)
    is_marked = bool(inner.strip()) or span.start >= at.start
    marked_at = (len(shown[0]), len(shown[0]) + len(shown[1])) if is_marked else (0, 0)
    yield ExcerptLine(Kind.SOURCE, "".join(shown), row + 1, marked_at)
    if is_marked:
        yield ExcerptLine(Kind.MARKS, " " * cells(shown[0]) + mark * max(1, cells(shown[1])))


def _boundary(data: bytes, at: int) -> int:
    """The first place from `at` on where a character begins; text that is not UTF-8 has no say in it."""
    for place in range(at, min(at + 4, len(data))):
        if data[place] & 0xC0 != 0x80:
            return place
    return at


def _decode(raw: bytes) -> str:
    return raw.removeprefix(BOM).decode("utf-8", "replace")


def _shown(text: str) -> str:
    return escape(text.replace("\t", _TAB))


def _cut_around(before: str, marked: str, after: str, room: int, *, begun: bool) -> tuple[str, str, str]:
    """What is shown of a line before, in and after its marks, in at most about `room` cells.

    `begun` tells whether `before` begins where the line does.
    """
    parts = _shown(before), _shown(marked), _shown(after)
    width = cells(parts[0])
    if begun and width + cells(parts[1]) + cells(parts[2]) <= room:
        return parts
    left = parts[0]
    if not begun or width + min(cells(parts[1]), room // 2) > room * 3 // 4:
        left = _CUT + _fitting_end(before, room // 4)
    middle = _fitting(marked, room - cells(left))
    return left, middle, _fitting(after, room - cells(left) - cells(middle)) if middle == parts[1] else ""


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


def _fitting_end(text: str, room: int) -> str:
    """As much of a text's end as fits."""
    kept: list[str] = []
    used = 0
    for char in reversed(text):
        shown = _shown(char)
        used += cells(shown)
        if used > room:
            break
        kept.append(shown)
    return "".join(reversed(kept))
