"""Where does this pointer come from, and who takes it over: the questions that provenance rules ask."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Final

from msgspec import Struct, field

from rfl_lint.analysis.code.calls import Call as CallNode
from rfl_lint.analysis.code.calls import call_of, named_calls
from rfl_lint.analysis.code.scopes import enclosing_function
from rfl_lint.analysis.provenance.calls import named_function
from rfl_lint.analysis.provenance.owning import owning_call
from rfl_lint.analysis.provenance.read import Reader, first_child, shortened
from rfl_lint.analysis.provenance.resolve import Resolver
from rfl_lint.analysis.provenance.tables import Owning, pointer_table
from rfl_lint.analysis.provenance.terms import (
    Call,
    Derived,
    Effect,
    Join,
    Kind,
    Origin,
    Place,
    Sink,
    Step,
    Summary,
    Term,
)
from rfl_lint.analysis.types.inference import block_tail, functions_by_start
from rfl_lint.facts import FunctionFact
from rfl_lint.rule import Context
from rfl_lint.source import Span
from rfl_lint.syntax import Node, kind_query, span_of

# How far an owning call may lie from what is handed to it: a pointer that wanders through more files is let go.
_MAX_HOPS: Final = 6
_MAX_FILES: Final = 40
_CALLS: Final = frozenset({"call_expression"})
_FUNCTIONS: Final = frozenset({"function_item"})


class Misuse(Struct, frozen=True):
    """A pointer that covers a referent only is taken over as an allocation of its own.

    `steps` lead from the source to the owning function.
    """

    sink: Sink
    origin: Origin
    steps: tuple[Step, ...]


class Handing(Struct, frozen=True, eq=False):
    """A call of functions of other files that may make an owning call of what they are given."""

    node: Node
    call: Call
    facts: tuple[FunctionFact, ...]


class Provenance(Struct, eq=False, dict=True):
    """The pointers of one file."""

    cx: Context
    _functions: dict[int, Node] | None = field(default=None)
    _summaries: dict[int, Summary | None] = field(default_factory=dict)
    _sinks: tuple[Sink, ...] | None = field(default=None)
    _handing: tuple[Handing, ...] | None = field(default=None)

    def __post_init__(self) -> None:
        self.reader = Reader(self.cx)
        self.resolver = Resolver(self.cx.index, self.summary)

    def origins(self, node: Node) -> tuple[Origin, ...]:
        """Every origin of the pointer that an expression gives."""
        return self.resolver.origins(self.reader.value(node))

    def summary(self, fact: FunctionFact) -> Summary | None:
        """What a function does with pointers; None where its body cannot be had."""
        if fact.path != self.cx.path:
            other = self.cx.other(fact.path)
            return provenance(other).summary(fact) if other is not None else None
        key = fact.span.start
        if key not in self._summaries:
            node = self.functions.get(key)
            self._summaries[key] = self._summarised(fact, node) if node is not None else None
        return self._summaries[key]

    @property
    def functions(self) -> dict[int, Node]:
        """The nodes of the file's functions by where they start."""
        if self._functions is None:
            self._functions = {
                node.start_byte: node
                for fragment in self.cx.parsed.fragments
                for node in fragment.find(_FUNCTIONS).get("function_item", ())
            }
        return self._functions

    def _summarised(self, fact: FunctionFact, node: Node) -> Summary | None:
        body = node.child_by_field_name("body")
        if body is None:
            return None
        terms: list[Term] = []
        for value in self._returned(node, body):
            words = f"`{fact.name}` returns {self.reader.shown(value)}"
            terms.append(Derived(self.reader.value(value), Effect.KEEP, self.reader.step(value, words)))
        return Summary(
            fact.path, fact.owner, fact.name, fact.span, terms[0] if len(terms) == 1 else Join(tuple(terms))
        )

    def _returned(self, function: Node, body: Node) -> Iterator[Node]:
        yield from _results(body)
        for node in kind_query(frozenset({"return_expression"})).search(body).get("return_expression", ()):
            value = first_child(node)
            inside = ("function_item", "closure_expression", "async_block")
            nearest = next((above for above in self.cx.ancestors(node) if above.type in inside), None)
            if value is not None and nearest is not None and nearest.id == function.id:
                yield from _results(value)

    # Owning calls.

    def owning(self, call: CallNode) -> Owning | None:
        """What an owning call takes over; None for every other call, one of the same name included."""
        return owning_call(call, self.reader.calls.owner_of, self.cx)

    def sinks(self) -> Iterator[Sink]:
        """Every pointer that the file hands to an owning function."""
        if self._sinks is None:
            self._sinks = tuple(self._found_sinks())
        yield from self._sinks

    def _found_sinks(self) -> Iterator[Sink]:
        data = self.cx.source.data
        names_owning = pointer_table(self.cx.tables).names_owning
        if not names_owning(data):
            return
        for fragment in self.cx.parsed.fragments:
            for node in fragment.find(_CALLS).get("call_expression", ()):
                function = node.child_by_field_name("function")
                if function is None:
                    continue
                middle = function.end_byte
                if names_owning(data, function.start_byte, middle):
                    call = call_of(node, self.cx.parsed)
                    found = self._direct(call) if call is not None else None
                elif names_owning(data, middle, node.end_byte):
                    call = call_of(node, self.cx.parsed)
                    found = self._mapped(call) if call is not None else None
                else:
                    continue
                if found is not None:
                    yield found

    def _direct(self, call: CallNode) -> Sink | None:
        owning = self.owning(call)
        if owning is None or owning.argument >= len(call.arguments):
            return None
        return self._sink(call, call.callee, owning, call.arguments[owning.argument])

    def _mapped(self, call: CallNode) -> Sink | None:
        """`pointer.map(Arc::from_raw)`."""
        mapping = pointer_table(self.cx.tables).mapping.get(call.name)
        if call.receiver is None or mapping is None or mapping.closure >= len(call.arguments):
            return None
        function = named_function(call.arguments[mapping.closure], self.cx.parsed)
        owning = self.owning(function) if function is not None else None
        if function is None or owning is None or owning.argument:
            return None
        return self._sink(call, function.callee, owning, call.receiver)

    def _sink(self, call: CallNode, callee: Node, owning: Owning, argument: Node) -> Sink:
        shown = shortened(self.cx.text(callee))
        step = self.reader.step(argument, f"`{shown}` takes {self.reader.shown(argument)}")
        term, place = self.reader.value(argument), span_of(callee)
        return Sink(shown, owning.family, term, span_of(call.node), place, (step,), self._around(call.node))

    def _around(self, node: Node) -> int:
        function = enclosing_function(node, self.cx)
        return function.start_byte if function is not None else -1

    # Misuses.

    def misuses(self) -> Iterator[Misuse]:
        """Owning calls, and calls of functions that make one of their parameter, with a pointer from a reference."""
        files = self._files_reached()
        callers: dict[tuple[str, int], list[tuple[Provenance, Handing]]] = {}
        for file in files:
            for handing in file.handing:
                for called in handing.facts:
                    callers.setdefault((called.path, called.span.start), []).append((file, handing))
        # In order: an earlier local is part of a later one.
        waiting = deque((self, sink) for sink in self.sinks())
        waiting.extend((file, sink) for file in files[1:] for sink in file.open_sinks())
        seen: set[tuple[str, int, int, str, bool]] = set()
        while waiting:
            file, sink = waiting.popleft()
            origins = file.resolver.origins(sink.argument)
            bad = next((origin for origin in origins if is_misuse(origin, sink.family)), None)
            if bad is not None:
                if file is self:
                    yield Misuse(sink, bad, _joined(bad.steps, sink.steps))
                continue
            for origin in origins:
                if origin.param is None or origin.kind not in (Kind.RAW, Kind.UNKNOWN):
                    continue
                key = (file.cx.path, sink.function, origin.param, sink.family, origin.in_cell)
                fact = functions_by_start(file.cx).get(sink.function)
                if key not in seen and fact is not None:
                    seen.add(key)
                    waiting += ((file, found) for found in file.callers(fact, sink, origin))
                    for other, handing in callers.get((file.cx.path, sink.function), ()):
                        found = other.through(handing.node, handing.call, fact, sink, origin)
                        if found is not None:
                            waiting.append((other, found))

    def _files_reached(self) -> list[Provenance]:
        """This file, and those that it may hand pointers to for good, directly or through each other."""
        found = {self.cx.path: self}
        waiting: deque[tuple[Provenance, int]] = deque([(self, 0)])
        while waiting:
            file, hops = waiting.popleft()
            for fact in (fact for handing in file.handing for fact in handing.facts):
                if hops >= _MAX_HOPS or len(found) >= _MAX_FILES:
                    break
                cx = self.cx.other(fact.path) if fact.path not in found else None
                if cx is not None:
                    found[fact.path] = provenance(cx)
                    waiting.append((found[fact.path], hops + 1))
        return list(found.values())

    @property
    def handing(self) -> tuple[Handing, ...]:
        """The calls of other files' functions that may take over what they are given."""
        if self._handing is None:
            names = _takers(self.cx)
            words = [name for name in {name for _, _, name in names} if _calls_name(self.cx, name)]
            self._handing = tuple(
                Handing(node, call, facts)
                for name in sorted(words)
                for node, call in self._calls_of(name)
                if (
                    facts := tuple(
                        fact
                        for fact in self.resolver.candidates(call)
                        if fact.path != self.cx.path and (fact.path, fact.span.start, name) in names
                    )
                )
                and not self._is_owning(node)
            )
        return self._handing

    def _is_owning(self, node: Node) -> bool:
        call = call_of(node, self.cx.parsed)
        return call is not None and self.owning(call) is not None

    def open_sinks(self) -> Iterator[Sink]:
        """The sinks in functions that may get their pointer from another file."""
        facts = functions_by_start(self.cx)
        return (sink for sink in self.sinks() if sink.function in facts and facts[sink.function].calls)

    def callers(self, fact: FunctionFact, sink: Sink, origin: Origin) -> Iterator[Sink]:
        """The calls in this file of the function around a sink, with what each gives for its parameter."""
        for node, call in self._calls_of(fact.name):
            if self.resolver.candidates(call) == (fact,):
                found = self.through(node, call, fact, sink, origin)
                if found is not None:
                    yield found

    def through(self, node: Node, call: Call, fact: FunctionFact, sink: Sink, origin: Origin) -> Sink | None:
        """A call in this file as the sink that it is because of the sink in the function that it calls."""
        given = call.receiver if origin.param == -1 else _at(call.args, origin.param or 0)
        if given is None:
            return None
        if origin.in_cell:
            given = Derived(given, Effect.CELL)
        callee = node.child_by_field_name("function") or node
        passed = self.reader.step(node, f"`{fact.name}` is given it")
        steps = (passed, *origin.steps[1:], *sink.steps)
        return Sink(
            sink.callee, sink.family, given, span_of(node), span_of(callee), steps, self._around(node),
            shortened(self.cx.text(callee)),
        )  # fmt: skip

    def _calls_of(self, name: str) -> Iterator[tuple[Node, Call]]:
        """The calls of a name whose function the index may know."""
        for _, node, _ in self.cx.memo(named_calls).get(name, ()):
            term = self.reader.value(node)
            if isinstance(term, Call) and term.name == name:
                yield node, term


