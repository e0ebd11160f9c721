"""Which traits are allocators', and what their methods are told of an allocation that exists already."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from rfl_lint.analysis.layout.signatures import POINTER, speaks_of_layouts
from rfl_lint.analysis.types.inference import functions_by_start
from rfl_lint.analysis.types.typeref import TypeKind, TypeRef, parse_type
from rfl_lint.facts import FunctionFact, ParamFact, head_name
from rfl_lint.rule import Context
from rfl_lint.syntax import Node

_GIVES_BACK: Final = re.compile(r"(try_)?(free|dealloc|deallocate)(_\w+)?")
_CHANGES: Final = re.compile(r"(try_)?(realloc|reallocate|grow|shrink)(_\w+)?")
_METHODS: Final = frozenset({"function_item", "function_signature_item"})
# What a pointer to memory of any layout points to.
BYTES: Final = frozenset({"u8", "i8", "c_void", "c_uchar", "c_char"})
_LAYOUT: Final = re.compile(r"\bLayout\b")


class WithoutOldLayout(Struct, frozen=True, eq=False):
    """A method of an allocator trait that is not told the layout of the allocation it is given.

    `gives_back` tells a `free` from a `realloc`; `has_new` that a layout comes in, which is the new one.
    """

    name: Node
    fact: FunctionFact
    pointer: ParamFact
    gives_back: bool
    has_new: bool
    allocating: Node
    """The name of a method that takes a layout to allocate."""


def methods_without_old_layout(node: Node, cx: Context) -> Iterator[WithoutOldLayout]:
    """The methods of a `trait_item` or of an `impl_item` that are not told an old layout.

    An `impl` says what its trait says, and is looked at only where no file defines the trait.
    """
    if not cx.memo(speaks_of_layouts) or (node.type == "impl_item" and not _is_of_unknown_trait(node, cx)):
        return
    methods = list(_methods(node, cx))
    allocating = next((name for name, fact in methods if allocates_by_layout(fact)), None)
    if allocating is None:
        return
    for name, fact in methods:
        pointer = next((each for each in fact.params if _is_untyped_pointer(each.type)), None)
        if pointer is None:
            continue
        gives_back = _GIVES_BACK.fullmatch(fact.name) is not None
        layouts = [each for each in fact.params if _tells_layout(each, fact, cx)]
        if gives_back:
            lacks = not layouts
        else:
            lacks = _CHANGES.fullmatch(fact.name) is not None and not _tells_old(layouts, fact)
        if lacks and not _tells_size_and_alignment(fact):
            yield WithoutOldLayout(name, fact, pointer, gives_back, bool(layouts), allocating)


def is_allocator_impl(node: Node, cx: Context) -> bool:
    """Whether a `trait_item`, or the `impl_item` of a trait, has a method that takes a layout to allocate."""
    if node.type == "impl_item" and node.child_by_field_name("trait") is None:
        return False
    return any(allocates_by_layout(fact) for _, fact in _methods(node, cx))


def allocates_by_layout(fact: FunctionFact) -> bool:
    """Whether a function is given a layout and returns a pointer to memory of any type."""
    return any(head_name(each.type) == "Layout" for each in fact.params) and bool(
        POINTER.search(fact.returns)
    )


def is_byte_like(ref: TypeRef) -> bool:
    """Whether any address is aligned for a type: bytes, slices and arrays of them, `()`, `c_void`."""
    while ref.kind in (TypeKind.SLICE, TypeKind.ARRAY) or (ref.head == "MaybeUninit" and ref.args):
        if not ref.args:
            return False
        ref = ref.args[0]
    return (ref.kind is TypeKind.TUPLE and not ref.args) or ref.head in BYTES


def _methods(node: Node, cx: Context) -> Iterator[tuple[Node, FunctionFact]]:
    """The functions of a trait or `impl`: the node of the name, and what the facts say."""
    body = node.child_by_field_name("body")
    known = functions_by_start(cx)
    for child in body.named_children if body is not None else ():
        name = child.child_by_field_name("name") if child.type in _METHODS else None
        fact = known.get(child.start_byte)
        if name is not None and fact is not None:
            yield name, fact


def _is_of_unknown_trait(node: Node, cx: Context) -> bool:
    trait = node.child_by_field_name("trait")
    name = head_name(cx.text(trait)) if trait is not None else ""
    if not name:
        return False
    known = cx.index.type(name).candidates
    return not any(each.kind == "trait" and cx.index.names.sees(cx.path, each.path) for each in known)


def _is_untyped_pointer(text: str) -> bool:
    """Whether a parameter is a pointer to memory whose type is not told; a slice tells its size."""
    ref = parse_type(text)
    if ref.head == "Option" and ref.args:
        ref = ref.args[0]
    if not (ref.is_raw_pointer or ref.head == "NonNull") or not ref.args:
        return False
    return ref.args[0].kind is not TypeKind.SLICE and is_byte_like(ref.args[0])


def _tells_layout(param: ParamFact, fact: FunctionFact, cx: Context) -> bool:
    """Whether a parameter is a layout, or a value of the tree that keeps one."""
    head = head_name(param.type)
    if "Layout" in head or _LAYOUT.search(param.type):
        return True
    for each in cx.index.type(head, near=fact.path).candidates if head else ():
        if any(_LAYOUT.search(field.type) for field in each.fields):
            return True
    return False


def _tells_old(layouts: list[ParamFact], fact: FunctionFact) -> bool:
    """Whether one of the layouts of a reallocation is the old one: two, or one next to a new size."""
    if len(layouts) != 1:
        return bool(layouts)
    sizes = [each for each in fact.params if each.type == "usize"]
    return bool(sizes) or "old" in layouts[0].name or "old" in head_name(layouts[0].type).lower()


def _tells_size_and_alignment(fact: FunctionFact) -> bool:
    """Whether the old size and the alignment come as numbers."""
    numbers = [each.name.lstrip("_") for each in fact.params if each.type == "usize"]
    size = any("size" in name or "len" in name or "bytes" in name for name in numbers)
    return size and any("align" in name for name in numbers)
