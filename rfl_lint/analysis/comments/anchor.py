"""Up from an expression to the statement whose comment speaks for it, as clippy goes.

The way leads through expressions only. It ends at the statement, and before that at everything with a place for a
comment of its own: a struct field, a match arm, a block, a closure's body in braces. A `match`, `if` or loop as the
statement itself is no such place for what stands in its head, unless that stands on the same line.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import Final

from msgspec import Struct

from rfl_lint.rule import Context
from rfl_lint.source import SourceFile
from rfl_lint.syntax import Node

_BINDINGS: Final = frozenset({"let_declaration", "const_item", "static_item"})
_BRANCHING: Final = frozenset(
    {"if_expression", "match_expression", "while_expression", "for_expression", "loop_expression"}
)
_EXPRESSIONS: Final = _BRANCHING | {
    "arguments",
    "array_expression",
    "await_expression",
    "base_field_initializer",
    "binary_expression",
    "break_expression",
    "call_expression",
    "closure_expression",
    "compound_assignment_expr",
    "else_clause",
    "field_expression",
    "field_initializer_list",
    "generic_function",
    "index_expression",
    "let_chain",
    "let_condition",
    "macro_invocation",
    "parenthesized_expression",
    "range_expression",
    "reference_expression",
    "return_expression",
    "struct_expression",
    "try_expression",
    "tuple_expression",
    "type_cast_expression",
    "unary_expression",
    "yield_expression",
}
# What an assignment is when it takes a value apart; then it is a `let` in all but name.
_PATTERNS: Final = frozenset({"array_expression", "call_expression", "struct_expression", "tuple_expression"})
# Macros that put their arguments into a branch or a list of references, where no comment above the call reaches.
_FORMATTING: Final = re.compile(
    r"(?:(?:pr|dev|drm)_(?:emerg|alert|crit|err|warn|notice|info|debug|dbg|cont)(?:_once|_ratelimited)?"
    r"|e?print(?:ln)?|write(?:ln)?|format(?:_args)?|fmt|seq_print|panic|todo|unimplemented|unreachable"
    r"|(?:debug_|kunit_)?assert(?:_eq|_ne)?)"
)
# Items: a comment above the line on which one begins speaks for the item, not for what stands inside.
_ITEMS: Final = frozenset(
    {
        "enum_item",
        "foreign_mod_item",
        "function_item",
        "function_signature_item",
        "impl_item",
        "macro_definition",
        "mod_item",
        "struct_item",
        "trait_item",
        "type_item",
        "union_item",
    }
)
_ITEM_WORD: Final = re.compile(rb"\b(?:fn|impl|mod|trait|macro_rules|struct|enum|union|type|extern)\b")
_SHORT_LINE: Final = 400


class Anchor(Struct, frozen=True):
    """Where a comment may end: above the line of `offset`. `node` is what it then speaks for."""

    node: Node
    offset: int


def statement_anchor(cx: Context, node: Node) -> Anchor | None:
    """The statement, field value or arm value that an expression is part of."""
    current = node
    branching = False
    while (parent := cx.parent(current)) is not None:
        kind = parent.type
        if kind in _BINDINGS:
            return Anchor(parent, parent.start_byte)
        if kind == "assignment_expression":
            return _assignment(parent)
        if kind in ("expression_statement", "source_file"):
            host = _macro_around(cx, current)
            if host is None:
                break
            parent = host
        elif kind not in _EXPRESSIONS:
            break
        branching = parent.type in _BRANCHING or (
            parent.type == "macro_invocation" and _name(cx, parent) == "matches"
        )
        if parent.type == "macro_invocation" and _FORMATTING.fullmatch(_name(cx, parent)):
            return None
        current = parent
    return None if branching else Anchor(current, current.start_byte)


def item_row(cx: Context, offset: int) -> int:
    """The line on which the innermost item begins that a byte is inside of; -1 where it is inside of none."""
    return cx.memo(_items).row_around(offset)


def shares_line_with_item_around(cx: Context, offset: int) -> bool:
    """Whether the item that a byte is inside of begins on its line: a comment above is then the item's."""
    row = cx.source.row(offset)
    start = cx.source.line_starts[row]
    if offset - start < _SHORT_LINE and not _ITEM_WORD.search(cx.source.data, start, offset):
        return False
    return item_row(cx, offset) == row


