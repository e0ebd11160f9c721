"""What is written into a field, by whatever form of writing."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from rfl_lint.analysis.code.calls import call_of, unwrapped
from rfl_lint.rule import Context
from rfl_lint.syntax import Node

WRITE_KINDS: Final = frozenset({"assignment_expression", "call_expression", "field_initializer"})
_WRITING: Final = frozenset({"write", "write_volatile", "replace"})
_FIELD: Final = "field_expression"


def written_value(node: Node, fields: Collection[str], setters: Collection[str], cx: Context) -> Node | None:
    """The value that an assignment, a call or a field of a struct literal puts into a field of one of these names."""
    if node.type == "assignment_expression":
        left = node.child_by_field_name("left")
        return node.child_by_field_name("right") if left is not None and _is_field(left, fields, cx) else None
    if node.type == "field_initializer":
        name = node.child_by_field_name("field")
        return node.child_by_field_name("value") if name is not None and cx.text(name) in fields else None
    call = call_of(node, cx.parsed)
    if call is None or not call.arguments:
        return None
    if call.name in setters:
        return call.arguments[-1]
    if call.name not in _WRITING:
        return None
    place = call.receiver if call.receiver is not None and len(call.arguments) == 1 else call.arguments[0]
    return call.arguments[-1] if _is_field(place, fields, cx) else None


def _is_field(place: Node, fields: Collection[str], cx: Context) -> bool:
    current = unwrapped(place)
    if current.type == "macro_invocation":
        pieces = cx.parsed.fragments_in(current)  # `addr_of_mut!((*sc).field)`
        inner = next(iter(pieces[0].root.named_children), None) if len(pieces) == 1 else None
        inner = next(iter(inner.named_children), None) if inner is not None else None
        if inner is None:
            return False
        current = unwrapped(inner)
    name = current.child_by_field_name("field") if current.type == _FIELD else None
    return name is not None and cx.text(name) in fields
