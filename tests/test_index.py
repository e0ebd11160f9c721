"""Questions to several files' facts, and answers that never pick one of several."""

from __future__ import annotations

import time

import pytest

from rfl_lint.facts import FileFacts, extract_facts
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
    assert found.implements("Foo", "Drop", near="a.rs")
    assert found.implements("Foo", "From", near="a.rs")
    assert not found.implements("Foo", "Send", near="a.rs")
    assert not found.implements("Foo", "Drop", near="b.rs")
    assert len(found.impls("Foo")) == 2


def test_imports() -> None:
    found = index("use kernel::alloc::KVec as V; use x::A; mod m { use y::A; } use b::C;")
    assert found.imported("a.rs", "V") == "kernel::alloc::KVec"
    assert found.original_name("a.rs", "V") == "KVec"
    assert found.imported("a.rs", "A") is None
    assert found.original_name("a.rs", "A") == "A"
    assert found.imported("b.rs", "C") is None


def tree(**files: str) -> Index:
    """An index over files; `a__b` stands for the path `a/b.rs`."""
    paths = {name.replace("__", "/") + ".rs": text for name, text in files.items()}
    return Index(extract_facts(parse_file(SourceFile(path, text.encode()))) for path, text in paths.items())


def types_of(found: Index, name: str, near: str, module: str | None = None) -> list[str]:
    return [f"{fact.path}:{fact.module}" for fact in found.type(name, near=near, module=module).candidates]


KERNEL = {
    "rust__kernel__lib": "pub mod sync; pub mod prelude; pub mod a;",
    "rust__kernel__sync": "mod arc; pub use arc::Arc; #[doc(inline)] pub use self::arc::{Weak as W, *};",
    "rust__kernel__sync__arc": "pub struct Arc; pub struct Weak; pub struct Other; struct Private;",
    "rust__kernel__prelude": "pub use crate::sync::Arc; pub use super::a::{self, inner::Deep};",
    "rust__kernel__a": "use super::sync::Private; pub mod inner { pub struct Deep; pub struct Same; } pub struct Same;",
}


@pytest.mark.parametrize(
    ("text", "name", "path"),
    [
        ("use kernel::sync::Arc;", "Arc", "rust/kernel/sync/arc.rs:"),
        ("use kernel::sync::Arc as A;", "A", "rust/kernel/sync/arc.rs:"),
        ("use kernel::{sync::{W}, a};", "W", "rust/kernel/sync/arc.rs:"),
        ("use kernel::sync;", "sync::Other", "rust/kernel/sync/arc.rs:"),
        ("use kernel::sync::{self, Arc};", "sync::Arc", "rust/kernel/sync/arc.rs:"),
        ("use kernel::sync::*;", "Other", "rust/kernel/sync/arc.rs:"),
        ("use kernel::prelude::*;", "Deep", "rust/kernel/a.rs:inner"),
        ("use kernel::prelude::*;", "a::Same", "rust/kernel/a.rs:"),
        ("", "kernel::a::inner::Same", "rust/kernel/a.rs:inner"),
        ("", "kernel::sync::Nothing", None),
        ("use kernel::prelude::*;", "Private", None),
        ("use kernel::sync::*;", "Private", None),
        ("use core::sync::Arc; use kernel::prelude::*;", "Arc", None),
        ("use kernel::prelude::*; struct Arc;", "Arc", "drivers/d.rs:"),
        ("", "Arc", None),
    ],
)
def test_imports_lead_to_definitions(text: str, name: str, path: str | None) -> None:
    found = tree(**KERNEL, drivers__d=text)
    assert types_of(found, name, "drivers/d.rs") == ([path] if path else [])


def test_paths_of_a_driver_of_several_files() -> None:
    found = tree(
        drivers__x__main="mod a; mod dev; pub struct Top;",
        drivers__x__a="pub mod b; pub struct S; use super::Top; pub fn f() {}",
        drivers__x__a__b="pub struct S; use super::super::dev::Dev as D; use crate::a;",
        drivers__x__dev__mod="pub struct Dev; use super::a::*; mod inner { use super::*; }",
        drivers__y__main="struct Dev; mod a;",
        drivers__y__a="use crate::dev::Dev;",
    )
    assert types_of(found, "D", "drivers/x/a/b.rs") == ["drivers/x/dev/mod.rs:"]
    assert types_of(found, "a::S", "drivers/x/a/b.rs") == ["drivers/x/a.rs:"]
    assert types_of(found, "S", "drivers/x/a/b.rs") == ["drivers/x/a/b.rs:"]
    assert types_of(found, "Top", "drivers/x/a.rs") == ["drivers/x/main.rs:"]
    assert types_of(found, "S", "drivers/x/dev/mod.rs") == ["drivers/x/a.rs:"]
    assert types_of(found, "S", "drivers/x/dev/mod.rs", "inner") == ["drivers/x/a.rs:"]
    assert found.functions("f", near="drivers/x/dev/mod.rs").only is not None
    assert found.functions("crate::a::f", near="drivers/x/main.rs").only is not None
    assert found.functions("f", near="drivers/x/main.rs").is_unknown
    assert types_of(found, "Dev", "drivers/y/a.rs") == []
    assert types_of(found, "crate::Dev", "drivers/y/a.rs") == ["drivers/y/main.rs:"]


