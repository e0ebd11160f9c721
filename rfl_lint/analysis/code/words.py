"""Where a text holds one of many words: each is looked for by itself, which takes a tenth of an expression's time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Self

from msgspec import Struct


class Words(Struct, frozen=True):
    """Some words of ASCII letters, digits and underscores."""

    of: tuple[bytes, ...]

    @classmethod
    def among(cls, words: Iterable[str]) -> Self:
        """These words."""
        return cls(tuple(sorted(word.encode() for word in set(words) if word)))

    def places(self, data: bytes) -> list[int]:
        """Where they begin as whole words, in order."""
        return sorted(at for word in self.of for at in _places(data, word))

    def are_in(self, data: bytes) -> bool:
        """Whether any of them stands in a text as a whole word."""
        return any(True for word in self.of for _ in _places(data, word))


def _places(data: bytes, word: bytes) -> Iterator[int]:
    at = data.find(word)
    while at >= 0:
        end = at + len(word)
        if not (_is_letter(data[at - 1 : at]) or _is_letter(data[end : end + 1])):
            yield at
        at = data.find(word, at + 1)


def _is_letter(text: bytes) -> bool:
    return text.isalnum() or text == b"_"
