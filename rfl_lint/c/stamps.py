"""The mark of a file of C that was looked at: by it a later run knows whether what was read there still holds.

Kept apart from reading headers, so that a run that finds everything in a cache does not import how to read them.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

BINDINGS_HELPER: Final = "rust/bindings/bindings_helper.h"

Stamp = tuple[str, int, int]
"""A path that was looked at, its size in bytes and the time of its last change in nanoseconds."""


def has_headers(root: Path) -> bool:
    """Whether a root has what the search for C declarations starts from."""
    return (root / BINDINGS_HELPER).is_file()


def stamp_of(root: str, path: str) -> Stamp:
    """The stamp of a path in a tree; a file that is not there has the size -1."""
    try:
        status = os.lstat(f"{root}/{path}")
    except (OSError, ValueError):
        return path, -1, 0
    return path, status.st_size, status.st_mtime_ns
