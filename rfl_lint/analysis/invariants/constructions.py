"""Where a value of a type that documents `# Invariants` is built, and by what comment that is justified.

A struct literal, a call of a tuple struct by its name, and the body of an initialiser macro build a value; a pattern
takes one apart. What is built as a copy of a value of the same type (`Self { a, ..other }`) still is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from rfl_lint.analysis.code.calls import CallForm, call_of, code_calls
from rfl_lint.analysis.types.inference import types
from rfl_lint.analysis.types.typeref import TypeKind
from rfl_lint.facts import TypeFact
from rfl_lint.index import head_path
from rfl_lint.rule import Context
from rfl_lint.syntax import FragmentKind, Node

_STRUCTS: Final = frozenset({"struct_expression"})
_LAST_WORD: Final = re.compile(r"\b(\w+)\s*(?:::\s*<.*)?$", re.DOTALL)
_MAX_ALIASES: Final = 4


class Construction(Struct, frozen=True, eq=False):
    """One value that is built. `name` is the type as written there, `fact` its definition."""

    node: Node
    name: Node
    fact: TypeFact


def constructions(cx: Context) -> Iterator[Construction]:
    """The values of such types that the code of a file builds."""
    sought = cx.index.with_invariants(cx.path) | {"Self"}
    for fragment in cx.parsed.fragments:
        if fragment.kind is FragmentKind.DOC_CODE:
            continue
        for node in fragment.find(_STRUCTS).get("struct_expression", ()):
            written = node.child_by_field_name("name")
            last = _LAST_WORD.search(cx.text(written)) if written is not None else None
            if written is not None and last is not None and last[1] in sought:
                yield from _built(cx, node, written)
    for node in code_calls(cx, sought):
        call = call_of(node, cx.parsed)
        if call is not None and call.form is CallForm.PATH:
            yield from _built(cx, node, call.callee)


def _built(cx: Context, node: Node, name: Node) -> Iterator[Construction]:
    ref = types(cx).annotated(name)
    if ref is None or ref.kind is not TypeKind.PATH:
        return
    found = cx.index.type(ref.path, near=cx.path).candidates
    for _ in range(_MAX_ALIASES):
        if not any(fact.kind == "alias" for fact in found):
            break
        found = tuple(
            target
            for fact in found
            for target in cx.index.type(head_path(fact.target), near=fact.path, module=fact.module).candidates
        )
    # Where one of several definitions of a name has no invariants, it may be the one that is meant.
    if found and all(fact.invariants is not None for fact in found):
        yield Construction(node, name, found[0])
