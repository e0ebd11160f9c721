"""What a call takes hold of: a lock by its declared type, a section, a C lock. Unknown types take hold of nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Final

from msgspec import Struct

from rfl_lint.analysis.code.calls import Call, CallForm
from rfl_lint.analysis.code.full_paths import full_path
from rfl_lint.analysis.code.origins import Origin, meaning_of
from rfl_lint.analysis.code.renamed import own_names
from rfl_lint.analysis.code.scopes import scopes
from rfl_lint.analysis.context.table import ContextTable, Hold, LockKind, Section, context_table
from rfl_lint.analysis.types.inference import type_of, types
from rfl_lint.analysis.types.typeref import TypeKind, TypeRef, parse_type
from rfl_lint.facts import TypeFact
from rfl_lint.patterns import word
from rfl_lint.rule import Context
from rfl_lint.source import Span
from rfl_lint.syntax import Node, span_of

_STATIC: Final = re.compile(word(b"static") + rb"\s++(?:mut\s++)?(\w++)\s*+:\s*+([^=;{}]{1,1000}+)=")
_SPACES: Final = re.compile(r"\s+")


class Source(Enum):
    """By what something is held."""

    LOCK = "lock"
    SECTION = "section"
    C = "C function"
    PARAMETER = "parameter"
    CALLBACK = "callback"


class Held(Struct, frozen=True, eq=False):
    """Something that is held: since `span`, in words `what`.

    `path` is the text of the lock that was taken, without white space; `family` tells C functions that belong
    together. `identity` is equal for one acquisition however often it is looked at.
    """

    source: Source
    hold: Hold
    span: Span
    what: str
    identity: int
    path: str = ""
    root: int = 0
    """The binding that the path begins with, so that two paths of one text are one lock; 0 for `self` and statics."""
    family: int = -1
    kind: LockKind | None = None


class Acquisition(Struct, frozen=True):
    """What a call returns: something held, for sure or (`is_maybe`) if the `Option` or `Result` says so.

    `lends` tells that it is held only while the closure runs that the call is given.
    """

    held: Held
    is_maybe: bool = False
    lends: bool = False


def lock_kind(ref: TypeRef | None, cx: Context, where: Node) -> tuple[LockKind, TypeRef] | None:
    """The kind of lock that a type is, or dereferences to; None where it is none, or not known to be the kernel's."""
    table = context_table(cx.tables)
    for step in types(cx).deref_chain(ref) if ref is not None else ():
        if step.kind is not TypeKind.PATH:
            continue
        if step.head == "Lock" and len(step.args) > 1:
            kind = table.backends.get(step.args[1].head)
        else:
            kind = table.locks.get(step.head)
        if kind is not None:
            return (kind, step) if is_kernels(step, cx, where) else None
    return None


def is_kernels(ref: TypeRef, cx: Context, where: Node) -> bool:
    """Whether a type is the kernel crate's own, as far as the index or the imports tell."""
    found = cx.index.type(ref.path, near=cx.path).candidates
    if found:
        return all(fact.path.startswith("rust/") for fact in found)
    return meaning_of(tuple(ref.path.split("::")), where, cx).origin in (Origin.KERNEL, Origin.UNSAID)


def are_in_modules(facts: Iterable[TypeFact], modules: frozenset[str], cx: Context) -> bool:
    """Whether all of some definitions stand in modules of the kernel crate that a table names."""
    homes = [cx.index.names.home(fact.path) for fact in facts]
    return all(home.crate == "kernel" and home.module in modules for home in homes)


def place_type(node: Node, cx: Context) -> TypeRef | None:
    """The type of an expression, statics of the file included."""
    while node.type in ("reference_expression", "parenthesized_expression") and node.named_children:
        node = node.named_children[-1]
    found = type_of(node, cx)
    if found is not None or node.type not in ("identifier", "scoped_identifier"):
        return found
    if node.type == "identifier" and scopes(cx).binding(node) is not None:
        return None
    text = cx.memo(_statics).get(cx.text(node).rpartition("::")[2])
    return types(cx).homes.here(parse_type(text), node.start_byte) if text is not None else None


def _statics(cx: Context) -> dict[str, str]:
    """The types of the statics of a file, those in `global_lock!` included, where a name has one only."""
    if b"static" not in cx.source.data:
        return {}
    found: dict[str, set[str]] = {}
    for match in _STATIC.finditer(cx.source.data):
        found.setdefault(match[1].decode(), set()).add(match[2].rstrip().decode("utf-8", "replace"))
    return {name: texts.pop() for name, texts in found.items() if len(texts) == 1}


def acquisition(call: Call, cx: Context) -> Acquisition | None:
    """What a call takes hold of."""
    table = context_table(cx.tables)
    if call.form is CallForm.METHOD and call.receiver is not None:
        return _of_method(call, call.receiver, table, cx)
    if call.form is CallForm.PATH:
        return _of_path(call, table, cx)
    return None


