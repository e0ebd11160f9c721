"""A lock that is taken while its guard is held already, and locks that are taken on a condition."""

from __future__ import annotations

import re
from typing import Final

from rfl_lint.analysis.code.calls import call_of, nodes_below
from rfl_lint.analysis.code.scopes import Binding, BindingKind, enclosing_function, scopes
from rfl_lint.analysis.context.acquisitions import Held, Source, acquisition
from rfl_lint.analysis.context.functions import held_at, unsure_behind
from rfl_lint.analysis.types.inference import block_tail
from rfl_lint.rule import Context
from rfl_lint.source import Span
from rfl_lint.syntax import Node, span_of

_PLAIN: Final = re.compile(r"[\w.:]+")
_LOCKING: Final = re.compile(r"lock|held")
_CALLS: Final = frozenset({"call_expression"})
_KEPT: Final = frozenset({"let_declaration", "assignment_expression"})


def relocked(node: Node, cx: Context) -> tuple[Held, Held] | None:
    """The lock that a call takes for a second time, and how it is held already."""
    call = call_of(node, cx.parsed)
    taken = acquisition(call, cx) if call is not None else None
    if call is None or taken is None or taken.is_maybe or not _is_one_lock(taken.held, call.receiver, cx):
        return None
    for held in held_at(node, cx):
        if held.path == taken.held.path and held.root == taken.held.root and held.kind is taken.held.kind:
            return taken.held, held
    return None


def _is_one_lock(held: Held, receiver: Node | None, cx: Context) -> bool:
    """Whether the same words mean the same lock wherever they stand in a function."""
    if held.source is not Source.LOCK or held.kind is None or held.kind.is_shared:
        return False
    if receiver is None or held.root < 0 or _PLAIN.fullmatch(held.path) is None:
        return False
    if held.root == 0:
        return True
    name = receiver
    while name.type != "identifier":
        inner = name.child_by_field_name("value") or next(iter(name.named_children), None)
        if inner is None:
            return False
        name = inner
    binding = scopes(cx).binding(name)
    return binding is not None and not _is_changed(binding, cx)


def _is_changed(binding: Binding, cx: Context) -> bool:
    """Whether a name may mean something else later on."""
    if binding.kind is BindingKind.LET and binding.value is None:
        return True
    above = cx.parent(binding.name)
    return above is not None and any(
        child.type == "mutable_specifier" for node in (above, binding.name) for child in node.children
    )


def conditional_lock(node: Node, cx: Context) -> tuple[Held, Span, str] | None:
    """What an `if`, or a `then`, takes hold of or not; the place, and how the condition comes to decide it."""
    if node.type == "call_expression":
        return _then(node, cx)
    condition = node.child_by_field_name("condition")
    if condition is None or condition.type in ("let_condition", "let_chain"):
        return None
    for held in unsure_behind(node, cx):
        if held.source in (Source.LOCK, Source.C):
            return held, held.span, f"behind this `if` {held.what} is held or not"
    return _handed_over(node, cx) or _by_parameter(node, condition, cx)


def _handed_over(node: Node, cx: Context) -> tuple[Held, Span, str] | None:
    """`let guard = if c { Some(lock.lock()) } else { None };`."""
    above = cx.parent(node)
    if above is None or above.type not in _KEPT:
        return None
    tails = [_tail(node.child_by_field_name(side)) for side in ("consequence", "alternative")]
    nothing = [tail is not None and cx.text(tail) == "None" for tail in tails]
    if nothing.count(True) != 1:
        return None
    tail = tails[nothing.index(False)]
    held = _lock_at(tail, cx) if tail is not None else None
    return (
        (held, held.span, f"the condition decides whether {held.what} is held") if held is not None else None
    )


def _tail(node: Node | None) -> Node | None:
    return block_tail(node) if node is not None else None


def _lock_at(node: Node, cx: Context) -> Held | None:
    """What an expression like `Some(lock.lock())` takes for sure."""
    call = call_of(node, cx.parsed) if node.type == "call_expression" else None
    if call is not None and call.name == "Some" and len(call.arguments) == 1:
        call = call_of(call.arguments[0], cx.parsed)
    taken = acquisition(call, cx) if call is not None else None
    certain = taken is not None and not taken.is_maybe and taken.held.source is Source.LOCK
    return taken.held if taken is not None and certain else None


def _then(node: Node, cx: Context) -> tuple[Held, Span, str] | None:
    """`let guard = c.then(|| lock.lock());`."""
    call, above = call_of(node, cx.parsed), cx.parent(node)
    if (
        call is None
        or call.name != "then"
        or len(call.arguments) != 1
        or above is None
        or above.type not in _KEPT
    ):
        return None
    body = call.arguments[0].child_by_field_name("body")
    tail = _tail(body) if body is not None and body.type == "block" else body
    held = _lock_at(tail, cx) if tail is not None else None
    return (
        (held, held.span, f"the condition decides whether {held.what} is held") if held is not None else None
    )


def _by_parameter(node: Node, condition: Node, cx: Context) -> tuple[Held, Span, str] | None:
    """`if locked { .. } else { let guard = lock.lock(); .. }` by a `bool` that says whether the lock is held."""
    name = condition
    while name.type in ("unary_expression", "parenthesized_expression") and name.named_children:
        name = name.named_children[0]
    if name.type != "identifier" or _LOCKING.search(cx.text(name)) is None:
        return None
    binding = scopes(cx).binding(name)
    if binding is None or binding.kind is not BindingKind.PARAMETER or binding.type is None:
        return None
    if cx.text(binding.type) != "bool" or enclosing_function(node, cx) is None:
        return None
    sides = [_first_lock(node.child_by_field_name(side), cx) for side in ("consequence", "alternative")]
    found = [held for held in sides if held is not None]
    if len(found) != 1:
        return None
    return (
        found[0],
        span_of(name),
        f"the parameter `{cx.text(name)}` decides whether {found[0].what} is taken",
    )


def _first_lock(node: Node | None, cx: Context) -> Held | None:
    for each in nodes_below(cx.parsed, node, _CALLS) if node is not None else ():
        call = call_of(each, cx.parsed)
        taken = acquisition(call, cx) if call is not None else None
        if taken is not None and taken.held.source in (Source.LOCK, Source.C):
            return taken.held
    return None
