"""Writing a fixed file: whole or not at all, never outside its tree, never over what somebody else wrote meanwhile.

A symbolic link is written through, to the file it leads to, if that lies in the tree too.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

from rfl_lint.errors import SourceError

_WRITE_BITS: Final = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


def obstacle(file: Path, root: Path | None) -> str | None:
    """Why a file cannot be rewritten; None where it can."""
    try:
        real = file.resolve(strict=True)
        mode = real.stat().st_mode
    except (OSError, RuntimeError) as error:
        return f"{file}: cannot be written: {getattr(error, 'strerror', None) or error}"
    if root is not None and root.resolve() not in real.parents:
        where = f" (it leads to {real})" if real != file else ""
        return f"{file}: lies outside the tree {root}{where}"
    if not stat.S_ISREG(mode):
        return f"{file}: not a regular file"
    if not mode & _WRITE_BITS or not os.access(real, os.W_OK):
        return f"{file}: is read-only"
    if not os.access(real.parent, os.W_OK | os.X_OK):
        return f"{file}: its folder is read-only"
    return None


def rewrite(file: Path, root: Path | None, before: bytes, after: bytes) -> None:
    """Replace a file's content, which must still be `before`; mode and owner stay. Raises SourceError."""
    import tempfile  # noqa: PLC0415 - only where a file is written

    why = obstacle(file, root)
    if why is not None:
        raise SourceError(f"{why}; not fixed")
    try:
        real = file.resolve(strict=True)
        told = real.stat()
        descriptor, name = tempfile.mkstemp(
            prefix=f".{real.name[:100]}.", suffix=".rfl-lint", dir=real.parent
        )
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(after)
                with suppress(OSError):  # only root can give a file away
                    os.fchown(descriptor, told.st_uid, told.st_gid)
                os.fchmod(descriptor, stat.S_IMODE(told.st_mode))
                stream.flush()
                os.fsync(descriptor)
            if real.read_bytes() != before:
                raise SourceError(f"{file}: changed while it was linted; not fixed")
            os.replace(name, real)  # noqa: PTH105 - the one call that is atomic, by its own name
        except BaseException:
            with suppress(OSError):
                os.unlink(name)  # noqa: PTH108
            raise
    except OSError as error:
        raise SourceError(f"{file}: cannot be written: {error.strerror or error}; not fixed") from error


def write_whole(file: Path, data: bytes) -> None:
    """Write a file that is rfl-lint's own to write: readers see the old one or the new one. Raises SourceError.

    What is no regular file, a pipe or a terminal, is written to as it is.
    """
    import tempfile  # noqa: PLC0415 - only where a file is written

    try:
        real = file.resolve()
        if real.exists() and not real.is_file():
            with real.open("wb") as stream:
                stream.write(data)
            return
        mode = stat.S_IMODE(real.stat().st_mode) if real.exists() else 0o666 & ~_umask()
        descriptor, name = tempfile.mkstemp(
            prefix=f".{real.name[:100]}.", suffix=".rfl-lint", dir=real.parent
        )
        try:
            with os.fdopen(descriptor, "wb") as stream:
                os.fchmod(descriptor, mode)
                stream.write(data)
            os.replace(name, real)  # noqa: PTH105 - the one call that is atomic, by its own name
        except BaseException:
            with suppress(OSError):
                os.unlink(name)  # noqa: PTH108
            raise
    except (OSError, RuntimeError) as error:
        raise SourceError(
            f"{file}: cannot be written: {getattr(error, 'strerror', None) or error}"
        ) from error


def _umask() -> int:
    """What new files may not be; it can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
