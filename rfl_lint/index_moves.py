"""An index of files one of which is being typed in: what is known of the others outlives each keystroke.

As long as a text says what it said, and its items only stand elsewhere, no name comes to mean anything else: only
answers that name the places of its items are looked for again. That its functions do something else now is found out
when the text is put in the index anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Final, TypeVar

from msgspec import Struct

from rfl_lint.facts import FileFacts, FunctionFact
from rfl_lint.index import Index
from rfl_lint.index_names import Found
from rfl_lint.index_tables import Answer, Sifting

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")
# What is said of the whole tree without a place in it.
_PLACELESS: Final = frozenset(
    {"names", "renamed", "other names", "with invariants", "mentioning", "raw takers"}
)


class MovingIndex(Index):
    """An index that can be told that the items of a file moved."""

    def __init__(self, facts: Iterable[FileFacts] = ()) -> None:
        """Merge the facts of several files."""
        super().__init__(facts)
        self._moving = ""
        self._sifted = (0, 0, 0)
        self._sifting: list[Sifting] = []

    def once(self, key: tuple[object, ...], make: Callable[[], T]) -> T:
        """What is computed of all files together, kept until one of them changes."""
        is_new = key not in self._memo
        value = super().once(key, make)
        if is_new and isinstance(value, Sifting):
            self._sifting.append(value)
        return value

    def move(self, facts: FileFacts) -> None:
        """Take in a file that says what it said before, in other places."""
        path, before = facts.path, self.files[facts.path]
        if self._tables is not None:
            self._tables.remove(before)
            self._tables.add(facts)
        self.files[path] = facts
        if path != self._moving:
            self._moving, self._sifted = path, (0, 0, 0)
        named = self._memo.get(("named",))
        if isinstance(named, dict):
            _rename(named, before.functions, facts.functions)
        for value in self._sifting:
            value.forget(path)
        memo, answers, members = self._sifted
        _sifted(self._memo, memo, lambda key, value: _is_stale(key, value, path))
        if before.bindings != facts.bindings:
            for key in [key for key in self._memo if key[0] == "mentioning"]:
                del self._memo[key]
        self._sifted = (
            len(self._memo),
            _sifted(self.names.move(path), answers, lambda _key, found: _names(found, path)),
            _sifted(self.names.members, members, lambda _key, member: _names(member.found, path)),
        )

    def _changed(self, path: str, *, layout: bool) -> None:
        super()._changed(path, layout=layout)
        self._moving = ""
        self._sifting.clear()


def _sifted(known: dict[K, V], done: int, is_stale: Callable[[K, V], bool]) -> int:
    """Drop what is stale of what was found since the first `done` entries were sifted; how many there are now."""
    fresh = list(islice(reversed(known.items()), max(0, len(known) - done)))
    for key, value in fresh:
        if is_stale(key, value):
            del known[key]
    return len(known)


def _is_stale(key: tuple[object, ...], value: object, path: str) -> bool:
    if key[0] in _PLACELESS or key == ("named",) or isinstance(value, Sifting):
        return False
    if isinstance(value, Answer):
        return any(fact.path == path for fact in value.candidates)
    return speaks_of(key, path) or speaks_of(value, path)


def _names(found: Found | None, path: str) -> bool:
    if found is None:
        return False
    return any(fact.path == path for fact in found.types) or any(
        fact.path == path for fact in found.functions
    )


def speaks_of(value: object, path: str) -> bool:
    """Whether a value names a file, or holds one that does."""
    if isinstance(value, str):
        return value == path
    if isinstance(value, Struct):
        return getattr(value, "path", None) == path
    if isinstance(value, dict):
        return any(speaks_of(key, path) or speaks_of(each, path) for key, each in value.items())
    return isinstance(value, tuple | list | frozenset) and any(speaks_of(each, path) for each in value)


def _rename(
    named: dict[str, list[FunctionFact]], before: Iterable[FunctionFact], now: Iterable[FunctionFact]
) -> None:
    """Put functions of one file in the place of those that it had, in a list of all by their names."""
    moved: dict[str, list[FunctionFact]] = {}
    for fact in now:
        moved.setdefault(fact.name, []).append(fact)
    for old in {fact.name: fact for fact in before}.values():
        others = [fact for fact in named.get(old.name, ()) if fact.path != old.path]
        named[old.name] = sorted([*others, *moved.get(old.name, ())], key=_path)


def _path(fact: FunctionFact) -> str:
    return fact.path
