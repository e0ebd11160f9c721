"""Tags and constructs: what code a comment speaks for, what asks for a comment, and that both twins agree."""

from __future__ import annotations

from pathlib import Path

import pytest

from rfl_lint.analysis.comments.documentation import documentation_of, tagged_comments
from rfl_lint.analysis.comments.subject import subject_of
from rfl_lint.analysis.tags.constructs import CONSTRUCT_KINDS, construct_of, undocumented
from rfl_lint.analysis.tags.needless import needless_comments, without_marker
from rfl_lint.analysis.tags.table import tag_table
from rfl_lint.facts import extract_facts
from rfl_lint.index import Index
from rfl_lint.rule import Context
from rfl_lint.source import SourceFile
from rfl_lint.syntax import Node, parse_file
from rfl_lint.tables import Tables
from rfl_lint.testing import read_fixture
from rfl_lint.tree import KernelTree, Role

HERE = Path(__file__).parent
TEXTS = [
    *sorted((HERE.parent / "fixtures").glob("s*/*-comment/*.rs")),
    *sorted((HERE / "clippy").glob("*.rs")),
]


def context(text: str, additions: dict[str, dict[str, object]] | None = None) -> Context:
    parsed = parse_file(SourceFile("drivers/demo.rs", text.encode()))
    facts = extract_facts(parsed)
    tables = Tables(additions or {})
    return Context(parsed, KernelTree(), Role.DRIVER, facts, Index([facts]), tables=tables)


def sites(cx: Context) -> list[Node]:
    found = [
        node
        for piece in cx.parsed.fragments
        for nodes in piece.find(CONSTRUCT_KINDS).values()
        for node in nodes
    ]
    return sorted(found, key=lambda node: node.start_byte)


def asked(text: str, tag: str, additions: dict[str, dict[str, object]] | None = None) -> list[str]:
    cx = context(text, additions)
    found = [undocumented(cx, node, tag) for node in sites(cx)]
    return [f"{each.what} {each.detail}".strip() for each in found if each is not None]


def subject(text: str) -> str | None:
    """What the first comment with the tag `CALC` speaks for."""
    cx = context(text)
    section, run = next(tagged_comments(cx, "CALC"))
    found = subject_of(cx, run)
    assert section.tag == "CALC"
    return None if found is None else cx.text(found.node)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("// CALC: a\n let x = f(1);\n g();", "let x = f(1);"),
        ("// CALC: a\n\n #[inline]\n // more\n let x = 1;", "let x = 1;"),
        ("/* CALC: a */\n g();", "g();"),
        ("// CALC: a\n /* b */\n g();", "g();"),
        ("// CALC: a\n #[cfg(a)] let x = 1;", "let x = 1;"),
        ("f(\n// CALC: a\n 1, 2);", "1"),
        ("f(1) // CALC: a\n .g();", "f(1) // CALC: a\n .g();"),
        ("f(1)\n // CALC: a\n .g();", "f(1)\n // CALC: a\n .g();"),
        ("g(); // CALC: a\n h();", "g();"),
        ("if c { // CALC: a\n h(); }", "if c { // CALC: a\n h(); }"),
        ("match c {\n // CALC: a\n 1 => f(),\n _ => g(), }", "1 => f(),"),
        ("S {\n // CALC: a\n x: f(),\n y: 2 };", "x: f()"),
        ("let x = init!(S {\n // CALC: a\n x: f(),\n y <- g() });", "x: f()"),
        ("g();\n // CALC: a\n", None),
        ("g([\n 1,\n // CALC: a\n ]);", None),
        ("unread!(a b c\n // CALC: a\n d);", None),
    ],
)
def test_what_a_comment_speaks_for(body: str, expected: str | None) -> None:
    assert subject(f"fn demo() {{\n{body}\n}}\n") == expected


def test_both_sides_of_a_cfg_belong_to_one_comment() -> None:
    text = "fn f() {\n // CALC: a\n #[cfg(a)]\n g();\n #[cfg(not(a))]\n h();\n i();\n}\n"
    cx = context(text)
    found = subject_of(cx, next(tagged_comments(cx, "CALC"))[1])
    assert found is not None
    assert text.encode()[: found.span.end].endswith(b"h();")


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
@pytest.mark.parametrize("tag", ["SAFETY", "CAST", "ORDERING", "FORGET", "PANIC"])
def test_no_comment_that_something_asks_for_is_needless(path: Path, tag: str) -> None:
    cx = context(read_fixture(path).source.data.decode())
    wanted = {
        found.section.marker
        for node in sites(cx)
        if (construct := construct_of(cx, node, tag, strict=True)) is not None
        and (found := documentation_of(cx, node, tag, at=construct.span.start)) is not None
    }
    assert wanted.isdisjoint(found.section.marker for found in needless_comments(cx, tag))


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("u8", "u16", False),
        ("u8", "i16", False),
        ("u8", "i8", True),
        ("i8", "i64", False),
        ("i8", "u64", True),
        ("u32", "usize", False),
        ("i32", "isize", False),
        ("u32", "isize", True),
        ("usize", "u64", False),
        ("usize", "u32", True),
        ("usize", "isize", True),
        ("u64", "usize", True),
        ("u16", "usize", False),
        ("usize", "i128", False),
        ("u64", "i128", False),
        ("u128", "u64", True),
        ("c_int", "i32", False),
        ("c_ulong", "u64", False),
        ("c_ulong", "u32", True),
        ("bool", "u8", False),
        ("Unknown", "u8", False),
    ],
)
def test_which_integer_casts_may_change_a_value(source: str, target: str, *, expected: bool) -> None:
    assert bool(asked(f"fn f(x: {source}) {{ g(x as {target}); }}", "CAST")) is expected


def test_a_user_adds_functions_to_a_tag_and_tags_of_their_own() -> None:
    added: dict[str, dict[str, object]] = {
        "comment_tags": {
            "tags": {
                "FORGET": {"functions": ["KBox::leak"]},
                "LEAK": {"functions": ["Pool::give", ".hand_out(_)"], "macros": ["leak"]},
            }
        }
    }
    calls = "KBox::leak(b); b.leak(); p.give(); q.hand_out(1); q.hand_out(); leak!(q)"
    text = f"fn f(b: KBox<u8>, p: Pool, q: Q) {{ {calls} }}"
    assert asked(text, "FORGET") == []
    assert asked(text, "FORGET", added) == ["function leak", "function leak"]
    assert asked(text, "LEAK", added) == ["function give", "function hand_out", "macro leak!"]
    assert asked(text, "LEAK") == []
    cx = context("fn f(p: Pool, n: u8) {\n // LEAK: a\n let a = n;\n // LEAK: b\n p.give();\n}", added)
    assert [found.code for found in needless_comments(cx, "LEAK")] == ["let a = n"]
    assert tag_table(cx) is tag_table(cx)


def test_the_marker_is_dropped_where_that_leaves_a_sentence() -> None:
    text = "fn f() {\n // SAFETY: One.\n a();\n // SAFETY:\n b();\n // INVARIANT, SAFETY: Two.\n c();\n"
    text += " // INVARIANT: Three.\n // SAFETY: Four.\n d();\n}"
    cx = context(text)
    fixes = [without_marker(cx, found) for found in needless_comments(cx, "SAFETY")]
    edits = [fix.edits[0] for fix in fixes if fix is not None]
    assert len(fixes) == 4
    assert [text[edit.span.start : edit.span.end] for edit in edits] == ["SAFETY: "]
