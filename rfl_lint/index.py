"""What several files say together, made from their facts alone, and asked by name.

Names are not unique in a kernel, so no query ever picks one of several: it hands back all candidates, and
`only` of an answer is set if there is one, or if all of them say the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

from rfl_lint.facts import FieldFact, FileFacts, FunctionFact, ImplFact, TypeFact, UseFact

F = TypeVar("F", FunctionFact, TypeFact)


@dataclass(frozen=True)
class Answer(Generic[F]):
    """The candidates for a name: none means that nothing is known, several that it depends."""

    candidates: tuple[F, ...] = ()

    @cached_property
    def only(self) -> F | None:
        """The one definition, or the first of several that have the same shape; else None."""
        first = next(iter(self.candidates), None)
        if first is None or any(other.shape != first.shape for other in self.candidates[1:]):
            return None
        return first

    @property
    def is_unknown(self) -> bool:
        """Whether no file defines the name."""
        return not self.candidates

    @property
    def is_ambiguous(self) -> bool:
        """Whether several definitions differ."""
        return bool(self.candidates) and self.only is None

    def agreed(self, read: Callable[[F], str]) -> str | None:
        """What `read` gives for every candidate, if it is the same; None for no candidates too."""
        values = {read(candidate) for candidate in self.candidates}
        return values.pop() if len(values) == 1 else None


class Index:
    """Answers by name; an answer may be "unknown", and then a default rule stays silent.

    `near` is the path of the asking file: definitions in it hide those of other files.
    """

    def __init__(self, facts: Iterable[FileFacts] = ()) -> None:
        """Merge the facts of several files."""
        self.files = {fact.path: fact for fact in facts}
        self._found_functions: dict[tuple[str, str, str], Answer[FunctionFact]] = {}
        self._found_types: dict[tuple[str, str], Answer[TypeFact]] = {}
        self._found_fields: dict[tuple[str, str, str], str | None] = {}

    @cached_property
    def _functions(self) -> dict[tuple[str, str], list[FunctionFact]]:
        return _grouped(
            ((fact.owner, fact.name), fact) for file in self.files.values() for fact in file.functions
        )

    @cached_property
    def _types(self) -> dict[str, list[TypeFact]]:
        return _grouped((fact.name, fact) for file in self.files.values() for fact in file.types)

    @cached_property
    def _impls(self) -> dict[str, list[ImplFact]]:
        return _grouped((fact.owner, fact) for file in self.files.values() for fact in file.impls)

    @cached_property
    def _uses(self) -> dict[tuple[str, str], list[UseFact]]:
        return _grouped(
            ((path, fact.alias), fact)
            for path, file in self.files.items()
            for fact in file.uses
            if fact.alias
        )

    def methods(self, owner: str, name: str, *, near: str = "") -> Answer[FunctionFact]:
        """The methods and associated functions `name` of a type or trait of that name."""
        return self._function(owner, name, near) if owner else Answer()

    def functions(self, name: str, *, near: str = "") -> Answer[FunctionFact]:
        """The free functions of a name."""
        return self._function("", name, near)

    def _function(self, owner: str, name: str, near: str) -> Answer[FunctionFact]:
        key = (owner, name, near)
        if key not in self._found_functions:
            self._found_functions[key] = _nearest(self._functions.get((owner, name), []), near)
        return self._found_functions[key]

    def type(self, name: str, *, near: str = "") -> Answer[TypeFact]:
        """The structs, enums, unions, aliases and traits of a name."""
        key = (name, near)
        if key not in self._found_types:
            self._found_types[key] = _nearest(self._types.get(name, []), near)
        return self._found_types[key]

    def fields(self, type_name: str, *, near: str = "") -> tuple[FieldFact, ...] | None:
        """The fields of a type of which there is one definition only (or several that agree)."""
        fact = self.type(type_name, near=near).only
        return fact.fields if fact is not None else None

    def field_type(self, type_name: str, field: str, *, near: str = "") -> str | None:
        """The text of a field's type, if all definitions of the type that the index knows agree on it."""
        key = (type_name, field, near)
        if key not in self._found_fields:
            answer = self.type(type_name, near=near)
            text = answer.agreed(lambda fact: next((f.type for f in fact.fields if f.name == field), ""))
            self._found_fields[key] = text or None
        return self._found_fields[key]

    def impls(self, owner: str) -> tuple[ImplFact, ...]:
        """Every `impl` block for a type of that name."""
        return tuple(self._impls.get(owner, ()))

    def implements(self, owner: str, trait: str) -> bool:
        """Whether some `impl` of the trait (its last path segment) for a type of that name is known."""
        return any(_last_segment(impl.trait) == trait for impl in self._impls.get(owner, ()))

    def imported(self, path: str, name: str) -> str | None:
        """The full path of what the file `path` imports as `name`, if it does so in one way only."""
        paths = {fact.path for fact in self._uses.get((path, name), ())}
        return paths.pop() if len(paths) == 1 else None

    def original_name(self, path: str, name: str) -> str:
        """The name that a type has where it is defined: `B` for `C` after `use a::B as C`."""
        imported = self.imported(path, name)
        return imported.rpartition("::")[2] if imported is not None else name


K = TypeVar("K")
V = TypeVar("V")


def _grouped(pairs: Iterable[tuple[K, V]]) -> dict[K, list[V]]:
    found: dict[K, list[V]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found


def _nearest(candidates: list[F], near: str) -> Answer[F]:
    local = [fact for fact in candidates if fact.path == near] if near else []
    return Answer(tuple(local or candidates))


def _last_segment(path: str) -> str:
    return path.partition("<")[0].strip().rpartition("::")[2]
