"""Doc comments as data, from a file's bytes alone: lines, code fences, headings, sections, list items.

The one opinion on what the section of a doc comment is. All runs above one piece of code, with attributes and comments
between them or not, are one doc comment, as rustdoc has it. Of Markdown it knows what decides whether a line is a
heading or an item of a list.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from msgspec import Struct

from rfl_lint.doc_lines import DocLine, DocRun, doc_runs, end_of_gap, lines_of
from rfl_lint.source import BOM, Span

# In a macro's body an item's node does not begin at these.
_VISIBILITY: Final = re.compile(rb"(?:\$\w+\s*)+")
_FENCE: Final = re.compile(rb"[ \t]*+(?:(`{3,}+)[^`]*+|(~{3,}+).*)")
_MAY_BE_HEADING: Final = re.compile(rb"[/!*\n] *(?:#{1,6}(?:\s|\Z)|==|--)")
_HEADING: Final = re.compile(rb" {0,3}(#{1,6})(?=[ \t]|$)")
_UNDERLINE: Final = re.compile(rb" {0,3}(?:==+|--+)[ \t]*")
_BREAK: Final = re.compile(rb" {0,3}([-*_])(?:[ \t]*\1){2,}[ \t]*")
_ITEM: Final = re.compile(rb"([ \t]*)([-*+]|\d{1,9}[.)])([ \t]+|$)")
_CODE_INDENT: Final = 4
_REFERENCE: Final = re.compile(rb" {0,3}\[[^\]]+\]:")


class Heading(Struct, frozen=True):
    """A heading outside of code fences. `span` is that of `# Name`; `line` counts the comment's lines."""

    name: str
    level: int
    span: Span
    line: int

    @property
    def key(self) -> str:
        """The name without emphasis and colon, in lower case."""
        return self.name.strip(" \t:.*_`").lower()


class DocItem(Struct, frozen=True):
    """An item of a list, or a paragraph, with its lines joined.

    `marker` is the `-` or `1.` of a list item; empty for a paragraph. `depth` is 0 but for items of inner lists.
    """

    text: str
    span: Span
    marker: str = ""
    depth: int = 0


class DocSection(Struct, frozen=True):
    """A heading and the lines below it, up to the next heading of the same or a higher level."""

    heading: Heading
    lines: tuple[DocLine, ...]
    items: tuple[DocItem, ...]

    @property
    def requirements(self) -> tuple[str, ...]:
        """What the section asks for, one by one: the text of items, without paragraphs that lead up to a list."""
        after = (*self.items[1:], None)
        return tuple(
            item.text
            for item, following in zip(self.items, after, strict=True)
            if item.marker or following is None or not following.marker
        )


@dataclass(frozen=True)
class DocComment:
    """All doc text of one kind, outer or inner, of one piece of code."""

    data: bytes = field(repr=False)
    runs: tuple[DocRun, ...]

    @property
    def inner(self) -> bool:
        """Whether it documents what it stands in, as `//!` does."""
        return self.runs[0].inner

    @property
    def span(self) -> Span:
        """From the first introducer to the end of the last line."""
        return Span(self.runs[0].span.start, self.runs[-1].span.end)

    @cached_property
    def lines(self) -> tuple[DocLine, ...]:
        """All lines in order."""
        return tuple(line for run in self.runs for line in lines_of(run, self.data))

    @cached_property
    def fenced(self) -> frozenset[int]:
        """Which lines belong to a fenced code block, the fences themselves included; counted from 0."""
        return frozenset(_fenced(self.lines, self.data))

    @cached_property
    def headings(self) -> tuple[Heading, ...]:
        """Its headings in order."""
        if not any(_MAY_BE_HEADING.search(self.data, run.span.start, run.span.end) for run in self.runs):
            return ()
        return tuple(_headings(self.lines, self.fenced, self.data))

    @cached_property
    def sections(self) -> tuple[DocSection, ...]:
        """Its sections in the order of their headings; that of an outer heading holds those of inner ones."""
        return tuple(self._section(index) for index in range(len(self.headings)))

    def section(self, key: str) -> DocSection | None:
        """The first section of this name in lower case."""
        index = next((at for at, heading in enumerate(self.headings) if heading.key == key), None)
        return None if index is None else self._section(index)

    def text(self, line: DocLine) -> str:
        """The characters of a line behind the introducer."""
        return self.data[line.text.start : line.text.end].decode("utf-8", "replace")

    @cached_property
    def heading_lines(self) -> frozenset[int]:
        """The lines of headings, underlines among them."""
        below = (
            heading.line + 1
            for heading in self.headings
            if heading.line + 1 < len(self.lines)
            and self.lines[heading.line + 1].text.start < heading.span.end
        )
        return frozenset({*(heading.line for heading in self.headings), *below})

    def _section(self, index: int) -> DocSection:
        heading = self.headings[index]
        stop = next(
            (other.line for other in self.headings[index + 1 :] if other.level <= heading.level),
            len(self.lines),
        )
        first = heading.line + 1
        first += first in self.heading_lines and first < stop
        no_text = self.fenced | self.heading_lines
        items = _items(self.lines, first, stop, no_text, self.data)
        return DocSection(heading, self.lines[first:stop], tuple(items))


