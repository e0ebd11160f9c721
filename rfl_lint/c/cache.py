"""C facts of a tree, kept on disk for as long as the headers that they were read from stay as they were.

One file for each tree, written to a temporary name and moved into place. Whatever cannot be read, was cut short,
belongs to somebody else or was written by another version counts as absent, and a cache that cannot be written
is done without. It holds JSON, which can do no harm when it is loaded.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rfl_lint.c.facts import CFunction, pack, unpack
from rfl_lint.c.headers import Stamp, stamp_of
from rfl_lint.c.semantics import semantics_digest
from rfl_lint.version import VERSION

CACHE_FORMAT: Final = 1
_MAX_BYTES: Final = 16_000_000
_DIGEST: Final = 20


@dataclass(frozen=True, slots=True)
class Entry:
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
        name = hashlib.blake2b(os.fsencode(self._root), digest_size=16).hexdigest()
        self._path = folder / f"{name}.c-facts" if folder is not None else None

    @staticmethod
    def _magic() -> bytes:
        return f"rfl-lint C facts {VERSION} {CACHE_FORMAT} {semantics_digest()}\n".encode()

    def load(self) -> Entry | None:
        """What an earlier run left, if all that it looked at is still the same."""
        raw = _read(self._path) if self._path is not None else None
        magic = self._magic()
        if raw is None or not raw.startswith(magic):
            return None
        checksum, body = raw[len(magic) : len(magic) + _DIGEST], raw[len(magic) + _DIGEST :]
        if hashlib.blake2b(body, digest_size=_DIGEST).digest() != checksum:
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
        checksum = hashlib.blake2b(body, digest_size=_DIGEST).digest()
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=self._path.parent, prefix=".c-facts-")
            try:
                with os.fdopen(descriptor, "wb") as stream:
                    stream.write(self._magic() + checksum + body)
                Path(name).replace(self._path)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
        except OSError:
            return  # a full disk, a read-only home: the next run reads the headers again


def _read(path: Path) -> bytes | None:
    """The content of a regular file of the user's own that nobody else may write."""
    try:
        with path.open("rb") as stream:
            status = os.fstat(stream.fileno())
            if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o022:
                return None
            return stream.read(_MAX_BYTES) if status.st_size <= _MAX_BYTES else None
    except OSError:
        return None
