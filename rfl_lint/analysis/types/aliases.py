"""Which alias a path to a type means, in the file's code and in the examples of its docs."""

from __future__ import annotations

from typing import Final

from rfl_lint.analysis.code.calls import path_of
from rfl_lint.analysis.code.origins import Origin, meaning_of, module_of, names_at
from rfl_lint.analysis.types.home import homes
from rfl_lint.facts import TypeFact
from rfl_lint.rule import Context
from rfl_lint.syntax import FragmentKind, Node

_LIBRARY: Final = "kernel"
_RESULT: Final = "Result"
# From where the kernel's `Result` is imported, for text that stands in no tree.
_MODULES: Final = frozenset({"error", "prelude"})


def alias_at(node: Node, cx: Context) -> TypeFact | None:
    """The alias that a path of a type means, as far as one file defines it; None for whatever else it means."""
    path = path_of(node, cx.parsed)
    if not path or path[0] == "Self":
        return None
    fragment = cx.fragment
    if fragment is not None and fragment.kind is FragmentKind.DOC_CODE:
        return _in_example(path, node, cx)
    module = homes(cx).module_at(node.start_byte)
    return _only_alias("::".join(path), module, cx)


def _only_alias(path: str, module: str, cx: Context) -> TypeFact | None:
    found = cx.index.type(path, near=cx.path, module=module).only
    return found if found is not None and found.kind == "alias" else None


def _in_example(path: tuple[str, ...], node: Node, cx: Context) -> TypeFact | None:
    """An example's own `use` lines speak, and those only."""
    named = meaning_of(path, node, cx)
    if named.origin is Origin.KERNEL and named.root == "kernel":
        return _only_alias("::".join(("kernel", *named.path)), "", cx)
    if named.origin is not Origin.UNSAID:
        return None
    found = {_only_alias(f"{glob}::{named.name}", "", cx) for glob in _globs(node, cx)} - {None}
    return found.pop() if len(found) == 1 else None


def _globs(node: Node, cx: Context) -> set[str]:
    """The modules of which everything is imported around a node."""
    fragment = cx.fragment
    if fragment is not None and fragment.kind is FragmentKind.DOC_CODE:
        paths = names_at(cx).uses.get("", {}).get("", set())
    else:
        paths = cx.memo(_globs_by_module).get(module_of(node, cx), set())
    return {path.removesuffix("::*") for path in paths}


def _globs_by_module(cx: Context) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for use in cx.facts.uses:
        if use.glob:
            found.setdefault(use.module, set()).add(use.path)
    return found


def is_unit_by_default(node: Node, cx: Context) -> bool:
    """Whether a path means the kernel's `Result`, whose first parameter is `()` where nothing else is said."""
    if cx.tree.is_kernel:
        alias = alias_at(node, cx)
        return (
            alias is not None
            and alias.name == _RESULT
            and cx.index.names.home(alias.path).crate == _LIBRARY
            and "=()" in alias.generics.partition(",")[0].replace(" ", "")
        )
    named = meaning_of(path_of(node, cx.parsed), node, cx)
    if named.name != _RESULT:
        return False
    if named.origin is Origin.KERNEL:
        return named.root == "kernel" and named.module in _MODULES
    return named.origin is Origin.UNSAID and any(
        glob in {f"kernel::{module}" for module in _MODULES} for glob in _globs(node, cx)
    )
