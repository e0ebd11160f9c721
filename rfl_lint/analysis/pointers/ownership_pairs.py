"""Which function may take back what another gave up: `into_raw` with `from_raw`, type by type."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from rfl_lint.analysis.code.calls import CallForm, call_of, nodes_below
from rfl_lint.analysis.code.scopes import enclosing_function
from rfl_lint.analysis.pointers.derivations import node_at, step_context, step_node
from rfl_lint.analysis.pointers.uses import Reached, Use, reached
from rfl_lint.analysis.provenance.calls import named_function
from rfl_lint.analysis.provenance.queries import provenance
from rfl_lint.analysis.provenance.tables import pointer_table
from rfl_lint.analysis.provenance.terms import Kind
from rfl_lint.analysis.types.inference import types
from rfl_lint.analysis.types.typeref import TypeRef
from rfl_lint.rule import Context
from rfl_lint.source import Span
from rfl_lint.syntax import Node, span_of
from rfl_lint.tables import Tables

_TRAIT: Final = "ForeignOwnable"
_DECIDING: Final = frozenset({"if_expression", "match_expression", "while_expression", "return_expression"})


class Handle(Struct, frozen=True):
    """A type that owns an allocation: what kind of allocation it is, and which allocator's, if that is known.

    `foreign` tells whether its `into_foreign` hands out another address than its `into_raw`.
    """

    name: str
    family: str
    allocator: str
    foreign: bool


class Mismatch(Struct, frozen=True):
    """A pointer that one type gave up is taken back by another, or by the wrong function; `why` in words."""

    span: Span
    reached: Reached
    giver: str
    taker: str
    why: str


class _Table(Struct, frozen=True):
    handles: dict[str, Handle]
    allocators: frozenset[str]
    givers: frozenset[str]
    takers: frozenset[str]


@lru_cache(maxsize=4)
def _table(tables: Tables) -> _Table:
    raw = tables.table("ownership_pairs")
    handles = {
        row["type"]: Handle(row["type"], row["family"], row.get("allocator", ""), row.get("foreign", False))
        for row in raw["handle"]
    }
    return _Table(
        handles,
        frozenset(raw["allocators"]["types"]),
        frozenset(raw["functions"]["out"]),
        frozenset(raw["functions"]["in"]),
    )


def mismatches(cx: Context) -> dict[Span, Mismatch]:
    """The calls of a file that take back what is not theirs, by the span of the call."""
    return cx.memo(_mismatches)


def _mismatches(cx: Context) -> dict[Span, Mismatch]:
    judged: dict[Span, list[Mismatch]] = {}
    for each in reached(cx, _takers, lambda origin: origin.kind is Kind.OWNED and bool(origin.steps)):
        if each.use.through in _table(cx.tables).takers:
            continue  # the function called is a taker itself, and judged as such
        pair = _judged(each, cx)
        if pair is not None:
            judged.setdefault(span_of(each.use.node), []).append(pair)
    found: dict[Span, Mismatch] = {}
    for span, pairs in judged.items():
        wrong = [pair for pair in pairs if pair.why]
        if wrong and (len(wrong) == len(pairs) or not _is_decided(pairs, cx)):
            found[span] = wrong[0]
    return found


def _judged(each: Reached, cx: Context) -> Mismatch | None:
    """A pair of known types; its `why` is empty where they belong together."""
    giver = _giver(each, cx)
    taker = handle(each.use.type, cx.tables)
    if giver is None or taker is None:
        return None
    given, out = giver
    why = difference(given, out, taker, each.use.kind)
    return Mismatch(each.use.span, each, f"{given.name}::{out}", f"{taker.name}::{each.use.kind}", why)


def _is_decided(pairs: list[Mismatch], cx: Context) -> bool:
    """Whether something behind the givers decides if this taker is come to: it may well tell the givers apart."""
    taker = pairs[0].reached.use.node
    function = enclosing_function(taker, cx)
    if function is None:
        return True
    start = function.start_byte
    for pair in pairs:
        step = pair.reached.origin.steps[0]
        if step.path == cx.path and step.span.end <= taker.end_byte:
            start = max(start, step.span.end)
    branches = nodes_below(cx.parsed, function, _DECIDING)
    return any(start <= node.start_byte < taker.start_byte for node in branches)


def difference(given: Handle, out: str, taker: Handle, into: str) -> str:
    """What is wrong with taking back as `taker` by `into` what `given` gave up by `out`; empty if nothing is."""
    if given.family != taker.family:
        return "they keep their values in different ways"
    if given.allocator and taker.allocator and given.allocator != taker.allocator:
        return f"memory of `{given.allocator}` would be freed by `{taker.allocator}`"
    if (out == "into_foreign") != into.endswith("from_foreign") and (given.foreign or taker.foreign):
        header, data = ("into_foreign", "from_raw") if out == "into_foreign" else ("from_foreign", "into_raw")
        return f"`{header}` speaks of the reference count's address, `{data}` of the value's"
    return ""


def handle(ref: TypeRef | None, tables: Tables) -> Handle | None:
    """What is known of a type as the owner of an allocation; None for all others."""
    while ref is not None and (ref.head == "Pin" or ref.is_reference) and ref.args:
        ref = ref.args[0]
    known = _table(tables).handles.get(ref.head) if ref is not None else None
    if known is None or ref is None or known.allocator or len(ref.args) < 2:
        return known
    allocator = ref.args[1].head
    return Handle(
        known.name, known.family, allocator if allocator in _table(tables).allocators else "", known.foreign
    )


def _giver(each: Reached, cx: Context) -> tuple[Handle, str] | None:
    """The type that gave a pointer up, and by which function."""
    step = each.origin.steps[0]
    node, where = step_node(step, cx), step_context(step, cx)
    call = call_of(node, where.parsed) if where is not None and node is not None and _is_call(node) else None
    if call is None or where is None or call.name not in _table(cx.tables).givers:
        return None
    if call.form is CallForm.METHOD and call.receiver is not None:
        found = handle(types(where).of(call.receiver), cx.tables)
    else:
        owner = provenance(where).reader.calls.owner_of(call)
        if owner is not None and owner.head == _TRAIT and call.arguments:
            owner = types(where).of(call.arguments[0])
        found = handle(owner, cx.tables)
        if found is not None and not found.allocator and call.arguments:
            found = _with_allocator(found, handle(types(where).of(call.arguments[0]), cx.tables))
    return (found, call.name) if found is not None else None


def _with_allocator(named: Handle, given: Handle | None) -> Handle:
    """The type that a path names, with the allocator of what the call is given: `Box::into_raw(b)`."""
    if given is None or given.family != named.family:
        return named
    return replace(named, allocator=given.allocator)


def _is_call(node: Node) -> bool:
    return node.type == "call_expression"


def _takers(cx: Context) -> tuple[Use, ...]:
    if not pointer_table(cx.tables).names_owning(cx.source.data):
        return ()
    return tuple(_all_takers(cx))


def _all_takers(cx: Context) -> Iterator[Use]:
    pointers = provenance(cx)
    for sink in pointers.sinks():
        callee, node = node_at(sink.place, cx), node_at(sink.call, cx)
        function = named_function(callee, cx.parsed) if callee is not None else None
        if function is None or node is None or function.name not in _table(cx.tables).takers:
            continue
        owner = pointers.reader.calls.owner_of(function)
        yield Use(sink.argument, sink.place, sink.steps, function.name, node, sink.function, type=owner)
