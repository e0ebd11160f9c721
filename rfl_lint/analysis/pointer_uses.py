"""Where pointers end up: in an expression of the file, or by way of a function of the tree that takes a raw pointer.

An analysis says which expressions use a pointer in its sense (`direct`) and which origins concern it; what this
module adds is the way through calls: a function that uses its own parameter so is a use wherever it is called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final
from weakref import WeakKeyDictionary

from rfl_lint.analysis.calls import call_of
from rfl_lint.analysis.derivations import joined
from rfl_lint.analysis.provenance import provenance
from rfl_lint.analysis.provenance_read import declared
from rfl_lint.analysis.provenance_terms import Call, Kind, Origin, Step, Term
from rfl_lint.analysis.scopes import enclosing_function
from rfl_lint.analysis.typeref import TypeRef, parse_type
from rfl_lint.facts import FileFacts, FunctionFact
from rfl_lint.index import Index
from rfl_lint.rule import Context
from rfl_lint.source import Span
from rfl_lint.syntax import FragmentKind, Node, span_of

_CALLS: Final = frozenset({"call_expression"})
_MAX_DEPTH: Final = 6


@dataclass(frozen=True, slots=True)
class Use:
    """A pointer is used at `span`; `steps` lead from the pointer to what happens to it.

    `function` is where the function around it starts, -1 outside of any. `kind` and `type` are the asking analysis's
    own; `node` is the expression that uses the pointer, and `through` the function called, if that does so.
    """

    pointer: Term
    span: Span
    steps: tuple[Step, ...]
    kind: str
    node: Node
    function: int = -1
    through: str = ""
    type: TypeRef | None = None


Direct = Callable[[Context], tuple[Use, ...]]


@dataclass(frozen=True, slots=True)
class Reached:
    """A use and one origin of the pointer that gets there; `steps` lead from the source to the use."""

    use: Use
    origin: Origin
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class _Passed:
    """A raw pointer that goes into a function of the tree."""

    node: Node
    given: Term
    index: int
    facts: tuple[FunctionFact, ...]
    function: int


@dataclass(eq=False)
class _Calls:
    """The calls of one file that hand a raw pointer to a function with a body."""

    cx: Context
    taken: dict[tuple[Direct, int, int], Use | None] = field(default_factory=dict)
    _by_function: dict[int, list[_Passed]] | None = field(default=None)

    def all(self) -> dict[int, list[_Passed]]:
        """All of them, by where the function around them starts."""
        if self._by_function is None:
            self._by_function = {}
            for passed in self._read():
                self._by_function.setdefault(passed.function, []).append(passed)
        return self._by_function

    def _read(self) -> Iterator[_Passed]:
        pointers, names = provenance(self.cx), _raw_takers(self.cx.index)
        for fragment in self.cx.parsed.fragments:
            if fragment.kind is FragmentKind.DOC_CODE:
                continue
            for node in fragment.find(_CALLS).get("call_expression", ()):
                call = call_of(node, self.cx.parsed)
                if call is None or not call.arguments or call.name not in names:
                    continue
                term = pointers.reader.value(node)
                if not isinstance(term, Call) or term.name != call.name:
                    continue
                facts = pointers.resolver.candidates(term)
                for index, given in enumerate(term.args):
                    takers = tuple(fact for fact in facts if _takes_raw(fact, index))
                    if takers and len(takers) == len(facts):
                        yield _Passed(node, given, index, takers, around(node, self.cx))


@dataclass(eq=False)
class _Names:
    """The names of functions that take a raw pointer, file by file, and of all files."""

    files: dict[str, tuple[FileFacts, frozenset[str]]] = field(default_factory=dict)
    all: frozenset[str] = frozenset()


_NAMES: Final[WeakKeyDictionary[Index, _Names]] = WeakKeyDictionary()


def _raw_takers(index: Index) -> frozenset[str]:
    """The names of the tree's functions that take a raw pointer: a quick test, most calls need no closer look.

    Only what files say anew is read again, as an editor replaces them one by one.
    """
    known = _NAMES.setdefault(index, _Names())
    changed = len(known.files) != len(index.files)
    for path, facts in index.files.items():
        before = known.files.get(path)
        if before is None or before[0] is not facts:
            takers = (fact for fact in facts.functions if _takes_any_raw(fact))
            known.files[path] = (facts, frozenset(fact.name for fact in takers))
            changed = True
    if changed:
        for path in known.files.keys() - index.files.keys():
            del known.files[path]
        known.all = frozenset[str]().union(*(names for _, names in known.files.values()))
    return known.all


def _takes_any_raw(fact: FunctionFact) -> bool:
    return any(_takes_raw(fact, index) for index in range(len(fact.params)))


def around(node: Node, cx: Context) -> int:
    """Where the function around a node starts; -1 outside of any."""
    function = enclosing_function(node, cx)
    return function.start_byte if function is not None else -1


def _takes_raw(fact: FunctionFact, index: int) -> bool:
    if not fact.has_body or index >= len(fact.params):
        return False
    written = fact.params[index].type
    may = "*" in written or "NonNull" in written or "Unique" in written
    return may and declared(parse_type(written))[0] is Kind.RAW


def reached(cx: Context, direct: Direct, concerns: Callable[[Origin], bool]) -> Iterator[Reached]:
    """Every use of a pointer whose origin concerns the asking analysis, in this file or in what it calls."""
    resolver = provenance(cx).resolver
    for use in cx.memo(direct):
        for origin in resolver.origins(use.pointer):
            if concerns(origin):
                yield Reached(use, origin, joined(origin.steps, use.steps))
    for calls in cx.memo(_Calls).all().values():
        for passed in calls:
            origins = [origin for origin in resolver.origins(passed.given) if concerns(origin)]
            taken = _handed_on(passed, cx, direct, 0) if origins else None
            if taken is not None:
                for origin in origins:
                    yield Reached(taken, origin, joined(origin.steps, taken.steps))


def _handed_on(passed: _Passed, cx: Context, direct: Direct, depth: int) -> Use | None:
    """What a call does to the pointer that it is given: all functions that it may mean must use it so."""
    found = [_taken(fact, passed.index, cx, direct, depth) for fact in passed.facts]
    use = found[0]
    if use is None or any(other is None for other in found):
        return None
    callee = passed.node.child_by_field_name("function") or passed.node
    name = passed.facts[0].name
    step = Step(span_of(passed.node), f"`{name}` is given it", cx.path)
    return replace(
        use,
        pointer=passed.given,
        node=passed.node,
        span=span_of(callee),
        steps=(step, *use.steps),
        function=passed.function,
        through=name,
    )


def _taken(fact: FunctionFact, index: int, cx: Context, direct: Direct, depth: int) -> Use | None:
    """How a function uses its parameter, if it does; the steps begin behind the parameter."""
    there = cx.other(fact.path)
    if there is None or depth >= _MAX_DEPTH:
        return None
    calls = there.memo(_Calls)
    key = (direct, fact.span.start, index)
    if key not in calls.taken:
        calls.taken[key] = None  # a function that hands the pointer to itself
        calls.taken[key] = _taken_anew(fact, index, there, direct, depth)
    return calls.taken[key]


def _taken_anew(fact: FunctionFact, index: int, cx: Context, direct: Direct, depth: int) -> Use | None:
    resolver, start = provenance(cx).resolver, fact.span.start

    def own(pointer: Term) -> tuple[Step, ...] | None:
        for origin in resolver.origins(pointer):
            if origin.param == index and origin.kind is Kind.RAW:
                return origin.steps[1:]
        return None

    for use in cx.memo(direct):
        steps = own(use.pointer) if use.function == start else None
        if steps is not None:
            return replace(use, steps=joined(steps, use.steps))
    for passed in cx.memo(_Calls).all().get(start, ()):
        steps = own(passed.given)
        use_there = _handed_on(passed, cx, direct, depth + 1) if steps is not None else None
        if use_there is not None and steps is not None:
            return replace(use_there, steps=joined(steps, use_there.steps))
    return None
