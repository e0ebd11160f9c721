"""How tagged comments are worded: whether they say anything, and whether in sentences."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from msgspec import Struct

from rfl_lint.analysis.comments.documentation import tagged_comments
from rfl_lint.analysis.comments.layers import comment_layers
from rfl_lint.analysis.comments.rows import CommentRun
from rfl_lint.analysis.comments.tags import CommentLine, Section
from rfl_lint.rule import Context
from rfl_lint.source import Span
from rfl_lint.syntax import FragmentKind
from rfl_lint.tables import Tables

_TABLE: Final = "comment_style"
_BULLET: Final = re.compile(rb"[ \t*]*(?:[-+*]|\d{1,2}[.)])[ \t]+")
_DECORATION: Final = b" \t*_/"
_PUNCTUATION: Final = " \t\r\n.,;:!?-*_`'\"()/"
# What an example leaves to its reader.
_LEFT_OUT: Final = frozenset({"...", "…"})
_ENDED: Final = re.compile(r"[.!?…][)\]\"'`*_]*$|```$|https?://\S+$|^\[[^\]]+\]: \S+$", re.MULTILINE)


class EmptyReason(Struct, frozen=True):
    """A comment, or an item of it, that gives no reason.

    `said` is what it says instead, empty where that is nothing; `is_placeholder` where the reason is yet to come.
    """

    span: Span
    said: str
    is_placeholder: bool = False


class BadlyWorded(Struct, frozen=True):
    """A tagged comment that is no sentence: at its beginning, at its end, or both. `last` is its last character."""

    tag: str
    marker: Span
    last: Span
    begins_badly: bool
    ends_badly: bool


class _Words(Struct, frozen=True):
    tags: frozenset[str]
    nothing: frozenset[str]
    starts: re.Pattern[str]
    ends: re.Pattern[str]
    pending: re.Pattern[bytes]


def empty_reasons(cx: Context, tag: str) -> Iterator[EmptyReason]:
    """What in the file's comments with a tag gives no reason, once for each comment."""
    words = _words(cx.tables)
    for section, run in tagged_comments(cx, tag):
        # A section of docs is not a comment on code, unless it is written as one.
        marker = cx.source.data[section.marker.start : section.marker.end]
        if not _is_in_docs(cx, section) or (section.leads and b":" in marker):
            found = _judged(cx, section, run, words)
            if found is not None:
                yield found


def _judged(cx: Context, section: Section, run: CommentRun, words: _Words) -> EmptyReason | None:
    data = cx.source.data
    items = list(_items(data, section, run))
    texts = [cx.source.text(span) for span in items]
    if not any(text.strip(_PUNCTUATION) for text in texts):
        if section.text in _LEFT_OUT and cx.kind_of_text(section.marker.start) == str(FragmentKind.DOC_CODE):
            return None
        return EmptyReason(section.marker, "")
    said = _gives_nothing(section.text, words)
    if said:
        return EmptyReason(Span(section.marker.start, items[-1].end), said)
    for span, text in zip(items, texts, strict=True):
        match = words.starts.match(text.lstrip(_PUNCTUATION)) or words.ends.search(text)
        if match:
            start = data.find(match[1].encode(), span.start, span.end)
            whole = len(items) == 1 and words.starts.match(section.text) is not None
            place = Span(section.marker.start, span.end) if whole else Span(start, start + len(match[1]))
            return EmptyReason(place, match[1], is_placeholder=True)
    return None


def _gives_nothing(text: str, words: _Words) -> str:
    """A text if it is nothing but a phrase that gives no reason, on one line."""
    plain = " ".join(text.replace("\n", " ").split())
    return plain.strip(" -*") if plain.strip(_PUNCTUATION).lower() in words.nothing else ""


def badly_worded(cx: Context) -> Iterator[BadlyWorded]:
    """Tagged comments that do not begin with a capital or a code span, or do not end with a period."""
    words = _words(cx.tables)
    data = cx.source.data
    for rows in comment_layers(cx):
        for run in rows.runs():
            for section in run.sections:
                is_prose = section.tag in words.tags and section.leads and not _is_in_docs(cx, section)
                if is_prose and not words.starts.match(section.text):
                    last = _last(data, section.span.end)
                    yield from _worded(section.tag, section.marker, last, section.text)
            yield from _pending(data, run, words)


