"""Which item a doc comment documents, and what docs say on safety."""

from __future__ import annotations

import pytest

from rfl_lint.analysis.documentation.items import docs_in_attributes, documented, is_hidden
from rfl_lint.analysis.documentation.safety import SafetyForm, safety_docs, safety_in
from rfl_lint.doc_text import DocComments
from rfl_lint.rule import Context
from rfl_lint.source import SourceFile
from rfl_lint.syntax import Node
from rfl_lint.syntax.parsed import parse_file
from rfl_lint.tree import KernelTree
from rfl_lint.workspace import Workspace


def context(code: str) -> Context:
    return Workspace(KernelTree()).entered(parse_file(SourceFile("drivers/demo.rs", code.encode())))


def function(cx: Context, name: str) -> Node:
    every = [
        node
        for fragment in cx.parsed.fragments
        for node in fragment.find(frozenset({"function_item"})).get("function_item", ())
    ]
    found = [node for node in every if cx.text(node).partition("(")[0].endswith(f"fn {name}")]
    return found[0]


def test_each_doc_comment_has_its_item() -> None:
    cx = context(
        """\
//! file
/// struct
struct A {
    /// field
    a: u32,
}
/// enum
enum B {
    /// variant
    C,
}
mod d {
    //! module
}
define! {
    /// in a call
    fn e() {}
}
macro_rules! f {
    ($vis:vis) => {
        /// in a body
        $vis fn g() {}
    };
}
const TEXT: &str = "
/// string
fn h() {}
";
/*
/// comment
*/
fn i() {
    /// statement
    let j = 1;
}
"""
    )
    found = [
        (each.docs.text(each.docs.lines[0]), each.item.type if each.item is not None else "")
        for each in documented(cx)
    ]
    assert found == [
        ("file", "source_file"),
        ("struct", "struct_item"),
        ("field", "field_declaration"),
        ("enum", "enum_item"),
        ("variant", "enum_variant"),
        ("module", "mod_item"),
        ("in a call", "function_item"),
        ("in a body", "function_item"),
        ("statement", ""),
    ]


@pytest.mark.parametrize(
    ("attribute", "text"),
    [
        ('#[doc = "a"]', "a"),
        ('#[doc = "a\\n\\"b"]', 'a\n"b'),
        ('#[doc = r"a\\n"]', "a\\n"),
        ('#[doc = r#"a"b"#]', 'a"b'),
        ('#[doc = "a"]\n#[inline]\n/// x\n#[doc = "b"]', "a\nb"),
        ('#[doc(alias = "a")]', ""),
        ('#[doc = include_str!("a")]', None),
        ('#[doc = concat!("a", "b")]', None),
        ('#[cfg_attr(doc, doc = "a")]', None),
        ("", ""),
    ],
)
def test_docs_in_attributes(attribute: str, text: str | None) -> None:
    cx = context(f"{attribute}\nfn f() {{}}\n")
    assert docs_in_attributes(cx, function(cx, "f")) == text


def test_docs_that_a_macro_is_given_are_not_there_to_read() -> None:
    cx = context("macro_rules! m { () => {\n $(#[$a])*\n fn f() {}\n #[$b]\n fn g() {}\n fn h() {}\n } }\n")
    assert [docs_in_attributes(cx, function(cx, name)) for name in "fgh"] == [None, None, ""]


def test_hidden_items() -> None:
    cx = context(
        '#[doc(hidden)]\nfn f() {}\n#[doc(alias = "hidden")]\nfn g() {}\n#[doc(hidden)]\nmod a { fn h() {} }\n'
    )
    assert [is_hidden(cx, function(cx, name)) for name in "fgh"] == [True, False, False]


@pytest.mark.parametrize(
    ("lines", "form"),
    [
        (["# Safety"], SafetyForm.HEADING),
        (["# Implementation Safety"], SafetyForm.HEADING),
        (["# Usage", "## Safety"], SafetyForm.HEADING),
        (["## Safety"], SafetyForm.ODD_HEADING),
        (["# SAFETY"], SafetyForm.ODD_HEADING),
        (["# Safety:"], SafetyForm.ODD_HEADING),
        (["# Saftey"], SafetyForm.ODD_HEADING),
        (["# Safety requirements"], SafetyForm.ODD_HEADING),
        (["#Safety"], SafetyForm.ODD_HEADING),
        (["## Safety", "", "# Safety"], SafetyForm.HEADING),
        (["Safety: must hold."], SafetyForm.MARKER),
        (["SAFETY: must hold."], SafetyForm.MARKER),
        (["Safety is good."], None),
        (["# Safety of floats"], None),
        (["```", "# Safety", "#Safety", "// SAFETY: no", "```"], None),
    ],
)
def test_forms_of_safety_docs(lines: list[str], form: SafetyForm | None) -> None:
    data = "".join(f"/// {line}\n" for line in lines).encode() + b"fn f() {}\n"
    (docs,) = DocComments(data).outer.values()
    found = safety_in(docs)
    assert (found.form if found is not None else None) == form


def test_safety_docs_in_attributes_stand_elsewhere() -> None:
    cx = context('#[doc = "# Safety"]\nfn f() {}\n#[doc = "Safety"]\nfn g() {}\n')
    found = [safety_docs(cx, function(cx, name)) for name in "fg"]
    assert [each.form if each is not None else None for each in found] == [SafetyForm.ELSEWHERE, None]
