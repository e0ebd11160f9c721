"""A bound on the time that one file may take, whatever it does to a rule, an analysis or a regular expression.

What is measured is processor time spent in Python, not time on the wall, so that a busy or a sleeping machine changes
nothing. It is a signal that ends the work, because what takes too long is a loop that nobody thought of. Signals
belong to a process's main thread; elsewhere the work goes unbounded.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

T = TypeVar("T")

MAX_SECONDS: Final = 30.0
"""Of processor time: some hundred times what the slowest file of Linux 7.2 takes with all rules."""
# The signal comes again if the first one was raised where Python drops exceptions: in a finalizer, in a callback.
_AGAIN: Final = 0.1


class TookTooLong(BaseException):
    """Work was ended because its time was up. Not an Exception: no rule may take it for a fault of its own."""


class _Clock:
    """What the signal handler knows: whether somebody waits for it."""

    is_running = False


def bounded(work: Callable[[], T], seconds: float) -> T:
    """Do work; raises TookTooLong when it takes more than so many seconds. Inside of other such work: part of it."""
    if _Clock.is_running or threading.current_thread() is not threading.main_thread():
        return work()
    before = signal.getsignal(signal.SIGVTALRM)
    if before not in (signal.SIG_DFL, _ring):
        return work()  # somebody else's clock
    signal.signal(signal.SIGVTALRM, _ring)
    try:
        try:
            _start(seconds)
            return work()
        finally:
            _stop()
    except TookTooLong:
        _stop()  # the bell may have rung inside of the other one
        raise


@contextmanager
def unbounded() -> Iterator[None]:
    """Let the clock stand still: what is done here is done for all files of a run, not for the one that asks first."""
    if not _Clock.is_running or threading.current_thread() is not threading.main_thread():
        yield
        return
    left = max(_stop(), _AGAIN)
    try:
        yield
    finally:
        _start(left)


def _start(seconds: float) -> None:
    _Clock.is_running = True
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds, _AGAIN)


def _stop() -> float:
    """Stop the clock; the seconds that were left."""
    left, _ = signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    _Clock.is_running = False
    return left


def _ring(_number: int, _frame: object) -> None:
    if _Clock.is_running:
        raise TookTooLong
