"""Worker processes that keep what they parsed: facts come up, the index goes down, findings come up.

Trees cannot be sent between processes, so each worker holds on to the files it was given, from the parse to the
rules. Workers are forked: rules and tables come along without being sent. A worker that dies is noticed, never
waited for, and the files that it still owed are named.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from operator import itemgetter
from types import TracebackType
from typing import Final, Generic, Self, TypeVar

from rfl_lint.errors import WorkerError

Job = TypeVar("Job")
_END: Final = b""


@dataclass(frozen=True)
class Phase(Generic[Job]):
    """One step that all workers take: what to do with each job of theirs, given what was sent down."""

    name: str
    work: Callable[[Job, object], object]


class Alone(Generic[Job]):
    """The same, in this process: for a machine with one processor, and for who asks for no others."""

    def __init__(self, jobs: Sequence[Sequence[Job]], phases: Sequence[Phase[Job]]) -> None:
        """Take all jobs."""
        self._jobs = [job for own in jobs for job in own]
        self._phases = {phase.name: phase for phase in phases}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def run(self, name: str, sent: object = None) -> Iterator[tuple[Job, object]]:
        """Take a phase job by job, as the results are asked for."""
        for job in self._jobs:
            yield job, self._phases[name].work(job, sent)


def crew(jobs: Sequence[Sequence[Job]], phases: Sequence[Phase[Job]]) -> Alone[Job] | Workers[Job]:
    """Processes for several lists of jobs, none for a single one."""
    return Workers(jobs, phases) if len(jobs) > 1 else Alone(jobs, phases)


def dealt(jobs: Sequence[Job], hands: int, size: Callable[[Job], int]) -> list[list[Job]]:
    """The jobs dealt out so that each hand holds about as many bytes; the largest go first."""
    found: list[list[Job]] = [[] for _ in range(min(hands, len(jobs)))]
    weights = [0] * len(found)
    for weight, _, job in sorted(
        ((size(job), -at, job) for at, job in enumerate(jobs)), key=itemgetter(0, 1), reverse=True
    ):
        lightest = weights.index(min(weights))
        found[lightest].append(job)
        weights[lightest] += weight + 1
    return found


class Workers(Generic[Job]):
    """Forked processes, each with its own jobs for the whole run."""

    def __init__(self, jobs: Sequence[Sequence[Job]], phases: Sequence[Phase[Job]]) -> None:
        """Fork one process for each list of jobs."""
        context = multiprocessing.get_context("fork")
        self._jobs = jobs
        self._phases = {phase.name: phase for phase in phases}
        self._pipes: list[Connection] = []
        self._processes = []
        for own in jobs:
            ours, theirs = context.Pipe()
            process = context.Process(target=self._serve, args=(theirs, own), daemon=True)
            process.start()
            theirs.close()
            self._pipes.append(ours)
            self._processes.append(process)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for pipe in self._pipes:
            with suppress(OSError):
                pipe.send_bytes(_END)
            pipe.close()
        for process in self._processes:
            if kind is not None:
                process.terminate()
            process.join()

    def run(self, name: str, sent: object = None) -> Iterator[tuple[Job, object]]:
        """Let every worker begin a phase; the iterator gives each job with its result, as they are done.

        It raises WorkerError when a process ends before it has given back everything. The workers are busy from
        this call on, so that the caller may do something else before it looks at the results.
        """
        message = pickle.dumps((name, sent), protocol=5)
        waiting: dict[Connection, int] = {}
        for pipe, jobs in zip(self._pipes, self._jobs, strict=True):
            with suppress(OSError):  # a worker that has gone is noticed below
                pipe.send_bytes(message)
            if jobs:
                waiting[pipe] = 0
        return self._results(waiting)

    def _results(self, waiting: dict[Connection, int]) -> Iterator[tuple[Job, object]]:
        while waiting:
            for ready in wait(list(waiting)):
                assert isinstance(ready, Connection)  # noqa: S101 - wait() hands back what it was given
                jobs = self._jobs[self._pipes.index(ready)]
                done = waiting[ready]
                try:
                    raw = ready.recv_bytes()
                except (EOFError, OSError) as error:
                    raise WorkerError("a worker process was killed") from error
                yield jobs[done], pickle.loads(raw)  # noqa: S301 - from our own worker
                waiting[ready] = done + 1
                if done + 1 == len(jobs):
                    del waiting[ready]

    def _serve(self, pipe: Connection, jobs: Sequence[Job]) -> None:
        """The life of a worker: phases until the end, results in the order of the jobs."""
        # A terminal's interrupt reaches every process of a run: the parent says what there is to say, and ends the
        # others. If it dies itself, whoever waits for its output must not wait for them.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        gc.freeze()  # what was there before the fork is shared with the parent as long as nobody touches it
        threading.Thread(target=_end_with_parent, daemon=True).start()
        for other in self._pipes:
            other.close()  # inherited from the parent: held open here, it would hide a dead sibling
        while True:
            try:
                message = pipe.recv_bytes()
            except EOFError:
                return
            if message == _END:
                return
            name, sent = pickle.loads(message)  # noqa: S301 - from our own parent
            for job in jobs:
                # Not `send`, whose pickler looks every object up in tables written in Python: five times as slow.
                pipe.send_bytes(pickle.dumps(self._phases[name].work(job, sent), protocol=5))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(2)
