"""Unified diffs, as git and people write them, read off the lines of a message at any depth of quoting.

The count in a hunk's header tells where the hunk ends, so that a signature or the next paragraph is never part of
it. A review mail may hold less than the header promises, with remarks between the lines: lines of another depth of
quoting are remarks, and a hunk goes on behind them. Where something was left out, line numbers are unknown from
there on. A run of quoted `+` lines with no header at all is a hunk of an unknown file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace

from rfl_lint.inputs.diff_names import NOWHERE, file_name, git_names, is_inside, unescaped, without_prefix
from rfl_lint.inputs.mail import Message, TextLine
from rfl_lint.inputs.quoting import QuotedLine, unquoted

_HUNK: Final = re.compile(r"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@ ?(.*)")
_INDEX: Final = re.compile(r"index ([0-9a-f]{4,64})\.\.([0-9a-f]{4,64})(?: \d+)?")
# Words that make a run of added lines without any header Rust rather than C or prose.
_RUST: Final = re.compile(r"\b(?:fn|impl|let|unsafe|pub|use|mod|match|trait)\b.*[({;:<]|->|::")
_LONGEST: Final = 400
# A mail program breaks a line once, and what it puts on the next one is no longer than a line.
_LONGEST_REST: Final = 120
_VERSION: Final = re.compile(r"\d++\.\d[\w.]*+")


class HunkLine(Struct, frozen=True):
    """A line of a hunk: `sign` is `+`, `-` or a space. Numbers are 1-based and None where nobody can tell.

    `row` is the 0-based line of the message that shows it. `after_cut` is set where something was left out right
    above it.
    """

    sign: str
    text: str
    mail_line: int
    row: int
    old: int | None = None
    new: int | None = None
    after_cut: bool = False
    no_newline: bool = False


class Hunk(Struct, frozen=True):
    """A hunk. `section` is what its header says behind the second `@@`; `is_whole` that nothing of it is missing."""

    lines: tuple[HunkLine, ...]
    old_start: int | None = None
    new_start: int | None = None
    section: str = ""
    is_whole: bool = False
    is_collapsed: bool = False
    """Whether archive software took leading white space away, that of context lines at least."""


class FileDiff(Struct, frozen=True):
    """What a patch does to one file. A path is None where there is no file on that side, or it is not told."""

    old_path: str | None
    new_path: str | None
    mail_line: int
    hunks: tuple[Hunk, ...] = ()
    old_blob: str = ""
    new_blob: str = ""
    is_new: bool = False
    is_deleted: bool = False
    is_binary: bool = False
    is_rename: bool = False
    depth: int = 0

    @property
    def path(self) -> str | None:
        """The path after the patch, or before it if the file is deleted."""
        return self.new_path if self.new_path is not None else self.old_path


class Patch(Struct, frozen=True):
    """The diffs of one message, in order. `refused` are paths that lead out of any tree, with their lines."""

    message: Message
    files: tuple[FileDiff, ...] = ()
    refused: tuple[tuple[int, str], ...] = ()
    notes: tuple[str, ...] = ()


def read_patch(message: Message) -> Patch:
    """All diffs in a message. Never raises on any content."""
    reader = _Reader(message.lines)
    reader.read()
    return Patch(message, tuple(reader.files), tuple(reader.refused), (*message.notes, *reader.notes))


class _OpenFile(Struct):
    """A file's diff while it is being read."""

    diff: FileDiff
    hunks: list[Hunk] = field(default_factory=list)


