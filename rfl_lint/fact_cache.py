"""Facts of files, kept on disk by content: a file that has not changed is not parsed to know what it says.

One cache file per tree holds an entry for each file that the last run asked for and nothing else, so it cannot
grow. It is written to a temporary name and moved into place, so that runs at the same time see one whole file or
the other. Whatever cannot be read, was cut short or was written by another version counts as absent, and a
cache that cannot be written is done without.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import tempfile
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Final

from rfl_lint.facts import FileFacts
from rfl_lint.source import SourceFile
from rfl_lint.version import VERSION

_MAX_BYTES: Final = 64_000_000
_CHECKSUM_BYTES: Final = 20
_EXTRACTORS: Final = (
    "facts.py",
    "fact_docs.py",
    "fact_types.py",
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


def cache_folder() -> Path | None:
    """Where caches are kept: `$XDG_CACHE_HOME/rfl-lint`, else `~/.cache/rfl-lint`; None where there is no home."""
    base = os.environ.get("XDG_CACHE_HOME")
    if base and Path(base).is_absolute():
        return Path(base) / "rfl-lint"
    try:
        return Path.home() / ".cache" / "rfl-lint"
    except RuntimeError:
        return None


def digest(source: SourceFile) -> bytes:
    """What identifies a text and its place: facts name the path they were read at."""
    return hashlib.blake2b(os.fsencode(source.path) + b"\0" + source.data, digest_size=20).digest()


class FactCache:
    """The facts of one tree's files by digest."""

    def __init__(self, root: Path, folder: Path | None) -> None:
        """Read what an earlier run left; without a folder the cache lives in memory only."""
        name = hashlib.blake2b(os.fsencode(root), digest_size=16).hexdigest()
        self._path = folder / f"{name}.facts" if folder is not None else None
        self._entries: dict[bytes, bytes] = self._load()
        self._used: dict[bytes, bytes] = {}
        self._changed = False

    def _load(self) -> dict[bytes, bytes]:
        if self._path is None:
            return {}
        try:
            if not _is_ours(self._path) or self._path.stat().st_size > _MAX_BYTES:
                return {}
            raw = self._path.read_bytes()
            magic = _magic()
            if not raw.startswith(magic):
                return {}
            start = len(magic) + _CHECKSUM_BYTES
            body = raw[start:]
            if hashlib.blake2b(body, digest_size=_CHECKSUM_BYTES).digest() != raw[len(magic) : start]:
                return {}
            entries = pickle.loads(body)  # noqa: S301 - a file of the user's own, whole, and written by us
        except (OSError, ValueError, EOFError, pickle.UnpicklingError):
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
        self._used[key] = pickle.dumps(facts, protocol=5)
        self._changed = True

    def save(self, keep: Iterable[bytes] = ()) -> None:
        """Write what this run asked for, and the entries to `keep`; does nothing where nothing is new."""
        if self._path is None or not self._changed:
            return
        entries = {key: self._entries[key] for key in keep if key in self._entries}
        entries.update(self._used)
        body = pickle.dumps(entries, protocol=5)
        checksum = hashlib.blake2b(body, digest_size=_CHECKSUM_BYTES).digest()
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=self._path.parent, prefix=".facts-")
            try:
                with os.fdopen(descriptor, "wb") as stream:
                    stream.write(_magic() + checksum + body)
                Path(name).replace(self._path)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
        except OSError:
            return  # a full disk, a read-only home: the next run reads the files again


def _is_ours(path: Path) -> bool:
    """Whether the file belongs to the user and nobody else may write it."""
    status = path.stat()
    return status.st_uid == os.geteuid() and not status.st_mode & 0o022
