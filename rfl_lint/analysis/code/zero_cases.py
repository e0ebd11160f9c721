"""What code makes of a value that is zero: `if count == 0 { A }`, `match count { 0 => A, n => B }` and the like."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from rfl_lint.analysis.code.calls import CallForm, call_of, nodes_below, unwrapped
from rfl_lint.analysis.types.inference import block_tail
from rfl_lint.rule import Context
from rfl_lint.syntax import Node

ZERO_CASE_KINDS: Final = frozenset({"if_expression", "match_expression", "call_expression"})
_IS_ZERO: Final = frozenset({("==", "0"), ("<", "1"), ("<=", "0")})
_IS_NOT: Final = frozenset({("!=", "0"), (">", "0"), (">=", "1")})
_TURNED: Final = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}
_SUFFIX: Final = ("usize", "isize", "u64", "u32", "u16", "u8", "i64", "i32", "i16", "i8", "_")


class ZeroCase(Struct, frozen=True, eq=False):
    """`tested` is the value, `condition` where it is compared with zero, `result` what comes of zero.

    `is_mapping` tells that the value itself is used where it is not zero: zero is one case of it. That is taken for
    granted where the rest of the function was left out, as reviewers do in mail, and the value is all that it is given.
    """

    tested: Node
    condition: Node
    result: Node
    is_mapping: bool


def zero_case(node: Node, cx: Context) -> ZeroCase | None:
    """The case of zero in an `if`, a `match`, or `(x == 0).then_some(y)`; None where there is none."""
    if node.type == "if_expression":
        return _of_if(node, cx)
    if node.type == "match_expression":
        return _of_match(node, cx)
    return _of_then(node, cx)


def _of_if(node: Node, cx: Context) -> ZeroCase | None:
    condition, body = node.child_by_field_name("condition"), node.child_by_field_name("consequence")
    clause = node.child_by_field_name("alternative")
    found = _comparison(condition, cx) if condition is not None else None
    if found is None or condition is None or body is None:
        return None
    tested, is_zero = found
    other = clause
    if other is None:
        other = _rest(node, cx) if _leaves(body) else None
    first, second = (body, other) if is_zero else (other, body)
    result = _result(first) if first is not None else None
    if result is None:
        return None
    is_mapping = second is not None and (
        _mentions(second, tested, node, cx) or _is_cut(second, tested, node, cx)
    )
    return ZeroCase(tested, condition, result, is_mapping)


def _comparison(condition: Node, cx: Context) -> tuple[Node, bool] | None:
    """What is compared with zero, and whether the condition holds for zero. One side of `||` is enough."""
    waiting = [condition]
    while waiting:
        current = unwrapped(waiting.pop())
        if current.type != "binary_expression":
            continue
        left, right = current.child_by_field_name("left"), current.child_by_field_name("right")
        operator = next((child.type for child in current.children if not child.is_named), "")
        if left is None or right is None:
            continue
        if operator == "||":
            waiting += [right, left]
            continue
        if left.type == "integer_literal":
            left, right, operator = right, left, _TURNED.get(operator, "")
        if right.type != "integer_literal":
            continue
        test = (operator, _number(right, cx))
        if test in _IS_ZERO or (test in _IS_NOT and current.id == unwrapped(condition).id):
            return unwrapped(left), test in _IS_ZERO
    return None


def _number(node: Node, cx: Context) -> str:
    text = cx.text(node)
    for suffix in _SUFFIX:
        text = text.removesuffix(suffix)
    return text


def _leaves(body: Node) -> bool:
    last = next((child for child in reversed(body.named_children) if not child.is_extra), None)
    if last is not None and last.type == "expression_statement":
        last = next(iter(last.named_children), None)
    return last is not None and last.type == "return_expression"


def _rest(node: Node, cx: Context) -> Node | None:
    """The block in which an `if` is a statement: what follows is the other case."""
    parent = cx.parent(node)
    parent = cx.parent(parent) if parent is not None and parent.type == "expression_statement" else parent
    return parent if parent is not None and parent.type == "block" else None


def _result(branch: Node) -> Node | None:
    """The value that a branch ends with or returns."""
    tail = block_tail(branch) if branch.type in ("block", "else_clause") else branch
    if tail is None:
        last = next((child for child in reversed(branch.named_children) if not child.is_extra), None)
        tail = next(iter(last.named_children), None) if last is not None and last.type != "block" else None
    if tail is not None and tail.type == "return_expression":
        return next((child for child in tail.named_children if not child.is_extra), None)
    return tail


def _mentions(branch: Node, tested: Node, case: Node, cx: Context) -> bool:
    """Whether a branch uses the value; of the block around a case only what follows it counts."""
    text = cx.text(tested)
    start = case.end_byte if branch.start_byte < case.start_byte else 0
    named = nodes_below(cx.parsed, branch, frozenset({tested.type}))
    return any(node.start_byte >= start and cx.text(node) == text for node in named)


def _is_cut(rest: Node, tested: Node, case: Node, cx: Context) -> bool:
    """Whether nothing follows a case that returns in a function that must give a value for its only parameter."""
    function = cx.parent(rest)
    if function is None or function.type != "function_item" or rest.start_byte > case.start_byte:
        return False
    last = next((child for child in reversed(rest.named_children) if not child.is_extra), None)
    given = function.child_by_field_name("parameters")
    names = (
        [child.child_by_field_name("pattern") for child in given.named_children] if given is not None else []
    )
    return (
        function.child_by_field_name("return_type") is not None
        and last is not None
        and last.end_byte == case.end_byte
        and len(names) == 1
        and names[0] is not None
        and cx.text(names[0]) == cx.text(tested)
    )


def _of_match(node: Node, cx: Context) -> ZeroCase | None:
    value, body = node.child_by_field_name("value"), node.child_by_field_name("body")
    if value is None or body is None:
        return None
    tested = unwrapped(value)
    zero: tuple[Node, Node] | None = None
    is_mapping = False
    for arm in body.named_children:
        pattern = arm.child_by_field_name("pattern") if arm.type == "match_arm" else None
        result = arm.child_by_field_name("value") if pattern is not None else None
        inner = next(iter(pattern.named_children), None) if pattern is not None else None
        if pattern is None or result is None:
            continue
        if inner is not None and len(pattern.named_children) == 1 and _covers_zero(inner, cx):
            zero = zero or (pattern, result)
        else:
            bound = inner is not None and inner.type in ("identifier", "captured_pattern")
            is_mapping = is_mapping or bound or _mentions(result, tested, node, cx)
    found = _result(zero[1]) if zero is not None else None
    return ZeroCase(tested, zero[0], found, is_mapping) if zero is not None and found is not None else None


def _covers_zero(pattern: Node, cx: Context) -> bool:
    parts = pattern.named_children if pattern.type == "or_pattern" else [pattern]
    return any(part.type == "integer_literal" and _number(part, cx) == "0" for part in parts)


def _of_then(node: Node, cx: Context) -> ZeroCase | None:
    """`(x == 0).then_some(y).unwrap_or(x)`: the value in the case of zero, and what is done with the rest."""
    call = call_of(node, cx.parsed) if node.type == "call_expression" else None
    if call is None or call.form is not CallForm.METHOD or call.receiver is None or len(call.arguments) != 1:
        return None
    if call.name not in ("then", "then_some"):
        return None
    found = _comparison(call.receiver, cx)
    if found is None or not found[1]:
        return None
    result: Node | None = call.arguments[0]
    if call.name == "then" and result is not None:
        body = result.child_by_field_name("body")
        result = _result(body) if body is not None else None
    around = cx.parent(node)
    outer = cx.parent(around) if around is not None and around.type == "field_expression" else None
    given = (
        outer.child_by_field_name("arguments")
        if outer is not None and outer.type == "call_expression"
        else None
    )
    is_mapping = given is not None and _mentions(given, found[0], node, cx)
    return ZeroCase(found[0], call.receiver, result, is_mapping) if result is not None else None
