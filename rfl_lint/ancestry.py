"""The files a file stands in: lint attributes reach down through `mod name;` and `include!`.

`#![allow(clippy::..)]` at the top of a crate or above `mod bindings;` speaks for other files. They are looked for,
by rustc's own rules for where a module's file may lie, only when a finding is about to be shown. Each folder is
read once.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from msgspec import Struct, field

from rfl_lint.attributes import LintAttribute, lint_attributes
from rfl_lint.patterns import word
from rfl_lint.source import SourceFile
from rfl_lint.syntax import parse_file
from rfl_lint.syntax.limits import MAX_FILE_BYTES
from rfl_lint.witness import note

_RUST: Final = "rust file"
_FOLDER: Final = "rust folder"
_MAX_ANCESTORS: Final = 32
_MAX_SIBLINGS: Final = 500
_ROOTS: Final = ("mod.rs", "lib.rs", "main.rs")
_DECLARES: Final = re.compile(word(b"mod") + rb"[ \t]+(\w+)[ \t]*;")
_INCLUDES: Final = re.compile(word(b"include!") + rb"[ \t]*\([ \t\n]*\"([^\"\n]*)\"")


def _declarations(data: bytes) -> Iterator[re.Match[bytes]]:
    """Each `mod name;` with no slash before it on its line: that may be a comment."""
    at, commented = 0, False
    for match in _DECLARES.finditer(data):
        between = data[at : match.start()]
        _, newline, before = between.rpartition(b"\n")
        commented = b"/" in before or (commented and not newline)
        at = match.start()
        if not commented:
            yield match


class _Parent(Struct, frozen=True):
    """The file that declares or includes another, and the byte where it does."""

    path: str
    offset: int


class Ancestry(Struct, eq=False):
    """Which file declares which, in one tree. `root` None means that no other file can be had."""

    root: Path | None
    _folders: dict[str, dict[str, _Parent]] = field(default_factory=dict)
    _declared: dict[str, list[tuple[str, _Parent]]] = field(default_factory=dict)
    _attributes: dict[str, list[LintAttribute]] = field(default_factory=dict)

    def lints_above(self, path: str) -> frozenset[str]:
        """The lints that files above `path` (relative to the root) allow or expect for it."""
        lints: set[str] = set()
        seen = {path}
        while self.root is not None and len(seen) < _MAX_ANCESTORS:
            parent = self._parent(path)
            if parent is None or parent.path in seen:
                break
            for attribute in self._attributes_of(parent.path):
                if attribute.scope.start <= parent.offset < attribute.scope.end:
                    lints |= attribute.lints
            path = parent.path
            seen.add(path)
        return frozenset(lints)

    def _parent(self, path: str) -> _Parent | None:
        own = PurePosixPath(path)
        module = own.parent if own.name == "mod.rs" else own.with_suffix("")
        folder = module.parent
        for candidate in (folder.with_suffix(".rs"), None) if folder.name else (None,):
            if candidate is not None:
                found = dict(self._children(candidate.as_posix()))
                parent = found.get(module.name) or found.get(path)
            else:
                table = self._table(folder.as_posix())
                parent = table.get(module.name) or table.get(path)
            if parent is not None and parent.path != path:
                return parent
        return None

    def _table(self, folder: str) -> dict[str, _Parent]:
        """What the files of a folder declare and include; the first of them that does has it."""
        if folder not in self._folders:
            table: dict[str, _Parent] = {}
            for name in self._files_of(folder):
                for child, parent in self._children(str(PurePosixPath(folder) / name)):
                    table.setdefault(child, parent)
            self._folders[folder] = table
        return self._folders[folder]

    def _children(self, path: str) -> list[tuple[str, _Parent]]:
        """The modules that a file declares, by name, and the files that it includes, by path."""
        if path not in self._declared:
            data = self._read(path)
            folder = PurePosixPath(path).parent
            found = [
                (match[1].decode("utf-8", "replace"), _Parent(path, match.end() - 1))
                for match in _declarations(data)
            ]
            found += [
                (str(folder / match[1].decode("utf-8", "replace")), _Parent(path, match.start()))
                for match in _INCLUDES.finditer(data)
            ]
            self._declared[path] = found
        return self._declared[path]

    def _attributes_of(self, path: str) -> list[LintAttribute]:
        if path not in self._attributes:
            self._attributes[path] = lint_attributes(parse_file(SourceFile(path, self._read(path))))
        return self._attributes[path]

    def _read(self, path: str) -> bytes:
        found = _bytes_of((self.root or Path()) / path)
        if self.root is not None:
            note(self.root, _RUST, path, found)
        return found

    def _files_of(self, folder: str) -> list[str]:
        found = list(_files_of(self.root / folder if self.root is not None else Path(folder)))
        if self.root is not None:
            note(self.root, _FOLDER, folder, found)
        return found


def looked_up(root: Path, kind: str, path: str) -> bytes | list[str]:
    """What is noted of a tree while somebody goes up in it, asked again."""
    return list(_files_of(root / path)) if kind == _FOLDER else _bytes_of(root / path)


def _bytes_of(file: Path) -> bytes:
    """The bytes of a regular file of bounded size; none of anything else."""
    try:
        status = os.lstat(file)
        if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_FILE_BYTES:
            return b""
        return file.read_bytes()
    except (OSError, ValueError):
        return b""


def _files_of(folder: Path) -> Iterator[str]:
    """The Rust files of a folder, those first that declare modules as a rule."""
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith(".rs"))  # noqa: PTH208 - names alone
    except OSError:
        return
    yield from (name for name in _ROOTS if name in names)
    yield from (name for name in names[:_MAX_SIBLINGS] if name not in _ROOTS)
