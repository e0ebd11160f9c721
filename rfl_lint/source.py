"""Bytes of one file and every conversion of places in them.

Inside rfl-lint a place is a byte offset, 0-based, counted from the start of the file (a byte order mark
counts). Lines and columns exist only where something is shown: 1-based, columns in characters.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

from msgspec import Struct

BOM = b"\xef\xbb\xbf"


class Span(NamedTuple):
    """A half-open range of bytes, `start` included, `end` not.

    A tuple, for spans are sorted and compared more often than anything else.
    """

    start: int
    end: int

    def contains(self, other: Span) -> bool:
        """Whether `other` lies wholly inside this span."""
        return self.start <= other.start and other.end <= self.end

    def overlaps(self, other: Span) -> bool:
        """Whether the two share at least one byte."""
        return self.start < other.end and other.start < self.end


class Position(NamedTuple):
    """A place as people count: line and column from 1, the column in characters."""

    line: int
    column: int


def lines_of(data: bytes) -> list[bytes]:
    """The lines of a text with what ends them; they end at LF only, as rustc has it."""
    lines = data.split(b"\n")
    return [line + b"\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


class SourceFile(Struct, frozen=True, dict=True):
    """The content of one file under the name that findings show.

    `path` is relative to the root of its tree, with `/`; it need not exist on disk (an editor buffer,
    standard input, the result of a patch).
    """

    path: str
    data: bytes

    def __repr__(self) -> str:
        """Show its name and size: the text may be long."""
        return f"SourceFile({self.path!r}, {len(self.data)} bytes)"

    def __reduce__(self) -> tuple[type[SourceFile], tuple[str, bytes]]:
        """Pickle the text alone: what was computed from it is cheaper to compute again than to send."""
        return (SourceFile, (self.path, self.data))

    @cached_property
    def line_starts(self) -> list[int]:
        """Byte offset of the first byte of each line. Lines end at LF only, as rustc has it."""
        lines = self.data.split(b"\n")
        lines.pop()
        return [0, *accumulate(len(line) + 1 for line in lines)]

    @property
    def line_count(self) -> int:
        """How many lines the file has; a final newline does not begin another one."""
        starts = self.line_starts
        return len(starts) - 1 if len(starts) > 1 and starts[-1] == len(self.data) else len(starts)

    def row(self, offset: int) -> int:
        """The 0-based line that `offset` lies in."""
        return bisect_right(self.line_starts, offset) - 1

    def row_span(self, row: int) -> Span:
        """The bytes of a 0-based line, its line ending (LF or CRLF) left out."""
        starts = self.line_starts
        start = starts[row]
        end = starts[row + 1] - 1 if row + 1 < len(starts) else len(self.data)
        if end > start and self.data[end - 1 : end] == b"\r":
            end -= 1
        return Span(start, end)

    def row_bytes(self, row: int) -> bytes:
        """The bytes of a 0-based line without its line ending; empty where there is no such line."""
        if not 0 <= row < len(self.line_starts):
            return b""
        span = self.row_span(row)
        return self.data[span.start : span.end]

    def line_text(self, line: int) -> str:
        """The text of a 1-based line as it is shown, without a byte order mark."""
        raw = self.row_bytes(line - 1)
        return (raw.removeprefix(BOM) if line == 1 else raw).decode("utf-8", "replace")

    def position(self, offset: int) -> Position:
        """Line and column of a byte offset; offsets past the end count as the end."""
        offset = max(0, min(offset, len(self.data)))
        row = self.row(offset)
        start = self.line_starts[row]
        if row == 0 and self.data.startswith(BOM):
            start, offset = len(BOM), max(offset, len(BOM))
        # Places are mostly asked for in order: count on from the last one, so that a very long line with
        # many findings is read once and not once for each.
        known, column = self._last_columns.get(row, (start, 1))
        if not start <= known <= offset:
            known, column = start, 1
        column += len(self.data[known:offset].decode("utf-8", "replace"))
        self._last_columns[row] = (offset, column)
        return Position(row + 1, column)

    def byte_column(self, offset: int) -> int:
        """The column of a byte offset as programs have it that count bytes; a byte order mark is none of them."""
        row = self.row(offset)
        start = self.line_starts[row]
        if row == 0 and self.data.startswith(BOM):
            start = len(BOM)
        return max(0, offset - start) + 1

    @cached_property
    def _last_columns(self) -> dict[int, tuple[int, int]]:
        return {}

    def text(self, span: Span) -> str:
        """The characters of a span; bytes that are not UTF-8 become replacement characters."""
        return self.data[span.start : span.end].decode("utf-8", "replace")
