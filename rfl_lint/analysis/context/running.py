"""What is held where calls are made: what a call takes and gives up, and the closures and macros around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from rfl_lint.analysis.code.calls import Call, CallForm, call_of, nodes_below
from rfl_lint.analysis.code.scopes import scopes
from rfl_lint.analysis.context.acquisitions import Acquisition, Source, acquisition
from rfl_lint.analysis.context.state import Value, met, nameless
from rfl_lint.analysis.context.timing import INITIALISERS, runs_at_once
from rfl_lint.analysis.context.walk import Handler, Walk, first_of
from rfl_lint.syntax import Node

# Methods and constructors that hand a guard on: what is in an `Option` or `Result`, and what stays in one.
_STILL_MAYBE: Final = frozenset({"ok_or", "ok_or_else", "map_err", "ok", "inspect", "take"})
_UNWRAPPING: Final = frozenset({"unwrap", "expect", "unwrap_unchecked", "dismiss"})
_HANDING_ON: Final = _STILL_MAYBE | _UNWRAPPING
_CONSTRUCTORS: Final = frozenset({"Some", "Ok"})
_DIVERGING: Final = frozenset({"panic", "unreachable", "todo", "unimplemented", "BUG"})
# Macros that only look at what they are given, besides those that print.
_LOOKING: Final = frozenset(
    {"assert", "assert_eq", "assert_ne", "debug_assert", "debug_assert_eq", "debug_assert_ne", "write", "writeln",
     "format_args", "fmt", "matches", "warn_on", "build_assert", "seq_print", "container_of", "addr_of",
     "addr_of_mut", "dbg", "static_assert", "const_assert"}
)  # fmt: skip
_NAMES: Final = frozenset({"identifier", "shorthand_field_initializer"})
_CALLS: Final = frozenset({"call_expression"})


def _call(walk: Walk, node: Node) -> Value | None:
    call = call_of(node, walk.cx.parsed)
    if call is None:
        for child in node.named_children:
            walk.expression(child)
        return None
    taken = acquisition(call, walk.cx) if call.name else None
    handed = _receiver(walk, call)
    given: list[Value | None] = []
    guarded: Value | None = None
    for argument in call.arguments:
        if argument.type == "closure_expression":
            guarded = _given_closure(walk, call, argument, taken) or guarded
            given.append(None)
        else:
            given.append(walk.expression(argument))
    walk.seen[node.id] = walk.state or {}
    _close_c(walk, call)
    if taken is not None:
        return _taken(walk, taken)
    if handed is not None and call.name in _HANDING_ON:
        return Value(handed.held, handed.is_maybe and call.name in _STILL_MAYBE, handed.is_lent)
    if call.form is CallForm.PATH and call.owner == "ScopeGuard":
        return guarded or (given[0] if given else None)
    if call.form is CallForm.PATH and not call.path and call.name in _CONSTRUCTORS and len(given) == 1:
        return given[0]
    return None


def _receiver(walk: Walk, call: Call) -> Value | None:
    """Walk what stands before the name."""
    if call.form is CallForm.VALUE:
        inside = call.callee
        while inside.type == "parenthesized_expression" and (following := first_of(inside)) is not None:
            inside = following
        if inside.type == "closure_expression":
            _now(walk, inside, None)
        else:
            walk.place(call.callee)
    elif call.receiver is not None:
        if call.name in walk.table.releases or call.name in _HANDING_ON:
            return walk.expression(call.receiver)
        walk.place(call.receiver)
    return None


def _taken(walk: Walk, taken: Acquisition) -> Value | None:
    if taken.lends:
        return None
    if taken.held.source is Source.C:
        walk.put(nameless(taken.held), Value(taken.held))
        return None
    return Value(taken.held, taken.is_maybe)


# C functions.


def _close_c(walk: Walk, call: Call) -> None:
    """What a C function ends; a function of which only the name tells that it ends something may end all of it."""
    if not walk.state or call.name not in walk.table.c_closes:
        if "unlock" in call.name and call.owner != "bindings":
            _drop_c(walk, None, "")
        return
    argument = call.arguments[0] if call.arguments else None
    path = "".join(walk.cx.text(argument).split()) if argument is not None else ""
    _drop_c(walk, walk.table.c_closes[call.name], path)


def _drop_c(walk: Walk, family: int | None, path: str) -> list[Value]:
    """End what C functions of a family began: on this very lock, or, if none was, on any."""
    open_ = [
        (slot, value)
        for slot, value in (walk.state or {}).items()
        if value.held.source is Source.C and family in (None, value.held.family)
    ]
    same = [(slot, value) for slot, value in open_ if path and value.held.path == path]
    for slot, _ in same or open_:
        walk.drop(slot)
    return [value for _, value in same or open_]


# Closures and what else runs at another time.


def _given_closure(walk: Walk, call: Call, closure: Node, taken: Acquisition | None) -> Value | None:
    """Walk a closure that a call is given; what was held so far and ends when the closure runs later."""
    at_once = runs_at_once(closure, walk.cx)
    if at_once:
        paused = _paused(walk, call)
        _now(walk, closure, taken if taken is not None and taken.lends else None)
        if paused is not None:
            walk.put(*paused)
        return None
    ending: list[Value] = []
    for inside in nodes_below(walk.cx.parsed, closure, _CALLS):
        other = call_of(inside, walk.cx.parsed)
        if other is not None and other.name in walk.table.c_closes:
            ending += _drop_c(walk, walk.table.c_closes[other.name], "")
    _closure(walk, closure)
    return ending[0] if len(ending) == 1 else None


def _paused(walk: Walk, call: Call) -> tuple[int, Value] | None:
    """The guard that a call like `do_unlocked` gives up while its closure runs, taken out of its slot."""
    if call.name not in walk.table.pauses or call.receiver is None or call.receiver.type != "identifier":
        return None
    slot, value = walk.slot(call.receiver), walk.value_of(call.receiver)
    if slot is None or value is None:
        return None
    walk.drop(slot)
    return slot, value


def _now(walk: Walk, closure: Node, lent: Acquisition | None) -> None:
    """A closure that runs while the call does, perhaps never, perhaps often."""
    before = walk.state
    saved = walk.frames, walk.exits
    walk.frames, walk.exits = [], []
    if lent is not None:
        walk.put(nameless(lent.held), Value(lent.held))
    walk.branch(closure.child_by_field_name("body"))
    walk.drop_names_of(closure)
    # A `return` or `?` in it leaves the closure only.
    walk.state = met(before, walk.state, *walk.exits)
    walk.frames, walk.exits = saved
    if any(child.type == "move" for child in closure.children):
        _move_into(walk, closure)


def _closure(walk: Walk, node: Node) -> None:
    """A closure of which nothing tells when it runs."""
    _move_into(walk, node)
    _elsewhere(walk, [node.child_by_field_name("body")])


def _async(walk: Walk, node: Node) -> None:
    _move_into(walk, node)
    _elsewhere(walk, list(node.named_children))


def _elsewhere(walk: Walk, nodes: list[Node | None]) -> None:
    """Walk code that does not run now, from a context of which nothing is known."""
    saved = walk.state, walk.frames, walk.temporaries, walk.exits
    for node in nodes:
        walk.state, walk.frames, walk.temporaries, walk.exits = {}, [], [[]], []
        walk.expression(node)
    walk.state, walk.frames, walk.temporaries, walk.exits = saved


def _move_into(walk: Walk, node: Node) -> None:
    """A guard that is mentioned in what runs later may be moved there."""
    if not walk.state:
        return
    for name in nodes_below(walk.cx.parsed, node, _NAMES):
        inside = name if name.type == "identifier" else first_of(name)
        binding = scopes(walk.cx).binding(inside) if inside is not None else None
        slot = binding.name.start_byte if binding is not None else -1
        if slot in walk.state and not walk.state[slot].is_lent:
            walk.drop(slot)


# Macros.


def _macro(walk: Walk, node: Node) -> None:
    call = call_of(node, walk.cx.parsed)
    name = call.name if call is not None else ""
    pieces = walk.cx.parsed.fragments_in(node)
    walk.seen[node.id] = walk.state or {}
    looks = name in _LOOKING or name in walk.cx.table("printing")
    if name in INITIALISERS or not (pieces or looks or name in _DIVERGING):
        _move_into(walk, node)
        _elsewhere(walk, [piece.root for piece in pieces])
        return
    walk.open()
    for piece in pieces:
        for child in _expressions(piece.root):
            if looks:
                walk.place(child)
            else:
                walk.keep(walk.expression(child))
    walk.close()
    if name in _DIVERGING:
        walk.state = None


def _expressions(root: Node) -> Iterator[Node]:
    for child in root.named_children:
        yield from child.named_children if child.type == "expression_statement" else (child,)


RUNNING: Final[Mapping[str, Handler]] = {
    "call_expression": _call,
    "macro_invocation": _macro,
    "closure_expression": _closure,
    "async_block": _async,
    "gen_block": _async,
}
"""Handlers of what this module knows."""
