"""`--output FORMAT=FILE`: reports in files beside what standard output gets."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from rfl_lint.output import FORMATS, TELL_PROBLEMS
from tests.cli_runner import CLEAN, UNSAFE, Runner

MAIL = """From: A <a@example.org>
Subject: [PATCH] read

---
diff --git a/drivers/r.rs b/drivers/r.rs
new file mode 100644
--- /dev/null
+++ b/drivers/r.rs
@@ -0,0 +1,3 @@
+fn f() {
+    unsafe { g() };
+}
"""


@pytest.fixture
def rfl(tmp_path: Path) -> Runner:
    runner = Runner(tmp_path / "tree")
    (tmp_path / "tree").mkdir()
    return runner


def test_several_reports_of_one_run(rfl: Runner) -> None:
    rfl.write("a.rs", UNSAFE)
    ran = rfl(
        "check", "--output", "sarif=out.sarif", "--output", "jsonl=out.jsonl", "--output-format=concise"
    )
    assert ran.status == 1
    assert ran.out.startswith("a.rs:2:5: warning: ")
    (run,) = json.loads((rfl.folder / "out.sarif").read_text())["runs"]
    assert [result["ruleId"] for result in run["results"]] == ["missing-safety-comment"]
    assert "Why" in run["tool"]["driver"]["rules"][0]["help"]["markdown"]
    first, last = map(json.loads, (rfl.folder / "out.jsonl").read_text().splitlines())
    assert (first["line"], last["summary"]["files"]) == (2, 1)


@pytest.mark.parametrize("color", ["always", "never"])
def test_a_file_has_no_colour(rfl: Runner, color: str) -> None:
    rfl.write("a.rs", UNSAFE)
    ran = rfl("check", "--output=text=out.txt", "--color", color)
    assert ("\x1b[" in ran.out) == (color == "always")
    assert "\x1b" not in (rfl.folder / "out.txt").read_text()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["sarif"], "write FORMAT=FILE"),
        (["sarif="], "write FORMAT=FILE"),
        (["sarf=x"], "no output format is called `sarf`"),
        (["sarif=-"], "is said by --output-format"),
        (["sarif=folder"], "folder is a folder"),
        (["sarif=x", "json=./x"], "./x is written to twice"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_linted(
    rfl: Runner, given: list[str], words: str
) -> None:
    rfl.write("a.rs", UNSAFE)
    (rfl.folder / "folder").mkdir()
    ran = rfl("check", *(f"--output={word}" for word in given))
    assert (ran.status, ran.out) == (2, "")
    assert words in ran.err
    assert not (rfl.folder / "x").exists()


def test_a_file_that_cannot_be_written_costs_no_finding(rfl: Runner) -> None:
    rfl.write("a.rs", UNSAFE)
    ran = rfl("check", "--output", "json=missing/out.json", "--output-format=concise")
    assert ran.status == 2
    assert "missing-safety-comment" in ran.out
    assert ran.err == "rfl-lint: error: missing/out.json: cannot be written: No such file or directory\n"


@pytest.mark.parametrize("cause", ["path", "rules"])
@pytest.mark.parametrize("name", FORMATS)
def test_no_file_of_a_part_looks_whole(rfl: Runner, name: str, cause: str) -> None:
    rfl.write("a.rs", UNSAFE)
    rfl.write("rfl-lint.toml", "plugins = ['missing.py']" if cause == "rules" else "")
    paths = ["a.rs", "nowhere.rs"] if cause == "path" else ["a.rs", "--trust-plugins"]
    ran = rfl("check", *paths, "--output-format=concise", "--output", f"{name}=out")
    assert ran.status == 2
    assert "missing-safety-comment" in ran.out
    file = rfl.folder / "out"
    if name in TELL_PROBLEMS:
        text = file.read_text()
        assert ("incomplete: 1 error" if name == "text" else "no such file") in text
    else:
        assert not file.exists()
        assert f"error: out: not written: the run was not complete, which `{name}` cannot say" in ran.err


@pytest.mark.parametrize(("unit", "column"), [("characters", 20), ("bytes", 24)])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf", b"fn g() {}\n"])
def test_what_columns_are_counted_in(rfl: Runner, unit: str, column: int, start: bytes) -> None:
    rfl.write("a.rs", start + "fn f() { /* 🦀 é */ unsafe { g() } }\n".encode())
    ran = rfl("check", "--output-format=concise", "--column-unit", unit)
    assert [line.split(":")[2] for line in ran.out.splitlines()] == [str(column)]


def test_a_report_takes_the_place_of_the_last_one(rfl: Runner) -> None:
    rfl.write("a.rs", CLEAN)
    file = rfl.write("out.json", "x" * 100_000)
    file.chmod(0o640)
    link = rfl.folder / "link.json"
    link.symlink_to("out.json")
    assert rfl("check", "--output", "json=link.json").status == 0
    assert json.loads(file.read_text())["findings"] == []
    assert link.is_symlink()
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert not list(rfl.folder.glob(".*rfl-lint*"))


def test_new_files_are_as_readable_as_any(rfl: Runner) -> None:
    rfl.write("a.rs", CLEAN)
    assert rfl("check", "--output", "json=out.json").status == 0
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE((rfl.folder / "out.json").stat().st_mode) == 0o666 & ~mask


def test_what_is_no_regular_file_is_written_to(rfl: Runner) -> None:
    rfl.write("a.rs", UNSAFE)
    ran = rfl("check", "--output", "concise=/dev/null")
    assert (ran.status, ran.err) == (1, "")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)  # noqa: PTH116 - what a replaced one would not be


def test_patches_and_fixes_are_reported_too(rfl: Runner) -> None:
    rfl.write("a.rs", UNSAFE)
    ran = rfl("patch", "--output=gitlab=out.json", "--output-format=checkpatch", stdin=MAIL.encode())
    assert (ran.status, ran.err) == (1, "")
    (found,) = json.loads((rfl.folder / "out.json").read_text())
    assert found["location"] == {"path": "drivers/r.rs", "lines": {"begin": 2, "end": 2}}
    ran = rfl("check", "--fix", "--unsafe-fixes", "--output=rdjson=out.json")
    left = json.loads((rfl.folder / "out.json").read_text())["diagnostics"]
    assert [each["code"]["value"] for each in left] == ["empty-safety-comment"]
