"""How a C type of the standard library becomes the kernel's: edits of paths and of `use` declarations.

What stands in one `use` list moves together where all of it can; `c_void` goes along, it is the same type. A list
that holds anything else keeps that, and what moves gets a line of its own.
"""

from __future__ import annotations

import re
from typing import Final

from rfl_lint.analysis.code.calls import path_of
from rfl_lint.analysis.ffi.core_types import C_TYPES, OTHER, STANDARD_MODULES, CoreType, Entry, entries_of
from rfl_lint.finding import Edit, Fix
from rfl_lint.rule import Context
from rfl_lint.source import Span
from rfl_lint.syntax import FragmentKind, Node, span_of

_MOVABLE: Final = C_TYPES | {"c_void"}
_COMMENTS: Final = frozenset({"line_comment", "block_comment"})
_DEEPER: Final = re.compile(r"(\n[ \t]*?)(?:    |\t)")
_USES: Final = frozenset({"use_declaration"})
_PATHS: Final = frozenset({"scoped_identifier", "scoped_type_identifier"})
_KERNEL_CRATE: Final = "rust/kernel/"


def has_own_types(cx: Context) -> bool:
    """Whether the code at hand has the kernel's own C types: the kernel crate, and what is built on it."""
    if not cx.tree.has_own_ffi:
        return False
    return not cx.path.startswith("rust/") or cx.path.startswith(_KERNEL_CRATE)


def kernel_module(item: CoreType, cx: Context) -> str:
    """How the kernel's own types are named where a type stands."""
    kind = item.fragment.kind
    if kind is FragmentKind.DOC_CODE or not cx.path.startswith(_KERNEL_CRATE):
        return "kernel::ffi"
    return "$crate::ffi" if kind is FragmentKind.MACRO_RULES else "crate::ffi"


def kernel_type(item: CoreType, cx: Context) -> Fix | None:
    """The edits that make a type the kernel's own; None where they would have to guess."""
    if item.use is not None:
        entry = Entry(item.node, item.path)
        names, edits = _import_moved(item.use, entry, kernel_module(item, cx), cx)
    elif item.module is not None and path_of(item.module, cx.parsed) in STANDARD_MODULES:
        names, edits = (item.name,), _replaced(item.module, kernel_module(item, cx))
    else:
        names, edits = _module_import_moved(item, cx)
    in_docs = item.fragment.kind is FragmentKind.DOC_CODE
    if not edits or (in_docs and any(b"\n" in _old(edit, cx) for edit in edits)):
        return None
    title = f"use `{kernel_module(item, cx)}`"
    return Fix(title, edits, safe=not OTHER.keys() & set(names))


def _replaced(node: Node, text: str) -> tuple[Edit, ...]:
    return (Edit(span_of(node), text),)


def _old(edit: Edit, cx: Context) -> bytes:
    return cx.source.data[edit.span.start : edit.span.end]


Moved = tuple[tuple[str, ...], tuple[Edit, ...]]


def _import_moved(use: Node, entry: Entry, module: str, cx: Context) -> Moved:
    """The names that move, and the edits."""
    listed = entry.node.parent
    if listed is not None and listed.type == "use_list":
        own = listed.parent
        inside = {child.id for child in listed.named_children if not child.is_extra}
        together = [each for each in entries_of(use, cx) if each.node.id in inside]
        names = tuple(each.path[-1] for each in together)
        alike = len(together) == len(inside) and all(
            each.path[:-1] == entry.path[:-1] and each.path[-1] in _MOVABLE for each in together
        )
        # What can be moved without asking does not wait for what cannot.
        waits = entry.path[-1] not in OTHER and OTHER.keys() & set(names)
        if alike and not waits and own is not None and own.type == "scoped_use_list":
            path = own.child_by_field_name("path")
            if path is not None and path_of(path, cx.parsed) in STANDARD_MODULES:
                return names, _replaced(path, module)
            text = _DEEPER.sub(r"\1", cx.text(listed))
            if path is not None and path_of(path, cx.parsed) == entry.path[1:-1]:
                return names, _taken_out(use, own, f"{module}::{text}", cx)
    return (entry.path[-1],), _taken_out(use, entry.node, f"{module}::{_own_text(entry, cx)}", cx)


def _own_text(entry: Entry, cx: Context) -> str:
    """The name of an entry, with its alias."""
    alias = entry.node.child_by_field_name("alias") if entry.node.type == "use_as_clause" else None
    return entry.path[-1] + (f" as {cx.text(alias)}" if alias is not None else "")


