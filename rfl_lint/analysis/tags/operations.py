"""Operations that panic for some values: an index that may be outside, and arithmetic that may leave its type.

Reported is what depends on a value from elsewhere and is checked nowhere near: compared in a condition around it or in
one before it that leaves, bounded by a mask, a remainder or the loop that makes it.
"""

from __future__ import annotations

import re
from typing import Final

from rfl_lint.analysis.code.calls import CallForm, call_of
from rfl_lint.analysis.code.contexts import in_const_evaluation, in_tests
from rfl_lint.analysis.code.scopes import Binding, BindingKind, scopes
from rfl_lint.analysis.tags.casts import integer_name, integer_range
from rfl_lint.analysis.tags.checks import is_compared
from rfl_lint.analysis.tags.operands import (
    DIVIDING,
    GROWING,
    is_known,
    leaves,
    operator_of,
    plain,
    unwrapped_operand,
)
from rfl_lint.analysis.types.inference import function_of, type_of
from rfl_lint.facts import head_name
from rfl_lint.rule import Context
from rfl_lint.source import Span
from rfl_lint.syntax import FragmentKind, Node, span_of

OPERATION_KINDS: Final = frozenset({"binary_expression", "compound_assignment_expr", "index_expression"})
_OPERATORS: Final = frozenset(
    {
        "Index",
        "IndexMut",
        *(
            f"{name}{end}"
            for name in ("Add", "Sub", "Mul", "Div", "Rem", "Shl", "Shr")
            for end in ("", "Assign")
        ),
    }
)
_BOUNDED: Final = frozenset(
    {"min", "clamp", "rem_euclid", "saturating_sub", "leading_zeros", "trailing_zeros", "count_ones"}
)
_MAX_STEPS: Final = 24
_MAX_SHOWN: Final = 32


def unchecked_index(cx: Context, node: Node) -> tuple[Span, str] | None:
    """An index or slice by a variable of which nothing near says that it is inside: where, and by what."""
    parts = [child for child in node.named_children if not child.is_extra]
    if len(parts) != 2 or _is_quiet(cx, node):
        return None
    indexed, by = parts
    bounds = (
        [child for child in by.named_children if not child.is_extra]
        if by.type == "range_expression"
        else [by]
    )
    open_bounds = [each for each in bounds if not _is_bounded(cx, each, indexed)]
    if not open_bounds or any(is_compared(cx, node, each) for each in open_bounds):
        return None
    return span_of(node), _shown(cx, by)


def unchecked_arithmetic(cx: Context, node: Node) -> tuple[Span, str] | None:
    """Arithmetic on parameters, fields or results of C that nothing near keeps inside of its type."""
    operator = operator_of(node)
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if operator is None or left is None or right is None or _is_quiet(cx, node) or _is_part(cx, node):
        return None
    operands = [left, right] if operator in GROWING else [right]
    given = [leaf for operand in operands for leaf in leaves(operand) if _is_given(cx, leaf)]
    if not given or _integer_of(cx, left, right) is None or _fits(cx, operator, left, right):
        return None
    if any(is_compared(cx, node, leaf) for leaf in given):
        return None
    return span_of(node), operator


def _is_quiet(cx: Context, node: Node) -> bool:
    if cx.parsed.fragment_of(node).kind is FragmentKind.MACRO_RULES and "$" in cx.text(node):
        return True
    function = function_of(node, cx)
    if function is not None and head_name(function.trait) in _OPERATORS:
        return True  # an operator is expected to panic as those of the language do
    return in_const_evaluation(node, cx) or in_tests(node, cx)


def _is_part(cx: Context, node: Node) -> bool:
    """Whether it is an operand of more arithmetic, which is judged as a whole."""
    above = cx.parent(node)
    while above is not None and above.type == "parenthesized_expression":
        above = cx.parent(above)
    return above is not None and above.type == "binary_expression" and operator_of(above) in GROWING


def _is_cut(cx: Context, value: Node) -> bool:
    """Whether a value is a remainder or masked, or is put together from such by bits."""
    waiting = [value]
    while waiting:
        current = unwrapped_operand(waiting.pop())
        operator = current.child_by_field_name("operator") if current.type == "binary_expression" else None
        sign = operator.type if operator is not None else ""
        sides = [
            each for name in ("left", "right") if (each := current.child_by_field_name(name)) is not None
        ]
        if sign in ("^", "|"):
            waiting += sides
        elif sign != "%" and not (sign == "&" and any(is_known(cx, side) for side in sides)):
            return False
    return True


def _is_bounded(cx: Context, index: Node, indexed: Node) -> bool:
    if is_known(cx, index):
        return True
    current = unwrapped_operand(index)
    if current.type == "binary_expression":
        return _is_cut(cx, current)
    if current.type == "call_expression":
        call = call_of(current, cx.parsed)
        if call is None:
            return False
        if call.form is CallForm.METHOD and call.name == "len" and call.receiver is not None:
            return plain(cx, call.receiver) == plain(cx, indexed)  # the end of what is indexed
        return call.name in _BOUNDED
    if current.type != "identifier":
        return False
    binding = scopes(cx).binding(current)
    if binding is None:
        return False
    if binding.kind is BindingKind.FOR and binding.value is not None:
        return _is_counted(cx, binding.value)
    is_local = binding.kind is BindingKind.LET and binding.value is not None and not binding.steps
    return is_local and binding.value is not None and _is_masked(cx, binding)


