"""Made-up addresses that stand for an allocation of size zero, and whether they are aligned for its layout.

`NonNull::dangling()` of bytes is the address 1. It is followed from where it is made to what its function
returns, through locals and constructors; where it cannot be followed, it is nobody's allocation.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from rfl_lint.analysis.code.calls import Call, CallForm, call_of, nodes_below
from rfl_lint.analysis.code.local_calls import Function, Parameter, call_around, file_functions
from rfl_lint.analysis.code.scopes import scopes
from rfl_lint.analysis.layout.allocator_traits import is_byte_like
from rfl_lint.analysis.layout.signatures import layouts_of
from rfl_lint.analysis.types.typeref import TypeRef, parse_type
from rfl_lint.rule import Context
from rfl_lint.syntax import Node

_CALLS: Final = frozenset({"call_expression"})
_CASTS: Final = frozenset({"call_expression", "type_cast_expression"})
_NAMES: Final = frozenset({"dangling", "dangling_mut"})
_TESTS: Final = frozenset({"if_expression", "match_expression", "while_expression"})
_ALIGN_OF_ONE: Final = re.compile(
    r"\.align\(\)\s*(==|<=|<|>|>=|!=)\s*[12]\b|[12]\s*(==|>=|<)\s*\w+\.align\(\)"
)
_MADE_UP_CAST: Final = re.compile(r"[\w.]*\.align\(\)\s+as\s+\*\s*(mut|const)\b.*", re.DOTALL)
# The value goes on as it is. A block or an arm hands on only its last expression.
_THROUGH: Final = frozenset(
    {"parenthesized_expression", "try_expression", "if_expression", "else_clause", "match_expression",
     "match_block", "match_arm", "unsafe_block"}
)  # fmt: skip
_KEEPS: Final = frozenset({"as_ptr", "into", "unwrap", "ok_or", "as_non_null_ptr", "cast_mut", "cast_const"})
_WRAPS: Final = frozenset(
    {"Ok", "Some", "slice_from_raw_parts", "slice_from_raw_parts_mut", "from", "new_unchecked"}
)
_FORGETS: Final = frozenset({"cast"})
_ALIGN_OF_ONE_BYTES: Final = re.compile(_ALIGN_OF_ONE.pattern.encode())
_MAX_STEPS: Final = 40
_NO_PROVENANCE: Final = "without_provenance"
_BYTES: Final = parse_type("u8")


class Dangling(Struct, frozen=True, eq=False):
    """A dangling pointer of bytes that a function returns for a layout it was given."""

    call: Call
    parameter: Parameter
    pointee: str


def _speaks_of_dangling(cx: Context) -> bool:
    return b"dangling" in cx.source.data and b"Layout" in cx.source.data


def byte_danglings(node: Node, cx: Context) -> Iterator[Dangling]:
    """The dangling byte pointers that a `function_item` with a layout hands out."""
    if not cx.memo(_speaks_of_dangling):
        return
    function = file_functions(cx).by_node.get(node.id)
    layouts = layouts_of(function) if function is not None else ()
    if function is None or not layouts:
        return
    for each in nodes_below(cx.parsed, function.body, _CALLS):
        call = call_of(each, cx.parsed)
        if call is None or call.name not in _NAMES or call.arguments or call.form is not CallForm.PATH:
            continue
        told = _told_pointee(call, cx)
        found = _handed_out(call.node, function, told, cx)
        if found is not None and is_byte_like(found) and not _is_for_alignment_one(call.node, cx):
            yield Dangling(call, layouts[0], _shown(found))


def made_up_address(function: Function, cx: Context) -> Node | None:
    """Where a function with a layout makes up an address, aligned or not, that it returns."""
    if not layouts_of(function):
        return None
    for node in nodes_below(cx.parsed, function.body, _CASTS):
        if node.type == "call_expression":
            call = call_of(node, cx.parsed)
            made_up = call is not None and ("dangling" in call.name or call.name.startswith(_NO_PROVENANCE))
        else:
            made_up = _MADE_UP_CAST.fullmatch(cx.text(node)) is not None
        if made_up and _handed_out(node, function, _BYTES, cx) is not None:
            return node
    return None


def _told_pointee(call: Call, cx: Context) -> TypeRef | None:
    """The type that the call itself names: in `NonNull::<u8>`, `<NonNull<u8>>`, `dangling_mut::<u8>`."""
    if call.turbofish is not None:
        args = parse_type(f"T{cx.text(call.turbofish).removeprefix('::')}").args
        return args[0] if args else None
    if call.self_type is not None:
        written = cx.text(call.self_type).replace("::<", "<")
        written = written[1:-1] if written.startswith("<") else written
        args = parse_type(written).args
        if args and args[0].head != "_":
            return args[0]
    return None


def _handed_out(node: Node, function: Function, told: TypeRef | None, cx: Context) -> TypeRef | None:
    """The pointee of a dangling pointer that the function returns; None where it does not, or it is not told."""
    waiting: list[tuple[Node, TypeRef | None, bool]] = [(node, told, told is None)]
    seen: set[int] = set()
    steps = 0
    while waiting and steps < _MAX_STEPS:
        steps += 1
        current, pointee, inferred = waiting.pop()
        for value, known, still in _next(current, pointee, cx, inferred=inferred):
            if value == function.body:
                found = known if known is not None else _returned(function, cx) if still else None
                if found is not None:
                    return found
            elif value.id not in seen:
                seen.add(value.id)
                waiting.append((value, known, still))
    return None


def _next(
    node: Node, pointee: TypeRef | None, cx: Context, *, inferred: bool
) -> Iterator[tuple[Node, TypeRef | None, bool]]:
    """Where a value goes from a node: the node around it that has the same value, or the uses of its name."""
    parent = cx.parent(node)
    if parent is None:
        return
    kind = parent.type
    if kind == "return_expression":
        body = _body_around(parent, cx)
        if body is not None:
            yield body, pointee, inferred
    elif kind in _THROUGH:
        if node not in (parent.child_by_field_name("condition"), parent.child_by_field_name("value")) or (
            kind == "match_arm"
        ):
            yield parent, pointee, inferred
    elif kind == "block":
        children = [child for child in parent.named_children if not child.is_extra]
        if children and children[-1] == node:
            yield parent, pointee, inferred
    elif kind == "expression_statement":
        if node.type == "return_expression":
            return
        if not cx.text(parent).endswith(";"):
            yield parent, pointee, inferred
    elif kind == "field_expression":
        call = call_around(parent, cx)
        if call is not None and call.form is CallForm.METHOD and call.name in _KEEPS | _FORGETS:
            yield call.node, pointee, inferred and call.name not in _FORGETS
    elif kind == "arguments":
        call = call_around(parent, cx)
        wraps = call is not None and call.form is CallForm.PATH and call.arguments[0] == node
        if call is not None and wraps and (call.name in _WRAPS or call.owner == "NonNull"):
            yield call.node, pointee, inferred
    elif kind in ("let_declaration", "assignment_expression"):
        yield from _uses(node, parent, pointee, cx, inferred=inferred)


def _uses(
    node: Node, parent: Node, pointee: TypeRef | None, cx: Context, *, inferred: bool
) -> Iterator[tuple[Node, TypeRef | None, bool]]:
    """The mentions of the local that a value is put into."""
    target = parent.child_by_field_name("pattern") or parent.child_by_field_name("left")
    if target is None or target == node or target.type != "identifier":
        return
    if pointee is None and inferred and parent.type == "let_declaration":
        written = parent.child_by_field_name("type")
        pointee = _pointee_of(parse_type(cx.text(written))) if written is not None else None
    body = _body_around(parent, cx)
    own = scopes(cx).binding(target) if parent.type == "assignment_expression" else None
    place = own.name if own is not None else target
    mentions = file_functions(cx).mentions(body).get(cx.text(target), []) if body is not None else []
    after = bisect_right(mentions, parent.end_byte, key=lambda node: node.start_byte)
    for mention in mentions[after : after + _MAX_STEPS]:
        binding = scopes(cx).binding(mention)
        if binding is not None and binding.name == place and mention != place:
            yield mention, pointee, inferred


def _body_around(node: Node, cx: Context) -> Node | None:
    """The body of the function that a node stands in; None inside a closure."""
    for above in cx.ancestors(node):
        if above.type == "function_item":
            return above.child_by_field_name("body")
        if above.type in ("closure_expression", "async_block"):
            return None
    return None


def _returned(function: Function, cx: Context) -> TypeRef | None:
    written = function.node.child_by_field_name("return_type")
    return _pointee_of(parse_type(cx.text(written))) if written is not None else None


def _pointee_of(ref: TypeRef) -> TypeRef | None:
    """What the pointer in a type points to, through `Result` and `Option`."""
    while ref.head in ("Result", "Option") and ref.args:
        ref = ref.args[0]
    if (ref.is_raw_pointer or ref.head == "NonNull") and ref.args:
        return ref.args[0]
    return None


def _is_for_alignment_one(node: Node, cx: Context) -> bool:
    """Whether the place is reached only for an alignment that was compared with 1."""
    for above in cx.ancestors(node):
        if above.type in _TESTS:
            condition = above.child_by_field_name("condition") or above.child_by_field_name("value")
            text = cx.text(condition) if condition is not None else ""
            if _ALIGN_OF_ONE.search(text) or text.endswith(".align()"):
                return True
        elif above.type == "function_item":
            tested = cx.memo(_alignment_tests)
            index = bisect_right(tested, above.start_byte)
            return index < len(tested) and tested[index] < node.start_byte
    return False


def _alignment_tests(cx: Context) -> list[int]:
    """Where the file compares an alignment with 1."""
    return [match.start() for match in _ALIGN_OF_ONE_BYTES.finditer(cx.source.data)]


def _shown(ref: TypeRef) -> str:
    return f"[{ref.args[0].head}]" if ref.args and not ref.head else ref.head or "()"
