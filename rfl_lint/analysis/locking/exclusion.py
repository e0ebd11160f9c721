"""Whether anything keeps others out while some code runs: a guard, a lock of C's, a proof that the caller hands in.

Taken generously: whoever asks wants to know of code where nothing does. Any guard counts, of whichever lock.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from rfl_lint.analysis.code.c_calls import c_calls
from rfl_lint.analysis.code.calls import Call, call_of, named_calls, nodes_below
from rfl_lint.analysis.code.local_calls import Function, file_functions
from rfl_lint.analysis.code.scopes import parameters
from rfl_lint.analysis.context.functions import held_at
from rfl_lint.analysis.locking.places import function_around
from rfl_lint.analysis.types.inference import type_of, types
from rfl_lint.analysis.types.typeref import TypeRef, parse_type
from rfl_lint.facts import FunctionFact, TypeFact
from rfl_lint.rule import Context
from rfl_lint.syntax import Node
from rfl_lint.tables import Tables

_CALLS: Final = frozenset({"call_expression"})
# `lock`, `try_lock`, `lock_all`, `with_lock`, `access_mut` of `LockedBy`: never `unlock`, `is_locked`, `block`.
_LOCKING: Final = re.compile(
    r"(?:\w+_)?(?:lock|locked)(?:_\w+)?|access_mut|write_guard|(?:\w+_)?guard(?:_mut)?"
)
_NO_LOCKING: Final = re.compile(r"is_\w+|(?=\w*?unlock)\w++|rcu\w*|lock_class|new_\w+")
_LOCK_TYPES: Final = re.compile(
    r"\b(?:\w*Mutex|SpinLock\w*|RwLock|RwSemaphore|Lock|LockedBy|GlobalLock|GlobalLockedBy)\b"
)
_GUARD_TYPES: Final = re.compile(r"\b(?!(?:Rcu|Revocable|Scope)\w*Guard\b)\w*Guard\b|\bLocked\w*+")
_RCU: Final = re.compile(r"\b(?:rcu::Guard|srcu::Guard|RcuGuard|RevocableGuard|ScopeGuard)\b")
_EXCLUSIVE: Final = re.compile(
    r"\b(?:un)?lock(?:ed|ing|s)?\b|\bexclusiv\w*|\bconcurren\w*|\bsynchroni[sz]\w*|\bseriali[sz]\w*|\braces?\b|\bsimultaneous\w*"
    r"|\bother threads?\b|\bmutex\b|\bspinlock\b|\bno other\b|\bunique\b",
    re.IGNORECASE,
)
_MAX_CALLERS: Final = 3


def is_excluded(node: Node, cx: Context, *, alone: bool = True, depth: int = 0) -> bool:
    """Whether something may keep others out while a node runs.

    `alone`: so does a caller that has its own object by `&mut`.
    """
    around = function_around(node, cx)
    if around is None:
        return True
    function, fact = around
    if _is_given_proof(function, fact, cx) or _is_locked(node, function, cx):
        return True
    return depth < _MAX_CALLERS and _is_called_locked(function, fact, cx, alone=alone, depth=depth)


def holds_lock(fact: TypeFact) -> bool:
    """Whether a type has a lock or a guard among its fields, or points to one by its type's name."""
    return any(_LOCK_TYPES.search(field.type) or is_guard(field.type) for field in fact.fields)


def is_guard(type_text: str) -> bool:
    """Whether a type is a guard that keeps others out, to go by its name."""
    return _GUARD_TYPES.search(_RCU.sub("", type_text)) is not None


def _is_given_proof(function: Node, fact: FunctionFact, cx: Context) -> bool:
    if any(is_guard(param.type) for param in fact.params):
        return True
    if fact.is_unsafe and fact.contract is not None:
        return any(_EXCLUSIVE.search(each) for each in fact.contract.requirements)
    for binding in parameters(function, cx):
        ref = types(cx).of_binding(binding) if binding.index >= 0 else None
        if ref is not None and _is_guard_type(ref.referent):
            return True
    return False


def _is_guard_type(ref: TypeRef) -> bool:
    return ref.head.endswith("Guard") and is_guard(ref.path)


def _is_locked(node: Node, function: Node, cx: Context) -> bool:
    """Whether a guard is in scope, or a lock of C's was taken and not given back."""
    if any(held.kind is not None for held in held_at(node, cx)):
        return True
    before = node
    for above in cx.ancestors(node):
        kind = above.type
        if kind == "block":
            if _has_guard(above, before, cx):
                return True
        elif kind in (
            "let_declaration",
            "expression_statement",
            "match_expression",
            "if_expression",
            "while_expression",
        ):
            # Temporaries of the statement, and of what is matched on, live on.
            part = above.child_by_field_name("condition") or above.child_by_field_name("value") or above
            if any(call.node.start_byte < node.end_byte for call in _locking(part, cx)):
                return True
        elif kind == "arguments":
            call = cx.parent(above)
            taken = call_of(call, cx.parsed) if call is not None and call.type == "call_expression" else None
            if taken is not None and _takes(taken) and before.type == "closure_expression":
                return True
        elif above.id == function.id:
            break
        before = above
    return _is_c_locked(node, function, cx)


