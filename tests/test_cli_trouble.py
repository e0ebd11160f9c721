"""The command line in trouble: interrupts, full disks, odd names, rules that misbehave, mistakes of the user."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli_runner import CLEAN, UNSAFE, Runner


@pytest.fixture
def rfl(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


def test_an_interrupt_is_status_2_and_says_so(rfl: Runner) -> None:
    rfl.write("a.rs", CLEAN)
    rfl.plugin("waiting-rule", "import time; print('waiting', flush=True); time.sleep(60); yield from ()")
    rfl.write("rfl-lint.toml", "plugins = ['waiting-rule.py']")
    command = [sys.executable, "-m", "rfl_lint", "check", "--trust-plugins", "a.rs"]
    with subprocess.Popen(command, cwd=rfl.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"waiting\n"
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 2
    assert err.decode().startswith("rfl-lint: error: interrupted")


def test_output_that_cannot_be_written_is_status_2(rfl: Runner) -> None:
    rfl.write("a.rs", UNSAFE)
    command = f"{sys.executable} -m rfl_lint check --output-format concise"
    full = subprocess.run(
        ["bash", "-c", f"{command} >/dev/full"], cwd=rfl.folder, capture_output=True, check=False
    )
    assert (full.returncode, full.stderr) == (
        2,
        b"rfl-lint: error: standard output: No space left on device\n",
    )
    closed = subprocess.run(
        ["bash", "-c", f"{command} >&-"], cwd=rfl.folder, capture_output=True, check=False
    )
    assert closed.returncode == 2
    assert b"standard output is closed" in closed.stderr


def test_a_name_that_is_not_utf8(rfl: Runner) -> None:
    (rfl.folder / os.fsdecode(b"bad\xff.rs")).write_text(UNSAFE)
    ran = rfl("check", "--output-format", "concise")
    assert (ran.status, ran.err) == (1, "")
    assert ran.out.startswith("bad\\u{dcff}.rs:2:5:")


def test_a_pipe_beside_a_file_does_not_hang(rfl: Runner) -> None:
    rfl.write("a.rs", UNSAFE)
    os.mkfifo(rfl.folder / "mod.rs")
    assert rfl("check", "a.rs").status == 1


def test_what_stderr_shows_of_a_tree_is_escaped(rfl: Runner) -> None:
    rfl.write("a.rs", CLEAN)
    rfl.write("rfl-lint.toml", '"\\u001b[31mX\\u202e" = 1\n')
    ran = rfl("check")
    assert ran.status == 2
    assert "\\u{1b}[31mX\\u{202e}" in ran.err
    assert "\x1b" not in ran.err


def test_a_rule_that_exits_or_yields_nonsense_is_named(rfl: Runner) -> None:
    rfl.write("a.rs", UNSAFE)
    rfl.plugin("leaving-rule", "raise SystemExit(9)")
    rfl.plugin("silly-rule", "yield 3")
    rfl.write("rfl-lint.toml", "plugins = ['leaving-rule.py', 'silly-rule.py']")
    ran = rfl("check", "--trust-plugins", "--output-format", "concise")
    assert ran.status == 2
    assert "rule leaving-rule crashed on a.rs: SystemExit: 9" in ran.err
    assert "rule silly-rule crashed on a.rs: TypeError: yielded a int, not a Finding" in ran.err
    assert "[missing-safety-comment]" in ran.out


def test_statistics_and_verbose_beside_concise_go_to_stderr(rfl: Runner) -> None:
    rfl.write("a.rs", UNSAFE + "fn h() { m!(a => [b c](d)) }\n")
    rfl.write("scripts/b.rs", CLEAN)
    rfl.write("rust/kernel/lib.rs", CLEAN)
    ran = rfl("check", "--output-format", "concise", "--statistics", "--verbose")
    assert len(ran.out.splitlines()) == 1
    for words in (
        "1  warning   missing-safety-comment",
        "1 host code",
        "0 of 1 parsed",
        "not parsed: a.rs, line 4",
    ):
        assert words in ran.err


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["check", ""], "an empty path"),
        (["check", "notes.md"], "notes.md: not a Rust file"),
        (
            ["check", "--config", "wrong.toml"],
            "wrong.toml: ignore: no rule or group is called `layuot`; did you mean",
        ),
    ],
)
def test_more_mistakes(rfl: Runner, args: list[str], words: str) -> None:
    rfl.write("a.rs", CLEAN)
    rfl.write("notes.md", "# x")
    rfl.write("wrong.toml", "ignore = ['layuot']")
    ran = rfl(*args)
    assert ran.status == 2
    assert words in ran.err


def test_explain_knows_the_rules_of_the_configuration(rfl: Runner) -> None:
    rfl.plugin("local-rule", "yield from ()")
    rfl.write("rfl-lint.toml", "plugins = ['local-rule.py']")
    assert "for the tests" in rfl("explain", "local-rule", "--trust-plugins").out
    assert "local-rule" in rfl("rules", "--trust-plugins").out
    assert rfl("explain", "local-rule").status == 2


def test_severity_filters_useless_suppressions_but_not_what_was_left_unread(rfl: Runner) -> None:
    rfl.write("a.rs", "// rfl-lint: allow(missing-safety-comment): nothing\nfn f() {}\n")
    assert rfl("check").status == 1
    assert rfl("check", "--min-severity", "error").status == 0
    rfl.write("b.rs", b"\0")
    assert rfl("check", "--min-severity", "error").status == 1
