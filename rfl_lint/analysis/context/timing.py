"""When code runs that stands inside a function: along with it, or at some other time.

A closure that `Option::map` is given runs at once, if at all. One that is stored, sent to a work queue or given to a
function that nobody knows runs whenever that likes; so does what an initialiser macro is made of.
"""

from __future__ import annotations

from typing import Final

from rfl_lint.analysis.code.calls import CallForm, call_of, nodes_below
from rfl_lint.analysis.context.table import context_table
from rfl_lint.analysis.types.inference import type_of
from rfl_lint.rule import Context
from rfl_lint.syntax import Node

# Macros whose arguments are built into something that runs later, in whatever context that is.
INITIALISERS: Final = frozenset(
    {"pin_init", "try_pin_init", "init", "try_init", "pin_init_from_closure", "stack_pin_init",
     "stack_try_pin_init"}
)  # fmt: skip
# Methods that call the closure they are given before they return.
_AT_ONCE: Final = frozenset(
    {"all", "and_then", "any", "binary_search_by", "binary_search_by_key", "find", "find_map", "fold", "for_each",
     "get_or_insert_with", "inspect_err", "is_none_or", "is_ok_and", "is_some_and", "map_err", "map_or", "map_or_else",
     "max_by", "max_by_key", "min_by", "min_by_key", "ok_or_else", "or_else", "partition_point", "position", "reduce",
     "retain", "rposition", "sort_by", "sort_unstable_by", "sort_unstable_by_key", "take_if", "then", "try_fold",
     "try_for_each", "unwrap_or_else"}
)  # fmt: skip
# Methods of iterators that call it when the iterator is asked; on an `Option` they call it at once.
_ON_DEMAND: Final = frozenset(
    {"map", "filter", "filter_map", "flat_map", "inspect", "map_while", "take_while", "skip_while", "scan"}
)
# What only passes an iterator on.
_PASSES_ON: Final = _ON_DEMAND | {
    "enumerate", "rev", "skip", "take", "chain", "zip", "peekable", "step_by", "copied", "cloned", "by_ref", "fuse",
    "into_iter", "iter", "cycle", "flatten",
}  # fmt: skip
_KINDS: Final = frozenset(
    {
        "call_expression",
        "macro_invocation",
        "closure_expression",
        "async_block",
        "gen_block",
        "function_item",
        "impl_item",
    }
)
_WRAPPERS: Final = frozenset({"parenthesized_expression", "try_expression", "reference_expression"})


def runs_at_once(closure: Node, cx: Context) -> bool | None:
    """Whether a closure runs while the call does that it is given to; None for an iterator that is kept."""
    above = cx.parent(closure)
    if above is not None and above.type == "parenthesized_expression":
        call = cx.parent(above)
        function = call.child_by_field_name("function") if call is not None else None
        return function is not None and function.id == above.id
    node = cx.parent(above) if above is not None and above.type == "arguments" else None
    call_ = call_of(node, cx.parsed) if node is not None else None
    if node is None or call_ is None:
        return False
    table = context_table(cx.tables)
    if call_.form is not CallForm.METHOD:
        return False
    if call_.name in _AT_ONCE or call_.name in table.pauses or call_.name in table.lenders:
        return True
    if call_.name not in _ON_DEMAND:
        return False
    ref = type_of(call_.receiver, cx) if call_.receiver is not None else None
    if ref is not None and ref.head in ("Option", "Result"):
        return True
    return True if _is_used_up(node, cx) else None


def _is_used_up(node: Node, cx: Context) -> bool:
    """Whether what an adapter returns is used within the expression it stands in."""
    current, above = node, cx.parent(node)
    while above is not None:
        if above.type in _WRAPPERS:
            if above.type == "try_expression":
                return True  # no iterator
        elif above.type == "field_expression":
            call = cx.parent(above)
            name = above.child_by_field_name("field")
            if call is None or call.type not in ("call_expression", "generic_function") or name is None:
                return True
            if cx.text(name) not in _PASSES_ON:
                return True
            above = call if call.type == "call_expression" else cx.parent(call) or call
        else:
            break
        current, above = above, cx.parent(above)
    if above is None or above.type == "expression_statement":
        return above is not None
    value = above.child_by_field_name("value")
    return above.type == "for_expression" and value is not None and value.id == current.id


def is_later(node: Node, cx: Context) -> bool:
    """Whether what stands in a node that `calls_in_time` comes across runs at some other time."""
    if node.type == "closure_expression":
        return runs_at_once(node, cx) is False
    if node.type == "macro_invocation":
        call = call_of(node, cx.parsed)
        return call is not None and call.name in INITIALISERS
    return node.type != "call_expression"


def calls_in_time(body: Node, cx: Context) -> list[Node]:
    """The calls and macro calls of a body that run when it does, in the order they are written."""
    found: list[Node] = []
    later = -1
    for node in nodes_below(cx.parsed, body, _KINDS):
        if node.start_byte < later:
            continue
        if is_later(node, cx):
            later = node.end_byte
        if node.type in ("call_expression", "macro_invocation"):
            found.append(node)
    return found
