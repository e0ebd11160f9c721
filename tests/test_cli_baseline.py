"""A baseline as a user meets it: written, found, told of when it is stale, and honoured by everything that lints."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli_runner import CLEAN, UNSAFE, Runner
from tests.conftest import succeed

NAME = ".rfl-lint-baseline.json"
BOX = "fn f() -> Result<Box<u8>> {\n    Ok(Box::new(g(1)))\n}\n"
OTHER = UNSAFE.replace("fn f", "fn other")


@pytest.fixture
def rfl(tmp_path: Path) -> Runner:
    """A checkout with one finding."""
    runner = Runner(tmp_path / "tree")
    runner.write("drivers/a.rs", UNSAFE)
    succeed(["git", "init", "--quiet", "--initial-branch=main"], runner.folder)
    commit(runner)
    return runner


def commit(rfl: Runner) -> None:
    succeed(["git", "add", "--all"], rfl.folder)
    succeed(["git", "commit", "--quiet", "--allow-empty", "--message=x"], rfl.folder)


def entries(rfl: Runner, name: str = NAME) -> list[dict[str, str]]:
    return [each for each in json.loads((rfl.folder / name).read_text())["findings"] if each]


def concise(rfl: Runner, *args: str, stdin: bytes = b"") -> list[str]:
    ran = rfl("check", "--output-format=concise", *args, stdin=stdin)
    assert ran.status in (0, 1), ran.err
    return [":".join(line.split(":")[:2]) for line in ran.out.splitlines()]


def test_written_once_and_found_from_anywhere(rfl: Runner) -> None:
    ran = rfl("check", "--write-baseline")
    assert ran.status == 0
    assert ran.out == "no findings in 1 file; 1 more in the baseline\n"
    assert ran.err == f"rfl-lint: {rfl.folder}/{NAME}: 1 finding (1 added, 0 removed)\n"
    (entry,) = entries(rfl)
    assert (entry["path"], entry["rule"]) == ("drivers/a.rs", "missing-safety-comment")
    assert entry["code"] == "unsafe { g() };"
    before = (rfl.folder / NAME).read_bytes()
    assert rfl("check", "--write-baseline").err.endswith("1 finding (0 added, 0 removed)\n")
    assert (rfl.folder / NAME).read_bytes() == before
    assert concise(rfl) == concise(rfl, "drivers/a.rs") == concise(rfl, "drivers") == []
    assert concise(Runner(rfl.folder / "drivers"), "a.rs") == []
    assert "silenced: 1 finding (1 by the baseline)" in rfl("check", "--verbose").out


def test_new_findings_show_and_old_ones_do_not(rfl: Runner) -> None:
    rfl("check", "--write-baseline")
    rfl.write("drivers/a.rs", CLEAN + "\n" + UNSAFE.replace("fn f", "fn f") + OTHER)
    assert concise(rfl) == ["drivers/a.rs:7"]
    assert rfl("check").status == 1


def test_it_can_be_set_aside(rfl: Runner) -> None:
    rfl("check", "--write-baseline")
    assert concise(rfl, "--no-baseline") == concise(rfl, "--isolated") == ["drivers/a.rs:2"]
    assert concise(rfl, "--isolated", "--baseline", NAME) == []


def test_a_file_of_another_name(rfl: Runner) -> None:
    ran = rfl("check", "--baseline=known.json")
    assert (ran.status, ran.out) == (2, "")
    assert "known.json: no such file; --write-baseline makes it" in ran.err
    assert rfl("check", "--baseline=known.json", "--write-baseline").status == 0
    assert concise(rfl, "--baseline=known.json") == []
    assert not (rfl.folder / NAME).exists()


def test_a_broken_one_is_said(rfl: Runner) -> None:
    rfl.write(NAME, "{")
    ran = rfl("check")
    assert (ran.status, ran.out) == (2, "")
    assert f"{NAME}: not JSON (line 1)" in ran.err


def test_stale_entries_are_told_and_pruned(rfl: Runner) -> None:
    rfl.write("drivers/b.rs", OTHER)
    commit(rfl)
    rfl("check", "--write-baseline", ".")
    rfl.write("drivers/a.rs", CLEAN)
    ran = rfl("check", ".")
    assert (ran.status, ran.out) == (0, "no findings in 2 files; 1 more in the baseline\n")
    head, line = ran.err.splitlines()
    assert (
        head
        == f"rfl-lint: note: {rfl.folder}/{NAME}: 1 finding is no longer there; --prune-baseline removes it"
    )
    assert line == "  drivers/a.rs: missing-safety-comment: unsafe { g() };"
    assert rfl("check", "--quiet", ".").err == ""
    assert rfl("check", "drivers/b.rs").err == "", "what was not looked at is not known to be stale"
    rfl.write("drivers/c.rs", OTHER.replace("other", "more"))
    ran = rfl("check", "--prune-baseline", ".", "drivers/c.rs")
    assert "1 finding (0 added, 1 removed)" in ran.err
    assert ran.status == 1, "pruning adds nothing"
    assert [each["path"] for each in entries(rfl)] == ["drivers/b.rs"]


def test_a_renamed_file_keeps_its_findings(rfl: Runner) -> None:
    rfl("check", "--write-baseline")
    succeed(["git", "mv", "drivers/a.rs", "drivers/b.rs"], rfl.folder)
    ran = rfl("check")
    assert (ran.status, ran.err) == (0, "")
    rfl("check", "--prune-baseline")
    assert [each["path"] for each in entries(rfl)] == ["drivers/b.rs"]
    succeed(["git", "rm", "--quiet", "--force", "drivers/b.rs"], rfl.folder)
    rfl.write("drivers/c.rs", CLEAN)
    assert rfl("check", "drivers/c.rs").err == "", "where it went is only known of a whole tree"
    succeed(["git", "add", "--all"], rfl.folder)
    assert "1 finding is no longer there" in rfl("check").err


def test_a_partial_run_neither_forgets_nor_accuses(rfl: Runner) -> None:
    rfl.write("drivers/b.rs", BOX)
    commit(rfl)
    rfl("check", "--write-baseline", "--select=all")
    rules = {each["rule"] for each in entries(rfl)}
    assert {"missing-safety-comment", "flagless-allocation"} <= rules
    for args in (["--select=missing-safety-comment"], ["--min-severity=error"], ["drivers/b.rs"], []):
        ran = rfl("check", *args)
        assert (ran.status, ran.err) == (0, ""), args
        rfl("check", "--prune-baseline", *args)
        assert {each["rule"] for each in entries(rfl)} == rules, args
        rfl("check", "--write-baseline", *args)
        assert {each["rule"] for each in entries(rfl)} == rules, args


def test_an_incomplete_run_writes_nothing(rfl: Runner) -> None:
    ran = rfl("check", "--write-baseline", ".", "missing.rs")
    assert ran.status == 2
    assert "the baseline is left as it is" in ran.err
    assert not (rfl.folder / NAME).exists()


def test_where_nothing_is_found_nothing_is_written(rfl: Runner) -> None:
    rfl.write("drivers/a.rs", CLEAN)
    assert rfl("check", "--write-baseline").status == 0
    assert not (rfl.folder / NAME).exists()


@pytest.mark.parametrize(
    "args",
    [
        ["--write-baseline", "--prune-baseline"],
        ["--write-baseline", "--diff"],
        ["--write-baseline", "--fix"],
        ["--prune-baseline", "-"],
        ["--no-baseline", "--prune-baseline"],
        ["--no-baseline", "--baseline=x"],
        ["--write-baseline", "--patch=x"],
    ],
)
def test_what_contradicts_itself_is_refused(rfl: Runner, args: list[str]) -> None:
    ran = rfl("check", *args)
    assert (ran.status, ran.out) == (2, "")
    assert "baseline" in ran.err


def test_each_root_has_its_own(tmp_path: Path) -> None:
    rfl = Runner(tmp_path)
    for name in ("one", "two"):
        rfl.write(f"{name}/rust/kernel/lib.rs", UNSAFE)
    assert rfl("check", "--write-baseline", "one", "two").status == 0
    assert [entries(rfl, f"{name}/{NAME}")[0]["path"] for name in ("one", "two")] == [
        "rust/kernel/lib.rs"
    ] * 2
    assert concise(rfl, "one", "two") == concise(rfl, "one") == concise(rfl, "two/rust/kernel/lib.rs") == []
    (tmp_path / "two" / NAME).unlink()
    assert concise(rfl, "one", "two") == ["two/rust/kernel/lib.rs:2"]


def test_standard_input_is_part_of_the_tree(rfl: Runner) -> None:
    rfl("check", "--write-baseline")
    name = "--stdin-filename=drivers/a.rs"
    assert concise(rfl, name, stdin=b"// More.\n" + UNSAFE.encode()) == []
    assert concise(rfl, name, stdin=(UNSAFE + OTHER).encode()) == ["drivers/a.rs:5"]
    assert rfl("check", name, stdin=CLEAN.encode()).err == ""


def test_what_it_holds_is_never_fixed(rfl: Runner) -> None:
    file = rfl.write("drivers/a.rs", BOX)
    rfl("check", "--write-baseline")
    new = BOX.replace("fn f", "fn g")
    file.write_text(BOX + new)
    ran = rfl("check", "--fix", "--unsafe-fixes")
    assert ran.status == 0
    assert file.read_text() == BOX + new.replace("Box::new(g(1))", "KBox::new(g(1), GFP_KERNEL)?")


def test_a_changed_line_is_reported_even_if_only_its_place_changed(rfl: Runner) -> None:
    rfl("check", "--write-baseline")
    rfl.write("drivers/a.rs", "fn more() {}\n\n" + UNSAFE)
    assert concise(rfl, "--diff") == []
    rfl.write("drivers/a.rs", "fn f() {\n        unsafe { g() };\n}\n")
    assert concise(rfl) == []
    assert concise(rfl, "--diff") == ["drivers/a.rs:2"]


def test_a_line_behind_a_deleted_one_has_not_changed(rfl: Runner) -> None:
    rfl.write("drivers/a.rs", "fn f() {\n    h();\n    unsafe { g() };\n}\n")
    commit(rfl)
    assert rfl("check", "--write-baseline").status == 0
    rfl.write("drivers/a.rs", UNSAFE)
    assert concise(rfl, "--diff", "--no-baseline") == ["drivers/a.rs:2"]
    assert concise(rfl, "--diff") == []


def test_a_patch_is_judged_by_the_lines_that_it_adds(rfl: Runner) -> None:
    rfl("check", "--write-baseline")
    rfl.write(
        "drivers/a.rs", UNSAFE.replace("    unsafe { g() };", "    unsafe { g() };\n    unsafe { h() };")
    )
    diff = succeed(["git", "diff"], rfl.folder)
    succeed(["git", "checkout", "--quiet", "drivers/a.rs"], rfl.folder)
    for args in (["patch"], ["check", "--patch=-"]):
        ran = rfl(*args, "--output-format=concise", stdin=diff.encode())
        assert [line.split(":")[:2] for line in ran.out.splitlines()] == [["drivers/a.rs", "3"]]
    moved = diff.replace("+    unsafe { h() };", "-    unsafe { g() };\n+        unsafe { g() };")
    moved = moved.replace("\n     unsafe { g() };", "", 1)
    ran = rfl("patch", "--output-format=concise", stdin=moved.encode())
    assert ran.out.startswith("drivers/a.rs:2:"), moved


def test_formats_tell_what_it_left_out(rfl: Runner) -> None:
    rfl("check", "--write-baseline")
    rfl("check", "--output=sarif=out.sarif", "--output=json=out.json")
    (result,) = json.loads((rfl.folder / "out.sarif").read_text())["runs"][0]["results"]
    assert result["suppressions"][0]["kind"] == "external"
    assert result["suppressions"][0]["justification"] == "in the baseline"
    assert json.loads((rfl.folder / "out.json").read_text())["findings"] == []
