"""What a cast may do to a value: lose or reinterpret bits of an integer, or make a pointer to something else.

Both types must be known; of a cast of which they are not, nothing is said.
"""

from __future__ import annotations

import re
from typing import Final

from rfl_lint.analysis.code.calls import CallForm, call_of
from rfl_lint.analysis.types.inference import type_of, types
from rfl_lint.analysis.types.typeref import TypeKind, TypeRef
from rfl_lint.rule import Context
from rfl_lint.syntax import Node

_INTEGER: Final = re.compile(r"([iu])(8|16|32|64|128|size)")
# Bits at least and at most; a pointer has 32 or 64.
_POINTER_BITS: Final = (32, 64)
# The C types that are the same everywhere; `char` is signed or not as the tree has it, `long` as wide as a pointer.
_C_INTEGERS: Final = {
    "c_schar": "i8",
    "c_uchar": "u8",
    "c_short": "i16",
    "c_ushort": "u16",
    "c_int": "i32",
    "c_uint": "u32",
    "c_long": "isize",
    "c_ulong": "usize",
    "c_longlong": "i64",
    "c_ulonglong": "u64",
}
_LITERAL: Final = re.compile(
    r"(?P<sign>-?)\s*(?P<digits>0x[\da-f_]+|0o[0-7_]+|0b[01_]+|\d[\d_]*)(?P<type>[iu](?:8|16|32|64|128|size))?",
    re.IGNORECASE,
)
_UNKNOWN: Final = TypeRef(TypeKind.OTHER)


def lossy_integer_cast(cx: Context, node: Node) -> str | None:
    """For an `as` between integers that may lose or reinterpret bits: which, in words; else None."""
    value, written = node.child_by_field_name("value"), node.child_by_field_name("type")
    if value is None or written is None:
        return None
    target = integer_name(types(cx).annotated(written))
    if target is None:
        return None
    literal = _LITERAL.fullmatch(cx.text(value))
    if literal is not None:
        return _of_literal(literal, target)
    source = integer_name(type_of(value, cx))
    if source is None or source == target:
        return None
    return f"from `{source}` to `{target}`" if _may_change(source, target) else None


def pointer_cast(cx: Context, node: Node) -> str | None:
    """For a cast of a pointer to one with another pointee, `as *const T` or `.cast()`: which, in words."""
    if node.type == "type_cast_expression":
        return _as_pointer(cx, node)
    call = call_of(node, cx.parsed)
    if call is None or call.form is not CallForm.METHOD or call.name != "cast" or call.arguments:
        return None
    receiver = type_of(call.receiver, cx) if call.receiver is not None else None
    if receiver is None or not (receiver.is_raw_pointer or receiver.head == "NonNull"):
        return None
    written = call.turbofish.named_children if call.turbofish is not None else ()
    if receiver.args and len(written) == 1 and types(cx).annotated(written[0]) == receiver.args[0]:
        return None
    return "by `cast`"


def _as_pointer(cx: Context, node: Node) -> str | None:
    value, written = node.child_by_field_name("value"), node.child_by_field_name("type")
    if value is None or written is None or written.type != "pointer_type":
        return None
    # `as *const _` keeps the pointee, whatever it is: what it was is asked of the value.
    while value.type == "type_cast_expression" and _pointee(types(cx).of(value)) == _UNKNOWN:
        inner = value.child_by_field_name("value")
        if inner is None:
            return None
        value = inner
    source, target = types(cx).of(value), types(cx).annotated(written)
    if source is None or not (source.is_reference or source.is_raw_pointer):
        return None
    if _UNKNOWN in (_pointee(source), _pointee(target)) or _pointee(source) == _pointee(target):
        return None
    return f"to `{' '.join(cx.text(written).split())}`"


def _pointee(ref: TypeRef | None) -> TypeRef:
    return ref.args[0] if ref is not None and ref.args else _UNKNOWN


def integer_name(ref: TypeRef | None) -> str | None:
    """The name of an integer type; None for anything else."""
    if ref is None or ref.kind is not TypeKind.PATH or ref.args:
        return None
    name = _C_INTEGERS.get(ref.head, ref.head)
    return name if _INTEGER.fullmatch(name) else None


def integer_range(name: str) -> tuple[bool, int, int]:
    """Whether an integer type has a sign, and how many bits it has at least and at most."""
    match = _INTEGER.fullmatch(name)
    if match is None:
        raise ValueError(f"`{name}` is no integer type")
    low, high = _POINTER_BITS if match[2] == "size" else (int(match[2]), int(match[2]))
    return match[1] == "i", low, high


def _may_change(source: str, target: str) -> bool:
    """Whether a value of one type may not be the same in the other, on any architecture."""
    from_signed, from_low, from_high = integer_range(source)
    to_signed, to_low, to_high = integer_range(target)
    if from_signed and not to_signed:
        return True
    if source[1:] == target[1:]:
        return from_signed != to_signed
    needed = from_high + (1 if to_signed and not from_signed else 0)
    del from_low, to_high
    return to_low < needed


def _of_literal(literal: re.Match[str], target: str) -> str | None:
    digits = literal["digits"].replace("_", "").lower()
    value = int(digits, 0) if digits[:2] in ("0x", "0o", "0b") else int(digits)
    value = -value if literal["sign"] else value
    signed, low, _ = integer_range(target)
    least, most = (-(1 << low - 1), (1 << low - 1) - 1) if signed else (0, (1 << low) - 1)
    return None if least <= value <= most else f"of `{literal[0]}` to `{target}`"
