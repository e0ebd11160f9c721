"""Where a comment that is missing has to be written, as an edit.

The rule that asked for the comment accepts it there: above the line of the statement, field, arm or item, else above
the line of the code itself, else on a line of its own in front of the code, which then moves to the next line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Final

from rfl_lint.analysis.comments.anchor import (
    Anchor,
    follows_item_on_line,
    shares_line_with_item_around,
    statement_anchor,
)
from rfl_lint.analysis.comments.layers import comment_layers
from rfl_lint.analysis.comments.rows import CommentRows
from rfl_lint.finding import Edit
from rfl_lint.rule import Context
from rfl_lint.source import Span
from rfl_lint.syntax import Node

_WIDTH: Final = 100
_NARROWEST: Final = 40
# What holds statements or items, each with a place for a comment above it.
_CONTAINERS: Final = frozenset({"block", "declaration_list", "source_file"})
_NOT_CODE: Final = frozenset({"attribute_item", "inner_attribute_item", "line_comment", "block_comment"})
# Nodes that go over several lines as one token: nothing can be put between their lines.
_TOKENS: Final = frozenset(
    {
        "string_literal",
        "string_content",
        "raw_string_literal",
        "raw_string",
        "escape_sequence",
        "block_comment",
    }
)


def comment_insertion(cx: Context, node: Node, text: str | Sequence[str], *, at: int | None = None) -> Edit:
    """The edit that puts `// text` where it speaks for a node; `at` is the byte whose line counts.

    Several lines are given as a sequence. Each is broken where it would be too long, an item of a list under its text.
    """
    lines = (text,) if isinstance(text, str) else tuple(text)
    offset = node.start_byte if at is None else at
    rows = comment_layers(cx).at(offset)
    places = [Anchor(node, offset)]
    if node.type != "impl_item" and (around := statement_anchor(cx, node)) is not None:
        places.insert(0, around)
    for place in places:
        if _takes_comment(cx, rows, place):
            return _above(rows, rows.source.row(place.offset), lines)
    return _in_front(rows, offset, lines)


def _takes_comment(cx: Context, rows: CommentRows, place: Anchor) -> bool:
    """Whether a comment above a line speaks for what stands on it."""
    row = rows.source.row(place.offset)
    first = rows.first_code(row)
    if first is None or rows.source.data[first : first + 1] in (b")", b"]", b"}"):
        return False
    if _inside_token(rows.root, rows.source.line_starts[row]):
        return False
    if shares_line_with_item_around(cx, place.offset):
        return False
    if place.node.type == "impl_item" and follows_item_on_line(cx.source, place.node):
        return False
    return not _follows_on_line(cx, rows, place.node, row)


def _follows_on_line(cx: Context, rows: CommentRows, node: Node, row: int) -> bool:
    """Whether another statement or item stands in front of the node's own on its line."""
    current = node
    while (parent := cx.parent(current)) is not None and current.start_point.row >= row:
        if parent.type in _CONTAINERS:
            before = None if _holds_arguments(cx, parent) else current.prev_named_sibling
            while before is not None and before.type in _NOT_CODE:
                before = before.prev_named_sibling
            return before is not None and rows.source.row(before.end_byte) >= row
        current = parent
    return False


def _holds_arguments(cx: Context, container: Node) -> bool:
    host = cx.parent(container) if container.type == "source_file" else None
    return host is not None and host.type == "macro_invocation"


def _inside_token(root: Node, offset: int) -> bool:
    node = root.descendant_for_byte_range(offset, offset)
    return node is not None and node.type in _TOKENS and node.start_byte < offset < node.end_byte


def _above(rows: CommentRows, row: int, lines: Sequence[str]) -> Edit:
    start = rows.line_start(row)
    first = rows.first_code(row)
    lead = rows.source.data[start:first].decode("utf-8", "replace")
    ending = rows.line_ending(row)
    return Edit(Span(start, start), "".join(f"{line}{ending}" for line in _comment(lead, lines)))


def _in_front(rows: CommentRows, offset: int, lines: Sequence[str]) -> Edit:
    data = rows.source.data
    row = rows.source.row(offset)
    start, first = rows.line_start(row), rows.first_code(row)
    lead = data[start:first].decode("utf-8", "replace")
    lead += "\t" if lead.endswith("\t") else "    "
    ending = rows.line_ending(row)
    gap = offset
    while gap > start and data[gap - 1 : gap] in (b" ", b"\t"):
        gap -= 1
    return Edit(Span(gap, offset), ending.join(("", *_comment(lead, lines), lead)))


def _comment(lead: str, lines: Sequence[str]) -> Iterator[str]:
    """The lines of a comment with what stands in front of them, none longer than the kernel has it if it can be."""
    room = max(_NARROWEST, _WIDTH - len(lead.expandtabs(8)) - len("// "))
    for line in lines:
        below = "  " if line.startswith("- ") else ""
        parts = wrap(line, room, subsequent_indent=below, break_long_words=False, break_on_hyphens=False)
        for part in parts or [""]:
            yield f"{lead}// {part}".rstrip()
