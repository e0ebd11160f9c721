"""Pointers that are taken over although nobody gave them up: looked at with `as_ptr`, or a key that C was given.

The very pointer that `into_raw` returned is what has to come back. One that only has the same address has not
got the count, or the allocation, that somebody handed out with the other.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Final

from msgspec import Struct, field

from rfl_lint.analysis.code.calls import Call, CallForm, call_of, nodes_below
from rfl_lint.analysis.code.scopes import BindingKind, enclosing_function, scopes
from rfl_lint.analysis.pointers.derivations import joined, node_at
from rfl_lint.analysis.provenance.queries import is_misuse, provenance
from rfl_lint.analysis.provenance.read import shortened
from rfl_lint.analysis.provenance.tables import pointer_table
from rfl_lint.analysis.provenance.terms import Kind, Origin, Sink, Source, Step
from rfl_lint.analysis.types.inference import type_of
from rfl_lint.rule import Context
from rfl_lint.source import Span
from rfl_lint.syntax import Node, span_of

_CALLS: Final = frozenset({"call_expression"})
_LINKS: Final = frozenset({"call_expression", "identifier"})
_BETWEEN: Final = frozenset(
    {"unsafe_block", "block", "parenthesized_expression", "arguments", "expression_statement"}
)
_GIVING_BACK: Final = frozenset({"forget", "into_raw", "into_foreign"})
# More calls of C functions in front of one owning call are not looked through.
_MAX_CALLS: Final = 64
# A pointer that went through more variables than this is not followed back to where it was looked at.
_MAX_LOCALS: Final = 24


class Unreturned(Struct, frozen=True):
    """An owning call of a pointer that nobody gave up.

    `source` is what the pointer was made with, `key_of` the C function that got it as a key, if one did; `steps`
    lead from the source to the owning call.
    """

    sink: Sink
    source: str
    key_of: str
    steps: tuple[Step, ...]


class _Calls(Struct, eq=False):
    """The calls of each function of a file, read once: those of C functions, and those that lend what they get."""

    cx: Context
    _found: dict[int, tuple[list[Call], set[int]]] = field(default_factory=dict)

    def in_front_of(self, node: Node) -> list[Call]:
        """The calls of C functions in front of a node, in its function, the last ones first."""
        function = enclosing_function(node, self.cx)
        if function is None:
            return []
        calls = self._of(function)[0]
        count = bisect_left(calls, node.start_byte, key=lambda call: call.node.end_byte)
        return calls[max(0, count - _MAX_CALLS) : count][::-1]

    def gives_back(self, name: Node) -> bool:
        """Whether the variable of this name is lent to something later in its function."""
        function = enclosing_function(name, self.cx)
        return function is not None and name.id in self._of(function)[1]

    def _of(self, function: Node) -> tuple[list[Call], set[int]]:
        if function.id not in self._found:
            asked: list[Call] = []
            lent: set[int] = set()
            for node in nodes_below(self.cx.parsed, function, _CALLS):
                call = call_of(node, self.cx.parsed)
                if call is None:
                    continue
                if call.form is CallForm.PATH and call.owner == "bindings":
                    asked.append(call)
                if _gives_back(call):
                    for value in (*call.arguments, call.receiver):
                        meant = (
                            scopes(self.cx).binding(value)
                            if value is not None and value.type == "identifier"
                            else None
                        )
                        if meant is not None:
                            lent.add(meant.name.id)
            asked.sort(key=lambda call: call.node.end_byte)
            self._found[function.id] = (asked, lent)
        return self._found[function.id]


def unreturned(cx: Context) -> dict[Span, Unreturned]:
    """The owning calls of a file whose pointer nobody gave up, by the span of the call."""
    return cx.memo(_unreturned)


def _unreturned(cx: Context) -> dict[Span, Unreturned]:
    if not pointer_table(cx.tables).names_owning(cx.source.data):
        return {}
    pointers = provenance(cx)
    found: dict[Span, Unreturned] = {}
    for sink in pointers.sinks():
        origins = pointers.resolver.origins(sink.argument)
        if any(is_misuse(origin, sink.family) for origin in origins):
            continue  # a fault of its own, and another rule's
        for origin in origins:
            one = _judged(sink, origin, cx)
            if one is not None:
                found[sink.call] = one
                break
    return found


def _judged(sink: Sink, origin: Origin, cx: Context) -> Unreturned | None:
    call, argument = node_at(sink.call, cx), node_at(sink.steps[0].span, cx)
    if call is None or _is_lent(call, cx):
        return None
    if origin.kind is Kind.PEEKED:
        return _peeked(sink, origin, argument, cx)
    if origin.kind not in (Kind.REFERENCE, Kind.CELL) or not origin.steps:
        return None
    key = _key(call, origin, cx)
    if key is None:
        return None
    steps = joined(sorted((*origin.steps, key[1]), key=_order), sink.steps)
    return Unreturned(sink, origin.steps[0].words, key[0], steps)


def _order(step: Step) -> tuple[bool, int]:
    return (False, step.span.start)


def _peeked(sink: Sink, origin: Origin, argument: Node | None, cx: Context) -> Unreturned | None:
    peek = _peek(argument, cx) if argument is not None else None
    if peek is None:
        return Unreturned(sink, "", "", joined(origin.steps, sink.steps))
    if peek.arguments and (_is_kept_alive(peek.arguments[0], cx) or _is_forgotten(peek.arguments[0], cx)):
        return None
    shown = f"`{shortened(cx.text(peek.node))}`"
    step = Step(span_of(peek.node), f"{shown} looks at it", cx.path)
    return Unreturned(sink, shown, "", (step, *joined(origin.steps, sink.steps)))


def _peek(argument: Node, cx: Context) -> Call | None:
    """The call of `as_ptr` that a pointer comes from, in this function."""
    reader, seen = provenance(cx).reader, set[int]()
    peeked = pointer_table(cx.tables).peeked
    waiting = [argument]
    while waiting and len(seen) < _MAX_LOCALS:
        for node in nodes_below(cx.parsed, waiting.pop(), _LINKS):
            if node.type == "call_expression":
                call = call_of(node, cx.parsed)
                named = call is not None and any(call.name == name for _, name in peeked)
                term = reader.value(node) if named else None
                if isinstance(term, Source) and term.kind is Kind.PEEKED:
                    return call
                continue
            binding = scopes(cx).binding(node)
            if binding is not None and binding.kind is BindingKind.LET and binding.name.id not in seen:
                seen.add(binding.name.id)
                waiting += [binding.value] if binding.value is not None else []
    return None


def _is_kept_alive(argument: Node, cx: Context) -> bool:
    """Whether what was looked at is a `ManuallyDrop`: its count is there to be taken."""
    ref = type_of(argument, cx)
    return ref is not None and ref.referent.head == "ManuallyDrop"


def _is_forgotten(argument: Node, cx: Context) -> bool:
    """Whether what was looked at is a variable whose count its function gives up: `mem::forget(value)`.

    To forget a reference gives nothing up.
    """
    value = argument.child_by_field_name("value") if argument.type == "reference_expression" else None
    meant = scopes(cx).binding(value) if value is not None and value.type == "identifier" else None
    if value is None or meant is None or not cx.memo(_Calls).gives_back(meant.name):
        return False
    ref = type_of(value, cx)
    return ref is None or not ref.is_reference


def _is_lent(call: Node, cx: Context) -> bool:
    """Whether what the owning call gives is given back at once: `ManuallyDrop::new(..)`, `mem::forget(value)`."""
    for above in cx.ancestors(call):
        if above.type == "call_expression":
            around = call_of(above, cx.parsed)
            return around is not None and _gives_back(around)
        if above.type == "let_declaration":
            name = above.child_by_field_name("pattern")
            return name is not None and _is_given_back(name, cx)
        if above.type not in _BETWEEN:
            return False
    return False


def _gives_back(call: Call) -> bool:
    return call.name in _GIVING_BACK or (call.owner, call.name) == ("ManuallyDrop", "new")


def _is_given_back(name: Node, cx: Context) -> bool:
    inner = name.named_children[-1] if name.type == "mut_pattern" else name
    return inner.type == "identifier" and cx.memo(_Calls).gives_back(inner)


def _key(call: Node, origin: Origin, cx: Context) -> tuple[str, Step] | None:
    """The C function that got the same pointer in front of a call, in the same function."""
    pointers = provenance(cx)
    for given in cx.memo(_Calls).in_front_of(call):
        for argument in given.arguments:
            if any(_is_same(origin, other) for other in pointers.origins(argument)):
                shown = f"`{given.owner}::{given.name}`"
                return shown, Step(span_of(given.node), f"{shown} is given it as a key", cx.path)
    return None


def _is_same(origin: Origin, other: Origin) -> bool:
    """Whether two pointers are the same one: of one source, and to the same part of it."""
    if not other.steps or origin.steps[0].span != other.steps[0].span:
        return False
    return (origin.kind, origin.place, origin.param) == (other.kind, other.place, other.param)
