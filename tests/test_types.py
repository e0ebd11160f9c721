"""Types of expressions, asked by the text of the expression."""

from __future__ import annotations

import pytest

from rfl_lint.analysis.types.inference import type_of
from rfl_lint.analysis.types.typeref import TypeKind, TypeRef, parse_generics, parse_type
from rfl_lint.facts import extract_facts
from rfl_lint.index import Index
from rfl_lint.rule import Context
from rfl_lint.source import SourceFile
from rfl_lint.syntax import Node, parse_file
from rfl_lint.tree import KernelTree, Role


def shown(ref: TypeRef | None) -> str:
    """A type in a form that reads like Rust."""
    if ref is None:
        return "?"
    args = [shown(arg) for arg in ref.args]
    if ref.is_reference or ref.is_raw_pointer:
        return f"{ref.kind.value} {args[0]}"
    if ref.kind is TypeKind.PATH:
        return ref.head + (f"<{', '.join(args)}>" if args else "")
    return {"slice": "[]", "array": "[;]", "tuple": "()"}.get(ref.kind.value, "other") + "".join(args)


def context(text: str) -> Context:
    parsed = parse_file(SourceFile("drivers/t.rs", text.encode()))
    facts = extract_facts(parsed)
    return Context(parsed, KernelTree(), Role.DRIVER, facts, Index([facts]))


def asked(text: str) -> str:
    """The type of what stands between `«` and `»`."""
    at = text.encode().index("«".encode())
    size = len(text.partition("«")[2].partition("»")[0].encode())
    cx = context(text.replace("«", "").replace("»", ""))
    for fragment in reversed(cx.parsed.fragments):
        node: Node | None = fragment.root.descendant_for_byte_range(at, at + size)
        if node is not None and (node.start_byte, node.end_byte) == (at, at + size):
            return shown(type_of(node, cx))
    raise AssertionError(f"no node is exactly what was marked in {text}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("&'a mut Foo<'a, T>", "&mut Foo<T>"),
        ("*const core::ffi::c_void", "*const c_void"),
        ("a::b::<X, Y<'_, u8>>::Z", "Z"),
        ("Result<(NonNull<u8>, usize), Error>", "Result<()NonNull<u8>usize, Error>"),
        ("[KVec<T>; N]", "[;]KVec<T>"),
        ("(u8)", "u8"),
        ("(u8,)", "()u8"),
        ("Box<dyn Foo<X> + Send, Kmalloc>", "Box<other, Kmalloc>"),
        ("Foo<Item = u8, { N }, T>", "Foo<other, T>"),
        ("<T as Trait>::Name", "other"),
        ("T::Ptr // why\n", "Ptr"),
        ("_", "other"),
        ("", "other"),
    ],
)
def test_parse_type(text: str, expected: str) -> None:
    assert shown(parse_type(text)) == expected


def test_generic_parameter_names() -> None:
    assert parse_generics("<'a, T: Into<(A, B)>, const N: usize, U = Foo<T>>") == ("T", "N", "U")


