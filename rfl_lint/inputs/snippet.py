"""The text that a patch shows of a file, made into something that can be parsed.

Each unbroken piece of the new side becomes a part of one text. What is open above a piece (the function or `impl`
that it begins in the middle of) and what is left open at its end is made up around it, on rows of their own that
belong to no file. What was made up is the reading with which the parser can make most of the piece.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from msgspec import Struct, field

from rfl_lint.inputs.patch import FileDiff, Hunk, HunkLine
from rfl_lint.inputs.postimage import PostImage
from rfl_lint.source import SourceFile
from rfl_lint.syntax import unexplained
from rfl_lint.syntax.limits import MAX_FILE_BYTES

_TOKEN: Final = re.compile(
    r"//[^\n]*|/\*.*?(?:\*/|\Z)|b?r(?P<h>#*)\".*?(?:\"(?P=h)|\Z)|b?\"(?>(?:[^\"\\]|\\.)*)(?:\"|\\?\Z)|b?'(?:[^'\\\n]|\\.[^'\n]{0,8})'|[()\[\]{}]",
    re.DOTALL,
)
_CLOSES: Final = {")": "(", "]": "[", "}": "{"}
_CLOSER: Final = {"(": ")", "[": "]", "{": "}"}
_CALL: Final = "__shown("
_FUNCTION: Final = "fn __shown() {"
_IMPL: Final = "impl __Shown {"
_BLOCK: Final = "{"
_TRAIT: Final = "trait __Shown {"
_MOD: Final = "mod __shown {"
_INIT: Final = "pin_init!("
# What the innermost brackets that a piece begins in may be, and what stands around them: outermost first. Whatever
# parses as an earlier one is that.
_READINGS: Final = (
    (_FUNCTION,),
    (_IMPL, _FUNCTION),
    (_IMPL,),
    (_FUNCTION, "match __shown {"),
    (_FUNCTION, "__Shown {"),
    ("struct __Shown {",),
    (_TRAIT,),
    (_MOD,),
    (_FUNCTION, _BLOCK),
    ("use __shown::{",),
    (_FUNCTION, _INIT, "__Shown {"),
    (_FUNCTION, _CALL, _INIT, "__Shown {"),
)
_RECEIVER: Final = re.compile(r"\(\s*(?:&\s*(?:'\w+\s+)?)?(?:mut\s+)?self\b")
_HEAD: Final = re.compile(r"(?:pub\b|unsafe\b|impl\b|fn\b|const\b|extern\b|trait\b|mod\b)")
# An `impl`, `trait` or `mod` whose `where` or brace stands on a later line.
_WHOLE_HEAD: Final = re.compile(r"(?:pub(?:\([^)]*\))? )?(?:unsafe )?(?:impl|trait|mod)\b")
_HEAD_WORD: Final = re.compile(r"\b(?:impl|trait|mod|fn)\b")
# So many bytes of the head are in a hunk's header at most.
_MAX_SECTION: Final = 80
# What stands in a function only, though the grammar lets it stand anywhere.
_STATEMENT: Final = re.compile(r"\s*(?:let|return|if|match|for|while|loop|break|continue)\b|\s*unsafe \{")
# An item that stands in something, as its indentation shows.
_INNER_ITEM: Final = re.compile(
    r"\s+(?:pub(?:\([^)]*\))? )?(?:(?:default|unsafe|async|const|extern(?: \"[^\"]*\")?) )*(?:fn|type|const)\b"
)
_OWN_IMPL: Final = re.compile(r"^[ \t]*(?:unsafe )?(?:impl|(?:pub )?(?:unsafe )?trait)\b", re.MULTILINE)
_BY_WORD: Final = {"impl": _IMPL, "trait": _TRAIT, "mod": _MOD, "fn": _FUNCTION}
_MAX_PIECES: Final = 400


class _Row(Struct, frozen=True):
    text: str
    line: HunkLine | None = None
    is_touched: bool = False
    is_head: bool = False
    is_shifted: bool = False


class _Text(Struct):
    rows: list[_Row] = field(default_factory=list)
    pieces: list[tuple[int, int]] = field(default_factory=list)
    left: int = 4 * MAX_FILE_BYTES
    """How many bytes may still be parsed to find out what stands around the pieces."""


def shown_text(path: str, diff: FileDiff) -> PostImage:
    """What a diff shows of a file after the patch; `path` is the name that findings will carry."""
    text = _Text()
    for hunk in diff.hunks:
        for number, lines in enumerate(_unbroken(hunk)):
            if len(text.pieces) < _MAX_PIECES and text.left > 0:
                _add_piece(text, lines, hunk.section if number == 0 else "")
    data = "".join(row.text + "\n" for row in text.rows).encode("utf-8", "surrogateescape")
    return PostImage(
        SourceFile(path, data),
        frozenset(row for row, shown in enumerate(text.rows) if shown.is_touched),
        {row: shown.line.new for row, shown in enumerate(text.rows) if shown.line is not None},
        {row: shown.line.mail_line for row, shown in enumerate(text.rows) if shown.line is not None},
        {row: shown.line.row for row, shown in enumerate(text.rows) if shown.line is not None},
        is_whole=False,
        pieces=tuple(text.pieces),
        heads=frozenset(row for row, shown in enumerate(text.rows) if shown.is_head),
        shifted=frozenset(row for row, shown in enumerate(text.rows) if shown.is_shifted),
        added=frozenset(
            row for row, shown in enumerate(text.rows) if shown.line is not None and shown.line.sign == "+"
        ),
    )


def _unbroken(hunk: Hunk) -> Iterator[list[_Row]]:
    """The rows of the new side, a list for each piece with nothing left out inside."""
    cuts = [0, *(i for i, line in enumerate(hunk.lines) if line.after_cut and i), len(hunk.lines)]
    for start, end in pairwise(cuts):
        rows: list[_Row] = []
        deleted = False
        for line in hunk.lines[start:end]:
            if line.sign == "-":
                deleted = True
                continue
            rows.append(
                _Row(
                    line.text,
                    line,
                    line.sign == "+" or deleted,
                    is_shifted=hunk.is_collapsed and line.sign == " ",
                )
            )
            deleted = False
        if rows:
            yield rows


def _add_piece(text: _Text, rows: Sequence[_Row], section: str) -> None:
    body = "\n".join(row.text for row in rows)
    missing, unclosed = _balance(body)
    best: tuple[int, list[str], list[str]] | None = None
    size = len(body)
    has_self = _RECEIVER.search(body) is not None and not _OWN_IMPL.search(body)
    heads = _heads(section)
    first = next((row for row in rows if is_code(row.text)), None)
    is_known = first is not None and not first.is_shifted
    is_inner = is_known and first is not None and _INNER_ITEM.match(first.text) is not None
    is_top = first is None or not ((is_known and first.text[:1].isspace()) or _STATEMENT.match(first.text))
    for above in _openings(
        missing, heads, has_init="<-" in body, has_self=has_self, is_inner=is_inner, is_top=is_top
    ):
        # What was opened above the piece and is not closed in it is closed below.
        kept = above[: max(0, len(above) - len(missing))]
        for below in _closings([*kept, *unclosed]):
            if best is not None and text.left < size:
                break
            text.left -= size
            source = "\n".join([*above, body, *below, ""])
            score = unexplained(source.encode("utf-8", "surrogateescape"))
            if best is None or score < best[0]:
                best = (score, above, below)
        if best is not None and best[0] == 0:
            break
    if best is None:
        return
    text.rows += [_Row(line, is_head=line in heads) for line in best[1]]
    start = len(text.rows)
    text.rows += rows
    text.pieces.append((start, len(text.rows)))
    text.rows += [_Row(line) for line in best[2]]


def is_code(row: str) -> bool:
    """Whether a line holds more than a comment, an attribute or nothing."""
    text = row.strip()
    return bool(text) and not text.startswith(("//", "/*", "*", "#[", "#!["))


def _balance(text: str) -> tuple[list[str], list[str]]:
    """The closers in a text that nothing in it opens, innermost first, and what it leaves open, outermost first."""
    missing: list[str] = []
    opened: list[str] = []
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token in _CLOSER:
            opened.append(token)
        elif token in _CLOSES:
            if opened:
                opened.pop()
            else:
                missing.append(token)
    return missing, opened


def _closings(opened: Sequence[str]) -> Iterator[list[str]]:
    """The lines that close what is open: as they are, and with the statement ended that an argument list was cut in."""
    below = [_CLOSER[word[-1]] for word in reversed(opened)]
    yield below
    ends = [row for row, (word, after) in enumerate(pairwise(below)) if word != "}" and after == "}"]
    if ends:
        yield [word + ";" if row in ends else word for row, word in enumerate(below)]


def _heads(section: str) -> list[str]:
    """The head of an item that a hunk's header names, if all of it is there: git cuts it after 80 bytes."""
    head = section.strip()
    if not _HEAD.match(head) or head.endswith((";", "}")):
        return []
    if head.endswith("{"):
        return [head]
    is_all = len(head.encode("utf-8", "surrogateescape")) < _MAX_SECTION - 1 and _WHOLE_HEAD.match(head)
    return [head + " {"] if is_all else []


