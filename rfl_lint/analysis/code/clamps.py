"""Values that are cut down to a limit before they go somewhere: `x.min(limit)`, `if x > limit { x = limit }`."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection
from typing import Final

from msgspec import Struct

from rfl_lint.analysis.code.calls import CallForm, call_of, nodes_below, unwrapped
from rfl_lint.analysis.code.local_calls import file_functions
from rfl_lint.analysis.code.scopes import Binding, BindingKind, enclosing_function, scopes
from rfl_lint.analysis.types.inference import block_tail
from rfl_lint.rule import Context
from rfl_lint.syntax import Node, start_of

_IDENTIFIERS: Final = frozenset({"identifier"})
_ASSIGNMENTS: Final = frozenset({"assignment_expression"})
_LIMITING: Final = frozenset({"min", "clamp"})
_MAX_STEPS: Final = 12


class Clamp(Struct, frozen=True, eq=False):
    """`node` is what cuts the value down, `limit` the expression that it is cut down to."""

    node: Node
    limit: Node


def reads(node: Node, names: Collection[str], cx: Context) -> bool:
    """Whether a value is a field of one of these names or what a method so named returns, by way of locals too."""
    current = node
    for _ in range(_MAX_STEPS):
        current = unwrapped(current)
        if current.type == "field_expression":
            field = current.child_by_field_name("field")
            return field is not None and cx.text(field) in names
        if current.type == "call_expression":
            call = call_of(current, cx.parsed)
            if call is None or call.receiver is None or call.arguments:
                return False
            if call.name in names:
                return True
            current = call.receiver
            continue
        binding = scopes(cx).binding(current) if current.type == "identifier" else None
        if binding is None or binding.kind is not BindingKind.LET or binding.value is None or binding.steps:
            return False
        current = binding.value
    return False


def clamp_of(value: Node, target: Node, limits: Collection[str], cx: Context) -> Clamp | None:
    """How a value that goes into `target`, a call or an assignment, was cut down to a limit only for that."""
    current = unwrapped(value)
    way = [target]
    for _ in range(_MAX_STEPS):
        found = _in_expression(current, limits, cx)
        if found is not None:
            return found
        if current.type != "identifier":
            return None
        binding = scopes(cx).binding(current)
        if binding is None:
            return None
        found = _in_place(current, binding, limits, cx)
        if found is not None:
            return found if _is_used_only(binding, current, found.node, way, cx) else None
        if binding.kind is not BindingKind.LET or binding.value is None or binding.steps:
            return None
        if not _is_used_only(binding, current, binding.value, way, cx):
            return None
        way.append(binding.value)
        current = unwrapped(binding.value)
    return None


def _in_expression(value: Node, limits: Collection[str], cx: Context) -> Clamp | None:
    if value.type == "call_expression":
        call = call_of(value, cx.parsed)
        if call is None or call.name not in _LIMITING:
            return None
        given = call.arguments if call.form is CallForm.PATH else (*call.arguments, call.receiver)
        limit = next((each for each in given if each is not None and reads(each, limits, cx)), None)
        return Clamp(value, limit) if limit is not None and len(given) > 1 else None
    if value.type != "if_expression":
        return None
    condition, body = value.child_by_field_name("condition"), value.child_by_field_name("consequence")
    clause = value.child_by_field_name("alternative")
    tails = [block_tail(each) for each in (body, clause) if each is not None]
    limit = next((each for each in tails if each is not None and reads(each, limits, cx)), None)
    if limit is None or condition is None or len(tails) != 2 or not _compares(condition, limits, cx):
        return None
    return Clamp(value, limit)


def _compares(condition: Node, limits: Collection[str], cx: Context) -> bool:
    test = unwrapped(condition)
    if test.type != "binary_expression" or not any(
        child.type in ("<", ">", "<=", ">=") for child in test.children
    ):
        return False
    sides = (test.child_by_field_name("left"), test.child_by_field_name("right"))
    return any(side is not None and reads(side, limits, cx) for side in sides)


def _in_place(use: Node, binding: Binding, limits: Collection[str], cx: Context) -> Clamp | None:
    """`if value > limit { value = limit; }` or `value = value.min(limit);` before the use."""
    function = enclosing_function(use, cx)
    body = function.child_by_field_name("body") if function is not None else None
    named = _assignments(body, cx).get(cx.text(use), []) if body is not None else []
    for node in reversed(named[: bisect_left(named, use.start_byte, key=start_of)]):
        if node.start_byte < binding.name.start_byte:
            return None
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None or node.end_byte > use.start_byte:
            continue
        if scopes(cx).binding(left) is not binding and not _is_same(left, binding, cx):
            continue
        inner = _in_expression(unwrapped(right), limits, cx)
        if inner is not None:
            return Clamp(node, inner.limit)
        around = next((above for above in cx.ancestors(node) if above.type == "if_expression"), None)
        condition = around.child_by_field_name("condition") if around is not None else None
        if condition is not None and reads(right, limits, cx) and _compares(condition, limits, cx):
            return Clamp(node, right)
        return None
    return None


def _assignments(body: Node, cx: Context) -> dict[str, list[Node]]:
    """The assignments to a mere name in the body of a function, by that name, in order."""
    known = cx.memo(_known)
    if body.id not in known:
        found: dict[str, list[Node]] = {}
        for node in nodes_below(cx.parsed, body, _ASSIGNMENTS):
            left = node.child_by_field_name("left")
            if left is not None and left.type == "identifier":
                found.setdefault(cx.text(left), []).append(node)
        known[body.id] = found
    return known[body.id]


def _known(_cx: Context) -> dict[int, dict[str, list[Node]]]:
    """By body, filled as they are asked about."""
    return {}


def _is_same(name: Node, binding: Binding, cx: Context) -> bool:
    found = scopes(cx).binding(name)
    return found is not None and found.name == binding.name


def _is_used_only(binding: Binding, use: Node, clamp: Node, way: list[Node], cx: Context) -> bool:
    """Whether what was cut down goes nowhere else: a limit on the work itself is used for that work, too."""
    function = enclosing_function(use, cx)
    body = function.child_by_field_name("body") if function is not None else None
    uses = file_functions(cx).uses(body, cx.text(use)) if body is not None else {}
    own = uses.get(binding.name.start_byte, [])
    for node in own[bisect_left(own, clamp.end_byte, key=start_of) :]:
        if not any(each.start_byte <= node.start_byte < each.end_byte for each in way):
            return False
    return True
