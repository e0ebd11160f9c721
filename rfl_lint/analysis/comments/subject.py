"""What code a comment speaks for: the way back from a comment to its code.

It is the statement, item, field, arm or argument below it. Where a comment stands in the middle of one, above a
method of a chain or behind unfinished code, it is all of it. Of lines that the parser could not take apart, and of
the closing bracket behind a last comment, nothing is said.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from rfl_lint.analysis.comments.layers import comment_layers
from rfl_lint.analysis.comments.rows import CommentRows, CommentRun, Row
from rfl_lint.rule import Context
from rfl_lint.source import Span
from rfl_lint.syntax import Node

# What holds things in a row, each with a place for a comment above it.
_HOLDERS: Final = frozenset(
    {
        "arguments",
        "array_expression",
        "block",
        "declaration_list",
        "enum_variant_list",
        "field_declaration_list",
        "field_initializer_list",
        "match_block",
        "ordered_field_declaration_list",
        "parameters",
        "source_file",
        "tuple_expression",
    }
)
_ATTRIBUTES: Final = frozenset({"attribute_item", "inner_attribute_item"})
_EXTRA: Final = _ATTRIBUTES | {"line_comment", "block_comment"}
_CLOSERS: Final = frozenset({")", "]", "}"})
# Tokens that nothing was made of.
_TOKENS: Final = frozenset(
    {"token_tree", "token_repetition", "token_tree_pattern", "macro_definition", "ERROR"}
)
_CFG: Final = re.compile(rb"#!?\[\s*cfg\s*\(")


class Subject(Struct, frozen=True):
    """The code that a comment speaks for: `span` begins with the comment where it stands above that code.

    Neighbours that are sides of the same `cfg` decision belong to it.
    """

    node: Node
    span: Span


def subject_of(cx: Context, run: CommentRun) -> Subject | None:
    """The code that a comment speaks for; None where that is not known or there is none."""
    rows = comment_layers(cx).at(run.span.start)
    if run.behind_code:
        return _beside(cx, rows, run)
    row = _code_row(rows, run)
    offset = rows.first_code(row) if row is not None else None
    if row is None or offset is None:
        return None
    node = _unit_at(cx, offset)
    if node is None:
        return None
    last = _last_side(cx, node, run)
    end = rows.content(row)
    return Subject(node, Span(run.span.start, max(last.end_byte, end.end if end is not None else 0)))


def first_line(cx: Context, run: CommentRun) -> Span | None:
    """From a comment to the end of the first line of code below it: a part of its subject that is cheap to ask for."""
    rows = comment_layers(cx).at(run.span.start)
    row = None if run.behind_code else _code_row(rows, run)
    content = rows.content(row) if row is not None else None
    return Span(run.span.end, content.end) if content is not None else None


def _code_row(rows: CommentRows, run: CommentRun) -> int | None:
    row = run.last_row + 1
    while (kind := rows.kind(row)) not in (Row.CODE, Row.OUTSIDE):
        row += 1
    return row if kind is Row.CODE else None


def _beside(cx: Context, rows: CommentRows, run: CommentRun) -> Subject | None:
    """The statement that the line in front of a comment is part of."""
    content = rows.content(run.first_row)
    if content is None:
        return None
    before = cx.source.data[content.start : run.span.start].rstrip()
    node = _unit_at(cx, content.start + len(before) - 1, anywhere=True)
    if node is None:
        return None
    first = rows.first_code(run.first_row)
    start = min(node.start_byte, first if first is not None else node.start_byte)
    return Subject(node, Span(start, max(node.end_byte, run.span.end)))


def _unit_at(cx: Context, offset: int, *, anywhere: bool = False) -> Node | None:
    """The statement, item, field, arm or argument that the token at a byte belongs to."""
    fragment = list(cx.parsed.fragments_at(offset))[-1]
    node = fragment.root.descendant_for_byte_range(offset, offset + 1)
    if node is None or cx.parsed.in_error(offset):
        return None
    if node.type in _CLOSERS and not anywhere:
        return None
    while (parent := cx.parent(node)) is not None:
        if node.type in _TOKENS or node.is_extra:
            return None
        if parent.type in _HOLDERS and node.type in _ATTRIBUTES:
            following = node.next_named_sibling
            if following is None:
                return None
            node = following
            continue
        if parent.type in _HOLDERS and (node.is_named or parent.type == "source_file"):
            break
        node = parent
    return None if node.type in _TOKENS or node.has_error else node


def _last_side(cx: Context, node: Node, run: CommentRun) -> Node:
    """The last of the neighbours that are chosen between by `cfg`; the node itself where there is no choice."""
    if not _CFG.search(cx.source.data, run.span.start, node.start_byte) and not _CFG.match(
        cx.source.data, node.start_byte
    ):
        return node
    last = node
    following = node.next_named_sibling
    chosen = False
    while following is not None:
        if following.type in _EXTRA:
            chosen = chosen or bool(_CFG.match(cx.source.data, following.start_byte))
        elif chosen:
            last, chosen = following, False
        else:
            break
        following = following.next_named_sibling
    return last
