"""Which bits of a mask of allocation flags code tests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from rfl_lint.analysis.code.calls import CallForm, call_of, path_of, unwrapped
from rfl_lint.rule import Context
from rfl_lint.syntax import Node

TEST_KINDS: Final = frozenset({"binary_expression", "call_expression"})
_MASKED: Final = re.compile(rb"&\s*(?:[$\w]+::)*(\w+)|\b(\w+)\s*(?=&[^&=])")
_MACROS: Final = frozenset({"macro_definition", "macro_invocation"})
_ASKING: Final = frozenset({"contains", "intersects"})
_SETTING: Final = frozenset({"compound_assignment_expr", "assignment_expression"})
_THROUGH: Final = frozenset({"parenthesized_expression", "type_cast_expression", "unsafe_block", "block"})


class FlagTest(Struct, frozen=True, eq=False):
    """A test of some flags; `names` are the last words of what they are written as."""

    node: Node
    names: frozenset[str]


def flag_test(node: Node, cx: Context) -> FlagTest | None:
    """`mask & FLAG` or `mask.contains(FLAG)`; None where a mask is put together or bits are taken out of it."""
    if node.type == "call_expression":
        call = call_of(node, cx.parsed)
        if call is None or call.form is not CallForm.METHOD or call.name not in _ASKING or not call.arguments:
            return None
        return FlagTest(node, frozenset(_names(call.arguments[0], cx)))
    if not any(child.type == "&" for child in node.children) or _is_stored(node, cx):
        return None
    sides = (node.child_by_field_name("left"), node.child_by_field_name("right"))
    return FlagTest(node, frozenset(name for side in sides if side is not None for name in _names(side, cx)))


def _is_stored(node: Node, cx: Context) -> bool:
    """Whether the masked value becomes a mask again: `mask = mask & FLAGS`."""
    for above in cx.ancestors(node):
        if above.type not in _THROUGH:
            return above.type in _SETTING
    return False


def _names(value: Node, cx: Context) -> Iterator[str]:
    """The constants that are or-ed together; those behind a `!` are left out."""
    waiting = [value]
    while waiting:
        current = unwrapped(waiting.pop())
        if current.type == "binary_expression":
            if any(child.type == "|" for child in current.children):
                waiting += [child for child in current.named_children if not child.is_extra]
        elif current.type in ("identifier", "scoped_identifier"):
            path = path_of(current, cx.parsed)
            if path:
                yield path[-1]


def tested_flags(cx: Context) -> frozenset[str]:
    """All flags that are tested somewhere in a file; for `Context.memo`."""
    found: set[str] = set()
    for fragment in cx.parsed.fragments:
        for nodes in fragment.find(TEST_KINDS).values():
            for node in nodes:
                test = flag_test(node, cx)
                if test is not None:
                    found |= test.names
    # Of a macro without any call in it only the tokens are known.
    for nodes in cx.parsed.fragments[0].find(_MACROS).values():
        for node in nodes:
            for match in _MASKED.finditer(cx.source.data, node.start_byte, node.end_byte):
                found.add((match[1] or match[2]).decode())
    return frozenset(found)
