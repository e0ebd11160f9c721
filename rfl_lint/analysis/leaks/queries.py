"""Pointers that `into_raw` or `into_foreign` gave up and that a way out of the function leaves behind."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from rfl_lint.analysis.code.calls import Call, CallForm, call_of, path_of
from rfl_lint.analysis.leaks.exit_terms import Exit, ExitKind, TooDeepError
from rfl_lint.analysis.leaks.exits import Walk
from rfl_lint.analysis.leaks.reclaim import Reclaim, WayOut
from rfl_lint.analysis.leaks.reclaim_functions import function_effects, steps_of_failure
from rfl_lint.analysis.leaks.reclaim_terms import State
from rfl_lint.analysis.provenance.queries import provenance
from rfl_lint.analysis.provenance.read import declared, shortened
from rfl_lint.analysis.provenance.tables import pointer_table
from rfl_lint.analysis.provenance.terms import Kind, Step
from rfl_lint.analysis.types.inference import type_of
from rfl_lint.analysis.types.typeref import TypeKind, parse_type
from rfl_lint.facts import FunctionFact
from rfl_lint.rule import Context
from rfl_lint.source import Span
from rfl_lint.syntax import Node, span_of

GIVING: Final = frozenset({"into_raw", "into_raw_with_allocator", "into_raw_parts", "into_foreign"})
_GIVING_BYTES: Final = (b"into_raw", b"into_foreign")
_CALLS: Final = frozenset({"call_expression"})
_BODIES: Final = frozenset({"function_item", "closure_expression"})
_ASYNC: Final = frozenset({"async_block", "gen_block"})
# A function that gives up more pointers than this is no code to reason about: each takes a walk over all of it.
_MAX_IN_ONE: Final = 16


class Leak(Struct, frozen=True, eq=False):
    """A pointer that is left behind: where it was given up, the first way out in the text, and all of them as steps.

    `place` is the smallest text that names the call, `back` the function that would take the pointer back.
    """

    call: Span
    place: Span
    shown: str
    back: str
    first: Exit
    steps: tuple[Step, ...]


def leaks(cx: Context) -> dict[Span, Leak]:
    """The pointers of a file that some way out leaves behind, by the span of the call that gave each up."""
    return cx.memo(_leaks)


def shown_exit(way: Exit, cx: Context) -> str:
    """A way out in a few words."""
    if way.kind is ExitKind.TAIL:
        text, callee = cx.text(way.node), way.node.child_by_field_name("function")
        if "\n" in text and callee is not None:
            return f"`{shortened(cx.text(callee))}(..)`"
        return f"`{shortened(text)}`"
    return str(way.kind.value)


def exit_span(way: Exit) -> Span:
    """The smallest text that shows a way out: of a `?` the question mark."""
    span = span_of(way.node)
    return Span(span.end - 1, span.end) if way.kind is ExitKind.TRY else span


def _leaks(cx: Context) -> dict[Span, Leak]:
    found: dict[Span, Leak] = {}
    if not any(name in cx.source.data for name in _GIVING_BYTES):
        return found
    in_one: dict[int, int] = {}
    for fragment in cx.parsed.fragments:
        for node in fragment.find(_CALLS).get("call_expression", ()):
            call = _giving(node, cx)
            body = _body_around(node, cx) if call is not None else None
            if call is None or body is None:
                continue
            in_one[body.id] = in_one.get(body.id, 0) + 1
            if in_one[body.id] <= _MAX_IN_ONE:
                leak = _followed(call, body, cx)
                if leak is not None:
                    found[leak.call] = leak
    return found


def _followed(call: Call, body: Node, cx: Context) -> Leak | None:
    certain = _is_certain(call, cx)
    if certain is False:
        return None
    judge = Reclaim(cx, call.node, function_effects(cx).of_call)
    try:
        Walk(cx, judge).run(body, State())
    except TooDeepError:
        return None
    if not judge.ways_out or not (certain or judge.calls.is_pointer):
        return None
    ways = sorted(judge.ways_out.values(), key=lambda way: exit_span(way.exit).start)
    named = _named(call, cx)
    place = named if named is not None else call.callee
    name = call.name if named is None else path_of(named, cx.parsed)[-1]
    back = "from_foreign" if name == "into_foreign" else name.replace("into_", "from_")
    if call.form is CallForm.METHOD and named is None and call.name_node is not None:
        place = call.name_node
    steps = _steps(ways, judge, cx)
    return Leak(span_of(call.node), span_of(place), shortened(cx.text(call.node)), back, ways[0].exit, steps)


def _steps(ways: list[WayOut], judge: Reclaim, cx: Context) -> tuple[Step, ...]:
    """The calls that fail and the ways out behind them."""
    found: list[Step] = []
    for index, way in enumerate(ways):
        for call in way.failed:
            found += steps_of_failure(call, judge, cx)
        words = f"{shown_exit(way.exit, cx)} leaves {'here too' if index else 'without taking it back'}"
        found.append(Step(exit_span(way.exit), words, cx.path))
    return tuple(dict.fromkeys(found))


def _giving(node: Node, cx: Context) -> Call | None:
    """The call if it gives a pointer up: `KBox::into_raw(b)`, `arc.into_foreign()`, `result.map(KBox::into_raw)`."""
    data = cx.source.data
    if not any(data.find(name, node.start_byte, node.end_byte) >= 0 for name in _GIVING_BYTES):
        return None
    call = call_of(node, cx.parsed)
    if call is None:
        return None
    return call if call.name in GIVING or _named(call, cx) is not None else None


def _named(call: Call, cx: Context) -> Node | None:
    """The function that `map` is given, if that one gives a pointer up."""
    if call.form is not CallForm.METHOD or call.name != "map" or len(call.arguments) != 1:
        return None
    argument = call.arguments[0]
    if argument.type != "scoped_identifier":
        return None
    return (
        argument if path_of(argument, cx.parsed)[-1:] and path_of(argument, cx.parsed)[-1] in GIVING else None
    )


def _is_certain(call: Call, cx: Context) -> bool | None:
    """Whether ownership is given up; None where only what is done with the result can tell."""
    reader = provenance(cx).reader
    named = _named(call, cx)
    if named is not None:
        path = path_of(named, cx.parsed)
        return True if len(path) > 1 and _is_owner(path[-2], cx) else None
    head = written = ""
    if call.form is CallForm.PATH:
        owner = reader.calls.owner_of(call)
        head, written = (owner.head, owner.path) if owner is not None else ("", "")
    elif call.receiver is not None:
        ref = type_of(call.receiver, cx)
        while ref is not None and ref.kind is TypeKind.PATH and ref.head == "Pin" and ref.args:
            ref = ref.args[0]
        head, written = (ref.head, ref.path) if ref is not None and ref.kind is TypeKind.PATH else ("", "")
    if not head:
        return True if call.name == "into_foreign" else None
    known = cx.index.methods(written or head, call.name, near=cx.path).candidates
    if known:
        return all(_gives_pointer(fact) for fact in known)
    return True if _is_owner(head, cx) or call.name == "into_foreign" else None


def _is_owner(head: str, cx: Context) -> bool:
    return head == "ARef" or any(owner == head for owner, _ in pointer_table(cx.tables).owning)


def _gives_pointer(fact: FunctionFact) -> bool:
    """Whether a function takes its value and gives a pointer."""
    returned = parse_type(fact.returns)
    members = returned.args if returned.kind is TypeKind.TUPLE else (returned,)
    by_value = fact.receiver in ("self", "") and not fact.receiver.startswith("&")
    return by_value and bool(members) and declared(members[0])[0] is Kind.RAW


def _body_around(node: Node, cx: Context) -> Node | None:
    """The body of the function or closure around a node; None in what is left by other ways."""
    for above in cx.ancestors(node):
        if above.type in _BODIES:
            return above.child_by_field_name("body")
        if above.type in _ASYNC:
            return None
    return None
