"""What is held at each call of a file, and where each function's context is told by who calls it."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from operator import attrgetter
from typing import Final

from msgspec import Struct, field

from rfl_lint.analysis.code.origins import Origin, meaning_of
from rfl_lint.analysis.code.renamed import other_names
from rfl_lint.analysis.code.scopes import enclosing_function, enclosing_impl, parameters
from rfl_lint.analysis.context.acquisitions import Held, Source, held_by_parameter
from rfl_lint.analysis.context.branches import BRANCHES
from rfl_lint.analysis.context.running import RUNNING
from rfl_lint.analysis.context.state import State, Value
from rfl_lint.analysis.context.table import Hold, context_table
from rfl_lint.analysis.context.walk import STATEMENTS, Handler, Walk
from rfl_lint.facts import head_name
from rfl_lint.patterns import word
from rfl_lint.rule import Context
from rfl_lint.source import Span
from rfl_lint.syntax import Node, span_of

_FUNCTIONS: Final = frozenset({"function_item"})
_HANDLERS: Final[Mapping[str, Handler]] = {**STATEMENTS, **BRANCHES, **RUNNING}
_NOTHING: Final[State] = {}


class Contexts(Struct, eq=False):
    """What is held at the calls of one file; each function is walked when the first of its calls is asked about."""

    cx: Context
    _seen: dict[int, State] = field(default_factory=dict)
    _unsure: dict[int, tuple[Held, ...]] = field(default_factory=dict)
    _walked: set[int] = field(default_factory=set)

    def at(self, node: Node) -> State:
        """What is in which slot when a call (or macro call) runs."""
        self._walk_around(node)
        return self._seen.get(node.id, _NOTHING)

    def behind(self, node: Node) -> tuple[Held, ...]:
        """What is held behind an `if`, or is not."""
        self._walk_around(node)
        return self._unsure.get(node.id, ())

    def _walk_around(self, node: Node) -> None:
        function = enclosing_function(node, self.cx)
        if function is not None and function.id not in self._walked:
            self._walked.add(function.id)
            self._walk(function)

    def _walk(self, function: Node) -> None:
        body = function.child_by_field_name("body")
        if body is not None and _may_hold(self.cx, function):
            walk = Walk(self.cx, dict(self._start(function)), _HANDLERS)
            walk.expression(body)
            self._seen.update(walk.seen)
            self._unsure.update(walk.unsure)

    def _start(self, function: Node) -> Iterator[tuple[int, Value]]:
        """What is held when a function begins: guards it is given, and what its caller is known to be."""
        yield from _parameter_guards(function, self.cx)
        known, name = _callback(function, self.cx), function.child_by_field_name("name")
        if known is not None and known[0] == "atomic" and name is not None:
            held = Held(Source.CALLBACK, Hold.ATOMIC, span_of(name), known[1], name.start_byte)
            yield name.start_byte, Value(held)


def _callback(function: Node, cx: Context) -> tuple[str, str] | None:
    """In which context the kernel calls a function that a trait of its own asks for, and why."""
    impl = enclosing_impl(function, cx)
    trait = impl.child_by_field_name("trait") if impl is not None and impl.type == "impl_item" else None
    name = function.child_by_field_name("name")
    if trait is None or name is None:
        return None
    written = cx.text(trait)
    known = context_table(cx.tables).callbacks.get((head_name(written), cx.text(name)))
    return known if known is not None and _is_the_kernels(written, trait, cx) else None


def callback_of(start: int, cx: Context) -> tuple[str, str] | None:
    """The same of the function of this file that starts at a byte."""
    for fragment in cx.parsed.fragments_at(start):
        for node in fragment.find(_FUNCTIONS).get("function_item", ()):
            if node.start_byte == start:
                return _callback(node, cx)
    return None


def _parameter_guards(function: Node, cx: Context) -> Iterator[tuple[int, Value]]:
    for binding in parameters(function, cx):
        if binding.type is None or binding.steps:
            continue
        written = cx.text(binding.type)
        hold = held_by_parameter(written, cx, binding.name)
        if hold is not None:
            span = span_of(binding.name)
            what = f"the guard `{cx.text(binding.name)}` that it is given"
            held = Held(Source.PARAMETER, hold, span, what, span.start)
            yield span.start, Value(held, is_lent="&" in written)


def _is_the_kernels(written: str, trait: Node, cx: Context) -> bool:
    path = written.partition("<")[0].strip()
    facts = cx.index.type(path, near=cx.path).candidates
    if facts:
        return all(fact.path.startswith("rust/kernel/") for fact in facts)
    named = meaning_of(tuple(path.split("::")), trait, cx)
    modules = _callback_modules(cx)
    return named.origin is Origin.KERNEL and (named.name, named.module) in modules


def _callback_modules(cx: Context) -> frozenset[tuple[str, str]]:
    rows = cx.table("callbacks")["callbacks"]
    return frozenset((row["trait"], module) for row in rows for module in row["modules"])


def contexts(cx: Context) -> Contexts:
    """The contexts of a file, kept for it."""
    return cx.memo(Contexts)


def state_at(node: Node, cx: Context) -> State:
    """What is in which slot when a call or macro call runs; empty where it cannot be told."""
    return contexts(cx).at(node) if _in_holding_function(node, cx) else _NOTHING


def unsure_behind(node: Node, cx: Context) -> tuple[Held, ...]:
    """What is held behind an `if` where one of its branches took it, and not where the other one did."""
    return contexts(cx).behind(node) if _in_holding_function(node, cx) else ()


def held_at(node: Node, cx: Context) -> tuple[Held, ...]:
    """What is held for certain when a call or macro call runs; nothing where it cannot be told."""
    return tuple(value.held for value in state_at(node, cx).values() if value.is_certain)


def holding_places(cx: Context) -> list[Span]:
    """Where in a file something could be held, in order and apart."""
    return cx.memo(_holding)


def may_hold(cx: Context) -> bool:
    """Whether anything could be held in a file: it costs one look at its bytes."""
    return bool(cx.memo(_acquiring))


def _acquiring(cx: Context) -> list[int]:
    """Where in a file words stand without which nothing is held."""
    table, data = context_table(cx.tables), cx.source.data
    found = [match.start() for match in table.acquiring.finditer(data)]
    for name in other_names(table.acquiring_words, cx):
        found += (match.start() for match in re.finditer(word(name.encode()) + rb"\b", data))
    return sorted(found)


def _in_holding_function(node: Node, cx: Context) -> bool:
    """Whether a node lies in a function in which something could be held; few do."""
    outermost = cx.memo(_holding)
    at = node.start_byte
    index = bisect_right(outermost, at, key=_start) - 1
    return index >= 0 and at < outermost[index].end


_start: Final = attrgetter("start")


def _holding(cx: Context) -> list[Span]:
    """The functions in which something could be held, in order, without those that lie in another."""
    found: list[Span] = []
    if not may_hold(cx):
        return found
    spans = (
        span_of(node)
        for fragment in cx.parsed.fragments
        for node in fragment.find(_FUNCTIONS).get("function_item", ())
        if _may_hold(cx, node)
    )
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if not found or span.start >= found[-1].end:
            found.append(span)
    return found


def _may_hold(cx: Context, function: Node) -> bool:
    """The same for a function, and what its `impl` is of, which may make it a callback."""
    if _acquires(cx, function.start_byte, function.end_byte):
        return True
    impl = enclosing_impl(function, cx)
    body = impl.child_by_field_name("body") if impl is not None else None
    if impl is None or body is None:
        return False
    return _acquires(cx, impl.start_byte, body.start_byte)


def _acquires(cx: Context, start: int, end: int) -> bool:
    places = cx.memo(_acquiring)
    index = bisect_left(places, start)
    return index < len(places) and places[index] < end
