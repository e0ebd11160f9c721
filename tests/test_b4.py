"""The real b4 with our command set: what `b4 prep --check` and `b4 am -k` make of series with findings and without."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, Ran, run, succeed

B4 = shutil.which("b4", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
pytestmark = [
    pytest.mark.client,
    pytest.mark.skipif(B4 is None, reason="b4 is not installed"),
]

START = "fn old(p: *mut u8) {}\n"
BAD = START + "\nfn read(p: *mut u8) -> u8 {\n    unsafe { *p }\n}\n"
GOOD = BAD + "\nfn more() {}\n"
FILE = "drivers/demo/reader.rs"


class Project:
    """A git repository with a kernel's look, and b4 in it."""

    def __init__(self, folder: Path, command: Path) -> None:
        self.folder = folder
        self.command = command
        self.write("rust/kernel/lib.rs", "//! The kernel crate.\n")
        self.write(FILE, START)
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("config", "user.name", "A")
        self.git("config", "user.email", "a@example.org")
        self.commit("start")

    def write(self, path: str, text: str) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def git(self, *words: str) -> str:
        return succeed(["git", *words], self.folder)

    def commit(self, title: str) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", f"--message={title}\n\nA text.\n\nSigned-off-by: A <a@example.org>")

    def b4(self, *words: str) -> Ran:
        home = self.folder.parent / "home"
        home.mkdir(exist_ok=True)
        path = f"{self.command.parent}{os.pathsep}{os.environ.get('PATH', '')}"
        found = run(
            [str(B4), *words], self.folder, HOME=str(home), PATH=path, XDG_CACHE_HOME=str(home / "cache")
        )
        return Ran(found.status, re.sub(r"\x1b\[[0-9;]*m", "", found.printed))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    folder = tmp_path / "tree"
    folder.mkdir()
    command = tmp_path / "bin" / "rfl-lint"
    command.parent.mkdir()
    path = os.environ.get("PYTHONPATH", "")
    command.write_text(f'#!/bin/sh\nPYTHONPATH="{path}" exec "{sys.executable}" -m rfl_lint "$@"\n')
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    return Project(folder, command)


def documented(setting: str) -> str:
    """The value that docs/patches.md sets, so that what is documented is what is tried."""
    text = (ROOT / "docs" / "patches.md").read_text(encoding="utf-8")
    match = re.search(rf'git config (?:--add )?{re.escape(setting)} "(rfl-lint [^"]*)"', text)
    assert match is not None, setting
    return match[1]


def with_topic(project: Project, *texts: str) -> None:
    project.git("config", "b4.prep-perpatch-check-cmd", documented("b4.prep-perpatch-check-cmd"))
    made = project.b4("--no-stdin", "prep", "-n", "topic", "-f", "main")
    assert made.status == 0, made.printed
    for number, text in enumerate(texts):
        project.write(FILE, text)
        project.commit(f"rust: change {number}")


def test_prep_shows_each_finding_at_its_patch(project: Project) -> None:
    with_topic(project, BAD, GOOD)
    said = project.b4("--no-stdin", "prep", "--check")
    assert said.status == 0, said.printed
    assert (
        f"rfl-lint: {FILE}:4: WARNING: unsafe block has no `SAFETY:` comment [missing-safety-comment]"
        in said.printed
    )
    assert "Success: 1, Warning: 1, Error: 0" in said.printed


def test_prep_counts_errors_as_errors(project: Project) -> None:
    bad = (
        START
        + "\nfn take(x: &Thing) {\n    // SAFETY: Made up.\n"
        + "    let _ = unsafe { Arc::from_raw(core::ptr::from_ref(x)) };\n}\n"
    )
    with_topic(project, bad)
    said = project.b4("--no-stdin", "prep", "--check")
    assert "ERROR: `Arc::from_raw` takes over an allocation" in said.printed
    assert "Error: 1" in said.printed


def test_prep_is_content_where_nothing_is_found(project: Project) -> None:
    with_topic(project, START + "\nfn more() {}\n")
    project.write("drivers/demo/x.c", "int x;\n")
    project.commit("demo: a C file")
    said = project.b4("--no-stdin", "prep", "--check")
    assert "Success: 2, Warning: 0, Error: 0" in said.printed, said.printed


def mailbox(project: Project, *texts: str) -> Path:
    """A series as it comes from a list, on a tree that does not have it."""
    for number, text in enumerate(texts):
        project.write(FILE, text)
        project.commit(f"rust: change {number}")
    series = project.git("format-patch", "--stdout", "--thread", f"HEAD~{len(texts)}..HEAD")
    project.git("reset", "--quiet", "--hard", f"HEAD~{len(texts)}")
    file = project.folder.parent / "series.mbox"
    file.write_text(series, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("text", "expected"), [(BAD, "[missing-safety-comment]"), (START + "fn b() {}\n", "")]
)
def test_am_checks_the_patches_that_it_fetches(project: Project, text: str, expected: str) -> None:
    project.git("config", "b4.am-perpatch-check-cmd", documented("b4.am-perpatch-check-cmd"))
    file = mailbox(project, text)
    out = project.folder.parent / "out"
    message = re.search(r"(?mi)^Message-Id: <([^>]+)>", file.read_text())
    assert message is not None
    said = project.b4("--offline-mode", "am", "-k", "-m", str(file), "-o", str(out), message[1])
    assert said.status == 0, said.printed
    assert "rfl-lint" in said.printed
    assert ("[missing-safety-comment]" in said.printed) == bool(expected), said.printed
    assert "Traceback" not in said.printed


def test_what_b4_review_asks_for(project: Project) -> None:
    file = mailbox(project, BAD)
    command = documented("b4.review-perpatch-check-cmd").split()
    said = run([str(project.command), *command[1:], str(file)], project.folder)
    assert said.status == 1
    (result,) = json.loads(said.printed)
    assert (result["tool"], result["status"]) == ("rfl-lint", "warn")
    (detail,) = json.loads(result["details"])
    assert detail["description"].startswith(f"{FILE}:4: WARNING: "), detail
    assert detail["srcline"] == "unsafe { *p }"
