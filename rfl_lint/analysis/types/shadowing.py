"""Names that a `let` of a block binds anew to a value of another type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from rfl_lint.analysis.code.origins import attributes_of
from rfl_lint.analysis.code.scopes import Binding, bound_name, closure_parameters, let_bindings, parameters
from rfl_lint.analysis.types.inference import types
from rfl_lint.analysis.types.typeref import TypeKind, TypeRef, peeled
from rfl_lint.rule import Context
from rfl_lint.syntax import Node

_LET: Final = "let_declaration"
# A value that is only kept from being dropped is still meant by its name.
_KEPT: Final = frozenset({"ManuallyDrop"})


class Shadowing(Struct, frozen=True):
    """A name that `before` bound to one type and `after` binds to another."""

    before: Binding
    after: Binding
    old: TypeRef
    new: TypeRef


def shadowings(block: Node, cx: Context) -> Iterator[Shadowing]:
    """The names that a block binds twice, or that its function's parameters bind first, to unlike types."""
    lets = [child for child in block.named_children if child.type == _LET]
    known = {bound_name(each, cx): each for each in _parameters_of(block, cx)} if lets else {}
    for node in lets:
        for binding in let_bindings(node, cx):
            name = bound_name(binding, cx)
            before = known.get(name)
            known[name] = binding
            if before is None or name.startswith(("$", "_")) or _is_conditional(before, node, cx):
                continue
            old, new = types(cx).of_binding(before), types(cx).of_binding(binding)
            if old is not None and new is not None and _are_unlike(old, new, cx):
                yield Shadowing(before, binding, old, new)


def _parameters_of(block: Node, cx: Context) -> Iterator[Binding]:
    parent = cx.parent(block)
    if parent is not None and parent.type == "function_item":
        yield from parameters(parent, cx)
    elif parent is not None and parent.type == "closure_expression":
        yield from closure_parameters(parent, cx)


def _is_conditional(before: Binding, node: Node, cx: Context) -> bool:
    """Whether one of them is under a `cfg`, so that the build may have only one."""
    owners = (owner for owner in (before.owner, node) if owner is not None and owner.type == _LET)
    return any("cfg" in text for owner in owners for text in attributes_of(owner, cx))


def _are_unlike(old: TypeRef, new: TypeRef, cx: Context) -> bool:
    """Whether the second is neither the first, nor what is behind or inside of it, nor a reference to it."""
    if new.head in _KEPT or not (_is_told(old, cx) and _is_told(new, cx)):
        return False
    views = {_outline(each) for each in (*_views(old, cx), *old.referent.args)}
    return views.isdisjoint(_outline(each) for each in _views(new, cx))


def _views(ref: TypeRef, cx: Context) -> Iterator[TypeRef]:
    current: TypeRef | None = ref
    while current is not None:
        yield from types(cx).deref_chain(current)
        inner = peeled(current.referent)
        current = inner if inner != current.referent else None


def _is_told(ref: TypeRef, cx: Context) -> bool:
    """Whether it is known what the type is: no alias, nor what a trait or the user of a macro says."""
    inner = ref.referent
    while _is_pointer(inner):
        if not inner.args:
            return False
        inner = inner.args[0].referent
    if inner.kind is TypeKind.OTHER:
        return False
    *before, name = inner.path.split("::")
    if name.startswith("$") or (before and not before[-1].islower()):
        return False
    found = cx.index.type(inner.path, near=cx.path).candidates if inner.path else ()
    return all(fact.kind not in ("alias", "trait") for fact in found)


def _is_pointer(ref: TypeRef) -> bool:
    return ref.is_raw_pointer or ref.head == "NonNull"


def _outline(ref: TypeRef) -> object:
    """What of a type tells it from others: generic arguments are often not known."""
    inner = ref.referent
    if _is_pointer(inner) and inner.args:
        return (TypeKind.PTR_CONST, _outline(inner.args[0]))
    return (inner.kind, inner.head)
