"""Which files are linted: paths as given, folders walked, git asked where there is git.

The order is always the same: by path relative to the root. Symbolic links to folders are not followed, so no
loop can trap the walk and nothing outside a tree is read through one.
"""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Iterable, Sequence
from os.path import exists, isdir, isfile, lexists
from pathlib import Path

from msgspec import Struct, field

from rfl_lint.errors import SourceError
from rfl_lint.globs import glob_matcher
from rfl_lint.source import SourceFile
from rfl_lint.syntax.limits import MAX_FILE_BYTES
from rfl_lint.tree import KernelTree, Role, find_root, read_tree

_LEFT_OUT = frozenset({Role.VENDORED, Role.GENERATED, Role.HOST})


class Target(Struct, frozen=True):
    """One file to lint: where its bytes are, its path relative to the root of its tree, and that tree."""

    file: Path
    path: str
    tree: KernelTree


class Selection(Struct):
    """The files of a run, what was left out and why, and which paths could not be had."""

    targets: list[Target] = field(default_factory=list)
    skipped: dict[str, int] = field(default_factory=dict)
    errors: list[SourceError] = field(default_factory=list)


class FileFinder:
    """Turns the paths of a command line into targets."""

    def __init__(
        self, exclude: Sequence[str] = (), *, tree: Path | None = None, force_exclude: bool = False
    ) -> None:
        """`exclude` are gitignore-style patterns relative to the root; `tree` overrides the root of every file."""
        self._patterns = tuple(exclude)
        self._exclude = glob_matcher(exclude)
        self._force = force_exclude
        self._tree = tree.resolve() if tree is not None else None
        self._trees: dict[Path, KernelTree] = {}
        self._roots: dict[Path, Path] = {}
        self._seen: set[Path] = set()
        self._skipped: dict[Path, str] = {}
        self.selection = Selection()

    def add(self, paths: Iterable[Path]) -> Selection:
        """Take files as they are, folders with everything in them; the result is in a stable order."""
        for path in paths:
            if isdir(path):
                self._add_folder(path)
            elif not lexists(path):
                self.selection.errors.append(SourceError(f"{path}: no such file or folder"))
            elif exists(path) and not isfile(path):
                self.selection.errors.append(SourceError(f"{path}: neither a file nor a folder"))
            elif (fault := misnamed(path)) is not None:
                self.selection.errors.append(SourceError(fault))
            else:
                self._add_file(path)
        self.selection.skipped = dict(Counter(self._skipped.values()))
        self.selection.targets.sort(key=lambda target: (str(target.tree.root), target.path))
        return self.selection

    def beside(self, tree: Path) -> FileFinder:
        """Another finder, with the same exclusions, for what lies in another tree."""
        return FileFinder(
            self._patterns, tree=tree if self._tree is not None else None, force_exclude=self._force
        )

    def afresh(self) -> FileFinder:
        """Another finder that is asked the same and has found nothing yet."""
        return FileFinder(self._patterns, tree=self._tree, force_exclude=self._force)

    @property
    def roots(self) -> list[Path]:
        """The roots of the trees that files were found in."""
        return list(self._trees)

    def excludes(self, path: str) -> bool:
        """Whether the patterns leave out a path that is relative to a root."""
        return self._exclude is not None and self._exclude(path)

    def root_of(self, folder: Path, asked: Path | None = None) -> Path:
        """The root that files of an absolute folder belong to; `asked` is the folder that was asked for."""
        if self._tree is not None:
            return self._tree
        if folder not in self._roots:
            self._roots[folder] = find_root(folder, asked)
        return self._roots[folder]

    def tree_at(self, root: Path) -> KernelTree:
        """What is known of the tree at a root, read once."""
        if root not in self._trees:
            self._trees[root] = read_tree(root)
        return self._trees[root]

    def _add_folder(self, folder: Path) -> None:
        asked = Path(os.path.abspath(folder))  # noqa: PTH100 - as below
        files = git_files(folder)
        for path in files if files is not None else self._walk(folder):
            self._add_file(path, asked=asked)

    def _walk(self, folder: Path) -> Iterable[Path]:
        """All `.rs` files below a folder, hidden folders and links to folders left out."""

        def failed(error: OSError) -> None:
            self.selection.errors.append(SourceError(f"{error.filename}: {error.strerror}"))

        for base, folders, names in os.walk(folder, onerror=failed):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(names):
                if name.endswith(".rs"):
                    yield Path(base, name)

    def _add_file(self, file: Path, asked: Path | None = None) -> None:
        """Take a file: one that was named, or one found in the folder `asked` for."""
        absolute = Path(os.path.abspath(file))  # noqa: PTH100 - resolve() would follow a link out of the tree
        if absolute in self._seen:
            return
        root = self.root_of(absolute.parent, asked)
        tree = self.tree_at(root)
        path = relative_path(absolute, root)
        why = self._reason_against(file, path, tree.role(path), named=asked is None)
        if why is not None:
            self._skipped.setdefault(absolute, why)
            return
        self._seen.add(absolute)
        self._skipped.pop(absolute, None)  # named, after a folder that leaves it out
        self.selection.targets.append(Target(absolute, path, tree))

    def _reason_against(self, file: Path, path: str, role: Role, *, named: bool) -> str | None:
        """Why a file is not linted; None if it is."""
        if not named and file.is_symlink():
            return "symbolic link"
        if not named or self._force:
            if self.excludes(path):
                return "excluded"
            if role in _LEFT_OUT:
                return str(role)
        return None


def misnamed(path: Path) -> str | None:
    """What is wrong with a name that was given for a Rust file; None if nothing is."""
    return None if path.suffix == ".rs" else f"{path}: not a Rust file: its name does not end in .rs"


def relative_path(file: Path, root: Path) -> str:
    """The path below the root with `/`; the bare name where the file lies outside (an editor's copy)."""
    try:
        return file.relative_to(root).as_posix()
    except ValueError:
        return file.name


def git_files(folder: Path) -> list[Path] | None:
    """The Rust files that git tracks below a folder; None where git is missing or knows nothing of it."""
    from rfl_lint.inputs.git import run_git  # noqa: PLC0415 - only where git is asked

    done = run_git(folder, ["ls-files", "-z", "--", "*.rs"])
    if done is None or done.returncode != 0:
        return None
    names = [os.fsdecode(name) for name in done.stdout.split(b"\0") if name]
    files = [folder / name for name in dict.fromkeys(names)]
    return [file for file in files if _is_file_or_link(file)] or None


def _is_file_or_link(file: Path) -> bool:
    """Whether something stands at a path, and no folder: git lists submodules, too, whatever they are called."""
    try:
        return not stat.S_ISDIR(os.lstat(file).st_mode)
    except (OSError, ValueError):
        return False


def read_target(target: Target) -> SourceFile:
    """The text of a target; raises SourceError naming the path.

    Of a file beyond the size limit only as much is read as it takes to see that it is.
    """
    try:
        # A pipe that nobody writes to would hold an ordinary open for ever.
        descriptor = os.open(target.file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as stream:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise SourceError(f"{target.file}: not a regular file")
            return SourceFile(target.path, stream.read(MAX_FILE_BYTES + 1))
    except OSError as error:
        raise SourceError(f"{target.file}: cannot be read: {error.strerror or error}") from error
