"""Pointers from a shared reference that lose their `const` in a cast and are written through afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from rfl_lint.analysis.code.calls import CallForm, call_of
from rfl_lint.analysis.pointers.derivations import last_referent, named_pointee, node_at, step_context
from rfl_lint.analysis.pointers.interior_mutability import Mutability, behind, mutability
from rfl_lint.analysis.pointers.uses import Reached, reached
from rfl_lint.analysis.pointers.writes import pointer_writes
from rfl_lint.analysis.provenance.queries import owned_references
from rfl_lint.analysis.provenance.terms import Kind, Origin, Step
from rfl_lint.analysis.types.inference import types
from rfl_lint.analysis.types.typeref import TypeKind, TypeRef
from rfl_lint.rule import Context
from rfl_lint.source import Span
from rfl_lint.syntax import Node, span_of

_MAKERS: Final = frozenset({"from", "from_ref", "into"})


class SharedCast(Struct, frozen=True):
    """A cast to `*mut` (or what stands in for one, at `span`) of a pointer from a shared reference, and its use.

    `referent` is the type that the reference refers to; `more` are further uses of the same cast.
    """

    span: Span
    reached: Reached
    referent: TypeRef
    more: int = 0

    @property
    def shown(self) -> str:
        """What the reference refers to, in short."""
        of = self.referent
        listed = of.kind in (TypeKind.SLICE, TypeKind.ARRAY) and of.args
        return f"[{of.args[0].head or '..'}]" if listed else of.head or "(..)"


def shared_casts(cx: Context) -> dict[Span, SharedCast]:
    """The casts of a file that go wrong, by where they stand."""
    return cx.memo(_shared_casts)


def _shared_casts(cx: Context) -> dict[Span, SharedCast]:
    found: dict[Span, SharedCast] = {}
    for each in reached(cx, pointer_writes, _is_shared):
        cast = _judged(each, cx)
        if cast is None:
            continue
        known = found.get(cast.span)
        found[cast.span] = cast if known is None else replace(known, more=known.more + 1)
    if not found:
        return found
    # What ends in an owning function is reported there.
    owned = {step.span for misuse in owned_references(cx).values() for step in misuse.steps}
    return {span: cast for span, cast in found.items() if span not in owned}


def _is_shared(origin: Origin) -> bool:
    return origin.kind is Kind.REFERENCE and not origin.mutable


def _judged(each: Reached, cx: Context) -> SharedCast | None:
    steps = each.origin.steps
    index = next(_casts(steps, cx, by_name=True), None)
    if index is None:
        index = next(_casts(steps, cx, by_name=False), None)
    if index is None:
        return None  # a `*mut` without a cast: the reference cannot have been a shared one
    referent = last_referent(steps[:index], cx)
    if referent is None:
        return None
    named = named_pointee(steps[referent.index : index + 1], cx)
    of, where = named if named is not None else (referent.type, referent.cx)
    if of is not None and named is None:
        of = behind(of, cx.index, where.path, cx.tables)
    if of is None or mutability(of, cx.index, where.path, cx.tables) is not Mutability.FROZEN:
        return None
    # A cast in another file is that file's; here it is the call that hands out its result.
    place = next((step for step in each.steps[index:] if step.path == cx.path), each.steps[-1])
    return SharedCast(_place(place, cx), each, of)


def _place(step: Step, cx: Context) -> Span:
    node = node_at(step.span, cx)
    return span_of(node) if node is not None else step.span


def _casts(steps: tuple[Step, ...], cx: Context, *, by_name: bool) -> Iterator[int]:
    """The steps that make a `*mut` of what was none."""
    for index, step in enumerate(steps):
        where = step_context(step, cx)
        node = node_at(step.span, where) if where is not None else None
        if where is None or node is None:
            continue
        if _to_mut(node, where) if by_name else _to_anything(node, where):
            yield index


def _to_mut(node: Node, cx: Context) -> bool:
    """`as *mut T`, `.cast_mut()`, `transmute::<&T, *mut T>(..)`."""
    if node.type == "type_cast_expression":
        written = node.child_by_field_name("type")
        ref = types(cx).annotated(written) if written is not None else None
        return ref is not None and ref.kind is TypeKind.PTR_MUT
    call = call_of(node, cx.parsed) if node.type == "call_expression" else None
    if call is None:
        return False
    if call.name == "transmute" and call.turbofish is not None:
        text = cx.text(call.turbofish)
        return "*mut" in text or "&mut" in text
    return call.form is CallForm.METHOD and call.name == "cast_mut"


def _to_anything(node: Node, cx: Context) -> bool:
    """`as _`, `NonNull::from(..)` and `.into()`, which do the same and do not say so."""
    if node.type == "type_cast_expression":
        written = node.child_by_field_name("type")
        return written is not None and cx.text(written) == "_"
    call = call_of(node, cx.parsed) if node.type == "call_expression" else None
    if call is None or call.name not in _MAKERS:
        return False
    return call.form is CallForm.METHOD or call.owner == "NonNull"
