"""The bound on time: what takes too long is ended, said, and leaves nothing half done behind."""

from __future__ import annotations

import re
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest
from msgspec.structs import replace

from rfl_lint.engine import FileResult, Lint, lint_parsed, lint_source
from rfl_lint.facts import extract_facts
from rfl_lint.finding import Finding, Severity
from rfl_lint.index import Index
from rfl_lint.registry import builtin_rules
from rfl_lint.rule import Context, Meta, Rule
from rfl_lint.source import SourceFile
from rfl_lint.tree import KernelTree
from rfl_lint.watch import TookTooLong, bounded, unbounded
from rfl_lint.workspace import Workspace
from tests.conftest import ROOT

UNSAFE = SourceFile("drivers/a.rs", b"fn f() {\n    unsafe { g() }\n}\n")


class NeverEnds(Rule):
    """Goes on for ever, and takes every exception for its own: a rule for these tests alone."""

    meta = Meta("never-ends", "test", "a loop", Severity.WARNING, "0")

    def check_file(self, cx: Context) -> Iterator[Finding]:
        while cx.path.endswith("a.rs"):
            try:
                re.search(r"(x+x+)+y", "x" * 18)
            except Exception:  # noqa: BLE001, S112 - as a careless rule would
                continue
        yield from ()


def spin() -> None:
    while True:
        pass


def test_work_in_time_gives_its_result() -> None:
    assert bounded(lambda: 3, 1) == 3
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0, 0)


def test_work_that_takes_too_long_is_ended() -> None:
    with pytest.raises(TookTooLong):
        bounded(spin, 0.02)
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0, 0)


def test_a_regular_expression_is_ended_too() -> None:
    with pytest.raises(TookTooLong):
        bounded(lambda: re.search(r"(x+x+)+y", "x" * 60), 0.02)


def test_inner_work_is_part_of_the_outer() -> None:
    with pytest.raises(TookTooLong):
        bounded(lambda: bounded(spin, 1000), 0.02)


def test_the_clock_can_stand_still() -> None:
    def work() -> int:
        with unbounded():
            return sum(1 for _ in range(2_000_000))

    assert bounded(work, 0.01) == 2_000_000


def test_a_signal_that_somebody_else_waits_for_is_left_alone() -> None:
    before = signal.signal(signal.SIGVTALRM, signal.SIG_IGN)
    try:
        assert bounded(lambda: signal.getsignal(signal.SIGVTALRM), 1) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGVTALRM, before)


def test_other_threads_work_unbounded() -> None:
    done: list[int] = []
    thread = threading.Thread(target=lambda: done.append(bounded(lambda: 3, 0.001)))
    thread.start()
    thread.join()
    assert done == [3]


def test_a_file_that_takes_too_long_is_a_finding() -> None:
    rules = [rule() for rule in builtin_rules() if rule.meta.name == "missing-safety-comment"]
    result = lint_source(UNSAFE, Lint([*rules, NeverEnds()], max_seconds=0.1))
    assert [(finding.rule, finding.message) for finding in result.findings] == [
        ("file-not-analysed", "file not analysed: it takes longer than 0.1 seconds")
    ]
    assert result.crashes == ()
    other = SourceFile("drivers/b.rs", UNSAFE.data)
    result = lint_source(other, Lint([*rules, NeverEnds()], max_seconds=0.1))
    assert [finding.rule for finding in result.findings] == ["missing-safety-comment"]


class RingsAt:
    """A profile function that ends the work at the n-th call, wherever that is."""

    def __init__(self, count: int) -> None:
        self.left = count

    def __call__(self, _frame: FrameType, event: str, _argument: object) -> None:
        self.left -= event == "call"
        # Once more if the first one was raised where Python drops exceptions, as the real bell does.
        if self.left in (0, -40, -400):
            raise TookTooLong


class LooksElsewhere(Rule):
    """Reports whether another file can be seen: a rule for these tests alone."""

    meta = Meta("looks-elsewhere", "test", "a look", Severity.WARNING, "0")

    def check_file(self, cx: Context) -> Iterator[Finding]:
        yield self.finding(cx, cx.parsed.root, f"b.rs is {'there' if cx.other('b.rs') else 'missing'}")


def test_a_file_that_was_just_being_opened_is_opened_again() -> None:
    rings = [True, False]

    def read(path: str) -> SourceFile | None:
        if rings.pop(0):
            raise TookTooLong
        return SourceFile(path, b"fn g() {}\n")

    space, lint = Workspace(KernelTree(), read), Lint([LooksElsewhere()])
    results = [
        lint_parsed(space.parse(SourceFile(name, b"fn f() {}\n")), lint, space) for name in ("a.rs", "c.rs")
    ]
    assert [result.findings[0].message for result in results] == [
        "file not analysed: it takes longer than 30 seconds",
        "b.rs is there",
    ]


FOLDERS = ("fixtures/context/sleep-in-atomic-context/across", "fixtures/provenance/leaked-into-raw/across")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("folder", FOLDERS)
def test_what_is_ended_in_its_middle_changes_nothing_for_the_others(folder: str) -> None:
    paths = sorted(Path(ROOT, folder).glob("*.rs"))
    sources = [SourceFile(f"rust/kernel/{path.name}", path.read_bytes()) for path in paths]
    lint = Lint([rule() for rule in builtin_rules()])

    def workspace() -> Workspace:
        made = Workspace(KernelTree(), {source.path: source for source in sources}.get, kinds=lint.kinds)
        made.index = Index([extract_facts(made.parse(source)) for source in sources])
        return made

    def linted(space: Workspace, source: SourceFile) -> FileResult:
        # What it reached depends on what was open already.
        return replace(lint_parsed(space.parse(source), lint, space), reached=frozenset())

    space = workspace()
    expected = [linted(space, source) for source in sources]
    rung = 0
    for count in [*range(40, 2_000, 197), *range(2_000, 60_000, 4_331)]:
        space = workspace()
        parsed = space.parse(sources[0])
        sys.setprofile(RingsAt(count))
        try:
            ended = lint_parsed(parsed, lint, space)
        finally:
            sys.setprofile(None)
        rung += ended.findings[:1] != expected[0].findings[:1]
        assert [linted(space, source) for source in reversed(sources)] == expected[::-1], count
    assert rung > 5