class _Reader:
    def __init__(self, lines: Iterable[TextLine]) -> None:
        self.lines: Sequence[QuotedLine] = unquoted(lines)
        self.files: list[FileDiff] = []
        self.refused: list[tuple[int, str]] = []
        self.notes: list[str] = []
        self.open: dict[int, _OpenFile | None] = {}
        self.order: list[_OpenFile] = []
        self.no_run_until = 0
        self.git_depths = {line.depth for line in self.lines if line.text.startswith("diff --git ")}

    def read(self) -> None:
        row = 0
        while row < len(self.lines):
            row = self._step(row)
        self.files = [replace(opened.diff, hunks=tuple(opened.hunks)) for opened in self.order]

    def _step(self, row: int) -> int:
        """Read what begins at a row; the row behind it."""
        line = self.lines[row]
        text = line.text
        if text.startswith("diff --git "):
            return self._git_header(row)
        if text.startswith("--- ") and self._is_plain_header(row):
            return self._plain_header(row)
        if text.startswith("@@ -") and (match := _HUNK.fullmatch(text.rstrip())):
            if line.depth in self.git_depths and line.depth not in self.open:
                return row + 1  # a commit message that talks of diffs
            return self._hunk(row, match)
        if text.startswith("+") and self._is_bare_run(row):
            return self._bare_run(row)
        return row + 1

    # Headers.

    def _next(self, row: int, depth: int) -> int | None:
        """The next row of a depth; remarks at other depths come between."""
        row += 1
        while row < len(self.lines) and self.lines[row].depth != depth:
            row += 1
        return row if row < len(self.lines) else None

    def _is_plain_header(self, row: int) -> bool:
        """Whether `--- ` begins a file: a `+++ ` and a hunk follow, and git's own headers are not used here."""
        depth = self.lines[row].depth
        if depth in self.git_depths:
            return False
        second = self._next(row, depth)
        third = self._next(second, depth) if second is not None else None
        return (
            second is not None
            and third is not None
            and self.lines[second].text.startswith("+++ ")
            and _HUNK.fullmatch(self.lines[third].text.rstrip()) is not None
        )

    def _plain_header(self, row: int) -> int:
        line = self.lines[row]
        second = self._next(row, line.depth) or row
        names = (file_name(line.text[4:]), file_name(self.lines[second].text[4:]))
        self._begin(line, names, FileDiff(None, None, line.number, depth=line.depth))
        return second + 1

    def _git_header(self, row: int) -> int:
        line = self.lines[row]
        names: list[str | None] = list(git_names(line.text[len("diff --git ") :]))
        found: dict[str, str | bool] = {}
        at = row + 1
        while at < len(self.lines):
            other = self.lines[at]
            if other.depth != line.depth:
                at += 1
                continue
            word = other.text
            if word.startswith("--- "):
                names[0] = file_name(word[4:]) if names[0] != NOWHERE else names[0]
            elif word.startswith("+++ "):
                names[1] = file_name(word[4:])
            elif match := _INDEX.match(word):
                found["old"], found["new"] = match[1], match[2]
            elif word.startswith("new file mode"):
                found["is_new"] = True
            elif word.startswith("deleted file mode"):
                found["is_deleted"] = True
            elif word.startswith(("rename from ", "copy from ")):
                found["is_rename"] = word.startswith("rename")
                names[0] = "a/" + unescaped(word.partition(" from ")[2])
            elif word.startswith(("rename to ", "copy to ")):
                names[1] = "b/" + unescaped(word.partition(" to ")[2])
            elif word.startswith(("GIT binary patch", "Binary files ")):
                found["is_binary"] = True
            elif not word.startswith(("old mode", "new mode", "similarity index", "dissimilarity index")):
                break
            at += 1
        base = FileDiff(
            None, None, line.number,
            old_blob=str(found.get("old", "")), new_blob=str(found.get("new", "")),
            is_new=bool(found.get("is_new")), is_deleted=bool(found.get("is_deleted")),
            is_binary=bool(found.get("is_binary")), is_rename=bool(found.get("is_rename")), depth=line.depth,
        )  # fmt: skip
        old = NOWHERE if found.get("is_new") else names[0]
        new = NOWHERE if found.get("is_deleted") else names[1]
        self._begin(line, (old, new), base)
        return at

    def _begin(self, line: QuotedLine, names: tuple[str | None, str | None], base: FileDiff) -> None:
        old, new = without_prefix(names[0], names[1])
        for name in (old, new):
            if name is not None and not is_inside(name):
                self.refused.append((line.number, name))
                self.open[line.depth] = None
                return
        diff = replace(
            base,
            old_path=old,
            new_path=new,
            is_new=base.is_new or old is None,
            is_deleted=base.is_deleted or new is None,
        )
        opened = _OpenFile(diff)
        self.open[line.depth] = opened
        self.order.append(opened)

    # Hunks.

    def _hunk(self, row: int, match: re.Match[str]) -> int:
        line = self.lines[row]
        taker = _HunkTaker(self, row, match)
        behind = taker.take()
        if line.depth in self.open:
            opened = self.open[line.depth]
        else:
            opened = self.open[line.depth] = _OpenFile(FileDiff(None, None, line.number, depth=line.depth))
            self.order.append(opened)
        if opened is not None and taker.found:
            opened.hunks.append(taker.hunk())
        return behind

    def _is_bare_run(self, row: int) -> bool:
        """Whether added lines begin here that no header announced, and that look like Rust."""
        first = self.lines[row]
        if row < self.no_run_until or first.text.startswith("+++") or (first.depth == 0 and self.git_depths):
            return False
        added = 0
        looks_rust = False
        at = row
        while at < len(self.lines) and not (added >= 2 and looks_rust):
            line = self.lines[at]
            if line.depth != first.depth or line.text[:1] not in ("+", "-", " "):
                break
            added += line.text.startswith("+")
            looks_rust = looks_rust or (
                line.text.startswith("+") and _RUST.search(line.text[:_LONGEST]) is not None
            )
            at += 1
        self.no_run_until = at
        return added >= 2 and looks_rust

    def _bare_run(self, row: int) -> int:
        depth = self.lines[row].depth
        found: list[HunkLine] = []
        at, blank = row, True
        # Context above the first added line belongs to it.
        while row > 0 and self.lines[row - 1].depth == depth and self.lines[row - 1].text[:1] in (" ", "-"):
            row -= 1
        while at < len(self.lines):
            line = self.lines[at]
            if line.depth == depth and line.text[:1] not in ("+", "-", " "):
                break
            if line.depth < depth and line.text.strip() and blank is False and _starts_message(line):
                break
            at += 1
        cut = False
        for line in self.lines[row:at]:
            if line.depth != depth:
                cut = cut or line.is_cut
                continue
            blank = False
            found.append(HunkLine(line.text[0], line.text[1:], line.number, line.row, after_cut=cut))
            cut = False
        opened = self.open.get(depth)
        if opened is None:
            opened = self.open[depth] = _OpenFile(FileDiff(None, None, self.lines[row].number, depth=depth))
            self.order.append(opened)
        opened.hunks.append(Hunk(tuple(found)))
        return at


