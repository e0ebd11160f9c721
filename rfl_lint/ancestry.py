"""The files a file stands in: lint attributes reach down through `mod name;` and `include!`.

`#![allow(clippy::..)]` at the top of a crate or above `mod bindings;` speaks for other files. They are looked for,
by rustc's own rules for where a module's file may lie, only when a finding is about to be shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from rfl_lint.attributes import lint_attributes
from rfl_lint.source import SourceFile
from rfl_lint.syntax import parse_file

_MAX_ANCESTORS: Final = 32
_MAX_SIBLINGS: Final = 500
_ROOTS: Final = ("mod.rs", "lib.rs", "main.rs")


def inherited_lints(root: Path | None, path: str) -> frozenset[str]:
    """The clippy lints that files above `path` (relative to `root`) allow or expect for it."""
    lints: set[str] = set()
    seen = {path}
    while root is not None and len(seen) < _MAX_ANCESTORS:
        found = _parent(root, path)
        if found is None or found[0].path in seen:
            break
        source, offset = found
        parsed = parse_file(source)
        for attribute in lint_attributes(parsed):
            if attribute.scope.start <= offset < attribute.scope.end:
                lints |= attribute.lints
        path = source.path
        seen.add(path)
    return frozenset(lints)


def _parent(root: Path, path: str) -> tuple[SourceFile, int] | None:
    """The file that declares or includes `path`, and the byte where it does."""
    own = PurePosixPath(path)
    module = own.parent if own.name == "mod.rs" else own.with_suffix("")
    declares = re.compile(rb"(?m)^[^\n/]*\bmod[ \t]+" + re.escape(module.name.encode()) + rb"[ \t]*;")
    includes = re.compile(rb"\binclude![ \t]*\([ \t\n]*\"([^\"\n]*)\"")
    for candidate in _candidates(root, module):
        if candidate == own:
            continue
        try:
            data = (root / candidate).read_bytes()
        except OSError:
            continue
        source = SourceFile(candidate.as_posix(), data)
        if declared := declares.search(data):
            return source, declared.end() - 1
        for included in includes.finditer(data):
            if candidate.parent / included[1].decode("utf-8", "replace") == own:
                return source, included.start()
    return None


def _candidates(root: Path, module: PurePosixPath) -> Iterator[PurePosixPath]:
    folder = module.parent
    if folder.name:
        yield folder.with_suffix(".rs")
    for name in _ROOTS:
        yield folder / name
    try:
        siblings = sorted(entry.name for entry in (root / folder).iterdir() if entry.name.endswith(".rs"))
    except OSError:
        return
    for name in siblings[:_MAX_SIBLINGS]:
        if name not in _ROOTS:
            yield folder / name
