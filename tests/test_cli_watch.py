"""`check --watch` as a user runs it: a report after each change, and a clean end."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli_runner import CLEAN, UNSAFE, Runner

FINDING = "[missing-safety-comment]"


class Watched:
    """A watch that runs, and what it has printed so far, both streams in one."""

    def __init__(self, process: subprocess.Popen[bytes], stream: int) -> None:
        self.process, self._stream, self.printed = process, stream, ""

    def until(self, words: str, seconds: float = 40) -> str:
        """What it prints up to the line with these words, which must come."""
        end = time.monotonic() + seconds
        while words not in self.printed or not self.printed.partition(words)[2].count("\n"):
            ready, _, _ = select.select([self._stream], [], [], max(0, end - time.monotonic()))
            assert ready, f"no {words!r} in {self.printed!r}"
            got = os.read(self._stream, 1 << 16)
            assert got, self.printed
            self.printed += got.decode()
        before, _, after = self.printed.partition(words)
        rest, _, self.printed = after.partition("\n")
        return before + words + rest

    def end(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(30)


@contextmanager
def watch(folder: Path, *arguments: str, terminal: bool = False, **variables: str) -> Iterator[Watched]:
    ours, theirs = pty.openpty() if terminal else os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-m", "rfl_lint", "check", "--watch", *arguments],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
        env={
            **os.environ,
            "HOME": str(folder / "home"),
            "TERM": "xterm",
            "COLUMNS": "100",
            "LINES": "40",
            **variables,
        },
    )
    os.close(theirs)
    try:
        yield Watched(process, ours)
    finally:
        process.kill()
        process.wait()
        os.close(ours)


@pytest.fixture
def cli(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


def test_each_change_brings_a_report(cli: Runner) -> None:
    file = cli.write("drivers/a.rs", UNSAFE)
    cli.write("drivers/b.rs", CLEAN)
    with watch(cli.folder, "--output-format", "concise") as watched:
        first = watched.until("linted 2 files; watching")
        assert first.count(FINDING) == 1
        assert "drivers/a.rs:2:5" in first
        file.write_text("// One more line.\n" + UNSAFE)
        assert "drivers/a.rs:3:5" in watched.until("linted 1 file; watching")
        cli.write("drivers/c.rs", UNSAFE)  # a file that was not there
        assert watched.until("linted 3 files; watching").count(FINDING) == 2
        (cli.folder / "drivers" / "c.rs").unlink()
        file.write_text(CLEAN)
        assert FINDING not in watched.until("linted 2 files; watching")
        assert watched.end() == 0
        assert "Traceback" not in watched.printed


def test_the_status_is_that_of_the_last_check(cli: Runner) -> None:
    cli.write("a.rs", UNSAFE)
    with watch(cli.folder) as watched:
        printed = watched.until("watching, Ctrl-C ends")
        assert "\x1b" not in printed
        assert watched.end() == 1


def test_a_setting_that_breaks_is_told_and_mended(cli: Runner) -> None:
    cli.write("a.rs", UNSAFE)
    config = cli.write("rfl-lint.toml", "")
    with watch(cli.folder) as watched:
        assert FINDING in watched.until("watching")
        config.write_text("nonsense = 1\n")
        assert FINDING not in watched.until("nonsense")
        watched.until("watching")
        config.write_text('ignore = ["missing-safety-comment"]\n')
        assert FINDING not in watched.until("linted 1 file; watching")
        assert watched.end() == 0


def test_a_terminal_is_cleared_before_each_report(cli: Runner) -> None:
    file = cli.write("a.rs", UNSAFE)
    with watch(cli.folder, terminal=True) as watched:
        first = watched.until("watching")
        assert first.startswith("\x1b[2J\x1b[H")
        assert "\x1b[" in first.removeprefix("\x1b[2J\x1b[H"), "a terminal has colours"
        file.write_text(CLEAN)
        assert "\x1b[2J\x1b[H" in watched.until("watching")
        assert watched.end() == 0


def test_colour_and_width_are_as_the_user_has_them(cli: Runner) -> None:
    cli.write("a.rs", UNSAFE)
    with watch(cli.folder, terminal=True, NO_COLOR="1", COLUMNS="60") as watched:
        plain = watched.until("watching").removeprefix("\x1b[2J\x1b[H")
        assert "\x1b" not in plain
        assert max(len(line) for line in plain.splitlines() if "= " in line or line.startswith("     ")) <= 60
    with watch(cli.folder, FORCE_COLOR="1") as watched:
        printed = watched.until("watching")
        assert "\x1b[" in printed
        assert "\x1b[2J" not in printed, "what is no terminal is not cleared"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--fix"], "--watch looks on"),
        (["-"], "standard input"),
        (["--diff"], "give --diff without it"),
        (["--patch", "a.patch"], "give --patch without it"),
        (["--add-suppressions", "reason"], "give --add-suppressions without it"),
        (["--write-baseline"], "--write-baseline"),
        (["--select", "no-such-rule"], "no rule or group"),
    ],
)
def test_what_does_not_go_together_is_refused(cli: Runner, arguments: list[str], words: str) -> None:
    cli.write("a.rs", CLEAN)
    ran = cli("check", "--watch", *arguments)
    assert ran.status == 2
    assert words in ran.err
