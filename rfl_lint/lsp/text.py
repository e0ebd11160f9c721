"""The text of an open document: its lines as the protocol counts them, and places in the encoding that was agreed on.

In the protocol a line ends at LF, CRLF or CR, and a column counts bytes, UTF-16 units or characters. Inside rfl-lint a
place is a byte offset. Nothing else knows of both.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from rfl_lint.source import Span

_LINE_END: Final = re.compile(rb"\r\n|\r|\n")


class Encoding(Enum):
    """What a column counts; the values are the protocol's names."""

    UTF8 = "utf-8"
    UTF16 = "utf-16"
    UTF32 = "utf-32"


@dataclass(frozen=True, slots=True)
class Text:
    """A text that never changes: an edit makes another one. `starts` are the offsets of its lines' first bytes."""

    data: bytes = field(repr=False)
    encoding: Encoding
    starts: list[int] = field(repr=False)

    @classmethod
    def of(cls, data: bytes, encoding: Encoding) -> Text:
        """A text, its lines counted."""
        return cls(data, encoding, [0, *(found.end() for found in _LINE_END.finditer(data))])

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column, both from 0, of a byte offset; one past the end counts as the end."""
        offset = max(0, min(offset, len(self.data)))
        line = bisect_right(self.starts, offset) - 1
        return line, self._width(self.data[self.starts[line] : offset])

    def offset(self, line: int, column: int) -> int:
        """The byte at a place; a column past the end of its line counts as that end, a line past the last as the end.

        A column in the middle of a character counts as the character's beginning.
        """
        if line >= len(self.starts):
            return len(self.data)
        start = self.starts[max(line, 0)]
        if line < 0 or column <= 0:
            return start
        end = self.starts[line + 1] if line + 1 < len(self.starts) else len(self.data)
        raw = self.data[start:end].rstrip(b"\r\n")
        if raw.isascii():
            return start + min(column, len(raw))
        at = width = 0
        for character in raw.decode("utf-8", "replace"):
            size = len(character.encode("utf-8", "replace"))
            width += {Encoding.UTF8: size, Encoding.UTF16: 1 + (size == 4), Encoding.UTF32: 1}[self.encoding]
            if width > column:
                break
            at += size
        return start + at

    def _width(self, raw: bytes) -> int:
        if self.encoding is Encoding.UTF8 or raw.isascii():
            return len(raw)
        shown = raw.decode("utf-8", "replace")
        return len(shown) + (
            sum(character > "\uffff" for character in shown) if self.encoding is Encoding.UTF16 else 0
        )

    def replaced(self, span: Span, new: bytes) -> Text:
        """The text with other bytes in the place of a span. Only lines that the edit touches are counted anew."""
        start, end = span.start, span.end
        data = self.data[:start] + new + self.data[end:]
        # Whether a line begins at a byte is decided by it and the byte before it.
        first = bisect_right(self.starts, start - 1) if start else 1
        after = bisect_right(self.starts, end)
        middle = [
            found.end()
            for found in _LINE_END.finditer(data, max(start - 1, 0), start + len(new) + 1)
            if start <= found.end() <= start + len(new) and not _is_cut(data, found.end())
        ]
        moved = start + len(new) - end
        return Text(
            data, self.encoding, [*self.starts[:first], *middle, *(at + moved for at in self.starts[after:])]
        )


def _is_cut(data: bytes, offset: int) -> bool:
    """Whether an offset lies between the two bytes of a CRLF."""
    return data[offset - 1 : offset + 1] == b"\r\n"