def provenance(cx: Context) -> Provenance:
    """The pointers of a file, kept for the file."""
    return cx.memo(Provenance)


def origins_of(node: Node, cx: Context) -> tuple[Origin, ...]:
    """Where the pointer comes from that an expression gives: every origin, with the steps from it."""
    return provenance(cx).origins(node)


def owned_references(cx: Context) -> dict[Span, Misuse]:
    """Owning calls of pointers that come from a reference, by the span of the call."""
    return cx.memo(_misuses)


def _misuses(cx: Context) -> dict[Span, Misuse]:
    data = cx.source.data
    if not pointer_table(cx.tables).names_owning(data):
        names = {name for path, _, name in _takers(cx) if path != cx.path}
        if not any(_calls_name(cx, name) for name in names):
            return {}
    return {misuse.sink.call: misuse for misuse in provenance(cx).misuses()}


def _calls_name(cx: Context, name: str) -> bool:
    """Whether a call of that name stands in the file."""
    return name in cx.memo(named_calls)


def _takers(cx: Context) -> frozenset[tuple[str, int, str]]:
    """Functions with a pointer as parameter that may make an owning call, or call one that may."""
    return cx.index.reaching(pointer_table(cx.tables).owning_calls)


def _joined(first: tuple[Step, ...], then: tuple[Step, ...]) -> tuple[Step, ...]:
    """One derivation after the other; of two steps at one place the later one says more, but the source stays."""
    steps = first
    for step in then:
        same = len(steps) > 1 and (steps[-1].span, steps[-1].path) == (step.span, step.path)
        steps = (*steps[:-1], step) if same else (*steps, step)
    return steps