def _has_guard(block: Node, before: Node, cx: Context) -> bool:
    """Whether a statement of a block before one keeps a guard that is not dropped until then."""
    kept: set[str] = set()
    for child in block.named_children:
        if child.start_byte >= before.start_byte:
            break
        if child.type == "let_declaration":
            pattern, value = child.child_by_field_name("pattern"), child.child_by_field_name("value")
            if pattern is None or value is None or cx.text(pattern) == "_":
                continue
            ref = type_of(value, cx)
            if any(_locking(value, cx)) or (ref is not None and _is_guard_type(ref.referent)):
                kept.add(cx.text(pattern).removeprefix("mut ").strip())
        elif child.type == "expression_statement" and kept:
            for call in nodes_below(cx.parsed, child, _CALLS):
                dropped = call_of(call, cx.parsed)
                if dropped is not None and dropped.name == "drop" and len(dropped.arguments) == 1:
                    kept.discard(cx.text(dropped.arguments[0]))
    return bool(kept)


def _locking(code: Node, cx: Context) -> Iterator[Call]:
    for node in nodes_below(cx.parsed, code, _CALLS):
        call = call_of(node, cx.parsed)
        if call is not None and _takes(call):
            yield call


def _takes(call: Call) -> bool:
    if "bindings" in call.path or "rcu" in call.path:
        return False
    return _LOCKING.fullmatch(call.name) is not None and _NO_LOCKING.fullmatch(call.name) is None


@lru_cache(maxsize=4)
def _c_locks(tables: Tables) -> tuple[frozenset[str], frozenset[str]]:
    """What takes a lock of C's, and what gives one back; a read-side section of RCU keeps nobody out."""
    rows = [row for row in tables.table("locks")["c"] if "rcu_read_lock" not in row["opens"]]
    return (
        frozenset(name for row in rows for name in (*row["opens"], *row["tries"])),
        frozenset(name for row in rows for name in row["closes"]),
    )


def _is_c_locked(node: Node, function: Node, cx: Context) -> bool:
    known = cx.memo(_counts_known)
    if function.id not in known:
        known[function.id] = _counts(function, cx)
    counts = known[function.id]
    index = bisect_left(counts, node.start_byte, key=_place)
    return index > 0 and counts[index - 1][1] > 0


def _counts_known(_cx: Context) -> dict[int, list[tuple[int, int]]]:
    """By function, filled as they are asked about."""
    return {}


def _counts(function: Node, cx: Context) -> list[tuple[int, int]]:
    """How many locks of C's are held behind each call that takes one or gives one back, by where the call is."""
    opens, closes = _c_locks(cx.tables)
    calls = cx.memo(c_calls)
    found: list[tuple[int, int]] = []
    count = 0
    first, last = (bisect_left(calls, at, key=_begin) for at in (function.start_byte, function.end_byte))
    for call in calls[first:last]:
        if call.name in opens or call.name in closes:
            count += (call.name in opens) - (call.name in closes and count > 0)
            found.append((call.node.start_byte, count))
    return found


def _place(counted: tuple[int, int]) -> int:
    return counted[0]


def _begin(call: Call) -> int:
    return call.node.start_byte


def _is_called_locked(function: Node, fact: FunctionFact, cx: Context, *, alone: bool, depth: int) -> bool:
    """Whether a private function is only called where others are kept out, or by who has the object alone."""
    if fact.is_pub or fact.trait:
        return False
    own = file_functions(cx).by_node.get(function.id)
    if own is None:
        return False
    calls = [call for call, _ in _callers(own, cx)]
    if len(calls) != len(cx.memo(named_calls).get(fact.name, ())):
        return False  # by a call that is not understood
    return bool(calls) and all(
        (alone and _is_alone(call, cx)) or is_excluded(call.node, cx, alone=alone, depth=depth + 1)
        for call in calls
    )


def _callers(own: Function, cx: Context) -> list[tuple[Call, Function]]:
    return file_functions(cx).callers(own)


def _is_alone(call: Call, cx: Context) -> bool:
    """Whether a call is made by a method that has its object by `&mut`."""
    around = function_around(call.node, cx)
    receiver = around[1].receiver if around is not None else ""
    if receiver == "&mut self":
        return True
    ref = parse_type(receiver.partition(":")[2]) if receiver.startswith("self:") else None
    return ref is not None and "&mut" in receiver.replace("&'", "&")