ITEMS = """
struct Inner<T> { items: KVec<T>, raw: *mut T, tag: u8 }
struct Outer { inner: Arc<Inner<u32>>, list: Mutex<KVec<u8>>, pair: (KBox<u8>, usize) }
type Items = KVec<Outer>;
fn make() -> Result<Inner<u8>> { todo!() }
impl<T> Inner<T> {
    fn new(x: T) -> Result<Self> { todo!() }
    fn me(&self) -> &Self { self }
}
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("fn f(v: KVec<u8>) { «v» }", "KVec<u8>"),
        ("fn f(v: u8) { let v = KVec::<u8>::new(); «v»; }", "KVec<u8>"),
        ("fn f() { let v: KVec<_> = g(); «v»; }", "KVec<other>"),
        ("fn f(v: u8) { let v = «v»; let v = KVec::new(); }", "u8"),
        ("fn f(v: u8) { { let v = KVec::new(); } «v» }", "u8"),
        ("fn f() { let b = KBox::new(1, GFP_KERNEL)?; «b»; }", "KBox"),
        ("fn f(o: &Outer) { «o.inner.items»; }", "KVec<u32>"),
        ("fn f(o: &mut Outer) { «o.list.lock()»; }", "Guard<KVec<u8>>"),
        ("fn f(o: Pin<&mut Outer>) { «o.pair.0»; }", "KBox<u8>"),
        ("fn f(o: Pin<KBox<Outer>>) { «*o»; }", "Outer"),
        ("fn f(o: &Pin<KBox<Outer>>) { «**o»; }", "Outer"),
        ("fn f(o: &Pin<&mut Outer>) { «o.as_ref().get_ref()»; }", "& Outer"),
        ("fn f(o: &Arc<Outer>) { «o.deref()»; }", "& Outer"),
        ("fn f(o: &KBox<Outer>) { «o.as_ref()»; }", "& Outer"),
        ("fn f() { «Inner::<u8>::new(1)?.items»; }", "KVec<u8>"),
        ("fn f() { let i = make().unwrap(); «i.me().raw» }", "*mut u8"),
        ("fn f(i: Items) { «i[0]»; }", "Outer"),
        ("fn f(x: Option<KVec<u8>>) { if let Some(v) = x { «v»; } }", "KVec<u8>"),
        ("fn f(x: &Option<KVec<u8>>) { match x { Some(v) => «v», None => return } }", "& KVec<u8>"),
        ("fn f(o: Outer) { let Outer { list: l, .. } = o; «l»; }", "Mutex<KVec<u8>>"),
        ("fn f(x: (u8, KVec<u8>)) { let (a, b) = x; «b»; }", "KVec<u8>"),
        ("fn f(x: &KVec<u8>) { «*x»; }", "KVec<u8>"),
        ("fn f(x: u8) { let c = |x| «x»; }", "?"),
        ("fn f(x: u8) { let c = |x: KVec<u8>| «x»; }", "KVec<u8>"),
        ("fn f(v: KVec<u8>) { for v in g() { «v»; } }", "?"),
        ("fn f(c: bool, v: KVec<u8>) { let w = if c { v } else { KVec::<u16>::new() }; «w»; }", "?"),
        ("fn f(v: KVec<u8>) { fn g() { «v»; } }", "?"),
        ('fn f(v: KVec<u8>) { pr_info!("{}", «v.len(1)»); foo!(x, «»v.a(1)); }'.replace("«»", ""), "?"),
        ("use crate::alloc::KVec as Vector; fn f(v: Vector<u8>) { «v» }", "KVec<u8>"),
        ("impl Outer { fn f(&mut self) { «self.list» } }", "Mutex<KVec<u8>>"),
        ("impl Outer { fn f(self: Pin<&mut Self>) { «self.list» } }", "Mutex<KVec<u8>>"),
        ("impl Outer { fn f() -> Self { «Self { inner }» } }", "Outer"),
        ("trait Tr { fn f(&self) { «self»; } }", "?"),
        ("fn f(x: (u8, u16, KVec<u8>)) { let (_, _, v) = x; «v»; }", "KVec<u8>"),
        ("fn f() { let r = &unknown(); «r»; }", "& other"),
        ("fn f(p: Option<NonNull<u8>>) { p.map(|p| «p»); }", "NonNull<u8>"),
        ("fn f(p: NonNull<u8>) { «p.cast::<u16>().as_ptr().cast_const()»; }", "*const u16"),
        ("fn f(p: *mut u8) { «Some(p).map(NonNull::from)»; }", "NonNull"),
        ("fn f(v: KVec<u8>) { let x = pin_init!(Outer { list: foo(«v») }); }", "KVec<u8>"),
        ("fn f(v: KVec<u8>) { let x = pin_init!(Outer { v: 1, list: foo(«v») }); }", "?"),
    ],
)
def test_type_of(body: str, expected: str) -> None:
    assert asked(ITEMS + body) == expected


def test_a_type_defined_twice_counts_only_where_both_agree() -> None:
    twice = "struct S { a: KVec<u8>, b: u8 } mod m { struct S { a: KVec<u8>, b: u16 } }"
    assert asked(twice + "fn f(s: &S) { «s.a»; }") == "KVec<u8>"
    assert asked(twice + "fn f(s: &S) { «s.b»; }") == "?"


def test_expression_that_leads_back_to_itself() -> None:
    assert asked("fn f() { let x = loop { x = «x»; }; }") == "?"


def test_deep_chain_of_locals_ends() -> None:
    lines = "".join(f"let x{i + 1} = x{i};" for i in range(500))
    assert asked(f"fn f(x0: u8) {{ {lines} «x500»; }}") == "?"
