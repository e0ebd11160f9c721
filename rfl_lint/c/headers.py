"""Finding the declarations of C functions in a kernel tree, from the headers that Rust's bindings are made of.

The search goes outward along `#include` from `rust/bindings/bindings_helper.h` and `rust/helpers/*.c`, nearest
first, and ends when every wanted name is found: reading all headers of a tree would take seconds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rfl_lint.c.facts import CFunction
from rfl_lint.c.prototypes import parse_prototype

BINDINGS_HELPER: Final = "rust/bindings/bindings_helper.h"
HELPERS: Final = "rust/helpers"
_INCLUDE: Final = re.compile(rb'^[ \t]*#[ \t]*include[ \t]*[<"]([^>"\n]+)[>"]', re.MULTILINE)
_CALLABLE: Final = re.compile(rb"\b([A-Za-z_]\w*)[ \t]*\(")
_FOLDERS: Final = ("include", "include/uapi", "arch/x86/include", "arch/x86/include/uapi")
_MAX_FILES: Final = 4_000
_FEW: Final = 60
_DIRECTIVE: Final = re.compile(rb"^[ \t]*#(?:\\\n|[^\n])*\n", re.MULTILINE)
_COMMENT: Final = re.compile(rb"/\*.*?\*/", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Text:
    path: str
    data: bytes


def find_functions(root: Path, names: Iterable[str]) -> dict[str, CFunction]:
    """The C functions of these names that the tree's headers declare, by name."""
    missing = {name.encode() for name in names}
    found: dict[str, CFunction] = {}
    for text in _outward(root):
        if not missing:
            break
        for name in _mentioned(text.data, missing):
            function = _declared(text, name)
            if function is not None:
                found[function.name] = function
                missing.discard(name)
    return found


def _mentioned(data: bytes, missing: set[bytes]) -> list[bytes]:
    """The missing names that a text mentions in some form, in a stable order."""
    if len(missing) <= _FEW:
        return sorted(name for name in missing if name in data)
    words = set(_CALLABLE.findall(data))
    stripped = {word.removeprefix(b"rust_helper_").removesuffix(b"_noprof") for word in words}
    return sorted(missing & stripped)


def _outward(root: Path) -> Iterator[_Text]:
    """The texts of the include graph, breadth first."""
    helpers = root / HELPERS
    starts = [BINDINGS_HELPER, *sorted(f"{HELPERS}/{path.name}" for path in helpers.glob("*.c"))]
    if not helpers.is_dir() and (root / f"{HELPERS}.c").is_file():
        starts.append(f"{HELPERS}.c")
    seen = set(starts)
    waiting = starts
    while waiting and len(seen) < _MAX_FILES:
        following: list[str] = []
        for path in waiting:
            try:
                data = (root / path).read_bytes()
            except OSError:
                continue
            yield _Text(path, data)
            for name in _INCLUDE.findall(data):
                included = _resolve(root, path, name.decode("utf-8", "replace"), seen)
                if included is not None:
                    following.append(included)
        waiting = following


def _resolve(root: Path, includer: str, name: str, seen: set[str]) -> str | None:
    """The path of an included header that exists and was not seen before. None of them lies outside the root."""
    if ".." in name.split("/") or name.startswith("/"):
        return None
    folders = (*_FOLDERS, includer.rpartition("/")[0])
    for folder in folders:
        path = f"{folder}/{name}"
        if path in seen:
            return None
        if (root / path).is_file():
            seen.add(path)
            return path
    return None


def _declared(text: _Text, name: bytes) -> CFunction | None:
    """The declaration of a name in one text: a prototype, an inline function, a helper, a wrapped allocation."""
    for spelling in (b"rust_helper_" + name, name, name + b"_noprof", b"__" + name + b"_noprof"):
        for match in re.finditer(rb"\b" + re.escape(spelling) + rb"[ \t]*\(", text.data):
            function = _at(text, match.start(), spelling, name)
            if function is not None:
                return function
    return None


def _at(text: _Text, offset: int, spelling: bytes, name: bytes) -> CFunction | None:
    """The declaration whose name stands at `offset`, if it is one and not a call."""
    start = _declaration_start(text.data, offset)
    head = text.data[start:offset].strip()
    if not head or head.startswith(b"#") or re.search(rb"[=(){};,]|\breturn\b", _without_calls(head)):
        return None
    end = _declaration_end(text.data, offset)
    declaration = _COMMENT.sub(b" ", text.data[start:end])
    line = text.data.count(b"\n", 0, offset) + 1
    comment = _comment_above(text.data, start)
    function = parse_prototype(declaration, spelling.decode(), header=text.path, line=line, comment=comment)
    if function is None or function.name != spelling.decode():
        return None
    return CFunction(
        name.decode(),
        function.returns,
        function.parameters,
        function.header,
        function.line,
        function.failure,
        function.variadic,
    )


def _without_calls(head: bytes) -> bytes:
    """A declaration's head without attribute macros' arguments."""
    return re.sub(rb"\b\w+[ \t]*\((?:[^()]|\([^()]*\))*\)", b"", head)


def _declaration_start(data: bytes, offset: int) -> int:
    """Where the declaration around `offset` begins: after the last `;`, `}`, comment or directive before it."""
    floor = max(0, offset - 400)
    before = data[floor:offset]
    ends = [before.rfind(mark) + len(mark) for mark in (b";", b"}", b"*/", b"{") if mark in before]
    start = max(ends, default=0)
    for match in _DIRECTIVE.finditer(before):
        start = max(start, match.end())
    start = max(start, before.rfind(b"\n\n") + 1)
    directive = before.rfind(b"\n#", start)
    if directive != -1:
        return offset  # the name stands in a macro's own line
    return floor + start


def _declaration_end(data: bytes, offset: int) -> int:
    """Behind the `;` of a prototype or the first lines of a body."""
    semicolon = data.find(b";", offset)
    brace = data.find(b"{", offset)
    if semicolon == -1 and brace == -1:
        return len(data)
    if brace == -1 or (semicolon != -1 and semicolon < brace):
        return semicolon + 1
    close = data.find(b"\n}", brace)
    return min(close if close != -1 else len(data), brace + 2_000)


def _comment_above(data: bytes, start: int) -> str:
    """The block comment that ends right above a declaration."""
    before = data[:start].rstrip()
    if not before.endswith(b"*/"):
        return ""
    return before[before.rfind(b"/*") :].decode("utf-8", "replace")
