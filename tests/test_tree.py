"""What a tree holds, looked at without ever leaving it, and which of its paths are leaf modules."""

from __future__ import annotations

from pathlib import Path

import pytest

from rfl_lint.tree import KernelTree, inside_path


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        ("include/linux/a.h", "include/linux/a.h"),
        ("./include//linux/../net/", "include/net"),
        ("/etc/passwd", "etc/passwd"),
        ("..", None),
        ("include/../../a.h", None),
        ("", None),
        (".", None),
        ("a\0b", None),
    ],
)
def test_inside_path(path: str, inside: str | None) -> None:
    assert inside_path(path) == inside


def test_a_tree_on_disk_and_one_that_is_not_say_the_same(tmp_path: Path) -> None:
    root = tmp_path / "linux"
    (root / "include" / "linux").mkdir(parents=True)
    (root / "include" / "linux" / "a.h").touch()
    (tmp_path / "secret").touch()
    for tree in (KernelTree(root), KernelTree(files=frozenset({"include/linux/a.h"}))):
        assert tree.holds("include/linux/a.h")
        assert tree.holds("include/linux")
        assert not tree.holds("include/linux/b.h")
        assert not tree.holds("include/lin")
        assert not tree.holds("../secret")
        assert tree.names_in("include/linux") == frozenset({"a.h"})
        assert tree.names_in("") == frozenset({"include"})
        assert tree.names_in("drivers") is None
        assert tree.names_in("..") is None


def test_without_a_tree_nothing_is_there() -> None:
    assert not KernelTree().holds("include")
    assert KernelTree().names_in("include") is None


def test_leaves() -> None:
    tree = KernelTree()
    assert all(map(tree.is_leaf, ["drivers/gpu/a.rs", "samples/rust/a.rs", "fs/a.rs", "a.rs"]))
    assert not any(map(tree.is_leaf, ["rust/kernel/a.rs", "mm/a.rs", "drivers/base/a.rs", "scripts/a.rs"]))
    assert not any(map(tree.is_leaf, ["drivers/usb/core/a.rs", "sound/core/a.rs"]))
    assert all(map(tree.is_leaf, ["drivers/net/fan/core/a.rs", "drivers/gpu/fan-core/a.rs", "core/a.rs"]))
