"""`rfl-lint check --diff`: the whole tree is known, and only what the working tree changed is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli_runner import Checkout, Ran, Runner

PATH = "drivers/demo/x.rs"
OLD = "fn old(p: *mut u8) -> u8 {\n    unsafe { *p }\n}\n"
NEW = OLD + "\nfn new(p: *mut u8) -> u8 {\n    unsafe { *p }\n}\n"


@pytest.fixture
def tree(tmp_path: Path) -> Checkout:
    made = Checkout(tmp_path)
    made.write("rust/kernel/lib.rs", "//! The kernel crate.\n")
    made.write(PATH, OLD)
    made.git("init", "--quiet", "--initial-branch=main")
    made.commit()
    return made


def test_only_the_change_is_shown(tree: Checkout) -> None:
    assert tree.found() == [f"{PATH}:2:5"]
    assert tree.found("--diff") == []
    tree.write(PATH, NEW)
    assert tree.found() == [f"{PATH}:2:5", f"{PATH}:6:5"]
    assert tree.found("--diff") == [f"{PATH}:6:5"]


def test_staged_or_not_does_not_matter(tree: Checkout) -> None:
    tree.write(PATH, NEW)
    tree.git("add", "--all")
    assert tree.found("--diff") == [f"{PATH}:6:5"]


def test_against_a_revision(tree: Checkout) -> None:
    tree.write(PATH, NEW)
    tree.commit()
    assert tree.found("--diff") == []
    assert tree.found("--diff", "HEAD~1") == [f"{PATH}:6:5"]
    assert tree.found("--diff=HEAD~1", "drivers") == [f"{PATH}:6:5"]
    assert tree.found("--diff", "HEAD~1", "rust") == []


def test_a_path_behind_diff_is_a_path(tree: Checkout) -> None:
    tree.write(PATH, NEW)
    assert tree.found("--diff", "drivers") == [f"{PATH}:6:5"]
    assert tree.found("--diff", PATH) == [f"{PATH}:6:5"]
    assert tree.found(PATH, "--diff") == [f"{PATH}:6:5"]


def test_a_deleted_comment_is_a_change(tree: Checkout) -> None:
    documented = OLD.replace("    unsafe", "    // SAFETY: The caller gave it.\n    unsafe")
    tree.write(PATH, documented)
    tree.commit()
    tree.write(PATH, OLD)
    assert tree.found("--diff") == [f"{PATH}:2:5"]


def test_a_renamed_file_shows_what_was_changed_in_it(tree: Checkout) -> None:
    long = "".join(f"fn f{number}() {{}}\n" for number in range(40)) + OLD
    tree.write(PATH, long)
    tree.commit()
    tree.git("mv", PATH, "drivers/demo/y.rs")
    assert tree.found("--diff") == []
    tree.write("drivers/demo/y.rs", long + NEW.removeprefix(OLD))
    assert tree.found("--diff") == ["drivers/demo/y.rs:46:5"]


def test_new_and_deleted_files(tree: Checkout) -> None:
    tree.write("drivers/demo/new.rs", "// New.\n\n" + NEW.removeprefix(OLD))
    tree.git("rm", "--quiet", PATH)
    tree.git("add", "--all")
    assert tree.found("--diff") == ["drivers/demo/new.rs:5:5"]


def test_in_a_folder_of_the_checkout(tree: Checkout) -> None:
    tree.write(PATH, NEW)
    inner = Checkout(tree.folder / "drivers")
    assert inner.found("--diff") == [f"{PATH}:6:5"]


def test_names_that_git_quotes(tree: Checkout) -> None:
    tree.write("drivers/demo/größe neu.rs", OLD)
    tree.git("add", "--all")
    assert tree.found("--diff") == ["drivers/demo/größe neu.rs:2:5"]


def test_the_users_git_settings_do_not_matter(tree: Checkout) -> None:
    tree.write(PATH, NEW)
    for setting in (
        "diff.noprefix true",
        "color.ui always",
        "diff.mnemonicPrefix true",
        "diff.renames false",
    ):
        tree.git("config", *setting.split())
    tree.git("config", "diff.external", "touch ran; false")
    tree.git("config", "core.fsmonitor", "touch ran; false")
    assert tree.found("--diff") == [f"{PATH}:6:5"]
    assert not (tree.folder / "ran").exists()


def test_what_cannot_be_done_is_said(tree: Checkout, tmp_path: Path) -> None:
    ran = tree("check", "--diff", "no-such-revision")
    assert (ran.status, ran.out) == (2, "")
    assert "no-such-revision" in ran.err
    ran = tree("check", "--diff=HEAD", "-")
    assert (ran.status, "standard input" in ran.err) == (2, True)
    outside = Runner(tmp_path.parent / "outside")
    outside.write("x.rs", OLD)
    ran = outside("check", "--diff", env={"GIT_CEILING_DIRECTORIES": str(tmp_path.parent)})
    assert ran.status == 2
    assert "git" in ran.err
    assert "Traceback" not in ran.err


def test_no_change_is_no_finding(tree: Checkout) -> None:
    assert tree("check", "--diff", "--output-format", "checkpatch") == Ran(0, "", "")
