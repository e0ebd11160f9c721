"""The text of a file after a patch: all of it where the file before can be had, else as much as the patch shows.

The file before is searched for the hunk's old lines, near the line that its header names first. A tree that holds
the patch already is as good: then the new lines are there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from functools import cached_property
from itertools import pairwise
from typing import Final

from msgspec import Struct, field

from rfl_lint.inputs.patch import FileDiff, Hunk, HunkLine
from rfl_lint.revision import Rows
from rfl_lint.source import SourceFile

# So many lines are compared at most for one file: a patch made to be slow is not applied, and what it shows is read.
_MAX_STEPS: Final = 20_000_000


class PostImage(Struct, frozen=True):
    """A text, and what a patch says of its lines. Rows are 0-based lines of `source`.

    `touched` are the rows that were added, and the first row behind each deletion. `lines` gives the 1-based line
    of the new file, None where nobody can tell; rows that the file does not hold (made up so that the rest can be
    parsed) are missing in it. `mail_lines` gives the 1-based line of the input, `message_rows` the 0-based one of the
    message, for the rows that the input shows.
    """

    source: SourceFile
    touched: frozenset[int]
    lines: Mapping[int, int | None]
    mail_lines: Mapping[int, int]
    message_rows: Mapping[int, int]
    is_whole: bool = True
    pieces: tuple[tuple[int, int], ...] = ()
    """In a text that is not whole: the first row of each unbroken piece and the row behind its last."""
    heads: frozenset[int] = frozenset()
    """Rows above pieces that were not made up: the words of a hunk's header."""
    shifted: frozenset[int] = frozenset()
    """Rows whose indentation was lost on the way."""
    added: frozenset[int] = frozenset()
    """The touched rows without those that only follow a deletion."""


class _Growing(Struct):
    """The new text while it is put together."""

    rows: list[bytes] = field(default_factory=list)
    touched: set[int] = field(default_factory=set)
    added: set[int] = field(default_factory=set)
    mail_lines: dict[int, int] = field(default_factory=dict)
    message_rows: dict[int, int] = field(default_factory=dict)

    def shows(self, row: int, line: HunkLine) -> None:
        """Note that a line of the input shows a row, and whether it adds it."""
        if line.sign == "+":
            self.touched.add(row)
            self.added.add(row)
        self.mail_lines[row] = line.mail_line
        self.message_rows[row] = line.row


class Near(Enum):
    """How far from the line that its header names a hunk may be found."""

    EXACT = 1
    NEAR = 200
    ANYWHERE = 0


def text_after(path: str, text: bytes, hunks: Sequence[Hunk]) -> PostImage | None:
    """What a patch leaves of a text that it is meant for, or that has it already; None where it fits neither way.

    What fits where the headers say comes first: a text with the patch may have another place where it would fit.
    """
    for near in Near:
        done = apply_patch(path, text, hunks, near) or already_applied(path, text, hunks, near)
        if done is not None:
            return done
    return None


def apply_patch(
    path: str, before: bytes, hunks: Sequence[Hunk], near: Near = Near.ANYWHERE
) -> PostImage | None:
    """What a file becomes, or None where the hunks do not fit it."""
    pieces = [piece for hunk in hunks for piece in _pieces(hunk)]
    old = _Rows(before)
    wanted = [[line for line in piece.lines if line.sign != "+"] for piece in pieces]
    places = _places(old.bare, wanted, [piece.old for piece in pieces], near)
    if places is None:
        return None
    new = _Growing()
    at, bare = 0, old.ends_bare
    for piece, place in zip(pieces, places, strict=True):
        new.rows += old.rows[at:place]
        at = place
        for line in piece.lines:
            row = len(new.rows)
            if line.sign == "-":
                new.touched.add(row)
                at += 1
                continue
            new.shows(row, line)
            if line.sign == "+":
                new.rows.append(_bytes(line) + old.ending)
            else:
                new.rows.append(old.rows[at])
                at += 1
            bare = line.no_newline or (line.sign == " " and old.ends_bare and at == len(old.rows))
    if at < len(old.rows):
        bare = old.ends_bare
    new.rows += old.rows[at:]
    return _whole(path, new, ends_bare=bare)


def already_applied(
    path: str, after: bytes, hunks: Sequence[Hunk], near: Near = Near.ANYWHERE
) -> PostImage | None:
    """The file as it is, if the new lines of all hunks stand in it; else None."""
    pieces = [piece for hunk in hunks for piece in _pieces(hunk)]
    rows = _Rows(after)
    wanted = [[line for line in piece.lines if line.sign != "-"] for piece in pieces]
    if not all(wanted):
        return None
    places = _places(rows.bare, wanted, [piece.new for piece in pieces], near)
    if places is None:
        return None
    new = _Growing(rows.rows)
    for piece, place in zip(pieces, places, strict=True):
        row = place
        for line in piece.lines:
            if line.sign == "-":
                new.touched.add(row)
                continue
            new.shows(row, line)
            row += 1
    return _whole(path, new, ends_bare=rows.ends_bare)


class _Rows:
    """The lines of a text: `rows` as they are, `bare` without the carriage returns that most of them end in."""

    def __init__(self, text: bytes) -> None:
        self.rows = text.split(b"\n")
        self.ends_bare = bool(self.rows[-1])
        if not self.ends_bare:
            self.rows.pop()
        self.bare = [row.removesuffix(b"\r") for row in self.rows]
        returns = sum(row.endswith(b"\r") for row in self.rows)
        self.ending = b"\r" if returns * 2 > len(self.rows) else b""


