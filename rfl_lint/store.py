"""Files that one run leaves for the next: whole or absent, the user's own, and never an error.

A stored file begins with a line that says what it is and by which version it was written, then a checksum.
It is written to a temporary name and moved into place, so that runs at the same time see one whole file or the
other. Whatever cannot be read, was cut short, belongs to somebody else or was written by another version counts
as absent, and what cannot be written is done without.
"""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import Final

_CHECKSUM_BYTES: Final = 20
_MOST_FILES: Final = 64


def cache_folder() -> Path | None:
    """Where caches are kept: `$XDG_CACHE_HOME/rfl-lint`, else `~/.cache/rfl-lint`; None where there is no home."""
    base = os.environ.get("XDG_CACHE_HOME")
    if base and Path(base).is_absolute():
        return Path(base) / "rfl-lint"
    try:
        return Path.home() / ".cache" / "rfl-lint"
    except RuntimeError:
        return None


def name_for(root: str | os.PathLike[str]) -> str:
    """A file name that stands for a folder, whatever characters its path has."""
    return hashlib.blake2b(os.fsencode(root), digest_size=16).hexdigest()


def read_stored(path: Path, magic: bytes, max_bytes: int) -> bytes | None:
    """What was stored under this very `magic`, or None."""
    try:
        with path.open("rb") as stream:
            status = os.fstat(stream.fileno())
            ours = status.st_uid == os.geteuid() and not status.st_mode & 0o022
            if not stat.S_ISREG(status.st_mode) or not ours or status.st_size > max_bytes:
                return None
            raw = stream.read(max_bytes)
    except OSError:
        return None
    start = len(magic) + _CHECKSUM_BYTES
    if not raw.startswith(magic) or _checksum(raw[start:]) != raw[len(magic) : start]:
        return None
    return raw[start:]


def write_stored(path: Path, magic: bytes, body: bytes, max_bytes: int) -> None:
    """Store a body for the next run, in place of what was there; nothing that would be too large to be read again."""
    import tempfile  # noqa: PLC0415 - only where a file is written

    if len(magic) + _CHECKSUM_BYTES + len(body) > max_bytes:
        return
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(magic + _checksum(body) + body)
            Path(name).replace(path)
            _make_room(path.parent)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError:
        return  # a full disk, a read-only home: the next run works it out again


def _make_room(folder: Path) -> None:
    """Keep the files that were written last: every tree ever linted has left some."""
    files = sorted(folder.iterdir(), key=lambda file: file.stat().st_mtime_ns, reverse=True)
    for file in files[_MOST_FILES:]:
        file.unlink(missing_ok=True)


def _checksum(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=_CHECKSUM_BYTES).digest()
