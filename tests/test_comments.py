"""Which comment belongs to which code: markers, runs, layers, places, and where a missing one goes."""

from __future__ import annotations

from pathlib import Path

import pytest

from rfl_lint.analysis.comments.anchor import statement_anchor
from rfl_lint.analysis.comments.documentation import (
    Documentation,
    Placement,
    comment_beside,
    documentation_of,
    tagged_comments,
    unsafe_keyword,
)
from rfl_lint.analysis.comments.layers import comment_layers
from rfl_lint.analysis.comments.rows import Row
from rfl_lint.analysis.comments.skeleton import comment_insertion
from rfl_lint.analysis.comments.tags import CommentLine, Form, Section, read_sections
from rfl_lint.engine import Lint, lint_source
from rfl_lint.facts import extract_facts
from rfl_lint.finding import Finding
from rfl_lint.index import Index
from rfl_lint.registry import builtin_rules
from rfl_lint.rule import Context
from rfl_lint.source import SourceFile, Span
from rfl_lint.syntax import Node, kind_query, parse_file
from rfl_lint.testing import read_fixture
from rfl_lint.tree import KernelTree, Role

RULE = "missing-safety-comment"
HERE = Path(__file__).parent
FIXTURES = sorted((HERE.parent / "fixtures" / "safety" / RULE).glob("*.rs"))
INPUTS = sorted((HERE / "clippy").glob("*.rs"))


def context(text: str) -> Context:
    parsed = parse_file(SourceFile("drivers/demo.rs", text.encode()), doc_code=True)
    facts = extract_facts(parsed)
    return Context(parsed, KernelTree(), Role.DRIVER, facts, Index([facts]))


def only(cx: Context, kind: str) -> Node:
    """The last node of a kind, in the last fragment that has one."""
    found = [
        node
        for piece in cx.parsed.fragments
        for node in kind_query(frozenset({kind})).search(piece.root).get(kind, [])
    ]
    return found[-1]


def documented(text: str, tag: str = "SAFETY", kind: str = "unsafe_block") -> Documentation | None:
    cx = context(text)
    return documentation_of(cx, only(cx, kind), tag)


def sections(*comment: str) -> list[Section]:
    """The sections of `//` lines."""
    data = "\n".join(comment).encode()
    lines, at = [], 0
    for text in comment:
        length = 3 if text.startswith(("///", "//!")) else 2
        end = at + len(text.encode())
        lines.append(CommentLine(Span(at, end), Span(at + length, end)))
        at = end + 1
    return list(read_sections(lines, data))


@pytest.mark.parametrize(
    ("line", "tag", "form"),
    [
        ("// SAFETY: ok", "SAFETY", Form.CANONICAL),
        ("// SAFETY:", "SAFETY", Form.CANONICAL),
        ("// INVARIANT: ok", "INVARIANT", Form.CANONICAL),
        ("// INVARIANTS: ok", "INVARIANT", Form.CANONICAL),
        ("// NO-OVERFLOW: ok", "NO-OVERFLOW", Form.CANONICAL),
        ("//SAFETY: ok", "SAFETY", Form.VARIANT),
        ("//  SAFETY: ok", "SAFETY", Form.VARIANT),
        ("// SAFETY:ok", "SAFETY", Form.VARIANT),
        ("// SAFETY : ok", "SAFETY", Form.VARIANT),
        ("// Safety: ok", "SAFETY", Form.VARIANT),
        ("// SAFETY - ok", "SAFETY", Form.VARIANT),
        ("// SAFETY — ok", "SAFETY", Form.VARIANT),
        ("// Safety – ok", "SAFETY", Form.VARIANT),
        ("// SAFETY ok", "SAFETY", Form.VARIANT),
        ("// SAFETY", "SAFETY", Form.VARIANT),
        ("// - SAFETY: ok", "SAFETY", Form.VARIANT),
        ("// **SAFETY:** ok", "SAFETY", Form.VARIANT),
        ("// SAFETY (of `p`): ok", "SAFETY", Form.VARIANT),
        ("// # Safety", "SAFETY", Form.VARIANT),
        ("/// ## safety", "SAFETY", Form.VARIANT),
        ("/// SAFETY: ok", "SAFETY", Form.VARIANT),
        ("// SAFTEY: ok", "SAFETY", Form.VARIANT),
        ("// Checked above. SAFETY: ok", "SAFETY", Form.CANONICAL),
        ("// Checked above. safety: ok", "SAFETY", Form.VARIANT),
        ("// 日本語 SAFETY: ok", "SAFETY", Form.CANONICAL),
    ],
)
def test_markers(line: str, tag: str, form: Form) -> None:
    assert [(section.tag, section.form) for section in sections(line)] == [(tag, form)]