def test_drivers_that_share_a_folder_know_nothing_of_each_other() -> None:
    found = tree(
        samples__rust__a="struct S; struct T;", samples__rust__b="struct T; fn f(_: crate::T, _: S) {}"
    )
    assert types_of(found, "S", "samples/rust/b.rs") == []
    assert types_of(found, "crate::T", "samples/rust/b.rs") == ["samples/rust/b.rs:"]


def test_what_is_asked_by_name_alone_is_not_answered_by_other_drivers() -> None:
    found = tree(
        rust__kernel__lib="/// # Invariants\n///\n/// A.\npub struct K; impl K { pub fn go(&self) {} }",
        drivers__a__main="mod part; struct S; impl S { fn go(&self) {} fn own(&self) {} }",
        drivers__a__part="/// # Invariants\n///\n/// A.\nstruct P; impl P { fn go(&self) {} } impl Drop for P {}",
        drivers__b__main="/// # Invariants\n///\n/// A.\nstruct S; impl S { fn go(&self) {} } impl Drop for S {}",
        samples__one="struct S; impl S { fn go(&self) {} }",
        samples__two="/// # Invariants\n///\n/// A.\nstruct T; impl T { fn go(&self) {} fn own(&self) {} }",
    )
    libraries, own = ["rust/kernel/lib.rs"], ["drivers/a/main.rs", "drivers/a/part.rs"]
    for near in own:
        assert [fact.path for fact in found.named("go", near=near)] == own + libraries
        assert found.with_invariants(near) == {"K", "P"}
        assert not found.implements("S", "Drop", near=near)
        assert found.implements("P", "Drop", near=near)
    assert [fact.path for fact in found.named("go", near="samples/one.rs")] == [*libraries, "samples/one.rs"]
    assert found.with_invariants("samples/one.rs") == {"K"}
    assert found.has_method("own", near="samples/two.rs")
    assert not found.has_method("own", near="samples/one.rs")
    assert len(found.named("go")) == 6


def test_files_of_a_driver_whose_root_is_not_there() -> None:
    found = tree(
        drivers__x__a="use crate::b::S; use crate::c::d::T;",
        drivers__x__b="pub struct S;",
        drivers__x__c__d="pub struct T;",
    )
    assert types_of(found, "S", "drivers/x/a.rs") == ["drivers/x/b.rs:"]
    assert types_of(found, "T", "drivers/x/a.rs") == ["drivers/x/c/d.rs:"]


def test_modules_of_one_file_are_kept_apart() -> None:
    found = tree(
        drivers__x="mod a { pub struct S; impl S { fn f() {} } } mod b { pub struct S; use super::a::S as A; }"
    )
    assert types_of(found, "S", "drivers/x.rs", "a") == ["drivers/x.rs:a"]
    assert types_of(found, "A", "drivers/x.rs", "b") == ["drivers/x.rs:a"]
    assert types_of(found, "S", "drivers/x.rs") == ["drivers/x.rs:a", "drivers/x.rs:b"]
    assert found.methods("A", "f", near="drivers/x.rs", module="b").only is not None
    assert found.methods("S", "f", near="drivers/x.rs", module="b").is_unknown
    assert found.methods("a::S", "f", near="drivers/x.rs").only is not None


def test_methods_belong_to_the_definition_and_not_to_its_name() -> None:
    found = tree(
        drivers__x__main="mod a; mod b; use a::S; use b::S as T; type U = b::S; type V = S; struct W(u8);",
        drivers__x__a="pub struct S; impl S { fn f(&self) -> u8 { 1 } }",
        drivers__x__b="pub struct S; mod imp { use super::S as Here; impl Here { fn f(&self) -> u16 { 1 } } }",
    )
    main = "drivers/x/main.rs"
    for name, returns in [("S", "u8"), ("T", "u16"), ("U", "u16"), ("V", "u8"), ("crate::b::S", "u16")]:
        assert found.methods(name, "f", near=main).agreed(lambda fact: fact.returns) == returns
    assert found.methods("W", "f", near=main).is_unknown


