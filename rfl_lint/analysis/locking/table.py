"""What `data/caller_locks.toml` says: C functions that leave the locking to their caller."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from msgspec import Struct

from rfl_lint.tables import Tables

_NOWHERE: Final = -1


class Structure(Struct, frozen=True):
    """A C structure whose users lock. `parent` is the argument that is the structure, -1 where there is none."""

    name: str
    changes: frozenset[str]
    gives_back: frozenset[str]
    ends: frozenset[str]
    places: frozenset[str]
    parent: int = _NOWHERE


class CallerLocks(Struct, frozen=True):
    """The structures by the functions that change them."""

    changes: dict[str, Structure]

    def giving_back(self, name: str) -> Structure | None:
        """The structure that a function takes something out of, without ending it."""
        found = self.changes.get(name)
        return found if found is not None and name in found.gives_back and name not in found.ends else None

    def ending(self, name: str) -> Structure | None:
        """The structure that a function ends."""
        found = self.changes.get(name)
        return found if found is not None and name in found.ends else None


@lru_cache(maxsize=4)
def caller_locks(tables: Tables) -> CallerLocks:
    """The table as it holds for a run."""
    changes: dict[str, Structure] = {}
    for row in tables.table("caller_locks")["structures"]:
        given_back, ends = frozenset(row.get("gives_back", ())), frozenset(row.get("ends", ()))
        structure = Structure(
            row["name"],
            frozenset(row["changes"]) | given_back | ends,
            given_back,
            ends,
            frozenset(row.get("places", ())),
            row.get("parent", _NOWHERE),
        )
        changes |= dict.fromkeys(structure.changes, structure)
    return CallerLocks(changes)
