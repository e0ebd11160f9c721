"""Where does this pointer come from, and who takes it over: the questions that provenance rules ask."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from rfl_lint.analysis.calls import Call as CallNode
from rfl_lint.analysis.calls import CallForm, call_of
from rfl_lint.analysis.provenance_calls import named_function
from rfl_lint.analysis.provenance_read import Reader, declared, first_child, shortened
from rfl_lint.analysis.provenance_resolve import Resolver
from rfl_lint.analysis.provenance_tables import OWNING_NAMES, Owning, pointer_table
from rfl_lint.analysis.provenance_terms import (
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
from rfl_lint.analysis.scopes import enclosing_function
from rfl_lint.analysis.typeref import parse_type
from rfl_lint.analysis.types import block_tail, functions_by_start
from rfl_lint.facts import FunctionFact
from rfl_lint.rule import Context
from rfl_lint.source import Span
from rfl_lint.syntax import Node, kind_query, span_of

_CALLS: Final = frozenset({"call_expression"})


@dataclass(frozen=True, slots=True)
class Misuse:
    """A pointer that covers a referent only is taken over as an allocation of its own.

    `steps` lead from the source to the owning function.
    """

    sink: Sink
    origin: Origin
    steps: tuple[Step, ...]


@dataclass(eq=False)
class Provenance:
    """The pointers of one file."""

    cx: Context
    _functions: dict[int, Node] | None = field(default=None)
    _summaries: dict[int, Summary | None] = field(default_factory=dict)
    _calls: dict[str, list[Node]] | None = field(default=None)

    def __post_init__(self) -> None:
        self.reader = Reader(self.cx)
        self.resolver = Resolver(self.cx.index, self.summary)

    def origins(self, node: Node) -> tuple[Origin, ...]:
        """Every origin of the pointer that an expression gives."""
        return self.resolver.origins(self.reader.value(node))

    def summary(self, fact: FunctionFact) -> Summary | None:
        """What a function of this file does with pointers; None where its body is elsewhere."""
        if fact.path != self.cx.path:
            return None
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
                for node in kind_query(frozenset({"function_item"}))
                .search(fragment.root)
                .get("function_item", ())
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
        table = pointer_table()
        if call.form is not CallForm.PATH or not call.path:
            return None
        name = call.name
        trait = table.owning_trait.get(name)
        if trait is None and not any(known == name for _, known in table.owning):
            return None
        owner = self.reader.calls.owner_of(call)
        head = owner.head if owner is not None else ""
        answer = self.cx.index.methods(head, name, near=self.cx.path)
        if trait is not None:
            inherent = [fact for fact in answer.candidates if not fact.trait]
            if any(not _takes_over(fact) for fact in inherent):
                return None
            counted = table.owning.get((head, "from_raw"))
            family = counted.family if counted is not None and counted.family == "counted" else trait.family
            return replace(trait, owner=head, family=family)
        if (head, name) in table.not_owning or not all(_takes_over(fact) for fact in answer.candidates):
            return None
        known = table.owning.get((head, name))
        if known is not None:
            return known
        return (
            Owning(head, name, "box")
            if name == "from_raw" and self._is_owner(head, answer.candidates)
            else None
        )

    def _is_owner(self, head: str, from_raw: tuple[FunctionFact, ...]) -> bool:
        """Whether a type of this file owns what it points to: it gives up and takes back a raw pointer, and drops."""
        index = self.cx.index
        out = index.methods(head, "into_raw", near=self.cx.path).candidates
        gives = [
            fact for fact in out if declared(parse_type(fact.returns))[0] is Kind.RAW and not _borrows(fact)
        ]
        return bool(from_raw) and bool(gives) and len(gives) == len(out) and index.implements(head, "Drop")

    def sinks(self) -> Iterator[Sink]:
        """Every pointer that the file hands to an owning function."""
        data = self.cx.source.data
        for fragment in self.cx.parsed.fragments:
            for node in kind_query(_CALLS).search(fragment.root).get("call_expression", ()):
                function = node.child_by_field_name("function")
                if function is None:
                    continue
                if any(name in data[function.start_byte : function.end_byte] for name in OWNING_NAMES):
                    call = call_of(node, self.cx.parsed)
                    found = self._direct(call) if call is not None else None
                elif any(name in data[function.end_byte : node.end_byte] for name in OWNING_NAMES):
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
        mapping = pointer_table().mapping.get(call.name)
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
        waiting = deque(self.sinks())  # in order: an earlier local is part of a later one
        seen: set[tuple[int, int, str]] = set()
        while waiting:
            sink = waiting.popleft()
            origins = self.resolver.origins(sink.argument)
            bad = next((origin for origin in origins if is_misuse(origin, sink.family)), None)
            if bad is not None:
                steps = bad.steps
                for step in sink.steps:
                    steps = (*steps[:-1], step) if steps and steps[-1].span == step.span else (*steps, step)
                yield Misuse(sink, bad, steps)
                continue
            for origin in origins:
                if origin.param is None or origin.kind not in (Kind.RAW, Kind.UNKNOWN):
                    continue
                key = (sink.function, origin.param, sink.family)
                if key not in seen:
                    seen.add(key)
                    waiting += self._callers(sink, origin, origin.param)

    def _callers(self, sink: Sink, origin: Origin, param: int) -> Iterator[Sink]:
        """The calls of the function around a sink, with what each gives for the parameter that ends there."""
        fact = functions_by_start(self.cx).get(sink.function)
        if fact is None:
            return
        for node, term in self._calls_of(fact.name):
            given = term.receiver if param == -1 else _at(term.args, param)
            if given is not None and self.resolver.candidates(term) == (fact,):
                callee = node.child_by_field_name("function") or node
                passed = self.reader.step(node, f"`{fact.name}` is given it")
                steps = (passed, *origin.steps[1:], *sink.steps)
                yield Sink(
                    sink.callee, sink.family, given, span_of(node), span_of(callee), steps, self._around(node),
                    shortened(self.cx.text(callee)),
                )  # fmt: skip

    def _calls_of(self, name: str) -> Iterator[tuple[Node, Call]]:
        """The calls of a name whose function the index may know."""
        if self._calls is None:
            self._calls = {}
            for fragment in self.cx.parsed.fragments:
                for node in kind_query(_CALLS).search(fragment.root).get("call_expression", ()):
                    call = call_of(node, self.cx.parsed)
                    if call is not None:
                        self._calls.setdefault(call.name, []).append(node)
        for node in self._calls.get(name, ()):
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
    if not any(name in cx.source.data for name in OWNING_NAMES):
        return {}
    return {misuse.sink.call: misuse for misuse in provenance(cx).misuses()}


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


def _takes_over(fact: FunctionFact) -> bool:
    """Whether a function takes a raw pointer and returns its own type by value."""
    returned = parse_type(fact.returns)
    own = returned.path == "Self" or (bool(fact.owner) and returned.head == fact.owner)
    return own and bool(fact.params) and declared(parse_type(fact.params[0].type))[0] is Kind.RAW


def _borrows(fact: FunctionFact) -> bool:
    """Whether a function leaves its value with the caller."""
    if fact.receiver:
        return fact.receiver.startswith("&")
    return not fact.params or parse_type(fact.params[0].type).is_reference


def _at(terms: tuple[Term, ...], index: int) -> Term | None:
    return terms[index] if index < len(terms) else None
