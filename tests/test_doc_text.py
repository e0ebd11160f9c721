"""Doc comments read from bytes: lines, fences, headings, sections, items, and the code they document."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rfl_lint.doc_text import DocComment, DocComments


def comments(text: str) -> DocComments:
    return DocComments(textwrap.dedent(text).encode())


def only(text: str) -> DocComment:
    known = comments(text)
    (found,) = (*known.outer.values(), *known.inner.values())
    return found


def doc(*lines: str) -> DocComment:
    return only("\n".join(f"/// {line}".rstrip() for line in lines))


def texts(comment: DocComment) -> list[str]:
    return [comment.text(line) for line in comment.lines]


@pytest.mark.parametrize(
    "text",
    [
        "//// no",
        "f(/* a */ /** b */);",
        "/*** no */",
        "/**/",
        "// no",
        "/* no */",
        "let a = 1; /// behind code",
    ],
)
def test_what_is_no_doc_comment(text: str) -> None:
    assert comments(f"{text}\nfn f() {{}}\n").runs == ()


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_lines_know_their_rows_and_texts(mark: str, ending: str) -> None:
    text = mark + ending.join(
        ["    /// One.", "    ///", "    ///  two", "    ///three", "    fn f() {}", ""]
    )
    (found,) = DocComments(text.encode()).outer.values()
    assert texts(found) == ["One.", "", " two", "three"]
    assert [line.row for line in found.lines] == [0, 1, 2, 3]
    spans = [text.encode()[line.span.start : line.span.end] for line in found.lines]
    assert spans == [b"/// One.", b"///", b"///  two", b"///three"]


def test_block_comments_lose_their_decoration() -> None:
    starred = only("/** One.\n  * # Safety\n  *\n  * - a\n  */\nfn f() {}\n")
    assert texts(starred) == ["One.", "# Safety", "", "- a", ""]
    assert [heading.name for heading in starred.headings] == ["Safety"]
    plain = only("/**\n    One.\n    * bullet /* nested */\n*/\nfn f() {}\n")
    assert texts(plain)[1:3] == ["One.", "* bullet /* nested */"]
    assert comments("/** never closed\nfn f() {}").runs == ()


def test_headings_of_every_form() -> None:
    found = doc(
        "# Safety",
        "",
        "## `Errors`:",
        "#no",
        "",
        "Panics",
        "====",
        "",
        "- no",
        "---",
        "####### no",
        "# End ##",
        "#",
    )
    assert [(heading.name, heading.key, heading.level) for heading in found.headings] == [
        ("Safety", "safety", 1),
        ("`Errors`:", "errors", 2),
        ("Panics", "panics", 1),
        ("End", "end", 1),
        ("", "", 1),
    ]
    panics = found.sections[2]
    assert [found.text(line) for line in panics.lines][:2] == ["", "- no"]
    first = found.headings[0].span
    assert found.data[first.start : first.end] == b"# Safety"


def test_fences_hide_headings_and_items() -> None:
    found = doc(
        "# Examples",
        "```",
        "# hidden",
        "````rust",
        "# hidden",
        "```",
        "# Safety",
        "~~~ignore",
        "# no",
        "- no",
        "~~~",
        "- yes",
    )
    assert [heading.name for heading in found.headings] == ["Examples", "Safety"]
    assert sorted(found.fenced) == [1, 2, 3, 4, 5, 7, 8, 9, 10]
    section = found.section("safety")
    assert section is not None
    assert [item.text for item in section.items] == ["yes"]


def test_inline_code_on_a_line_of_its_own_is_no_fence() -> None:
    assert doc("```let a = 1;```", "# Safety").fenced == frozenset()


def test_a_section_ends_at_the_next_heading_of_its_level() -> None:
    found = doc("Intro.", "# Safety", "", "Must hold.", "## Details", "More.", "# Errors", "None.")
    safety, details, errors = found.sections
    assert [found.text(line) for line in safety.lines] == ["", "Must hold.", "## Details", "More."]
    assert [item.text for item in safety.items] == ["Must hold.", "More."]
    assert [item.text for item in details.items] == ["More."]
    assert [found.text(line) for line in errors.lines] == ["None."]


def test_items_of_lists_join_their_lines() -> None:
    section = doc(
        "# Safety", "", "Callers must ensure:", "", "- `ptr` is valid", "  for reads.", "", "  Also writes.",
        "- nobody", "else looks.", "  * inner", "1. numbered", "", "Moreover, 3", "12. is no item.", "", "    code",
        "", "[`ptr`]: Self", "***",
    ).section("safety")  # fmt: skip
    assert section is not None
    assert [(item.marker, item.depth, item.text) for item in section.items] == [
        ("", 0, "Callers must ensure:"),
        ("-", 0, "`ptr` is valid for reads. Also writes."),
        ("-", 0, "nobody else looks."),
        ("*", 1, "inner"),
        ("1.", 0, "numbered"),
        ("", 0, "Moreover, 3 12. is no item."),
    ]
    assert section.requirements == tuple(item.text for item in section.items[1:])


def test_paragraphs_are_requirements_one_by_one() -> None:
    section = doc("# Safety", "`a` holds,", "always.", "", "`b` holds.").section("safety")
    assert section is not None
    assert section.requirements == ("`a` holds, always.", "`b` holds.")


def test_all_runs_above_an_item_are_its_docs() -> None:
    data = b"""\
