"""Where a context is certainly one that may sleep, and which public functions sleep without saying so."""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from rfl_lint.analysis.code.calls import Call, CallForm, call_of
from rfl_lint.analysis.code.scopes import enclosing_function
from rfl_lint.analysis.context.acquisitions import Source, acquisition
from rfl_lint.analysis.context.chains import body_sleeps, calls_of, sleeps
from rfl_lint.analysis.context.functions import held_at
from rfl_lint.analysis.context.sleeping import Sleep
from rfl_lint.analysis.context.table import context_table
from rfl_lint.analysis.context.timing import calls_in_time
from rfl_lint.analysis.documentation.items import doc_comments
from rfl_lint.analysis.types.inference import functions_by_start
from rfl_lint.facts import FunctionFact
from rfl_lint.rule import Context
from rfl_lint.source import Span
from rfl_lint.syntax import Node, span_of

_ATOMIC: Final = re.compile(r"\bGFP_ATOMIC\b")
# What may stand between a statement and the body of its function, if the statement is to run each time.
_STRAIGHT: Final = frozenset(
    {"block", "expression_statement", "let_declaration", "unsafe_block", "call_expression", "field_expression",
     "arguments", "try_expression", "parenthesized_expression", "reference_expression", "unary_expression",
     "assignment_expression", "compound_assignment_expr", "type_cast_expression", "let_condition"}
)  # fmt: skip
_SAYS_SO: Final = re.compile(
    r"sleep|schedul|block(?:s|ing|ed)?\b|\bwait|atomic context|process context|may fault|page fault|GFP_KERNEL|"
    r"mutex|interrupt context|grace period",
    re.IGNORECASE,
)  # fmt: skip


class NeedlessAtomic(Struct, frozen=True):
    """`GFP_ATOMIC` where the context may sleep, and what tells so."""

    span: Span
    because: str
    evidence: Span


def needless_atomic(node: Node, cx: Context) -> NeedlessAtomic | None:
    """What tells that an allocation with `GFP_ATOMIC` could wait."""
    call = call_of(node, cx.parsed)
    flags = (
        next((each for each in call.arguments if _is_atomic(each, cx)), None) if call is not None else None
    )
    if flags is None or any(held.hold.is_atomic for held in held_at(node, cx)):
        return None
    function = enclosing_function(node, cx)
    if function is None:
        return None
    body = _body_of(function, cx)
    if body is None or node.id not in body.calls:
        return None
    for held in held_at(node, cx):
        if held.source is Source.LOCK and held.kind is not None and held.kind.sleeps:
            return NeedlessAtomic(span_of(flags), f"{held.what} is held, and taking it may sleep", held.span)
    if body.chain is None or body.place is None:
        return None
    return NeedlessAtomic(span_of(flags), f"this function sleeps in {body.chain}", body.place)


class _Body(Struct, frozen=True):
    """The calls of a function that runs nothing that may be atomic, and where it sleeps each time, if it does."""

    calls: frozenset[int]
    chain: str | None = None
    place: Span | None = None


def _body_of(function: Node, cx: Context) -> _Body | None:
    known = cx.memo(_known)
    if function.id not in known:
        known[function.id] = _read(function, cx)
    return known[function.id]


def _known(_cx: Context) -> dict[int, _Body | None]:
    """By function, filled as they are asked about."""
    return {}


def _read(function: Node, cx: Context) -> _Body | None:
    body = function.child_by_field_name("body")
    found = (call_of(each, cx.parsed) for each in (calls_in_time(body, cx) if body is not None else ()))
    calls = [each for each in found if each is not None]
    if any(_may_be_atomic(each, cx) for each in calls):
        return None
    ids = frozenset(each.node.id for each in calls)
    for each in calls:
        sleep = sleeps(each.node, cx) if _runs_each_time(each.node, function, cx) else None
        if sleep is not None:
            return _Body(ids, str(sleep.chain), span_of(each.name_node or each.node))
    return _Body(ids)


def _is_atomic(node: Node, cx: Context) -> bool:
    text = cx.text(node)
    return _ATOMIC.search(text) is not None and context_table(cx.tables).flags_sleep(text) is False


def _may_be_atomic(call: Call, cx: Context) -> bool:
    """Whether a call may take something atomic, be it of a kind that is not known."""
    table = context_table(cx.tables)
    if call.owner == "bindings":
        opened = table.c_opens.get(call.name)
        return "irq" in call.name or (opened is not None and opened[1].is_atomic)
    taken = acquisition(call, cx)
    if taken is not None:
        return taken.held.hold.is_atomic
    return "lock" in call.name or (call.form is CallForm.METHOD and call.name in table.section_methods)


def _runs_each_time(node: Node, function: Node, cx: Context) -> bool:
    for above in cx.ancestors(node):
        if above.id == function.id:
            return True
        if above.type not in _STRAIGHT:
            return False
    return False


def undocumented_sleep(function: Node, cx: Context) -> tuple[FunctionFact, Sleep] | None:
    """A public function that may sleep and does not say so, and how it does."""
    fact = functions_by_start(cx).get(function.start_byte)
    public = next((child for child in function.children if child.type == "visibility_modifier"), None)
    if fact is None or public is None or cx.text(public) != "pub" or not fact.has_body:
        return None
    docs = doc_comments(cx).of(function.start_byte)
    text = " ".join(docs.text(line) for line in docs.lines) if docs is not None else ""
    if _SAYS_SO.search(f"{fact.name} {text}") is not None:
        return None
    sleep = body_sleeps(fact, cx)
    if sleep is None or any(call.name == "might_sleep" for call in calls_of(fact, cx)):
        return None
    return fact, sleep
