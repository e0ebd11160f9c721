"""One C text, prepared for looking up declarations: comments, strings and directives blanked, scopes counted.

All offsets are those of the original bytes. Every step is linear in the size of the text, whatever it holds.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property
from typing import Final

from msgspec import Struct

_QUOTED: Final = re.compile(
    rb"""/\*.*?(?:\*/|\Z)|//[^\n]*|"(?>(?:\\.|[^"\\\n])*)(?:"|\\?(?=\n|\Z))|'(?>(?:\\.|[^'\\\n]){1,16})'""",
    re.DOTALL,
)
_DIRECTIVE: Final = re.compile(rb"^[ \t]*#(?>(?:\\\r?\n|[^\n])*)", re.MULTILINE)
_CONDITION: Final = re.compile(rb"^[ \t]*#[ \t]*(if|ifdef|ifndef|elif|else|endif)\b([^\n]*)", re.MULTILINE)
_DEAD: Final = re.compile(rb"^[ \t]*#[ \t]*if[ \t]+[01][ \t]*$", re.MULTILINE)
_BRACES: Final = re.compile(rb"extern\s+\{|[{}]")
_BLANK: Final = bytes(byte if byte in b"\r\n" else 32 for byte in range(256))
_WORDS: Final = bytes(
    byte if chr(byte).isascii() and (chr(byte).isalnum() or chr(byte) in "_(") else 32 for byte in range(256)
)
_IN_WORD: Final = frozenset(bytes([byte]) for byte in range(128) if chr(byte).isalnum() or byte == 95)
_CONFIGURED: Final = re.compile(rb"\bCONFIG_|\bIS_(?:ENABLED|REACHABLE|BUILTIN)\b")


def _blank(match: re.Match[bytes]) -> bytes:
    return match[0].translate(_BLANK)


class CText(Struct, dict=True):
    """A header or source file by its path relative to the root."""

    path: str
    data: bytes

    @cached_property
    def uncommented(self) -> bytes:
        """The text without comments and strings."""
        return _QUOTED.sub(_blank, self.data)

    @cached_property
    def code(self) -> bytes:
        """The text without directives, too."""
        return _DIRECTIVE.sub(_blank, self.uncommented)

    @cached_property
    def called(self) -> set[bytes]:
        """The words of the text that a parenthesis follows.

        Comments and macros included: it is for leaving out, quickly, the texts that do not speak of a name.
        """
        *heads, _ = self.data.replace(b" (", b"(").translate(_WORDS).split(b"(")
        return {head.rpartition(b" ")[2] for head in heads}

    def calls(self, name: bytes, most: int) -> list[int]:
        """Where a name stands before an opening parenthesis in code; at most so many places."""
        code, size = self.code, len(name)
        found: list[int] = []
        place = code.find(name)
        while place != -1 and len(found) < most:
            if code[place - 1 : place] not in _IN_WORD or place == 0:
                behind = code[place + size : place + size + 2]
                if behind[:1] == b"(" or behind == b" (":
                    found.append(place)
            place = code.find(name, place + size)
        return found

    @cached_property
    def _scopes(self) -> tuple[list[int], list[int]]:
        """Offsets of braces, and how deep the text behind each is. A `}` at the start of a line closes all."""
        code = self.code
        places: list[int] = []
        depths: list[int] = []
        depth = 0
        for match in _BRACES.finditer(code):
            start = match.start()
            if match[0] == b"{":
                depth += 1
            elif match[0] == b"}":
                first = start == 0 or code[start - 1 : start] == b"\n"
                depth = 0 if first else max(0, depth - 1)
            places.append(start)
            depths.append(depth)
        return places, depths

    def is_inside(self, offset: int) -> bool:
        """Whether the place lies between braces, those of `extern "C"` apart."""
        places, depths = self._scopes
        index = bisect_right(places, offset) - 1
        return index >= 0 and depths[index] > 0

    @cached_property
    def has_dead_code(self) -> bool:
        """Whether some of the text is never compiled."""
        return _DEAD.search(self.uncommented) is not None

    @cached_property
    def _branches(self) -> tuple[list[int], list[int]]:
        """Offsets of conditions, and how unlikely the text behind each is; see `unlikely`."""
        places: list[int] = []
        costs: list[int] = []
        stack: list[int] = []
        others: list[int] = []
        for match in _CONDITION.finditer(self.uncommented):
            word, condition = match[1], match[2]
            if word in {b"if", b"ifdef", b"ifndef"}:
                first, other = _costs(word, condition)
                stack.append(first)
                others.append(other)
            elif stack and word in {b"else", b"elif"}:
                stack[-1] = others[-1]
            elif stack:
                stack.pop()
                others.pop()
            places.append(match.start())
            costs.append(max(stack[-8:], default=0))
        return places, costs

    def unlikely(self, offset: int) -> int:
        """0 for text that is compiled where the options it depends on are on, 1 where they are off, 2 never."""
        places, costs = self._branches
        index = bisect_right(places, offset) - 1
        return costs[index] if index >= 0 else 0

    def line(self, offset: int) -> int:
        """The 1-based line of an offset."""
        return self.data.count(b"\n", 0, offset) + 1

    def comment_above(self, offset: int) -> str:
        """The block comment that ends right above a declaration, empty if something stands between."""
        floor = max(0, offset - 8_000)
        before = self.data[floor:offset].rstrip()
        if not before.endswith(b"*/") or self.data[floor:offset].count(b"\n", len(before)) > 1:
            return ""
        return before[max(0, before.rfind(b"/*")) :].decode("utf-8", "replace")


def _costs(word: bytes, condition: bytes) -> tuple[int, int]:
    """How unlikely the two branches of a condition are."""
    text = condition.strip()
    if word == b"if" and text in {b"0", b"1"}:
        return (2, 0) if text == b"0" else (0, 2)
    if not _CONFIGURED.search(text) or b"&&" in text or b"||" in text:
        return 0, 0
    negated = word == b"ifndef" or text.startswith(b"!")
    return (1, 0) if negated else (0, 1)