def new_file(path: str, diff: FileDiff) -> PostImage | None:
    """The text of a file that the patch creates, if it shows all of it."""
    if not diff.is_new or len(diff.hunks) != 1 or not diff.hunks[0].is_whole:
        return None
    new = _Growing()
    bare = False
    for row, line in enumerate(line for line in diff.hunks[0].lines if line.sign == "+"):
        new.rows.append(_bytes(line))
        new.shows(row, line)
        bare = line.no_newline
    return _whole(path, new, ends_bare=bare)


def rows_changed(hunks: Sequence[Hunk]) -> Rows:
    """The rows of the new file that hunks with line numbers are about."""
    changes = list(_changes(hunks))
    added, behind = (frozenset(row for row, sign in changes if sign == each) for each in "+-")
    return Rows(added, behind)


def _changes(hunks: Sequence[Hunk]) -> Iterator[tuple[int, str]]:
    for hunk in hunks:
        if hunk.new_start is None:
            continue
        # A hunk without any new lines is counted from the line that it follows.
        row = hunk.new_start - any(line.sign != "-" for line in hunk.lines)
        for line in hunk.lines:
            if line.sign != " ":
                yield row, line.sign
            row += line.sign != "-"


def _whole(path: str, new: _Growing, *, ends_bare: bool) -> PostImage:
    text = b"\n".join(new.rows) + (b"" if ends_bare or not new.rows else b"\n")
    last = max(0, len(new.rows) - 1)
    touched = frozenset(min(row, last) for row in new.touched)
    return PostImage(
        SourceFile(path, text),
        touched,
        {row: row + 1 for row in range(len(new.rows) + 1)},
        new.mail_lines,
        new.message_rows,
        added=frozenset(new.added),
    )


def _bytes(line: HunkLine) -> bytes:
    return line.text.removesuffix("\r").encode("utf-8", "surrogateescape")


class _Piece(Struct, frozen=True):
    """Lines of a hunk with nothing left out between them; `old` and `new` are 0-based rows, where known."""

    lines: tuple[HunkLine, ...]
    old: int | None
    new: int | None


def _pieces(hunk: Hunk) -> list[_Piece]:
    cuts = [0, *(i for i, line in enumerate(hunk.lines) if line.after_cut and i), len(hunk.lines)]
    found = []
    for start, end in pairwise(cuts):
        lines = hunk.lines[start:end]
        if not lines:
            continue
        old = new = None
        if start == 0 and not lines[0].after_cut:
            # A hunk without any old lines is counted from the line that it follows.
            has_old = any(line.sign != "+" for line in lines)
            old = hunk.old_start - 1 if hunk.old_start is not None and has_old else hunk.old_start
            has_new = any(line.sign != "-" for line in lines)
            new = hunk.new_start - 1 if hunk.new_start is not None and has_new else hunk.new_start
        found.append(_Piece(lines, old, new))
    return found


def _places(
    rows: Sequence[bytes],
    wanted: Sequence[Sequence[HunkLine]],
    expected: Sequence[int | None],
    near: Near,
) -> list[int] | None:
    """Where each piece stands in a file, in order and not overlapping; None where one does not.

    Where white space was lost on the way, it does not count.
    """
    for strip in (False, True):
        search = _Search([b" ".join(row.split()) for row in rows] if strip else rows, near)
        places: list[int] = []
        floor = drift = 0
        for lines, there in zip(wanted, expected, strict=True):
            texts = [b" ".join(_bytes(line).split()) if strip else _bytes(line) for line in lines]
            place = search.find(texts, None if there is None else there + drift, floor)
            if place is None:
                break
            drift = place - there if there is not None else drift
            places.append(place)
            floor = place + len(texts)
        else:
            return places
    return None


class _Search:
    """Finds runs of lines in a file."""

    def __init__(self, rows: Sequence[bytes], near: Near) -> None:
        self.rows = rows
        self.near = near
        self.steps = _MAX_STEPS

    @cached_property
    def by_text(self) -> dict[bytes, list[int]]:
        found: dict[bytes, list[int]] = {}
        for row, text in enumerate(self.rows):
            found.setdefault(text, []).append(row)
        return found

    def find(self, texts: Sequence[bytes], expected: int | None, floor: int) -> int | None:
        """The place of some lines nearest to where they should be, from `floor` on."""
        if not texts:
            return expected if expected is not None and floor <= expected <= len(self.rows) else None
        last = len(self.rows) - len(texts)
        if expected is not None:
            for distance in range(self.near.value):
                for place in dict.fromkeys((expected - distance, expected + distance)):
                    if floor <= place <= last and self._stands(texts, place):
                        return place
            if self.near is not Near.ANYWHERE:
                return None
        # Far away, or with no line number to go by, only a single place is beyond doubt. The rarest of the lines
        # tells where to look.
        rarest = min(range(len(texts)), key=lambda index: len(self.by_text.get(texts[index], ())))
        found = [
            row - rarest
            for row in self.by_text.get(texts[rarest], ())
            if floor <= row - rarest <= last and self._stands(texts, row - rarest)
        ]
        return found[0] if len(found) == 1 else None

    def _stands(self, texts: Sequence[bytes], place: int) -> bool:
        if self.steps <= 0:
            return False
        for index, text in enumerate(texts):
            self.steps -= 1
            if self.rows[place + index] != text:
                return False
        return True
