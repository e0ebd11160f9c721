"""`check --fix --diff`: only what the working tree changed is fixed, in a real checkout, and nothing else moves."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.cli_runner import Checkout, Ran

PATH = "drivers/demo/x.rs"
HEAD = "// SPDX-License-Identifier: GPL-2.0\n\n"
OLD = 'fn old() {\n    pr_info!("old");\n}\n'
NEW = '\nfn new() {\n    pr_info!("new");\n}\n'
FIXED = NEW.replace('new"', 'new\\n"')
UNSAFE = "\nfn read(p: *mut u8) -> u8 {\n    unsafe { *p }\n}\n"


@pytest.fixture
def tree(tmp_path: Path) -> Checkout:
    made = Checkout(tmp_path)
    made.write("rust/kernel/lib.rs", "//! The kernel crate.\n")
    made.write(PATH, HEAD + OLD)
    made.git("init", "--quiet", "--initial-branch=main")
    made.commit()
    return made


def text(tree: Checkout, path: str = PATH) -> str:
    return (tree.folder / path).read_bytes().decode()


def fix(tree: Checkout, *words: str) -> Ran:
    """A run that fixes; a second one must have nothing to do, and report the same."""
    ran = tree("check", "--fix", *words)
    before = {file: file.read_bytes() for file in tree.folder.rglob("*.rs")}
    again = tree("check", "--fix", *words)
    assert {file: file.read_bytes() for file in before} == before
    assert again.status == ran.status
    assert again.out.splitlines()[:-1] == ran.out.splitlines()[:-1]
    return ran


def test_the_change_is_fixed_and_what_was_there_is_not(tree: Checkout) -> None:
    tree.write(PATH, HEAD + NEW + OLD + NEW.replace("new", "newer"))
    ran = fix(tree, "--diff")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.splitlines() == ["no findings in 1 file", "fixed 2 findings in 1 file"]
    assert text(tree) == HEAD + FIXED + OLD + FIXED.replace("new", "newer")


def test_nothing_is_fixed_where_nothing_changed(tree: Checkout) -> None:
    ran = fix(tree, "--diff")
    assert (ran.status, ran.out.splitlines()[-1], text(tree)) == (0, "nothing to fix", HEAD + OLD)
    tree.write(PATH, HEAD + OLD + "\n// Words.\n")
    fix(tree, "--diff")
    assert text(tree) == HEAD + OLD + "\n// Words.\n"


def test_lines_that_fixes_put_in_move_the_others(tree: Checkout) -> None:
    """Comments above the first blocks push the old one to where a new one was, pass by pass."""
    old = UNSAFE.replace("read", "old")
    tree.write(PATH, HEAD + old * 2)
    tree.commit()
    tree.write(PATH, HEAD + UNSAFE * 3 + old + UNSAFE + old)
    ran = fix(tree, "--diff", "--unsafe-fixes")
    assert ran.out.splitlines()[-1] == "fixed 4 findings in 1 file"
    functions = text(tree).removeprefix(HEAD).split("\nfn ")[1:]
    assert [("SAFETY" in each, each.split("(")[0]) for each in functions] == [
        *[(True, "read")] * 3,
        (False, "old"),
        (True, "read"),
        (False, "old"),
    ]


def test_the_fixes_to_review_wait_until_they_are_asked_for(tree: Checkout) -> None:
    tree.write(PATH, HEAD + OLD + UNSAFE)
    ran = fix(tree, "--diff")
    assert (ran.status, text(tree)) == (1, HEAD + OLD + UNSAFE)
    assert ran.out.splitlines()[-1] == "nothing to fix; 1 can be fixed with `--unsafe-fixes`"


def test_the_diff_of_the_fixes_is_that_of_the_change_alone(tree: Checkout) -> None:
    tree.write(PATH, HEAD + OLD + NEW)
    ran = tree("check", "--diff", "--show-fixes")
    assert (ran.status, text(tree)) == (1, HEAD + OLD + NEW)
    assert [line for line in ran.out.splitlines() if line[:1] in "+-"] == [
        f"--- a/{PATH}",
        f"+++ b/{PATH}",
        '-    pr_info!("new");',
        '+    pr_info!("new\\n");',
    ]
    assert ran.err.splitlines()[-1] == "would fix 1 finding in 1 file; 0 findings would remain"
    subprocess.run(["git", "apply"], cwd=tree.folder, input=ran.out.encode(), check=True)
    assert tree("check", "--diff", "--show-fixes") == Ran(
        0, "", "no findings in 1 file\nnothing to fix; 0 findings would remain\n"
    )


def test_what_is_staged_stays_as_it_is(tree: Checkout) -> None:
    """The working tree alone is written, in what was staged and in what was not; the index keeps its text."""
    staged = HEAD + OLD + NEW
    tree.write(PATH, staged)
    tree.git("add", "--all")
    tree.write(PATH, HEAD + NEW.replace("new", "unstaged") + OLD + NEW)
    fix(tree, "--diff")
    assert text(tree) == HEAD + FIXED.replace("new", "unstaged") + OLD + FIXED
    assert tree.git("show", f":{PATH}") == staged
    assert tree.git("status", "--porcelain") == f"MM {PATH}\n"


def test_against_a_revision_and_in_renamed_files(tree: Checkout) -> None:
    tree.git("mv", PATH, "drivers/demo/y.rs")
    long = HEAD + OLD + "".join(f"fn f{number}() {{}}\n" for number in range(40))
    tree.write("drivers/demo/y.rs", long)
    tree.commit()
    tree.git("mv", "drivers/demo/y.rs", "drivers/demo/z.rs")
    tree.write("drivers/demo/z.rs", long + NEW)
    fix(tree, "--diff")
    assert text(tree, "drivers/demo/z.rs") == long + FIXED
    fix(tree, "--diff", "HEAD~1")
    assert text(tree, "drivers/demo/z.rs") == long.replace('old"', 'old\\n"') + FIXED


def test_new_files_are_fixed_as_wholes_and_untracked_ones_not_at_all(tree: Checkout) -> None:
    tree.write("drivers/demo/new.rs", HEAD + OLD)
    fix(tree, "--diff")
    assert text(tree, "drivers/demo/new.rs") == HEAD + OLD
    tree.git("add", "--intent-to-add", "--all")
    fix(tree, "--diff")
    assert text(tree, "drivers/demo/new.rs") == HEAD + OLD.replace('old"', 'old\\n"')
    assert text(tree) == HEAD + OLD


@pytest.mark.parametrize("ending", ["\r\n", "\n"])
def test_line_endings_and_a_last_line_without_one(tree: Checkout, ending: str) -> None:
    def lines(words: str) -> str:
        return words.replace("\n", ending)

    tree.git("config", "core.autocrlf", "false")
    tree.write(PATH, lines(HEAD + OLD + UNSAFE))
    tree.commit()
    tree.write(PATH, lines(HEAD + UNSAFE.replace("read", "new") + OLD + UNSAFE + NEW).rstrip())
    fix(tree, "--diff", "--unsafe-fixes")
    after = text(tree)
    assert after.endswith(lines(OLD + UNSAFE + FIXED).rstrip())
    assert after.count("SAFETY") == 1
    assert after.count("\n") == after.count(ending)


def test_a_deleted_comment_is_drafted_anew(tree: Checkout) -> None:
    """What stands behind a deleted line is part of the change until all of its fixes are made."""
    told = UNSAFE.replace("    unsafe", "    // SAFETY: The caller gave it.\n    unsafe")
    tree.write(PATH, HEAD + UNSAFE + told)
    tree.commit()
    tree.write(PATH, HEAD + UNSAFE + UNSAFE)
    ran = fix(tree, "--diff", "--unsafe-fixes")
    assert ran.out.splitlines()[-1] == "fixed 1 finding in 1 file"
    after = text(tree)
    assert after.startswith(HEAD + UNSAFE + "\nfn read(p: *mut u8) -> u8 {\n    // SAFETY:")


def test_comments_that_allow_are_written_for_the_change_alone(tree: Checkout) -> None:
    tree.write(PATH, HEAD + UNSAFE)
    tree.commit()
    tree.write(PATH, HEAD + UNSAFE * 2)
    ran = tree("check", "--diff=HEAD", "--add-suppressions", "later")
    assert ran.out.splitlines() == ["no findings in 1 file", "suppressed 1 finding in 1 file"]
    allow = "    // rfl-lint: allow(missing-safety-comment): later\n"
    assert text(tree) in (
        HEAD + UNSAFE + UNSAFE.replace("    unsafe", f"{allow}    unsafe"),
        HEAD + UNSAFE.replace("    unsafe", f"{allow}    unsafe") + UNSAFE,
    )


def test_a_file_that_cannot_be_written_is_reported_as_it_is(tree: Checkout) -> None:
    other = "drivers/demo/y.rs"
    for path in (PATH, other):
        tree.write(path, HEAD + OLD + UNSAFE)
    tree.git("add", "--all")
    (tree.folder / PATH).chmod(0o444)
    ran = tree("check", "--fix", "--unsafe-fixes", "--diff", "--output-format", "json")
    assert ran.status == 2
    assert "is read-only; nothing in it is fixed" in ran.err
    left = [each for each in json.loads(ran.out)["findings"] if each["path"] == PATH]
    assert [(each["rule"], each["line"]) for each in left] == [("missing-safety-comment", 8)]
    assert text(tree) == HEAD + OLD + UNSAFE
    assert "SAFETY" in text(tree, other)


def test_what_is_in_the_baseline_is_fixed_only_where_the_change_wrote_it(tree: Checkout) -> None:
    tree.write(PATH, HEAD + UNSAFE + UNSAFE.replace("read", "other"))
    tree("check", "--write-baseline")
    tree.commit()
    tree.write(PATH, HEAD + UNSAFE + "\n" + UNSAFE.replace("read", "other").replace("*p }", "*p  }"))
    before = text(tree)
    ran = fix(tree, "--diff", "--unsafe-fixes")
    assert ran.out.splitlines()[-1] == "fixed 1 finding in 1 file"
    assert text(tree).startswith(before[: before.index("    unsafe { *p  }")] + "    // SAFETY:")
