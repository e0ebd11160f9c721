"""Other names of things: under which a file may know what has one of some names where it is defined.

`use a::b as c` and `type C = B` rename, in the file itself or in one that hands its names on. This tells by words
alone what may be meant, for a quick look; what is meant is for `full_path` and the index.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from rfl_lint.index import Index
from rfl_lint.rule import Context

_MOST: Final = 8


def other_names(names: frozenset[str], cx: Context) -> frozenset[str]:
    """The words in a file that may be other names for something that has one of these where it is defined."""
    own = {alias for alias in cx.memo(_renamed_here) if not names.isdisjoint(own_names(alias, cx))}
    data = cx.source.data
    own.update(name for name in given_names(names, cx.index) if name.encode() in data)
    return frozenset(own)


def own_names(name: str, cx: Context) -> frozenset[str]:
    """The names that what a file calls by a name may have where it is defined; not the name itself."""
    here = cx.memo(_renamed_here)
    found: set[str] = set()
    waiting: Collection[str] = (name,)
    for _ in range(_MOST):
        waiting = {
            own
            for each in waiting
            for own in (*here.get(each, ()), *taken_names(each, cx.index))
            if own not in found
        }
        if not waiting:
            break
        found.update(waiting)
    return frozenset(found - {name})


def given_names(names: frozenset[str], index: Index) -> frozenset[str]:
    """The names that files of the tree give, one after the other, to something that goes by one of these elsewhere."""

    def found() -> frozenset[str]:
        known, waiting = set(names), list(names)
        while waiting:
            fresh = set(index.tables.names_of(waiting.pop())) - known
            known |= fresh
            waiting += fresh
        return frozenset(known - names)

    return index.once(("other names", names), found)


def taken_names(name: str, index: Index) -> tuple[str, ...]:
    """The names by which files take something from elsewhere, and call it by this name themselves."""

    def grouped() -> dict[str, tuple[str, ...]]:
        found: dict[str, dict[str, None]] = {}
        for own, other in index.tables.renamed():
            if own:
                found.setdefault(other, {})[own] = None
        return {other: tuple(names) for other, names in found.items()}

    return index.once(("renamed",), grouped).get(name, ())


def _renamed_here(cx: Context) -> dict[str, set[str]]:
    """What the file itself imports under another name: a text that a mail shows need not be in the index."""
    found: dict[str, set[str]] = {}
    for use in cx.facts.uses:
        name = use.path.rpartition("::")[2]
        if use.alias not in ("", "_", name):
            found.setdefault(use.alias, set()).add(name)
    return found
