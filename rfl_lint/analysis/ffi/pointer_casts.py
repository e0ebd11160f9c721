"""Casts of a pointer or reference to a type that is left to inference: `as _`, `as *mut _`, `as *const _`.

Only a primitive value can be cast with `as`, so that the name of a method that gives a pointer is enough to know one.
Of a value that nothing tells the type of, nothing is said, unless a C function takes it where it wants a pointer.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from msgspec import Struct

from rfl_lint.analysis.code.calls import CallForm, call_of
from rfl_lint.analysis.types.inference import block_tail, type_of
from rfl_lint.analysis.types.typeref import TypeKind, TypeRef
from rfl_lint.c.facts import CFunction
from rfl_lint.rule import Context
from rfl_lint.syntax import Node

_MAX_WRAPPERS: Final = 40
_POINTER_METHODS: Final = frozenset(
    {"as_ptr", "as_mut_ptr", "as_char_ptr", "cast", "cast_mut", "cast_const", "into_raw", "into_foreign"}
)
_POINTER_FUNCTIONS: Final = frozenset(
    {"from_ref", "from_mut", "null", "null_mut", "dangling", "dangling_mut", "into_raw", "into_foreign",
     "raw_get", "as_ptr", "without_provenance", "without_provenance_mut"}
)  # fmt: skip
_POINTER_MACROS: Final = frozenset({"addr_of", "addr_of_mut", "container_of"})
_NUMBERS: Final = frozenset(
    {"u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32", "f64",
     "bool", "char"}
)  # fmt: skip
_LITERALS: Final = frozenset({"integer_literal", "float_literal", "boolean_literal", "char_literal"})
_TEXTS: Final = frozenset({"string_literal", "raw_string_literal"})


class Value(Enum):
    """What is cast."""

    POINTER = "pointer"
    REFERENCE = "reference"
    NUMBER = "number"
    UNKNOWN = "unknown"


class InferredCast(Struct, frozen=True, eq=False):
    """One such cast.

    `target` is the type as written; `is_mutable` tells of a reference that it is `&mut`; `for_c` is the C function
    whose parameter tells that it is a pointer.
    """

    operand: Node
    value: Value
    target: str
    is_mutable: bool = False
    for_c: CFunction | None = None


def inferred_pointer_cast(node: Node, cx: Context) -> InferredCast | None:
    """What a `type_cast_expression` leaves to inference, if it casts a pointer or reference."""
    # Nearly every cast ends with a name.
    if cx.source.data[node.end_byte - 1 : node.end_byte] != b"_":
        return None
    operand, written = node.child_by_field_name("value"), node.child_by_field_name("type")
    if operand is None or written is None or not _is_inferred(written, cx):
        return None
    value = value_of(operand, cx)
    target = " ".join(cx.text(written).split())
    if value in (Value.POINTER, Value.REFERENCE):
        ref = type_of(operand, cx)
        mutable = ref is not None and ref.kind is TypeKind.REF_MUT
        return InferredCast(operand, value, target, mutable)
    taker = _taking_pointer(node, cx) if value is Value.UNKNOWN else None
    return InferredCast(operand, Value.POINTER, target, for_c=taker) if taker is not None else None


def _is_inferred(written: Node, cx: Context) -> bool:
    """Whether a type is `_` or a raw pointer to `_`."""
    if written.type == "pointer_type":
        inner = written.child_by_field_name("type")
        return inner is not None and cx.text(inner) == "_"
    return cx.text(written) == "_"


def value_of(node: Node, cx: Context) -> Value:
    """What kind of value an expression is, as far as it can be told."""
    current = node
    for _ in range(_MAX_WRAPPERS):
        if current.type == "parenthesized_expression":
            inner = next((child for child in current.named_children if not child.is_extra), None)
        elif current.type in ("unsafe_block", "block", "const_block"):
            inner = block_tail(current)
        else:
            break
        if inner is None:
            return Value.UNKNOWN
        current = inner
    kind = current.type
    if kind in _LITERALS:
        return Value.NUMBER
    if kind in _TEXTS:
        return Value.REFERENCE
    if kind == "reference_expression":
        raw = any(child.type == "raw" for child in current.children)
        return Value.POINTER if raw else Value.REFERENCE
    if kind in ("call_expression", "macro_invocation"):
        told = _of_call(current, cx)
        if told is not Value.UNKNOWN:
            return told
    return _of_type(type_of(current, cx))


def _of_type(ref: TypeRef | None) -> Value:
    if ref is None:
        return Value.UNKNOWN
    if ref.is_raw_pointer:
        return Value.POINTER
    if ref.is_reference:
        return Value.REFERENCE
    is_number = ref.kind is TypeKind.PATH and ref.head in _NUMBERS
    return Value.NUMBER if is_number else Value.UNKNOWN


def _of_call(node: Node, cx: Context) -> Value:
    """What calls give that are known by their names alone."""
    call = call_of(node, cx.parsed)
    if call is None:
        return Value.UNKNOWN
    if call.form is CallForm.MACRO:
        return Value.POINTER if call.name in _POINTER_MACROS else Value.UNKNOWN
    if call.form is CallForm.METHOD:
        return Value.POINTER if call.name in _POINTER_METHODS else Value.UNKNOWN
    if call.owner == "bindings":
        function = cx.c_function(call.name)
        if function is None:
            return Value.UNKNOWN
        return Value.POINTER if function.returns.endswith("*") else Value.NUMBER
    is_known = call.form is CallForm.PATH and call.path and call.name in _POINTER_FUNCTIONS
    return Value.POINTER if is_known else Value.UNKNOWN


def _taking_pointer(cast: Node, cx: Context) -> CFunction | None:
    """The C function that takes the result of a cast where it wants a pointer."""
    value, above = cast, cx.parent(cast)
    while above is not None and above.type == "parenthesized_expression":
        value, above = above, cx.parent(above)
    node = cx.parent(above) if above is not None and above.type == "arguments" else None
    call = call_of(node, cx.parsed) if node is not None and node.type == "call_expression" else None
    if call is None or call.form is not CallForm.PATH or call.owner != "bindings":
        return None
    function = cx.c_function(call.name)
    index = next((at for at, each in enumerate(call.arguments) if each.id == value.id), -1)
    if function is None or not 0 <= index < len(function.parameters):
        return None
    if len(call.arguments) != len(function.parameters) and not function.variadic:
        return None
    return function if function.parameters[index].is_pointer else None