def _module_import_moved(item: CoreType, cx: Context) -> Moved:
    """`use core::ffi;` with all that is reached through it."""
    first = path_of(item.module, cx.parsed)[:1] if item.module is not None else ()
    known = cx.memo(_reached_known)
    key = item.fragment.root.id, first
    if key not in known:
        known[key] = _reached(item, first, cx)
    imports, reached = known[key]
    if len(imports) != 1 or not set(reached) <= _MOVABLE:
        return (), ()
    use, entry = imports[0]
    module = kernel_module(item, cx)
    alias = _alias(entry, cx)
    text = module if alias == "ffi" else f"{module} as {alias}"
    return tuple(reached), _taken_out(use, entry.node, text, cx)


Reached = tuple[list[tuple[Node, Entry]], list[str]]


def _reached_known(_cx: Context) -> dict[tuple[int, tuple[str, ...]], Reached]:
    """By tree and module, filled as they are asked about."""
    return {}


def _reached(item: CoreType, first: tuple[str, ...], cx: Context) -> Reached:
    """The imports of a module under a name, and the names that are reached through it."""
    imports = [
        (use, entry)
        for use in item.fragment.find(_USES).get("use_declaration", ())
        for entry in entries_of(use, cx)
        if entry.path in STANDARD_MODULES and (_alias(entry, cx),) == first
    ]
    reached: list[str] = []
    for nodes in item.fragment.find(_PATHS).values():
        for node in nodes:
            path = path_of(node, cx.parsed)
            if path[:1] == first and len(path) > 1:
                reached.append(path[1])
    return imports, reached


def _alias(entry: Entry, cx: Context) -> str:
    alias = entry.node.child_by_field_name("alias") if entry.node.type == "use_as_clause" else None
    return cx.text(alias) if alias is not None else entry.path[-1]


def _taken_out(use: Node, unit: Node, text: str, cx: Context) -> tuple[Edit, ...]:
    """The edits that take a part of a `use` declaration out and import `text` on a line of its own instead."""
    argument = use.child_by_field_name("argument")
    while unit.parent is not None and argument is not None and unit.id != argument.id:
        listed = unit.parent
        if listed.type != "use_list":
            return ()
        others = [child for child in listed.named_children if not child.is_extra and child.id != unit.id]
        if not others:
            unit = listed.parent or listed
            continue
        removal = _removal(listed, unit, others, cx)
        line = _new_line(use, text, cx) if removal is not None else None
        return (line, removal) if line is not None and removal is not None else ()
    return (Edit(span_of(unit), text),) if argument is not None and unit.id == argument.id else ()


def _removal(listed: Node, unit: Node, others: list[Node], cx: Context) -> Edit | None:
    """The edit that takes one entry out of a list, with its comma; a list of one loses its braces."""
    commented = any(child.type in _COMMENTS for child in listed.children)
    if len(others) == 1 and not commented and others[0].type not in ("self", "scoped_use_list"):
        return Edit(span_of(listed), cx.text(others[0]))
    following = [each for each in others if each.start_byte > unit.end_byte]
    if following:
        span = Span(unit.start_byte, following[0].start_byte)
    else:
        span = Span(max(each.end_byte for each in others), unit.end_byte)
    inside = (child for child in listed.children if child.type in _COMMENTS)
    if any(span.start <= child.start_byte < span.end for child in inside):
        return None
    return Edit(span, "")


def _new_line(use: Node, text: str, cx: Context) -> Edit | None:
    """A further `use` line beside a declaration: `crate` is sorted before `core`, `kernel` behind it."""
    before = use.prev_sibling
    if before is not None and before.type == "attribute_item":
        return None
    if cx.parsed.fragment_of(use).kind is FragmentKind.DOC_CODE:
        return None  # each line of a doc comment begins with what is no part of the code
    data = cx.source.data
    start = data.rfind(b"\n", 0, use.start_byte) + 1
    indent = data[start : use.start_byte].decode("utf-8", "replace")
    if indent.strip():
        return None
    ending = "\r\n" if data[use.end_byte :].startswith(b"\r\n") else "\n"
    visibility = next(
        (cx.text(child) + " " for child in use.children if child.type == "visibility_modifier"), ""
    )
    line = f"{visibility}use {text};"
    documented = before is not None and before.type in _COMMENTS
    if "crate" in text.partition("::")[0] and not documented:
        return Edit(Span(use.start_byte, use.start_byte), f"{line}{ending}{indent}")
    return Edit(Span(use.end_byte, use.end_byte), f"{ending}{indent}{line}")
