"""All that is known of one function's context: whether it sleeps, what it takes, and where from it is called.

What callers hold is followed upwards: a function that nobody calls under a lock may be called by one that somebody
does. Calls that cannot be resolved, through traits and function pointers, are not seen.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from msgspec import Struct

from rfl_lint.analysis.code.calls import Call, CallForm, call_of, named_calls
from rfl_lint.analysis.code.scopes import enclosing_function
from rfl_lint.analysis.context.acquisitions import Held, acquisition, place_type
from rfl_lint.analysis.context.chains import body_sleeps, callee_of, calls_of, edges_of
from rfl_lint.analysis.context.functions import callback_of, held_at
from rfl_lint.analysis.context.sleeping import Sleep, Step
from rfl_lint.analysis.types.inference import functions_by_start
from rfl_lint.facts import FunctionFact
from rfl_lint.rule import Context
from rfl_lint.syntax import FragmentKind, span_of

# So many calls upwards; and of so many functions downwards are the locks listed.
_MAX_ABOVE: Final = 4
_MAX_BELOW: Final = 400


class Taken(Struct, frozen=True):
    """A lock or section that is taken, in the function itself or below it, by way of `steps`."""

    held: Held
    path: str
    is_maybe: bool
    steps: tuple[Step, ...]


class Caller(Struct, frozen=True):
    """One call of the function, or of one that leads to it: `above` counts the functions between."""

    function: FunctionFact
    called: FunctionFact
    call: Step
    held: tuple[Held, ...]
    starts: str
    """How the kernel calls the caller, where that is known: `atomic`, `process` or `depends`."""
    why: str
    above: int = 0
    is_sure: bool = True
    """Whether it is known that this function is called there, and not another one of its name."""

    @property
    def is_atomic(self) -> bool:
        """Whether sleeping is a bug at this call."""
        return any(held.hold.is_atomic for held in self.held)


class Answer(Struct, frozen=True):
    """What is known of a function."""

    function: FunctionFact
    sleep: Sleep | None
    starts: str
    why: str
    taken: tuple[Taken, ...]
    callers: tuple[Caller, ...]


def shown(fact: FunctionFact) -> str:
    """The name of a function with that of its type."""
    return f"{fact.owner}::{fact.name}" if fact.owner else fact.name


def answer(fact: FunctionFact, cx: Context, mentions: Callable[[str], Iterable[str]]) -> Answer:
    """All that is known of a function. `mentions` has the paths of the files in which a word stands."""
    starts, why = _starts(fact, cx)
    return Answer(
        fact, body_sleeps(fact, cx), starts, why, tuple(_taken(fact, cx)), tuple(_callers(fact, cx, mentions))
    )


def _starts(fact: FunctionFact, cx: Context) -> tuple[str, str]:
    home = cx.other(fact.path)
    found = callback_of(fact.span.start, home) if home is not None else None
    return found if found is not None else ("", "")


def _taken(fact: FunctionFact, cx: Context) -> Iterator[Taken]:
    """What a function takes, and what the functions that it calls do, nearest first."""
    seen = {(fact.path, fact.span.start)}
    waiting: deque[tuple[FunctionFact, tuple[Step, ...]]] = deque([(fact, ())])
    while waiting:
        current, steps = waiting.popleft()
        home = cx.other(current.path)
        if home is None:
            continue
        for call in calls_of(current, home):
            found = acquisition(call, home)
            if found is not None:
                yield Taken(found.held, current.path, found.is_maybe, steps)
        for step, callee in edges_of(current, cx):
            key = (callee.path, callee.span.start)
            if key not in seen and len(seen) < _MAX_BELOW:
                seen.add(key)
                waiting.append((callee, (*steps, step)))


def _callers(fact: FunctionFact, cx: Context, mentions: Callable[[str], Iterable[str]]) -> Iterator[Caller]:
    """The calls of a function, and those of its callers; nearest first, each function once."""
    seen = {(fact.path, fact.span.start)}
    waiting = deque([(fact, 0)])
    while waiting:
        current, above = waiting.popleft()
        for caller in _calls_of(current, above, cx, mentions):
            yield caller
            key = (caller.function.path, caller.function.span.start)
            if (
                caller.is_sure
                and key not in seen
                and above + 1 < _MAX_ABOVE
                and not caller.is_atomic
                and not caller.starts
            ):
                seen.add(key)
                waiting.append((caller.function, above + 1))


def _calls_of(
    fact: FunctionFact, above: int, cx: Context, mentions: Callable[[str], Iterable[str]]
) -> Iterator[Caller]:
    for path in mentions(fact.name):
        home = cx.other(path)
        if home is None:
            continue
        for _, node, kind in home.memo(named_calls).get(fact.name, ()):
            call = call_of(node, home.parsed) if kind is not FragmentKind.DOC_CODE else None
            callee = callee_of(call, home) if call is not None else None
            if call is None or (callee is None and (above or not _may_mean(call, fact, home))):
                continue
            if callee is not None and (callee.span != fact.span or callee.path != fact.path):
                continue
            function = enclosing_function(node, home)
            caller = functions_by_start(home).get(function.start_byte) if function is not None else None
            if caller is not None:
                step = Step(path, span_of(call.name_node or node), shown(fact))
                starts, why = _starts(caller, home)
                yield Caller(
                    caller, fact, step, held_at(node, home), starts, why, above, is_sure=callee is not None
                )


def _may_mean(call: Call, fact: FunctionFact, cx: Context) -> bool:
    """Whether a call that cannot be resolved may be one of a method: nothing is known of what it is called on."""
    if call.form is not CallForm.METHOD or call.receiver is None or not fact.receiver:
        return False
    return place_type(call.receiver, cx) is None and len(call.arguments) == len(fact.params)
