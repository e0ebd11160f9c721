"""Where lines are after edits: what an edit leaves alone keeps its row, what it writes is part of the change."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfl_lint.finding import Edit
from rfl_lint.revision import Revision, Rows, Splice, applied
from rfl_lint.source import BOM, Span, lines_of

TEXT = b"l0\nl1\nl2\nl3\n"


def edit(start: int, end: int, text: str) -> Edit:
    return Edit(Span(start, end), text)


def rows(added: str = "", behind: str = "") -> Rows:
    return Rows(frozenset(map(int, added)), frozenset(map(int, behind)))


@pytest.mark.parametrize(
    ("change", "splices"),
    [
        (edit(4, 4, "x"), [Splice(1, 1, 1)]),
        (edit(3, 3, "x\n"), [Splice(1, 0, 1)]),
        (edit(2, 2, "\nx"), [Splice(1, 0, 1)]),
        (edit(3, 6, ""), [Splice(1, 1, 0)]),
        (edit(2, 5, ""), [Splice(1, 1, 0)]),
        (edit(3, 9, "x\ny\nz\n"), [Splice(1, 2, 3)]),
        (edit(2, 8, "\nx"), [Splice(1, 2, 1)]),
        (edit(2, 8, "\nx\ny"), [Splice(1, 2, 2)]),
        (edit(3, 9, "l1\nx\n"), [Splice(2, 1, 1)]),
        (edit(3, 9, "x\nl2\n"), [Splice(1, 1, 1)]),
        (edit(4, 6, ""), [Splice(1, 2, 1)]),
        (edit(2, 3, ""), [Splice(0, 2, 1)]),
        (edit(12, 12, "x\n"), [Splice(4, 0, 1)]),
        (edit(9, 12, ""), [Splice(3, 1, 0)]),
        (edit(3, 5, "l1"), []),
    ],
)
def test_which_lines_make_way_for_which(change: Edit, splices: list[Splice]) -> None:
    revision = Revision(TEXT).edited([change])
    assert revision.data == TEXT[: change.span.start] + change.text.encode() + TEXT[change.span.end :]
    assert list(revision.steps[0]) == splices


def test_of_lines_that_are_alike_the_edited_one_is_meant() -> None:
    (first,) = Revision(b"x\nx\nx\n").edited([edit(2, 4, "")]).steps
    assert first == (Splice(1, 1, 0),)
    (first,) = Revision(b"x\nx\nx\n").edited([edit(2, 2, "x\n")]).steps
    assert first == (Splice(1, 0, 1),)


def test_a_byte_order_mark_is_no_part_of_the_first_line() -> None:
    (first,) = Revision(BOM + TEXT).edited([edit(0, 0, "x\n")]).steps
    assert first == (Splice(0, 0, 1),)


@pytest.mark.parametrize(
    ("splices", "before", "after"),
    [
        # Lines that a fix writes are added, and move what is behind them.
        ([Splice(2, 0, 2)], rows("14"), rows("1236")),
        ([Splice(1, 1, 3), Splice(4, 0, 1)], rows("146"), rows("123679")),
        # Where an old line is gone for good, the one behind it is concerned; where a new one is, none is.
        ([Splice(1, 1, 0)], rows("3"), rows("2", "1")),
        ([Splice(1, 1, 0)], rows("13"), rows("2")),
        ([Splice(1, 1, 1)], rows("3"), rows("13", "1")),
        ([Splice(1, 1, 1)], rows("13"), rows("13")),
        # The change had deleted lines there already.
        ([Splice(1, 1, 0)], rows("1", "1"), rows("", "1")),
        ([Splice(1, 0, 1)], rows("", "1"), rows("1", "2")),
        ([Splice(0, 1, 0)], rows("0", "4"), rows("", "3")),
    ],
)
def test_rows_are_followed(splices: list[Splice], before: Rows, after: Rows) -> None:
    assert before.followed(splices) == after
    assert after.touched == after.added | after.behind


@st.composite
def edited_texts(draw: st.DrawFn) -> tuple[bytes, list[Edit]]:
    """A text of lines that differ, and edits that do not overlap, what they write in capitals; none splits a CRLF."""
    ending = draw(st.sampled_from(["\n", "\r\n"]))
    bom = draw(st.sampled_from([b"", BOM]))
    count = draw(st.integers(1 if bom else 0, 7))
    text = "".join(f"{'abcdefg'[number]}{number}{ending}" for number in range(count))
    data = bom + text.encode()
    if draw(st.booleans()):
        data = data.removesuffix(ending.encode())
    allowed = [at for at in range(len(data) + 1) if data[at - 1 : at + 1] != b"\r\n"]
    places = sorted(draw(st.lists(st.sampled_from(allowed), max_size=10)))
    pairs = zip(places[::2], places[1::2], strict=False)
    return data, [edit(start, end, draw(st.text("XY\n", max_size=4))) for start, end in pairs]


def kept_rows(data: bytes, edits: list[Edit]) -> list[int | None]:
    """For each line after the edits, the row that it had before, by looking at each byte; None for those written."""
    origin = [(byte, row) for row, line in enumerate(lines_of(data)) for byte in line]
    tagged: list[tuple[int, int | None]] = []
    at = 0
    for each in sorted(dict.fromkeys(edits), key=lambda each: each.span):
        first = len(BOM) if data.startswith(BOM) else 0
        start, end = max(each.span.start, first), max(each.span.end, first)
        text = each.text.encode()
        if b"\r\n" in data:
            text = text.replace(b"\n", b"\r\n")
        tagged += [*origin[at:start], *((byte, None) for byte in text)]
        at = end
    tagged += origin[at:]
    assert bytes(byte for byte, _ in tagged) == applied(data, edits)
    old = lines_of(data.removeprefix(BOM))
    found: list[int | None] = []
    for line in lines_of(bytes(byte for byte, _ in tagged).removesuffix(BOM)):
        here, tagged = tagged[: len(line)], tagged[len(line) :]
        froms = {row for byte, row in here if byte not in b"\r\n\xef\xbb\xbf"}
        row = next(iter(froms)) if len(froms) == 1 else None
        found.append(row if row is not None and line.removeprefix(BOM) == old[row] else None)
    return found


@given(
    edited_texts(),
    st.frozensets(st.integers(0, 6)),
    st.frozensets(st.integers(0, 7)),
)
def test_following_is_what_looking_at_each_byte_tells(
    drawn: tuple[bytes, list[Edit]], added: frozenset[int], behind: frozenset[int]
) -> None:
    data, edits = drawn
    revision = Revision(data).edited(edits)
    before = Rows(added, behind)
    after = revision.rows(before)
    kept = kept_rows(data, edits)
    for row, was in enumerate(kept):
        assert (row in after.added) == (was is None or was in added), (data, revision, row)
        assert was not in behind or row in after.behind, (data, revision, row)
    lost = set(range(len(lines_of(data)))) - set(kept)
    told = {row for row in after.behind if row >= len(kept) or kept[row] is None or kept[row] not in behind}
    assert not told or lost - added or behind, "nothing that the change left alone is gone"
    if lost - added:
        assert after.behind


@given(edited_texts(), st.lists(st.text("XY\n", max_size=3), max_size=3))
def test_steps_add_up(drawn: tuple[bytes, list[Edit]], heads: list[str]) -> None:
    """Lines put above everything, one step after the other, move every row by as many."""
    data, edits = drawn
    revision = Revision(data).edited(edits)
    before = Rows(frozenset({1, 3}), frozenset({2}))
    rows_now = revision.rows(before)
    for head in heads:
        revision = revision.edited([edit(0, 0, f"Z{head}\n")])
        size = head.count("\n") + 1
        moved = Rows(
            frozenset({row + size for row in rows_now.added} | set(range(size))),
            frozenset(row + size for row in rows_now.behind),
        )
        assert revision.rows(before) == moved
        rows_now = moved
