"""Methods of `str`, slices and iterators that return something newly allocated: copies and collections."""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

from rfl_lint.analysis.allocation.table import is_allocating
from rfl_lint.analysis.code.calls import Call, CallForm, call_of
from rfl_lint.analysis.code.origins import Origin, meaning_of
from rfl_lint.analysis.types.inference import function_of, type_of, types
from rfl_lint.analysis.types.typeref import TypeKind, TypeRef, parse_type
from rfl_lint.facts import head_name
from rfl_lint.rule import Context
from rfl_lint.syntax import Node

_TEXT_MACROS: Final = frozenset({"stringify", "concat", "module_path", "file", "env", "include_str"})
_TEXT_METHODS: Final = frozenset({"as_str", "trim", "trim_start", "trim_end"})
_SLICE_METHODS: Final = frozenset({"as_bytes", "as_slice", "to_bytes", "to_bytes_with_nul"})
_WRAPPERS: Final = frozenset({"Result", "Option"})
_PASSES_ON: Final = frozenset({"try_expression", "parenthesized_expression", "await_expression"})
_VECS: Final = frozenset({"Vec", "KVec", "VVec", "KVVec"})


class Made(Struct, frozen=True):
    """What a call makes: `key` is `text`, `slice` or `collect`; `shown` how the call is shown."""

    key: str
    shown: str


def copy_made(call: Call, cx: Context) -> Made | None:
    """`to_string` of anything, `to_owned` and `to_vec` of what is a `str` or a slice."""
    methods = cx.table("allocation")["methods"]["copies"]
    is_text, is_slice = call.name in methods["text"], call.name in methods["slice"]
    if not (is_text or is_slice):
        return None
    if call.form is CallForm.PATH:
        shape = _shape_of_path(call, cx)
    elif call.receiver is None or (call.name == "to_string" and call.arguments):
        return None
    else:
        shape = _shape(call.receiver, cx)
        if call.name == "to_string" and (shape or not _has_own(call, cx)):
            shape = "text"
    if not ((shape == "text" and is_text) or (shape == "slice" and is_slice)):
        return None
    owner = f"{call.owner}::" if call.owner else "."
    return Made(shape, f"{owner}{call.name}{'' if call.owner else '()'}")


def collection_made(call: Call, cx: Context) -> Made | None:
    """`collect::<Vec<_>>()`, or with the type said where the result goes."""
    is_path = call.form is CallForm.PATH
    if call.name != "collect" or len(call.arguments) != is_path or (is_path and call.owner != "Iterator"):
        return None
    told = cx.text(call.turbofish)[1:-1] if call.turbofish is not None else ""
    ref = _collection(parse_type(told), call.node, cx) if told else None
    if ref is None and (not told or head_name(told) in _WRAPPERS):
        expected = _expected(call.node, cx)
        ref = _collection(expected, call.node, cx) if expected is not None else None
    if ref is None or (call.receiver is not None and _has_own(call, cx)):
        return None
    return Made("collect", f".collect::<{ref.head}{'<_>' if ref.args else ''}>()")


def _shape_of_path(call: Call, cx: Context) -> str:
    """Of what `str::to_owned`, `ToString::to_string` and `<[u8]>::to_vec` take."""
    if call.path in (("str",), ("ToString",)):
        return "text"
    written = cx.text(call.self_type) if call.self_type is not None and not call.path else ""
    return "slice" if written.startswith("<[") else ""


def _has_own(call: Call, cx: Context) -> bool:
    """Whether the method may be one of the receiver's own."""
    if call.name in cx.memo(_methods):
        return True
    ref = type_of(call.receiver, cx) if call.receiver is not None else None
    if ref is None:
        return cx.index.has_method(call.name, near=cx.path)
    return types(cx).method(ref, call.name) is not None


def _methods(cx: Context) -> frozenset[str]:
    """The names of all methods that the file itself defines."""
    return frozenset(fact.name for fact in cx.facts.functions if fact.receiver)


def _shape(node: Node, cx: Context) -> str:
    """`text` for a `str`, `slice` for a slice or array, else empty."""
    while node.type in ("reference_expression", "parenthesized_expression"):
        inner = node.child_by_field_name("value") or next(iter(node.named_children), None)
        if inner is None:
            return ""
        node = inner
    kind = node.type
    if kind in ("string_literal", "raw_string_literal"):
        prefix = cx.text(node)[:1]
        return "slice" if prefix == "b" else "" if prefix == "c" else "text"
    if kind == "array_expression":
        return "slice"
    call = call_of(node, cx.parsed) if kind in ("call_expression", "macro_invocation") else None
    if call is not None and call.form is CallForm.MACRO and call.name in _TEXT_MACROS:
        return "text"
    ref = type_of(node, cx)
    if ref is not None:
        return _shape_of(ref.referent)
    if call is not None and call.form is CallForm.METHOD and not call.arguments:
        return "text" if call.name in _TEXT_METHODS else "slice" if call.name in _SLICE_METHODS else ""
    if kind == "index_expression" and node.named_children[-1].type == "range_expression":
        return _shape(node.named_children[0], cx)
    return ""


def _collection(ref: TypeRef, where: Node, cx: Context) -> TypeRef | None:
    """The allocated collection that a type is, or that a `Result` or `Option` of it holds."""
    collections: list[Any] = cx.table("allocation")["methods"]["collect"]["types"]
    for each in (ref, *(ref.args[:1] if ref.head in _WRAPPERS else ())):
        if each.kind is TypeKind.PATH and each.head in collections:
            named = meaning_of(tuple(each.path.split("::")), where, cx)
            told = named.origin in (Origin.STANDARD, Origin.UNSAID)
            return each if told or is_allocating(named, cx.tables) else None
    return None


def _expected(node: Node, cx: Context) -> TypeRef | None:
    """The type that the place where a value goes asks for, if it is written there."""
    parent = cx.parent(node)
    while parent is not None and parent.type in _PASSES_ON:
        node, parent = parent, cx.parent(parent)
    if parent is None:
        return None
    if parent.type == "let_declaration":
        written = parent.child_by_field_name("type")
        return parse_type(cx.text(written)) if written is not None else None
    above = cx.parent(parent)
    is_tail = parent.type == "block" and above is not None and above.type == "function_item"
    if is_tail or parent.type == "return_expression":
        function = function_of(node, cx)
        return parse_type(function.returns) if function is not None and function.returns else None
    return None


def _shape_of(ref: TypeRef) -> str:
    if ref.kind in (TypeKind.SLICE, TypeKind.ARRAY):
        return "slice"
    if ref.kind is TypeKind.PATH:
        return "text" if ref.path == "str" else "slice" if ref.head in _VECS else ""
    return ""
