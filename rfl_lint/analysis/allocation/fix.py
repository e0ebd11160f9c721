"""How to write an allocation with flags: the words of the advice, and the edits where they can be told."""

from __future__ import annotations

from typing import Final

from rfl_lint.analysis.allocation.flagless import Fault, Flagless
from rfl_lint.analysis.allocation.table import allocations
from rfl_lint.analysis.code.calls import CALL_KINDS, CallForm
from rfl_lint.analysis.code.origins import Origin
from rfl_lint.analysis.types.inference import function_of
from rfl_lint.facts import head_name
from rfl_lint.finding import Edit, Fix
from rfl_lint.rule import Context
from rfl_lint.source import Span
from rfl_lint.syntax import Node, span_of
from rfl_lint.tree import Era

_HANDLES_FAILURE: Final = frozenset(
    {"unwrap", "expect", "ok", "ok_or", "map", "map_err", "and_then", "is_ok", "is_err", "unwrap_or_else"}
)


def advice(found: Flagless, cx: Context) -> str:
    """What to write instead, for people."""
    signature = found.signature
    if signature is None:
        return f"use {found.advice}"
    listed = [".."] * (signature.arguments > 1) + ["GFP_KERNEL"]
    if signature.flags == 0 and signature.arguments > 1:
        listed.reverse()
    elif 0 < signature.flags < signature.arguments - 1:
        listed.append("..")
    name = found.today
    if found.call.form is CallForm.PATH:
        name = f"{_type_today(found, cx)}::{name}"
    return f"write `{name}({', '.join(listed)})?`, with the flags that fit the context"


def repair(found: Flagless, cx: Context) -> Fix | None:
    """The edits that give a call its flags; None where the type, the error or the flags' place is in doubt."""
    if not _may_fail_here(found.call.node, cx) or (
        found.fault is not Fault.OLD_NAME and _is_result(found, cx)
    ):
        return None
    if found.type == "vec!" and found.call.name_node is not None and cx.tree.era is Era.OWN:
        macro = found.call.callee
        edits = (Edit(span_of(macro), "kernel::kvec"), *_question_mark(found, cx))
        return Fix("use `kvec!`, which allocates with `GFP_KERNEL` and can fail", edits)
    edits = _edits(found, cx)
    return Fix("pass `GFP_KERNEL` and hand failure on", edits) if edits else None


def _edits(found: Flagless, cx: Context) -> tuple[Edit, ...]:
    call, signature = found.call, found.signature
    if signature is None or signature.flags != signature.arguments - 1 or call.name_node is None:
        return ()
    edits: list[Edit] = []
    today = _type_today(found, cx)
    if found.origin is Origin.STANDARD:
        if call.form is not CallForm.PATH or found.type not in ("Box", "Vec") or len(call.path) == 1:
            return ()
        word = _words(call.self_type)
        edits.append(Edit(span_of(word), today)) if word is not None else None
    elif call.form is CallForm.PATH and call.owner == found.type != today:
        word = _last_word(_words(call.self_type))
        if word is None:
            return ()
        edits.append(Edit(span_of(word), today))
    if found.today != call.name:
        edits.append(Edit(span_of(call.name_node), found.today))
    edits.append(_flags(found))
    return (*edits, *_question_mark(found, cx))


def _type_today(found: Flagless, cx: Context) -> str:
    known = allocations(cx.tree.era, cx.tables)
    return found.type if found.origin is Origin.LOCAL else known.todays_type(found.type)


def _words(node: Node | None) -> Node | None:
    """The words of a path without its generics."""
    if node is not None and node.type == "generic_type":
        return node.child_by_field_name("type")
    return node if node is not None and node.type in ("identifier", "scoped_identifier") else None


def _last_word(node: Node | None) -> Node | None:
    if node is not None and node.type in ("scoped_identifier", "scoped_type_identifier"):
        return node.child_by_field_name("name")
    return node


def _flags(found: Flagless) -> Edit:
    arguments = found.call.arguments
    if arguments:
        end = arguments[-1].end_byte
        return Edit(Span(end, end), ", GFP_KERNEL")
    end = found.call.node.end_byte - 1
    return Edit(Span(end, end), "GFP_KERNEL")


def _question_mark(found: Flagless, cx: Context) -> tuple[Edit, ...]:
    """A `?` behind the call, unless its failure is dealt with already."""
    parent = cx.parent(found.call.node)
    if found.fault is Fault.OLD_NAME or (parent is not None and parent.type == "try_expression"):
        return ()
    if parent is not None and parent.type == "field_expression":
        name = parent.child_by_field_name("field")
        if name is not None and cx.text(name) in _HANDLES_FAILURE:
            return ()
    end = found.call.node.end_byte
    return (Edit(Span(end, end), "?"),)


def _is_result(found: Flagless, cx: Context) -> bool:
    """Whether the call is what the function returns: then its type must change, not only its arguments."""
    parent = cx.parent(found.call.node)
    above = cx.parent(parent) if parent is not None and parent.type == "block" else None
    is_tail = above is not None and above.type == "function_item"
    return is_tail or (parent is not None and parent.type == "return_expression")


def _may_fail_here(node: Node, cx: Context) -> bool:
    """Whether a `?` hands an error to a function that returns a `Result`."""
    if node.type not in CALL_KINDS:
        return False
    for above in cx.ancestors(node):
        if above.type in ("closure_expression", "async_block", "macro_invocation", "macro_definition"):
            return False
        if above.type == "function_item":
            function = function_of(node, cx)
            returns = function.returns if function is not None else ""
            return head_name(returns) == "Result" and "fmt::Result" not in returns
    return False
