"""Questions to several files' facts, and answers that never pick one of several."""

from __future__ import annotations

from rfl_lint.facts import extract_facts
from rfl_lint.index import Index
from rfl_lint.source import SourceFile
from rfl_lint.syntax import parse_file


def index(*texts: str) -> Index:
    """An index over files named a.rs, b.rs, and so on."""
    names = "abcdef"
    return Index(
        extract_facts(parse_file(SourceFile(f"{names[i]}.rs", text.encode()))) for i, text in enumerate(texts)
    )


def test_methods_of_two_types_are_kept_apart() -> None:
    found = index("impl A { fn f(&self) -> u8 {1} } impl B { fn f(&self) -> u16 {1} } fn f() {}")
    assert found.methods("A", "f").only is not None
    assert found.methods("A", "f").agreed(lambda fact: fact.returns) == "u8"
    assert found.methods("B", "f").agreed(lambda fact: fact.returns) == "u16"
    assert found.functions("f").agreed(lambda fact: fact.owner) == ""
    assert found.methods("C", "f").is_unknown
    assert found.methods("", "f").is_unknown


def test_same_name_twice_is_ambiguous_unless_both_agree() -> None:
    found = index(
        "struct S { a: u8, b: u8 } mod m { struct S { a: u8, b: u16 } } struct T { a: u8 } mod n { struct T { a: u8 } }"
    )
    assert found.type("S").is_ambiguous
    assert found.type("S").only is None
    assert found.fields("S") is None
    assert found.field_type("S", "a") == "u8"
    assert found.field_type("S", "b") is None
    assert found.type("T").only is not None
    assert found.field_type("T", "a") == "u8"


def test_field_that_one_definition_lacks_is_unknown() -> None:
    found = index("struct S { a: u8 } mod m { struct S { b: u8 } }")
    assert found.field_type("S", "a") is None
    assert found.field_type("S", "c") is None
    assert found.field_type("Unknown", "a") is None


def test_the_asking_file_comes_first() -> None:
    found = index("struct S { a: u8 }", "struct S { a: u16 }", "struct U;")
    assert found.type("S").is_ambiguous
    assert found.field_type("S", "a", near="a.rs") == "u8"
    assert found.field_type("S", "a", near="b.rs") == "u16"
    assert found.field_type("S", "a", near="c.rs") is None


def test_implementations() -> None:
    found = index("impl<T> core::ops::Drop for a::Foo<T> {} impl From<u8> for Foo<u8> {}")
    assert found.implements("Foo", "Drop")
    assert found.implements("Foo", "From")
    assert not found.implements("Foo", "Send")
    assert len(found.impls("Foo")) == 2


def test_imports() -> None:
    found = index("use kernel::alloc::KVec as V; use x::A; mod m { use y::A; } use b::C;")
    assert found.imported("a.rs", "V") == "kernel::alloc::KVec"
    assert found.original_name("a.rs", "V") == "KVec"
    assert found.imported("a.rs", "A") is None
    assert found.original_name("a.rs", "A") == "A"
    assert found.imported("b.rs", "C") is None
