"""Which unsafe function a call means: by the index, by a table of the language's own, by types that are known.

A call that may mean something safe is none. Where the type of a receiver is unknown, a method counts only if every
method of that name in the tree is unsafe.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from msgspec import Struct

from rfl_lint.analysis.code.calls import Call, CallForm
from rfl_lint.analysis.code.scopes import scopes
from rfl_lint.analysis.types.inference import types
from rfl_lint.analysis.types.typeref import TypeKind, TypeRef
from rfl_lint.facts import FunctionFact, head_name
from rfl_lint.index import Index
from rfl_lint.rule import Context
from rfl_lint.syntax import Node
from rfl_lint.tables import Tables

_C_MODULES: Final = frozenset({"bindings", "uapi"})
_RAW: Final = "*"
_MAX_ALIASES: Final = 4


class CoreFunction(Struct, frozen=True):
    """An unsafe function of the language's own library. `type` is `*` for raw pointers, `[]` for slices."""

    type: str
    name: str
    requires: tuple[str, ...]
    alone: bool
    """Whether the name says enough where the type of the receiver is unknown."""


class Callee(Struct, frozen=True):
    """An unsafe function that a call means. `declared` are its declarations in the tree, as far as there are any."""

    name: str
    declared: tuple[FunctionFact, ...] = ()
    core: CoreFunction | None = None


class _Core(Struct, frozen=True):
    functions: dict[tuple[str, str], CoreFunction]
    modules: dict[tuple[str, str], CoreFunction]
    alone: dict[str, CoreFunction]


def unsafe_callee(call: Call, cx: Context) -> Callee | None:
    """The unsafe function that a call means; None where it is safe or not known."""
    if call.form is CallForm.METHOD and call.receiver is not None:
        return _method(call, call.receiver, cx)
    if call.form is CallForm.PATH:
        return _path(call, cx)
    if call.form is CallForm.VALUE and _is_unsafe_value(call.callee, cx):
        return Callee(" ".join(cx.text(call.callee).split()))
    return None


def _path(call: Call, cx: Context) -> Callee | None:
    near, index = cx.path, cx.index
    module = types(cx).homes.module_at(call.node.start_byte) or None
    if not call.path:
        binding = scopes(cx).binding(call.callee)
        if binding is not None:
            return Callee(call.name) if _is_unsafe_value(call.callee, cx) else None
        declared = index.functions(call.name, near=near, module=module).candidates
        if declared:
            return _all_unsafe(call.name, declared)
        path = (index.imported(near, call.name) or "").split("::")
        return _outside(path[-1], path[:-1], cx) if len(path) > 1 else None
    name = f"{call.path[-1]}::{call.name}"
    if call.path[-1] in _C_MODULES:
        return Callee(name) if call.name[:1].islower() or call.name.startswith("_") else None
    if call.trait:
        declared = index.methods("::".join(call.trait), call.name, near=near).candidates
        return _all_unsafe(f"{call.trait[-1]}::{call.name}", declared)
    owner = types(cx).annotated(call.self_type) if call.self_type is not None else None
    if owner is not None and owner.kind is TypeKind.PATH:
        declared = index.methods(owner.path, call.name, near=near).candidates
        if declared:
            return _all_unsafe(name, declared)
    if call.path[-1] != "Self":
        declared = index.functions("::".join((*call.path, call.name)), near=near, module=module).candidates
        if declared:
            return _all_unsafe(name, declared)
    first = index.imported(near, call.path[0])
    path = [*(first.split("::") if first is not None else call.path[:1]), *call.path[1:]]
    found = _outside(call.name, path, cx)
    if found is not None or not _is_open(call.path, cx):
        return found
    return _all_unsafe(name, _of_traits(index, call.name, cx.path))


def _outside(name: str, path: Iterable[str], cx: Context) -> Callee | None:
    """A function that no file of the tree declares, by the last word of its path."""
    last = next(iter(reversed(list(path))), "")
    if last in _C_MODULES:
        return Callee(f"{last}::{name}") if name[:1].islower() or name.startswith("_") else None
    core = _core(cx.tables)
    known = core.modules.get((last, name)) or core.functions.get((last, name))
    return Callee(f"{last}::{name}", core=known) if known is not None else None


