"""Finding the declarations of C functions in a kernel tree, from the headers that Rust's bindings are made of.

The search goes outward along `#include` from `rust/bindings/bindings_helper.h` and `rust/helpers/*.c`, nearest
first, and ends when all is known that was asked for: reading all headers of a tree would take seconds. Nothing
outside the root is read, wherever names and links lead.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace

from rfl_lint.c.facts import CFunction, Failure
from rfl_lint.c.prototypes import HELPER, declared
from rfl_lint.c.stamps import BINDINGS_HELPER, Stamp, stamp_of
from rfl_lint.c.text import CText

HELPERS: Final = "rust/helpers"
_INCLUDE: Final = re.compile(rb'#[ \t]*include[ \t]*([<"])([^>"\n]{1,400}+)[>"]')
_FOLDERS: Final = ("include", "include/uapi")
# The first of these that the tree has stands for all: declarations seldom differ.
_ARCHITECTURES: Final = ("x86", "arm64", "riscv", "loongarch", "s390", "powerpc", "arm", "mips", "um")
_MAX_FILES: Final = 4_000
_MAX_BYTES: Final = 4_000_000
_MAX_TOTAL: Final = 64_000_000


class Search(Struct):
    """What a search found, and the files whose change would make it out of date."""

    functions: dict[str, CFunction] = field(default_factory=dict)
    stamps: list[Stamp] = field(default_factory=list)


def find_functions(root: Path, names: Iterable[str]) -> Search:
    """The C functions of these names that the tree's headers declare."""
    missing = {name.encode() for name in names}
    silent: set[bytes] = set()  # known, but not how they fail: helpers have no comments, what they wrap has
    helpers, headers = _forms(missing, helpers=True), _forms(missing, helpers=False)
    walk = Walk(root)
    result = Search(stamps=walk.stamps)
    for text in walk.outward():
        forms = helpers if text.path.startswith("rust/") else headers
        for name in sorted({forms[word] for word in forms.keys() & text.called} & (missing | silent)):
            function = declared(text, name)
            if function is None:
                continue
            known = result.functions.get(function.name)
            if known is None:
                result.functions[function.name] = function
                missing.discard(name)
                if text.path.startswith("rust/") and function.failure is Failure.UNKNOWN:
                    silent.add(name)
            elif _same_result(known, function):
                must_check = known.must_check or function.must_check
                result.functions[known.name] = replace(known, failure=function.failure, must_check=must_check)
                silent.discard(name)
        if not missing and not silent:
            break
    return result


def _same_result(helper: CFunction, wrapped: CFunction) -> bool:
    """Whether a helper can be taken for what it wraps."""
    return helper.returns == wrapped.returns and len(helper.parameters) == len(wrapped.parameters)


def _forms(names: Iterable[bytes], *, helpers: bool) -> dict[bytes, bytes]:
    """The names by the words that tell of them: in helpers with a prefix, in headers perhaps with a suffix."""
    if helpers:
        return {HELPER + name: name for name in names}
    forms = {name: name for name in names}
    forms.update({name + b"_noprof": name for name in names})
    return forms


