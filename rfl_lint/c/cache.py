"""C facts of a tree, kept on disk for as long as the headers that they were read from stay as they were.

What is stored is JSON, which can do no harm when it is loaded.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from msgspec import Struct

from rfl_lint.c.facts import CFunction, pack, unpack
from rfl_lint.c.semantics import semantics_digest
from rfl_lint.c.stamps import Stamp, stamp_of
from rfl_lint.store import name_for, read_stored, write_stored
from rfl_lint.version import VERSION

CACHE_FORMAT: Final = 1
_MAX_BYTES: Final = 16_000_000


class Entry(Struct, frozen=True):
    """What a search for `names` found, and the stamps of what it looked at."""

    names: frozenset[str]
    stamps: tuple[Stamp, ...]
    packed: dict[str, list[object]]

    def function(self, name: str) -> CFunction | None:
        """One function's facts, unpacked when asked for."""
        packed = self.packed.get(name)
        return unpack(name, packed) if packed is not None else None


def entry_of(names: Iterable[str], stamps: Iterable[Stamp], functions: Iterable[CFunction]) -> Entry:
    """The entry that a search leaves."""
    return Entry(frozenset(names), tuple(stamps), {function.name: pack(function) for function in functions})


class CCache:
    """The cached C facts of one tree."""

    def __init__(self, root: Path, folder: Path | None) -> None:
        """Name the file; nothing is read yet. Without a folder there is no cache."""
        self._root = os.path.realpath(root)
        self._path = folder / f"{name_for(self._root)}.c-facts" if folder is not None else None

    @staticmethod
    def _magic() -> bytes:
        return f"rfl-lint C facts {VERSION} {CACHE_FORMAT} {semantics_digest()}\n".encode()

    def load(self) -> Entry | None:
        """What an earlier run left, if all that it looked at is still the same."""
        body = read_stored(self._path, self._magic(), _MAX_BYTES) if self._path is not None else None
        if body is None:
            return None
        import json  # noqa: PLC0415 - most runs on a file ask for no C function

        try:
            names, stamps, packed = json.loads(body)
            entry = Entry(
                frozenset(names), tuple((path, size, changed) for path, size, changed in stamps), dict(packed)
            )
        except (ValueError, TypeError, RecursionError):
            return None
        fresh = all(stamp_of(self._root, stamp[0]) == stamp for stamp in entry.stamps)
        return entry if fresh else None

    def save(self, entry: Entry) -> None:
        """Keep an entry for the next run."""
        if self._path is None:
            return
        import json  # noqa: PLC0415

        body = json.dumps([sorted(entry.names), entry.stamps, entry.packed], separators=(",", ":")).encode()
        write_stored(self._path, self._magic(), body, _MAX_BYTES)
