"""From terms to origins: what calls return is put in, functions that call each other run to a fixpoint.

A function's answer is symbolic in its parameters, so it is worked out once and then holds for every call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace

from rfl_lint.analysis.provenance.read import declared
from rfl_lint.analysis.provenance.terms import (
    UNKNOWN,
    Call,
    Derived,
    Effect,
    Join,
    Kind,
    Origin,
    Param,
    Part,
    Place,
    Record,
    Source,
    Step,
    Summary,
    Term,
    Typed,
)
from rfl_lint.analysis.types.typeref import parse_type
from rfl_lint.facts import FunctionFact
from rfl_lint.index import Index

Origins = tuple[Origin, ...]
Key = tuple[str, int]

NOWHERE: Final[Origins] = (Origin(Kind.UNKNOWN),)
_BORROWS: Final = {Effect.BORROW: False, Effect.BORROW_MUT: True}
_REFERS: Final = {Effect.REFER: False, Effect.REFER_MUT: True}
_KEEPS_PROVENANCE: Final = frozenset({Kind.REFERENCE, Kind.OWNED})
_MAX_TERMS: Final = 100
_MAX_CALLS: Final = 12
_MAX_STEPS: Final = 24
_MAX_CANDIDATES: Final = 8
_BUDGET: Final = 50_000
_NONE_OPEN: Final = 1_000_000


class Resolver(Struct, eq=False):
    """Origins of terms against an index. `read` gives the summary of a function, if its body can be had."""

    index: Index
    read: Callable[[FunctionFact], Summary | None]
    _done: dict[Key, Origins] = field(default_factory=dict)
    _partial: dict[Key, Origins] = field(default_factory=dict)
    _parts: dict[tuple[Key, str], Origins] = field(default_factory=dict)
    _open: list[Key] = field(default_factory=list)
    _lowest: int = _NONE_OPEN
    _known: dict[int, tuple[Term, int, Origins]] = field(default_factory=dict)
    _round: int = 0
    _depth: int = 0
    _spent: int = 0

    def origins(self, term: Term) -> Origins:
        """Every origin of a term; none at all if the expression never has a value."""
        known = self._known.get(id(term))
        if known is not None and known[1] == self._round:
            return known[2]
        if self._depth == 0:
            self._spent = 0
        if self._depth >= _MAX_TERMS or self._spent >= _BUDGET:
            return NOWHERE
        self._depth += 1
        self._spent += 1
        try:
            found = distinct(self._origins(term))
        finally:
            self._depth -= 1
        self._known[id(term)] = (term, self._round, found)
        return found

    def _origins(self, term: Term) -> Iterable[Origin]:
        match term:
            case Source(kind, step, mutable, place):
                return (Origin(kind, mutable, place, (step,) if step is not None else ()),)
            case Param(index, kind, step, mutable):
                place = Place.SELF if index == -1 else Place.PARAMETER
                return (Origin(kind, mutable, place, (step,), index),)
            case Derived(inner, effect, step):
                return tuple(applied(origin, effect, step) for origin in self.origins(inner))
            case Typed(inner, kind, step, mutable):
                return tuple(typed(origin, kind, step, mutable=mutable) for origin in self.origins(inner))
            case Join(parts):
                return tuple(origin for part in parts for origin in self.origins(part))
            case Call():
                return self._called(term, "")
            case Part(inner, name, otherwise):
                found = self._part(inner, name)
                return self.origins(otherwise) if found is None else found
            case Record():
                return NOWHERE

    def _part(self, inner: Term, name: str) -> Origins | None:
        """A field of a term; None if the term is no record that has it."""
        match inner:
            case Record(fields):
                value = dict(fields).get(name)
                return self.origins(value) if value is not None else None
            case Derived(below, _, _) | Typed(below, _, _, _):
                return self._part(below, name)
            case Join(parts):
                found = [self._part(part, name) for part in parts]
                known = [part for part in found if part is not None]
                return (
                    distinct(origin for part in known for origin in part)
                    if len(known) == len(found)
                    else None
                )
            case Call():
                return self._called(inner, name) or None
            case Part(outer, label, _):
                record = _field_of(outer, label)
                return self._part(record, name) if record is not None else None
            case _:
                return None

    # Calls.

    def candidates(self, call: Call) -> tuple[FunctionFact, ...]:
        """The functions that a call may mean."""
        if not call.owner:
            written = call.written or call.name
            return self.index.functions(written, near=call.path, module=call.module or None).candidates
        found = self.index.methods(call.owner, call.name, near=call.path).candidates
        traits = self.index.type(call.owner, near=call.path).candidates
        if not any(fact.kind == "trait" for fact in traits):
            return found
        # Called by the trait's name: its own body, if it has one, or what a type has put in its place.
        every = [fact for fact in found if fact.has_body]
        return tuple(
            dict.fromkeys([*every, *(other for fact in found for other in self.index.overriding(fact))])
        )

    def _called(self, call: Call, part: str) -> Origins:
        """What a call returns, or one field of it. Candidates that disagree are as good as unknown."""
        candidates = self.candidates(call)
        if len(candidates) > _MAX_CANDIDATES:
            return () if part else NOWHERE
        answers = [self._one_call(fact, call, part) for fact in candidates]
        if not answers or len({frozenset(origin.kind for origin in answer) for answer in answers}) > 1:
            return () if part else NOWHERE
        return distinct(origin for answer in answers for origin in answer)

    def _one_call(self, fact: FunctionFact, call: Call, part: str) -> Origins:
        found: list[Origin] = []
        for origin in self._answer(fact, part):
            if origin.param is None:
                found.append(_extended(origin, call.step))
                continue
            given = call.receiver
            if origin.param >= 0:
                given = call.args[origin.param] if origin.param < len(call.args) else None
            arguments = self.origins(given if given is not None else UNKNOWN)
            found += [_extended(substituted(argument, origin), call.step) for argument in arguments]
        kind, mutable = (
            declared(parse_type(fact.returns)) if fact.returns and not part else (Kind.UNKNOWN, True)
        )
        if kind in (Kind.UNKNOWN, Kind.RAW):
            return distinct(found)
        step = Step(call.step.span, f"`{call.name}` returns `{fact.returns}`", call.step.path)
        return distinct(typed(origin, kind, step, mutable=mutable) for origin in found)

    def _answer(self, fact: FunctionFact, part: str) -> Origins:
        """What a function returns, in terms of its parameters."""
        key = (fact.path, fact.span.start)
        summary = self.read(fact) if fact.has_body else None
        if summary is None:
            return () if part else NOWHERE
        if part:
            return self._answer_part(key, summary, part)
        if key in self._done:
            return self._done[key]
        if key in self._open:
            self._lowest = min(self._lowest, self._open.index(key))
            return self._partial.get(key, ())
        if len(self._open) >= _MAX_CALLS:
            return NOWHERE
        return self._fixpoint(key, summary)

    def _fixpoint(self, key: Key, summary: Summary) -> Origins:
        level, outer = len(self._open), self._lowest
        self._open.append(key)
        while True:
            self._lowest = _NONE_OPEN
            found = self.origins(summary.returns)
            changed = _keys(found) != _keys(self._partial.get(key, ()))
            self._partial[key] = found
            # Keys only get more, and there are few of them, so this ends.
            if self._lowest > level or not changed:
                break
            self._round += 1
        self._open.pop()
        if self._lowest >= level:
            self._done[key] = found
            self._lowest = outer
        else:  # part of a larger circle: final only when the function is that opened it
            self._lowest = min(outer, self._lowest)
        return found

    def _answer_part(self, key: Key, summary: Summary, part: str) -> Origins:
        if (key, part) not in self._parts:
            self._parts[key, part] = ()
            self._parts[key, part] = self._part(summary.returns, part) or ()
        return self._parts[key, part]


def _field_of(term: Term, name: str) -> Term | None:
    """A field of a term that is a record as it stands."""
    for _ in range(_MAX_CALLS):
        match term:
            case Record(fields):
                return dict(fields).get(name)
            case Derived(inner, _, _) | Typed(inner, _, _, _):
                term = inner
            case Part(outer, label, _):
                inner_record = _field_of(outer, label)
                if inner_record is None:
                    return None
                term = inner_record
            case _:
                return None
    return None


def applied(origin: Origin, effect: Effect, step: Step | None) -> Origin:
    """The origin after one step."""
    after = _extended(origin, step)
    is_reference = origin.kind is Kind.REFERENCE
    if effect is Effect.PROJECT:
        return replace(after, place=Place.FIELD)
    if effect is Effect.CELL:
        return into_cell(after)
    if effect in _BORROWS:
        mutable = _BORROWS[effect]
        if is_reference:
            return replace(after, mutable=origin.mutable and mutable)
        if origin.kind is Kind.OWNED and origin.place is not Place.FIELD:
            return after
        place = Place.FIELD if origin.place is Place.FIELD else Place.TARGET
        return Origin(Kind.REFERENCE, mutable, place, after.steps)
    if effect in _REFERS and origin.kind not in _KEEPS_PROVENANCE:
        return Origin(Kind.REFERENCE, _REFERS[effect], Place.TARGET, after.steps)
    return after


def into_cell(origin: Origin) -> Origin:
    """The origin after a step through `UnsafeCell`; of a raw parameter only the caller knows what becomes of it."""
    if origin.kind is Kind.REFERENCE:
        return replace(origin, kind=Kind.CELL, mutable=True, param=None)
    return replace(origin, in_cell=True) if origin.param is not None else origin


def typed(origin: Origin, kind: Kind, step: Step, *, mutable: bool) -> Origin:
    """The origin after its type became known."""
    if kind is Kind.REFERENCE:
        if origin.kind is Kind.REFERENCE:
            return replace(origin, mutable=origin.mutable and mutable)
        if origin.kind is Kind.OWNED:
            return origin
        return Origin(Kind.REFERENCE, mutable, Place.TARGET, _with(origin.steps, step))
    if kind is Kind.RAW:
        if origin.kind is Kind.REFERENCE:
            return _extended(origin, step)
        return Origin(Kind.UNKNOWN) if origin.kind is Kind.SMART else origin
    return Origin(kind) if kind in (Kind.SMART, Kind.OWNED) and origin.kind is not Kind.OWNED else origin


def substituted(argument: Origin, answer: Origin) -> Origin:
    """What a function's answer becomes when its parameter is the argument."""
    if answer.kind is Kind.REFERENCE and argument.kind not in _KEEPS_PROVENANCE:
        # The type of the parameter says more than what is known of the argument.
        return Origin(Kind.REFERENCE, answer.mutable, Place.TARGET, answer.steps)
    steps = argument.steps
    for step in answer.steps[1:]:
        steps = _with(steps, step)
    place = Place.FIELD if answer.place is Place.FIELD else argument.place
    mutable = argument.mutable and (answer.mutable or answer.kind is not Kind.REFERENCE)
    found = replace(argument, mutable=mutable, place=place, steps=steps)
    return into_cell(found) if answer.in_cell else found


def distinct(origins: Iterable[Origin]) -> Origins:
    """One origin of each kind, the one with the shortest way to it first come."""
    found: dict[object, Origin] = {}
    for origin in origins:
        known = found.get(origin.key)
        if known is None or len(origin.steps) < len(known.steps):
            found[origin.key] = origin
    return tuple(found.values())


def _keys(origins: Origins) -> frozenset[object]:
    return frozenset(origin.key for origin in origins)


def _extended(origin: Origin, step: Step | None) -> Origin:
    return replace(origin, steps=_with(origin.steps, step)) if step is not None else origin


def _with(steps: tuple[Step, ...], step: Step) -> tuple[Step, ...]:
    """One step more; of two at the same place the later one says more."""
    if steps and steps[-1].span == step.span and steps[-1].path == step.path:
        return (*steps[:-1], step)
    return (*steps, step) if len(steps) < _MAX_STEPS else steps
