"""Edits of a text: what becomes of it, and where its lines are then."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from rfl_lint.finding import Edit
from rfl_lint.source import BOM, SourceFile, lines_of

_BARE_LF: Final = re.compile(r"(?<!\r)\n")
_ENDINGS: Final = (b"\r\n", b"\n")


class Splice(Struct, frozen=True):
    """From a row on, `old` lines of a text made way for `new` ones."""

    row: int
    old: int
    new: int


class Rows(Struct, frozen=True):
    """The 0-based rows of a text that a change wrote, and those behind lines that it deleted.

    What is `behind` lines that were the last ones is one row past the end.
    """

    added: frozenset[int] = frozenset()
    behind: frozenset[int] = frozenset()

    @property
    def touched(self) -> frozenset[int]:
        """All that the change concerns."""
        return self.added | self.behind

    def followed(self, splices: Sequence[Splice]) -> Rows:
        """The same rows after some lines made way for others: what took their place is part of the change."""
        ends = [splice.row + splice.old for splice in splices]
        shifts = [0, *accumulate(splice.new - splice.old for splice in splices)]
        gone = {row for splice in splices for row in range(splice.row, splice.row + splice.old)}

        def moved(rows: frozenset[int]) -> set[int]:
            return {row + shifts[bisect_right(ends, row)] for row in rows - gone}

        added, behind = moved(self.added), moved(self.behind)
        for splice, shift in zip(splices, shifts, strict=False):
            start = splice.row + shift
            added.update(range(start, start + splice.new))
            old = range(splice.row, splice.row + splice.old)
            # Lines that the change wrote are gone without a trace.
            if any(row not in self.added or row in self.behind for row in old):
                behind.add(start)
        return Rows(frozenset(added), frozenset(behind))


class Revision(Struct, frozen=True):
    """What edits made of a text; `steps` tell of each time where the lines went."""

    data: bytes
    steps: tuple[tuple[Splice, ...], ...] = ()

    def edited(self, edits: Iterable[Edit]) -> Revision:
        """The text with edits that do not overlap; one that occurs twice is made once."""
        cuts = _cuts(self.data, edits)
        return Revision(_joined(self.data, 0, len(self.data), cuts), (*self.steps, _splices(self.data, cuts)))

    def rows(self, rows: Rows) -> Rows:
        """Where rows of the first text are in this one."""
        for splices in self.steps:
            rows = rows.followed(splices)
        return rows


def applied(data: bytes, edits: Iterable[Edit]) -> bytes:
    """The text with edits that do not overlap; one that occurs twice is made once.

    Line feeds of an edit become whatever ends the lines around it. Nothing goes before a byte order mark.
    """
    return _joined(data, 0, len(data), _cuts(data, edits))


def with_endings(text: str, data: bytes, offset: int) -> bytes:
    """The bytes of an edit's text, its line feeds as the lines around the place end."""
    if "\n" in text:
        ending = data.find(b"\n", offset)
        if ending < 0:
            ending = data.rfind(b"\n", 0, offset)
        if ending > 0 and data[ending - 1 : ending] == b"\r":
            text = _BARE_LF.sub("\r\n", text)
    return text.encode("utf-8", "surrogatepass")


class _Cut(Struct, frozen=True):
    """The bytes from `start` to `end` make way for others."""

    start: int
    end: int
    text: bytes


def _cuts(data: bytes, edits: Iterable[Edit]) -> list[_Cut]:
    """What edits do to the bytes of a text, in order; those that touch one another are one."""
    first = len(BOM) if data.startswith(BOM) else 0
    cuts: list[_Cut] = []
    for edit in sorted(dict.fromkeys(edits), key=lambda edit: (edit.span.start, edit.span.end)):
        start, end = max(edit.span.start, first), max(edit.span.end, first)
        text = with_endings(edit.text, data, start)
        if cuts and cuts[-1].end == start:
            last = cuts.pop()
            start, text = last.start, last.text + text
        cuts.append(_Cut(start, end, text))
    return cuts


def _joined(data: bytes, start: int, end: int, cuts: Iterable[_Cut]) -> bytes:
    """The bytes of a text from one place to another, with the cuts that lie there."""
    pieces: list[bytes] = []
    for cut in cuts:
        pieces += [data[start : cut.start], cut.text]
        start = cut.end
    return b"".join([*pieces, data[start:end]])


# Which lines made way for which.


class _Region(Struct, frozen=True):
    """Whole lines of a text, from one row up to another, and the cuts in them."""

    start: int
    end: int
    cuts: tuple[_Cut, ...]


def _splices(data: bytes, cuts: Sequence[_Cut]) -> tuple[Splice, ...]:
    """Which lines of a text cuts replace; those that they leave as they are stay out of it."""
    source = SourceFile("", data)
    origin = len(BOM) if data.startswith(BOM) else 0
    starts = [origin, *source.line_starts[1:], len(data)]
    regions: list[_Region] = []
    bounds = [*(cut.start for cut in cuts[1:]), len(data)]
    for cut, bound in zip(cuts, bounds, strict=False):
        region = _region(source, starts, _from_line_start(data, cut, bound))
        while regions and regions[-1].end > region.start:
            last = regions.pop()
            region = _Region(last.start, max(last.end, region.end), (*last.cuts, *region.cuts))
        regions.append(region)
    found = []
    for region in regions:
        span = starts[region.start], starts[region.end]
        old, new = lines_of(data[slice(*span)]), lines_of(_joined(data, *span, region.cuts))
        same = 0
        while same < min(len(old), len(new)) and old[same] == new[same]:
            same += 1
        alike = 0
        while alike < min(len(old), len(new)) - same and old[-1 - alike] == new[-1 - alike]:
            alike += 1
        splice = Splice(region.start + same, len(old) - same - alike, len(new) - same - alike)
        if splice.old or splice.new:
            found.append(splice)
    return tuple(found)


def _from_line_start(data: bytes, cut: _Cut, bound: int) -> _Cut:
    """A cut from the end of a line on, as the same from the start of the next line, where it ends before a bound."""
    for ending in _ENDINGS:
        if not data.startswith(ending, cut.start):
            continue
        start, end = cut.start + len(ending), cut.end + len(ending)
        if start <= cut.end and cut.text.startswith(ending):
            return replace(cut, start=start, text=cut.text[len(ending) :])
        if not data.startswith(ending, cut.end) or end > bound:
            return cut
        if not cut.text or cut.text.startswith(ending):
            return _Cut(start, end, cut.text[len(ending) :] + ending if cut.text else b"")
        return cut
    return cut


def _region(source: SourceFile, starts: Sequence[int], cut: _Cut) -> _Region:
    """The lines that a cut is about; not the one that it ends at the start of, if that begins a line still."""
    first, last = source.row(cut.start), source.row(cut.end)
    before = cut.text.endswith(b"\n") if cut.text else cut.start == starts[first]
    return _Region(first, last + (cut.end != starts[last] or not before), (cut,))