def _is_open(path: tuple[str, ...], cx: Context) -> bool:
    """Whether a path begins with what only a trait can say more about: a generic parameter, `Self`, `T::Assoc`."""
    return path[0] in ("Self", "$t") or cx.index.type(path[0], near=cx.path).is_unknown


def _of_traits(index: Index, name: str, near: str) -> tuple[FunctionFact, ...]:
    found = index.named(name, near=near)
    return tuple(fact for fact in found if fact.trait and fact.trait == fact.owner_type)


def _method(call: Call, receiver: Node, cx: Context) -> Callee | None:
    known = types(cx)
    ref = known.of(receiver)
    chain = known.deref_chain(ref) if ref is not None else []
    for step in chain:
        found, decided = _on_type(call.name, step, cx)
        if decided:
            return found
    alone = _core(cx.tables).alone.get(call.name)
    if chain and chain[-1].kind is not TypeKind.OTHER and not _is_generic(chain[-1], cx):
        return Callee(call.name, core=alone) if alone is not None else None
    declared = tuple(fact for fact in cx.index.named(call.name, near=cx.path) if fact.receiver)
    if declared:
        return _all_unsafe(call.name, declared)
    return Callee(call.name, core=alone) if alone is not None else None


def _is_generic(ref: TypeRef, cx: Context) -> bool:
    return ref.kind is TypeKind.PATH and cx.index.type(ref.path, near=cx.path).is_unknown


def _on_type(name: str, ref: TypeRef, cx: Context) -> tuple[Callee | None, bool]:
    """A method of one type, and whether the question is decided with it."""
    core = _core(cx.tables).functions
    if ref.is_raw_pointer:
        known = core.get((_RAW, name))
        return (Callee(f"{name}", core=known) if known is not None else None), True
    if ref.kind in (TypeKind.SLICE, TypeKind.ARRAY):
        known = core.get(("[]", name))
        return (Callee(name, core=known) if known is not None else None), known is not None
    if ref.kind is not TypeKind.PATH:
        return None, False
    declared = cx.index.methods(ref.path, name, near=cx.path).candidates
    if declared:
        return _all_unsafe(f"{ref.head}::{name}", declared), True
    known = core.get((ref.head, name))
    return (Callee(f"{ref.head}::{name}", core=known) if known is not None else None), known is not None


def _all_unsafe(name: str, declared: tuple[FunctionFact, ...]) -> Callee | None:
    return Callee(name, declared) if declared and all(fact.is_unsafe for fact in declared) else None


def _is_unsafe_value(node: Node, cx: Context) -> bool:
    """Whether an expression holds a pointer to an unsafe function, by the type that its binding or field writes."""
    current = node
    while current.type == "parenthesized_expression" and current.named_child_count == 1:
        current = current.named_children[0]
    if current.type == "identifier":
        binding = scopes(cx).binding(current)
        if binding is None or binding.type is None or binding.steps:
            return False
        return _is_unsafe_type(cx.text(binding.type), cx)
    if current.type != "field_expression":
        return False
    value, name = current.child_by_field_name("value"), current.child_by_field_name("field")
    known = types(cx)
    owner = known.of(value) if value is not None else None
    for step in known.deref_chain(owner) if owner is not None and name is not None else ():
        if step.kind is TypeKind.PATH and name is not None:
            written = cx.index.field_type(step.path, cx.text(name), near=cx.path)
            if written is not None:
                return _is_unsafe_type(written, cx)
    return False


def _is_unsafe_type(text: str, cx: Context) -> bool:
    for _ in range(_MAX_ALIASES):
        if text.lstrip().startswith("unsafe "):
            return True
        alias = cx.index.type(head_name(text), near=cx.path).only if head_name(text) else None
        if alias is None or alias.kind != "alias":
            return False
        text = alias.target
    return False


@lru_cache(maxsize=4)
def _core(tables: Tables) -> _Core:
    table = tables.table("unsafe_functions")

    def read(key: str, owner: str) -> list[CoreFunction]:
        return [
            CoreFunction(row[owner], name, tuple(row.get("requires", ())), row.get("alone", False))
            for row in table[key]
            for name in row["fn"]
        ]

    methods, functions = read("methods", "type"), read("functions", "module")
    return _Core(
        {(each.type, each.name): each for each in methods},
        {(each.type, each.name): each for each in functions},
        {each.name: each for each in methods if each.alone},
    )
