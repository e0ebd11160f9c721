"""Addresses of files, both ways. A name that is no UTF-8 keeps its bytes; an address that names no file is none."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote_to_bytes

_SCHEME: Final = "file:"
_HOSTS: Final = ("", "localhost")


def file_of(uri: str) -> Path | None:
    """The file that an address names; None where it names none."""
    if not uri.startswith(_SCHEME):
        return None
    path = uri.removeprefix(_SCHEME).partition("#")[0].partition("?")[0]
    if path.startswith("//"):
        host, slash, path = path.removeprefix("//").partition("/")
        path = slash + path
        if host not in _HOSTS:
            return None
    try:
        return file_at(os.fsdecode(unquote_to_bytes(path)))
    except UnicodeEncodeError:
        return None


def file_at(path: str) -> Path | None:
    """The file of a name; None where it is no absolute name of one."""
    try:
        os.fsencode(path)
    except UnicodeEncodeError:
        return None
    if not path.startswith("/") or "\0" in path:
        return None
    return Path("/" + os.path.normpath(path).lstrip("/"))


def uri_of(path: str) -> str:
    """The address of a file, by its absolute path."""
    return f"{_SCHEME}//{quote(os.fsencode(path))}"
