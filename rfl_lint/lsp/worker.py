"""One queue for all that the engine does, so that the protocol always gets an answer; the more urgent work first."""

from __future__ import annotations

import gc
import itertools
import queue
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from enum import IntEnum
from typing import Final, NoReturn, TypeVar

T = TypeVar("T")
_ROUNDS: Final = 400


class Urgency(IntEnum):
    """What waits for what."""

    ASKED = 0
    """Somebody waits for the answer."""
    LATER = 1
    """What may have changed by what was done before."""
    WHOLE = 2
    """A file among those of a whole tree."""


class Outdated(BaseException):
    """A look was ended: the client has changed a text since it began.

    Not an Exception: no rule may take it for a fault of its own.
    """


class Garbage:
    """Collects what leads back to itself while nobody waits, so that no collection falls into what somebody waits for.

    What analyses of one text have computed is all garbage at once, when the next text comes: a collection before that
    would find nothing, and make it costly to find later.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._rounds = 0

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Leave all of it for later."""
        gc.disable()
        try:
            yield
        finally:
            gc.enable()

    def collect_new(self) -> None:
        """Collect what has come since the last time."""
        self._rounds += 1
        gc.collect(0)

    def collect_all(self) -> None:
        """Collect all there is, unless that was done not long ago."""
        if self._rounds >= _ROUNDS:
            self._rounds = 0
            gc.collect()


class Worker:
    """Carries out pieces of work one at a time, on the thread that runs it.

    That is the process's main thread: only there the time that a file may take is bounded.
    """

    def __init__(self) -> None:
        """Begin with nothing to do."""
        self._queue: queue.PriorityQueue[tuple[int, int, Callable[[], None]]] = queue.PriorityQueue()
        self._number = itertools.count()

    def submit(self, work: Callable[[], T], urgency: Urgency = Urgency.ASKED) -> Future[T]:
        """Do something when its turn comes; cancelling the result before that drops it."""
        result: Future[T] = Future()

        def carry_out() -> None:
            if not result.set_running_or_notify_cancel():
                return
            try:
                result.set_result(work())
            except BaseException as error:  # noqa: BLE001 - whoever asked is told
                result.set_exception(error)

        self._queue.put((urgency, next(self._number), carry_out))
        return result

    def run(self) -> NoReturn:
        """Carry out what comes, for ever."""
        while True:
            _, _, work = self._queue.get()
            work()
            del work  # what it holds may be large, and the next may be long in coming