def _pending(data: bytes, run: CommentRun, words: _Words) -> Iterator[BadlyWorded]:
    """Paragraphs of a comment that begin with `TODO:` and the like, which are no tags of code."""
    tagged = frozenset(section.line.span.start for section in run.sections)
    for index, line in enumerate(run.lines):
        match = words.pending.match(data, line.text.start, line.text.end)
        if match and line.introducer(data)[:3] not in (b"///", b"//!"):
            text = data[match.end() : line.text.end].decode("utf-8", "replace")
            following, end = index + 1, line.text.end
            while following < len(run.lines) and not _is_other(data, run.lines[following], tagged, words):
                other = run.lines[following]
                text += "\n" + data[other.text.start : other.text.end].decode("utf-8", "replace").strip(
                    " \t*"
                )
                following, end = following + 1, other.text.end
            if following < len(run.lines) and text.endswith(":"):
                text += "."  # what it announces stands below
            marker = Span(match.start("tag"), match.end())
            yield from _worded(match["tag"].decode(), marker, _last(data, end), text)


def _is_other(data: bytes, line: CommentLine, tagged: frozenset[int], words: _Words) -> bool:
    """Whether a line is not part of the paragraph above it."""
    return (
        not data[line.text.start : line.text.end].strip(_DECORATION)
        or line.introducer(data)[:3] in (b"///", b"//!")
        or line.span.start in tagged
        or words.pending.match(data, line.text.start, line.text.end) is not None
    )


def _last(data: bytes, end: int) -> Span:
    """The last character of a comment's text that ends there, empty lines below it left out."""
    while data[end - 1] in b" \t\r\n/*":
        end -= 1
    start = end - 1
    while data[start] & 0xC0 == 0x80:
        start -= 1
    return Span(start, end)


def _worded(tag: str, marker: Span, last: Span, text: str) -> Iterator[BadlyWorded]:
    text = text.strip().removesuffix("*/").rstrip()
    if not text:
        return
    begins = text[0].islower()
    ends = _ENDED.search(text.rpartition("\n")[2].strip()) is None
    if begins or ends:
        yield BadlyWorded(tag, marker, last, begins, ends)


def _items(data: bytes, section: Section, run: CommentRun) -> Iterator[Span]:
    """What a section says, item by item where it is a list; each span goes over all lines of its item."""
    start, end = section.marker.end, section.marker.end
    for line in _lines_in(section, run.lines):
        low = max(line.text.start, section.marker.end)
        high = min(line.text.end, section.span.end)
        text = data[low:high]
        bullet = _BULLET.match(data, low, high) if low == line.text.start else None
        if bullet and end > start:
            yield Span(start, end)
        if bullet:
            start = end = bullet.end()
        if text.strip(_DECORATION):
            start = low + len(text) - len(text.lstrip()) if start == end and not bullet else start
            end = low + len(text.rstrip())
    yield Span(start, max(start, end))


def _lines_in(section: Section, lines: Sequence[CommentLine]) -> Sequence[CommentLine]:
    first = bisect_left(lines, section.marker.end, key=lambda line: line.span.end)
    return lines[first : bisect_right(lines, section.span.end, key=lambda line: line.span.start)]


def _is_in_docs(cx: Context, section: Section) -> bool:
    return section.line.introducer(cx.source.data)[:3] in (b"///", b"//!")


@lru_cache(maxsize=8)
def _words(tables: Tables) -> _Words:
    table = tables.table(_TABLE)
    pending = "|".join(re.escape(word) for word in sorted(table["placeholders"]))
    return _Words(
        frozenset(table["tags"]),
        frozenset(table["nothing"]),
        re.compile(rf"({pending})\b"),
        re.compile(rf"\b({pending})[.:!]*\s*$"),
        re.compile(rf"[ \t*]*(?P<tag>{pending})(?:\([^()\n]*\))?:[ \t]*".encode()),
    )
