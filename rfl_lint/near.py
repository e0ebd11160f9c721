"""Which known words are near to one that nobody knows: what a misspelt one may have meant."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(word: str, known: Iterable[str], *, most: int = 1, cutoff: float = 0.6) -> list[str]:
    """At most so many of the `known` words, the nearest first; `cutoff` is how near, from 0 to 1 for the same."""
    from difflib import get_close_matches  # noqa: PLC0415 - only for what is misspelt

    return get_close_matches(word, list(known), n=most, cutoff=cutoff)
