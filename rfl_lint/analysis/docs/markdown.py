"""Links and code spans of a doc comment, at their own offsets in the file.

Reads what decides where a link or a code span begins and ends: paragraphs, runs of backquotes, brackets and escapes.
Fenced code is no text. Whether a reference has a definition is left to whoever asks.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from enum import Enum
from typing import Final

from msgspec import Struct

from rfl_lint.doc_text import DocComment
from rfl_lint.source import Span

_BLANK: Final = re.compile(rb"\n(?:[ \t]*\n)+")
_MARK: Final = re.compile(rb"\\.|`+|\[|\]", re.DOTALL)
_TICKS: Final = re.compile(rb"`+")
# Titles and labels are bounded, so that many open ones cannot each be searched to the end.
_TITLE: Final = rb"(?:\"[^\"]{0,400}\"|'[^']{0,400}'|\([^()]{0,400}\))"
_INLINE: Final = re.compile(
    rb"\(\s*+(?:<([^<>\n]{0,2000})>|((?>(?:[^\s()\\<]|\\.|\([^\s()]{0,400}\)){0,2000})))(?:\s++"
    + _TITLE
    + rb")?\s*+\)"
)
_LABEL: Final = re.compile(rb"\[((?>(?:[^\[\]\\]|\\.){0,400}))\]", re.DOTALL)
_DEFINED: Final = re.compile(rb":[ \t]*(?:\n[ \t]*)?(?:<([^<>\n]*)>|([^\s<]\S*))")
_LINE_START: Final = re.compile(rb"[ \t]{0,3}")


class LinkKind(Enum):
    """How a link is written."""

    INLINE = "[text](target)"
    REFERENCE = "[text][label]"
    SHORTCUT = "[label]"
    DEFINITION = "[label]: target"


class DocLink(Struct, frozen=True):
    """A link. `text` is what is shown; `label` (as compared: lower case, single spaces) what a definition is found by.

    `target` is empty, and `target_span` that of the text, where the link names no target itself.
    """

    kind: LinkKind
    span: Span
    text: str
    text_span: Span
    label: str
    target: str
    target_span: Span


class CodeSpan(Struct, frozen=True):
    """Code between backquotes: its text, and its place with them."""

    text: str
    span: Span


class Inline(Struct, frozen=True):
    """The links and code spans of a comment, each in order; code in the text of a link is in both."""

    links: tuple[DocLink, ...]
    codes: tuple[CodeSpan, ...]


def inline_of(comment: DocComment) -> Inline:
    """Read the links and code spans of a doc comment."""
    data = comment.data
    parts: list[bytes] = []
    text_starts: list[int] = []
    file_starts: list[int] = []
    length = 0
    for index, line in enumerate(comment.lines):
        raw = b"" if index in comment.fenced else data[line.text.start : line.text.end]
        parts.append(raw)
        text_starts.append(length)
        file_starts.append(line.text.start)
        length += len(raw) + 1
    text = b"\n".join(parts)
    if b"`" not in text and b"[" not in text:
        return Inline((), ())
    reader = _Reader(text, text_starts, file_starts)
    start = 0
    for blank in _BLANK.finditer(text):
        reader.paragraph(start, blank.start())
        start = blank.end()
    reader.paragraph(start, len(text))
    return Inline(
        tuple(sorted(reader.links, key=lambda link: link.span.start)),
        tuple(reader.codes),
    )


class _Reader:
    """Reads paragraph by paragraph; offsets are those of the joined text until a piece is handed out."""

    def __init__(self, text: bytes, text_starts: list[int], file_starts: list[int]) -> None:
        self.text = text
        self.text_starts = text_starts
        self.file_starts = file_starts
        self.links: list[DocLink] = []
        self.codes: list[CodeSpan] = []

    def paragraph(self, start: int, end: int) -> None:
        runs: dict[int, list[int]] = {}
        for run in _TICKS.finditer(self.text, start, end):
            runs.setdefault(len(run[0]), []).append(run.start())
        opened: list[int] = []
        at = start
        while (mark := _MARK.search(self.text, at, end)) is not None:
            at = mark.end()
            first = mark[0][:1]
            if first == b"`":
                closing = _after(runs[len(mark[0])], at) if len(mark[0]) in runs else None
                if closing is not None:
                    inner = self.text[at:closing].decode("utf-8", "replace").replace("\n", " ")
                    at = closing + len(mark[0])
                    self.codes.append(CodeSpan(inner.strip(), self.span(mark.start(), at)))
            elif first == b"[":
                opened.append(mark.start())
            elif first == b"]" and opened:
                at = self.link(opened.pop(), mark.start(), end)

    def link(self, opening: int, closing: int, end: int) -> int:
        """Take in the link whose text stands between two brackets; returns where to go on."""
        after = closing + 1
        inner = Span(opening + 1, closing)
        following = self.text[after : after + 1]
        if following == b"(" and (match := _INLINE.match(self.text, after, end)):
            self.add(LinkKind.INLINE, Span(opening, match.end()), inner, "", _target(match))
            return match.end()
        if following == b"[" and (match := _LABEL.match(self.text, after, end)):
            label = match[1] or self.text[inner.start : inner.end]
            self.add(LinkKind.REFERENCE, Span(opening, match.end()), inner, _label(label), None)
            return match.end()
        label = _label(self.text[inner.start : inner.end])
        if following == b":" and self.begins_line(opening):
            match = _DEFINED.match(self.text, after, end)
            if match:
                self.add(LinkKind.DEFINITION, Span(opening, match.end()), inner, label, _target(match))
                return match.end()
        self.add(LinkKind.SHORTCUT, Span(opening, after), inner, label, None)
        return after

    def add(self, kind: LinkKind, span: Span, inner: Span, label: str, target: Span | None) -> None:
        place = target if target is not None else inner
        self.links.append(
            DocLink(
                kind,
                self.span(span.start, span.end),
                " ".join(self.text[inner.start : inner.end].decode("utf-8", "replace").split()),
                self.span(inner.start, inner.end),
                label,
                self.text[target.start : target.end].decode("utf-8", "replace") if target is not None else "",
                self.span(place.start, place.end),
            )
        )

    def begins_line(self, at: int) -> bool:
        start = self.text.rfind(b"\n", 0, at) + 1
        return _LINE_START.fullmatch(self.text, start, at) is not None

    def span(self, start: int, end: int) -> Span:
        """The place in the file of a piece of the text."""
        last = max(start, end - 1)
        return Span(self._in_file(start), self._in_file(last) + (end - last))

    def _in_file(self, offset: int) -> int:
        row = bisect_right(self.text_starts, offset) - 1
        return self.file_starts[row] + offset - self.text_starts[row]


def _after(places: list[int], offset: int) -> int | None:
    index = bisect_left(places, offset)
    return places[index] if index < len(places) else None


def _target(match: re.Match[bytes]) -> Span:
    return Span(*match.span(1 if match[1] is not None else 2))


def _label(raw: bytes) -> str:
    return " ".join(raw.decode("utf-8", "replace").split()).casefold()


def comment_links(comment: DocComment, prefix: str) -> Iterator[tuple[DocLink, tuple[str, ...]]]:
    """The targets in a comment that begin with a word, each with the texts that it is shown under."""
    links = inline_of(comment).links
    for link in links:
        if link.target.startswith(prefix):
            shown = [
                other.text
                for other in links
                if link.kind is LinkKind.DEFINITION
                and other.kind is LinkKind.REFERENCE
                and other.label == link.label
            ]
            yield link, (link.text, *shown)
