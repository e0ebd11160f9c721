"""Whether a type lets what it holds change behind a shared reference: `UnsafeCell` somewhere in its fields.

Follows fields, aliases and generic arguments as far as the index knows the types, and says so where it does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from functools import lru_cache
from typing import Final

from msgspec import Struct

from rfl_lint.analysis.types.typeref import TypeKind, TypeRef, parse_generics, parse_type, substituted
from rfl_lint.facts import TypeFact
from rfl_lint.index import Index
from rfl_lint.tables import Tables

_MAX_DEPTH: Final = 8
_MAX_TYPES: Final = 200
_FUNCTION: Final = re.compile(r"^(?:for<[^>]*>\s*)?(?:unsafe\s+)?(?:extern(?:\s+\"[^\"]*\")?\s+)?fn\b")
_C_MODULES: Final = frozenset({"bindings", "uapi"})
_NAMED: Final = re.compile(r"(?:^|[{,])\s*(?:pub(?:\([^)]*\))?\s+)?\w+\s*:(?!:)")


class Mutability(Enum):
    """What is known of a type."""

    CELL = "cell"
    """Some of it may change behind a shared reference."""
    FROZEN = "frozen"
    """Nothing of it may."""
    UNKNOWN = "unknown"


class _Table(Struct, frozen=True):
    cell: frozenset[str]
    plain: frozenset[str]
    holding: frozenset[str]
    pointing: frozenset[str]


@lru_cache(maxsize=4)
def _table(tables: Tables) -> _Table:
    raw = tables.table("interior_mutability")

    def names(key: str) -> frozenset[str]:
        return frozenset(name for row in raw[key] for name in row["types"])

    return _Table(
        names("cell"), names("plain") | names("pointing"), names("holding"), names("pointing") | {"Pin"}
    )


class _Search(Struct, eq=False):
    """One question; every definition is looked at once."""

    index: Index
    table: _Table
    seen: set[tuple[str, int, TypeRef]]

    def of(self, ref: TypeRef, near: str, depth: int) -> Mutability:
        if ref.is_reference or ref.is_raw_pointer:
            return Mutability.FROZEN
        if ref.kind in (TypeKind.TUPLE, TypeKind.ARRAY, TypeKind.SLICE):
            return _any(self.of(arg, near, depth + 1) for arg in ref.args)
        if ref.kind is not TypeKind.PATH or depth > _MAX_DEPTH or len(self.seen) > _MAX_TYPES:
            return Mutability.UNKNOWN
        imported = self.index.imported(near, ref.path.partition("::")[0]) or ""
        if _C_MODULES & {*ref.path.split("::")[:-1], *imported.split("::")[:-1]}:
            return Mutability.FROZEN
        name = self.index.original_name(near, ref.head) if ref.path == ref.head else ref.head
        found = self.index.type(name, near=near).candidates
        table = self.table
        if not any(fact.path == near for fact in found):
            if name in table.plain:
                return Mutability.FROZEN
            if name in table.cell:
                return Mutability.CELL
            if name in table.holding:
                held = _any(self.of(arg, near, depth + 1) for arg in ref.args)
                return held if ref.args else Mutability.UNKNOWN
        answers = {self._defined(fact, ref, depth) for fact in found}
        return answers.pop() if len(answers) == 1 else Mutability.UNKNOWN

    def _defined(self, fact: TypeFact, ref: TypeRef, depth: int) -> Mutability:
        key = (fact.path, fact.span.start, ref)
        if key in self.seen:
            return Mutability.FROZEN  # what else it holds decides
        self.seen.add(key)
        generics = parse_generics(fact.generics)

        def put_in(text: str) -> TypeRef:
            return substituted(parse_type(text), generics, ref.args)

        if fact.kind == "alias":
            return self.of(put_in(fact.target), fact.path, depth + 1) if fact.target else Mutability.UNKNOWN
        if fact.kind == "enum":
            payloads = [text for variant in fact.fields for text in variant_types(variant.type)]
        elif fact.kind in ("struct", "union"):
            payloads = [field.type for field in fact.fields]
        else:
            return Mutability.UNKNOWN
        return _any(
            Mutability.FROZEN if _FUNCTION.match(text) else self.of(put_in(text), fact.path, depth + 1)
            for text in payloads
        )


def variant_types(text: str) -> Iterable[str]:
    """The types in a variant of an enum: `(A, B)`, `{ a: A }` or nothing."""
    if text.startswith("{"):
        return (f"({_NAMED.sub(lambda match: ',' if match[0].startswith(',') else '', text.strip('{} '))})",)
    return (text,) if text.startswith("(") else ()


def _any(answers: Iterable[Mutability]) -> Mutability:
    """A cell in any part is one in the whole; one unknown part leaves the rest undecided."""
    found = set(answers)
    if Mutability.CELL in found:
        return Mutability.CELL
    return Mutability.UNKNOWN if Mutability.UNKNOWN in found else Mutability.FROZEN


def behind(ref: TypeRef, index: Index, near: str, tables: Tables) -> TypeRef | None:
    """What smart pointers, containers and references in the end refer to; None where that cannot be told.

    The type itself if it is none of these, or one of the same name that the file `near` defines.
    """
    pointing = _table(tables).pointing
    for _ in range(_MAX_DEPTH):
        name = index.original_name(near, ref.head) if ref.path == ref.head else ref.head
        points = ref.kind is TypeKind.PATH and name in pointing
        if points:
            points = not any(fact.path == near for fact in index.type(name, near=near).candidates)
        if not points and not ref.is_reference:
            return ref
        if not ref.args:
            return None
        ref = ref.args[0]
    return None


def mutability(ref: TypeRef, index: Index, near: str, tables: Tables) -> Mutability:
    """What is known of a type that is written in the file `near`."""
    return _Search(index, _table(tables), set()).of(ref, near, 0)