@dataclass(frozen=True)
class DocComments:
    """All doc comments of a file, in order, and which code each of them documents."""

    data: bytes = field(repr=False)

    @cached_property
    def runs(self) -> tuple[DocRun, ...]:
        """All runs in order."""
        return tuple(doc_runs(self.data))

    @cached_property
    def outer(self) -> dict[int, DocComment]:
        """Each outer doc comment by the first byte of the code below it, behind attributes."""
        found: dict[int, list[DocRun]] = {}
        following, target = len(self.data), len(self.data)
        for run in reversed(self.runs):
            end = end_of_gap(self.data, run.span.end, following)
            target = target if end == following else end
            following = run.span.start
            if run.inner:
                target = following
            else:
                found.setdefault(target, []).append(run)
        return {at: DocComment(self.data, tuple(reversed(runs))) for at, runs in reversed(found.items())}

    @cached_property
    def _targets(self) -> list[int]:
        return sorted(self.outer)

    @cached_property
    def inner(self) -> dict[int, DocComment]:
        """Each inner doc comment by the end of what stands before it: of the `{`, or where the file begins."""
        found: dict[int, list[DocRun]] = {}
        above = 0
        for run in self.runs:
            if run.inner:
                found.setdefault(self._opening(run, above, found), []).append(run)
            above = run.span.end
        return {at: DocComment(self.data, tuple(runs)) for at, runs in found.items()}

    def of(self, start: int) -> DocComment | None:
        """The outer doc comment of the code that begins at a byte."""
        if not self.runs:
            return None
        index = bisect_right(self._targets, start) - 1
        target = self._targets[index] if index >= 0 else -1
        if target == start or (target >= 0 and _VISIBILITY.fullmatch(self.data, target, start)):
            return self.outer[target]
        return None

    def inside(self, opening: int) -> DocComment | None:
        """The inner doc comment of the block whose `{` ends at a byte; that of the file for 0."""
        return self.inner.get(opening) if self.runs else None

    def _opening(self, run: DocRun, above: int, found: dict[int, list[DocRun]]) -> int:
        """Where the block begins that an inner run stands first in; `above` is where the run above it ends."""
        start = run.span.start
        last = next(reversed(found), None)
        if last is not None and found[last][-1].span.end == above and self._is_gap(above, start):
            return last
        if not above and self._is_gap(len(BOM) if self.data.startswith(BOM) else 0, start):
            return 0
        brace = self.data.rfind(b"{", above, start) + 1
        return brace if brace and self._is_gap(brace, start) else start

    def _is_gap(self, start: int, end: int) -> bool:
        return end_of_gap(self.data, start, end) == end


def _fenced(lines: Sequence[DocLine], data: bytes) -> Iterator[int]:
    fence = b""
    for index, line in enumerate(lines):
        match = _FENCE.fullmatch(data, line.text.start, line.text.end)
        if fence:
            yield index
            closing = data[line.text.start : line.text.end].strip()
            if closing.startswith(fence) and not closing.strip(fence[:1]):
                fence = b""
        elif match:
            yield index
            fence = match[1] or match[2]


def _headings(lines: Sequence[DocLine], fenced: frozenset[int], data: bytes) -> Iterator[Heading]:
    above = False  # whether the line above is the only one of its paragraph
    blank = True
    for index, line in enumerate(lines):
        start, end = line.text.start, line.text.end
        match = None if index in fenced else _HEADING.match(data, start, end)
        if match:
            name = _without_closing(data[match.end() : end].strip()).decode("utf-8", "replace")
            yield Heading(name, len(match[1]), _trimmed(line.text, data), index)
        elif above and _UNDERLINE.fullmatch(data, start, end):
            over = _trimmed(lines[index - 1].text, data)
            level = 1 if b"=" in data[start:end] else 2
            name = data[over.start : over.end].decode("utf-8", "replace")
            yield Heading(name, level, Span(over.start, _trimmed(line.text, data).end), index - 1)
        text = b"" if match or index in fenced else data[start:end].strip()
        above = bool(text) and blank and not _ITEM.match(data, start, end)
        blank = not text


def _without_closing(name: bytes) -> bytes:
    """A heading's text without the `##` that may close it."""
    bare = name.rstrip(b"#")
    return bare.rstrip() if not bare or bare[-1:] in (b" ", b"\t") else name


def _trimmed(span: Span, data: bytes) -> Span:
    text = data[span.start : span.end]
    start = span.start + len(text) - len(text.lstrip())
    return Span(start, max(start, span.start + len(text.rstrip())))


def _items(
    lines: Sequence[DocLine], first: int, stop: int, no_text: frozenset[int], data: bytes
) -> Iterator[DocItem]:
    """The items and paragraphs of lines; what is in `no_text` belongs to none of them."""
    indents: list[int] = []  # how far the text of each open item is indented, outer ones first
    marker, parts = "", list[Span]()
    blank = True
    for index in range(first, stop):
        line = lines[index].text
        text = _trimmed(line, data)
        indent = text.start - line.start
        is_code = blank and not indents and indent >= _CODE_INDENT
        if index in no_text or text.start >= text.end or is_code:
            blank = True
            continue
        no_item = _BREAK.fullmatch(data, line.start, line.end) or _REFERENCE.match(data, line.start, line.end)
        match = None if no_item else _ITEM.match(data, line.start, line.end)
        if match and not (blank or indents or match[2] in (b"-", b"*", b"+", b"1.", b"1)")):
            match = None
        if no_item or match or (blank and not (indents and indent >= indents[-1])):
            if parts:
                yield _item(parts, marker, len(indents), data)
            marker, parts = "", []
            while indents and indent < indents[-1]:
                indents.pop()
        if match:
            marker = match[2].decode()
            indents.append(match.end() - line.start)
            text = Span(min(match.end(), text.end), text.end)
        if text.start < text.end and not no_item:
            parts.append(text)
        blank = False
    if parts:
        yield _item(parts, marker, len(indents), data)


def _item(parts: Sequence[Span], marker: str, lists: int, data: bytes) -> DocItem:
    text = " ".join(data[part.start : part.end].decode("utf-8", "replace") for part in parts)
    return DocItem(text, Span(parts[0].start, parts[-1].end), marker, max(0, lists - 1) if marker else 0)
