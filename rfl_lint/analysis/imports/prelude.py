"""What a `use` statement imports that the kernel's prelude has given to the module already.

Two paths are the same if they name one item of one module, modules known by the index; or if the index leads both to
the same definitions. Only a prelude that is imported as a whole, at the level of the module, counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct, field

from rfl_lint.analysis.imports.layout import USE, imports
from rfl_lint.facts import UseFact
from rfl_lint.index import Index
from rfl_lint.index_names import Home
from rfl_lint.rule import Context
from rfl_lint.source import Span
from rfl_lint.syntax import FragmentKind, Node, span_of

# The file and the module in it that may be the prelude.
_PLACES: Final = (("rust/kernel/prelude.rs", ""), ("rust/kernel/lib.rs", "prelude"))
_PRELUDE: Final = Home("kernel", "prelude")
_KINDS: Final = frozenset({USE})

Item = tuple[Home | str, str]
"""An item by its module, which is text where no file is that module, and its name there."""


class Given(Struct, frozen=True):
    """An import that is not needed: its place, the name, and where the prelude gives it."""

    span: Span
    name: str
    source: UseFact
    path: str


class _Prelude(Struct, frozen=True):
    """What the prelude of a tree gives: single names, and modules of which it gives everything."""

    path: str
    names: dict[str, list[UseFact]] = field(default_factory=dict)
    items: dict[tuple[Item, str], UseFact] = field(default_factory=dict)
    globs: dict[Home | str, UseFact] = field(default_factory=dict)


def given_by_prelude(use: Node, cx: Context) -> Iterator[Given]:
    """The imports of a `use` statement that are there without it."""
    if cx.fragment is None or cx.fragment.kind is not FragmentKind.CODE:
        return
    if any(child.type == "visibility_modifier" for child in use.children):
        return
    modules = cx.memo(_modules_with_prelude)
    if not modules:
        return
    around = _module_around(use, cx)
    if around is None or around.id not in modules:
        return
    prelude = _prelude_of(cx.index)
    if prelude is None:
        return
    module = _module_name(around, cx)
    for path, alias, node in imports(use, cx):
        found = _source(path, alias, module, prelude, cx)
        if found is not None:
            yield Given(span_of(node), path.rpartition("::")[2] if alias else path, found, prelude.path)


def _source(path: str, alias: str, module: str, prelude: _Prelude, cx: Context) -> UseFact | None:
    if path.endswith("::*"):
        return prelude.globs.get(_module(path.removesuffix("::*"), cx.path, module, cx.index))
    item = _item(path, cx.path, module, cx.index)
    named = prelude.items.get((item, alias))
    if named is not None:
        return named
    if alias == item[1] and (whole := prelude.globs.get(item[0])) is not None:
        return whole
    mine = cx.index.meaning(path, near=cx.path, module=module) if alias in prelude.names else None
    if mine is None or mine.modules or not (mine.types or mine.functions):
        return None
    for source in prelude.names[alias]:
        if cx.index.meaning(source.path, near=prelude.path, module=source.module) == mine:
            return source
    return None


def _prelude_of(index: Index) -> _Prelude | None:
    for path, module in _PLACES:
        facts = index.files.get(path)
        uses = [use for use in facts.uses if use.is_pub and use.module == module] if facts is not None else []
        if uses:
            prelude = _Prelude(path)
            for use in uses:
                if use.glob:
                    prelude.globs[_module(use.path, path, module, index)] = use
                else:
                    prelude.names.setdefault(use.alias, []).append(use)
                    prelude.items[_item(use.path, path, module, index), use.alias] = use
            return prelude
    return None


def _item(path: str, near: str, module: str, index: Index) -> Item:
    before, _, name = path.rpartition("::")
    return _module(before, near, module, index) if before else "", name


def _module(path: str, near: str, module: str, index: Index) -> Home | str:
    bare = path.removeprefix("::")
    found = index.meaning(bare, near=near, module=module)
    if found is not None and len(found.modules) == 1:
        return found.modules[0]
    crate = index.names.crate(bare) if found is None else None
    return crate if crate is not None else bare


def _modules_with_prelude(cx: Context) -> frozenset[int]:
    """The modules of a file, by their nodes, that import all of the prelude."""
    if b"prelude" not in cx.source.data:
        return frozenset()
    found: set[int] = set()
    for use in cx.parsed.fragments[0].find(_KINDS).get(USE, ()):
        if cx.source.data.find(b"prelude", use.start_byte, use.end_byte) < 0:
            continue
        around = _module_around(use, cx)
        if around is None or use.parent is None or use.parent.id != around.id:
            continue
        module = _module_name(around, cx)
        for path, _, _ in imports(use, cx):
            if path.endswith("prelude::*"):
                home = _module(path.removesuffix("::*"), cx.path, module, cx.index)
                if home == _PRELUDE:
                    found.add(around.id)
    return frozenset(found)


def _module_around(use: Node, cx: Context) -> Node | None:
    """The body of the module that a statement stands in: the file, or what is in the braces of a `mod`."""
    before = use
    for above in cx.ancestors(use):
        if above.type == "mod_item":
            return before
        if above.type == "source_file":
            return above
        before = above
    return None


def _module_name(body: Node, cx: Context) -> str:
    names = (each.child_by_field_name("name") for each in cx.ancestors(body) if each.type == "mod_item")
    return "::".join(reversed([cx.text(name) for name in names if name is not None]))
