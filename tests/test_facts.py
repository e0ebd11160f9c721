"""What one file says."""

from __future__ import annotations

import pickle

import pytest

from rfl_lint.facts import FileFacts, FunctionFact, TypeFact, expand_use, extract_facts, head_name
from rfl_lint.source import SourceFile
from rfl_lint.syntax import parse_file


def facts_of(text: str, *, doc_code: bool = False) -> FileFacts:
    return extract_facts(parse_file(SourceFile("a.rs", text.encode()), doc_code=doc_code))


def function(text: str) -> FunctionFact:
    (found,) = facts_of(text).functions
    return found


def type_fact(text: str) -> TypeFact:
    (found,) = facts_of(text).types
    return found


def test_function_of_an_impl() -> None:
    fact = function(
        "impl<'a, T: X> a::Foo<'a, T> { #[inline] pub(crate) const unsafe fn f<U>(&'a mut self, mut p: *mut T, "
        "(x, y): (u8, u8)) -> Result<Self> where U: X { x } }"
    )
    assert (fact.name, fact.owner, fact.owner_type, fact.trait) == ("f", "Foo", "a::Foo<'a, T>", "")
    assert (fact.receiver, fact.returns, fact.generics) == ("&mut self", "Result<Self>", "<U>")
    assert [(param.name, param.type) for param in fact.params] == [("p", "*mut T"), ("(x, y)", "(u8, u8)")]
    assert fact.attributes == ("#[inline]",)
    assert fact.is_unsafe
    assert fact.is_pub
    assert fact.has_body


@pytest.mark.parametrize(
    ("written", "receiver"),
    [
        ("", ""),
        ("self", "self"),
        ("mut self", "self"),
        ("&self", "&self"),
        ("&'a self", "&self"),
        ("&mut self", "&mut self"),
        ("&'mutable self", "&self"),
        ("self: Pin<&mut Self>", "self: Pin<&mut Self>"),
        ("mut self: Box<Self>", "self: Box<Self>"),
        ("this: &Self", ""),
    ],
)
def test_receiver(written: str, receiver: str) -> None:
    assert function(f"impl Foo {{ fn f({written}) {{}} }}").receiver == receiver


def test_owner_is_the_innermost_scope() -> None:
    text = """
    impl Outer for Foo { fn a() { fn b() {} impl Bar { fn c() {} } } fn d() {} }
    trait Tr { fn e(&self); fn f(&self) {} }
    fn g() {}
    mod m { impl Foo { fn h() {} } }
    extern "C" { fn i(); }
    """
    owners = {fact.name: (fact.owner, fact.trait, fact.module) for fact in facts_of(text).functions}
    assert owners == {
        "a": ("Foo", "Outer", ""), "b": ("", "", ""), "c": ("Bar", "", ""), "d": ("Foo", "Outer", ""),
        "e": ("Tr", "Tr", ""), "f": ("Tr", "Tr", ""), "g": ("", "", ""), "h": ("Foo", "", "m"), "i": ("", "", ""),
    }  # fmt: skip
    assert {fact.name for fact in facts_of(text).functions if not fact.has_body} == {"e", "i"}


def test_items_in_macros_belong_to_what_is_around_the_macro() -> None:
    text = """
    macro_rules! make { ($name:ident) => { struct $name { a: u8 } impl $name { fn f(&self) {} } } }
    impl Foo { some_macro! { fn g(&self) {} } }
    """
    facts = facts_of(text)
    assert {fact.name: fact.owner for fact in facts.functions} == {"f": "$name", "g": "Foo"}
    assert [fact.name for fact in facts.types] == ["$name"]


def test_doc_examples_say_nothing_about_the_file() -> None:
    text = "/// ```\n/// struct Foo;\n/// ```\nfn f() {}\n"
    assert facts_of(text, doc_code=True).types == ()


def test_struct() -> None:
    fact = type_fact(
        "#[pin_data]\n// why\n/// doc\n#[repr(C)] pub struct Foo<'a, T> { #[pin] a: KVec<T>, pub b: &'a u8 }"
    )
    assert (fact.name, fact.kind, fact.generics, fact.is_pub) == ("Foo", "struct", "<'a, T>", True)
    assert [(field.name, field.type) for field in fact.fields] == [("a", "KVec<T>"), ("b", "&'a u8")]
    assert fact.fields[0].attributes == ("#[pin]",)
    assert fact.attributes == ("#[pin_data]", "#[repr(C)]")


def test_tuple_struct_enum_union_alias() -> None:
    tuple_struct = type_fact("struct T(pub u8, #[pin] KVec<u8>);")
    assert [(field.name, field.type) for field in tuple_struct.fields] == [("0", "u8"), ("1", "KVec<u8>")]
    enum = type_fact("enum E { A, B(u8), C { x: u8 } }")
    assert [(field.name, field.type) for field in enum.fields] == [
        ("A", ""),
        ("B", "(u8)"),
        ("C", "{ x: u8 }"),
    ]
    assert type_fact("union U { a: u8, b: u16 }").kind == "union"
    alias = type_fact("type A<T> = KVec<T>;")
    assert (alias.kind, alias.generics, alias.target) == ("alias", "<T>", "KVec<T>")


def test_associated_types_are_no_types_of_the_file() -> None:
    assert [fact.name for fact in facts_of("trait T { type A; } impl T for u8 { type A = u8; }").types] == [
        "T"
    ]


