"""Unified diffs of bytes, as `patch -p1` and `git apply` read them.

Lines are matched by difflib between lines that both texts have just once, so that a large file costs no more than
its changes.
"""

from __future__ import annotations

import difflib
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from rfl_lint.source import lines_of

_CONTEXT: Final = 3
_NO_NEWLINE: Final = b"\n\\ No newline at end of file\n"
_ESCAPES: Final = {
    7: "\\a",
    8: "\\b",
    9: "\\t",
    10: "\\n",
    11: "\\v",
    12: "\\f",
    13: "\\r",
    34: '\\"',
    92: "\\\\",
}


_Code = tuple[str, int, int, int, int]


def unified_diff(path: str, before: bytes, after: bytes) -> bytes:
    """The diff of one file, with `a/` and `b/` before its path; empty where nothing changed."""
    if before == after:
        return b""
    old, new = lines_of(before), lines_of(after)
    out = [b"--- ", _name("a/" + path), b"\n+++ ", _name("b/" + path), b"\n"]
    for group in _hunks(_opcodes(old, new)):
        first, last = group[0], group[-1]
        ranges = _range(first[1], last[2]), _range(first[3], last[4])
        out.append(f"@@ -{ranges[0]} +{ranges[1]} @@\n".encode())
        for tag, old_start, old_end, new_start, new_end in group:
            if tag == "equal":
                out += [_shown(b" ", line) for line in old[old_start:old_end]]
                continue
            out += [_shown(b"-", line) for line in old[old_start:old_end]]
            out += [_shown(b"+", line) for line in new[new_start:new_end]]
    return b"".join(out)


def _shown(mark: bytes, line: bytes) -> bytes:
    return mark + (line if line.endswith(b"\n") else line + _NO_NEWLINE)


def _range(start: int, end: int) -> str:
    length = end - start
    if length == 1:
        return str(start + 1)
    return f"{start + 1 if length else start},{length}"


def _name(path: str) -> bytes:
    """A path as git writes it: quoted where it holds what would end it, with a tab behind where it holds a space."""
    raw = path.encode("utf-8", "surrogateescape")
    if any(byte < 32 or byte in (34, 92, 127) for byte in raw):
        quoted = (_ESCAPES.get(byte) or (chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}") for byte in raw)
        return f'"{"".join(quoted)}"'.encode()
    return raw + b"\t" if b" " in raw else raw


def _hunks(codes: Iterable[_Code]) -> Iterator[list[_Code]]:
    """Changes with the lines around them; those whose surroundings meet are together."""
    hunk: list[_Code] = []
    lead: list[_Code] = []
    for tag, i1, i2, j1, j2 in codes:
        if tag != "equal":
            hunk += [*lead, (tag, i1, i2, j1, j2)]
            lead = []
            continue
        if hunk and i2 - i1 > 2 * _CONTEXT:
            yield [*hunk, (tag, i1, i1 + _CONTEXT, j1, j1 + _CONTEXT)]
            hunk = []
        start = i1 if hunk else max(i1, i2 - _CONTEXT)
        lead = [(tag, start, i2, j2 - (i2 - start), j2)]
    if hunk:
        yield hunk + [
            (tag, i1, min(i2, i1 + _CONTEXT), j1, min(j2, j1 + _CONTEXT)) for tag, i1, i2, j1, j2 in lead
        ]


def _opcodes(old: Sequence[bytes], new: Sequence[bytes]) -> Iterator[_Code]:
    """What difflib calls opcodes, neighbours of one kind joined."""
    pending: _Code | None = None
    for code in _pieces(old, new):
        if pending is not None and (pending[0] == "equal") == (code[0] == "equal"):
            merged = (pending[1], code[2], pending[3], code[4])
            pending = ("equal" if code[0] == "equal" else "replace", *merged)
            continue
        if pending is not None:
            yield pending
        pending = code
    if pending is not None:
        yield pending


def _pieces(old: Sequence[bytes], new: Sequence[bytes]) -> Iterator[_Code]:
    at_old = at_new = 0
    for anchor_old, anchor_new in [*_anchors(old, new), (len(old), len(new))]:
        if (at_old, at_new) != (anchor_old, anchor_new):
            part = difflib.SequenceMatcher(
                None, old[at_old:anchor_old], new[at_new:anchor_new], autojunk=True
            )
            for tag, i1, i2, j1, j2 in part.get_opcodes():
                yield tag, at_old + i1, at_old + i2, at_new + j1, at_new + j2
        if anchor_old < len(old):
            yield "equal", anchor_old, anchor_old + 1, anchor_new, anchor_new + 1
        at_old, at_new = anchor_old + 1, anchor_new + 1


def _anchors(old: Sequence[bytes], new: Sequence[bytes]) -> list[tuple[int, int]]:
    """The longest run of lines that both texts have once, in the same order in both."""
    once = {line for line, count in Counter(new).items() if count == 1}
    once &= {line for line, count in Counter(old).items() if count == 1}
    place = {line: index for index, line in enumerate(new) if line in once}
    pairs = [(index, place[line]) for index, line in enumerate(old) if line in once]
    tops: list[int] = []  # the smallest last place of an increasing run, by its length
    holders: list[int] = []
    before = [-1] * len(pairs)
    for number, (_, where) in enumerate(pairs):
        length = bisect_left(tops, where)
        before[number] = holders[length - 1] if length else -1
        tops[length : length + 1] = [where]
        holders[length : length + 1] = [number]
    found: list[tuple[int, int]] = []
    number = holders[-1] if holders else -1
    while number >= 0:
        found.append(pairs[number])
        number = before[number]
    return found[::-1]
