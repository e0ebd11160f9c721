"""What several tests need: rules by name, and work that is counted and not timed: the same on any machine."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from types import FrameType

from rfl_lint.registry import builtin_rules
from rfl_lint.rule import Rule


@cache
def builtin_rule(name: str) -> type[Rule]:
    """A built-in rule by its name, as users name it."""
    return next(rule for rule in builtin_rules() if rule.meta.name == name)


def calls_of(work: Callable[[], object]) -> int:
    """How many functions are called, Python's own and those in C, while `work` runs."""
    count = 0

    def note(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def grows_linearly(work: Callable[[int], object], small: int, factor: int = 8, slack: float = 1.6) -> bool:
    """Whether `work` of a `factor` times larger size takes at most about that many times the calls."""
    work(small)  # what is done once in a process is done
    return calls_of(lambda: work(small * factor)) <= slack * factor * calls_of(lambda: work(small))
