"""Code that asks in which context it runs, and what the answer decides.

Which functions ask is a table; a function of the tree that hands their answer on asks too. An answer that only ends in
an assertion or a message decides nothing.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from msgspec import Struct

from rfl_lint.analysis.code.c_calls import c_calls
from rfl_lint.analysis.code.calls import Call, CallForm, call_of, code_calls
from rfl_lint.analysis.code.contexts import in_debug_check, in_tests
from rfl_lint.analysis.code.local_calls import file_functions
from rfl_lint.analysis.code.scopes import enclosing_function, scopes
from rfl_lint.analysis.types.inference import block_tail, functions_by_start, type_of, types
from rfl_lint.facts import FunctionFact
from rfl_lint.rule import Context
from rfl_lint.source import Span
from rfl_lint.syntax import Node, span_of, start_of
from rfl_lint.tables import Tables

# What hands the value of an expression inside of it on.
_PASSING: Final = frozenset(
    {"parenthesized_expression", "unary_expression", "binary_expression", "type_cast_expression", "unsafe_block",
     "reference_expression", "expression_statement", "else_clause", "let_chain", "try_expression"}
)  # fmt: skip
_KEEPING: Final = {"let_declaration": ("pattern", "value"), "assignment_expression": ("left", "right")}
_LOCALS: Final = frozenset({"identifier", "mut_pattern"})
_CHOOSING: Final = frozenset({"then", "then_some"})
_FUNCTIONS: Final = frozenset({"function_item", "closure_expression"})
_EMPTY: Final = frozenset({"line_comment", "block_comment", "empty_statement", "unit_expression"})
_DEBUG: Final = re.compile(r"\bcfg!\s*+\([^)]{0,400}?(?:DEBUG|debug)")
_MAX_STEPS: Final = 60
_MAX_USES: Final = 40


class ContextQuery(Struct, frozen=True):
    """A call that asks in which context it runs, where something depends on the answer.

    `through` is the function of the tree that is called, `asks` what it, or the call itself, asks; `decision` is the
    condition or choice.
    """

    call: Call
    asks: str
    decision: Span
    through: FunctionFact | None = None


class _Table(Struct, frozen=True):
    names: frozenset[str]
    macros: frozenset[str]
    functions: frozenset[str]


@lru_cache(maxsize=4)
def _table(tables: Tables) -> _Table:
    asks = tables.table("locks")["asks"]
    said = frozenset(name for name in tables.table("printing") if name)
    return _Table(
        frozenset(asks["names"]), said | frozenset(asks["says"]["macros"]), frozenset(asks["says"]["c"])
    )


class _Answer(Struct, frozen=True):
    """Where an answer ends: `decision` if something depends on it, or it is what the function around returns."""

    decision: Node | None = None
    is_returned: bool = False


def context_queries(cx: Context) -> Iterator[ContextQuery]:
    """The questions of a file whose answer decides something."""
    asking = cx.index.mentioning(_table(cx.tables).names)
    if not asking:
        return
    for call in _questions(cx):
        yield from _judged(cx, call, call.name, None)
    for path in asking:
        there = cx.other(path)
        handing_on: dict[str, list[tuple[FunctionFact, str]]] = {}
        for fact, asks in there.memo(_handing_on) if there is not None else ():
            handing_on.setdefault(fact.name, []).append((fact, asks))
        for name, facts in handing_on.items():
            for node in code_calls(cx, (name,)):
                asked = call_of(node, cx.parsed)
                called = {_place(fact) for fact in _called(asked, cx)} if asked is not None else set()
                for fact, asks in facts if called else ():
                    if asked is not None and _place(fact) in called:
                        yield from _judged(cx, asked, asks, fact)


def _judged(cx: Context, call: Call, asks: str, through: FunctionFact | None) -> Iterator[ContextQuery]:
    decision = _answer(cx, call.node).decision
    if decision is None or in_tests(call.node, cx) or in_debug_check(call.node, cx):
        return
    yield ContextQuery(call, asks, span_of(decision), through)


def _questions(cx: Context) -> tuple[Call, ...]:
    names = _table(cx.tables).names
    return tuple(call for call in cx.memo(c_calls) if call.name in names)


def _handing_on(cx: Context) -> tuple[tuple[FunctionFact, str], ...]:
    """The functions of a file that return what they ask; for `Context.memo`."""
    found: list[tuple[FunctionFact, str]] = []
    for call in _questions(cx):
        function = enclosing_function(call.node, cx)
        fact = functions_by_start(cx).get(function.start_byte) if function is not None else None
        if fact is not None and _answer(cx, call.node).is_returned:
            found.append((fact, call.name))
    return tuple(dict.fromkeys(found))


def _called(call: Call, cx: Context) -> tuple[FunctionFact, ...]:
    index = cx.index
    if call.form is CallForm.METHOD and call.receiver is not None:
        receiver = type_of(call.receiver, cx)
        method = types(cx).method(receiver, call.name) if receiver is not None else None
        return (method,) if method is not None else ()
    if call.form is not CallForm.PATH:
        return ()
    free = index.functions("::".join((*call.path, call.name)), near=cx.path).candidates
    if free or call.self_type is None:
        return free
    owner = types(cx).annotated(call.self_type)
    return index.methods(owner.path, call.name, near=cx.path).candidates if owner is not None else ()


def _answer(cx: Context, asked: Node) -> _Answer:
    """What becomes of the value of an expression, by way of locals too."""
    waiting, seen, returned = [asked], {asked.id}, False
    for _ in range(_MAX_USES):
        if not waiting:
            break
        node = waiting.pop()
        decision, stored, is_returned = _end(cx, node)
        if decision is not None:
            return _Answer(decision)
        returned = returned or is_returned
        if stored is not None:
            for use in _uses(cx, stored):
                if use.id not in seen:
                    seen.add(use.id)
                    waiting.append(use)
    return _Answer(is_returned=returned)


def _end(cx: Context, node: Node) -> tuple[Node | None, Node | None, bool]:
    """Where a value goes: what it decides, the name that it is kept under, or whether it is returned."""
    current = node
    for _ in range(_MAX_STEPS):
        above = cx.parent(current)
        if above is None:
            return None, None, False
        kind = above.type
        if kind in ("if_expression", "while_expression", "match_expression"):
            part = above.child_by_field_name("value" if kind == "match_expression" else "condition")
            if part is not None and part.id == current.id:
                return (None if _only_says(cx, above, part) else part), None, False
            # The value of a branch.
        elif kind == "match_pattern":
            return above.child_by_field_name("condition"), None, False
        elif kind in _KEEPING:
            kept, given = (above.child_by_field_name(name) for name in _KEEPING[kind])
            is_kept = (
                given is not None and given.id == current.id and kept is not None and kept.type in _LOCALS
            )
            return None, kept if is_kept else None, False
        elif kind == "return_expression":
            return None, None, True
        elif kind == "field_expression":
            call = cx.parent(above)
            read = call_of(call, cx.parsed) if call is not None and call.type == "call_expression" else None
            chosen = read is not None and read.name in _CHOOSING and read.receiver is not None
            return (current if chosen else None), None, False
        elif kind in ("block", "match_arm", "match_block"):
            if kind == "block" and not _is_tail(above, current):
                return None, None, False
        elif kind in _FUNCTIONS:
            return None, None, kind == "function_item"
        elif kind not in _PASSING:
            return None, None, False
        current = above
    return None, None, False


def _is_tail(block: Node, node: Node) -> bool:
    tail = block_tail(block)
    return tail is not None and tail.start_byte == node.start_byte and tail.end_byte <= node.end_byte


def _uses(cx: Context, name: Node) -> Iterator[Node]:
    """The later mentions of a local in its function."""
    function = enclosing_function(name, cx)
    body = function.child_by_field_name("body") if function is not None else None
    if body is None:
        return
    word = cx.text(name).removeprefix("mut ").strip()
    bound = scopes(cx).binding(name) if name.type == "identifier" else None
    named = name if name.type == "identifier" else name.named_children[-1]
    places = {named.start_byte} | ({bound.name.start_byte} if bound is not None else set())
    uses = file_functions(cx).uses(body, word)
    for place in sorted(places):
        mentions = uses.get(place, [])
        behind = mentions[bisect_left(mentions, name.end_byte, key=start_of) :]
        yield from behind[-_MAX_USES:]


def _place(fact: FunctionFact) -> tuple[str, int]:
    return fact.path, fact.span.start


def _only_says(cx: Context, chosen: Node, condition: Node) -> bool:
    """Whether all that depends on a condition are messages and checks."""
    if _DEBUG.search(cx.text(condition)):
        return True
    if chosen.type == "match_expression":
        body = chosen.child_by_field_name("body")
        arms = body.named_children if body is not None else []
        values = [arm.child_by_field_name("value") for arm in arms if arm.type == "match_arm"]
        return all(value is not None and _says(cx, value) for value in values)
    if chosen.type == "while_expression":
        return False
    branches = [chosen.child_by_field_name("consequence"), chosen.child_by_field_name("alternative")]
    return all(_says(cx, branch) for branch in branches if branch is not None)


def _says(cx: Context, code: Node) -> bool:
    table, waiting = _table(cx.tables), [code]
    while waiting:
        node = waiting.pop()
        kind = node.type
        if kind in ("block", "unsafe_block", "else_clause", "expression_statement"):
            waiting += node.named_children
        elif kind == "macro_invocation":
            call = call_of(node, cx.parsed)
            if call is None or call.name not in table.macros:
                return False
        elif kind == "call_expression":
            call = call_of(node, cx.parsed)
            if call is None or call.owner != "bindings" or call.name not in table.functions:
                return False
        elif kind not in _EMPTY:
            return False
    return True