@pytest.mark.parametrize(
    "line",
    [
        "// There is no safety: at all",
        "// This needs a SAFETY: comment",
        "// see the `SAFETY:` comment",
        "// unsafety: plenty",
        "// memory safety, thread safety",
        "// safety. It goes on",
        "// Safety is not free",
        "// SAFETY comments are written elsewhere",
        "// SAFETY-CRITICAL code",
        "// a TODO: mend this",
        "// TODO: mend this",
        "// SAFETY::new(x)",
        "// x: 1",
        "// ID: 1",
        "//",
    ],
)
def test_what_is_no_marker(line: str) -> None:
    assert sections(line) == []


def test_sections_of_a_comment_end_where_the_next_begins() -> None:
    found = sections(
        "// Prose.",
        "// INVARIANT: one,",
        "//   two.",
        "//",
        "// SAFETY: three. GUARANTEE: four,",
        "// - TODO: five",
    )
    assert [(section.tag, section.text, section.leads) for section in found] == [
        ("INVARIANT", "one,\n  two.", True),
        ("SAFETY", "three.", True),
        ("GUARANTEE", "four,\n- TODO: five", False),
    ]


def test_bullets_and_joined_tags_and_an_empty_first_line() -> None:
    (bullets,) = sections("// SAFETY:", "// - one", "// - two")
    assert bullets.text == "- one\n- two"
    assert [(section.tag, section.text) for section in sections("// INVARIANT, SAFETY: both")] == [
        ("INVARIANT", "both"),
        ("SAFETY", "both"),
    ]


def test_spans_of_a_section_count_bytes() -> None:
    (section,) = sections("// é", "// SAFETY: é", "// é")
    assert (section.marker, section.span) == (Span(9, 16), Span(9, 25))


def test_examples_in_doc_comments_hold_no_sections() -> None:
    assert sections("/// ```", "/// SAFETY: no", "/// // SAFETY: no", "/// ```") == []
    assert [section.text for section in sections("/// SAFETY: a", "/// ```", "/// SAFETY: b", "/// ```")] == [
        "a\n```\nSAFETY: b\n```"
    ]


def test_rows_of_a_file() -> None:
    text = (
        'fn f() {\n\n// a\n/* b\n */ // c\n#[d(\n    // e\n    f\n)] // g\n    let s = "\n// h\n"; /* i */\n'
        "    /* j */ k();\n}\nmacro_rules! m { () => {\n$(#[$l])*\n} }\n"
    )
    rows = comment_layers(context(text)).at(0)
    for row in reversed(range(17)):  # upwards, as they are read
        rows.kind(row)
    code, comment, attribute = Row.CODE, Row.LINE_COMMENT, Row.ATTRIBUTE
    assert [rows.kind(row) for row in range(5)] == [code, Row.BLANK, comment, code, Row.BLOCK_COMMENT]
    assert [rows.kind(row) for row in range(5, 9)] == [attribute] * 4
    assert [rows.kind(row) for row in range(9, 17)] == [*[code] * 6, attribute, code]
    assert (rows.kind(-1), rows.kind(99)) == (Row.OUTSIDE, Row.OUTSIDE)


def test_places() -> None:
    for text, placement in (
        ("fn f() {\n// SAFETY: a\nunsafe { g() }\n}", Placement.ABOVE),
        ("fn f() {\nlet x = // SAFETY: a\nunsafe { g() };\n}", Placement.BEHIND_CODE),
        ("fn f() {\nunsafe {\n// SAFETY: a\ng() }\n}", Placement.INSIDE),
        ("fn f() {\n// SAFETY: a\nlet x =\nunsafe { g() };\n}", Placement.STATEMENT),
        ("m! {\n// SAFETY: a\nx: unsafe { g() }\n}", Placement.ABOVE),
        ("macro_rules! m {\n($x:expr) => {\n// SAFETY: a\nlet x =\nunsafe { $x }; } }", Placement.STATEMENT),
        ("/// ```\n/// # // SAFETY: a\n/// unsafe { g() }\n/// ```\nfn f() {}", Placement.ABOVE),
    ):
        found = documented(text)
        assert found is not None, text
        assert (found.placement, found.section.text) == (placement, "a"), text


