"""Locking: where a pointer of a method comes from, who may share a type, what keeps others out."""

from __future__ import annotations

import pytest

from rfl_lint.analysis.locking.drops import ended, given_back, is_kept
from rfl_lint.analysis.locking.exclusion import is_excluded, is_guard
from rfl_lint.analysis.locking.places import rooted
from rfl_lint.analysis.locking.sharing import sharing
from rfl_lint.facts import extract_facts
from rfl_lint.index import Index
from rfl_lint.rule import Context
from rfl_lint.source import SourceFile
from rfl_lint.syntax import Node, parse_file
from rfl_lint.tree import KernelTree, Role

_CALLS = frozenset({"call_expression"})


def context(text: str) -> Context:
    parsed = parse_file(SourceFile("drivers/demo.rs", text.encode()))
    facts = extract_facts(parsed)
    return Context(parsed, KernelTree(), Role.DRIVER, facts, Index([facts]))


def call(cx: Context, name: str) -> Node:
    """The first call of a function of that name."""
    nodes = [node for piece in cx.parsed.fragments for node in piece.find(_CALLS).get("call_expression", ())]
    nodes.sort(key=lambda node: node.start_byte)
    return next(node for node in nodes if cx.text(node).startswith(f"{name}("))


def argument(cx: Context) -> Node:
    """What the first call of `take` is given."""
    listed = call(cx, "take").child_by_field_name("arguments")
    assert listed is not None
    return listed.named_children[0]


TYPES = """
struct Inner { ptr: NonNull<bindings::x> }
struct Owner { raw: *mut bindings::x, inner: Inner, cell: Opaque<bindings::x> }
impl Owner { fn raw(&self) -> *mut bindings::x { self.raw } }
"""


@pytest.mark.parametrize(
    ("body", "fields", "is_read"),
    [
        ("take(self.raw)", ["raw"], True),
        ("take(self.raw())", ["raw"], True),
        ("take(self.inner.ptr.as_ptr().cast())", ["inner", "ptr"], False),
        ("take(&raw mut (*self.raw).field)", ["raw", "field"], False),
        ("take(addr_of_mut!(self.cell))", ["cell"], False),
        ("take((*self.cell.get()).next)", ["cell", "next"], True),
        ("let this = self; let p = this.raw as *mut u8; take(p)", ["raw"], True),
        ("let Self { raw, .. } = self; take(raw)", ["raw"], False),
        ("take(unsafe { bindings::next(self.raw) })", None, False),
        ("take(self.pop())", None, False),
        ("let raw = new(); take(raw)", None, False),
    ],
)
def test_a_pointer_is_followed_to_the_field_it_comes_from(
    body: str, fields: list[str] | None, is_read: bool
) -> None:
    cx = context(f"{TYPES} impl Owner {{ fn f(&self) {{ {body}; }} }}")
    found = rooted(argument(cx), cx)
    if fields is None:
        assert found is None
        return
    assert found is not None
    assert [field.name for field in found.fields] == fields
    assert found.is_read is is_read
    assert found.parameter.index == -1


def test_an_accessor_that_calls_itself_ends() -> None:
    cx = context(
        "struct A { p: *mut u8 } impl A { fn raw(&self) -> *mut u8 { self.raw() } fn f(&self) { take(self.raw()) } }"
    )
    assert rooted(argument(cx), cx) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("unsafe impl Sync for A {}", "`A` is `Sync`"),
        ("unsafe impl Send for A {}", None),
        ("struct B { a: Arc<A> }", "`A` sits in an `Arc`"),
        ("struct B { a: Arc<Mutex<A>> }", None),
        ("fn f(a: ArcBorrow<'_, A>) {}", "`A` sits in an `ArcBorrow`"),
        ("impl A { fn f(self: &Arc<Self>) {} }", "`A` sits in an `Arc`"),
        ("struct B { a: KVec<A> } unsafe impl Sync for B {}", "`B` is `Sync`"),
        ("struct B { a: Mutex<A> } unsafe impl Sync for B {}", None),
        ("struct B { a: *mut A } unsafe impl Sync for B {}", None),
        ("struct B { a: C } struct C { b: A } fn f() -> Arc<B> {}", "`B` sits in an `Arc`"),
    ],
)
def test_who_may_share_a_type(text: str, words: str | None) -> None:
    cx = context(f"struct A {{ p: *mut u8 }} {text}")
    found = sharing(cx.facts.types[0], cx.index)
    assert (found.words if found is not None else None) == words


@pytest.mark.parametrize(
    ("body", "excluded"),
    [
        ("go()", False),
        ("let _guard = self.lock.lock(); go()", True),
        ("let _ = self.lock.lock(); go()", False),
        ("let g = self.lock.lock(); drop(g); go()", False),
        ("{ let _guard = self.lock.lock(); } go()", False),
        ("let g; g = self.lock.lock(); go()", True),
        ("let _section = rcu::read_lock(); go()", False),
        ("if self.is_locked() { go() }", False),
        ("if let Some(_g) = self.lock.try_lock() { go() }", True),
        ("match self.lock.lock().state { _ => go() }", True),
        ("self.with_lock(|| go())", True),
        ("unsafe { bindings::mutex_lock(l) }; go()", True),
        ("unsafe { bindings::mutex_lock(l) }; unsafe { bindings::mutex_unlock(l) }; go()", False),
        ("unsafe { bindings::rcu_read_lock() }; go()", False),
    ],
)
def test_what_keeps_others_out(body: str, excluded: bool) -> None:
    cx = context(
        "struct A { lock: Mutex<u32> } impl A { pub fn f(&self, l: *mut bindings::mutex) { " + body + "; } }"
    )
    assert is_excluded(call(cx, "go"), cx) is excluded


@pytest.mark.parametrize(
    ("text", "guards"),
    [
        ("MutexGuard<'a, T>", True),
        ("&Guard<'_, T, SpinLockBackend>", True),
        ("&LockedBy<T, U>", True),
        ("rcu::Guard", False),
        ("RevocableGuard<'_, T>", False),
        ("Guardian", False),
        ("&mut Ranges", False),
    ],
)
def test_which_types_are_guards(text: str, guards: bool) -> None:
    assert is_guard(text) is guards


NODE = "impl Drop for N { fn drop(&mut self) { bindings::drm_mm_remove_node(self.node.get()) } }"


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        ("node: Opaque<bindings::drm_mm_node>", False),
        ("node: Opaque<bindings::drm_mm_node>, mm: *mut Mm", False),
        ("node: Opaque<bindings::drm_mm_node>, mm: Arc<Mm>", True),
        ("node: Opaque<bindings::drm_mm_node>, mm: &'a Mm", True),
        ("node: Opaque<bindings::drm_mm_node>, lock: *const SpinLock<()>", True),
    ],
)
def test_what_a_node_that_gives_itself_back_has(fields: str, kept: bool) -> None:
    found = list(given_back(context(f"struct N {{ {fields} }} {NODE}")))
    assert [is_kept(each) for each in found] == [kept]


def test_a_structure_is_ended_before_its_nodes() -> None:
    ends = "fn drop(&mut self) { bindings::drm_mm_takedown(self.mm.get()) }"
    text = f"struct M {{ mm: Opaque<bindings::drm_mm> }} impl Drop for M {{ {ends} }}"
    node = "struct N { node: KBox<bindings::drm_mm_node>"
    assert [each.holder.name for each in ended(context(f"{text} {node} }}"))] == ["N"]
    assert list(ended(context(f"{text} {node}, mm: Arc<M> }}"))) == []
    assert list(ended(context(text))) == []
