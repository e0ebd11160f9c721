"""Worker processes: what they keep between phases, and what happens when one dies."""

from __future__ import annotations

import os
import signal

import pytest

from rfl_lint.errors import WorkerError
from rfl_lint.workers import Phase, Workers


class Counter:
    """Remembers in its worker what it saw."""

    def __init__(self) -> None:
        self.seen: list[int] = []

    def first(self, job: int, sent: object) -> object:
        self.seen.append(job)
        return (job, sent, os.getpid())

    def second(self, _job: int, sent: object) -> object:
        return (sorted(self.seen), sent, os.getpid())

    def die(self, job: int, _sent: object) -> object:
        if job == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return job


def phases(counter: Counter) -> list[Phase[int]]:
    return [Phase("first", counter.first), Phase("second", counter.second), Phase("die", counter.die)]


def test_a_worker_keeps_its_jobs_and_what_it_learned() -> None:
    with Workers([[1, 2], [3]], phases(Counter())) as workers:
        first = dict(workers.run("first", "x"))
        second = dict(workers.run("second", ["y"]))
    assert [first[job][:2] for job in (1, 2, 3)] == [(1, "x"), (2, "x"), (3, "x")]  # type: ignore[index]
    assert [second[job][:2] for job in (1, 2, 3)] == [([1, 2], ["y"]), ([1, 2], ["y"]), ([3], ["y"])]  # type: ignore[index]
    assert first[1][2] == second[2][2] != first[3][2]  # type: ignore[index]


def test_a_worker_that_is_killed_is_an_error_and_the_others_results_stay() -> None:
    got: list[object] = []
    with (
        pytest.raises(WorkerError, match="killed"),
        Workers([[1, 2], [5, 3, 6]], phases(Counter())) as workers,
    ):
        got.extend(job for job, _ in workers.run("die"))
    assert 3 not in got
    assert 6 not in got


def test_no_jobs_no_results() -> None:
    with Workers[int]([[], []], phases(Counter())) as workers:
        assert list(workers.run("first")) == []


def test_large_results_do_not_block() -> None:
    def large(job: int, _sent: object) -> object:
        return bytes(3_000_000 + job)

    with Workers([[1, 2, 3], [4, 5]], [Phase("large", large)]) as workers:
        sizes = {
            job: len(result)
            for job, result in workers.run("large", bytes(5_000_000))
            if isinstance(result, bytes)
        }
    assert sizes == {job: 3_000_000 + job for job in (1, 2, 3, 4, 5)}