def test_the_text_of_a_comment_inside_goes_over_its_lines() -> None:
    found = documented("fn f() {\nunsafe {\n// SAFETY: a\n// b\ng() }\n}")
    assert found is not None
    assert found.section.text == "a\nb"


@pytest.mark.parametrize(
    ("text", "tag", "kind"),
    [
        ("fn f() {\n// PANIC: never\nlet x = y\n.unwrap();\n}", "PANIC", "call_expression"),
        ("fn f() {\n// CAST: fits\nlet x = g(\ny as u32,\n);\n}", "CAST", "type_cast_expression"),
        ("fn f() {\nSelf {\n// CAST: fits\na: y as u32 }\n}", "CAST", "type_cast_expression"),
        (
            "fn f() {\n// INVARIANT: holds\n// SAFETY: too\nlet x =\nFoo { a: 1 };\n}",
            "INVARIANT",
            "struct_expression",
        ),
        (
            "fn f() {\npin_init!(Foo {\n// CAST: fits\na <- g(y as u32),\n})\n}",
            "CAST",
            "type_cast_expression",
        ),
    ],
)
def test_other_tags_at_other_code(text: str, tag: str, kind: str) -> None:
    found = documented(text, tag, kind)
    assert found is not None
    assert found.section.tag == tag
    assert documented(text, "ORDERING", kind) is None


def test_the_line_that_counts_can_be_that_of_the_method() -> None:
    cx = context("fn f() {\nx\n// PANIC: never\n.unwrap()\n}")
    call = only(cx, "call_expression")
    assert documentation_of(cx, call, "PANIC") is None
    method = cx.source.data.index(b"unwrap")
    assert documentation_of(cx, call, "PANIC", at=method) is not None


def test_an_unsafe_keyword() -> None:
    cx = context("unsafe impl A for B {}\nimpl C {}\n")
    first, second = (node for node in cx.parsed.root.children if node.type == "impl_item")
    keyword = unsafe_keyword(first)
    assert keyword is not None
    assert (keyword.start_byte, unsafe_keyword(second)) == (0, None)


def test_all_comments_with_a_tag() -> None:
    cx = context(
        "// SAFETY: a\nfn f() {\n    g(); // SAFETY: b\n    /* SAFETY: c */\n    h!(/* SAFETY: d */ i);\n}\n"
        "/// SAFETY: e\n/// ```\n/// // SAFETY: f\n/// x();\n/// ```\nfn j() {}\n"
    )
    assert sorted(section.text for section, _ in tagged_comments(cx, "SAFETY"))[:4] == ["a", "b", "c", "d"]
    texts = [section.text.partition("\n")[0] for section, _ in tagged_comments(cx, "SAFETY")]
    assert sorted(texts) == ["a", "b", "c", "d", "e", "f"]
    assert list(tagged_comments(cx, "CAST")) == []


def test_a_comment_beside_the_code() -> None:
    cx = context("fn f() { unsafe { g() } } // SAFETY: a")
    beside = comment_beside(cx, only(cx, "unsafe_block"), "SAFETY")
    assert beside is not None
    assert beside.text == "a"
    assert comment_beside(cx, only(cx, "unsafe_block"), "CAST") is None


