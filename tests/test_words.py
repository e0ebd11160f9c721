"""Many words in a text: what an expression with word boundaries finds, and no more."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from rfl_lint.analysis.code.words import Words

WORDS = ["lock", "lock_irq", "c", "k"]
TEXTS = st.lists(st.sampled_from([*WORDS, "_", " ", ".", "9", "\n", "locks", "\xe9"]), max_size=30).map(
    "".join
)


@given(TEXTS)
def test_words_are_found_where_an_expression_finds_them(text: str) -> None:
    data = text.encode()
    expected = [
        match.start() for word in WORDS for match in re.finditer(rb"\b" + word.encode() + rb"\b", data)
    ]
    words = Words.among(WORDS)
    assert words.places(data) == sorted(expected)
    assert words.are_in(data) == bool(expected)


def test_no_words_are_nowhere() -> None:
    assert Words.among(["", ""]).places(b"a b") == []
