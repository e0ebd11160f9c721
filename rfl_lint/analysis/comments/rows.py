"""What stands on each line of a file: comment, attribute, code or nothing; and which comment lines form a run.

Comments attach to code by lines, not by the syntax tree, and so are read here: a run is a block of `//` lines, or
one block comment, with nothing below it but blank lines and attributes until the code begins. A layer is either the
file itself or one code block of a doc comment, whose lines begin behind the `///`.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from typing import Final

from msgspec import Struct

from rfl_lint.analysis.comments.tags import CommentLine, Section, places_of, read_sections
from rfl_lint.source import BOM, SourceFile, Span
from rfl_lint.syntax import Fragment, Node, span_of

_ATTRIBUTES: Final = frozenset({"attribute_item", "inner_attribute_item"})
_COMMENTS: Final = frozenset({"line_comment", "block_comment"})
# What else a line of nothing but attributes may hold: `$(#[$attr])*` in a `macro_rules!` body.
_AROUND_ATTRIBUTES: Final = b"$()*+?, \t"
_MAY_BE_ATTRIBUTE: Final = re.compile(rb"^[#$]|\][)*+?, \t]*+(?:/[/*](?s:.*))?\Z")
# What is said to the linter says nothing about the code: of such a line there is no text.
_ADDRESSED: Final = re.compile(rb"[ \t]*rfl-lint[ \t]*:")
# Code that is finished: a comment behind it belongs to it and not to what follows on the next line.
_FINISHED: Final = (b";", b",", b"}")


class Row(Enum):
    """What a line holds."""

    BLANK = "blank"
    LINE_COMMENT = "line comment"
    BLOCK_COMMENT = "end of a block comment"
    ATTRIBUTE = "attribute"
    CODE = "code"
    OUTSIDE = "not part of this layer"


class CommentRun(Struct, frozen=True):
    """Comment lines that belong together, and the tagged sections in them.

    `behind_code` is set where the comment stands at the end of a line of code.
    """

    first_row: int
    last_row: int
    lines: tuple[CommentLine, ...]
    sections: tuple[Section, ...]
    behind_code: bool = False

    @property
    def span(self) -> Span:
        """The bytes from the first comment's start to the last one's end."""
        return Span(self.lines[0].span.start, self.lines[-1].span.end)

    def section(self, tag: str) -> Section | None:
        """The first section with this tag."""
        return next((section for section in self.sections if section.tag == tag), None)


class CommentRows:
    """The lines of one layer: of the file itself, or of one code block in a doc comment."""

    def __init__(
        self,
        source: SourceFile,
        comments: Sequence[Span],
        fragments: Sequence[Fragment],
        contents: Mapping[int, Span] | None = None,
    ) -> None:
        """`contents` gives the part of each line that belongs to the layer; without it all of every line does."""
        self.source = source
        self._comments = comments
        self._starts = [comment.start for comment in comments]
        self._fragments = fragments
        self._contents = contents
        self._attributes: list[Span] | None = None
        self._kinds: dict[int, Row] = {}
        self._runs: dict[int, CommentRun] = {}
        self._first_code: dict[int, int | None] = {}
        self._above: dict[int, CommentRun | None] = {}
        self._open_above: dict[int, CommentRun | None] = {}
        self._tags: dict[int, Mapping[str, Section]] = {}

    def content(self, row: int) -> Span | None:
        """The bytes of a line that belong to the layer, without line ending; None outside of it."""
        if self._contents is not None:
            return self._contents.get(row)
        if not 0 <= row < len(self.source.line_starts):
            return None
        span = self.source.row_span(row)
        return span if row else Span(self.line_start(row), span.end)

    @property
    def root(self) -> Node:
        """The root of the layer's outermost tree."""
        return self._fragments[0].root

    def line_start(self, row: int) -> int:
        """Where the text of a line begins, whether it belongs to the layer or not: behind a byte order mark."""
        start = self.source.line_starts[row]
        return start + len(BOM) if row == 0 and self.source.data.startswith(BOM) else start

    def line_ending(self, row: int) -> str:
        """How a line ends, in a file's last line how the others do."""
        end = self.source.row_span(min(row, max(0, len(self.source.line_starts) - 2))).end
        return "\r\n" if self.source.data.startswith(b"\r", end) else "\n"

    def first_code(self, row: int) -> int | None:
        """The first byte of a line of the layer that is not white space."""
        if row not in self._first_code:
            self._first_code[row] = self._first_in(self.content(row))
        return self._first_code[row]

    def _first_in(self, content: Span | None) -> int | None:
        return None if content is None else _skip_blanks(self.source.data, content)

    def kind(self, row: int) -> Row:
        """What a line holds."""
        if row not in self._kinds:
            self._kinds[row] = self._classify(row)
        return self._kinds[row]

    def in_comment(self, offset: int) -> bool:
        """Whether a byte of the layer belongs to a comment."""
        index = bisect_right(self._starts, offset) - 1
        return index >= 0 and offset < self._comments[index].end

    def run_above(self, row: int) -> CommentRun | None:
        """The run that ends above a line with only blank lines and attributes between."""
        if row not in self._above:
            self._above[row] = self._find_run_above(row)
        return self._above[row]

    def _find_run_above(self, row: int) -> CommentRun | None:
        row -= 1
        while (kind := self.kind(row)) in (Row.BLANK, Row.ATTRIBUTE):
            row -= 1
        if kind is Row.LINE_COMMENT:
            return self._line_run(row)
        return self._block_run(row) if kind is Row.BLOCK_COMMENT else None

    def open_comment_above(self, row: int) -> CommentRun | None:
        """The comment behind unfinished code (`let x = // ..`, `if c { // ..`) on the next line of text above."""
        if row not in self._open_above:
            self._open_above[row] = self._find_open_comment(row)
        return self._open_above[row]

    def _find_open_comment(self, row: int) -> CommentRun | None:
        row -= 1
        while (kind := self.kind(row)) in (Row.BLANK, Row.ATTRIBUTE):
            if kind is Row.ATTRIBUTE and (run := self.trailing_run(row)) is not None:
                return run
            row -= 1
        if kind is not Row.CODE or (run := self.trailing_run(row)) is None:
            return None
        content = self.content(row)
        start = content.start if content is not None else run.span.start
        before = self.source.data[start : run.span.start].rstrip()
        return None if before.endswith(_FINISHED) else run

    def run_at(self, offset: int) -> CommentRun:
        """The run that the comment which begins at a byte belongs to."""
        comment = self._comment_at(offset)
        if comment is None:
            raise ValueError(f"no comment begins at byte {offset}")
        row = self.source.row(offset)
        kind = self.kind(row)
        if kind is Row.LINE_COMMENT:
            while self.kind(row + 1) is Row.LINE_COMMENT:
                row += 1
            return self._line_run(row)
        last = self.source.row(comment.end)
        if self.kind(last) is Row.BLOCK_COMMENT:
            return self._block_run(last)
        return self._made(list(self._lines_of(comment)), row, last, behind_code=True)

    def tags_on(self, row: int) -> Mapping[str, Section]:
        """The tagged sections of comments that begin on a line, the first of each tag."""
        if row not in self._tags:
            content = self.content(row)
            comments = self._comments_in(content) if content is not None else ()
            found = [read_sections(list(self._lines_of(comment)), self.source.data) for comment in comments]
            self._tags[row] = {
                section.tag: section for sections in reversed(found) for section in reversed(sections)
            }
        return self._tags[row]

    def runs(self) -> Iterator[CommentRun]:
        """Every run of the layer, from the last to the first."""
        return self._runs_of(reversed(self._comments))

    def tagged(self, tag: str) -> Iterator[tuple[Section, CommentRun]]:
        """Every section of the layer with this tag, run by run, from the last to the first."""
        if not self._comments:
            return
        whole = Span(self._comments[0].start, max(comment.end for comment in self._comments))
        holding: set[Span] = set()
        for at in places_of(tag, self.source.data, whole):
            comment = self._comments[bisect_right(self._starts, at) - 1]
            if at < comment.end:
                holding.add(comment)
        for run in self._runs_of(sorted(holding, reverse=True)):
            for section in run.sections:
                if section.tag == tag:
                    yield section, run

    def _runs_of(self, comments: Iterable[Span]) -> Iterator[CommentRun]:
        """The runs of some comments, which go from the last to the first."""
        above = len(self.source.data) + 1
        for comment in comments:
            if comment.start < above:
                run = self.run_at(comment.start)
                above = run.span.start
                yield run

    def trailing_run(self, row: int) -> CommentRun | None:
        """The comments that end a line of code."""
        content = self.content(row)
        if content is None:
            return None
        tail: list[Span] = []
        end = content.end
        for comment in reversed(self._comments_in(content)):
            if self.source.data[comment.end : end].strip() or comment.start <= content.start:
                break
            tail.append(comment)
            end = comment.start
        if not tail or not self.source.data[content.start : end].strip():
            return None
        lines = [line for comment in reversed(tail) for line in self._lines_of(comment)]
        return self._made(lines, row, row, behind_code=True)

    def _classify(self, row: int) -> Row:
        content = self.content(row)
        self._first_code[row] = first = self._first_in(content)
        if content is None or first is None:
            return Row.OUTSIDE
        if first >= content.end:
            return Row.BLANK
        text = self.source.data[first : content.end]
        if text.startswith(b"//"):
            if self._comment_at(first) is None:
                return Row.CODE
            return Row.ATTRIBUTE if self._in_attribute(first) else Row.LINE_COMMENT
        # Lines are read upwards, so that the end of an attribute is met before its other lines.
        if self._attributes is not None or _MAY_BE_ATTRIBUTE.search(text):
            rest = self._without_attributes(content)
            if rest is not None and not rest.strip(_AROUND_ATTRIBUTES):
                return Row.ATTRIBUTE
        ends_block = b"*/" in text and self._block_ending(content) is not None
        return Row.BLOCK_COMMENT if ends_block else Row.CODE

    def _comment_at(self, offset: int) -> Span | None:
        index = bisect_left(self._starts, offset)
        found = self._comments[index] if index < len(self._comments) else None
        return found if found is not None and found.start == offset else None

    def _comments_in(self, content: Span) -> Sequence[Span]:
        """The comments that begin on a line."""
        low = bisect_left(self._starts, content.start)
        return self._comments[low : bisect_left(self._starts, content.end, low)]

    def _block_ending(self, content: Span) -> Span | None:
        """The block comment that begins a line, ends on this one, and has nothing but comments behind it."""
        here = self._comments_in(content)
        index = bisect_left(self._starts, content.start) - 1
        reaching = self._comments[index] if index >= 0 else None
        if reaching is not None and reaching.end > content.start and reaching.start < content.start:
            block, others = reaching, here
        elif here:
            block, others = here[0], here[1:]
        else:
            return None
        end = block.end
        for other in others:
            if self.source.data[end : other.start].strip():
                return None
            end = other.end
        first = self.content(self.source.row(block.start))
        if first is None or end > content.end or self.source.data[end : content.end].strip():
            return None
        return None if self.source.data[first.start : block.start].strip() else block

    def _in_attribute(self, offset: int) -> bool:
        if self._attributes is None:
            return False
        index = bisect_right(self._attributes, Span(offset, 0)) - 1
        return index >= 0 and self._attributes[index].end > offset

    def _without_attributes(self, content: Span) -> bytes | None:
        """What a line holds beside attributes and comments; None if it holds no attribute."""
        if self._attributes is None:
            self._attributes = self._find_attributes()
        index = bisect_right(self._attributes, Span(content.start, 0)) - 1
        low = max(index, 0)
        touching = [
            span
            for span in self._attributes[low : bisect_left(self._attributes, Span(content.end, 0))]
            if span.overlaps(content)
        ]
        if not touching:
            return None
        rest = b""
        at = content.start
        for span in sorted([*touching, *self._comments_in(content)]):
            rest += self.source.data[at : max(at, span.start)]
            at = max(at, span.end)
        return rest + self.source.data[at : max(at, content.end)]

    def _find_attributes(self) -> list[Span]:
        spans = {
            _attribute_span(node)
            for fragment in self._fragments
            for nodes in fragment.find(_ATTRIBUTES).values()
            for node in nodes
        }
        return sorted(spans)

    def _line_run(self, last: int) -> CommentRun:
        if last in self._runs:
            return self._runs[last]
        rows = [last]
        row = last - 1
        while (kind := self.kind(row)) in (Row.BLANK, Row.ATTRIBUTE, Row.LINE_COMMENT):
            if kind is Row.LINE_COMMENT:
                rows.append(row)
            row -= 1
        rows.reverse()
        lines = [self._line_at(row) for row in rows]
        self._runs[last] = run = self._made(lines, rows[0], last)
        return run

    def _block_run(self, last: int) -> CommentRun:
        if last in self._runs:
            return self._runs[last]
        content = self.content(last)
        block = self._block_ending(content) if content is not None else None
        if content is None or block is None:
            raise ValueError(f"no block comment ends on line {last + 1}")
        lines = list(self._lines_of(block))
        lines += [
            line
            for other in self._comments_in(content)
            if other.start > block.start
            for line in self._lines_of(other)
        ]
        self._runs[last] = run = self._made(lines, self.source.row(block.start), last)
        return run

    def _made(
        self, lines: Sequence[CommentLine], first: int, last: int, *, behind_code: bool = False
    ) -> CommentRun:
        return CommentRun(first, last, tuple(lines), read_sections(lines, self.source.data), behind_code)

    def _line_at(self, row: int) -> CommentLine:
        """The comment line that a line of nothing else holds."""
        start = self.first_code(row)
        end = (self.content(row) or self.source.row_span(row)).end
        return self._as_line(Span(end if start is None else start, end))

    def _as_line(self, span: Span) -> CommentLine:
        data = self.source.data
        length = 3 if data[span.start : span.start + 3] in (b"///", b"//!") else 2
        start = min(span.start + length, span.end)
        return CommentLine(span, Span(start, start if _ADDRESSED.match(data, start, span.end) else span.end))

    def _lines_of(self, comment: Span) -> Iterator[CommentLine]:
        """A comment line by line, a block comment without its `*/`."""
        data = self.source.data
        if data.startswith(b"//", comment.start):
            yield self._as_line(comment)
            return
        closed = data[comment.end - 2 : comment.end] == b"*/"
        end = comment.end - 2 if closed and comment.end - comment.start >= 4 else comment.end
        first = self.source.row(comment.start)
        for row in range(first, self.source.row(comment.end) + 1):
            content = self.content(row)
            if content is None:
                continue
            start = max(content.start, comment.start)
            text = start + 2 if row == first else start
            stop = min(content.end, end)
            yield CommentLine(
                Span(start, min(content.end, comment.end)), Span(min(text, stop), max(min(text, stop), stop))
            )


def _attribute_span(node: Node) -> Span:
    """The bytes of an attribute; one that nobody closed has taken in comments that are not its own."""
    last = node.child(node.child_count - 1)
    if last is None or not last.is_missing:
        return span_of(node)
    written = (
        part for part in node.children if part.end_byte > part.start_byte and part.type not in _COMMENTS
    )
    return Span(node.start_byte, max((part.end_byte for part in written), default=node.end_byte))


def _skip_blanks(data: bytes, span: Span) -> int:
    start, end = span
    return end - len(data[start:end].lstrip())