def test_attribute_of_another_item_is_not_taken() -> None:
    assert type_fact("#[derive(X)] const A: u8 = 1;\nstruct S;").attributes == ()
    assert type_fact("#![allow(x)]\nstruct S;").attributes == ()


def test_impls() -> None:
    (fact,) = facts_of("unsafe impl<T> Send for a::Foo<T> where T: Send {}").impls
    assert (fact.type, fact.owner, fact.trait) == ("a::Foo<T>", "Foo", "Send")
    assert (fact.generics, fact.where, fact.is_unsafe) == ("<T>", "where T: Send", True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a::B", [("a::B", "B")]),
        ("a::B as C", [("a::B", "C")]),
        ("a::*", [("a::*", "")]),
        ("::core::ptr", [("core::ptr", "ptr")]),
        ("a::{self, B as C, d::{E, *},}", [("a", "a"), ("a::B", "C"), ("a::d::E", "E"), ("a::d::*", "")]),
        ("{a::B, c::D}", [("a::B", "B"), ("c::D", "D")]),
        ("a::{\n    b::C, //\n    d, // x, y\n}", [("a::b::C", "C"), ("a::d", "d")]),
        ("a", [("a", "a")]),
        ("a::{}", []),
        ("a::{{b}, }}", [("a::b", "b")]),
    ],
)
def test_use(text: str, expected: list[tuple[str, str]]) -> None:
    assert list(expand_use(text)) == expected


def test_use_facts() -> None:
    glob, named = facts_of("use a::*; mod m { use b::C as D; }").uses
    assert (glob.path, glob.alias, glob.glob, glob.module) == ("a", "", True, "")
    assert (named.path, named.alias, named.glob, named.module) == ("b::C", "D", False, "m")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("&'a mut a::Foo<T>", "Foo"),
        ("*const Foo", "Foo"),
        ("dyn Foo", "Foo"),
        ("<T as Trait>::Item", ""),
        ("[u8]", ""),
        ("(A, B)", ""),
        ("$name<T>", "$name"),
    ],
)
def test_head_name(text: str, name: str) -> None:
    assert head_name(text) == name


def test_facts_are_plain_data() -> None:
    facts = facts_of("use a::B; #[x] struct S { a: u8 } impl S { fn f(&self, x: u8) -> u8 { x } }")
    assert pickle.loads(pickle.dumps(facts)) == facts  # noqa: S301 - our own bytes


def test_comments_between_attribute_and_item_cost_nothing_special() -> None:
    comments = "/* a */ " * 2000
    assert type_fact(f"#[x] {comments} struct S;").attributes == ("#[x]",)
    assert type_fact(f"#[x] {comments} const A: u8 = 1; struct S;").attributes == ()


def test_modules_macros_and_associated_types() -> None:
    facts = facts_of(
        'mod a; #[path = "x.rs"] pub mod b; mod c { mod d { } }\n'
        "#[macro_export] macro_rules! m { () => { fn f() {} struct S; } }\n"
        "impl Deref for T { type Target = U; fn deref(&self) -> &U { x } }"
    )
    assert [(mod.name, mod.module, mod.inline) for mod in facts.modules] == [
        ("a", "", False), ("b", "", False), ("c", "", True), ("d", "c", True)
    ]  # fmt: skip
    assert facts.modules[1].attributes == ('#[path = "x.rs"]',)
    assert [(macro.name, macro.is_exported, macro.defines) for macro in facts.macros] == [
        ("m", True, ("f", "S"))
    ]
    (impl,) = facts.impls
    assert impl.types == (("Target", "U"),)


def test_sections_of_docs() -> None:
    facts = facts_of(
        "//! # Safety model\n\n/// One.\n///\n/// # Safety\n///\n/// ```\n/// # use x::Y;\n/// ```\n/// # Panics\n"
        "#[inline]\npub unsafe fn f() {}\n\nfn g() {}\n\n    /// # Invariants\n    pub struct S;\n"
    )
    assert [fact.sections for fact in facts.functions] == [("safety", "panics"), ()]
    assert [fact.sections for fact in facts.types] == [("invariants",)]
    assert facts.sections == ("safety model",)


def test_bindings_that_a_file_mentions() -> None:
    text = "use crate::bindings::{c, d as e}; fn f() { bindings::b(); let _ = Some(bindings::a); } // bindings::not"
    assert facts_of(text).bindings == ("a", "b", "c", "d")


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        (
            "fn f(p: *const T) { if (x) { g(p); h::<T>(p) } p.map(Arc::from_raw); }",
            ("g", "h", "map", "from_raw"),
        ),
        ("fn f(p: NonNull<T>) { g(p) }", ("g",)),
        ("fn f(p: &T) { g(p) }", ()),
        ("fn f(p: *const T);", ()),
    ],
)
def test_calls_of_functions_that_take_a_pointer(text: str, calls: tuple[str, ...]) -> None:
    assert function(text).calls == calls


def test_raw_identifiers_are_the_names_that_they_keep_apart_from_keywords() -> None:
    text = "mod r#gen; use a::{r#type as r#fn, r#match}; fn r#try() {} struct r#Self2; macro_rules! r#mac { () => {} }"
    found = facts_of(text)
    assert [use.path + " " + use.alias for use in found.uses] == ["a::type fn", "a::match match"]
    assert found.functions[0].name == "try"
    assert [found.modules[0].name, found.types[0].name, found.macros[0].name] == ["gen", "Self2", "mac"]
