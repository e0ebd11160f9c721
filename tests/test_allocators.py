"""Allocators: what their traits tell, made-up addresses and layouts, and flags that are built in."""

from __future__ import annotations

import pytest

from rfl_lint.analysis.allocation.hardcoded import HardcodedReason, hardcoded_flags
from rfl_lint.analysis.layout.allocator_traits import is_byte_like, methods_without_old_layout
from rfl_lint.analysis.layout.dangling import byte_danglings
from rfl_lint.analysis.layout.fabricated import fabricated_layout
from rfl_lint.analysis.layout.zero_size import unchecked_pointers
from rfl_lint.analysis.types.typeref import parse_type
from rfl_lint.facts import extract_facts
from rfl_lint.index import Index
from rfl_lint.rule import Context
from rfl_lint.source import SourceFile
from rfl_lint.syntax import Node, kind_query, parse_file
from rfl_lint.tree import KernelTree, Role


def context(text: str) -> Context:
    parsed = parse_file(SourceFile("rust/kernel/alloc/a.rs", text.encode()))
    facts = extract_facts(parsed)
    return Context(parsed, KernelTree(), Role.ABSTRACTION, facts, Index([facts]))


def nodes(cx: Context, *kinds: str) -> list[Node]:
    found = kind_query(frozenset(kinds)).search(cx.parsed.root)
    return sorted((node for each in found.values() for node in each), key=lambda node: node.start_byte)


@pytest.mark.parametrize(
    ("text", "answer"),
    [("u8", True), ("[u8]", True), ("[u8; 4]", True), ("()", True), ("core::ffi::c_void", True),
     ("MaybeUninit<u8>", True), ("[MaybeUninit<u8>]", True), ("T", False), ("u16", False), ("[u32]", False),
     ("MaybeUninit<T>", False), ("(u8, u8)", False), ("&u8", False)],
)  # fmt: skip
def test_any_address_is_aligned_for_bytes(text: str, answer: bool) -> None:
    assert is_byte_like(parse_type(text)) is answer


@pytest.mark.parametrize(
    ("method", "lacks"),
    [
        ("fn free(ptr: NonNull<u8>)", True),
        ("fn free(&self, ptr: *mut c_void, flags: Flags)", True),
        ("fn realloc(ptr: Option<NonNull<u8>>, layout: Layout)", True),
        ("fn shrink(ptr: *mut u8, new: Layout)", True),
        ("fn free(ptr: NonNull<u8>, layout: &Layout)", False),
        ("fn realloc(ptr: *mut u8, layout: Layout, new_size: usize)", False),
        ("fn realloc(ptr: *mut u8, old_layout: Layout)", False),
        ("fn free(ptr: *mut u8, len: usize, align: usize)", False),
        ("fn free<T>(ptr: NonNull<T>)", False),
        ("fn free(index: usize)", False),
        ("fn freeze(ptr: *mut u8)", False),
    ],
)
def test_methods_that_are_not_told_an_old_layout(method: str, lacks: bool) -> None:
    cx = context(f"trait A {{ fn alloc(layout: Layout) -> *mut u8; {method}; }}")
    assert [len(list(methods_without_old_layout(node, cx))) for node in nodes(cx, "trait_item")] == [lacks]
    other = context(f"trait A {{ fn alloc(layout: Layout) -> usize; {method}; }}")
    assert not [
        each for node in nodes(other, "trait_item") for each in methods_without_old_layout(node, other)
    ]


@pytest.mark.parametrize(
    ("body", "pointee"),
    [
        ("NonNull::dangling()", "u8"),
        ("let p = NonNull::dangling(); p", "u8"),
        ("let p; p = NonNull::dangling(); p", "u8"),
        ("match n { 0 => NonNull::dangling(), _ => a(layout) }", "u8"),
        ("loop { if n { return NonNull::dangling(); } }", "u8"),
        ("NonNull::<[u8; 0]>::dangling().cast()", "[u8]"),
        ("unsafe { NonNull::new_unchecked(NonNull::<()>::dangling().as_ptr().cast()) }", "()"),
        ("NonNull::<u64>::dangling().cast()", None),
        ("NonNull::dangling().cast()", None),
        ("let p: NonNull<T> = NonNull::dangling(); p.cast()", None),
        ("let p = NonNull::dangling(); let p = a(p); p", None),
        ("NonNull::dangling(); a(layout)", None),
        ("a(|| NonNull::dangling())", None),
        ("if layout.align() == 1 { NonNull::dangling() } else { a(layout) }", None),
    ],
)
def test_danglings_that_are_handed_out(body: str, pointee: str | None) -> None:
    cx = context(f"fn f(layout: Layout) -> NonNull<u8> {{ {body} }}")
    found = [each.pointee for node in nodes(cx, "function_item") for each in byte_danglings(node, cx)]
    assert found == ([] if pointee is None else [pointee])
    untold = context(f"fn f(n: usize) -> NonNull<u8> {{ {body} }} struct Layout;")
    assert not [each for node in nodes(untold, "function_item") for each in byte_danglings(node, untold)]


ALLOC = (
    "fn alloc(layout: Layout) -> *mut u8 { if layout.size() == 0 { layout.align() as *mut u8 } else { a() } }"
)