def step_line(step: Step, cx: Context) -> str:
    """Where a step stands, in words: `line 3` of the file at hand, `path:3` of another."""
    if step.path == cx.path:
        return f"line {cx.source.position(step.span.start).line}"
    other = cx.other(step.path)
    return f"{step.path}:{other.source.position(step.span.start).line}" if other is not None else step.path


def is_misuse(origin: Origin, family: str) -> bool:
    """Whether a pointer of this origin is not good enough for an owning function of this family.

    A reference count lies in front of the value, where no reference to the value reaches. A box has nothing in
    front: a `&mut T` that some other box gave out covers all of it, but `self`, a local and a field do not.
    """
    if family == "counted":
        return origin.is_reference_derived
    if origin.kind is not Kind.REFERENCE:
        return False
    return not (origin.mutable and origin.place in (Place.PARAMETER, Place.TARGET))


def _results(node: Node) -> Iterator[Node]:
    """The expressions whose values the value of an expression can be: through blocks and branches."""
    waiting: list[Node | None] = [node]
    while waiting:
        current = waiting.pop()
        if current is None:
            continue
        kind = current.type
        if kind in ("block", "unsafe_block", "else_clause"):
            waiting.append(block_tail(current))
        elif kind == "if_expression":
            waiting.append(current.child_by_field_name("alternative"))
            waiting.append(current.child_by_field_name("consequence"))
        elif kind == "match_expression":
            body = current.child_by_field_name("body")
            arms = body.named_children if body is not None else []
            waiting += [arm.child_by_field_name("value") for arm in reversed(arms)]
        else:
            yield current


def _at(terms: tuple[Term, ...], index: int) -> Term | None:
    return terms[index] if index < len(terms) else None
