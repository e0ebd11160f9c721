"""Local structures that hold a pointer and free nothing: what is put into one is the function's own as before."""

from __future__ import annotations

from typing import Final

from rfl_lint.analysis.code.scopes import Binding, BindingKind, scopes
from rfl_lint.analysis.types.inference import types
from rfl_lint.analysis.types.typeref import TypeKind, TypeRef
from rfl_lint.rule import Context
from rfl_lint.syntax import Node

_OWN: Final = (BindingKind.LET, BindingKind.PARAMETER)
_DROPS: Final = ("Drop", "PinnedDrop")


def holder_of(target: Node, cx: Context) -> Binding | None:
    """The variable whose own memory a field lies in, all the way down; None where that is not known for sure.

    A field behind a reference or smart pointer lies elsewhere; a type with a destructor may well free what it holds.
    """
    node = target
    while node.type == "field_expression":
        value, name = node.child_by_field_name("value"), node.child_by_field_name("field")
        if value is None or name is None or not _lies_in(types(cx).of(value), cx.text(name), cx):
            return None
        node = value
    if node.type != "identifier" or node == target:
        return None
    binding = scopes(cx).binding(node)
    return binding if binding is not None and binding.kind in _OWN else None


def _lies_in(owner: TypeRef | None, field: str, cx: Context) -> bool:
    """Whether a field is part of a structure that has no destructor."""
    if owner is None or owner.kind is not TypeKind.PATH:
        return False
    if "bindings" in owner.path.split("::")[:-1]:
        return True
    fact = cx.index.type(owner.path, near=cx.path).only
    if fact is None or fact.kind != "struct" or all(each.name != field for each in fact.fields):
        return False
    return not any(cx.index.implements(fact.name, name, near=cx.path) for name in _DROPS)
