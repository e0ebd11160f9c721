"""Which field of a method's own object a pointer comes out of, by way of locals, accessors and casts.

Followed is what hands on the same pointer, or one to a part of what it points to: never what C or a container hands
back.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from rfl_lint.analysis.code.calls import Call, CallForm, call_of
from rfl_lint.analysis.code.local_calls import file_functions
from rfl_lint.analysis.code.scopes import Binding, BindingKind, StepKind, scopes
from rfl_lint.analysis.types.inference import block_tail, functions_by_start, types
from rfl_lint.facts import FunctionFact
from rfl_lint.rule import Context
from rfl_lint.syntax import Node

_INNER: Final = frozenset(
    {"parenthesized_expression", "unary_expression", "reference_expression", "type_cast_expression", "try_expression",
     "index_expression"}
)  # fmt: skip
_BLOCKS: Final = frozenset({"unsafe_block", "block"})
# Methods without arguments that hand out what they are called on, or its address.
_HANDING: Final = re.compile(
    r"(?:as|get|raw|to|into|deref|cast|project|unwrap|expect|borrow|inner|clone|ptr|addr)(?:_\w+)?|\w+_(?:ptr|raw)"
)
_WRAPPERS: Final = frozenset({"NonNull", "Opaque", "UnsafeCell", "Pin", "Some", "ptr", "Cell"})
_ADDRESSES: Final = frozenset({"addr_of", "addr_of_mut"})
_MAX_STEPS: Final = 60
_MAX_DEPTH: Final = 6


class Field(Struct, frozen=True):
    """A field on the way from the object, and where it is named."""

    name: str
    node: Node


class Rooted(Struct, frozen=True):
    """A pointer or place that comes from what `self`, or another parameter, is; `fields` lead from there to it.

    `is_read` tells that the pointer is what the last field stores, not its address.
    """

    parameter: Binding
    fields: tuple[Field, ...]
    is_read: bool = False


def rooted(node: Node, cx: Context, depth: int = 0) -> Rooted | None:
    """The parameter, and the fields of it, that an expression leads back to; None where it comes from elsewhere."""
    fields: list[Field] = []
    current: Node | None = node
    is_read = is_address = False
    for _ in range(_MAX_STEPS):
        if current is None:
            return None
        kind = current.type
        if kind in _BLOCKS:
            current = block_tail(current)
        elif kind in _INNER:
            is_address = is_address or kind == "reference_expression"
            current = current.child_by_field_name("value") or _first(current)
        elif kind == "field_expression":
            label = current.child_by_field_name("field")
            if label is None:
                return None
            is_read = is_read or not (fields or is_address)
            fields.append(Field(cx.text(label), current))
            current = current.child_by_field_name("value")
        elif kind in ("identifier", "self"):
            binding = scopes(cx).binding(current)
            if binding is None:
                return None
            if binding.kind is BindingKind.PARAMETER and not _patterned(binding):
                return Rooted(binding, tuple(reversed(fields)), is_read)
            current = _bound(binding, fields)
        elif kind in ("call_expression", "macro_invocation"):
            call = call_of(current, cx.parsed)
            accessor = _accessor(call, cx) if call is not None else None
            if call is None:
                return None
            if accessor is not None:
                inside = _rooted_in(accessor, cx, depth + 1) if depth < _MAX_DEPTH else None
                if inside is None:
                    return None
                is_read = is_read or (inside.is_read and not (fields or is_address))
                fields += reversed(inside.fields)
                current = call.receiver
            else:
                is_address = is_address or call.name in _ADDRESSES or not fields
                current = _handed(call, fields, cx)
        else:
            return None
    return None


def _rooted_in(function: Node, cx: Context, depth: int) -> Rooted | None:
    """What the result of an accessor leads back to, if that is its own object."""
    body = function.child_by_field_name("body")
    tail = block_tail(body) if body is not None else None
    key, known = function.id, cx.memo(_accessors)
    if key not in known:
        known[key] = None  # an accessor that calls itself
        found = rooted(tail, cx, depth) if tail is not None else None
        known[key] = found if found is not None and found.parameter.index == -1 else None
    return known[key]


def _accessors(cx: Context) -> dict[int, Rooted | None]:
    """Filled as accessors are asked about."""
    del cx
    return {}


def _patterned(binding: Binding) -> bool:
    return bool(binding.steps) and any(step.kind is not StepKind.DEREF for step in binding.steps)


def _bound(binding: Binding, fields: list[Field]) -> Node | None:
    """What a local was bound to; fields that its pattern names are taken down."""
    if binding.kind not in (BindingKind.LET, BindingKind.MATCH) or binding.value is None:
        return None
    for step in reversed(binding.steps):
        if step.kind is StepKind.FIELD:
            fields.append(Field(step.name, binding.name))
        elif step.kind is StepKind.VARIANT and step.name in ("Some", "Ok"):
            continue
        elif step.kind in (StepKind.VARIANT, StepKind.TUPLE, StepKind.UNKNOWN):
            return None
    return binding.value


def _handed(call: Call, fields: list[Field], cx: Context) -> Node | None:
    """The expression whose pointer, or whose address, a call hands on; fields named in bare tokens are taken down."""
    if call.form is CallForm.METHOD:
        return call.receiver if not call.arguments and _HANDING.fullmatch(call.name) else _stepped(call)
    if call.form is CallForm.MACRO:
        if call.name not in _ADDRESSES:
            return None
        pieces = cx.parsed.fragments_in(call.node)
        if not pieces:
            return _tokens(call.node, fields, cx)
        place = _first(pieces[0].root) if len(pieces) == 1 else None
        return _first(place) if place is not None and place.type == "expression_statement" else place
    wraps = call.owner in _WRAPPERS or call.name in _WRAPPERS or call.name in ("from_ref", "from_mut")
    return call.arguments[0] if call.form is CallForm.PATH and wraps and len(call.arguments) == 1 else None


def _tokens(macro: Node, fields: list[Field], cx: Context) -> Node | None:
    """The base of `self.a.b` in a macro call that holds no code to be parsed."""
    tree = next((child for child in macro.children if child.type == "token_tree"), None)
    tokens = [child for child in tree.children[1:-1] if not child.is_extra] if tree is not None else []
    if not tokens or any(token.type != "." for token in tokens[1::2]):
        return None
    fields += (Field(cx.text(token), token) for token in reversed(tokens[2::2]))
    return tokens[0]


def _stepped(call: Call) -> Node | None:
    """`ptr.add(1)`, `option.ok_or(EINVAL)`."""
    return call.receiver if call.name in ("add", "sub", "offset", "ok_or", "expect") else None


def _accessor(call: Call, cx: Context) -> Node | None:
    """The method of this file that a call on an object without arguments means, where it is a single one."""
    if call.form is not CallForm.METHOD or call.arguments or call.receiver is None:
        return None
    receiver = types(cx).of(call.receiver)
    fact = types(cx).method(receiver, call.name) if receiver is not None else None
    if fact is None or fact.path != cx.path or "self" not in fact.receiver:
        return None
    return next(
        (each.node for each in file_functions(cx).by_name.get(fact.name, ()) if _is(each.node, fact)), None
    )


def _is(node: Node, fact: FunctionFact) -> bool:
    return node.start_byte == fact.span.start


def _first(node: Node) -> Node | None:
    return next((child for child in node.named_children if not child.is_extra), None)


def function_around(node: Node, cx: Context) -> tuple[Node, FunctionFact] | None:
    """The function that a node stands in, closures looked through."""
    for above in cx.ancestors(node):
        if above.type == "function_item":
            fact = functions_by_start(cx).get(above.start_byte)
            return (above, fact) if fact is not None else None
    return None