@pytest.mark.parametrize(
    ("body", "reported"),
    [
        ("kfree(ptr.cast())", True),
        ("let old = ptr; kfree(old)", True),
        ("let old = match ptr { p => p }; kfree(old)", True),
        ("if !ptr.is_null() { kfree(ptr) }", True),
        ("note(layout); kfree(ptr)", True),
        ("if layout.size() != 0 { kfree(ptr) }", False),
        ("let n = layout.size(); match n { 0 => {} _ => kfree(ptr) }", False),
        ("kfree(real(ptr, layout))", False),
        ("kfree(self.other)", False),
        ("kmemleak_free(ptr)", False),
    ],
)
def test_pointers_that_go_back_unasked(body: str, reported: bool) -> None:
    free = f"fn free(&self, ptr: *mut u8, layout: Layout) {{ {body} }}"
    cx = context(f"impl A {{ {ALLOC} {free} }}")
    assert sum(1 for node in nodes(cx, "function_item") for _ in unchecked_pointers(node, cx)) == reported
    honest = context(f"impl A {{ fn alloc(layout: Layout) -> *mut u8 {{ a(layout) }} {free} }}")
    assert not [each for node in nodes(honest, "function_item") for each in unchecked_pointers(node, honest)]


@pytest.mark.parametrize(
    ("call", "reported"),
    [
        ("A::free(p, Layout::new::<()>())", True),
        ("a.dealloc(p, Layout::from_size_align(0, 1).unwrap())", True),
        ("A::realloc(Some(p), Layout::new::<()>(), Flags(0), nid)", True),
        ("A::realloc(Some(p), Layout::new::<()>(), layout, Flags(0))", False),
        ("A::realloc(Some(p), Layout::new::<()>(), made(p), Flags(0))", False),
        ("A::realloc(None, Layout::new::<()>(), GFP_KERNEL)", False),
        ("A::free(p, Layout::new::<u8>())", False),
        ("A::freed(p, Layout::new::<()>())", False),
    ],
)
def test_made_up_layouts(call: str, reported: bool) -> None:
    cx = context(f"fn f(p: NonNull<u8>, layout: Layout) {{ {call}; }}")
    found = [fabricated_layout(node, cx) for node in nodes(cx, "call_expression")]
    assert sum(1 for each in found if each is not None) == reported


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        ("fn f(flags: Flags) { v.push(1, GFP_KERNEL) }", HardcodedReason.PARAMETER),
        (
            "fn f(gfp: bindings::gfp_t) { g(bindings::GFP_KERNEL | bindings::__GFP_ZERO, 1) }",
            HardcodedReason.PARAMETER,
        ),
        ("fn f(flags: Flags) { let x = GFP_KERNEL; v.push(1, x) }", HardcodedReason.PARAMETER),
        ("fn __rust_alloc(n: usize) { g(n, GFP_KERNEL) }", HardcodedReason.ALLOCATOR),
        ("impl T for A { fn a(l: Layout) -> *mut u8 { g(l, GFP_KERNEL) } }", HardcodedReason.ALLOCATOR),
        ("impl A { fn a(l: Layout) -> *mut u8 { g(l, GFP_KERNEL) } }", None),
        ("fn f(flags: Flags) { v.push(1, flags | __GFP_ZERO) }", None),
        ("fn f(flags: Flags) { a(flags); v.push(1, GFP_ATOMIC) }", None),
        ("fn f(flags: irq::Flags) { v.push(1, GFP_KERNEL) }", None),
        ("fn f(flags: Flags) { g(Some(GFP_KERNEL)) }", None),
        ("pub fn f() { v.push(1, GFP_KERNEL) }", None),
        ("const N: usize = g(GFP_KERNEL);", None),
    ],
)
def test_flags_that_are_built_in(function: str, reason: HardcodedReason | None) -> None:
    cx = context(function)
    found = [hardcoded_flags(node, cx) for node in nodes(cx, "call_expression")]
    assert [each.reason for each in found if each is not None] == ([reason] if reason else [])


def test_what_is_public_offers_a_choice_when_strict() -> None:
    cx = context("pub fn f() { v.push(1, GFP_KERNEL) } fn g() { v.push(1, GFP_KERNEL) }")
    cx.strict = True
    found = [hardcoded_flags(node, cx) for node in nodes(cx, "call_expression")]
    assert [each.reason if each else None for each in found] == [HardcodedReason.NO_CHOICE, None]


@pytest.mark.parametrize(
    ("body", "plain"),
    [
        ("v.push(1, GFP_KERNEL)", True),
        ("v.push(1, flags::GFP_KERNEL)", True),
        ("v.push(1, GFP_KERNEL | __GFP_ZERO)", False),
        ("g(bindings::GFP_KERNEL)", False),
        ("let flags = GFP_KERNEL; v.push(1, flags)", False),
    ],
)
def test_only_a_plain_constant_can_be_replaced(body: str, plain: bool) -> None:
    cx = context(f"fn f(flags: Flags) {{ {body} }}")
    found = [hardcoded_flags(node, cx) for node in nodes(cx, "call_expression")]
    assert [each.is_plain for each in found if each is not None] == [plain]