def _openings(  # noqa: PLR0913 - what is known of a piece
    missing: Sequence[str],
    heads: Sequence[str],
    *,
    has_init: bool,
    has_self: bool,
    is_inner: bool,
    is_top: bool,
) -> Iterator[list[str]]:
    """The lines that may stand above a piece, likeliest first; each list goes from outside to inside."""
    readings = [reading for reading in _READINGS if has_init or _INIT not in reading]
    if is_inner:
        readings.sort(key=lambda reading: reading[-1] not in (_IMPL, _TRAIT, _MOD))
    elif has_self:
        readings.sort(key=lambda reading: reading[0] not in (_IMPL, _TRAIT))
    elif is_top and not missing:
        yield []
    for reading in readings:
        for lines in (*(_headed(reading, each) for each in heads), list(reading)):
            if lines:
                yield _reaching(lines, missing)
    if not missing:
        yield []


def _headed(reading: Sequence[str], head: str) -> list[str]:
    """A reading with the words of the hunk's header in the place of what is made up; empty where they do not fit."""
    match = _HEAD_WORD.search(head)
    word = _BY_WORD[match[0]] if match is not None else _FUNCTION
    if word not in reading:
        return []
    return [head if each == word else each for each in reading]


def _reaching(reading: list[str], missing: Sequence[str]) -> list[str]:
    """A reading with as many brackets, and of such kinds, as a piece closes."""
    words = list(reversed(reading))
    lines: list[str] = []
    for token in missing:
        wanted = _CLOSES[token]
        if words and words[0][-1] == wanted:
            lines.append(words.pop(0))
        else:
            lines.append({"{": _BLOCK, "(": _CALL, "[": "["}[wanted])
    lines += words
    if missing and _needs_function(lines):
        lines.append(_FUNCTION)
    lines.reverse()
    return lines


def _needs_function(lines: Sequence[str]) -> bool:
    """Whether the outermost of the lines, the last, is an expression, which stands in no file by itself."""
    return lines[-1] in (_BLOCK, _CALL, "[", _INIT)
