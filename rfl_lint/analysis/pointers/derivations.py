"""Derivations as findings show them, and the code behind their steps.

A step keeps the place of an expression; whoever judges a derivation wants the expression back.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from rfl_lint.analysis.code.calls import CallForm, call_of
from rfl_lint.analysis.provenance.queries import step_line
from rfl_lint.analysis.provenance.terms import Step
from rfl_lint.analysis.types.calls import HANDING_OUT
from rfl_lint.analysis.types.inference import types
from rfl_lint.analysis.types.typeref import TypeKind, TypeRef, parse_type
from rfl_lint.finding import Label
from rfl_lint.rule import Context
from rfl_lint.source import Span
from rfl_lint.syntax import Node, span_of

PART: Final = "is part of it"
"""How the words of a step end that goes to a field of what the pointer points to."""

_SHOWN: Final = 6
_AROUND: Final = frozenset({"Pin", "Option", "Result"})
_PATTERNS: Final = frozenset(
    {"let_declaration", "tuple_pattern", "tuple_struct_pattern", "match_pattern", "field_pattern",
     "let_condition", "closure_parameters", "captured_pattern", "mut_pattern", "reference_pattern"}
)  # fmt: skip


class Referent(Struct, frozen=True):
    """What the last reference of a derivation refers to; `index` is that step's.

    `type` is None if it cannot be told, `text` is what stands at the step.
    """

    index: int
    type: TypeRef | None
    text: str
    cx: Context


def node_at(span: Span, cx: Context) -> Node | None:
    """The outermost node that stands exactly there, in whichever fragment that is."""
    found = None
    for fragment in cx.parsed.fragments_at(span.start):
        node = fragment.root.descendant_for_byte_range(span.start, span.end)
        if node is not None and span_of(node) == span:
            found = node
    while found is not None:
        above = found.parent
        if above is None or span_of(above) != span or above.type == "source_file":
            break
        found = above
    return found


def step_context(step: Step, cx: Context) -> Context | None:
    """The file that a step stands in."""
    return cx.other(step.path) if step.path else cx


def step_node(step: Step, cx: Context) -> Node | None:
    """The expression or parameter of a step."""
    where = step_context(step, cx)
    return node_at(step.span, where) if where is not None else None


def step_text(step: Step, cx: Context) -> str:
    """What stands at a step."""
    where = step_context(step, cx)
    return where.source.data[step.span.start : step.span.end].decode("utf-8", "replace") if where else ""


def last_referent(steps: Sequence[Step], cx: Context) -> Referent | None:
    """What the last reference on the way refers to; None if there is none to be seen."""
    for index in range(len(steps) - 1, -1, -1):
        where = step_context(steps[index], cx)
        if where is None:
            continue
        node, text = node_at(steps[index].span, where), step_text(steps[index], cx)
        written = text.startswith("&") and not text[1:].lstrip().startswith("raw ")
        written = written and (node is None or node.type == "reference_expression")
        is_part = steps[index].words.endswith(PART)  # a place: its type is not that of the pointer to it
        ref = _referring(node, where) if node is not None and not is_part else None
        if ref is not None and ref.is_reference:
            target = ref.referent
            known = target != TypeRef(TypeKind.OTHER)
            return Referent(index, target if known else None, text, where)
        if written or (ref is None and steps[index].words.endswith("is a reference")):
            return Referent(index, None, text, where)
    return None


def named_pointee(steps: Sequence[Step], cx: Context) -> tuple[TypeRef, Context] | None:
    """The type that is written for what a pointer points to where a reference becomes one, and in which file.

    `steps` begin with the last reference, or with what is made from it. There the reference may be turned into one
    to something further on by a coercion, which nothing but this type tells of. What is named later has been cast.
    """
    for position, step in enumerate(steps):
        where = step_context(step, cx)
        node = node_at(step.span, where) if where is not None else None
        if where is None or node is None:
            return None
        if position == 0 and node.type not in ("type_cast_expression", "call_expression"):
            continue  # the reference itself
        call = call_of(node, where.parsed) if node.type == "call_expression" else None
        made = types(where).of(node) if call is not None else None
        if call is not None and (call.name in HANDING_OUT or (made is not None and made.is_reference)):
            continue  # still a reference
        pointee: TypeRef | None = None
        if call is not None:
            if call.name == "from_ref" and call.form is CallForm.PATH and call.turbofish is not None:
                written = parse_type(f"T{where.text(call.turbofish)}").args
                pointee = types(where).resolved(written[0], node) if written else None
        else:
            pointee = _pointee(_written_type(node, where), where)
        return (pointee, where) if pointee is not None and pointee != TypeRef(TypeKind.OTHER) else None
    return None


def _written_type(node: Node, cx: Context) -> Node | None:
    """The type that a cast, a parameter or a `let` writes."""
    if node.type == "identifier":
        above = cx.parent(node)
        if above is None or above.type not in ("let_declaration", "parameter"):
            return None
        node = above
    return node.child_by_field_name("type")


def _pointee(written: Node | None, cx: Context) -> TypeRef | None:
    ref = types(cx).annotated(written) if written is not None else None
    if ref is None or not ref.is_raw_pointer or not ref.args or written is None:
        return None
    return types(cx).resolved(ref.args[0], written)


def _referring(node: Node, cx: Context) -> TypeRef | None:
    """The type of what a step makes; if that is no reference, of what it is made from, if that is one."""
    ref = _peeled(_type_at(node, cx))
    if ref is not None and ref.is_reference and ref.referent != TypeRef(TypeKind.OTHER):
        return ref
    operand: Node | None = None
    if node.type == "type_cast_expression":
        operand = node.child_by_field_name("value")
    elif node.type == "call_expression":
        call = call_of(node, cx.parsed)
        if call is not None and call.name in HANDING_OUT:
            return ref  # of something behind what it is called on
        if call is not None:
            operand = call.receiver or next(iter(call.arguments), None)
    before = _peeled(types(cx).of(operand)) if operand is not None else None
    told = before is not None and before.is_reference and before.referent != TypeRef(TypeKind.OTHER)
    return before if told else ref


def _peeled(ref: TypeRef | None) -> TypeRef | None:
    while ref is not None and ref.head in _AROUND and ref.args:
        ref = ref.args[0]
    return ref


def _type_at(node: Node, cx: Context) -> TypeRef | None:
    if node.type == "self_parameter":
        own = types(cx).self_type(node)
        if not any(child.type == "&" for child in node.children):
            return own
        if own is None:  # in a trait: whoever implements it
            own = TypeRef(TypeKind.OTHER)
        return TypeRef(TypeKind.REF, args=(own,))
    if node.type == "parameter":
        written = node.child_by_field_name("type")
        return types(cx).annotated(written) if written is not None else None
    if node.type == "identifier":
        above = cx.parent(node)
        if above is not None and above.type in _PATTERNS:
            return None
    return types(cx).of(node)


def joined(first: Sequence[Step], then: Sequence[Step]) -> tuple[Step, ...]:
    """One derivation after the other; of two steps at one place the later says more."""
    steps = list(first)
    for step in then:
        if steps and steps[-1].span == step.span and steps[-1].path == step.path:
            steps.pop()
        steps.append(step)
    return tuple(steps)


def labels(steps: Sequence[Step], cx: Context) -> tuple[Label, ...]:
    """The steps as related places."""
    return tuple(Label(step.span, step.words, "" if step.path == cx.path else step.path) for step in steps)


def in_words(steps: Sequence[Step], cx: Context) -> str:
    """The steps on one line, each with where it stands."""
    words = [f"{step.words} ({step_line(step, cx)})" for step in steps]
    return " → ".join(words if len(words) <= _SHOWN else [*words[:3], "…", *words[-2:]])
