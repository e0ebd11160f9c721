"""Places in a file: byte offsets to lines and columns."""

from __future__ import annotations

import pickle

from hypothesis import given
from hypothesis import strategies as st

from rfl_lint.source import BOM, Position, SourceFile, Span


def test_columns_count_characters_not_bytes() -> None:
    source = SourceFile("a.rs", "é🦀x\n\tß".encode())
    assert source.position(len("é🦀".encode())) == Position(1, 3)
    assert source.position(len("é🦀x\n\t".encode())) == Position(2, 2)


def test_a_byte_order_mark_has_no_column() -> None:
    source = SourceFile("a.rs", BOM + b"fn f() {}\n")
    assert source.position(3) == Position(1, 1)
    assert source.line_text(1) == "fn f() {}"


def test_carriage_returns_belong_to_the_line_ending() -> None:
    source = SourceFile("a.rs", b"one\r\ntwo\r\n")
    assert source.line_text(1) == "one"
    assert source.row_span(1) == Span(5, 8)
    assert source.line_count == 2


def test_a_lone_carriage_return_ends_no_line() -> None:
    assert SourceFile("a.rs", b"one\rtwo").position(5) == Position(1, 6)


def test_an_empty_file_has_one_line() -> None:
    source = SourceFile("a.rs", b"")
    assert source.position(0) == Position(1, 1)
    assert source.line_count == 1


def test_offsets_past_the_end_count_as_the_end() -> None:
    assert SourceFile("a.rs", b"ab").position(99) == Position(1, 3)


@given(st.text(st.characters(exclude_characters="\r", exclude_categories=["Cs"])))
def test_positions_agree_with_splitting_the_text(text: str) -> None:
    source = SourceFile("a.rs", text.encode())
    shown = text.removeprefix("\ufeff")
    skipped = len(text.encode()) - len(shown.encode())
    offset = skipped
    for number, line in enumerate(shown.split("\n"), start=1):
        for index, character in enumerate(line):
            assert source.position(offset) == Position(number, index + 1)
            offset += len(character.encode())
        assert source.line_text(number) == line
        offset += 1


@given(st.binary())
def test_any_bytes_have_positions(data: bytes) -> None:
    source = SourceFile("a.rs", data)
    places = [source.position(offset) for offset in range(len(data) + 1)]
    assert places == sorted(places)


def test_pickling_keeps_the_text() -> None:
    source = SourceFile("a.rs", b"x\ny")
    assert source.line_starts == [0, 2]
    assert pickle.loads(pickle.dumps(source)) == source  # noqa: S301 - our own bytes
