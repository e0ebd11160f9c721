"""Where code uses a function, method or macro that the tree or the user disallows, however it is named there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct, field

from rfl_lint.analysis.code.calls import CallForm, call_of, path_of
from rfl_lint.analysis.code.full_paths import Path, full_path, resolved
from rfl_lint.analysis.code.origins import Origin, meaning_of, names_at, own_macros
from rfl_lint.analysis.code.renamed import other_names
from rfl_lint.analysis.types.inference import types
from rfl_lint.analysis.types.typeref import TypeKind, TypeRef
from rfl_lint.clippy_config import MACROS, METHODS, Disallowed, clippy_config, entries
from rfl_lint.index_names import Home
from rfl_lint.patterns import plain_name
from rfl_lint.rule import Context
from rfl_lint.syntax import Node

_STANDARD: Final = frozenset({"core", "std", "alloc"})
_NO_USE: Final = frozenset(
    {"use_declaration", "use_list", "scoped_use_list", "use_as_clause", "scoped_identifier",
     "scoped_type_identifier", "macro_invocation", "visibility_modifier"}
)  # fmt: skip
_C_STRING: Final = ("core", "ffi", "CStr")
# No file is in it: a full path is read alike from everywhere.
_NOWHERE: Final = Home("::")


class Use(Struct, frozen=True):
    """A use of something that is disallowed. `node` is the name in it."""

    entry: Disallowed
    node: Node


class Ban(Struct, eq=False):
    """What is disallowed in one file's tree, by last name. A path of an entry may lead through re-exports."""

    cx: Context
    methods: dict[str, list[tuple[Disallowed, Path]]] = field(default_factory=dict)
    macros: dict[str, list[tuple[Disallowed, Path]]] = field(default_factory=dict)
    renamed: set[str] = field(default_factory=set)
    """The other names under which the file may know what is disallowed."""

    def __post_init__(self) -> None:
        cx = self.cx
        config = clippy_config(cx.tree)
        table = cx.table("clippy")
        faults: list[str] = []
        shipped = {} if cx.tree.is_kernel else table["newest"]
        for key, found, own in (
            (METHODS, self.methods, config.methods),
            (MACROS, self.macros, config.macros),
        ):
            given = [*entries(table, key, "configuration", faults)]
            given += entries(shipped, key, "kernel's `.clippy.toml`", faults)
            for entry in (*own, *given):
                name = entry.path[-1]
                others = other_names(frozenset((name,)), cx)
                if others or name.encode() in cx.source.data:
                    self.renamed |= others
                    found.setdefault(name, []).append((entry, self._resolved(entry.path)))

    def _resolved(self, path: Path) -> Path:
        names = self.cx.index.names
        home = names.home(self.cx.path) if path[0] == "crate" else _NOWHERE
        return _plain(resolved(path, home, names) or path)

    def names(self) -> frozenset[str]:
        """The last names of what may be a use; none where the file names nothing that is disallowed."""
        return frozenset((*self.methods, *self.macros, *self.renamed))

    def has_method(self, name: str) -> bool:
        """Whether a function of that name may be a disallowed one."""
        return name in self.methods or name in self.renamed


def ban(cx: Context) -> Ban:
    """What is disallowed in a file, and named in it."""
    return cx.memo(Ban)


def disallowed_names(cx: Context) -> frozenset[str]:
    """The last names of the calls, macro calls and paths in a file that may use what is disallowed."""
    return ban(cx).names()


def disallowed_use(node: Node, cx: Context) -> Use | None:
    """What a macro call, a call or a path uses that is disallowed."""
    found = ban(cx)
    if node.type == "macro_invocation":
        return _macro(node, found, cx)
    if node.type == "scoped_identifier":
        return _path(node, found, cx)
    return _call(node, found, cx)


def _macro(node: Node, found: Ban, cx: Context) -> Use | None:
    call = call_of(node, cx.parsed)
    if call is None or call.name_node is None or not found.macros:
        return None
    path = (*call.path, call.name)
    named = meaning_of(path, node, cx)
    crate = cx.index.names.home(cx.path).crate
    if names_at(cx).macro(path) is Origin.LOCAL:
        meant: Path = (crate, call.name)
    elif named.origin is Origin.KERNEL:
        meant = ("kernel" if named.root == "kernel" else crate, named.name)
    elif named.origin is Origin.UNSAID and (crate == "kernel" or call.name not in cx.memo(own_macros)):
        meant = (call.name,)  # what the prelude gives
    else:
        meant = named.path
    if call.name in found.renamed:
        meant = full_path(path, node, cx) or meant
    for entry, _ in found.macros.get(meant[-1] if meant else "", ()):
        # Exported macros stand at the root of their crate, wherever else they can be reached.
        if len(meant) == 1 or _plain(meant)[0] == _plain(entry.path)[0]:
            return None if _in_own_definition(node, meant[-1], cx) else Use(entry, call.name_node)
    return None


def _plain(path: Path) -> Path:
    """The path with one name for the crates of the standard library, which hand each other on."""
    return ("core", *path[1:]) if path[0] in _STANDARD else path


def _in_own_definition(node: Node, name: str, cx: Context) -> bool:
    for above in cx.ancestors(node):
        if above.type == "macro_definition":
            defined = above.child_by_field_name("name")
            return defined is not None and cx.text(defined) == name
    return False


def _path(node: Node, found: Ban, cx: Context) -> Use | None:
    """A path to a function or method, called or handed on as a value."""
    name = node.child_by_field_name("name")
    if name is None or not found.has_method(plain_name(cx.text(name))):
        return None
    parent = cx.parent(node)
    if parent is not None and parent.type in _NO_USE:
        return None
    path = path_of(node, cx.parsed)
    return _matched(full_path(path, node, cx) if path else None, name, found)


def _matched(path: Path | None, name: Node, found: Ban) -> Use | None:
    if path is None:
        return None
    for entry, meant in found.methods.get(path[-1], ()):
        if _plain(path) in (meant, _plain(entry.path)):
            return Use(entry, name)
    return None


def _call(node: Node, found: Ban, cx: Context) -> Use | None:
    call = call_of(node, cx.parsed)
    if call is None or call.name_node is None:
        return None
    if call.form is CallForm.PATH and not call.path:
        path = full_path((call.name,), node, cx) if found.has_method(call.name) else None
        return _matched(path, call.name_node, found)
    if call.form is not CallForm.METHOD or call.receiver is None or call.name not in found.methods:
        return None
    for owner in _owners(call.receiver, call.name, node, cx):
        use = _matched((*owner, call.name), call.name_node, found)
        if use is not None:
            return use
    return None


def _owners(receiver: Node, name: str, where: Node, cx: Context) -> Iterator[Path]:
    """The types, by full path, of which a method call may mean the method: up to the first that is known to have it."""
    if receiver.type == "string_literal" and cx.text(receiver).startswith("c"):
        yield _C_STRING
        return
    known = types(cx)
    ref = known.of(receiver)
    for step in known.deref_chain(ref) if ref is not None else ():
        if step.kind is TypeKind.PATH:
            yield from _owner(step, where, cx)
            if not cx.index.methods(step.path, name, near=cx.path).is_unknown:
                return


def _owner(ref: TypeRef, where: Node, cx: Context) -> Iterator[Path]:
    path = full_path(tuple(ref.path.split("::")), where, cx)
    if path is not None:
        yield path
