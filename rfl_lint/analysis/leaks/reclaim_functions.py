"""What the functions of the tree do with a pointer that was given up: read off their bodies, in whatever file.

A function is judged by all its ways out. It leaves the pointer alone if nothing happened to it on any of them; it
may fail if it has taken the pointer over exactly where it returns no error.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct, field

from rfl_lint.analysis.code.calls import Call, CallForm, call_of
from rfl_lint.analysis.leaks.exit_terms import Exit, TooDeepError
from rfl_lint.analysis.leaks.exits import Walk
from rfl_lint.analysis.leaks.reclaim import Reclaim
from rfl_lint.analysis.leaks.reclaim_terms import TAKES, Fate, Form, FunctionEffect, Holding, State, Value
from rfl_lint.analysis.provenance.queries import provenance
from rfl_lint.analysis.provenance.read import shortened
from rfl_lint.analysis.provenance.terms import Call as CallTerm
from rfl_lint.analysis.provenance.terms import Step
from rfl_lint.analysis.types.typeref import parse_type
from rfl_lint.facts import FunctionFact
from rfl_lint.rule import Context
from rfl_lint.syntax import Node, span_of

# Functions that call one another are followed this far; real wrappers are one or two deep.
_MAX_CALLS: Final = 4


class FunctionEffects(Struct, eq=False):
    """The effects of the functions of one file, and the way to those of other files."""

    cx: Context
    depth: int = 0
    _known: dict[tuple[int, int], FunctionEffect] = field(default_factory=dict)

    def of_call(self, call: Call, position: int) -> FunctionEffect:
        """What the function behind a call does with one of the values that it is given."""
        term = provenance(self.cx).reader.value(call.node)
        if not isinstance(term, CallTerm) or term.name != call.name or self.depth >= _MAX_CALLS:
            return TAKES
        candidates = provenance(self.cx).resolver.candidates(term)
        fact = candidates[0] if len(candidates) == 1 else None
        other = self.cx.other(fact.path) if fact is not None and fact.has_body else None
        if fact is None or other is None:
            return TAKES
        has_receiver = bool(fact.receiver)
        index = position - 1 if call.form is CallForm.METHOD or has_receiver else position
        return function_effects(other).of(fact, index, self.depth + 1)

    def of(self, fact: FunctionFact, parameter: int, depth: int) -> FunctionEffect:
        """What a function of this file does with a parameter; -1 is the receiver."""
        key = (fact.span.start, parameter)
        if key not in self._known:
            self._known[key] = TAKES  # a function that calls itself
            found, before = TAKES, self.depth
            self.depth = depth
            try:
                found = self._effect(fact, parameter)
            finally:
                self.depth = before
                self._known[key] = found
        return self._known[key]

    def _effect(self, fact: FunctionFact, parameter: int) -> FunctionEffect:
        node = provenance(self.cx).functions.get(fact.span.start)
        body = node.child_by_field_name("body") if node is not None else None
        name = _name_of(node, parameter) if node is not None else None
        if body is None or name is None:
            return TAKES
        judge = Reclaim(self.cx, functions=self.of_call)
        try:
            Walk(self.cx, judge).run(body, judge.held(name))
        except TooDeepError:
            return TAKES
        return self._judged(fact, judge)

    def _judged(self, fact: FunctionFact, judge: Reclaim) -> FunctionEffect:
        ends = {self._end(judge, *left) for left in judge.left_with}
        steps = self._steps(judge)
        if ends and ends <= {"ours", "error"}:
            return FunctionEffect(Fate.READS)
        if ends and ends <= {"on", "error"}:
            return FunctionEffect(Fate.HANDS_ON)
        if ends == {"asks"}:
            return FunctionEffect(Fate.ASKS, steps)
        fails, takes = ends & {"may fail", "error"}, ends & {"may fail", "taken"}
        if (
            ends <= {"may fail", "error", "taken"}
            and fails
            and takes
            and parse_type(fact.returns).head == "Result"
        ):
            return FunctionEffect(Fate.MAY_FAIL, steps)
        return TAKES

    def _end(self, judge: Reclaim, way: Exit, value: Value, state: State) -> str:
        if state.waits_for(value) and not value.is_weak and value.form in (Form.RESULT, Form.OUTCOME):
            return "may fail" if value.form is Form.RESULT else "asks"
        if state.holding is Holding.OURS:
            if value.carries:
                return "on"
            return "error" if judge.is_failure(way) else "ours"
        if state.holding is Holding.ASKED:
            return "unknown"
        return "taken on error" if judge.is_failure(way) else "taken"

    def _steps(self, judge: Reclaim) -> tuple[Step, ...]:
        """The calls behind which the function fails."""
        found: list[Step] = []
        for _, value, state in judge.left_with:
            asked = (state.asked,) if state.asked is not None and state.waits_for(value) else ()
            for call in (*state.failed, *asked):
                found += steps_of_failure(call, judge, self.cx)
        return tuple(dict.fromkeys(found))


def function_effects(cx: Context) -> FunctionEffects:
    """The effects of a file's functions, kept for the file."""
    return cx.memo(FunctionEffects)


def steps_of_failure(call: Node, judge: Reclaim, cx: Context) -> list[Step]:
    """What to say of a call that failed and so did not take the pointer, with what failed in it."""
    taken = call_of(call, cx.parsed)
    shown = shortened(cx.text(taken.callee)) if taken is not None else "the call"
    own = Step(span_of(call), f"where `{shown}` fails, it has not taken the pointer", cx.path)
    return [own, *judge.calls.inside.get(call.id, ())]


def _name_of(function: Node, parameter: int) -> Node | None:
    """The name of a parameter as its uses are resolved to it; None for a pattern."""
    listed = function.child_by_field_name("parameters")
    index = 0
    for child in listed.named_children if listed is not None else ():
        pattern = child.child_by_field_name("pattern") if child.type == "parameter" else None
        if child.type == "self_parameter" or (pattern is not None and pattern.type == "self"):
            if parameter == -1:
                return child if child.type == "self_parameter" else pattern
        elif child.type == "parameter":
            if index == parameter and pattern is not None:
                inner = pattern.named_children[-1] if pattern.type == "mut_pattern" else pattern
                return inner if inner.type == "identifier" else None
            index += 1
    return None
