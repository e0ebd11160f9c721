"""Methods that change a C object behind a shared reference to what points to it, with nobody kept out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from rfl_lint.analysis.code.c_calls import c_calls
from rfl_lint.analysis.code.calls import CallForm, call_of
from rfl_lint.analysis.code.contexts import in_tests
from rfl_lint.analysis.code.scopes import BindingKind, scopes
from rfl_lint.analysis.locking.exclusion import is_excluded, is_guard
from rfl_lint.analysis.locking.places import Field, Rooted, rooted
from rfl_lint.analysis.locking.sharing import Sharing, sharing
from rfl_lint.analysis.locking.table import caller_locks
from rfl_lint.analysis.pointers.writes import WRITTEN, dereferenced, pointer_writes
from rfl_lint.analysis.types.inference import block_tail, types
from rfl_lint.analysis.types.typeref import TypeKind, TypeRef
from rfl_lint.facts import TypeFact
from rfl_lint.patterns import word
from rfl_lint.rule import Context
from rfl_lint.source import Span
from rfl_lint.syntax import FragmentKind, Node, span_of

_TRANSPARENT: Final = frozenset({"Option", "Pin", "Cell", "ManuallyDrop"})
_C_WRAPPERS: Final = frozenset({"Opaque", "UnsafeCell", "MaybeUninit"})
_POINTERS: Final = (b"*mut", b"*const", b"NonNull")
_AS_MUT: Final = re.compile(word(b"as_mut") + rb"\s*\(")
_REBORROWED: Final = re.compile(rb"&\s*+mut\s*+\(?\s*+\*")
_ASSIGNMENTS: Final = frozenset({"assignment_expression", "compound_assignment_expr"})
_MAX_STEPS: Final = 40
_C_TYPES: Final = frozenset({"c_void"})


class SharedMutation(Struct, frozen=True):
    """A change at `span`: by an assignment through the pointer field `field`, or by the C function `function`.

    `owner` is the type that has the field; `sharing` tells why several threads may be there at once, `structure` what
    the C function belongs to.
    """

    span: Span
    field: str
    owner: TypeFact
    sharing: Sharing
    receiver: Span
    function: str = ""
    structure: str = ""


def shared_mutations(cx: Context) -> Iterator[SharedMutation]:
    """The changes that a file makes so."""
    changes = caller_locks(cx.tables).changes
    for call in cx.memo(c_calls):
        structure = changes.get(call.name)
        if structure is None:
            continue
        for argument in call.arguments:
            found = _judged(argument, call.node, cx, c_only=False)
            if found is not None:
                field, owner, shared, receiver = found
                span = span_of(call.name_node or call.node)
                yield SharedMutation(span, field.name, owner, shared, receiver, call.name, structure.name)
                break
    if not any(word in cx.source.data for word in _POINTERS):
        return
    for place, pointer, node in _written(cx):
        found = _judged(pointer, node, cx, c_only=True)
        if found is not None:
            field, owner, shared, receiver = found
            yield SharedMutation(span_of(place), field.name, owner, shared, receiver)


def _written(cx: Context) -> Iterator[tuple[Node, Node, Node]]:
    """Each place that is written through a pointer, with that pointer and the code that writes.

    Volatile and atomic writes are meant for places that others use.
    """
    for use in cx.memo(pointer_writes):
        if use.kind != WRITTEN or use.through:
            continue
        node = use.node
        if node.type != "call_expression":
            left = node.child_by_field_name("left")
            pointer = dereferenced(left)
            if left is not None and pointer is not None:
                yield left, pointer, node
            continue
        call = call_of(node, cx.parsed)
        if call is None or "volatile" in call.name or "atomic" in call.name:
            continue
        written = call.receiver if call.form is CallForm.METHOD else next(iter(call.arguments), None)
        if written is not None:
            yield node, written, node
    makes_references = any(made.search(cx.source.data) for made in (_AS_MUT, _REBORROWED))
    for fragment in cx.parsed.fragments if makes_references else ():
        if fragment.kind is FragmentKind.DOC_CODE:
            continue
        for nodes in fragment.find(_ASSIGNMENTS).values():
            for node in nodes:
                left = node.child_by_field_name("left")
                pointer = _behind_reference(left, cx) if left is not None else None
                if left is not None and pointer is not None:
                    yield left, pointer, node


def _behind_reference(place: Node, cx: Context) -> Node | None:
    """The pointer that a `&mut` was made of in which a place lies: `unsafe { &mut *p }.x`, or by way of a local."""
    if place.type != "field_expression" or dereferenced(place) is not None:
        return None
    base: Node | None = place
    for _ in range(_MAX_STEPS):
        if base is None:
            return None
        kind = base.type
        if kind in ("field_expression", "index_expression", "parenthesized_expression", "try_expression"):
            base = base.child_by_field_name("value") or next(iter(base.named_children), None)
        elif kind in ("unsafe_block", "block"):
            base = block_tail(base)
        elif kind == "identifier":
            binding = scopes(cx).binding(base)
            base = binding.value if binding is not None and binding.kind is BindingKind.LET else None
        elif kind == "reference_expression":
            is_mutable = any(child.type == "mutable_specifier" for child in base.children)
            return dereferenced(base.child_by_field_name("value")) if is_mutable else None
        elif kind == "call_expression":
            call = call_of(base, cx.parsed)
            receiver = call.receiver if call is not None else None
            if call is None or receiver is None:
                return None
            if call.name == "as_mut":
                return receiver
            base = receiver if call.name in ("unwrap", "expect", "ok_or") else None
        else:
            return None
    return None


def _judged(
    pointer: Node, node: Node, cx: Context, *, c_only: bool
) -> tuple[Field, TypeFact, Sharing, Span] | None:
    root = rooted(pointer, cx)
    if root is None or not _is_shared_receiver(root, cx):
        return None
    found = _pointer_field(root, cx, c_only=c_only)
    if found is None:
        return None
    field, owner = found
    if any(is_guard(each.type) for each in owner.fields) or in_tests(node, cx) or is_excluded(node, cx):
        return None
    shared = sharing(owner, cx.index)
    return (field, owner, shared, span_of(root.parameter.name)) if shared is not None else None


def _is_shared_receiver(root: Rooted, cx: Context) -> bool:
    """Whether the object is had by a shared reference: `&self`, `self: Pin<&Self>`, `this: &Arc<Self>`."""
    ref = types(cx).of_binding(root.parameter)
    if ref is None:
        return False
    if root.parameter.index != -1:
        written = root.parameter.type
        if written is None or "Self" not in cx.text(written):
            return False
    while ref.head == "Pin" and ref.args:
        ref = ref.args[0]
    return ref.kind is TypeKind.REF or ref.head in ("Arc", "ArcBorrow", "ListArc", "ARef")


def _pointer_field(root: Rooted, cx: Context, *, c_only: bool) -> tuple[Field, TypeFact] | None:
    """The first field on the way that holds a raw pointer, and the type that has it."""
    owner = types(cx).of_binding(root.parameter)
    for field in root.fields:
        if owner is None:
            return None
        there = types(cx).field(owner, field.name)
        if there is None:
            return None
        pointer = _pointer(there)
        if pointer is not None:
            if c_only and not _is_of_c(pointer, cx):
                return None
            fact = _owner_of(owner, field.name, cx)
            return (field, fact) if fact is not None else None
        owner = there
    return None


def _pointer(ref: TypeRef) -> TypeRef | None:
    """What a raw pointer points to; None for other types."""
    while ref.head in _TRANSPARENT and ref.args:
        ref = ref.args[0]
    if ref.is_raw_pointer or ref.head == "NonNull":
        return ref.args[0] if ref.args else TypeRef(TypeKind.OTHER)
    return None


def _is_of_c(ref: TypeRef, cx: Context) -> bool:
    """Whether a type is one of C's."""
    while ref.head in _C_WRAPPERS and ref.args:
        ref = ref.args[0]
    if ref.head in _C_TYPES or "bindings" in ref.path.split("::")[:-1]:
        return True
    imported = cx.index.imported(cx.path, ref.path.partition("::")[0]) or ""
    return "bindings" in imported.split("::")[:-1]


def _owner_of(ref: TypeRef, name: str, cx: Context) -> TypeFact | None:
    """The definition that has the field, found as `.` finds it."""
    for step in types(cx).deref_chain(ref):
        if step.kind is not TypeKind.PATH:
            continue
        for fact in cx.index.type(step.path, near=cx.path).candidates:
            if any(field.name == name for field in fact.fields):
                return fact
    return None
