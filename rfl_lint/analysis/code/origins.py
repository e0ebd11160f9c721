"""What a name at the start of a path means in a file: the kernel's item, the standard library's, its own.

A doc comment's example is a program of its own: only its own `use` lines speak there.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Final, TypeVar

from msgspec import Struct, field

from rfl_lint.analysis.code.enclosing import Enclosing
from rfl_lint.analysis.code.scopes import enclosing_impl
from rfl_lint.facts import expand_use, head_name
from rfl_lint.rule import Context
from rfl_lint.source import Span
from rfl_lint.syntax import Fragment, FragmentKind, Node

_HOPS: Final = 4
_INSIDE: Final = frozenset({"crate", "$crate", "kernel", "self", "super"})
_STANDARD: Final = frozenset({"std", "alloc", "core"})
# Modules of the standard `alloc` crate: what tells `alloc::vec::Vec` from a path into `kernel::alloc`.
_ALLOC_MODULES: Final = frozenset(
    {"boxed", "borrow", "collections", "ffi", "fmt", "rc", "slice", "str", "string", "sync", "task", "vec"}
)
_ALLOC_MACROS: Final = frozenset({"vec", "format"})
_NOT: Final = re.compile(r"\bnot\s*\((?:[^()]|\([^()]*\))*\)")
_MODULES: Final = frozenset({"mod_item"})
_CFG: Final = re.compile(r"#!?\s*\[\s*cfg\s*\(")
_USERSPACE: Final = re.compile(r'\btest(?:lib)?\b|\bfeature\s*=\s*"(?:std|alloc)"')
_DEFINITIONS: Final = frozenset(
    {"use_declaration", "macro_definition", "struct_item", "enum_item", "union_item", "type_item",
     "trait_item"}
)  # fmt: skip
_MACROS: Final = frozenset({"macro_definition"})
_SKIPPED: Final = frozenset({"line_comment", "block_comment"})


class Origin(Enum):
    """Where an item comes from."""

    KERNEL = "kernel"
    """The kernel crate or the crate at hand: the path below it tells more."""
    STANDARD = "standard library"
    LOCAL = "this file"
    UNSAID = "unsaid"
    """No `use` line and no definition: what the prelude gives, if it gives it."""
    OTHER = "other"


class Named(Struct, frozen=True):
    """What a path means: its full path as far as the file tells, and its root where that is inside."""

    origin: Origin
    path: tuple[str, ...] = ()
    root: str = ""

    @property
    def name(self) -> str:
        """The item's own name, whatever it was imported as."""
        return self.path[-1] if self.path else ""

    @property
    def module(self) -> str:
        """The path of its module below the crate's root, as far as it is told."""
        return "::".join(self.path[:-1])


T = TypeVar("T")
ByModule = dict[str, dict[str, T]]


class Names(Struct, eq=False):
    """The names of one program: a file, or one example in its docs. Each is known by the module it is in."""

    uses: ByModule[set[str]] = field(default_factory=dict)
    types: ByModule[bool] = field(default_factory=dict)
    aliases: ByModule[str] = field(default_factory=dict)
    macros: set[str] = field(default_factory=set)
    userspace: ByModule[bool] = field(default_factory=dict)
    """Names imported for builds that are not the kernel's."""

    def meaning(self, path: tuple[str, ...], module: str = "") -> Named:
        """What a path means in a module of the file; generics are not part of it."""
        for _ in range(_HOPS):
            if not path:
                return Named(Origin.OTHER)
            first = path[0]
            scope = self._scope_of(first, module)
            if scope is None:
                break
            imported = self.uses.get(first, {}).get(scope, set())
            if scope in self.userspace.get(first, {}) or len(imported) > 1:
                return Named(Origin.OTHER, path)
            if imported:
                full = tuple(next(iter(imported)).split("::"))
                if full == (first,):
                    break
                path = full + path[1:]
                if full[0] in _INSIDE | _STANDARD:
                    break
            elif scope in self.aliases.get(first, {}):
                path = tuple(self.aliases[first][scope].split("::")) + path[1:]
            else:
                break
        return self._classified(path, module)

    def _scope_of(self, name: str, module: str) -> str | None:
        """The nearest module that says something of a name: `use super::*` is common enough."""
        tables = [
            table[name] for table in (self.uses, self.types, self.aliases, self.userspace) if name in table
        ]
        while tables:
            if any(module in found for found in tables):
                return module
            if not module:
                break
            module = module.rpartition("::")[0]
        return None

    def _classified(self, path: tuple[str, ...], module: str) -> Named:
        first = path[0]
        if first in _INSIDE:
            rest = path
            while rest and rest[0] in _INSIDE:
                rest = rest[1:]
            return Named(Origin.KERNEL, rest, first)
        if first in _STANDARD and len(path) > 1:
            if first == "alloc" and path[1] not in _ALLOC_MODULES | _ALLOC_MACROS:
                return Named(Origin.KERNEL, path, "kernel")
            return Named(Origin.STANDARD, path, first)
        if self._scope_of(first, module) in self.types.get(first, {}):
            return Named(Origin.LOCAL, path)
        return Named(Origin.UNSAID if len(path) == 1 else Origin.OTHER, path)

    def macro(self, path: tuple[str, ...], module: str = "") -> Origin:
        """Whose macro a path names."""
        if len(path) == 1 and path[0] in self.macros:
            return Origin.LOCAL
        return self.meaning(path, module).origin


