"""Where pointers end up: in an expression of the file, or by way of a function of the tree that takes a raw pointer.

An analysis says which expressions use a pointer in its sense (`direct`) and which origins concern it; what this
module adds is the way through calls: a function that uses its own parameter so is a use wherever it is called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final
from weakref import WeakKeyDictionary

from msgspec import Struct, field
from msgspec.structs import replace

from rfl_lint.analysis.code.calls import Call as CallNode
from rfl_lint.analysis.code.calls import call_of, code_calls
from rfl_lint.analysis.code.scopes import enclosing_function, scopes
from rfl_lint.analysis.pointers.derivations import joined
from rfl_lint.analysis.provenance.queries import provenance
from rfl_lint.analysis.provenance.read import declared
from rfl_lint.analysis.provenance.terms import Call, Kind, Origin, Step, Term
from rfl_lint.analysis.types.typeref import TypeRef, parse_type
from rfl_lint.facts import FileFacts, FunctionFact
from rfl_lint.index import Index
from rfl_lint.rule import Context
from rfl_lint.source import Span
from rfl_lint.syntax import Node, span_of

# What is no pointer, whatever is in it.
_NO_POINTERS: Final = frozenset(
    {"integer_literal", "float_literal", "boolean_literal", "string_literal", "raw_string_literal", "char_literal",
     "struct_expression", "tuple_expression", "array_expression", "unit_expression", "closure_expression",
     "binary_expression", "range_expression", "scoped_identifier"}
)  # fmt: skip
_POINTER_MACROS: Final = frozenset({"addr_of", "addr_of_mut", "container_of"})
_MAX_DEPTH: Final = 6


class Use(Struct, frozen=True):
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


class Reached(Struct, frozen=True):
    """A use and one origin of the pointer that gets there; `steps` lead from the source to the use."""

    use: Use
    origin: Origin
    steps: tuple[Step, ...]


class _Passed(Struct, frozen=True):
    """A raw pointer that goes into a function of the tree."""

    node: Node
    given: Term
    index: int
    facts: tuple[FunctionFact, ...]
    function: int


class _Calls(Struct, eq=False):
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
        for node in code_calls(self.cx, names):
            call = call_of(node, self.cx.parsed)
            if call is None or not self._gives_pointer(call, names[call.name]):
                continue
            term = pointers.reader.value(node)
            if not isinstance(term, Call) or term.name != call.name:
                continue
            facts = pointers.resolver.candidates(term)
            for index, given in enumerate(term.args):
                takers = tuple(fact for fact in facts if _takes_raw(fact, index))
                if takers and len(takers) == len(facts):
                    yield _Passed(node, given, index, takers, around(node, self.cx))

    def _gives_pointer(self, call: CallNode, positions: frozenset[int]) -> bool:
        """Whether something that may be a pointer stands where one is taken: a quick test, by the looks of it."""
        return any(
            position < len(call.arguments) and self._may_point(call.arguments[position])
            for position in positions
        )

    def _may_point(self, argument: Node) -> bool:
        kind = argument.type
        if kind == "macro_invocation":
            made = call_of(argument, self.cx.parsed)
            return made is not None and made.name in _POINTER_MACROS
        if kind != "identifier":
            return kind not in _NO_POINTERS
        binding = scopes(self.cx).binding(argument)
        if binding is None:
            return False  # a constant or static
        written = binding.type if not binding.steps else None
        return written is None or written.type != "primitive_type"


class _Names(Struct, eq=False):
    """The functions that take a raw pointer by name, with where they take it, file by file and of all files."""

    files: dict[str, tuple[FileFacts, dict[str, frozenset[int]]]] = field(default_factory=dict)
    all: dict[str, frozenset[int]] = field(default_factory=dict)


_NAMES: Final[WeakKeyDictionary[Index, _Names]] = WeakKeyDictionary()


def _raw_takers(index: Index) -> dict[str, frozenset[int]]:
    """The tree's functions that take a raw pointer, by name: which arguments of a call it may be.

    A quick test, most calls need no closer look. Only what files say anew is read again, as an editor replaces them
    one by one.
    """
    return index.once(("raw takers",), lambda: _renewed_takers(index))


def _renewed_takers(index: Index) -> dict[str, frozenset[int]]:
    known = _NAMES.setdefault(index, _Names())
    for path, facts in index.files.items():
        before = known.files.get(path)
        if before is None or before[0] is not facts:
            known.files[path] = (facts, _merged(_positions(fact) for fact in facts.functions))
    for path in known.files.keys() - index.files.keys():
        del known.files[path]
    known.all = _merged(names for _, names in known.files.values())
    return known.all


def _merged(found: Iterable[dict[str, frozenset[int]]]) -> dict[str, frozenset[int]]:
    every: dict[str, frozenset[int]] = {}
    for names in found:
        for name, positions in names.items():
            every[name] = every.get(name, frozenset()) | positions
    return every


def _positions(fact: FunctionFact) -> dict[str, frozenset[int]]:
    """Which arguments a raw pointer may be; called by path, a method has its receiver in front."""
    taken = {index for index in range(len(fact.params)) if _takes_raw(fact, index)}
    if fact.receiver:
        taken |= {index + 1 for index in taken}
    return {fact.name: frozenset(taken)} if taken else {}


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


def _direct_in(function: int, cx: Context, direct: Direct) -> list[Use]:
    """The direct uses in one function of a file."""
    known = cx.memo(_direct_known)
    if direct not in known:
        found: dict[int, list[Use]] = {}
        for use in cx.memo(direct):
            found.setdefault(use.function, []).append(use)
        known[direct] = found
    return known[direct].get(function, [])


def _direct_known(_cx: Context) -> dict[Direct, dict[int, list[Use]]]:
    """By what counts as a use, filled as it is asked for."""
    return {}


def _taken_anew(fact: FunctionFact, index: int, cx: Context, direct: Direct, depth: int) -> Use | None:
    resolver, start = provenance(cx).resolver, fact.span.start

    def own(pointer: Term) -> tuple[Step, ...] | None:
        for origin in resolver.origins(pointer):
            # A pointer out of the cell that the parameter points to may be written through, whoever made it.
            if origin.param == index and origin.kind is Kind.RAW and not origin.in_cell:
                return origin.steps[1:]
        return None

    for use in _direct_in(start, cx, direct):
        steps = own(use.pointer)
        if steps is not None:
            return replace(use, steps=joined(steps, use.steps))
    for passed in cx.memo(_Calls).all().get(start, ()):
        steps = own(passed.given)
        use_there = _handed_on(passed, cx, direct, depth + 1) if steps is not None else None
        if use_there is not None and steps is not None:
            return replace(use_there, steps=joined(steps, use_there.steps))
    return None
