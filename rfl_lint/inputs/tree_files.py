"""Which files the index of a tree is made of, seen from the files that are linted.

All of `rust/`, which everybody may call, and the crates of the linted files. So linting one file asks for the same
facts about it as linting the whole tree does, and a driver's names never answer for another driver.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Final

from rfl_lint.inputs.files import Target
from rfl_lint.tree import KERNEL_ROLES, KernelTree

# Of one crate; a larger one is somebody's collection.
_MAX_FILES: Final = 20_000
# A folder that is no kernel and holds more folders than this is nobody's crate: a home, a temporary folder.
_MAX_FOLDERS: Final = 200


def index_targets(tree: KernelTree, linted: Iterable[Target]) -> list[Target]:
    """The files of the index of one tree, the linted ones among them, by path."""
    found = {target.path: target for target in linted}
    if tree.root is None:
        return [found[path] for path in sorted(found)]
    # Many files lie in few folders, and these in fewer: each folder is looked into once.
    holds_rust = cache(_holds_rust)
    places = {path.rpartition("/")[0]: path for path in found}
    folders = {crate_folder(tree.root, path, holds_rust) for path in places.values()}
    if tree.is_kernel:
        folders.add("rust")
        # A file at the top of a kernel, or an editor's copy from elsewhere, is no crate of everything below it.
        folders.discard("")
    for folder in sorted(folders):
        for path in islice(_rust_files(tree, folder), _MAX_FILES):
            if path not in found:
                found[path] = Target(tree.root / path, path, tree)
    return [found[path] for path in sorted(found)]


def is_inside(root: Path, path: str) -> bool:
    """Whether a path of a tree stays in it when links are followed."""
    try:
        return Path(os.path.realpath(root / path)).is_relative_to(os.path.realpath(root))
    except (OSError, ValueError):
        return False


def _holds_rust(folder: str) -> bool:
    try:
        with os.scandir(folder) as entries:
            return any(entry.name.endswith(".rs") and entry.is_file() for entry in entries)
    except OSError:
        return False


def crate_folder(root: Path, path: str, holds_rust: Callable[[str], bool] = _holds_rust) -> str:
    """The crate of a path: the topmost folder above it, below the root, that holds Rust files itself.

    Everything below `rust/` counts as one crate; the root itself is the crate of a file that lies in it.
    """
    parts = PurePosixPath(path).parts[:-1]
    if parts[:1] == ("rust",):
        return "rust"
    for length in range(1, len(parts) + 1):
        folder = "/".join(parts[:length])
        if holds_rust(f"{root}/{folder}"):
            return folder
    return "/".join(parts)


def _rust_files(tree: KernelTree, folder: str) -> Iterator[str]:
    """The paths of the kernel-side Rust files below a folder; links are not followed."""
    root = tree.root
    if root is None:
        return
    if not folder and not tree.is_kernel:
        yield from _around_root(tree, root)
        return
    for base, folders, names in os.walk(root / folder):
        below = Path(base).relative_to(root).as_posix()
        prefix = "" if below == "." else f"{below}/"
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and tree.role(f"{prefix}{name}/x.rs") in KERNEL_ROLES
        )
        for name in sorted(names):
            path = f"{prefix}{name}"
            if name.endswith(".rs") and tree.role(path) in KERNEL_ROLES and not Path(base, name).is_symlink():
                yield path


def _around_root(tree: KernelTree, root: Path) -> Iterator[str]:
    """The Rust files of a root that is no kernel: all of a crate's, but not all of somebody's home folder."""
    found: list[str] = []
    for count, (base, folders, names) in enumerate(os.walk(root)):
        if count > _MAX_FOLDERS or len(found) > _MAX_FILES:
            found = [path for path in found if "/" not in path]
            break
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        prefix = Path(base).relative_to(root).as_posix()
        paths = (
            f"{prefix}/{name}" if prefix != "." else name for name in sorted(names) if name.endswith(".rs")
        )
        found += [
            path for path in paths if tree.role(path) in KERNEL_ROLES and not (root / path).is_symlink()
        ]
    yield from found
