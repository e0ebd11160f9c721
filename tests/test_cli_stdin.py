"""Standard input as a user meets it by accident: closed, or a terminal that waits."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMANDS = (["patch"], ["check", "-"])


@pytest.mark.parametrize("words", COMMANDS)
def test_closed_standard_input_is_a_usage_error(words: list[str], tmp_path: Path) -> None:
    command = f"exec {sys.executable} -m rfl_lint {' '.join(words)} <&-"
    done = subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("rfl-lint: error: standard input is closed: no ")


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a pseudo terminal")
@pytest.mark.parametrize("words", COMMANDS)
def test_a_terminal_is_told_what_is_waited_for(words: list[str], tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    try:
        os.write(ours, b"\x04")  # Ctrl-D
        command = [sys.executable, "-m", "rfl_lint", *words]
        done = subprocess.run(
            command, cwd=tmp_path, stdin=theirs, capture_output=True, text=True, check=False, timeout=60
        )
    finally:
        os.close(ours)
        os.close(theirs)
    assert done.returncode == 0
    assert done.stderr.startswith("rfl-lint: note: reading a ")
    assert "from the terminal: Ctrl-D ends it; `rfl-lint " in done.stderr
