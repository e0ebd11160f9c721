"""Which calls may sleep because of what their callees call in turn: the shortest way down, over the whole tree.

A callee that is not known does not sleep. What runs later (work items, initialisers, closures that are stored) says
nothing of the function that makes it. Nothing is computed but what is asked for: of each function on the way, once,
whether a call in it sleeps by itself, and, only if none does, which functions of the tree it calls.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from rfl_lint.analysis.code.calls import Call, CallForm, call_of
from rfl_lint.analysis.context.acquisitions import place_type
from rfl_lint.analysis.context.sleeping import Sleep, Step, direct_sleep
from rfl_lint.analysis.context.timing import calls_in_time
from rfl_lint.analysis.types.inference import types
from rfl_lint.analysis.types.typeref import TypeKind
from rfl_lint.facts import FunctionFact
from rfl_lint.finding import Label
from rfl_lint.rule import Context
from rfl_lint.syntax import Node, span_of

_Key = tuple[str, int]
_UNKNOWN: Final = Sleep("", ())


@dataclass(eq=False)
class Summaries:
    """What is known of the functions of one file, by where they start."""

    cx: Context
    sleeps: dict[int, Sleep | None] = field(default_factory=dict)
    """The answers that are final."""
    _calls: dict[int, list[Call]] = field(default_factory=dict)
    _direct: dict[int, Sleep | None] = field(default_factory=dict)
    _edges: dict[int, list[tuple[Step, FunctionFact]]] = field(default_factory=dict)

    def direct(self, fact: FunctionFact) -> Sleep | None:
        """The first call of a function that sleeps by itself."""
        key = fact.span.start
        if key not in self._direct:
            found = (direct_sleep(call, self.cx) for call in self.calls(fact))
            self._direct[key] = next((sleep for sleep in found if sleep is not None), None)
        return self._direct[key]

    def edges(self, fact: FunctionFact) -> list[tuple[Step, FunctionFact]]:
        """The functions of the tree that a function calls."""
        key = fact.span.start
        if key not in self._edges:
            self._edges[key] = [
                (step_to(call, callee, self.cx), callee)
                for call in self.calls(fact)
                if (callee := callee_of(call, self.cx)) is not None and callee.has_body
            ]
        return self._edges[key]

    def calls(self, fact: FunctionFact) -> list[Call]:
        """The calls that run when a function does."""
        key = fact.span.start
        if key not in self._calls:
            body = body_of(self.cx, fact)
            nodes = calls_in_time(body, self.cx) if body is not None else ()
            found = (call_of(node, self.cx.parsed) for node in nodes)
            self._calls[key] = [call for call in found if call is not None]
        return self._calls[key]


def step_to(call: Call, callee: FunctionFact, cx: Context) -> Step:
    """A call of a function of the tree as one step."""
    name = f"{callee.owner}::{callee.name}" if callee.owner else callee.name
    return Step(cx.path, span_of(call.name_node or call.node), name)


def body_of(cx: Context, fact: FunctionFact) -> Node | None:
    """The body of a function of this file."""
    for fragment in cx.parsed.fragments_at(fact.span.start):
        node = fragment.root.descendant_for_byte_range(
            fact.span.start, max(fact.span.start, fact.span.end - 1)
        )
        while node is not None and node.type != "function_item":
            node = node.parent
        if node is not None and node.start_byte == fact.span.start:
            return node.child_by_field_name("body")
    return None


def callee_of(call: Call, cx: Context) -> FunctionFact | None:
    """The one function of the tree that a call means; None where there are several, or the types are not known."""
    index, near = cx.index, cx.path
    if call.form is CallForm.METHOD and call.receiver is not None:
        if not index.has_method(call.name):
            return None
        ref = place_type(call.receiver, cx)
        return types(cx).method(ref, call.name) if ref is not None else None
    if call.form is not CallForm.PATH or call.owner == "bindings":
        return None
    module = types(cx).homes.module_at(call.node.start_byte) or None
    if not call.path:
        return index.functions(call.name, near=near, module=module).only
    owner = types(cx).annotated(call.self_type) if call.self_type is not None and not call.trait else None
    if owner is not None and owner.kind is TypeKind.PATH:
        found = index.methods(owner.path, call.name, near=near)
        if not found.is_unknown:
            return found.only
    if call.owner == "Self" or call.trait:
        return None
    return index.functions("::".join((*call.path, call.name)), near=near, module=module).only


def body_sleeps(fact: FunctionFact, cx: Context) -> Sleep | None:
    """Why a function of the tree may sleep, whatever file it stands in: the shortest way, of several the first.

    A search in breadth; where it finds nothing, nothing that it came by sleeps.
    """
    own = cx.other(fact.path)
    if own is None:
        return None
    answers = own.memo(Summaries).sleeps
    if fact.span.start not in answers:
        answers[fact.span.start] = _search(fact, cx)
    return answers[fact.span.start]


def _search(fact: FunctionFact, cx: Context) -> Sleep | None:
    above: dict[_Key, tuple[_Key, Step] | None] = {(fact.path, fact.span.start): None}
    waiting = deque([fact])
    passed: list[tuple[Summaries, int]] = []
    while waiting:
        current = waiting.popleft()
        key = (current.path, current.span.start)
        home = cx.other(current.path)
        known = home.memo(Summaries) if home is not None else None
        if known is None or known.sleeps.get(current.span.start, _UNKNOWN) is None:
            continue
        direct = known.direct(current)
        if direct is not None:
            return Sleep(direct.why, (*_way(above, key), *direct.steps))
        passed.append((known, current.span.start))
        for step, callee in known.edges(current):
            below = (callee.path, callee.span.start)
            if below not in above:
                above[below] = (key, step)
                waiting.append(callee)
    for known, begin in passed:
        known.sleeps[begin] = None
    return None


def _way(above: dict[_Key, tuple[_Key, Step] | None], to: _Key) -> Iterator[Step]:
    """The steps that lead to a function from where the search began."""
    steps: list[Step] = []
    link = above[to]
    while link is not None:
        to, step = link
        steps.append(step)
        link = above[to]
    yield from reversed(steps)


def sleeps(node: Node, cx: Context) -> Sleep | None:
    """Why a call or macro call may sleep; None where it does not, or nobody can tell."""
    call = call_of(node, cx.parsed)
    if call is None:
        return None
    direct = direct_sleep(call, cx)
    if direct is not None:
        return direct
    callee = callee_of(call, cx)
    below = body_sleeps(callee, cx) if callee is not None and callee.has_body else None
    if callee is None or below is None:
        return None
    return Sleep(below.why, (step_to(call, callee, cx), *below.steps))


def labels(sleep: Sleep, cx: Context) -> Iterator[Label]:
    """The steps behind the first as related places."""
    for above, step in zip(sleep.steps, sleep.steps[1:], strict=False):
        path = step.path if step.path != cx.path else ""
        yield Label(step.span, f"`{above.name}` calls `{step.name}`", path)
