"""Unsafe operations of a block: what counts, and to which block it belongs."""

from __future__ import annotations

import pytest

from rfl_lint.analysis.unsafety.operations import unsafe_operations
from tests.test_types import context
from tests.work import grows_linearly


def operations(text: str) -> list[list[str]]:
    """Per unsafe block the operations in it: the callee's name, or the text."""
    cx = context(text)
    blocks = [
        node
        for fragment in cx.parsed.fragments
        for node in fragment.find(frozenset({"unsafe_block"})).get("unsafe_block", ())
    ]
    blocks.sort(key=lambda node: node.start_byte)
    return [
        [
            each.callee.name if each.callee is not None else cx.text(each.node)
            for each in unsafe_operations(cx, block)
        ]
        for block in blocks
    ]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("bindings::get(1); bindings::LIMIT; bindings::pair { a: 1 };", ["bindings::get"]),
        ("get(1); kernel::bindings::put(1)", ["bindings::get", "bindings::put"]),
        ("let a: *const u8 = x; *a", ["*a"]),
        ("let a: &u8 = x; *a", []),
        ("*x.cast::<u8>()", ["*x.cast::<u8>()"]),
        ("*x.unknown()", []),
        ("Thing::make(1); Thing::safe(1); Thing::missing(1)", ["Thing::make"]),
        ("free(1); plain(1)", ["free"]),
        ("let free = 1; free(1)", []),
        ("let t: Thing = x; t.check(); t.look()", ["Thing::check"]),
        ("x.check()", ["check"]),
        ("x.mixed()", []),
        ("let n: NonNull<u8> = x; n.as_ref(); n.as_ptr()", ["NonNull::as_ref"]),
        ("let n: *mut u8 = x; n.read(); n.is_null()", ["read"]),
        ("x.as_ref(); x.read()", []),
        ("x.assume_init()", ["assume_init"]),
        ("core::ptr::read(x); fs::read(x)", ["ptr::read"]),
        ("call!(x, bindings::inner(1))", ["bindings::inner"]),
        ("T::of_trait(x)", ["T::of_trait"]),
    ],
)
def test_what_counts(code: str, expected: list[str]) -> None:
    text = f"""
        use kernel::bindings::get;
        struct Thing;
        struct Other;
        trait Of {{ unsafe fn of_trait(x: u8); }}
        impl Thing {{
            unsafe fn make(x: u8) {{}}
            fn safe(x: u8) {{}}
            unsafe fn check(&self) {{}}
            fn look(&self) {{}}
            unsafe fn mixed(&self) {{}}
        }}
        impl Other {{ fn mixed(&self) {{}} }}
        unsafe fn free(x: u8) {{}}
        fn plain(x: u8) {{}}
        fn f<T: Of>(x: Unknown) {{ unsafe {{ {code} }} }}
    """
    assert operations(text) == [expected]


def test_an_inner_block_and_an_item_are_their_own() -> None:
    inner = "unsafe { bindings::b(x) }"
    item = "fn g(x: u8) { bindings::c(x); }"
    closure = "run(|| bindings::d(x))"
    text = f"fn f(x: u8) {{ unsafe {{ bindings::a(x); {inner}; {item} {closure} }} }}"
    assert operations(text) == [["bindings::a", "bindings::d"], ["bindings::b"]]


def test_reading_is_linear() -> None:
    def work(size: int) -> None:
        operations("fn f(x: u8) { " + "unsafe { bindings::a(x); " * size + "}" * size + "}")
        operations("fn f(x: u8) { unsafe {" + "bindings::a(x); " * size + "} }")

    assert grows_linearly(work, 20)
