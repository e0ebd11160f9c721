"""Whether the code around an operation compares one of its operands, so that it is no surprise what it may be."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from rfl_lint.analysis.code.calls import call_of
from rfl_lint.analysis.code.scopes import BindingKind, scopes
from rfl_lint.analysis.tags.operands import leaves, plain, unwrapped_operand
from rfl_lint.rule import Context
from rfl_lint.syntax import Node

_COMPARES: Final = re.compile(r"<=?(?!<)|>=?(?!>)|==|!=|\bis_empty\b|\bcontains\b|\bis_power_of_two\b")
_LEAVES: Final = re.compile(r"\b(?:return|break|continue|panic!|unreachable!|Err)\b")
_ASSERTS: Final = re.compile(r"(?:\w+::)*(?:debug_|build_|static_)?assert(?:_eq|_ne)?")


def is_compared(cx: Context, node: Node, value: Node) -> bool:
    """Whether a condition around an operation, or one before it that leaves, compares the value."""
    words = {word for leaf in leaves(value) for word in _words(cx, leaf)}
    patterns = [_mention(word) for word in words]
    if not patterns:
        return False

    def compares(part: Node | None) -> bool:
        text = plain(cx, part) if part is not None else ""
        return _COMPARES.search(text) is not None and any(pattern.search(text) for pattern in patterns)

    before = node
    for above in cx.ancestors(node):
        kind = above.type
        if kind in ("if_expression", "while_expression", "match_pattern"):
            if compares(above.child_by_field_name("condition")):
                return True
        elif kind == "match_arm":
            if compares(above.child_by_field_name("pattern")) or _is_matched(cx, above, words):
                return True
        elif kind == "binary_expression" and above.children[1].type in ("&&", "||"):
            if above.children[0].id != before.id and compares(above.children[0]):
                return True
        elif kind == "block":
            if any(_first_check(cx, above, word) < before.start_byte for word in words):
                return True
        elif kind == "function_item":
            break
        before = above
    return False


def _is_matched(cx: Context, arm: Node, words: set[str]) -> bool:
    """Whether an arm is for some values only of a variable that is matched."""
    pattern, block = arm.child_by_field_name("pattern"), cx.parent(arm)
    match = cx.parent(block) if block is not None else None
    value = match.child_by_field_name("value") if match is not None else None
    if pattern is None or value is None or plain(cx, value) not in words:
        return False
    return re.search(r"[\d.]|[A-Z]", cx.text(pattern)) is not None


class _Guard(Struct, frozen=True):
    """A statement that leaves unless something holds, with its text, or that cuts a variable to size."""

    start: int
    text: str
    masked: str


def _first_check(cx: Context, block: Node, word: str) -> int:
    """Where the first statement of a block stands that has a say in what a variable may be, as it is written."""
    known = cx.memo(_first_known)
    if (block.id, word) not in known:
        pattern = _mention(word)
        known[block.id, word] = next(
            (
                guard.start
                for guard in _guards(cx, block)
                if guard.masked == word or (guard.text and pattern.search(guard.text))
            ),
            sys.maxsize,
        )
    return known[block.id, word]


def _first_known(_cx: Context) -> dict[tuple[int, str], int]:
    """By block and variable, filled as they are asked about."""
    return {}


def _mention(word: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.]){re.escape(word)}(?![\w(])")


def _guards(cx: Context, block: Node) -> list[_Guard]:
    known = cx.memo(_guards_known)
    if block.id not in known:
        found: list[_Guard] = []
        for child in block.named_children:
            text = plain(cx, child) if _checks(cx, child) else ""
            guard = _Guard(child.start_byte, text if _COMPARES.search(text) else "", _masked(cx, child))
            if guard.text or guard.masked:
                found.append(guard)
        known[block.id] = found
    return known[block.id]


def _guards_known(_cx: Context) -> dict[int, list[_Guard]]:
    """By block, likewise."""
    return {}


def _masked(cx: Context, statement: Node) -> str:
    """The variable that a statement cuts to size, as it is written: `offset &= PAGE_SIZE - 1`."""
    inner = next(iter(statement.named_children), None) if statement.type == "expression_statement" else None
    if inner is None or inner.type != "compound_assignment_expr":
        return ""
    left, operator = inner.child_by_field_name("left"), inner.child_by_field_name("operator")
    cuts = left is not None and operator is not None and operator.type in ("&=", "%=")
    return plain(cx, left) if cuts and left is not None else ""


def _checks(cx: Context, statement: Node) -> bool:
    """Whether a statement leaves unless something holds."""
    inner = (
        statement.named_children[0]
        if statement.type == "expression_statement" and statement.named_children
        else statement
    )
    if inner.type == "macro_invocation":
        macro = inner.child_by_field_name("macro")
        return macro is not None and _ASSERTS.fullmatch(cx.text(macro)) is not None
    if inner.type != "if_expression":
        return False
    body = inner.child_by_field_name("consequence")
    return body is not None and _LEAVES.search(cx.text(body)) is not None


def _words(cx: Context, leaf: Node) -> Iterator[str]:
    """How a variable is written; of a call its receiver, of a local that counts something that count too."""
    current = unwrapped_operand(leaf)
    if current.type == "call_expression":
        call = call_of(current, cx.parsed)
        if call is not None and call.receiver is not None:
            yield plain(cx, call.receiver)
    elif current.type in ("identifier", "field_expression"):
        yield plain(cx, current)
        base = current.child_by_field_name("value") if current.type == "field_expression" else None
        if base is not None and plain(cx, current).endswith(".0"):
            yield f"*{plain(cx, base)}"  # a newtype compared as a whole
        binding = scopes(cx).binding(current) if current.type == "identifier" else None
        value = binding.value if binding is not None and binding.kind is BindingKind.LET else None
        if value is not None and plain(cx, value).endswith(".len()"):
            yield plain(cx, value)