/// One.
// A remark.
#[cfg(any(a = "]", b))]
/// # Safety

/// Two.
#[inline(
    always
)]
pub fn f() {}
/// Three.
$(#[$attr])*
$vis fn g() {}
"""
    known = DocComments(data)
    assert list(known.outer) == [data.index(b"pub fn"), data.index(b"$vis")]
    found = known.of(data.index(b"pub fn"))
    assert found is not None
    assert texts(found) == ["One.", "# Safety", "Two."]
    assert known.of(data.index(b"fn g")) == known.of(data.index(b"$vis"))
    assert known.of(data.index(b"fn f")) is None


def test_inner_docs_belong_to_what_they_stand_in() -> None:
    data = b"// SPDX\n\n//! One.\n\n#![no_std]\n//! Two.\nmod a {\n    //! Three.\n    use b;\n}\n"
    known = DocComments(data)
    module = known.inside(data.index(b"{") + 1)
    whole = known.inside(0)
    assert whole is not None
    assert module is not None
    assert texts(whole) == ["One.", "Two."]
    assert texts(module) == ["Three."]
    assert DocComments(b"\xef\xbb\xbf" + data).inside(0) is not None
    assert DocComments(b"use a;\n//! Late.\n").inside(0) is None


_PIECES = st.sampled_from(
    ["///", "//!", "////", "/**", "*/", "/*!", "\n", "\r\n", " ", "    ", "#", "# Safety", "```", "~~~", "- a", "1. b",
     "x", "é", "#[a]", "#[", "{", "}", "fn f()", "===", "---", "\t", "\ufeff", '"', "$x "]
)  # fmt: skip


def check(data: bytes) -> None:
    known = DocComments(data)
    starts = [run.span.start for run in known.runs]
    assert starts == sorted(set(starts))
    for comment in (*known.outer.values(), *known.inner.values()):
        rows = [line.row for line in comment.lines]
        assert rows == sorted(rows)
        for line in comment.lines:
            assert line.span.start <= line.text.start <= line.text.end == line.span.end
            assert b"\n" not in data[line.span.start : line.span.end]
            assert data.count(b"\n", 0, line.span.start) == line.row
        for section in comment.sections:
            span = section.heading.span
            assert section.heading.name in data[span.start : span.end].decode("utf-8", "replace")
            for item in section.items:
                raw = data[item.span.start : item.span.end].decode("utf-8", "replace")
                words = item.text.split()
                assert words
                assert all(word in raw for word in words)


@settings(max_examples=300, deadline=None)
@given(st.lists(_PIECES, max_size=40).map(lambda parts: "".join(parts).encode()))
def test_spans_slice_back_to_the_text(data: bytes) -> None:
    check(data)


@given(st.binary(max_size=200))
def test_no_bytes_are_too_much(data: bytes) -> None:
    check(data)


@pytest.mark.parametrize(
    "piece",
    [
        b"/// # a\n#[x]\n",
        b"//! a\n\n",
        b"/** a\n",
        b"/// - a\n",
        b"#[[[",
        b"x /** a */ ",
        b"/// #" + b" " * 50 + b"x\n",
    ],
)
def test_long_files_take_no_longer_than_they_are_long(piece: bytes) -> None:
    known = DocComments(b"/// a\n" + piece * 20_000)
    for comment in (*known.outer.values(), *known.inner.values()):
        assert comment.lines
        if len(comment.headings) < 100:
            assert len(comment.sections) == len(comment.headings)
