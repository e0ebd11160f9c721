"""The manual page: every command and option is on it, and those who read such pages find no fault with it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys

import pytest
import typer
from typer.core import TyperGroup

from rfl_lint.cli.app import app
from rfl_lint.cli.manual import _roff, manual_page
from tests.conftest import ROOT, script, succeed

MANDOC = shutil.which("mandoc")
PAGE = ROOT / "docs" / "man" / "rfl-lint.1"


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text() == manual_page(), "run `make docs`"
    assert script("generate_docs").wanted_files()[PAGE] == manual_page()


def test_every_command_and_every_option_is_there() -> None:
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    text = re.sub(r"\\f[BR]", "", manual_page()).replace("\\-", "-")
    _, *parts = text.split("\n.SS rfl-lint ")
    assert [part.split()[0] for part in parts] == list(group.commands)
    for part, command in zip(parts, group.commands.values(), strict=True):
        for parameter in command.params:
            name = max(parameter.opts, key=len) if parameter.param_type_name == "option" else "\n.TP"
            assert name in part, f"{command.name}: {name}"


def test_no_line_is_a_request_by_accident() -> None:
    assert (
        _roff(".gitignore is read. 'a' is not. A\\b-c")
        == "\\&.gitignore is read. \\(aqa\\(aq is not.\nA\\eb\\-c"
    )
    assert _roff("'a'") == "\\&\\(aqa\\(aq"
    requests = {line.split()[0] for line in manual_page().splitlines() if line.startswith((".", "'"))}
    assert requests <= {'.\\"', ".TH", ".SH", ".SS", ".B", ".br", ".TP"}


@pytest.mark.client
@pytest.mark.skipif(MANDOC is None, reason="there is no mandoc here (`apt-get install mandoc`)")
def test_mandoc_finds_no_fault() -> None:
    assert MANDOC is not None
    done = subprocess.run(
        [MANDOC, "-T", "lint", "-W", "warning", PAGE], capture_output=True, text=True, check=False
    )
    told = [
        line for line in done.stdout.splitlines() if "missing date" not in line
    ]  # a date would be out of date
    assert told == []
    shown = re.sub(
        r".\x08", "", subprocess.run([MANDOC, PAGE], capture_output=True, text=True, check=True).stdout
    )
    assert "--watch" in shown
    assert re.search(r"NAME\n +rfl-lint [-–] a static linter", shown)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("rfl-lint exp", {"explain"}),
        ("rfl-lint explain missing-safety-c", {"missing-safety-comment"}),
        ("rfl-lint check --select provenance,missing-safety-c", {"provenance,missing-safety-comment"}),
        ("rfl-lint check --wat", {"--watch"}),
        ("rfl-lint check --color al", {"always"}),
    ],
)
def test_shells_complete(shell: str, words: str, offered: set[str]) -> None:
    *before, last = words.split()
    told = {
        "bash": {"COMP_WORDS": words, "COMP_CWORD": str(len(before))},
        "zsh": {"_TYPER_COMPLETE_ARGS": words},
        "fish": {"_TYPER_COMPLETE_ARGS": words, "_TYPER_COMPLETE_FISH_ACTION": "get-args",
                 "_TYPER_COMPLETE_WORD_TO_COMPLETE": last},
    }[shell]  # fmt: skip
    command = [sys.executable, "-c", "from rfl_lint.__main__ import main; main()"]
    printed = run_completion(command, shell, told)
    found = {
        name.strip('"\' ') for line in printed.splitlines()
        for name in re.findall(r"^[^\t: ]+" if shell != "zsh" else r'"([^":]+)', line)
    }  # fmt: skip
    assert offered <= found, printed
    assert all(name.startswith(last) for name in found if name.startswith(("missing", "--"))), printed


def run_completion(command: list[str], shell: str, told: dict[str, str]) -> str:
    return succeed(command, ROOT, _RFL_LINT_COMPLETE=f"complete_{shell}", PYTHONPATH=str(ROOT), **told)