def test_the_anchor_of_an_argument_in_pieces_of_a_macro_call() -> None:
    # Neither call parses as a whole; in the first one the block is an argument, in the second one a field's value.
    direct = context("fn f() {\nm!(a => b,\nunsafe { g() });\n}")
    anchor = statement_anchor(direct, only(direct, "unsafe_block"))
    assert anchor is not None
    assert direct.source.row(anchor.offset) == 1
    nested = context("fn f() {\nm!(a => b, {\nc => unsafe { g() },\n});\n}")
    anchor = statement_anchor(nested, only(nested, "unsafe_block"))
    assert anchor is not None
    assert nested.source.row(anchor.offset) == 2


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("fn f() {\n\tunsafe { g() }\n}\n", "fn f() {\n\t// TODO\n\tunsafe { g() }\n}\n"),
        ("fn f() {\r\n  unsafe { g() }\r\n}\r\n", "fn f() {\r\n  // TODO\r\n  unsafe { g() }\r\n}\r\n"),
        ("fn f() { unsafe { g() } }", "fn f() {\n    // TODO\n    unsafe { g() } }"),
        ("fn f() {\nlet x =\n unsafe { g() };\n}", "fn f() {\n// TODO\nlet x =\n unsafe { g() };\n}"),
        ("fn f() {\nh(); unsafe { g() }\n}", "fn f() {\nh();\n    // TODO\n    unsafe { g() }\n}"),
        ("if a {\n} else { unsafe { g() } }", "if a {\n} else {\n    // TODO\n    unsafe { g() } }"),
        ("fn f() {\nif a { unsafe { g() } }\n}", "fn f() {\n// TODO\nif a { unsafe { g() } }\n}"),
        ('fn f() {\nh("\n", unsafe { g() })\n}', 'fn f() {\n// TODO\nh("\n", unsafe { g() })\n}'),
        ('fn f() {\nlet x = "\n"; unsafe { g() }\n}', 'fn f() {\nlet x = "\n";\n    // TODO\n    unsafe { g() }\n}'),
        ("/// ```\n/// # unsafe { g() }\n/// ```\n", "/// ```\n/// # // TODO\n/// # unsafe { g() }\n/// ```\n"),
        ("fn f() {\nm!(\n unsafe { g() },\n)\n}", "fn f() {\n// TODO\nm!(\n unsafe { g() },\n)\n}"),
        ("fn f() {\npr_info!(\n unsafe { g() },\n)\n}", "fn f() {\npr_info!(\n // TODO\n unsafe { g() },\n)\n}"),
    ],
)  # fmt: skip
def test_where_a_missing_comment_goes(before: str, after: str) -> None:
    cx = context(before)
    edit = comment_insertion(cx, only(cx, "unsafe_block"), "TODO")
    data = before.encode()
    assert (data[: edit.span.start] + edit.text.encode() + data[edit.span.end :]).decode() == after


def findings(data: bytes) -> tuple[Finding, ...]:
    rules = [rule() for rule in builtin_rules() if rule.meta.name == RULE]
    result = lint_source(SourceFile("drivers/demo.rs", data), Lint(rules, doc_code=True, report_unused=False))
    assert not result.crashes
    return result.findings


@pytest.mark.parametrize("path", [*FIXTURES, *INPUTS], ids=lambda path: path.stem)
@pytest.mark.parametrize("ending", [b"\n", b"\r\n"], ids=["lf", "crlf"])
def test_each_fix_silences_its_finding_and_the_file_still_parses(path: Path, ending: bytes) -> None:
    data = read_fixture(path).source.data.replace(b"\r\n", b"\n").replace(b"\n", ending)
    before = findings(data)
    errors = parse_file(SourceFile("a.rs", data)).root.has_error
    for finding in before:
        assert finding.fix is not None
        (edit,) = finding.fix.edits
        fixed = data[: edit.span.start] + edit.text.encode() + data[edit.span.end :]
        assert edit.text.count("// SAFETY:") == 1
        assert edit.text.rstrip(" /#\r\n").endswith("TODO")
        moved = finding.span.start + len(edit.text.encode()) - (edit.span.end - edit.span.start)
        after = findings(fixed)
        assert moved not in {other.span.start for other in after}, finding
        assert len(after) < len(before)
        assert parse_file(SourceFile("a.rs", fixed)).root.has_error == errors
        assert ending == b"\n" or b"\n" not in edit.text.encode().replace(b"\r\n", b"")


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_a_file_cut_off_anywhere_is_read_all_the_same(path: Path) -> None:
    data = path.read_bytes()
    for end in range(0, len(data), 211):
        findings(data[:end])
        if parse_file(SourceFile("a.rs", data[:end])).refusal is None:
            list(tagged_comments(context(data[:end].decode("utf-8", "ignore")), "SAFETY"))


def test_many_blocks_below_one_comment_read_it_once() -> None:
    cx = context("fn f() {\n" + "// x\n" * 500 + "\n" * 500 + "h(" + "unsafe { g() }, " * 500 + ");\n}\n")
    rows = comment_layers(cx).at(0)
    blocks = kind_query(frozenset({"unsafe_block"})).search(cx.parsed.root)["unsafe_block"]
    assert [documentation_of(cx, block, "SAFETY") for block in blocks] == [None] * 500
    assert len({id(rows.run_above(rows.source.row(block.start_byte))) for block in blocks}) == 1
