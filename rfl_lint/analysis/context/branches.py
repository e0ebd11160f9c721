"""What is held where the ways through a function part and meet: `if`, `match`, loops.

Temporaries of a plain condition end with it; those of an `if let`, a `match` or the iterator of a `for` live to the end
of the statement around, those of a `while let` to the end of each turn.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from rfl_lint.analysis.context.acquisitions import Held
from rfl_lint.analysis.context.state import Frame, State, Value, agreed, met
from rfl_lint.analysis.context.walk import Handler, Walk, inner, label_of
from rfl_lint.syntax import Node

# Loops in loops cost a factor each.
_MAX_LOOPS: Final = 5
_MAX_TURNS: Final = 4
# Methods by which a guard in an `Option` is looked at where it lies.
_BORROWS: Final = frozenset({"as_ref", "as_mut", "as_deref", "as_deref_mut"})


def _if(walk: Walk, node: Node) -> Value | None:
    condition = node.child_by_field_name("condition")
    matched = _condition(walk, condition) if condition is not None else []
    otherwise = walk.state
    for pattern, value in matched:
        walk.bind(pattern, value)
    first = walk.branch(node.child_by_field_name("consequence"))
    walk.drop_names_of(node)
    taken, walk.state = walk.state, otherwise
    second = walk.branch(node.child_by_field_name("alternative"))
    ways = [(taken, first), (walk.state, second)]
    walk.unsure[node.id] = _taken_in_one(otherwise, taken, walk.state)
    walk.state = met(taken, walk.state)
    return agreed([value for state, value in ways if state is not None])


def _taken_in_one(before: State | None, one: State | None, other: State | None) -> tuple[Held, ...]:
    """What is held behind one of two branches only, and was not before."""
    if before is None or one is None or other is None or one.keys() == other.keys() == before.keys():
        return ()
    return tuple(
        value.held
        for here, there in ((one, other), (other, one))
        for slot, value in here.items()
        if slot not in there and slot not in before and value.is_certain
    )


def _condition(walk: Walk, node: Node) -> list[tuple[Node, Value]]:
    """Walk a condition; what its patterns bind where it holds."""
    matched: list[tuple[Node, Value]] = []
    for part in node.named_children if node.type == "let_chain" else (node,):
        if part.type != "let_condition":
            walk.open()
            walk.place(part)
            walk.close()
            continue
        pattern, given = part.child_by_field_name("pattern"), part.child_by_field_name("value")
        value = _scrutinee(walk, given) if given is not None else None
        if value is not None and pattern is not None:
            matched.append((pattern, value))
    return matched


def _scrutinee(walk: Walk, node: Node) -> Value | None:
    """Walk what is matched: a name is not moved by that, only by what a pattern takes out of it."""
    inside = node
    while inside.type in ("reference_expression", "parenthesized_expression", "call_expression"):
        if inside.type == "call_expression":
            function = inside.child_by_field_name("function")
            name = function.child_by_field_name("field") if function is not None else None
            if function is None or name is None or walk.cx.text(name) not in _BORROWS:
                break
            inside = function
        following = inside.child_by_field_name("value") or next(iter(inside.named_children), None)
        if following is None:
            break
        inside = following
    if inside.type == "identifier":
        value = walk.value_of(inside)
        if value is None:
            return None
        if inside.id != node.id:
            return Value(value.held, value.is_maybe, is_lent=True)
        if value.is_certain:
            walk.expression(inside)  # a pattern with a name moves it there
        return value
    if node.type in ("field_expression", "self", "reference_expression"):
        walk.place(node)
        return None
    return walk.expression(node)


def _match(walk: Walk, node: Node) -> Value | None:
    given, body = node.child_by_field_name("value"), node.child_by_field_name("body")
    value = _scrutinee(walk, given) if given is not None else None
    before = walk.state
    ways: list[tuple[State | None, Value | None]] = []
    for arm in body.named_children if body is not None else ():
        if arm.type != "match_arm":
            continue
        walk.state = before
        pattern = arm.child_by_field_name("pattern")
        if value is not None and pattern is not None:
            walk.bind(next(iter(pattern.named_children), pattern), value)
        walk.branch(pattern.child_by_field_name("condition") if pattern is not None else None)
        handed = walk.branch(arm.child_by_field_name("value"))
        walk.drop_names_of(arm)
        ways.append((walk.state, handed))
    walk.state = met(*(state for state, _ in ways)) if ways else before
    return agreed([handed for state, handed in ways if state is not None])


def _loop(walk: Walk, node: Node) -> Value | None:
    """Walk a loop until what is held when a turn begins stays the same."""
    if node.type == "for_expression":
        iterated = node.child_by_field_name("value")
        if iterated is not None:
            walk.place(iterated)
    if len(walk.frames) >= _MAX_LOOPS:
        walk.forget()
    entry = walk.state
    for turn in range(_MAX_TURNS):
        walk.state = entry if turn < _MAX_TURNS - 1 or entry is None else {}
        frame = Frame(node, label_of(node, walk.cx), len(walk.temporaries))
        out = _turn(walk, node, frame)
        again = met(entry, walk.state, *frame.continues)
        if again == entry:
            break
        entry = again
    ways = [(out, None), *zip(frame.breaks, frame.values, strict=True)]
    walk.state = met(*(state for state, _ in ways))
    return agreed([value for state, value in ways if state is not None])


def _turn(walk: Walk, node: Node, frame: Frame) -> State | None:
    """One turn; what is held where the condition ends the loop."""
    condition, body = node.child_by_field_name("condition"), node.child_by_field_name("body")
    walk.frames.append(frame)
    walk.open()
    matched = _condition(walk, condition) if condition is not None else []
    kept = set(walk.temporaries[-1])
    out = walk.state if node.type != "loop_expression" else None
    for pattern, value in matched:
        walk.bind(pattern, value)
    walk.branch(body)
    walk.drop_names_of(node)
    walk.close()
    walk.frames.pop()
    return {slot: value for slot, value in out.items() if slot not in kept} if out is not None else None


BRANCHES: Final[Mapping[str, Handler]] = {
    "if_expression": _if,
    "else_clause": inner,
    "match_expression": _match,
    "loop_expression": _loop,
    "while_expression": _loop,
    "for_expression": _loop,
}
"""Handlers of what this module knows."""
