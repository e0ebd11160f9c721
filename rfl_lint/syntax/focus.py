"""What an edit concerns of a file: the innermost items that it touches. No tree is searched for that.

The skeleton of a tree are its items, those in the bodies of `impl`, `trait`, `mod` and `extern` blocks included, with
the comments and attributes between them, and nothing of what is in them. An edit that leaves the skeleton around
the items it touches as it was has changed nothing but these, as far as syntax goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct

from rfl_lint.source import Span
from rfl_lint.syntax.parser import Node, TextEdit

_HOLDERS: Final = frozenset({"impl_item", "trait_item", "mod_item", "foreign_mod_item"})
_AROUND: Final = frozenset({"line_comment", "block_comment", "attribute_item"})
# Of more bytes than this nobody waits for an answer.
_LARGEST: Final = 16_000


class Change(Struct, frozen=True):
    """Edits taken together: the bytes from `start` to `old_end` of one text became those to `new_end` of another.

    `line` is the first one, from 1, that lies behind `start` as a whole, and is one of `rows` more or fewer now.
    """

    start: int
    old_end: int
    new_end: int
    line: int
    rows: int

    @classmethod
    def of(cls, edits: Sequence[TextEdit]) -> Change:
        """What edits, made one after the other, come to; there is at least one."""
        first = edits[0]
        start, old_end, new_end, point = first.start, first.old_end, first.new_end, first.start_point
        for edit in edits[1:]:
            old_end += max(0, edit.old_end - new_end)
            new_end = max(new_end, edit.old_end) + edit.new_end - edit.old_end
            start, point = min((start, point), (edit.start, edit.start_point))
        rows = sum(edit.new_end_point[0] - edit.old_end_point[0] for edit in edits)
        return cls(start, old_end, new_end, point[0] + 1 + (point[1] > 0), rows)

    def moved_line(self, line: int) -> int:
        """A line of the old text, from 1, as it is counted in the new one."""
        return line + self.rows if line >= self.line else line

    @property
    def growth(self) -> int:
        """By how many bytes the text grew."""
        return self.new_end - self.old_end

    def moved(self, span: Span) -> Span | None:
        """Where a span of the old text is in the new one; None if the change touched what is in it."""
        if span.end <= self.start:
            return span
        if span.start >= self.old_end:
            return Span(span.start + self.growth, span.end + self.growth)
        return None

    def stretched(self, span: Span) -> Span:
        """The same for a span that may hold the change, or end in it: all that is left of it, and what is new."""
        start, end = span
        if start >= self.old_end:
            start += self.growth
        elif start > self.start:
            start = self.start
        if end >= self.old_end and end > self.start:
            end += self.growth
        elif end > self.start:
            end = self.new_end
        return Span(start, max(start, end))

    def before(self, span: Span) -> Span:
        """Where a span of the new text that holds the change, or lies apart from it, was in the old one."""
        start = span.start if span.start <= self.start else span.start - self.growth
        return Span(start, span.end if span.end < self.start else span.end - self.growth)


class _Item(Struct, frozen=True):
    kind: str
    span: Span
    node: Node
    body: int | None
    """Where the items in it begin, if it holds any."""

    def touches(self, span: Span) -> bool:
        return self.span.start <= span.end and span.start <= self.span.end


class Focus(Struct, frozen=True, eq=False):
    """The items that are looked at in a tree, with the comments and attributes above them. Empty: none.

    `change` made the text of the one before.
    """

    span: Span
    change: Change
    is_item: bool
    """Whether it is all of an outermost item."""
    _skeleton: Sequence[_Item]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is looked at: the change tore the items around it, or touched too much at once."""
        return self.span.start == self.span.end

    def holds(self, offset: int) -> bool:
        """Whether a byte is looked at."""
        return self.span.start <= offset < self.span.end

    def outside(self, kinds: frozenset[str]) -> dict[str, list[Node]]:
        """The items of some kinds, and what stands between items, that are not looked at."""
        found: dict[str, list[Node]] = {}
        for item in self._skeleton:
            if item.kind in kinds and not self.span.contains(item.span):
                found.setdefault(item.kind, []).append(item.node)
        return found


def focus_of(before: Node, after: Node, change: Change) -> Focus:
    """What a change concerns, by the roots of the trees of the text before and after it."""
    gone, touched = Span(change.start, change.old_end), Span(change.start, change.new_end)
    old, new = _skeleton(before), _skeleton(after)
    nothing = Focus(Span(change.start, change.start), change, is_item=False, _skeleton=new)
    if _outlines(old, gone, change) != _outlines(new, touched, None):
        return nothing
    indices = [
        index
        for index, item in enumerate(new)
        if item.touches(touched) and (item.body is None or touched.start < item.body)
    ]
    if not indices:
        return nothing
    first, last = indices[0], indices[-1]
    while first > 0 and new[first - 1].kind in _AROUND:
        first -= 1
    # What was said above an item may have been said of the next one.
    last += last + 1 < len(new) and any(item.kind in _AROUND and item.touches(gone) for item in old)
    while new[last].kind in _AROUND and last + 1 < len(new):
        last += 1
    span = Span(new[first].span.start, max(item.span.end for item in new[first : last + 1]))
    if span.end - span.start > _LARGEST:
        return nothing
    holders = [item for item in new if item.body is not None and item.span != span]
    is_item = not any(item.span.contains(span) for item in holders)
    return Focus(span, change, is_item, new)


def _skeleton(root: Node) -> list[_Item]:
    found: list[_Item] = []
    stack = root.children[::-1]
    while stack:
        node = stack.pop()
        if not node.is_named:
            continue
        kind = node.type
        body = node.child_by_field_name("body") if kind in _HOLDERS else None
        start = body.start_byte if body is not None else None
        found.append(_Item(kind, Span(node.start_byte, node.end_byte), node, start))
        if body is not None:
            stack += body.children[::-1]
    return found


def _outlines(items: Iterable[_Item], touched: Span, change: Change | None) -> list[tuple[str, Span]]:
    """The items that are not touched; those before the change where they are after it."""
    return [
        (item.kind, change.stretched(item.span) if change is not None else item.span)
        for item in items
        if not item.touches(touched)
    ]
