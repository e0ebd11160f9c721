"""What is known of a function's context, for people and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TextIO

from rfl_lint.analysis.context.acquisitions import Held, Source
from rfl_lint.analysis.context.answers import Answer, Caller, Taken, shown
from rfl_lint.analysis.context.sleeping import Step
from rfl_lint.output.paint import make_painter
from rfl_lint.source import Span

Place = Callable[[str, Span], str]
"""Words a place: `path:line`."""


def write_answer(answer: Answer, place: Place, out: TextIO, *, color: bool) -> None:
    """Print an answer for people."""
    paint = make_painter(color=color)
    fact = answer.function
    say = out.write
    say(f"{paint('message', shown(fact))}  {paint('place', place(fact.path, fact.span))}\n\n")
    if answer.why:
        say(f"The kernel calls it: {answer.why}.\n\n")
    if answer.sleep is None:
        say("May it sleep?  No, as far as its calls are known.\n")
    else:
        say(f"May it sleep?  {paint('error', 'Yes')}: {answer.sleep.why}.\n")
        for number, step in enumerate(answer.sleep.steps, 1):
            say(f"  {number}. {paint('place', place(step.path, step.span))}: calls `{step.name}`\n")
    say("\nWhat does it take?")
    say("  Nothing that is known.\n" if not answer.taken else "\n")
    for taken in answer.taken:
        say(f"  {paint('place', place(taken.path, taken.held.span))}: {_taken(taken)}\n")
    say("\nWhere is it called?")
    say("  Nowhere that is known.\n" if not answer.callers else "\n")
    for caller in answer.callers:
        bad = answer.sleep is not None and caller.is_atomic and caller.is_sure
        words = f"{'  ' * caller.above}{_caller(caller)}"
        say(f"  {paint('place', place(caller.call.path, caller.call.span))}: {words}")
        say(f"  {paint('error', '<- it must not sleep here')}\n" if bad else "\n")


def _taken(taken: Taken) -> str:
    held = taken.held
    atomic = "" if not held.hold.is_atomic else ", atomic while it is held"
    tried = ", if it is free" if taken.is_maybe else ""
    by = f", in `{taken.steps[-1].name}`" if taken.steps else ""
    return f"{held.what}{tried}{atomic}{by}"


def _caller(caller: Caller) -> str:
    name = f"`{shown(caller.function)}`" if caller.is_sure else f"perhaps `{shown(caller.function)}`"
    target = f" calls `{shown(caller.called)}`" if caller.above else ""
    if caller.held:
        holds = ", ".join(_held(held) for held in caller.held)
        return f"{name}{target}, {holds}"
    if caller.why:
        return f"{name}{target}; {caller.why}"
    return f"{name}{target}, with nothing held that is known"


def _held(held: Held) -> str:
    if held.source is Source.SECTION:
        return f"inside {held.what}"
    if held.source is Source.C:
        return f"behind {held.what}"
    return held.what if held.source is Source.CALLBACK else f"under {held.what}"


def answer_as_json(answer: Answer, place: Place) -> str:
    """An answer as one JSON object."""
    return json.dumps(_record(answer, place), indent=2, ensure_ascii=False) + "\n"


def _record(answer: Answer, place: Place) -> dict[str, Any]:
    fact, sleep = answer.function, answer.sleep
    return {
        "function": shown(fact),
        "place": place(fact.path, fact.span),
        "starts": answer.starts or None,
        "starts_because": answer.why or None,
        "may_sleep": sleep is not None,
        "sleeps_because": sleep.why if sleep is not None else None,
        "chain": [_step(step, place) for step in sleep.steps] if sleep is not None else [],
        "takes": [
            {
                "what": taken.held.what,
                "place": place(taken.path, taken.held.span),
                "atomic": taken.held.hold.is_atomic,
                "tried": taken.is_maybe,
                "by_way_of": [_step(step, place) for step in taken.steps],
            }
            for taken in answer.taken
        ],
        "callers": [
            {
                "function": shown(caller.function),
                "calls": shown(caller.called),
                "place": place(caller.call.path, caller.call.span),
                "above": caller.above,
                "sure": caller.is_sure,
                "atomic": caller.is_atomic,
                "held": [held.what for held in caller.held],
                "starts": caller.starts or None,
            }
            for caller in answer.callers
        ],
    }


def _step(step: Step, place: Place) -> dict[str, str]:
    return {"calls": step.name, "place": place(step.path, step.span)}
