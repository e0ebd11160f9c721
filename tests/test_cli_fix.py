"""`check --fix` as a user meets it: which files change, what is said, and with which status."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from rfl_lint.source import BOM, SourceFile
from rfl_lint.syntax import parse_file
from tests.cli_runner import CLEAN, UNSAFE, Ran, Runner
from tests.conftest import ROOT

SAFE = """\
text = cx.text(node)
        at = node.start_byte + text.find("old")
        if "old" in text:
            edit = Edit(Span(at, at + 3), "new")
            yield self.finding(cx, node, "`old` is now `new`", help="write it", fix=Fix("say it", (edit,), True))"""
OLD = "fn f() {\n    old();\n}\n"
NEW = "fn f() {\n    new();\n}\n"
BOX = "fn f() -> Result<Box<u8>> {\n    Ok(Box::new(g(1)))\n}\n"


@pytest.fixture
def rfl(tmp_path: Path) -> Runner:
    runner = Runner(tmp_path / "tree")
    (tmp_path / "tree").mkdir()
    return runner


def with_rule(rfl: Runner, body: str = SAFE, name: str = "old-name") -> None:
    rfl.plugin(name, body)
    plugin = rfl.folder / f"{name}.py"
    text = plugin.read_text().replace("import Confidence,", "import Confidence, Edit, Fix, Span,")
    plugin.write_text(text)
    rfl.write("rfl-lint.toml", f"plugins = ['{name}.py']\nselect = ['{name}']\n")


def fix(rfl: Runner, *args: str, stdin: bytes = b"") -> Ran:
    return rfl("check", "--fix", "--trust-plugins", *args, stdin=stdin)


def test_safe_fixes_are_written_and_what_remains_decides(rfl: Runner) -> None:
    with_rule(rfl)
    file = rfl.write("a.rs", OLD)
    rfl.write("b.rs", CLEAN)
    ran = fix(rfl)
    assert file.read_text() == NEW
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.splitlines() == ["no findings in 2 files", "fixed 1 finding in 1 file"]
    assert fix(rfl).out.splitlines() == ["no findings in 2 files", "nothing to fix"]
    assert {path.name for path in rfl.folder.iterdir()} >= {"a.rs", "b.rs"}
    assert not list(rfl.folder.glob(".*"))


def test_unsafe_fixes_wait_until_they_are_asked_for(rfl: Runner) -> None:
    file = rfl.write("a.rs", BOX)
    ran = rfl("check", "--fix")
    assert (ran.status, file.read_text()) == (1, BOX)
    assert ran.out.splitlines()[-1] == "nothing to fix; 1 can be fixed with `--unsafe-fixes`"
    ran = rfl("check", "--fix", "--unsafe-fixes")
    assert ran.status == 0
    assert file.read_text() == BOX.replace("Box::new(g(1))", "KBox::new(g(1), GFP_KERNEL)?")
    assert ran.out.splitlines()[-1] == "fixed 1 finding in 1 file"


def test_the_hint_tells_what_could_be_fixed(rfl: Runner) -> None:
    rfl.write("a.rs", BOX)
    assert rfl("check").out.splitlines()[-1] == "1 can be fixed with `--fix --unsafe-fixes`"
    assert "can be fixed" not in rfl("check", "--quiet").out
    assert rfl("check", "--unsafe-fixes").status == 2


def test_a_comment_that_is_missing_is_drafted(rfl: Runner) -> None:
    file = rfl.write("a.rs", UNSAFE)
    rfl("check", "--fix", "--unsafe-fixes", "--select", "missing-safety-comment")
    lines = file.read_text().splitlines()
    assert lines[1].startswith("    // SAFETY:")
    assert lines[-2:] == ["    unsafe { g() };", "}"]
    before = file.read_bytes()
    rfl("check", "--fix", "--unsafe-fixes", "--select", "missing-safety-comment")
    assert file.read_bytes() == before


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", [b"", BOM])
def test_line_endings_mode_and_byte_order_mark_stay(rfl: Runner, ending: str, bom: bytes) -> None:
    file = rfl.write("a.rs", bom + UNSAFE.replace("\n", ending).encode())
    file.chmod(0o754)
    rfl("check", "--fix", "--unsafe-fixes", "--select", "missing-safety-comment")
    data = file.read_bytes()
    assert data.startswith(bom + b"fn f()")
    assert data.count(b"SAFETY:") == 1
    assert data.count(b"\n") == data.count(ending.encode())
    assert file.stat().st_mode & 0o777 == 0o754


def test_silenced_findings_and_those_below_the_bar_are_not_fixed(rfl: Runner) -> None:
    with_rule(rfl)
    text = "// rfl-lint: allow(old-name): its time will come\n" + OLD
    file = rfl.write("a.rs", text)
    fix(rfl)
    assert file.read_text() == text
    other = rfl.write("b.rs", OLD)
    fix(rfl, "--min-severity", "error")
    fix(rfl, "--min-confidence", "high")
    assert other.read_text() == OLD
    with (rfl.folder / "rfl-lint.toml").open("a") as config:
        config.write("[[overrides]]\npaths = ['b.rs']\nignore = ['old-name']\n")
    fix(rfl)
    assert other.read_text() == OLD


def test_the_configuration_decides_what_is_safe(rfl: Runner) -> None:
    with_rule(rfl)
    file = rfl.write("a.rs", OLD)
    config = rfl.folder / "rfl-lint.toml"
    plain = config.read_text()
    for word in ("never", "unsafe"):
        config.write_text(f"{plain}[rules.old-name]\nfix = '{word}'\n")
        fix(rfl)
        assert file.read_text() == OLD
    fix(rfl, "--unsafe-fixes")
    assert file.read_text() == NEW


def test_the_diff_is_shown_and_nothing_written(rfl: Runner) -> None:
    with_rule(rfl)
    file = rfl.write("drivers/a.rs", OLD)
    rfl.write("b.rs", OLD.rstrip("\n"))
    for args in (("--show-fixes",), ("--fix", "--show-fixes")):
        ran = rfl("check", "--trust-plugins", *args)
        assert ran.status == 1
        assert ran.out.startswith(
            "--- a/b.rs\n+++ b/b.rs\n@@ -1,3 +1,3 @@\n fn f() {\n-    old();\n+    new();\n }\n\\ No"
        )
        assert "--- a/drivers/a.rs\n+++ b/drivers/a.rs\n" in ran.out
        assert ran.err.splitlines()[-1] == "would fix 2 findings in 2 files; 0 findings would remain"
        assert file.read_text() == OLD
    subprocess.run(["patch", "-p1", "-s"], cwd=rfl.folder, input=ran.out.encode(), check=True)
    assert file.read_text() == NEW
    ran = rfl("check", "--trust-plugins", "--show-fixes")
    assert (ran.status, ran.out) == (0, "")


def test_the_diff_still_counts_what_has_no_fix(rfl: Runner) -> None:
    rfl.write("a.rs", UNSAFE)
    ran = rfl("check", "--show-fixes")
    assert (ran.status, ran.out) == (1, "")
    assert "[missing-safety-comment]" in ran.err
    assert "nothing to fix; 1 can be fixed with `--unsafe-fixes`; 1 finding would remain" in ran.err
    assert rfl("check", "--show-fixes", "--unsafe-fixes").out.count("+    // SAFETY:") == 1
    assert rfl("check", "--show-fixes", "--exit-zero").status == 0


def test_standard_input_is_fixed_to_standard_output(rfl: Runner) -> None:
    with_rule(rfl)
    text = (OLD + UNSAFE).encode()
    ran = fix(rfl, "--stdin-filename", "a.rs", "--extend-select", "missing-safety-comment", stdin=text)
    assert ran.out == NEW + UNSAFE
    assert ran.status == 1
    assert "[missing-safety-comment]" in ran.err
    assert "fixed 1 finding in 1 file; 1 more can be fixed with `--unsafe-fixes`" in ran.err
    assert fix(rfl, "-", stdin=CLEAN.encode()).out == CLEAN
    ran = rfl("check", "--show-fixes", "--trust-plugins", "--stdin-filename", "a.rs", stdin=OLD.encode())
    assert ran.out.startswith("--- a/a.rs\n")


def test_other_formats_tell_of_fixes_beside_the_report(rfl: Runner) -> None:
    with_rule(rfl)
    rfl.write("a.rs", OLD)
    ran = fix(rfl, "--output-format", "json")
    assert json.loads(ran.out)["findings"] == []
    assert ran.err == "rfl-lint: fixed 1 finding in 1 file\n"


def test_read_only_files_are_an_error_and_stay(rfl: Runner) -> None:
    with_rule(rfl)
    file = rfl.write("a.rs", OLD)
    other = rfl.write("b.rs", OLD)
    file.chmod(0o444)
    ran = fix(rfl)
    assert ran.status == 2
    assert (file.read_text(), other.read_text()) == (OLD, NEW)
    assert "a.rs: is read-only; nothing in it is fixed" in ran.err
    assert "a.rs:1:1" in ran.out


def test_links_are_written_through_but_not_out_of_the_tree(rfl: Runner) -> None:
    with_rule(rfl)
    inside, outside = rfl.write("a.rs", OLD), rfl.write("../b.rs", OLD)
    (rfl.folder / "link.rs").symlink_to("a.rs")
    (rfl.folder / "out.rs").symlink_to("../b.rs")
    ran = fix(rfl, "link.rs", "out.rs", "--tree", ".")
    assert ran.status == 2
    assert (rfl.folder / "link.rs").is_symlink()
    assert (inside.read_text(), outside.read_text()) == (NEW, OLD)
    assert "out.rs: lies outside the tree" in ran.err


def test_a_copy_from_elsewhere_is_not_fixed(rfl: Runner) -> None:
    with_rule(rfl)
    copy = rfl.write("../copy.rs", OLD)
    ran = fix(rfl, "--tree", ".", "--config", "rfl-lint.toml", str(copy))
    assert (ran.status, copy.read_text()) == (2, OLD)
    assert "lies outside the tree" in ran.err


def test_a_file_that_changes_meanwhile_is_not_overwritten(rfl: Runner) -> None:
    """The rule itself plays the editor that saves the file."""
    path = rfl.folder / "a.rs"
    with_rule(rfl, f"open({str(path)!r}, 'w').write('fn mine() {{}}\\n')\n        {SAFE}")
    rfl.write("a.rs", OLD)
    ran = fix(rfl)
    assert (ran.status, path.read_text()) == (2, "fn mine() {}\n")
    assert "a.rs: changed while it was linted; not fixed" in ran.err
    assert [item.name for item in rfl.folder.glob(".*.rfl-lint")] == []


def test_a_fix_that_breaks_the_file_is_left_out(rfl: Runner) -> None:
    with_rule(rfl, SAFE.replace('"new")', '"(((")'))
    file = rfl.write("a.rs", OLD)
    ran = fix(rfl)
    assert (ran.status, file.read_text()) == (2, OLD)
    assert "a.rs:1: the fix of old-name is left out: what it makes does not parse" in ran.err


def test_two_trees_at_once(rfl: Runner) -> None:
    with_rule(rfl)
    for tree in ("one", "two"):
        rfl.write(f"{tree}/rust/kernel/lib.rs", CLEAN)
        rfl.write(f"{tree}/drivers/a.rs", OLD)
    fix(rfl, "one", "two")
    assert {(rfl.folder / tree / "drivers/a.rs").read_text() for tree in ("one", "two")} == {NEW}


def test_several_processes_see_the_fixed_texts(rfl: Runner) -> None:
    with_rule(rfl)
    for name in ("a", "b"):
        rfl.write(f"{name}.rs", OLD + "// A line that says nothing much.\n" * 9_000)
    ran = fix(rfl, "--jobs", "2")
    assert ran.out.splitlines() == ["no findings in 2 files", "fixed 2 findings in 2 files"]


def test_the_demonstration_can_be_fixed(tmp_path: Path) -> None:
    """Every file still parses, the second run has nothing to do, and the diff was what came about."""
    shutil.copytree(ROOT / "demo", tmp_path / "demo")
    before = {path: path.read_bytes() for path in (tmp_path / "demo").rglob("*.rs")}
    rfl = Runner(tmp_path / "demo")
    diff = rfl("check", "--isolated", "--show-fixes", "--unsafe-fixes").out
    assert {path: path.read_bytes() for path in before} == before
    first = rfl("check", "--isolated", "--fix", "--unsafe-fixes")
    after = {path: path.read_bytes() for path in before}
    assert after != before
    assert first.err == ""
    for path, data in after.items():
        parsed = parse_file(SourceFile(path.name, data))
        assert not parsed.errors
        assert not parsed.root.has_error
    assert rfl("check", "--isolated", "--show-fixes", "--unsafe-fixes").out == ""
    for path, data in before.items():
        path.write_bytes(data)
    environment = {"PATH": os.environ["PATH"]}
    subprocess.run(
        ["patch", "-p1", "-s"], cwd=tmp_path / "demo", input=diff.encode(), check=True, env=environment
    )
    assert {path: path.read_bytes() for path in before} == after
