"""The text of a file after a patch: all of it where the file before can be had, else as much as the patch shows.

The file before is searched for the hunk's old lines, near the line that its header names first. A tree that holds
the patch already is as good: then the new lines are there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from rfl_lint.inputs.patch import FileDiff, Hunk, HunkLine
from rfl_lint.source import SourceFile

# How far from where it should be a hunk is looked for, in lines, before the whole file is searched.
_NEAR: Final = 200


@dataclass(frozen=True, slots=True)
class PostImage:
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


@dataclass
class _Growing:
    """The new text while it is put together."""

    rows: list[bytes] = field(default_factory=list)
    touched: set[int] = field(default_factory=set)
    mail_lines: dict[int, int] = field(default_factory=dict)
    message_rows: dict[int, int] = field(default_factory=dict)

    def shows(self, row: int, line: HunkLine) -> None:
        """Note that a line of the input shows a row."""
        self.mail_lines[row] = line.mail_line
        self.message_rows[row] = line.row


def apply_patch(path: str, before: bytes, hunks: Sequence[Hunk]) -> PostImage | None:
    """What a file becomes, or None where the hunks do not fit it."""
    pieces = [piece for hunk in hunks for piece in _pieces(hunk)]
    old = before.split(b"\n")
    ends_bare = bool(old[-1])
    if not ends_bare:
        old.pop()
    ending = b"\r" if old and sum(line.endswith(b"\r") for line in old) * 2 > len(old) else b""
    comparable = [line.removesuffix(b"\r") for line in old]
    places = _places(
        comparable, [[line for line in piece.lines if line.sign != "+"] for piece in pieces], pieces
    )
    if places is None:
        return None
    new = _Growing()
    at, bare = 0, ends_bare
    for piece, place in zip(pieces, places, strict=True):
        new.rows += old[at:place]
        at = place
        for line in piece.lines:
            row = len(new.rows)
            if line.sign == "-":
                new.touched.add(row)
                at += 1
                continue
            new.shows(row, line)
            if line.sign == "+":
                new.touched.add(row)
                new.rows.append(_bytes(line) + ending)
            else:
                new.rows.append(old[at])
                at += 1
            bare = line.no_newline or (line.sign == " " and ends_bare and at == len(old))
    if at < len(old):
        bare = ends_bare
    new.rows += old[at:]
    return _whole(path, new, ends_bare=bare)


def already_applied(path: str, after: bytes, hunks: Sequence[Hunk]) -> PostImage | None:
    """The file as it is, if the new lines of all hunks stand in it; else None."""
    pieces = [piece for hunk in hunks for piece in _pieces(hunk)]
    rows = after.split(b"\n")
    ends_bare = bool(rows[-1])
    if not ends_bare:
        rows.pop()
    comparable = [line.removesuffix(b"\r") for line in rows]
    wanted = [[line for line in piece.lines if line.sign != "-"] for piece in pieces]
    if not all(wanted):
        return None
    places = _places(comparable, wanted, pieces, new_side=True)
    if places is None:
        return None
    new = _Growing(rows)
    for piece, place in zip(pieces, places, strict=True):
        row = place
        for line in piece.lines:
            if line.sign == "-":
                new.touched.add(row)
                continue
            new.shows(row, line)
            if line.sign == "+":
                new.touched.add(row)
            row += 1
    return _whole(path, new, ends_bare=ends_bare)


def new_file(path: str, diff: FileDiff) -> PostImage | None:
    """The text of a file that the patch creates, if it shows all of it."""
    if not diff.is_new or len(diff.hunks) != 1 or not diff.hunks[0].is_whole:
        return None
    new = _Growing()
    bare = False
    for row, line in enumerate(line for line in diff.hunks[0].lines if line.sign == "+"):
        new.rows.append(_bytes(line))
        new.touched.add(row)
        new.shows(row, line)
        bare = line.no_newline
    return _whole(path, new, ends_bare=bare)


def rows_touched(hunks: Sequence[Hunk]) -> frozenset[int]:
    """The 0-based rows of the new file that hunks with line numbers touch: added ones, and those behind deletions."""
    found: set[int] = set()
    for hunk in hunks:
        if hunk.new_start is None:
            continue
        # A hunk without any new lines is counted from the line that it follows.
        row = hunk.new_start - any(line.sign != "-" for line in hunk.lines)
        for line in hunk.lines:
            if line.sign != " ":
                found.add(row)
            row += line.sign != "-"
    return frozenset(found)


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
    )


def _bytes(line: HunkLine) -> bytes:
    return line.text.removesuffix("\r").encode("utf-8", "surrogateescape")


@dataclass(frozen=True, slots=True)
class _Piece:
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
    pieces: Sequence[_Piece],
    *,
    new_side: bool = False,
) -> list[int] | None:
    """Where each piece stands in a file, in order and not overlapping; None where one does not.

    Where white space was lost on the way, it does not count.
    """
    for strip in (False, True):
        have = [b" ".join(row.split()) for row in rows] if strip else list(rows)
        places: list[int] = []
        floor = drift = 0
        for lines, piece in zip(wanted, pieces, strict=True):
            texts = [b" ".join(_bytes(line).split()) if strip else _bytes(line) for line in lines]
            expected = piece.new if new_side else piece.old
            place = _find(have, texts, None if expected is None else expected + drift, floor)
            if place is None:
                break
            drift = place - expected if expected is not None else drift
            places.append(place)
            floor = place + len(texts)
        else:
            return places
    return None


def _find(rows: Sequence[bytes], texts: Sequence[bytes], expected: int | None, floor: int) -> int | None:
    """The place of some lines nearest to where they should be, from `floor` on."""
    last = len(rows) - len(texts)
    if not texts:
        return expected if expected is not None and floor <= expected <= len(rows) else None
    if expected is not None:
        for distance in range(_NEAR):
            for place in {expected - distance, expected + distance}:
                if floor <= place <= last and _stands(rows, texts, place):
                    return place
    found = [place for place in range(floor, last + 1) if _stands(rows, texts, place)]
    # Far away, or with no line number to go by, only a single place is beyond doubt.
    return found[0] if len(found) == 1 else None


def _stands(rows: Sequence[bytes], texts: Sequence[bytes], place: int) -> bool:
    return rows[place] == texts[0] and all(rows[place + i] == text for i, text in enumerate(texts))
