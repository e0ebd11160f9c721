"""A literal zero where a C function takes flags, and whether anything says why it is none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from typing import Final

from msgspec import Struct

from rfl_lint.analysis.comments.remarks import remarks
from rfl_lint.analysis.ffi.c_calls import CCall, c_calls
from rfl_lint.c.facts import CFunction
from rfl_lint.rule import Context
from rfl_lint.syntax import Node

_ZERO: Final = re.compile(r"0(?:[xob]0)?[0_]*(?:[iu](?:8|16|32|64|128|size))?")
_MAX_WRAPPERS: Final = 20
# A comment that speaks of the argument, not of something else in the statement.
_ABOUT_FLAGS: Final = re.compile(
    r"\bflag|gfp|\b(?:zero|none|0|default|aware|attribute|option)s?\b|\b(?:WQ|SHRINKER)_", re.IGNORECASE
)
_ONLY_A_NAME: Final = re.compile(r"\W*\w+\W*")


class Zero(Enum):
    """What kind of flags are missing."""

    GFP = "gfp"
    """Allocation flags."""
    LOSES = "loses"
    """Flags of a function that is known to lose something without them."""
    OTHER = "other"


class ZeroFlags(Struct, frozen=True, eq=False):
    """A literal zero as flags. `at_zero` and `flags` say what is lost and what would give it, where that is known."""

    c_call: CCall
    argument: Node
    parameter: str
    kind: Zero
    at_zero: str = ""
    flags: tuple[str, ...] = ()


def zero_flags(cx: Context) -> Iterator[ZeroFlags]:
    """All of them in a file that no comment explains."""
    lossy = cx.table("zero_flags")["functions"] if b"bindings::" in cx.source.data else {}
    for c_call in c_calls(cx):
        function, arguments = c_call.function, c_call.call.arguments
        for index in (function.gfp, function.flags):
            if index < 0 or not _fits(function, len(arguments)):
                continue
            argument = arguments[index]
            if not _is_zero(argument, cx) or _is_explained(argument, cx):
                continue
            row = lossy.get(function.name, {})
            kind = Zero.GFP if index == function.gfp else Zero.LOSES if row else Zero.OTHER
            yield ZeroFlags(
                c_call,
                argument,
                function.parameters[index].name,
                kind,
                row.get("at_zero", ""),
                tuple(row.get("flags", ())),
            )


def _fits(function: CFunction, count: int) -> bool:
    """Whether the call has the arguments that the declaration names: its positions then mean the same."""
    named = len(function.parameters)
    return count >= named if function.variadic else count == named


def _is_zero(argument: Node, cx: Context) -> bool:
    """Whether an argument is `0`, `0u32`, `0 as T`, in parentheses or not."""
    node: Node | None = argument
    for _ in range(_MAX_WRAPPERS):
        if node is None:
            return False
        if node.type == "integer_literal":
            return _ZERO.fullmatch(cx.text(node)) is not None
        if node.type == "type_cast_expression":
            node = node.child_by_field_name("value")
        elif node.type == "parenthesized_expression":
            node = next((child for child in node.named_children if not child.is_extra), None)
        else:
            return False
    return False


def _is_explained(argument: Node, cx: Context) -> bool:
    said = remarks(cx, argument).plain
    # `/* flags */ 0` names the parameter and gives no reason.
    return bool(_ABOUT_FLAGS.search(said)) and not _ONLY_A_NAME.fullmatch(said)
