"""Which constant of C an expression is, by way of constants of Rust and of what wraps a value."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from msgspec import Struct

from rfl_lint.analysis.code.calls import CallForm, call_of, path_of, unwrapped
from rfl_lint.analysis.code.origins import meaning_of
from rfl_lint.analysis.code.scopes import enclosing_impl
from rfl_lint.rule import Context
from rfl_lint.syntax import Node

_CONSTANTS: Final = frozenset({"const_item", "static_item"})
_CONVERTING: Final = frozenset({"into", "from", "new", "try_into", "try_from"})
_MAX_STEPS: Final = 12


class _Place(Struct, frozen=True):
    """An expression, and the file that it stands in."""

    node: Node
    cx: Context


def is_constant(node: Node, names: Collection[str], cx: Context) -> bool:
    """Whether a value is one of some constants: named, behind other constants, or alone in a struct or a call."""
    place: _Place | None = _Place(node, cx)
    for _ in range(_MAX_STEPS):
        if place is None:
            return False
        value, here = unwrapped(place.node), place.cx
        if value.type in ("identifier", "scoped_identifier"):
            path = path_of(value, here.parsed)
            if path and path[-1] in names:
                return True
            place = _behind(path, value, here)
        else:
            inner = _wrapped(value, here)
            place = _Place(inner, here) if inner is not None else None
    return False


def _wrapped(value: Node, cx: Context) -> Node | None:
    """The one value that a struct literal, a variant or a conversion holds."""
    kind = value.type
    if kind == "struct_expression":
        body = value.child_by_field_name("body")
        fields = body.named_children if body is not None else []
        held = [field.child_by_field_name("value") for field in fields if field.type == "field_initializer"]
        return held[0] if len(held) == 1 else None
    if kind == "return_expression":
        return next((child for child in value.named_children if not child.is_extra), None)
    if kind != "call_expression":
        return None
    call = call_of(value, cx.parsed)
    if call is None or len(call.arguments) > 1:
        return None
    if call.form is CallForm.METHOD:
        return call.receiver if call.name in _CONVERTING and not call.arguments else None
    named = call.name[:1].isupper() or call.name in _CONVERTING
    return call.arguments[0] if named and call.arguments else None


def _behind(path: tuple[str, ...], where: Node, cx: Context) -> _Place | None:
    """What a constant of Rust is set to: of this file, or associated with a type of another."""
    if not path:
        return None
    owner = path[-2] if len(path) > 1 else ""
    if owner == "Self":
        impl = enclosing_impl(where, cx)
        written = impl.child_by_field_name("type") if impl is not None else None
        words = path_of(written, cx.parsed) if written is not None else ()
        owner = words[-1] if words else ""
    own = cx.memo(_constants).get((owner, path[-1]))
    if own is not None:
        return _Place(own, cx)
    if not owner[:1].isupper():
        return None
    named = meaning_of(path[:-1], where, cx)
    for fact in cx.index.type("::".join(path[:-1]), near=cx.path).candidates:
        other = cx.other(fact.path)
        value = other.memo(_constants).get((fact.name, path[-1])) if other is not None else None
        if other is not None and value is not None and named.name in (fact.name, owner):
            return _Place(value, other)
    return None


def _constants(cx: Context) -> dict[tuple[str, str], Node]:
    """The constants of a file by the type they belong to (empty for none) and name."""
    found: dict[tuple[str, str], Node] = {}
    for nodes in cx.parsed.fragments[0].find(_CONSTANTS).values():
        for node in nodes:
            name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
            if name is None or value is None:
                continue
            impl = enclosing_impl(node, cx)
            written = impl.child_by_field_name("type") if impl is not None else None
            words = path_of(written, cx.parsed) if written is not None else ()
            found.setdefault((words[-1] if words else "", cx.text(name)), value)
    return found
