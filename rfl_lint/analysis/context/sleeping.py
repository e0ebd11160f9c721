"""Which calls may sleep by themselves, and why: by the tables, by flags, by a sleeping lock."""

from __future__ import annotations

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from rfl_lint.analysis.code.calls import Call, CallForm
from rfl_lint.analysis.code.origins import Origin, meaning_of
from rfl_lint.analysis.context.acquisitions import acquisition, are_in_modules, is_kernels, place_type
from rfl_lint.analysis.context.table import ContextTable, context_table
from rfl_lint.analysis.types.inference import types
from rfl_lint.analysis.types.typeref import TypeKind
from rfl_lint.rule import Context
from rfl_lint.source import Span
from rfl_lint.syntax import Node, span_of

_LONG: Final = 200


class Step(Struct, frozen=True):
    """One call on the way to what sleeps: where it stands, and what it calls."""

    path: str
    span: Span
    name: str


class Sleep(Struct, frozen=True):
    """Why a call may sleep. `steps` lead from the call to what sleeps; the last one's name is what does.

    `is_allocation` tells an allocation in the call itself. `releases_guard` tells a call that lets go of the guard
    it is given meanwhile.
    """

    why: str
    steps: tuple[Step, ...]
    is_allocation: bool = False
    releases_guard: bool = False

    @property
    def chain(self) -> str:
        """The names on the way, in backquotes."""
        return " → ".join(f"`{step.name}`" for step in self.steps)


def direct_sleep(call: Call, cx: Context) -> Sleep | None:
    """Why a call may sleep, whatever its callee is made of."""
    table = context_table(cx.tables)
    if call.form is CallForm.MACRO:
        why = table.sleeping_macros.get(call.name)
        body = next((child for child in call.node.children if child.type == "token_tree"), None)
        if why is None or body is None or body.named_child_count == 0:
            return None
        named = meaning_of((*call.path, call.name), call.node, cx)
        if named.origin not in (Origin.KERNEL, Origin.UNSAID):
            return None
        return _sleep(call, cx, f"{call.name}!", why, is_allocation=True)
    if call.owner == "bindings":
        why = table.sleeping_c.get(call.name)
        if why is None and call.name.endswith(table.sleepy_endings):
            why = table.sleepy_because
        if why is not None:
            return _sleep(call, cx, call.name, why)
    return (
        _allocation(call, table, cx)
        or _listed(call, table, cx)
        or _dropped(call, table, cx)
        or _lock(call, cx)
    )


def _sleep(call: Call, cx: Context, name: str, why: str, *, is_allocation: bool = False) -> Sleep:
    span = span_of(call.name_node or call.node)
    return Sleep(why, (Step(cx.path, span, name),), is_allocation)


def _allocation(call: Call, table: ContextTable, cx: Context) -> Sleep | None:
    if b"GFP_" not in cx.source.data[call.node.start_byte : call.node.end_byte]:
        return None
    if call.name in cx.table("gfp")["looks"]["names"]:
        return None
    for argument in call.arguments:
        text = cx.text(argument)
        if "GFP_" in text and len(text) < _LONG and table.flags_sleep(text):
            if _is_own_store(call, table, cx):
                return None
            flags = " ".join(text.split())
            owner = f"{call.owner}::" if call.owner[:1].isupper() else ""
            return _sleep(call, cx, owner + call.name, f"it allocates with `{flags}`", is_allocation=True)
    return None


def _is_own_store(call: Call, table: ContextTable, cx: Context) -> bool:
    """Whether a guard gives its own lock up to allocate."""
    if call.form is not CallForm.METHOD or call.name not in table.own_stores:
        return False
    ref = place_type(call.receiver, cx) if call.receiver is not None else None
    guards = {kind.guard for kind in table.locks.values() if call.name in kind.may_sleep}
    return ref is None or ref.referent.head in guards


def _listed(call: Call, table: ContextTable, cx: Context) -> Sleep | None:
    """A function of the kernel crate that the table knows to sleep."""
    if call.form is CallForm.METHOD and call.receiver is not None:
        if call.name not in table.sleeping_methods:
            return None
        ref = place_type(call.receiver, cx)
        for step in types(cx).deref_chain(ref) if ref is not None else ():
            known = table.sleeping.get((step.head, call.name)) if step.kind is TypeKind.PATH else None
            if known is not None and is_kernels(step, cx, call.node):
                if not _in_modules(step.path, known.modules, call.node, cx):
                    return None
                found = _of_table(call, cx, f"{step.head}::{call.name}", known.why)
                return replace(found, releases_guard=known.releases_guard)
        return None
    if call.form is not CallForm.PATH:
        return None
    known = table.sleeping.get((call.owner, call.name)) or table.sleeping.get(("", call.name))
    if known is None:
        return None
    of_type = (call.owner, call.name) in table.sleeping and bool(call.owner)
    named = meaning_of((*call.path, call.name), call.node, cx)
    module = "::".join(named.path[: -2 if of_type else -1])
    if named.origin is Origin.KERNEL and (module in known.modules or module == "prelude"):
        name = f"{call.owner}::{call.name}" if of_type else call.name
        return _of_table(call, cx, name, known.why)
    return None


def _of_table(call: Call, cx: Context, name: str, why: str) -> Sleep:
    return _sleep(call, cx, name, why, is_allocation="allocates" in why)


def _dropped(call: Call, table: ContextTable, cx: Context) -> Sleep | None:
    """`drop` of something that sleeps when it is dropped."""
    if call.name != "drop" or call.form is not CallForm.PATH or len(call.arguments) != 1:
        return None
    ref = place_type(call.arguments[0], cx)
    known = table.drops.get(ref.head) if ref is not None and ref.kind is TypeKind.PATH else None
    if ref is None or known is None or not is_kernels(ref, cx, call.node):
        return None
    why, modules = known
    if not _in_modules(ref.path, modules, call.node, cx):
        return None
    return _sleep(call, cx, f"drop({ref.head})", why)


def _in_modules(path: str, modules: frozenset[str], where: Node, cx: Context) -> bool:
    """Whether a type of the kernel is the one that a table means, not another one of its name."""
    facts = cx.index.type(path, near=cx.path).candidates
    if not facts:
        named = meaning_of(tuple(path.split("::")), where, cx)
        return named.origin is not Origin.KERNEL or named.module in modules or named.module == "prelude"
    return are_in_modules(facts, modules, cx)


def _lock(call: Call, cx: Context) -> Sleep | None:
    taken = acquisition(call, cx)
    if taken is None or taken.is_maybe or taken.held.kind is None or not taken.held.kind.sleeps:
        return None
    return _sleep(call, cx, call.name, f"it takes {taken.held.what}")
