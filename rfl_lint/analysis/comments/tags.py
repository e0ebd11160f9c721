"""The grammar of tagged comments: what makes `SAFETY:` a marker, and how far the text behind it goes.

A tag counts where it begins a line of the comment, behind the `//` and decoration such as a list dash, or where
it begins a sentence. `there is no safety: at all` and `the INVARIANT: comment above` are prose. A tag is a word
in capitals; `SAFETY` counts in any case. What stands behind a tag, on this line and the following ones, is its
section, up to the next tag: `INVARIANT: .. SAFETY: .. GUARANTEE: ..` in one comment are three sections.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Final, NamedTuple

from msgspec import Struct

from rfl_lint.source import Span

_PLURALS: Final = {"INVARIANTS": "INVARIANT", "PANICS": "PANIC", "GUARANTEES": "GUARANTEE", "CASTS": "CAST"}

# Tags that may stand in the middle of a line or behind a list dash; any other word in capitals is a tag only where
# it begins a line. A placeholder is never a tag but part of the text.
_JUSTIFYING: Final = frozenset(
    {
        "SAFETY",
        "INVARIANT",
        "PANIC",
        "CAST",
        "GUARANTEE",
        "ORDERING",
        "OVERFLOW",
        "NO-OVERFLOW",
        "BOUNDS",
        "FORGET",
    }
)
_MISSPELT: Final = frozenset(
    {
        "SAFTEY",
        "SAFTY",
        "SAFEY",
        "SAFETEY",
        "SAFELY",
        "SAFE",
        "SAFTETY",
        "SFAETY",
        "SAEFTY",
        "SATEFY",
    }
)
# So much of what stands before a tag tells whether it begins a sentence.
_ENOUGH: Final = 200
_PLACEHOLDERS: Final = frozenset({"TODO", "FIXME", "XXX"})

_LEAD: Final = rb"[ \t/*#>\[(_`+-]*(?:\d{1,2}[.)][ \t]*)?"
# Atomic: a row of words that can each be read in two ways, and then lacks its colon, would never end.
_WORD: Final = rb"(?>(?i:safety)(?![A-Z-])|[A-Z][A-Z-]+[A-Z])"
_COLON: Final = rb":(?!:)"
_JOINED: Final = rb"(?:(?:[ \t]*+[,/&+][ \t]*+|[ \t]++and[ \t]++)" + _WORD + rb")*"
# `SAFETY:`, `**SAFETY**:`, `INVARIANT, SAFETY:`, `SAFETY (of `p`):` at the beginning of a line.
_LINE_TAG: Final = re.compile(
    rb"(?P<lead>" + _LEAD + rb")(?P<tags>" + _WORD + _JOINED + rb")"
    rb"(?P<rest>[*_`\])]*+[ \t]*+(?:\([^()\r\n]*+\))?[ \t]*+)" + _COLON + rb"(?P<bold>[*_]*)"
)  # fmt: skip
# A tag further right; whether it begins a sentence there is asked of what stands before it.
_INLINE_TAG: Final = re.compile(rb"(?<![\w'\"`-])(?P<tags>" + _WORD + rb")[ \t]*" + _COLON)
_SENTENCE_END: Final = b".!?;:)]|"
# Markers that were meant as `SAFETY:`: without the colon, with another sign, as a heading, misspelt.
_MEANT_SAFETY: Final = re.compile(
    rb"(?P<lead>" + _LEAD + rb")(?P<tags>"
    rb"SAFETY(?!-?\w|::)(?![ \t]+comments?\b)"
    rb"|Safety(?=[ \t]*[-=;.]|[ \t]*\xe2\x80[\x93\x94])"
    rb"|(?i:safety)(?=[ \t]+(?:[-=]|\xe2\x80[\x93\x94])[ \t])"
    rb")"
)  # fmt: skip
_HEADING: Final = re.compile(rb"[ \t]*#+[ \t]*(?P<tags>(?i:safety))\b")
_SPLIT_TAGS: Final = re.compile(_WORD)


class Form(Enum):
    """How a marker is written."""

    CANONICAL = "canonical"
    """In capitals, one space behind the `//`, colon behind the word."""
    VARIANT = "variant"
    """Recognisable, but not the way the tag is written."""


class CommentLine(NamedTuple):
    """The part of a comment that stands on one line.

    `span` begins with the introducer (`//`, `///`, `/*`) where the line has one, `text` behind it.
    """

    span: Span
    text: Span

    def introducer(self, data: bytes) -> bytes:
        """`//`, `///`, `//!`, `/*`, or empty inside a block comment."""
        return data[self.span.start : self.text.start]


class Section(Struct, frozen=True):
    """One tag of a comment and what it says.

    `tag` is in capitals and in the singular. `marker` goes from the first letter of the tag to its colon,
    `span` from there to the end of the last line of its text. `leads` tells whether it begins its line.
    """

    tag: str
    form: Form
    marker: Span
    span: Span
    text: str
    line: CommentLine
    leads: bool


class _Mark(Struct, frozen=True):
    """A marker before it is known how far its section goes. `row` counts the lines of the comment."""

    row: int
    start: int
    end: int
    tags: tuple[str, ...]
    form: Form
    leads: bool


def places_of(tag: str, data: bytes, within: Span) -> Iterator[int]:
    """Where a stretch of text holds what a section with a tag has at the least, however the tag is written."""
    words = [tag]  # which the plural holds, too
    if tag == "SAFETY":
        words = [
            word for word in _MISSPELT if not any(other != word and other in word for other in _MISSPELT)
        ]
        text = data[within.start : within.end].lower()
        yield from (within.start + at for at in _finds(text, b"safety", Span(0, len(text))))
    for word in words:
        yield from _finds(data, word.encode(), within)


def _finds(data: bytes, word: bytes, within: Span) -> Iterator[int]:
    at = data.find(word, within.start, within.end)
    while at >= 0:
        yield at
        at = data.find(word, at + len(word), within.end)


def read_sections(lines: Sequence[CommentLine], data: bytes) -> tuple[Section, ...]:
    """The tagged sections of one comment, in order. Code blocks in doc comments have none."""
    marks: list[_Mark] = []
    fenced = False
    for row, line in enumerate(lines):
        doc = line.introducer(data)[:3] in (b"///", b"//!")
        fenced = fenced and doc  # a block that nobody closes ends with its doc comment
        if doc and data[line.text.start : line.text.end].lstrip().startswith((b"```", b"~~~")):
            fenced = not fenced
        elif not fenced:
            marks.extend(_marks(row, line, data))
    return tuple(_sections(marks, lines, data))


def _marks(row: int, line: CommentLine, data: bytes) -> Iterator[_Mark]:
    text = data[line.text.start : line.text.end]
    if b":" not in text and b"safety" not in text.lower():
        return
    offset = line.text.start
    leading = _LINE_TAG.match(text)
    if leading:
        if names := _leading_names(leading):
            start, end = offset + leading.start("tags"), offset + leading.end()
            yield _Mark(row, start, end, names, _form(leading, text, line.introducer(data)), leads=True)
    elif meant := _HEADING.match(text) or _MEANT_SAFETY.match(text):
        start, end = offset + meant.start("tags"), offset + meant.end("tags")
        yield _Mark(row, start, end, ("SAFETY",), Form.VARIANT, leads=True)
    for inline in _INLINE_TAG.finditer(text, leading.end() if leading else 1):
        names = tuple(name for name in _names(inline["tags"]) if name in _JUSTIFYING)
        if names and _begins_sentence(text, inline):
            start, end = offset + inline.start(), offset + inline.end()
            form = Form.CANONICAL if inline["tags"].isupper() else Form.VARIANT
            yield _Mark(row, start, end, names, form, leads=False)


def _form(match: re.Match[bytes], text: bytes, introducer: bytes) -> Form:
    behind = text[match.end() : match.end() + 1]
    plain = (
        match["tags"].decode() not in _MISSPELT
        and match["tags"].isupper()
        and not match["rest"]
        and not match["bold"]
        and behind in (b"", b" ")
    )
    if introducer == b"//":
        return Form.CANONICAL if plain and match["lead"] == b" " else Form.VARIANT
    if introducer in (b"/*", b""):
        return Form.CANONICAL if plain and not match["lead"].strip(b" \t*") else Form.VARIANT
    return Form.VARIANT


def _leading_names(match: re.Match[bytes]) -> tuple[str, ...]:
    names = _names(match["tags"])
    if match["lead"].strip(b" \t/*#"):
        return tuple(name for name in names if name in _JUSTIFYING)
    return tuple(name for name in names if name not in _PLACEHOLDERS)


def _names(tags: bytes) -> tuple[str, ...]:
    words = [word.decode("ascii").upper() for word in _SPLIT_TAGS.findall(tags)]
    return tuple("SAFETY" if word in _MISSPELT else _PLURALS.get(word, word) for word in words)


def _begins_sentence(text: bytes, match: re.Match[bytes]) -> bool:
    """Whether a tag in the middle of a line is more than a word of the sentence around it."""
    start = match.start()
    before = text[max(0, start - _ENOUGH) : start].rstrip(b" \t*_(")
    last = before[-1:]
    if not last or last in _SENTENCE_END or last >= b"\x80":
        return True
    return match["tags"].isupper() and not (last.islower() or last in b",'\"`")


def _sections(marks: list[_Mark], lines: Sequence[CommentLine], data: bytes) -> Iterator[Section]:
    for index, mark in enumerate(marks):
        following = marks[index + 1] if index + 1 < len(marks) else None
        last_row = following.row if following else len(lines) - 1
        stop = lines[last_row].text.end
        if following:
            on_its_line = not following.leads
            stop = following.start if on_its_line else lines[max(mark.row, last_row - 1)].text.end
            last_row = last_row if on_its_line else max(mark.row, last_row - 1)
        parts = [data[mark.end : min(stop, lines[mark.row].text.end)]]
        parts += [
            data[line.text.start : min(stop, line.text.end)] for line in lines[mark.row + 1 : last_row + 1]
        ]
        text = "\n".join(part.decode("utf-8", "replace").removeprefix(" ").rstrip() for part in parts).strip()
        marker = Span(mark.start, mark.end)
        for tag in mark.tags:
            span = Span(mark.start, max(mark.end, stop))
            yield Section(tag, mark.form, marker, span, text, lines[mark.row], mark.leads)