def _is_masked(cx: Context, binding: Binding) -> bool:
    """Whether a local that is never changed is set to something bounded."""
    value = unwrapped_operand(binding.value) if binding.value is not None else None
    let = binding.owner
    if value is None or let is None or any(child.type == "mutable_specifier" for child in let.children):
        return False
    if value.type == "call_expression":
        call = call_of(value, cx.parsed)
        return call is not None and call.name in _BOUNDED | {"position", "find"}
    return value.type == "binary_expression" and _is_cut(cx, value)


def _is_counted(cx: Context, values: Node) -> bool:
    """Whether a loop counts what is there: `0..a.len()`, `0..COUNT`, `a.iter().enumerate()`."""
    values = unwrapped_operand(values)
    text = cx.text(values)
    if values.type == "range_expression":
        last = values.named_children[-1] if values.named_children else None
        return last is not None and (cx.text(last).rstrip().endswith(".len()") or is_known(cx, last))
    return ".enumerate()" in text or ".rev()" in text or ".len()" in text


def _is_given(cx: Context, leaf: Node) -> bool:
    """Whether a value is a parameter, a field, or what C returned, by way of a local too."""
    current = leaf
    for _ in range(_MAX_STEPS):
        current = unwrapped_operand(current)
        if current.type == "field_expression":
            return True
        if current.type == "call_expression":
            call = call_of(current, cx.parsed)
            return call is not None and call.form is CallForm.PATH and _is_c(cx, call.path, call.name)
        if current.type != "identifier":
            return False
        binding = scopes(cx).binding(current)
        if binding is None:
            return False
        if binding.kind is BindingKind.PARAMETER:
            return True
        if binding.kind is not BindingKind.LET or binding.steps or binding.value is None:
            return False
        current = binding.value
    return False


def _is_c(cx: Context, path: tuple[str, ...], name: str) -> bool:
    if path:
        return path[-1] == "bindings"
    imported = cx.index.imported(cx.path, name) or ""
    return imported.rpartition("::")[0].endswith("bindings")


def _integer_of(cx: Context, left: Node, right: Node) -> str | None:
    """The integer type of an operation: that of its operands, if none of them is something else."""
    found: str | None = None
    waiting = [right, left]
    while waiting:
        side = waiting.pop()
        inner = tuple(side.named_children) if side.type == "parenthesized_expression" else ()
        if side.type == "binary_expression" and operator_of(side) in GROWING:
            inner = (side.children[0], side.children[-1])
        if inner:
            waiting += inner
            continue
        ref = type_of(side, cx)
        if ref is None:
            continue
        name = integer_name(ref.referent)
        if name is None:
            return None
        found = found or name
    return found


def _fits(cx: Context, operator: str, left: Node, right: Node) -> bool:
    """Whether no values of the operands' own types leave the type, or the right one is harmless."""
    if operator in DIVIDING:
        return is_known(cx, right)
    name = _integer_of(cx, left, right)
    if name is None or operator == "-":
        return False
    bits = [_bits(cx, side) for side in (left, right)]
    signed, least, _ = integer_range(name)
    if None in bits:
        return False
    total = sum(each for each in bits if each is not None)
    most = max(each for each in bits if each is not None) + 1
    return (most if operator == "+" else total) <= least - signed


def _bits(cx: Context, side: Node) -> int | None:
    """How many bits the values of an operand have at most, before a cast made it wider."""
    current = side
    while current.type == "parenthesized_expression" and current.named_children:
        current = current.named_children[0]
    if current.type == "integer_literal":
        digits = re.match(r"0[xob][\da-fA-F_]+|[\d_]+", cx.text(current))
        return (
            int(digits[0].replace("_", ""), 0 if digits[0][1:2] in ("x", "o", "b") else 10).bit_length()
            if digits
            else None
        )
    if current.type == "call_expression":
        call = call_of(current, cx.parsed)
        widens = (
            call is not None
            and call.form is CallForm.PATH
            and call.name == "from"
            and len(call.arguments) == 1
        )
        inner = call.arguments[0] if call is not None and widens else None
    else:
        inner = current.child_by_field_name("value") if current.type == "type_cast_expression" else None
    ref = type_of(inner, cx) if inner is not None else None
    name = integer_name(ref.referent) if ref is not None else None
    if name is None:
        return None
    signed, _, most = integer_range(name)
    return None if signed else most


def _shown(cx: Context, node: Node) -> str:
    text = " ".join(cx.text(node).split())
    return text if len(text) <= _MAX_SHOWN else f"{text[: _MAX_SHOWN - 2]}.."