class Programs(Struct, eq=False):
    """The names of the file itself and of each doc example, read when asked for."""

    cx: Context
    _known: dict[int, Names] = field(default_factory=dict)

    def names(self, fragment: Fragment | None) -> Names:
        """The names in force in a fragment."""
        while fragment is not None and fragment.kind is FragmentKind.DOC_CODE:
            if fragment.parent is None or fragment.parent.kind is FragmentKind.CODE:
                break
            fragment = fragment.parent
        if fragment is None or fragment.kind is not FragmentKind.DOC_CODE:
            fragment = self.cx.parsed.fragments[0]
        key = fragment.root.id
        if key not in self._known:
            self._known[key] = self._read(fragment)
        return self._known[key]

    def _read(self, fragment: Fragment) -> Names:
        if fragment.kind is FragmentKind.CODE:
            return self._of_file()
        names = Names()
        for kind, nodes in fragment.find(_DEFINITIONS).items():
            for node in nodes:
                self._define(names, kind, node, fragment)
        return names

    def _of_file(self) -> Names:
        """The facts of the file have read its items already, all but its macros."""
        names = Names()
        for use in self.cx.facts.uses:
            if use.alias and self._is_cfg_userspace(use.span):
                names.userspace.setdefault(use.alias, {})[use.module] = True
            elif use.alias:
                names.uses.setdefault(use.alias, {}).setdefault(use.module, set()).add(use.path)
        for item in self.cx.facts.types:
            if item.kind != "alias":
                names.types.setdefault(item.name, {})[item.module] = True
            elif head_name(item.target):
                names.aliases.setdefault(item.name, {})[item.module] = _without_generics(item.target)
        if b"macro_rules" in self.cx.source.data:
            for fragment in self.cx.parsed.fragments:
                if fragment.kind is not FragmentKind.DOC_CODE:
                    found = fragment.find(_MACROS).get("macro_definition", ())
                    named = (node.child_by_field_name("name") for node in found)
                    names.macros.update(self.cx.text(name) for name in named if name is not None)
        return names

    def _is_cfg_userspace(self, span: Span) -> bool:
        """Whether a `use` is under a `cfg` of other builds; nearly none has an attribute at all."""
        data = self.cx.source.data
        if not data[max(0, span.start - 200) : span.start].rstrip().endswith(b"]"):
            return False
        node = self.cx.parsed.root.descendant_for_byte_range(span.start, span.end - 1)
        while node is not None and node.type != "use_declaration":
            node = node.parent
        return node is not None and is_userspace(node, self.cx)

    def _define(self, names: Names, kind: str, node: Node, piece: Fragment) -> None:
        """One definition in a doc example."""
        if kind == "use_declaration":
            argument = node.child_by_field_name("argument")
            if argument is not None:
                for path, alias in expand_use(_code_of(argument, piece, self.cx)):
                    names.uses.setdefault(alias, {}).setdefault("", set()).add(path)
            return
        name_node = node.child_by_field_name("name")
        name = self.cx.text(name_node) if name_node is not None else ""
        if kind == "macro_definition":
            names.macros.add(name)
            return
        target = node.child_by_field_name("type") if kind == "type_item" else None
        if target is None:
            names.types.setdefault(name, {})[""] = True
        elif head_name(self.cx.text(target)):
            names.aliases.setdefault(name, {})[""] = _without_generics(self.cx.text(target))


def _without_generics(text: str) -> str:
    return text.partition("<")[0].strip()


