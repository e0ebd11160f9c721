"""Facts of many files by bare name. One file's can be taken out and put in again without touching the others'.

What a lookup gives is ordered by path, so it does not depend on the order in which files came.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Final, Generic, TypeVar

from msgspec import Struct, field

from rfl_lint.facts import FileFacts, FunctionFact, ImplFact, TypeFact, head_name

F = TypeVar("F", FunctionFact, TypeFact)
K = TypeVar("K")
V = TypeVar("V")
# As many definitions of one name as `cfg` and macros may leave in sight of a place; a file made to be slow has more.
_MOST_MEANINGS: Final = 64


class Answer(Struct, Generic[F], frozen=True, dict=True):
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


class _Table(Struct, Generic[K, V]):
    """Values by key and, below it, by file."""

    rows: dict[K, dict[str, list[V]]] = field(default_factory=dict)

    def add(self, path: str, pairs: Iterable[tuple[K, V]]) -> None:
        for key, value in pairs:
            self.rows.setdefault(key, {}).setdefault(path, []).append(value)

    def remove(self, path: str, pairs: Iterable[tuple[K, V]]) -> None:
        for key, _ in pairs:
            row = self.rows.get(key)
            if row is not None:
                row.pop(path, None)
                if not row:
                    del self.rows[key]

    def get_in(self, path: str, key: K) -> tuple[V, ...]:
        row = self.rows.get(key)
        return tuple(row.get(path, ())) if row is not None else ()

    def get(self, key: K) -> tuple[V, ...]:
        row = self.rows.get(key)
        if row is None:
            return ()
        return tuple(value for path in sorted(row) for value in row[path])


class Tables:
    """Functions by owner and name, types, `impl` blocks, and under which other names types go."""

    def __init__(self, files: Iterable[FileFacts]) -> None:
        """List the facts of several files."""
        self._functions: _Table[tuple[str, str], FunctionFact] = _Table()
        self._trait_methods: _Table[str, FunctionFact] = _Table()
        self._types: _Table[str, TypeFact] = _Table()
        self._impls: _Table[str, ImplFact] = _Table()
        self._renamed: _Table[str, str] = _Table()
        self._callers: _Table[str, FunctionFact] = _Table()
        for facts in files:
            self.add(facts)

    def add(self, facts: FileFacts) -> None:
        """List one more file's facts."""
        path = facts.path
        self._functions.add(path, _functions(facts))
        self._trait_methods.add(path, _trait_methods(facts))
        self._types.add(path, ((fact.name, fact) for fact in facts.types))
        self._impls.add(path, ((fact.owner, fact) for fact in facts.impls))
        self._renamed.add(path, _renamed(facts))
        self._callers.add(path, _callers(facts))

    def remove(self, facts: FileFacts) -> None:
        """Take out what a file said."""
        path = facts.path
        self._functions.remove(path, _functions(facts))
        self._trait_methods.remove(path, _trait_methods(facts))
        self._types.remove(path, ((fact.name, fact) for fact in facts.types))
        self._impls.remove(path, ((fact.owner, fact) for fact in facts.impls))
        self._renamed.remove(path, _renamed(facts))
        self._callers.remove(path, _callers(facts))

    def functions(self, owner: str, name: str) -> tuple[FunctionFact, ...]:
        """Functions of a name whose `impl` names its type so; `owner` is empty for free functions."""
        return self._functions.get((owner, name))

    def functions_in(self, path: str, owner: str, name: str) -> tuple[FunctionFact, ...]:
        """Those of one file."""
        return self._functions.get_in(path, (owner, name))

    def types_in(self, path: str, name: str) -> tuple[TypeFact, ...]:
        """Types and traits of a name in one file."""
        return self._types.get_in(path, name)

    def trait_methods(self, name: str) -> tuple[FunctionFact, ...]:
        """Methods of a name in `impl` blocks of traits."""
        return self._trait_methods.get(name)

    def types(self, name: str) -> tuple[TypeFact, ...]:
        """Types and traits of a name."""
        return self._types.get(name)

    def impls(self, owner: str) -> tuple[ImplFact, ...]:
        """`impl` blocks that name their type so."""
        return self._impls.get(owner)

    def callers(self, name: str) -> tuple[FunctionFact, ...]:
        """Functions that take a pointer and in whose bodies something of that name is called."""
        return self._callers.get(name)

    def renamed(self) -> Iterator[tuple[str, str]]:
        """All pairs of a name, and another one that is given to something of that name."""
        return ((name, other) for name in self._renamed.rows for other in self._renamed.get(name))

    def names_of(self, name: str) -> tuple[str, ...]:
        """A name, and those that `use .. as ..` and aliases give to something of that name."""
        return tuple(dict.fromkeys((name, *self._renamed.get(name))))


def _functions(facts: FileFacts) -> Iterator[tuple[tuple[str, str], FunctionFact]]:
    return (((fact.owner, fact.name), fact) for fact in facts.functions)


def _trait_methods(facts: FileFacts) -> Iterator[tuple[str, FunctionFact]]:
    return ((fact.name, fact) for fact in facts.functions if fact.trait)


def _callers(facts: FileFacts) -> Iterator[tuple[str, FunctionFact]]:
    return ((name, fact) for fact in facts.functions for name in fact.calls)


def _renamed(facts: FileFacts) -> Iterator[tuple[str, str]]:
    for use in facts.uses:
        original = use.path.rpartition("::")[2]
        if use.alias not in ("", "_", original):
            yield original, use.alias
    for fact in facts.types:
        if fact.kind == "alias":
            yield head_name(fact.target), fact.name


def few(found: tuple[V, ...], near: str) -> tuple[V, ...]:
    """What a name means at a place; nothing where that is more than code can mean: each use would look at all of it."""
    return found if not near or len(found) <= _MOST_MEANINGS else ()


def layout_of(facts: FileFacts) -> list[object]:
    """The modules that a file declares, wherever in it."""
    return [(module.name, module.module, module.inline, module.attributes) for module in facts.modules]


class Sifting(Struct):
    """What is kept for a whole tree, and can tell what does not come from one of its files."""

    def forget(self, path: str) -> None:
        """Let go of what speaks of a file."""
        raise NotImplementedError