def _starts_message(line: QuotedLine) -> bool:
    """Whether a line begins another message in a page that holds a thread."""
    return re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d|From: |Subject: ", line.text) is not None


class _HunkTaker:
    """Takes the lines of one hunk, counting down what its header promises."""

    def __init__(self, reader: _Reader, row: int, match: re.Match[str]) -> None:
        self.lines = reader.lines
        self.reader = reader
        self.row = row
        self.depth = self.lines[row].depth
        self.old_start, self.new_start = int(match[1]), int(match[3])
        self.old_left = int(match[2]) if match[2] is not None else 1
        self.new_left = int(match[4]) if match[4] is not None else 1
        self.section = match[5].strip()
        self.old: int | None = self.old_start
        self.new: int | None = self.new_start
        self.found: list[HunkLine] = []
        self.cut = False
        self.is_cut = False
        self.is_collapsed = self._looks_collapsed()

    def hunk(self) -> Hunk:
        whole = not self.is_cut and self.old_left == 0 and self.new_left == 0
        return Hunk(tuple(self.found), self.old_start, self.new_start, self.section, whole, self.is_collapsed)

    def _looks_collapsed(self) -> bool:
        """Whether lines that should begin with a sign begin with none: an archive took the spaces away."""
        bare = spaced = 0
        for row in range(self.row + 1, min(len(self.lines), self.row + 60)):
            line = self.lines[row]
            if line.depth != self.depth or not line.text:
                continue
            if self._ends_hunk(row):
                break
            bare += line.text[0] not in "+- \\"
            spaced += line.text[0] == " "
        return bare > spaced

    def take(self) -> int:
        """Take lines until the hunk is full or something else begins; the row behind the last one."""
        row = behind = self.row + 1
        while row < len(self.lines):
            line = self.lines[row]
            if line.depth != self.depth:
                if line.depth < self.depth and line.is_cut:
                    self._note_cut()
                elif line.depth < self.depth and line.text.startswith(("diff --git ", "@@ -")):
                    break
                row += 1
                continue
            if line.text.startswith("\\") and self.found:
                self.found[-1] = replace(self.found[-1], no_newline=True)
                row = behind = row + 1
                continue
            if (self.old_left == 0 and self.new_left == 0) or self._ends_hunk(row):
                break
            if line.is_cut and line.text[:1] not in ("+", "-", " "):
                self._note_cut()
            else:
                self._take(line)
            row = behind = row + 1
        return behind

    def _ends_hunk(self, row: int) -> bool:
        text = self.lines[row].text
        if text.startswith(("diff --git ", "@@ -")):
            return True
        if text in ("-- ", "--") and row + 1 < len(self.lines):
            following = self.lines[row + 1]
            return _VERSION.fullmatch(following.text.strip()) is not None or text == "--"
        return text.startswith("--- ") and self.reader._is_plain_header(row)  # noqa: SLF001 - one parser, two classes

    def _note_cut(self) -> None:
        self.cut = self.is_cut = True
        self.old = self.new = None

    def _take(self, line: QuotedLine) -> None:
        sign = line.text[:1]
        if sign == "" or (sign not in "+- " and self.is_collapsed):
            self._add(" ", line.text, line)
        elif sign in "+- ":
            self._add(sign, line.text[1:], line)
        elif self.found and len(line.text) <= _LONGEST_REST and self.found[-1].row == line.row - 1:
            # A mail program broke the line: what stands here is its end.
            last = self.found[-1]
            self.found[-1] = replace(last, text=f"{last.text} {line.text}")
        else:
            self._note_cut()

    def _add(self, sign: str, text: str, line: QuotedLine) -> None:
        old = self.old if sign != "+" else None
        new = self.new if sign != "-" else None
        self.found.append(HunkLine(sign, text, line.number, line.row, old, new, self.cut))
        self.cut = False
        if sign != "+":
            self.old = self.old + 1 if self.old is not None else None
            self.old_left = max(0, self.old_left - 1)
        if sign != "-":
            self.new = self.new + 1 if self.new is not None else None
            self.new_left = max(0, self.new_left - 1)
