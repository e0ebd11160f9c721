"""Which calls may sleep because of what their callees call in turn: the shortest way down, over the whole tree.

A callee that is not known does not sleep. What runs later (work items, initialisers, closures that are stored) says
nothing of the function that makes it. Nothing is computed but what is asked for: of each function on the way, once,
whether a call in it sleeps by itself, and, only if none does, which functions of the tree it calls.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from typing import Final

from msgspec import Struct, field

from rfl_lint.analysis.code.calls import Call, CallForm, call_of
from rfl_lint.analysis.context.acquisitions import place_type
from rfl_lint.analysis.context.sleeping import Sleep, Step, direct_sleep
from rfl_lint.analysis.context.timing import calls_in_time
from rfl_lint.analysis.types.inference import types
from rfl_lint.analysis.types.typeref import TypeKind
from rfl_lint.facts import FunctionFact
from rfl_lint.finding import Label
from rfl_lint.index_tables import Sifting
from rfl_lint.rule import Context
from rfl_lint.syntax import Node, span_of

_CONSTANT: Final = re.compile(r"\bconst (\w+)")
_Key = tuple[str, int]


class _Summary(Struct):
    """What a function does by itself, and whom it calls; each is looked up when it is first asked for."""

    direct: Sleep | None = None
    is_read: bool = False
    edges: tuple[tuple[Step, FunctionFact], ...] | None = None


class _Way(Struct, frozen=True):
    """How a function comes to sleep; `order` has which of its edges was taken, and so on down, to tell ways apart."""

    sleep: Sleep
    order: tuple[int, ...] = ()

    def through(self, links: list[tuple[int, Step]]) -> _Way:
        """The same way from further above."""
        steps = (*(step for _, step in links), *self.sleep.steps)
        return _Way(Sleep(self.sleep.why, steps), (*(index for index, _ in links), *self.order))

    @property
    def rank(self) -> tuple[int, tuple[int, ...]]:
        """Shorter ways come first, of equally long ones the one that begins earlier."""
        return len(self.order), self.order


_UNKNOWN: Final = _Way(Sleep("", ()))


class Summaries(Sifting):
    """What is known of the functions of a tree; it outlives the parsed files, and no change of one."""

    answers: dict[_Key, _Way | None] = field(default_factory=dict)
    functions: dict[_Key, _Summary] = field(default_factory=dict)

    def forget(self, path: str) -> None:
        """Let go of what comes from a file. That nothing sleeps in another may come from it, too, and stays."""
        self.answers = {
            key: way
            for key, way in self.answers.items()
            if key[0] != path and (way is None or all(step.path != path for step in way.sleep.steps))
        }
        self.functions = {
            key: known
            for key, known in self.functions.items()
            if key[0] != path and all(fact.path != path for _, fact in known.edges or ())
        }


def summaries(cx: Context) -> Summaries:
    """What is known of the tree of a file."""
    return cx.index.once(("sleeps", cx.tables), Summaries)


def direct_of(fact: FunctionFact, cx: Context) -> Sleep | None:
    """The first call of a function, whatever file it stands in, that sleeps by itself."""
    known = _summary(fact, cx)
    if not known.is_read:
        home = cx.other(fact.path)
        found = (direct_sleep(call, home) for call in calls_of(fact, home)) if home is not None else ()
        known.direct = next((sleep for sleep in found if sleep is not None), None)
        known.is_read = True
    return known.direct


def edges_of(fact: FunctionFact, cx: Context) -> tuple[tuple[Step, FunctionFact], ...]:
    """The functions of the tree that a function calls, in the order of its calls."""
    known = _summary(fact, cx)
    if known.edges is None:
        home = cx.other(fact.path)
        known.edges = tuple(
            (step_to(call, callee, home), callee)
            for call in (calls_of(fact, home) if home is not None else ())
            if home is not None
            and _may_matter(call, home)
            and (callee := callee_of(call, home)) is not None
            and callee.has_body
        )
    return known.edges


def _may_matter(call: Call, cx: Context) -> bool:
    """Whether a function of that name is not known yet to sleep never: else it need not be told which one is meant."""
    if call.form is not CallForm.METHOD:
        return not call.name[:1].isupper()  # `Ok(..)` and its like build values
    answers = summaries(cx).answers
    return any(
        fact.has_body and answers.get((fact.path, fact.span.start), _UNKNOWN) is not None
        for fact in cx.index.named(call.name)
    )


def _summary(fact: FunctionFact, cx: Context) -> _Summary:
    return summaries(cx).functions.setdefault((fact.path, fact.span.start), _Summary())


def calls_of(fact: FunctionFact, cx: Context) -> list[Call]:
    """The calls of a function of this file that run when it does."""
    known = cx.memo(_calls)
    key = fact.span.start
    if key not in known:
        body = body_of(cx, fact)
        nodes = calls_in_time(body, cx) if body is not None else []
        switches = _switches(fact)
        if switches and any(f"if {name}" in cx.text(body) for name in switches if body is not None):
            nodes = [node for node in nodes if not _is_switched(node, switches, cx)]
        found = (call_of(node, cx.parsed) for node in nodes)
        known[key] = [call for call in found if call is not None]
    return known[key]


def _switches(fact: FunctionFact) -> frozenset[str]:
    """The names by which a caller chooses what a function does: `bool` parameters, generic constants."""
    chosen = {param.name for param in fact.params if param.type == "bool"}
    if "const" in fact.generics or "const" in fact.owner_generics:
        chosen.update(_CONSTANT.findall(f"{fact.generics} {fact.owner_generics}"))
    return frozenset(chosen | {f"!{name}" for name in chosen})


def _is_switched(node: Node, switches: frozenset[str], cx: Context) -> bool:
    """Whether a call stands in a branch that its function's caller chooses: some callers never come there."""
    for above in cx.ancestors(node):
        if above.type == "function_item":
            break
        condition = above.child_by_field_name("condition") if above.type == "if_expression" else None
        if condition is not None and cx.text(condition) in switches:
            return True
    return False


