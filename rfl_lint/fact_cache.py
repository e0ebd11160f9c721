"""Facts of files, kept on disk by content: a file that has not changed is not parsed to know what it says.

One stored file per tree holds an entry for each text. Entries that no run has asked for go when they outnumber
those that the last one used.
"""

from __future__ import annotations

import hashlib
import os
import pickle
from functools import lru_cache
from pathlib import Path
from typing import Final

from rfl_lint.facts import FileFacts
from rfl_lint.source import SourceFile
from rfl_lint.store import name_for, read_stored, write_stored
from rfl_lint.version import VERSION

_MAX_BYTES: Final = 64_000_000
_KEPT: Final = 2_000
_EXTRACTORS: Final = (
    "doc_lines.py",
    "doc_text.py",
    "facts.py",
    "fact_docs.py",
    "fact_types.py",
    "patterns.py",
    "syntax/fragments.py",
    "syntax/masking.py",
    "syntax/parsed.py",
    "syntax/parser.py",
)


@lru_cache(maxsize=1)
def _magic() -> bytes:
    """What a cache begins with: the version, and the very code that made the facts."""
    code = hashlib.blake2b(digest_size=12)
    for name in _EXTRACTORS:
        code.update((Path(__file__).parent / name).read_bytes())
    return f"rfl-lint facts {VERSION} {code.hexdigest()}\n".encode()


def digest(source: SourceFile) -> bytes:
    """What identifies a text and its place: facts name the path they were read at."""
    return hashlib.blake2b(os.fsencode(source.path) + b"\0" + source.data, digest_size=20).digest()


class FactCache:
    """The facts of one tree's files by digest."""

    def __init__(self, root: Path, folder: Path | None) -> None:
        """Read what an earlier run left; without a folder nothing is kept."""
        self._path = folder / f"{name_for(root)}.facts" if folder is not None else None
        self._entries: dict[bytes, bytes] = self._load()
        self._used: dict[bytes, bytes] = {}
        self._changed = False

    def _load(self) -> dict[bytes, bytes]:
        body = read_stored(self._path, _magic(), _MAX_BYTES) if self._path is not None else None
        if body is None:
            return {}
        try:
            entries = pickle.loads(body)  # noqa: S301 - a file of the user's own, whole, and written by us
        except (ValueError, EOFError, pickle.UnpicklingError):
            return {}
        return entries if isinstance(entries, dict) else {}

    def get(self, key: bytes) -> FileFacts | None:
        """The facts of a text, if they are known."""
        raw = self._used.get(key) or self._entries.get(key)
        if raw is None:
            return None
        self._used[key] = raw
        facts = pickle.loads(raw)  # noqa: S301 - as above
        return facts if isinstance(facts, FileFacts) else None

    def put(self, key: bytes, facts: FileFacts) -> None:
        """Remember the facts of a text."""
        if self._path is not None:
            self._used[key] = pickle.dumps(facts, protocol=5)
            self._changed = True

    def save(self) -> None:
        """Store what is known for the next run; does nothing where nothing is new."""
        if self._path is None or not self._changed:
            return
        # Runs over parts of a tree must not displace one another; but what nobody asks for must go some day.
        old = self._entries if len(self._entries) <= len(self._used) + _KEPT else {}
        write_stored(self._path, _magic(), pickle.dumps({**old, **self._used}, protocol=5), _MAX_BYTES)
