"""The names of files in diffs: prefixes, quotes and escapes as git and people write them."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Final

_QUOTED_NAME: Final = re.compile(r'"((?>(?:[^"\\]|\\.)*))"')
# One that nobody closes takes the rest, lest every further quote tries it again.
_QUOTED_NAMES: Final = re.compile(r'"(?>(?:[^"\\]|\\.)*)("?)')
_ESCAPE: Final = re.compile(r"\\([0-7]{1,3}|.)")
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_PREFIXES: Final = {"a/": "b/", "i/": "w/", "c/": "i/", "o/": "w/", "1/": "2/"}

NOWHERE: Final = "/dev/null"
"""What stands in the place of a name where there is no file."""


def is_inside(path: str) -> bool:
    """Whether a path of a diff stays inside of the tree that it is relative to."""
    parts = PurePosixPath(path).parts
    return bool(parts) and not path.startswith("/") and ".." not in parts and "\0" not in path


def file_name(text: str) -> str | None:
    """The name behind `--- ` or `+++ `, without a time stamp."""
    quoted = _QUOTED_NAME.match(text)
    if quoted is not None:
        return unescaped(quoted[0])
    return text.partition("\t")[0].rstrip("\r\n ")


def unescaped(name: str) -> str:
    """A name as git writes it: in quotes with C escapes, octal ones for bytes, where it has to."""
    quoted = _QUOTED_NAME.fullmatch(name.strip())
    if quoted is None:
        return name.strip()
    raw = bytearray()
    at = 0
    inner = quoted[1]
    for match in _ESCAPE.finditer(inner):
        raw += inner[at : match.start()].encode("utf-8", "surrogateescape")
        word = match[1]
        raw += bytes([int(word, 8) & 255]) if word[0] in "01234567" else _ESCAPES.get(word, word).encode()
        at = match.end()
    raw += inner[at:].encode("utf-8", "surrogateescape")
    return raw.decode("utf-8", "surrogateescape")


def git_names(text: str) -> tuple[str | None, str | None]:
    """The two names of a `diff --git` line, which only agree in what stands behind their prefixes."""
    names = [unescaped(match[0]) for match in _QUOTED_NAMES.finditer(text) if match[1]]
    if len(names) == 2:
        return names[0], names[1]
    if len(names) == 1:
        other = _QUOTED_NAMES.sub("", text, count=1).strip()
        return (names[0], other) if text.startswith('"') else (other, names[0])
    text = text.strip()
    middle = len(text) // 2
    if text[middle : middle + 1] == " ":
        first, second = text[:middle], text[middle + 1 :]
        if first == second or first.partition("/")[2] == second.partition("/")[2]:
            return first, second
    first, _, second = text.partition(" ")
    return first or None, second or None


def without_prefix(old: str | None, new: str | None) -> tuple[str | None, str | None]:
    """The names without `a/` and `b/`, where both have such a prefix; None for no file."""
    old_side = None if old == NOWHERE else old
    new_side = None if new == NOWHERE else new
    for first, second in _PREFIXES.items():
        if (old_side is None or old_side.startswith(first)) and (
            new_side is None or new_side.startswith(second)
        ):
            return (
                old_side[len(first) :] if old_side is not None else None,
                new_side[len(second) :] if new_side is not None else None,
            )
    return old_side, new_side
