"""Calls that may sleep where sleeping is not allowed, in words."""

from __future__ import annotations

from msgspec import Struct

from rfl_lint.analysis.code.calls import CallForm, call_of
from rfl_lint.analysis.code.scopes import scopes
from rfl_lint.analysis.context.acquisitions import Held, Source
from rfl_lint.analysis.context.chains import sleeps
from rfl_lint.analysis.context.functions import held_at, state_at
from rfl_lint.analysis.context.sleeping import Sleep
from rfl_lint.analysis.context.table import Hold, context_table
from rfl_lint.rule import Context
from rfl_lint.source import Span
from rfl_lint.syntax import Node, span_of


class AtomicSleep(Struct, frozen=True):
    """A call that may sleep, and what is held meanwhile: the first thing that forbids it."""

    held: Held
    sleep: Sleep
    span: Span
    where: str
    since: str
    advice: str


def atomic_sleep(node: Node, cx: Context) -> AtomicSleep | None:
    """What is wrong with a call's sleeping; None where it does not sleep, or may."""
    known = cx.memo(_known)
    if node.id not in known:
        known[node.id] = _atomic_sleep(node, cx)
    return known[node.id]


def _known(_cx: Context) -> dict[int, AtomicSleep | None]:
    """By call, filled as they are asked about."""
    return {}


def _atomic_sleep(node: Node, cx: Context) -> AtomicSleep | None:
    holding = [held for held in held_at(node, cx) if held.hold.is_atomic]
    if not holding:
        return None
    sleep = sleeps(node, cx)
    if sleep is None:
        return None
    if sleep.releases_guard:
        given = _given_guards(node, cx)
        holding = [held for held in holding if held.identity not in given]
        if not given:
            return None
    elif sleep.is_allocation:
        # The guard of a structure that allocates for itself gives the lock up meanwhile, by whichever method.
        own = [held for held in holding if held.kind is not None and held.kind.may_sleep]
        given = _given_guards(node, cx) if own else set()
        holding = [held for held in holding if held not in own or held.identity not in given]
    if not holding:
        return None
    held = min(holding, key=lambda each: each.span.start)
    call = call_of(node, cx.parsed)
    span = span_of(node)
    if call is not None and call.form is CallForm.METHOD and call.name_node is not None:
        span = Span(call.name_node.start_byte, node.end_byte)
    if call is not None and call.form is CallForm.PATH:
        span = span_of(call.callee)
    return AtomicSleep(held, sleep, span, _where(held), _since(held), _advice(held))


def _given_guards(node: Node, cx: Context) -> set[int]:
    """The guards that a call is lent or made on, by what they hold; a shared reference lets nobody give one up."""
    call = call_of(node, cx.parsed)
    found: set[int] = set()
    if call is None:
        return found
    for argument in (*call.arguments, *((call.receiver,) if call.receiver is not None else ())):
        inner = argument
        if inner.type == "reference_expression" and inner.named_children[0].type != "mutable_specifier":
            continue
        while inner.type in ("reference_expression", "unary_expression", "parenthesized_expression"):
            inner = inner.named_children[-1]
        binding = scopes(cx).binding(inner) if inner.type == "identifier" else None
        value = state_at(node, cx).get(binding.name.start_byte) if binding is not None else None
        if value is not None:
            found.add(value.held.identity)
    return found


def _where(held: Held) -> str:
    if held.source is Source.LOCK:
        return f"and {held.what} is held"
    if held.source is Source.SECTION:
        return f"inside {held.what}"
    if held.source is Source.C:
        return f"behind {held.what}"
    if held.source is Source.CALLBACK:
        return f"and {held.what.replace('it runs', 'this runs')}"
    return f"under {held.what}"


def _since(held: Held) -> str:
    if held.source is Source.LOCK:
        return f"{held.what} is taken here"
    if held.source is Source.SECTION:
        return f"{held.what} begins here"
    if held.source is Source.CALLBACK:
        return held.what
    if held.source is Source.PARAMETER:
        return "the guard is given here"
    return f"{held.what} begins this"


def _advice(held: Held) -> str:
    if held.source is Source.CALLBACK:
        return "leave this to a work item or a threaded handler"
    if held.source is Source.SECTION:
        return "do this before the section begins, or after its guard is dropped"
    return "do this before the lock is taken, or after its guard is dropped"


__all__ = ["AtomicSleep", "Hold", "atomic_sleep", "context_table"]
