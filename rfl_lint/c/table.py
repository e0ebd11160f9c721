"""Asking for the C function behind `bindings::name`: the tree's own headers answer first, the bundled table else.

Nothing is read before the first question. Each answer comes from one of the two as a whole, and says from which.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from rfl_lint.c.bundled import bundled_function
from rfl_lint.c.cache import CCache, Entry, entry_of
from rfl_lint.c.facts import CFunction
from rfl_lint.c.semantics import with_semantics
from rfl_lint.c.stamps import has_headers
from rfl_lint.tables import BUNDLED, Tables
from rfl_lint.watch import unbounded

_MOST_NAMES: Final = 20_000


class CFacts:
    """The C functions of one tree, or of none.

    `wanted` are the names that the tree's Rust calls (`called_functions`), or what makes them: all are looked up
    at once, when the first is asked for. Of names that are not among them the tree's headers are not asked.
    `cache` is the folder for what was found, which is the same whatever the user adds to the `tables`.
    """

    def __init__(
        self,
        root: Path | None = None,
        wanted: Iterable[str] | Callable[[], Iterable[str]] = (),
        cache: Path | None = None,
        tables: Tables = BUNDLED,
    ) -> None:
        """Remember where to look."""
        self._root = root
        self._wanted = wanted
        self._cache = cache
        self._tables = tables
        self._entry: Entry | None = None
        self._known: dict[str, CFunction | None] = {}

    def function(self, name: str) -> CFunction | None:
        """What is known of a C function; None where nothing is."""
        if name not in self._known:
            found = self.entry().function(name) or bundled_function(name)
            if found is not None and "c_semantics" in self._tables.additions:
                found = with_semantics(found, self._tables)
            self._known[name] = found
        return self._known[name]

    def has_asked_for(self, names: frozenset[str]) -> bool:
        """Whether these names need no further look at the headers: there are none, or it was done with them."""
        if self._root is None or not has_headers(self._root):
            return True
        return self._entry is not None and names <= self._entry.names

    def entry(self) -> Entry:
        """All that the tree's headers say of the wanted names, for another process to `adopt`."""
        if self._entry is None:
            with unbounded():
                self._entry = self._read()
        return self._entry

    def adopt(self, entry: Entry) -> None:
        """Take over what another process found."""
        self._entry = entry
        self._known.clear()

    def _read(self) -> Entry:
        """The facts of all wanted names, from the cache if it has them."""
        if self._root is None or not has_headers(self._root):
            return entry_of((), (), ())
        names = frozenset(self._wanted() if callable(self._wanted) else self._wanted)
        cache = CCache(self._root, self._cache)
        cached = cache.load()
        if cached is not None and names <= cached.names:
            return cached
        if cached is not None and len(cached.names) < _MOST_NAMES:
            names |= cached.names  # so that runs over parts of a tree do not displace one another
        from rfl_lint.c.headers import find_functions  # noqa: PLC0415 - the cache mostly has them all

        found = find_functions(self._root, names)
        functions = [with_semantics(function) for function in found.functions.values()]
        entry = entry_of(names, found.stamps, functions)
        cache.save(entry)
        return entry