def test_default_methods_of_traits() -> None:
    found = tree(
        drivers__x__main="mod t; use t::Get; struct A; struct B; struct C; "
        "impl Get for A {} impl t::Get for B { fn get(&self) -> u16 { 1 } }",
        drivers__x__t="pub trait Get { fn get(&self) -> u8 { 1 } fn none(&self); }",
    )
    main = "drivers/x/main.rs"
    (default,) = found.methods("A", "get", near=main).candidates
    assert default.returns == "u8"
    assert found.methods("B", "get", near=main).agreed(lambda fact: fact.returns) == "u16"
    assert found.methods("C", "get", near=main).is_unknown
    assert found.methods("A", "none", near=main).is_unknown
    assert [fact.returns for fact in found.overriding(default)] == ["u16"]


def test_methods_of_a_type_that_no_file_defines() -> None:
    found = tree(
        rust__kernel__lib="pub mod s;",
        rust__kernel__s="impl Ext for NonNull<u8> { fn f(&self) {} } impl<T> Ext for T { fn f(&self) {} } "
        "impl Gone { fn f() {} }",
        drivers__d="use core::ptr::NonNull; use kernel::s::Gone;",
        drivers__e="impl Mine { fn f(&self) {} }",
    )
    assert found.methods("NonNull", "f", near="drivers/d.rs").only is not None
    assert found.methods("Gone", "f", near="drivers/d.rs").only is not None
    assert found.methods("T", "f", near="drivers/d.rs").is_unknown
    assert found.methods("Mine", "f", near="drivers/d.rs").is_unknown
    assert found.methods("Mine", "f", near="drivers/e.rs").only is not None


def test_circles_of_imports_come_to_an_end() -> None:
    size = 40
    globs = "".join(f"pub use crate::m{i}::*;" for i in range(size))
    mods = {f"drivers__x__m{i}": globs for i in range(size)}
    found = tree(
        drivers__x__main="".join(f"mod m{i};" for i in range(size)) + "use m0::*; use b::A; use a::B;", **mods
    )
    started = time.monotonic()
    assert types_of(found, "Nothing", "drivers/x/main.rs") == []
    assert types_of(found, "A", "drivers/x/main.rs") == []
    assert time.monotonic() - started < 5


def test_how_another_file_names_a_definition() -> None:
    found = tree(**KERNEL, drivers__x__main="mod a;", drivers__x__a="pub struct S; mod m { pub struct S; }")
    (arc,) = found.type("kernel::sync::Arc", near="drivers/x/a.rs").candidates
    assert found.path_of(arc, "drivers/x/a.rs") == "kernel::sync::arc::Arc"
    outer, inner = found.type("S", near="drivers/x/a.rs").candidates
    assert found.path_of(outer, "drivers/x/a.rs") == "S"
    assert found.path_of(outer, "drivers/x/main.rs") == "crate::a::S"
    assert found.path_of(inner, "drivers/x/a.rs") == "crate::a::m::S"
    assert types_of(found, "crate::a::m::S", "drivers/x/main.rs") == ["drivers/x/a.rs:m"]


def everything(found: Index, paths: list[str]) -> list[object]:
    names = ["S", "T", "U", "A", "crate::a::S", "f", "g"]
    return [
        answer
        for path in paths
        for name in names
        for answer in (
            found.type(name, near=path),
            found.functions(name, near=path),
            found.methods("S", name, near=path),
            found.methods("S", name),
            found.imported(path, name),
            found.impls(name),
            found.type(name),
        )
    ]


@pytest.mark.parametrize(
    "change",
    [
        ("drivers/x/a.rs", "pub struct T; impl T { fn f() {} }"),
        ("drivers/x/a.rs", "pub mod n; pub struct S { a: u8 } fn g() {}"),
        ("drivers/x/main.rs", "use kernel::S; fn f() {}"),
        ("drivers/x/new.rs", "pub struct S; impl S { fn g() {} } use crate::a::*;"),
        ("rust/kernel/lib.rs", "pub struct U;"),
    ],
)
def test_a_replaced_file_gives_the_same_answers_as_a_new_index(change: tuple[str, str]) -> None:
    texts = {
        "rust/kernel/lib.rs": "pub struct S; impl S { pub fn f() {} }",
        "drivers/x/main.rs": "mod a; use a::S; impl S { fn f() {} } use a::S as A;",
        "drivers/x/a.rs": "pub struct S; impl S { fn g() {} } trait Tr { fn f() {} } impl Tr for S {}",
        "drivers/x/a/n.rs": "use super::S; impl S { fn f() {} }",
    }
    paths = [*texts, change[0]]

    def facts(path: str, text: str) -> FileFacts:
        return extract_facts(parse_file(SourceFile(path, text.encode())))

    changed = Index(facts(*item) for item in texts.items())
    before = everything(changed, paths)
    changed.replace(facts(*change))
    texts[change[0]] = change[1]
    rebuilt = Index(facts(*item) for item in texts.items())
    assert everything(changed, paths) == everything(rebuilt, paths)
    assert everything(changed, paths) != before
    changed.remove(change[0])
    del texts[change[0]]
    assert everything(changed, paths) == everything(Index(facts(*item) for item in texts.items()), paths)
