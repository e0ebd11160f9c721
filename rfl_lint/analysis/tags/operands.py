"""The operands of an operation: what wraps them, what they are made of, how they are written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from rfl_lint.rule import Context
from rfl_lint.syntax import Node

GROWING: Final = frozenset({"+", "-", "*"})
DIVIDING: Final = frozenset({"/", "%", "<<", ">>"})
_CONSTANT: Final = re.compile(r"(?:\w+::)*[A-Z][A-Z0-9_]*")
_SIZES: Final = re.compile(r"(?:\w+::)*(?:size_of|align_of)(?:::<.*>)?\(\)", re.DOTALL)
_LITERALS: Final = frozenset({"integer_literal", "char_literal", "boolean_literal", "const_block"})
_WRAPPED: Final = frozenset(
    {"parenthesized_expression", "type_cast_expression", "reference_expression", "try_expression"}
)
_BLOCKS: Final = frozenset({"unsafe_block", "block"})
_AROUND_DOTS: Final = re.compile(r" ?([.()]) ?")
_MAX_STEPS: Final = 24


def operator_of(node: Node) -> str | None:
    """The operator of arithmetic, that of `+=` too; None for any other operation."""
    found = node.child_by_field_name("operator")
    if found is None:
        return None
    text = found.type.removesuffix("=") if node.type == "compound_assignment_expr" else found.type
    return text if text in GROWING | DIVIDING else None


def leaves(node: Node) -> Iterator[Node]:
    """The operands of nested arithmetic, without what wraps them."""
    waiting = [node]
    while waiting:
        current = unwrapped_operand(waiting.pop())
        if current.type == "binary_expression" and operator_of(current) in GROWING:
            waiting += [
                each for name in ("left", "right") if (each := current.child_by_field_name(name)) is not None
            ]
        else:
            yield current


def unwrapped_operand(node: Node) -> Node:
    """The expression behind parentheses, casts, borrows and a block around it."""
    current = node
    for _ in range(_MAX_STEPS):
        inner: Node | None = None
        if current.type in _WRAPPED or (
            current.type == "unary_expression" and current.children[0].type == "*"
        ):
            inner = current.child_by_field_name("value") or next(iter(current.named_children), None)
        elif current.type in _BLOCKS:
            held = [child for child in current.named_children if not child.is_extra]
            inner = held[0] if len(held) == 1 else None
        if inner is None:
            break
        current = inner
    return current


def is_known(cx: Context, node: Node) -> bool:
    """Whether a value is known when the kernel is built, to go by how it is written."""
    waiting = [node]
    while waiting:
        current = unwrapped_operand(waiting.pop())
        if current.type in ("binary_expression", "unary_expression"):
            waiting += [child for child in current.named_children if not child.is_extra]
        elif current.type not in _LITERALS:
            text = cx.text(current).strip()
            if _CONSTANT.fullmatch(text) is None and _SIZES.fullmatch(text) is None:
                return False
    return True


def plain(cx: Context, node: Node) -> str:
    """The text with as little white space as keeps words apart."""
    return _AROUND_DOTS.sub(r"\1", " ".join(cx.text(node).split()))
