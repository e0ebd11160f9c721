"""Which files are linted, which are left out, and what is said of paths that cannot be had."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from rfl_lint.errors import SourceError
from rfl_lint.inputs.files import FileFinder, Selection, read_target
from rfl_lint.tree import Era, Role, find_root, read_tree


def make(root: Path, *paths: str) -> Path:
    for path in paths:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("fn f() {}\n")
    return root


def find(*paths: Path, exclude: tuple[str, ...] = (), force: bool = False) -> Selection:
    return FileFinder(exclude, force_exclude=force).add(paths)


def names(selection: Selection) -> list[str]:
    return [target.path for target in selection.targets]


KERNEL = (
    "rust/kernel/lib.rs", "rust/kernel/alloc/kbox.rs", "drivers/gpu/x.rs", "samples/rust/s.rs", "scripts/gen.rs",
    "rust/macros/lib.rs", "rust/syn/lib.rs", "rust/alloc/vec.rs", "rust/bindings/lib.rs", "rust/x_generated.rs",
    "samples/rust/hostprogs/h.rs", "rust/pin-init/src/lib.rs", "rust/pin-init/internal/src/lib.rs", "tools/t.rs",
    "rust/pin-init/examples/e.rs", "drivers/x/build.rs",
)  # fmt: skip


def test_a_kernel_tree_leaves_out_what_is_not_kernel_code(tmp_path: Path) -> None:
    selection = find(make(tmp_path, *KERNEL))
    assert names(selection) == [
        "drivers/gpu/x.rs",
        "rust/kernel/alloc/kbox.rs",
        "rust/kernel/lib.rs",
        "rust/pin-init/src/lib.rs",
        "samples/rust/s.rs",
    ]
    assert selection.skipped == {"host code": 7, "vendored": 2, "generated": 2}
    assert selection.targets[0].tree.era is Era.OWN


def test_a_named_file_is_linted_whatever_its_role_unless_exclusion_is_forced(tmp_path: Path) -> None:
    file = make(tmp_path, *KERNEL) / "scripts/gen.rs"
    assert names(find(file)) == ["scripts/gen.rs"]
    assert names(find(file, force=True)) == []
    left_out = find(tmp_path).skipped["host code"]
    for paths in ((tmp_path, file), (file, tmp_path)):
        both = find(*paths)
        assert "scripts/gen.rs" in names(both)
        assert both.skipped["host code"] == left_out - 1
    driver = tmp_path / "drivers/gpu/x.rs"
    assert names(find(driver, exclude=("drivers/**",))) == ["drivers/gpu/x.rs"]
    assert names(find(driver, exclude=("drivers/**",), force=True)) == []


def test_excluded_paths_are_counted(tmp_path: Path) -> None:
    selection = find(make(tmp_path, "a/x.rs", "a/y.rs", "b/z.rs"), exclude=("a/*", "!a/y.rs"))
    assert names(selection) == ["a/y.rs", "b/z.rs"]
    assert selection.skipped == {"excluded": 1}


def test_a_file_named_twice_is_linted_once(tmp_path: Path) -> None:
    make(tmp_path, "a.rs")
    assert names(find(tmp_path / "a.rs", tmp_path, tmp_path / "." / "a.rs")) == ["a.rs"]


def test_git_says_which_files_there_are(tmp_path: Path) -> None:
    make(tmp_path, "a.rs", "sub/b.rs", "untracked.rs", "gone.rs", "näme with space.rs")
    git = ["git", "-C", str(tmp_path)]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "a.rs", "sub", "gone.rs", "näme with space.rs"], check=True)
    (tmp_path / "gone.rs").unlink()
    assert names(find(tmp_path)) == ["a.rs", "näme with space.rs", "sub/b.rs"]
    assert names(find(tmp_path / "sub")) == ["sub/b.rs"]


def test_a_folder_of_which_git_tracks_nothing_is_walked(tmp_path: Path) -> None:
    make(tmp_path, "kernel/a.rs")
    subprocess.run(["git", "-C", str(tmp_path), "init", "-q"], check=True)
    assert names(find(tmp_path / "kernel")) == ["kernel/a.rs"]


def test_links_are_neither_followed_nor_loops(tmp_path: Path) -> None:
    make(tmp_path, "tree/a.rs", "outside/secret.rs")
    (tmp_path / "tree/loop").symlink_to(tmp_path / "tree")
    (tmp_path / "tree/self.rs").symlink_to(tmp_path / "tree/self.rs")
    (tmp_path / "tree/out.rs").symlink_to(tmp_path / "outside/secret.rs")
    selection = find(tmp_path / "tree")
    assert names(selection) == ["a.rs"]
    assert selection.skipped == {"symbolic link": 2}


def test_paths_that_cannot_be_had_are_named(tmp_path: Path) -> None:
    make(tmp_path, "a.rs")
    os.mkfifo(tmp_path / "pipe.rs")
    selection = find(tmp_path / "nothing.rs", tmp_path / "a.rs", tmp_path / "pipe.rs")
    assert names(selection) == ["a.rs"]
    assert [str(error) for error in selection.errors] == [
        f"{tmp_path}/nothing.rs: no such file or folder",
        f"{tmp_path}/pipe.rs: neither a file nor a folder",
    ]


def test_a_link_that_leads_to_itself_is_an_error_when_named(tmp_path: Path) -> None:
    (tmp_path / "self.rs").symlink_to(tmp_path / "self.rs")
    (target,) = find(tmp_path / "self.rs").targets
    with pytest.raises(SourceError, match=r"self\.rs: cannot be read: Too many levels"):
        read_target(target)


def test_the_root_is_the_nearest_kernel_then_git_then_the_folder(tmp_path: Path) -> None:
    make(tmp_path, "linux/rust/kernel/lib.rs", "linux/drivers/x.rs", "alone/y.rs")
    assert find_root(tmp_path / "linux/drivers/x.rs") == tmp_path / "linux"
    assert find_root(tmp_path / "alone/y.rs") == tmp_path / "alone"
    (tmp_path / ".git").mkdir()
    assert find_root(tmp_path / "linux/drivers") == tmp_path / "linux"
    assert find_root(tmp_path / "alone/y.rs") == tmp_path


@pytest.mark.parametrize(
    ("files", "era"),
    [
        (("rust/kernel/lib.rs",), Era.UPSTREAM_ALLOC),
        (("rust/kernel/lib.rs", "rust/kernel/alloc/box_ext.rs"), Era.EXTENSION_TRAITS),
        (("rust/kernel/lib.rs", "rust/kernel/alloc/kbox.rs"), Era.OWN),
        (("drivers/x.rs",), Era.OWN),
    ],
)
def test_the_era_is_told_by_which_files_exist(tmp_path: Path, files: tuple[str, ...], era: Era) -> None:
    assert read_tree(make(tmp_path, *files)).era is era


def test_roles_outside_a_kernel() -> None:
    tree = read_tree(Path("/nowhere"))
    assert tree.role("src/lib.rs") is Role.DRIVER
    assert tree.role("build.rs") is Role.HOST
