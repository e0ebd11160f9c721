"""Links and code spans of doc comments: where each begins and ends, and what it leads to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfl_lint.analysis.docs.markdown import Inline, LinkKind, inline_of
from rfl_lint.doc_text import DocComments


def _read(*lines: str) -> tuple[bytes, Inline]:
    data = ("\n".join(f"    /// {line}" for line in lines) + "\n    fn f() {}\n").encode()
    (comment,) = DocComments(data).outer.values()
    return data, inline_of(comment)


@pytest.mark.parametrize(
    ("lines", "kind", "text", "target", "shown"),
    [
        (["See [`a.h`](srctree/a.h)."], LinkKind.INLINE, "`a.h`", "srctree/a.h", "srctree/a.h"),
        (['[a](<b c> "t")'], LinkKind.INLINE, "a", "b c", "b c"),
        (["[a](b(c)d)"], LinkKind.INLINE, "a", "b(c)d", "b(c)d"),
        (["[one", "two](x)"], LinkKind.INLINE, "one two", "x", "x"),
        (["[a][Some  Label]"], LinkKind.REFERENCE, "a", "", "a"),
        (["[`A`]: some/where", "more"], LinkKind.DEFINITION, "`A`", "some/where", "some/where"),
        (["[a]:", "  next"], LinkKind.DEFINITION, "a", "next", "next"),
        (["so [a]: no"], LinkKind.SHORTCUT, "a", "", "a"),
        (["[a] (b)"], LinkKind.SHORTCUT, "a", "", "a"),
        (["[a](b c)"], LinkKind.SHORTCUT, "a", "", "a"),
    ],
)
def test_a_link(lines: list[str], kind: LinkKind, text: str, target: str, shown: str) -> None:
    data, inline = _read(*lines)
    (link,) = inline.links
    assert (link.kind, link.text, link.target) == (kind, text, target)
    assert data[link.target_span.start : link.target_span.end].decode() == shown
    assert data[link.span.start : link.span.start + 1] == b"["


@pytest.mark.parametrize(
    "lines",
    [
        ["`[a](b)`"],
        ["\\[a](b)"],
        ["``x ` [a](b)``"],
        ["```", "[a](b)", "```"],
        ["[a", "", "](b)"],
        ["`[a", "x](b)`"],
    ],
)
def test_no_link(lines: list[str]) -> None:
    assert _read(*lines)[1].links == ()


def test_code_does_not_reach_over_a_paragraph() -> None:
    assert [code.text for code in _read("a ` b", "", "c [d](e) ``x ` y``")[1].codes] == ["x ` y"]
    assert len(_read("a ` b", "", "c ` [d](e)")[1].links) == 1


def test_labels_are_compared_as_commonmark_does() -> None:
    _, inline = _read("[x][ Some   Label ] [Y][]", "", "[some LABEL]: a")
    assert [link.label for link in inline.links] == ["some label", "y", "some label"]


def test_code_in_the_text_of_a_link_is_code_too() -> None:
    data, inline = _read("a [`B::c`](d) `e`")
    assert [data[code.span.start : code.span.end] for code in inline.codes] == [b"`B::c`", b"`e`"]


@given(st.lists(st.text(st.sampled_from("[]()`\\<>:\"' ab/"), max_size=24), min_size=1, max_size=8))
def test_every_piece_is_where_it_is_said_to_be(lines: list[str]) -> None:
    data, inline = _read(*lines)
    for link in inline.links:
        assert data[link.span.start : link.span.start + 1] == b"["
        assert (
            data[link.target_span.start : link.target_span.end]
            .decode()
            .strip()
            .startswith(link.target.split(" ")[0])
        )
        assert data[link.span.end - 1 : link.span.end] in (b"]", b")") or link.kind is LinkKind.DEFINITION
    for code in inline.codes:
        piece = data[code.span.start : code.span.end]
        assert piece.startswith(b"`")
        assert piece.endswith(b"`")


def test_many_open_pieces_cost_no_more_than_their_length() -> None:
    for piece in ('[a](b "', "[", "`" * 3 + "a", "[a][", "[a](b(", "``", "\\", "[a](<"):
        _read(piece * 20_000)
