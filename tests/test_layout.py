"""What of a layout reaches the C allocator, and which layouts are never read."""

from __future__ import annotations

import pytest

from rfl_lint.analysis.code.local_calls import file_functions
from rfl_lint.analysis.layout.signatures import layouts_of
from rfl_lint.analysis.layout.sizes import size_only_allocations, unread_layouts
from rfl_lint.facts import extract_facts
from rfl_lint.index import Index
from rfl_lint.rule import Context
from rfl_lint.source import SourceFile
from rfl_lint.syntax import kind_query, parse_file
from rfl_lint.tree import KernelTree, Role


def context(text: str) -> Context:
    parsed = parse_file(SourceFile("a.rs", text.encode()))
    facts = extract_facts(parsed)
    return Context(parsed, KernelTree(), Role.ABSTRACTION, facts, Index([facts]))


def told(text: str) -> list[tuple[str, str]]:
    """C function and size argument of each allocation that only the size of a layout reaches."""
    cx = context(text)
    nodes = kind_query(frozenset({"function_item"})).search(cx.parsed.root).get("function_item", [])
    found = [each for node in nodes for each in size_only_allocations(node, cx)]
    return [(each.c_function, cx.text(each.argument)) for each in found]


def unread(text: str) -> list[tuple[str, bool]]:
    cx = context(text)
    nodes = kind_query(frozenset({"function_item"})).search(cx.parsed.root).get("function_item", [])
    return [(each.parameter.name, each.is_old) for node in nodes for each in unread_layouts(node, cx)]


@pytest.mark.parametrize(
    "body",
    [
        "kmalloc(layout.size(), 0)",
        "kmalloc((&layout).size(), 0)",
        "kmalloc(Layout::size(&layout), 0)",
        "let copy = layout.clone(); let n = copy.size(); kmalloc(n + 8, 0)",
        "let n; n = layout.size(); kmalloc(n, 0)",
        "match layout.size() { 0 => none(), n => kmalloc(n, 0) }",
        "let f = bindings::kmalloc; f(layout.size(), 0)",
        "let _ = layout.align; drop(layout); kmalloc(layout.size(), 0)",
    ],
)
def test_only_the_size_is_used(body: str) -> None:
    expected = [] if "layout.align" in body else ["kmalloc"]
    assert [name for name, _ in told(f"pub fn f(layout: Layout) {{ {body} }}")] == expected


@pytest.mark.parametrize(
    "body",
    [
        "let layout = layout.pad_to_align(); kmalloc(layout.size(), 0)",
        "check(layout.align()); kmalloc(layout.size(), 0)",
        "foreign(&layout); kmalloc(layout.size(), 0)",
        "let n = fit!(layout); kmalloc(n.max(layout.size()), 0)",
        "vmalloc(layout.size())",
        "kmalloc(other.size(), 0)",
        "let layout = Layout::new::<T>(); kmalloc(layout.size(), 0)",
    ],
)
def test_the_alignment_is_seen_to(body: str) -> None:
    assert told(f"pub fn f(layout: Layout, other: T) {{ {body} }}") == []


def test_a_stored_function_is_what_was_put_there() -> None:
    text = """
        struct Hook(unsafe extern "C" fn(usize) -> *mut u8);
        impl Hook {
            const A: Self = Self(bindings::%s);
            pub fn run(&self, layout: Layout) { self.0(layout.size()) }
        }
    """
    assert told(text % "kvmalloc") == [("kvmalloc", "layout.size()")]
    assert told(text % "vmalloc") == []


def test_callers_that_pad_excuse_a_private_function_only() -> None:
    text = """
        %s fn inner(layout: Layout) { kmalloc(layout.size(), 0) }
        fn outer(layout: Layout) { inner(layout.pad_to_align()) }
    """
    assert told(text % "") == []
    both = text % "" + "fn other(layout: Layout) { inner(layout) }"
    assert told(both) == [("kmalloc", "layout.size()")]
    method = "impl Allocator for T { fn alloc(layout: Layout) { kmalloc(layout.size(), 0) } }"
    assert len(told(method + "fn outer(layout: Layout) { T::alloc(layout.pad_to_align()) }")) == 1


def test_a_helper_that_returns_the_layout_as_it_came_pads_nothing() -> None:
    text = """
        fn fit(layout: Layout) -> Layout { layout%s }
        fn inner(layout: Layout) { kmalloc(layout.size(), 0) }
        fn outer(layout: Layout) { let layout = fit(layout); inner(layout) }
    """
    assert told(text % ".pad_to_align()") == []
    assert told(text % "") == [("kmalloc", "layout.size()")]


def test_mutual_recursion_ends() -> None:
    text = """
        fn a(layout: Layout) { b(layout); kmalloc(layout.size(), 0) }
        fn b(layout: Layout) { a(layout) }
    """
    assert len(told(text)) == 1


def test_unread_layouts_and_which_one_is_the_old() -> None:
    head = "unsafe fn realloc(p: *mut u8, %s) -> *mut u8 { go(p, %s) }"
    assert unread(head % ("layout: Layout, old_layout: Layout", "layout")) == [("old_layout", True)]
    assert unread(head % ("layout: Layout, old_layout: Layout", "old_layout")) == [("layout", False)]
    assert unread(head % ("layout: Layout, _: Layout", "layout")) == [("", True)]
    assert unread(head % ("_layout: Layout, new_size: usize", "new_size")) == [("_layout", True)]
    assert unread(head % ("_layout: Layout, flags: Flags", "flags")) == [("_layout", False)]
    assert unread(head % ("layout: Layout, old: Layout", "layout, old")) == []


def test_a_reallocation_that_leaves_the_pointer_alone_does_nothing() -> None:
    assert unread("unsafe fn realloc(p: *mut u8, a: Layout, b: Layout) { todo!() }") == []
    assert unread("unsafe fn free(p: *mut u8, layout: Layout) { kfree(p) }") == []


def test_a_name_in_a_format_string_is_read() -> None:
    text = 'fn realloc(p: *mut u8, layout: Layout, old: Layout) { pr_info!("{old:?}"); go(p, layout) }'
    assert unread(text) == []


def test_references_to_layouts_are_layouts() -> None:
    cx = context("fn f(a: &Layout, b: core::alloc::Layout, c: PageLayout, d: &mut [u8]) {}")
    (function,) = file_functions(cx).by_node.values()
    assert [parameter.name for parameter in layouts_of(function)] == ["a", "b"]


def test_long_chains_of_locals_end() -> None:
    chain = "".join(f"let a{i + 1} = a{i};" for i in range(3000))
    assert told(
        f"fn f(layout: Layout) {{ let a0 = layout.size(); {chain} kmalloc(a20, 0); kmalloc(a3000, 0) }}"
    ) == [("kmalloc", "a20")]
