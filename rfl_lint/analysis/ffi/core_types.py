"""Names of C types that come from `core::ffi` or `std::os::raw`, where the kernel has types of its own.

An import is judged where it stands, and what it gives a name to is not judged again at each use; a path is judged
where it is written, also behind an import of the module alone (`use core::ffi;`, then `ffi::c_int`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from rfl_lint.analysis.code.calls import path_of
from rfl_lint.analysis.code.origins import Names, Programs
from rfl_lint.analysis.types.home import homes
from rfl_lint.patterns import word
from rfl_lint.rule import Context
from rfl_lint.syntax import Fragment, FragmentKind, Node

# rust/ffi.rs: what it aliases in the same way as `core::ffi` does, and what otherwise.
SAME: Final = frozenset(
    {"c_schar", "c_uchar", "c_short", "c_ushort", "c_int", "c_uint", "c_longlong", "c_ulonglong"}
)
OTHER: Final = {"c_char": "u8", "c_long": "isize", "c_ulong": "usize"}
C_TYPES: Final = SAME | OTHER.keys()
STANDARD_MODULES: Final = frozenset({("core", "ffi"), ("std", "ffi"), ("std", "os", "raw")})
_MAY_CONCERN: Final = tuple(
    re.compile(word(crate) + rb"\s*::\s*(?:\{[^;]{0,1500}?\b)?(?:ffi|os)\b") for crate in (b"core", b"std")
)
_KINDS: Final = frozenset({"use_declaration", "scoped_type_identifier", "scoped_identifier"})
_LISTS: Final = frozenset({"scoped_use_list", "use_list"})


class CoreType(Struct, frozen=True, eq=False):
    """One C type of the standard library.

    `node` is what names it: the whole path, or the entry of a `use` list. `use` is the declaration it stands in,
    None for a path in code; `module` the nodes that name the module of such a path.
    """

    node: Node
    name: str
    path: tuple[str, ...]
    fragment: Fragment
    use: Node | None = None
    module: Node | None = None

    @property
    def differs(self) -> bool:
        """Whether the kernel's type of this name is another one."""
        return self.name in OTHER


class Entry(Struct, frozen=True, eq=False):
    """One name of a `use` declaration: the entry that stands for it, and the path up to it."""

    node: Node
    path: tuple[str, ...]


def core_types(cx: Context) -> Iterator[CoreType]:
    """All of them in a file, in no order."""
    data = cx.source.data
    if b"c_" not in data or not any(pattern.search(data) for pattern in _MAY_CONCERN):
        return
    for fragment in cx.parsed.fragments:
        found = fragment.find(_KINDS)
        for node in found.get("use_declaration", ()):
            yield from _imported(node, fragment, cx)
        names = cx.memo(Programs).names(fragment)
        for kind in ("scoped_type_identifier", "scoped_identifier"):
            for node in found.get(kind, ()):
                yield from _written(node, fragment, names, cx)


def entries_of(use: Node, cx: Context) -> Iterator[Entry]:
    """The names that a `use` declaration brings in; of a glob the path of its module with `*`."""
    argument = use.child_by_field_name("argument")
    waiting: list[tuple[Node, tuple[str, ...]]] = [(argument, ())] if argument is not None else []
    while waiting:
        node, before = waiting.pop()
        kind = node.type
        if kind in _LISTS:
            path = node.child_by_field_name("path") if kind == "scoped_use_list" else None
            own = before + (path_of(path, cx.parsed) if path is not None else ())
            listed = node.child_by_field_name("list") if kind == "scoped_use_list" else node
            children = listed.named_children if listed is not None else []
            waiting += [(child, own) for child in reversed(children) if not child.is_extra]
        elif kind == "use_as_clause":
            path = node.child_by_field_name("path")
            if path is not None:
                yield Entry(node, before + path_of(path, cx.parsed))
        elif kind == "use_wildcard":
            inner = next(iter(node.named_children), None)
            yield Entry(node, (*before, *(path_of(inner, cx.parsed) if inner is not None else ()), "*"))
        elif kind == "self":
            yield Entry(node, before or ("self",))
        else:
            yield Entry(node, before + path_of(node, cx.parsed))


def _imported(use: Node, fragment: Fragment, cx: Context) -> Iterator[CoreType]:
    for entry in entries_of(use, cx):
        if entry.path[:-1] in STANDARD_MODULES and entry.path[-1] in C_TYPES:
            yield CoreType(entry.node, entry.path[-1], entry.path, fragment, use)


def _written(node: Node, fragment: Fragment, names: Names, cx: Context) -> Iterator[CoreType]:
    name, module = node.child_by_field_name("name"), node.child_by_field_name("path")
    if name is None or module is None:
        return
    written = cx.text(name)
    if written not in C_TYPES:
        return
    before = path_of(module, cx.parsed)
    in_docs = fragment.kind is FragmentKind.DOC_CODE
    if before and before not in STANDARD_MODULES:
        place = "" if in_docs else homes(cx).module_at(node.start_byte)
        before = names.meaning((*before, written), place).path[:-1]
    if before in STANDARD_MODULES and not _is_import(node, cx):
        yield CoreType(node, written, (*before, written), fragment, module=module)


def _is_import(node: Node, cx: Context) -> bool:
    above = cx.parent(node)
    while above is not None and above.type in ("use_as_clause", "scoped_identifier", *_LISTS):
        above = cx.parent(above)
    return above is not None and above.type == "use_declaration"
