"""Calls that tell an allocator a made-up layout of size zero, and nothing of what the pointer was allocated with."""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from rfl_lint.analysis.code.calls import Call, CallForm, call_of, called_name, unwrapped
from rfl_lint.analysis.code.scopes import BindingKind, scopes
from rfl_lint.analysis.layout.signatures import speaks_of_layouts
from rfl_lint.analysis.types.inference import type_of
from rfl_lint.rule import Context
from rfl_lint.syntax import Node

_NAMES: Final = re.compile(r"(?:try_|__rust_)?(?:realloc|reallocate|free|dealloc|deallocate|shrink|grow)")
_EMPTY: Final = re.compile(
    r"Layout::(?:new::<\(\)>\(\)|from_size_align(?:_unchecked)?\(0(?:_?usize)?,1(?:_?usize)?,?\)"
    r"|for_value(?:::<\(\)>)?\(&\(\)\))(?:\.(?:unwrap|expect|unwrap_unchecked)\([^()]*\))?"
)
_WORD: Final = (
    r"(?:\w++::)*(?:Flags\(\w++\)|_*flags?|(?=\w*?(?:gfp|GFP_))\w++|NO_NODE|nid|node|\d\w*|true|false|None)"
    r"(?:\.as_raw\(\)|\.0)?"
)
_NO_LAYOUT: Final = re.compile(rf"{_WORD}(?:\|{_WORD})*")
_BLANKS: Final = re.compile(r"\s+")
_CONSTANTS: Final = frozenset({"const_item", "static_item"})
_MAX_HOPS: Final = 4


class Fabricated(Struct, frozen=True, eq=False):
    """A call with a made-up layout; `layout` is the argument, `made` the expression, which a local may hold."""

    call: Call
    layout: Node
    made: Node


def fabricated_layout(node: Node, cx: Context) -> Fabricated | None:
    """The made-up layout that a `call_expression` passes off as an allocation's own; None if there is none."""
    if not _NAMES.fullmatch(called_name(node, cx.parsed)) or not cx.memo(speaks_of_layouts):
        return None
    call = call_of(node, cx.parsed)
    if call is None or call.form not in (CallForm.PATH, CallForm.METHOD) or len(call.arguments) < 2:
        return None
    found: Fabricated | None = None
    others: list[Node] = []
    for argument in call.arguments:
        made = _made_up(argument, cx)
        if made is None:
            others.append(argument)
        elif found is None:
            found = Fabricated(call, argument, made)
    if found is None or not others or not _is_pointer(others[0], cx):
        return None
    return found if all(_is_no_layout(each, cx) for each in others[1:]) else None


def _made_up(node: Node, cx: Context) -> Node | None:
    """The expression of an empty layout that a node is, or that a local or constant of the file holds."""
    current = unwrapped(node)
    for _ in range(_MAX_HOPS):
        text = _BLANKS.sub("", cx.text(current))
        if _EMPTY.search(text) and _EMPTY.fullmatch(text[text.index("Layout::") :]):
            return current
        if current.type != "identifier":
            return None
        binding = scopes(cx).binding(current)
        if binding is None:
            value = cx.memo(_constants).get(cx.text(current))
        else:
            plain = binding.kind is BindingKind.LET and not binding.steps
            value = binding.value if plain else None
        if value is None:
            return None
        current = unwrapped(value)
    return None


def _constants(cx: Context) -> dict[str, Node]:
    """The constants of the file, by name."""
    found: dict[str, Node] = {}
    for fragment in cx.parsed.fragments:
        for nodes in fragment.find(_CONSTANTS).values():
            for node in nodes:
                name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
                if name is not None and value is not None:
                    found[cx.text(name)] = value
    return found


def _is_pointer(node: Node, cx: Context) -> bool:
    """Whether the first argument may be a pointer to an allocation: `None` and null are none."""
    text = _BLANKS.sub("", cx.text(node))
    return not (text.endswith(("None", "null()", "null_mut()")))


def _is_no_layout(node: Node, cx: Context) -> bool:
    """Whether an argument is certainly no layout: flags, a node, a number."""
    if _NO_LAYOUT.fullmatch(_BLANKS.sub("", cx.text(node))):
        return True
    ref = type_of(node, cx)
    return ref is not None and ref.referent.head in (
        "Flags",
        "NumaNode",
        "usize",
        "u32",
        "i32",
        "bool",
        "gfp_t",
    )
