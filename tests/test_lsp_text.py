"""Lines and columns as the protocol counts them, and edits of a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfl_lint.lsp.text import Encoding, Text
from rfl_lint.source import Span

PIECES = st.lists(
    st.sampled_from(["a", "é", "€", "🦀", "\n", "\r", "\r\n", "\t", "\u2028", "\f"]), max_size=12
)


@pytest.mark.parametrize(("encoding", "column"), [("utf-8", 11), ("utf-16", 8), ("utf-32", 7)])
def test_a_column_counts_what_was_agreed_on(encoding: str, column: int) -> None:
    text = Text.of("one\n/* 🦀é */x".encode(), Encoding(encoding))
    offset = text.data.index(b"x") - 1
    assert text.position(offset) == (1, column)
    assert text.offset(1, column) == offset


def test_lines_end_at_lf_crlf_and_cr_and_nothing_else() -> None:
    text = Text.of("a\nb\r\nc\rd\u2028e\x0cf\x0bg\x85h".encode(), Encoding.UTF8)
    assert [text.position(text.data.index(letter))[0] for letter in (b"a", b"b", b"c", b"d", b"h")] == [
        0,
        1,
        2,
        3,
        3,
    ]


def test_places_outside_of_the_text_count_as_its_nearest() -> None:
    text = Text.of(b"ab\r\ncd", Encoding.UTF16)
    assert text.offset(0, 99) == 2
    assert text.offset(1, 99) == 6
    assert text.offset(9, 0) == 6
    assert text.position(99) == (1, 2)
    assert Text.of(b"", Encoding.UTF16).offset(0, 5) == 0


def test_a_column_in_a_character_counts_as_its_beginning() -> None:
    text = Text.of("🦀x".encode(), Encoding.UTF16)
    assert [text.offset(0, column) for column in range(4)] == [0, 0, 4, 5]


@given(PIECES, st.sampled_from(list(Encoding)))
def test_a_place_survives_the_way_there_and_back(pieces: list[str], encoding: Encoding) -> None:
    text = Text.of("".join(pieces).encode(), encoding)
    ends, at = [0], 0
    for character in "".join(pieces):
        at += len(character.encode())
        ends.append(at)
    for offset in ends:
        if text.data[offset - 1 : offset + 1] != b"\r\n":  # between the two there is no place
            assert text.offset(*text.position(offset)) == offset


@given(PIECES, PIECES, st.integers(0, 40), st.integers(0, 40))
def test_an_edited_text_has_the_lines_of_one_made_anew(
    pieces: list[str], new: list[str], one: int, other: int
) -> None:
    data = "".join(pieces).encode()
    start, end = sorted((min(one, len(data)), min(other, len(data))))
    text = Text.of(data, Encoding.UTF16).replaced(Span(start, end), "".join(new).encode())
    assert text == Text.of(text.data, Encoding.UTF16)