def follows_item_on_line(source: SourceFile, item: Node) -> bool:
    """Whether another item ends on the line on which this one begins: the comment above is then the other's."""
    before = item.prev_sibling
    while before is not None and before.type in ("attribute_item", "line_comment", "block_comment"):
        before = before.prev_sibling
    if before is None or not before.is_named:
        return False
    return source.row(before.end_byte) == source.row(item.start_byte)


class _Items:
    """Where the items of a file are, those in macros and examples too."""

    def __init__(self, cx: Context) -> None:
        spans = {
            (node.start_byte, -node.end_byte)
            for fragment in cx.parsed.fragments
            for nodes in fragment.find(_ITEMS).values()
            for node in nodes
        }
        self._source = cx.source
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._around: list[int] = []
        open_items: list[int] = []
        for start, end in sorted(spans):
            while open_items and self._ends[open_items[-1]] <= start:
                open_items.pop()
            self._around.append(open_items[-1] if open_items else -1)
            open_items.append(len(self._starts))
            self._starts.append(start)
            self._ends.append(-end)

    def row_around(self, offset: int) -> int:
        index = bisect_left(self._starts, offset) - 1
        while index >= 0 and self._ends[index] <= offset:
            index = self._around[index]
        return self._source.row(self._starts[index]) if index >= 0 else -1


def _items(cx: Context) -> _Items:
    return _Items(cx)


def _assignment(node: Node) -> Anchor:
    """Where clippy looks: above the line of the `=`."""
    left = node.child_by_field_name("left")
    if left is not None and left.type not in _PATTERNS:
        sign = next((child for child in node.children if child.type == "="), node)
        return Anchor(node, sign.start_byte)
    return Anchor(node, node.start_byte)


def _macro_around(cx: Context, node: Node) -> Node | None:
    """The macro call that an expression is an argument of; None for a statement or field in a macro's braces."""
    top = node
    parent = cx.parent(top)
    if parent is not None and parent.type == "expression_statement":
        top = parent
        parent = cx.parent(top)
    if parent is None or parent.type != "source_file":
        return None
    host = cx.parent(parent)
    if host is None or host.type != "macro_invocation":
        return None
    data = cx.source.data
    end = node.end_byte
    while data[end : end + 1].isspace():
        end += 1
    if data[end : end + 1] not in (b",", b")", b"]"):
        return None
    # Where the call did not parse as a whole, its pieces may come from anywhere in it: from a field's value, say.
    span = cx.parsed.fragment_of(parent).span
    whole = data[span.start : span.start + 1] in (b"(", b"[")
    return host if whole or _is_token_of(cx, host, span.start) else None


def _is_token_of(cx: Context, call: Node, offset: int) -> bool:
    """Whether a byte begins a token of a call's arguments that is not nested in further delimiters."""
    known = cx.memo(_token_starts)
    if call.id not in known:
        tokens = next((child for child in reversed(call.children) if child.type == "token_tree"), None)
        known[call.id] = frozenset(child.start_byte for child in tokens.children) if tokens else frozenset()
    return offset in known[call.id]


def _token_starts(cx: Context) -> dict[int, frozenset[int]]:
    """Filled as calls are asked about, so that a call with many arguments is read once."""
    del cx
    return {}


def _name(cx: Context, call: Node) -> str:
    name = call.child_by_field_name("macro")
    return cx.text(name).rpartition("::")[2].strip() if name is not None else ""