def _calls(_cx: Context) -> dict[int, list[Call]]:
    return {}


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
    answers = summaries(cx).answers
    key = (fact.path, fact.span.start)
    if key not in answers:
        _search(fact, cx)
    way = answers[key]
    return way.sleep if way is not None else None


def _search(fact: FunctionFact, cx: Context) -> None:
    """Find the answer for a function, and for those on the way to it."""
    answers = summaries(cx).answers
    above: dict[_Key, tuple[_Key, int, Step] | None] = {(fact.path, fact.span.start): None}
    waiting = deque([(fact, 0)])
    best: tuple[_Way, _Way, _Key] | None = None
    while waiting:
        current, depth = waiting.popleft()
        key = (current.path, current.span.start)
        if best is not None and depth > len(best[0].order):
            break
        way = answers[key] if key in answers else _directly(current, cx)
        if way is not None:
            whole = way.through(_links(above, key))
            if best is None or whole.rank < best[0].rank:
                best = (whole, way, key)
        elif key not in answers:
            for index, (step, callee) in enumerate(edges_of(current, cx)):
                below = (callee.path, callee.span.start)
                if below not in above:
                    above[below] = (key, index, step)
                    waiting.append((callee, depth + 1))
    if best is None:
        answers.update(dict.fromkeys(above))
        return
    # What is on the shortest way has its own shortest way there.
    _, way, key = best
    answers[key] = way
    while (link := above[key]) is not None:
        key, index, step = link
        answers[key] = way = way.through([(index, step)])


def _directly(fact: FunctionFact, cx: Context) -> _Way | None:
    direct = direct_of(fact, cx)
    return _Way(direct) if direct is not None else None


def _links(above: dict[_Key, tuple[_Key, int, Step] | None], to: _Key) -> list[tuple[int, Step]]:
    """The edges that lead to a function from where the search began."""
    links: list[tuple[int, Step]] = []
    while (link := above[to]) is not None:
        to, index, step = link
        links.append((index, step))
    return links[::-1]


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