class Walk:
    """The texts of the include graph, breadth first."""

    def __init__(self, root: Path) -> None:
        """Look at the tree's outline."""
        self._root = os.path.realpath(root)
        self._inside: dict[str, bool] = {}
        self._resolved: dict[str, str | None] = {}
        self._total = 0
        self._architecture = next(
            (name for name in _ARCHITECTURES if self._is_folder(f"arch/{name}/include")), None
        )
        self.stamps: list[Stamp] = []

    def _is_folder(self, path: str) -> bool:
        return (Path(self._root) / path).is_dir() and self._stays_inside(path)

    def _stays_inside(self, folder: str) -> bool:
        """Whether a folder, links followed, lies in the root."""
        known = self._inside.get(folder)
        if known is None:
            real = os.path.realpath(f"{self._root}/{folder}")
            known = real == self._root or real.startswith(self._root.rstrip("/") + "/")
            self._inside[folder] = known
        return known

    def _starts(self) -> list[str]:
        starts = [BINDINGS_HELPER]
        try:
            listed = sorted(os.listdir(f"{self._root}/{HELPERS}"))  # noqa: PTH208 - names are all it takes
        except OSError:
            listed = []
        self.stamps.append(stamp_of(self._root, HELPERS))
        starts.extend(f"{HELPERS}/{name}" for name in listed if name.endswith(".c"))
        if not listed:
            starts.append(f"{HELPERS}.c")
        return [path for path in starts if self._is_file(path)]

    def _is_file(self, path: str) -> bool:
        """Whether a path, links followed, is a file in the root and of bearable size; it is stamped then."""
        try:
            status = os.lstat(f"{self._root}/{path}")
        except (OSError, ValueError):
            return False
        if stat.S_ISLNK(status.st_mode):
            real = os.path.realpath(f"{self._root}/{path}")
            if not real.startswith(self._root.rstrip("/") + "/"):
                return False
            try:
                target = os.lstat(real)
            except OSError:
                return False
            self.stamps.append((real[len(self._root.rstrip("/")) + 1 :], target.st_size, target.st_mtime_ns))
            usable = stat.S_ISREG(target.st_mode) and target.st_size <= _MAX_BYTES
        else:
            usable = stat.S_ISREG(status.st_mode) and status.st_size <= _MAX_BYTES
        if not usable or not self._stays_inside(path.rpartition("/")[0]):
            return False
        self.stamps.append((path, status.st_size, status.st_mtime_ns))
        return True

    def outward(self, steps: int = _MAX_FILES) -> Iterator[CText]:
        """Every file once, as long as the whole stays within bounds, those at most so many steps away."""
        waiting = self._starts()
        seen = set(waiting)
        while waiting and steps >= 0:
            steps -= 1
            following: list[str] = []
            for path in waiting:
                data = self._read(path)
                if data is None:
                    continue
                yield CText(path, data)
                for quote, name in _INCLUDE.findall(data):
                    included = self._included(path, quote, name)
                    if included is not None and included not in seen and len(seen) < _MAX_FILES:
                        seen.add(included)
                        following.append(included)
            waiting = following

    def _read(self, path: str) -> bytes | None:
        if self._total > _MAX_TOTAL:
            return None
        try:
            with open(f"{self._root}/{path}", "rb", buffering=0) as stream:  # noqa: PTH123 - thousands of them
                data = stream.read(_MAX_BYTES)
        except OSError:
            return None
        self._total += len(data or b"")
        return data

    def _included(self, includer: str, quote: bytes, name: bytes) -> str | None:
        """The path of an included file of the tree."""
        try:
            text = name.decode("ascii").strip()
        except UnicodeDecodeError:
            return None
        if not text or text.startswith("/") or ".." in text.split("/") or "\0" in text:
            return None
        if quote == b'"':
            beside = f"{includer.rpartition('/')[0]}/{text}"
            if beside not in self._resolved:
                self._resolved[beside] = beside if self._is_file(beside) else None
            if self._resolved[beside] is not None:
                return beside
        key = f"<{text}"
        if key not in self._resolved:
            self._resolved[key] = next((path for path in self._places(text) if self._is_file(path)), None)
            if self._resolved[key] is None:  # should it appear one day, the search has more to find
                self.stamps.append(stamp_of(self._root, f"{_FOLDERS[0]}/{text}"))
        return self._resolved[key]

    def _places(self, name: str) -> Iterator[str]:
        for folder in _FOLDERS:
            yield f"{folder}/{name}"
        if self._architecture is not None:
            yield f"arch/{self._architecture}/include/{name}"
            yield f"arch/{self._architecture}/include/uapi/{name}"
        if name.startswith("asm/"):
            yield f"include/asm-generic/{name.removeprefix('asm/')}"
