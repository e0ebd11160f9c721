"""What the analysis of a tree has seen of it besides the texts of its index: other files, folders, what is there.

Whoever looks says here what was asked and what came of it. Results that are kept hold for as long as the same questions
have the same answers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

Question = tuple[str, str]
"""Of which kind, and the path in the tree that it is about."""
Seen = bytes | str | bool | Iterable[str] | None
"""What came of a question."""
_CONFLICT: Final = "changed meanwhile"

_seen: dict[Path, dict[Question, str]] = {}


def answer(value: Seen) -> str:
    """What tells one answer from another."""
    if value is None or isinstance(value, bool):
        return str(value)
    if isinstance(value, str | bytes):
        raw = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
    else:
        raw = "\0".join(sorted(value)).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(raw, digest_size=16).hexdigest()


def note(root: Path, kind: str, path: str, value: Seen) -> None:
    """Remember what was asked of a tree, and what came of it."""
    note_answer(root, kind, path, answer(value))


def note_answer(root: Path, kind: str, path: str, found: str) -> None:
    """The same, where the answer is known from before."""
    together(_seen.setdefault(root, {}), {(kind, path): found})


def taken(root: Path) -> dict[Question, str]:
    """What was asked of a tree since this was called last."""
    return _seen.pop(root, {})


def together(seen: dict[Question, str], more: Mapping[Question, str]) -> None:
    """Add to what was seen; a question with two answers has one that it never gets again."""
    for question, found in more.items():
        seen[question] = found if seen.get(question, found) == found else _CONFLICT
