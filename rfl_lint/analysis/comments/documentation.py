"""Which comment belongs to which code: the one place that knows.

For `SAFETY:` at unsafe code this is what clippy's `undocumented_unsafe_blocks` accepts under the kernel's
configuration; the same places hold for any other tag at a call or cast. On purpose it differs where clippy's own
maintainers call it wrong: attributes over several lines and attributes with a comment behind them do not come
between; a comment behind another statement's code belongs to that; prose that merely holds `safety:` is no marker.
A marker that is recognisable though not written as it should be counts here: another rule speaks about it. And
where clippy only sees what compiler desugaring or a macro's expansion left over, the source text decides: `?`,
`.await` and `..` are expressions, and one comment covers its statement inside of macros, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from msgspec import Struct
from msgspec.structs import replace

from rfl_lint.analysis.comments.anchor import (
    Anchor,
    follows_item_on_line,
    item_row,
    shares_line_with_item_around,
    statement_anchor,
)
from rfl_lint.analysis.comments.layers import comment_layers
from rfl_lint.analysis.comments.rows import CommentRows, CommentRun
from rfl_lint.analysis.comments.tags import Section
from rfl_lint.rule import Context
from rfl_lint.syntax import Node


class Placement(Enum):
    """Where a comment was found."""

    ABOVE = "above the line of the code"
    BEHIND_CODE = "behind unfinished code on the line above"
    INSIDE = "first thing inside the block"
    STATEMENT = "above the enclosing statement"


class Documentation(Struct, frozen=True):
    """A tagged comment that speaks for some code, and where it stands."""

    section: Section
    run: CommentRun
    placement: Placement


def documentation_of(cx: Context, node: Node, tag: str, *, at: int | None = None) -> Documentation | None:
    """The comment with `tag` that speaks for a node; None where it has none.

    `at` is the byte whose line counts, where that is not the node's first: the method name in a chain of calls.
    An unsafe impl is an item: the expression around it, if there is any, does not matter. For any tag but `SAFETY`, an
    unsafe block around a single expression is an expression: what is said above the block is said of both.
    """
    found = _documentation_of(cx, node, tag, at=at)
    while found is None and tag != "SAFETY" and (block := _unsafe_block_around(cx, node)) is not None:
        node = block
        found = _documentation_of(cx, node, tag)
    return found


def _documentation_of(cx: Context, node: Node, tag: str, *, at: int | None = None) -> Documentation | None:
    offset = node.start_byte if at is None else at
    rows = comment_layers(cx).at(offset)
    own = Anchor(node, offset)
    if node.type == "impl_item":
        return None if follows_item_on_line(rows.source, node) else _above(cx, rows, own, tag)
    found = _above(cx, rows, own, tag)
    if found is None and node.type == "unsafe_block":
        found = _inside(rows, node, tag)
    if found is not None:
        return found
    around = statement_anchor(cx, node)
    if around is None or rows.source.row(around.offset) == rows.source.row(offset):
        return None
    found = _above(cx, rows, around, tag)
    return None if found is None else replace(found, placement=Placement.STATEMENT)


def _unsafe_block_around(cx: Context, node: Node) -> Node | None:
    """The unsafe block whose only content the statement of a node is."""
    around = statement_anchor(cx, node)
    current = around.node if around is not None else node
    block = cx.parent(current)
    if block is not None and block.type == "expression_statement":
        current, block = block, cx.parent(block)
    if (
        block is None
        or block.type != "block"
        or any(child.id != current.id for child in block.named_children if not child.is_extra)
    ):
        return None
    outer = cx.parent(block)
    return outer if outer is not None and outer.type == "unsafe_block" else None


def comment_beside(cx: Context, node: Node, tag: str) -> Section | None:
    """A comment with `tag` on the line of a node, where it speaks for nothing."""
    rows = comment_layers(cx).at(node.start_byte)
    return rows.tags_on(rows.source.row(node.start_byte)).get(tag)


def comments_above(cx: Context, node: Node, *, at: int | None = None) -> Iterator[CommentRun]:
    """The comments right above a node and above its statement, with or without a tag."""
    offset = node.start_byte if at is None else at
    rows = comment_layers(cx).at(offset)
    around = statement_anchor(cx, node)
    places = dict.fromkeys(rows.source.row(place) for place in (offset, around.offset if around else offset))
    for row in places:
        for run in (rows.run_above(row), rows.open_comment_above(row)):
            if run is not None:
                yield run


def tagged_comments(cx: Context, tag: str) -> Iterator[tuple[Section, CommentRun]]:
    """Every section with `tag` in the file, whatever it belongs to; layer by layer, each from the end."""
    known = cx.memo(_found_sections)
    if tag not in known:
        known[tag] = [found for rows in comment_layers(cx) for found in rows.tagged(tag)]
    return iter(known[tag])


def _found_sections(_cx: Context) -> dict[str, list[tuple[Section, CommentRun]]]:
    """By tag, filled as they are asked for."""
    return {}


def unsafe_keyword(node: Node) -> Node | None:
    """The `unsafe` of a block or impl; None where there is none."""
    return next((child for child in node.children if child.type == "unsafe"), None)


def _above(cx: Context, rows: CommentRows, anchor: Anchor, tag: str) -> Documentation | None:
    """What stands above the line of an anchor, unless it speaks for an item that begins on that line."""
    row = rows.source.row(anchor.offset)
    run = rows.run_above(row)
    if run is not None and (section := run.section(tag)) is not None:
        if shares_line_with_item_around(cx, anchor.offset):
            return None
        return Documentation(section, run, Placement.ABOVE)
    run = rows.open_comment_above(row)
    section = _first(run, tag) if run is not None else None
    if run is None or section is None or item_row(cx, anchor.offset) >= run.last_row:
        return None
    return Documentation(section, run, Placement.BEHIND_CODE)


def _first(run: CommentRun, tag: str) -> Section | None:
    """The section with which a comment begins, if it has this tag."""
    section = run.section(tag)
    return section if section is not None and section.leads and section.line == run.lines[0] else None


def _inside(rows: CommentRows, block: Node, tag: str) -> Documentation | None:
    body = next((child for child in block.children if child.type == "block"), None)
    if body is None or body.child_count < 2:
        return None
    comment = body.children[1]
    if comment.type not in ("line_comment", "block_comment"):
        return None
    run = rows.run_at(comment.start_byte)
    section = _first(run, tag)
    return Documentation(section, run, Placement.INSIDE) if section is not None else None