def _code_of(node: Node, piece: Fragment, cx: Context) -> str:
    """The text of a node without what begins the lines of a doc comment."""
    if not piece.ranges:
        return cx.text(node)
    data, start, end = cx.source.data, node.start_byte, node.end_byte
    parts = (data[max(part.start, start) : min(part.end, end)] for part in piece.ranges)
    return b"".join(parts).decode("utf-8", "replace")


def names_at(cx: Context) -> Names:
    """The names in force in the fragment that is being judged."""
    return cx.memo(Programs).names(cx.fragment)


def own_macros(cx: Context) -> frozenset[str]:
    """The macros that the crate of a file defines, in whichever of its files; for `Context.memo`."""
    names = cx.index.names
    crate = names.home(cx.path).crate
    return frozenset(
        macro.name
        for path, facts in cx.index.files.items()
        if facts.macros and names.home(path).crate == crate
        for macro in facts.macros
    )


def meaning_of(path: tuple[str, ...], where: Node, cx: Context) -> Named:
    """What a path means at a node, `Self` included."""
    if path and path[0] == "Self":
        impl = enclosing_impl(where, cx)
        written = impl.child_by_field_name("type") if impl is not None and impl.type == "impl_item" else None
        text = _without_generics(cx.text(written)) if written is not None else ""
        own = tuple(word.strip() for word in text.split("::"))
        if not all(word.isidentifier() for word in own):
            return Named(Origin.OTHER)
        path = own + path[1:]
    return names_at(cx).meaning(path, module_of(where, cx))


def module_of(node: Node, cx: Context) -> str:
    """The path of the modules of the file that a node stands in, as in `a::b`."""
    if cx.fragment is not None and cx.fragment.kind is FragmentKind.DOC_CODE:
        return ""
    named = (module.child_by_field_name("name") for module in cx.memo(_modules).around(node))
    return "::".join(reversed([cx.text(name) for name in named if name is not None]))


def _modules(cx: Context) -> Enclosing:
    return Enclosing(cx, _MODULES)


class _Attributes(Struct):
    """What attributes say of the items of a file, by node: every call below an item asks."""

    texts: dict[int, list[str]]
    userspace: dict[int, bool | None]

    @classmethod
    def empty(cls, _cx: Context) -> _Attributes:
        """Nothing read yet; for `Context.memo`."""
        return cls({}, {})


def attributes_of(node: Node, cx: Context) -> list[str]:
    """The texts of the outer attributes above an item."""
    known = cx.memo(_Attributes.empty).texts
    if node.id not in known:
        known[node.id] = _read_attributes(node, cx)
    return known[node.id]


def _read_attributes(node: Node, cx: Context) -> list[str]:
    found: list[str] = []
    before = node.prev_sibling
    while before is not None and (before.type == "attribute_item" or before.type in _SKIPPED):
        if before.type == "attribute_item":
            found.append(cx.text(before))
        before = before.prev_sibling
    return found


def is_userspace(node: Node, cx: Context) -> bool:
    """Whether attributes of an item say that it is built for user space only: `test`, cargo features."""
    return any(_cuts_kernel(text) for text in attributes_of(node, cx))


def in_userspace(node: Node, cx: Context) -> bool:
    """Whether a node stands in an item that is not built into the kernel; KUnit tests are."""
    known = cx.memo(_Attributes.empty).userspace
    outside = False
    for above in cx.ancestors(node):
        if above.type in ("mod_item", "function_item", "impl_item", "trait_item", "source_file"):
            if above.id not in known:
                known[above.id] = _outside(above, cx)
            said = known[above.id]
            if said is None:
                return False
            outside = outside or said
    return outside


def _outside(item: Node, cx: Context) -> bool | None:
    """Whether an item itself says that it is not built into the kernel; None where it says that it is."""
    attributes = attributes_of(item, cx)
    if any("kunit_tests" in text for text in attributes):
        return None
    if item.type == "source_file" and _is_test_file(item, cx):
        return True
    return is_userspace(item, cx) or "#[test]" in attributes


def _is_test_file(root: Node, cx: Context) -> bool:
    inner = [child for child in root.children if child.type == "inner_attribute_item"]
    return any(_cuts_kernel(cx.text(child)) for child in inner)


def _cuts_kernel(attribute: str) -> bool:
    """Whether an attribute is a `cfg` that leaves code out of the kernel; `cfg_attr` leaves nothing out."""
    return _CFG.match(attribute) is not None and _USERSPACE.search(_NOT.sub("", attribute)) is not None