def _of_method(call: Call, receiver: Node, table: ContextTable, cx: Context) -> Acquisition | None:
    if call.name in table.lock_methods:
        found = lock_kind(place_type(receiver, cx), cx, call.node)
        if found is not None:
            kind, _ = found
            if call.name in kind.takes | kind.tries:
                held = _lock(call, receiver, kind, cx)
                return Acquisition(held, is_maybe=call.name in kind.tries)
    if call.name not in table.section_methods:
        return None
    ref = place_type(receiver, cx)
    for step in types(cx).deref_chain(ref) if ref is not None else ():
        section = table.sections.get((step.head, call.name)) if step.kind is TypeKind.PATH else None
        if section is not None and is_kernels(step, cx, call.node):
            span = span_of(call.name_node or call.node)
            held = Held(Source.SECTION, section.hold, span, section.why, span.start)
            return Acquisition(held, is_maybe=not section.lends, lends=section.lends)
    return None


def _lock(call: Call, receiver: Node, kind: LockKind, cx: Context) -> Held:
    text = _SPACES.sub("", cx.text(receiver)).lstrip("&*").removeprefix("mut")
    shown = " ".join(cx.text(receiver).split())
    span = (
        Span(receiver.start_byte, call.node.end_byte)
        if "\n" not in cx.text(call.node)
        else span_of(call.name_node or call.node)
    )
    return Held(
        Source.LOCK, kind.hold, span, f"the {_words(kind)} `{shown}`", call.node.end_byte, text, _root(receiver, cx),
        kind=kind,
    )  # fmt: skip


def _words(kind: LockKind) -> str:
    return {"SpinLock": "spin lock", "SpinLockIrq": "spin lock", "Mutex": "mutex"}.get(
        kind.type, f"lock of the `{kind.type}`"
    )


def _root(node: Node, cx: Context) -> int:
    """The binding that an expression like `a.b.c` begins with; -1 where it begins with a call."""
    while node.type in (
        "field_expression",
        "reference_expression",
        "parenthesized_expression",
        "unary_expression",
    ):
        inner = node.child_by_field_name("value") or next(iter(node.named_children), None)
        if inner is None:
            return -1
        node = inner
    if node.type == "self":
        return 0
    if node.type not in ("identifier", "scoped_identifier"):
        return -1
    binding = scopes(cx).binding(node) if node.type == "identifier" else None
    return binding.name.start_byte if binding is not None else 0


def _of_path(call: Call, table: ContextTable, cx: Context) -> Acquisition | None:
    if call.owner == "bindings":
        opened = table.c_opens.get(call.name)
        if opened is None:
            return None
        family, hold = opened
        given = _SPACES.sub("", cx.text(call.arguments[0])) if call.arguments else ""
        held = Held(
            Source.C, hold, span_of(call.node), f"`{call.name}`", call.node.end_byte, given, family=family
        )
        return Acquisition(held)
    section = _section(call, table, cx)
    if section is None:
        return None
    return Acquisition(
        Held(Source.SECTION, section.hold, span_of(call.node), section.why, call.node.end_byte)
    )


def _section(call: Call, table: ContextTable, cx: Context) -> Section | None:
    """The section that a call by path opens, whatever its name and that of its type are here."""
    owners = ("", call.owner, *own_names(call.owner, cx)) if call.name in table.section_methods else ("",)
    names = (call.name, *own_names(call.name, cx))
    keys = [(owner, name) for owner in owners for name in names if (owner, name) in table.sections]
    for path in _meanings(call, cx) if keys else ():
        for owner, name in keys:
            end = (owner, name) if owner else (name,)
            section = table.sections[owner, name]
            if path[-len(end) :] == end and "::".join(path[: -len(end)]) in section.modules:
                return section
    return None


def _meanings(call: Call, cx: Context) -> Iterator[tuple[str, ...]]:
    """What a path call may mean, as paths below the kernel crate: as the file says, and as the index knows."""
    path = (*call.path, call.name)
    named = meaning_of(path, call.node, cx)
    if named.origin is Origin.KERNEL:
        yield named.path
    full = full_path(path, call.node, cx)
    if full is not None and full[0] == "kernel":
        yield full[1:]
    for fact in cx.index.methods("::".join(call.path), call.name, near=cx.path).candidates:
        home = cx.index.names.home(fact.path)
        if home.crate == "kernel":
            yield (
                *filter(None, home.module.split("::")),
                *filter(None, (fact.module, fact.owner)),
                fact.name,
            )


def held_by_parameter(text: str, cx: Context, where: Node) -> Hold | None:
    """What a parameter of a type holds for the function: a guard that is given along."""
    ref = parse_type(text)
    while ref.is_reference and ref.args:
        ref = ref.args[0]
    if ref.head == "Pin" and ref.args:
        ref = ref.args[0].referent
    if ref.kind is not TypeKind.PATH:
        return None
    table = context_table(cx.tables)
    ref = types(cx).homes.here(ref, where.start_byte)
    if ref.head == "Guard" and len(ref.args) > 1:
        kind = table.backends.get(ref.args[1].head)
        return kind.hold if kind is not None and is_kernels(ref, cx, where) else None
    by_alias = table.locks.get(ref.head.removesuffix("Guard")) if ref.head.endswith("Guard") else None
    if by_alias is not None and ref.args:
        return by_alias.hold if is_kernels(ref, cx, where) else None
    known = table.guards.get(ref.head)
    if known is None:
        return None
    hold, modules = known
    facts = cx.index.type(ref.path, near=cx.path).candidates
    if facts:
        return hold if are_in_modules(facts, modules, cx) else None
    named = meaning_of(tuple(ref.path.split("::")), where, cx)
    return hold if named.origin is Origin.KERNEL and named.module in modules else None
