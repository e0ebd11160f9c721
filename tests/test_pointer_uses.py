"""Uses of raw pointers: where they are seen, through which calls, and the way back from a step to its code."""

from __future__ import annotations

import pytest

from rfl_lint.analysis.pointers.derivations import in_words, labels, last_referent, node_at
from rfl_lint.analysis.pointers.ownership_pairs import difference, handle, mismatches
from rfl_lint.analysis.pointers.shared_casts import shared_casts
from rfl_lint.analysis.pointers.upcasts import upcasts
from rfl_lint.analysis.pointers.uses import reached
from rfl_lint.analysis.pointers.writes import dereferenced, pointer_writes
from rfl_lint.analysis.provenance.terms import Kind
from rfl_lint.analysis.types.typeref import parse_type
from rfl_lint.c.facts import CFunction, CParameter
from rfl_lint.facts import extract_facts
from rfl_lint.index import Index
from rfl_lint.rule import Context
from rfl_lint.source import SourceFile, Span
from rfl_lint.syntax import kind_query, parse_file
from rfl_lint.tables import BUNDLED
from rfl_lint.tree import KernelTree, Role
from tests.work import grows_linearly

TOUCH = CFunction(
    "touch",
    "void",
    (
        CParameter("a", "struct a *", is_pointer=True),
        CParameter("b", "const void *", is_pointer=True, is_const=True),
    ),
    "a.h",
)


def context(text: str) -> Context:
    parsed = parse_file(SourceFile("drivers/t.rs", text.encode()))
    facts = extract_facts(parsed)
    found = {"touch": TOUCH, "fill": FILL, "keep": KEEP}
    return Context(parsed, KernelTree(), Role.DRIVER, facts, Index([facts]), c_facts=found.get)


FILL = CFunction(
    "fill", "void", (CParameter("p", "void *", is_pointer=True), CParameter("len", "unsigned int")), "a.h"
)
KEEP = CFunction(
    "keep", "void", (CParameter("data", "void *", is_pointer=True), CParameter("id", "unsigned int")), "a.h"
)


def uses(body: str) -> list[tuple[str, str]]:
    cx = context(f"fn f(p: *mut T, q: *mut T, n: NonNull<T>, c: &Cell<T>, r: &mut T) {{ {body} }}")
    data = cx.source.data
    return [(use.kind, data[use.span.start : use.span.end].decode()) for use in cx.memo(pointer_writes)]


@pytest.mark.parametrize(
    ("body", "kinds"),
    [
        ("*p = x;", ["written through"]),
        ("(*p).a.b[0] += 1;", ["written through"]),
        ("*(*p).a = 1;", ["written through"]),
        ("let a = &mut (*p).a;", ["made `&mut`"]),
        ("let a = &raw mut (*p).a;", []),
        ("let a = &(*p).a;", []),
        ("let a = *p;", []),
        ("*p == x;", []),
        ("p.write(x);", ["written through"]),
        ("p.as_mut();", ["made `&mut`"]),
        ("n.as_mut();", ["made `&mut`"]),
        ("n.as_ref();", []),
        ("c.replace(x);", []),
        ("c.swap(c);", []),
        ("ptr::write(p, x);", ["written through"]),
        ("core::ptr::copy(p, q, 1);", ["written through"]),
        ("core::ptr::swap(p, q);", ["written through", "written through"]),
        ("p.copy_to(q, 1);", ["written through"]),
        ("core::slice::from_raw_parts_mut(p, 1);", ["made `&mut`"]),
        ("mem::swap(p, q);", []),
        ("bindings::touch(p, q);", ["handed to C, which may write to it"]),
        ("bindings::unheard_of(p, q);", []),
        ("bindings::fill(p, 1);", ["handed to C, which may write to it"]),
        ("bindings::keep(p, 1);", []),
        ("touch(p, q);", []),
    ],
)
def test_writes(body: str, kinds: list[str]) -> None:
    assert [kind for kind, _ in uses(body)] == kinds


def test_an_imported_function_counts_under_the_name_it_was_made_with() -> None:
    cx = context("use core::ptr::write as put;\nfn f(p: *mut T) { put(p, x) }")
    assert [use.kind for use in cx.memo(pointer_writes)] == ["written through"]
    cx = context("use core::mem::swap as write;\nfn f(p: *mut T) { write(p, x) }")
    assert not cx.memo(pointer_writes)


def test_the_pointer_behind_a_place() -> None:
    cx = context("fn f() { (*a.b).c[1].d = 1; }")
    nodes = kind_query(frozenset({"assignment_expression"})).search(cx.parsed.root)["assignment_expression"]
    pointer = dereferenced(nodes[0].child_by_field_name("left"))
    assert pointer is not None
    assert cx.text(pointer) == "a.b"


def reached_kinds(text: str) -> list[tuple[str, str]]:
    found = reached(context(text), pointer_writes, lambda origin: origin.kind is Kind.REFERENCE)
    return sorted((each.use.through, each.use.kind) for each in found)


def test_a_use_is_found_through_functions_that_hand_the_pointer_on() -> None:
    text = """
fn put(p: *mut u32) { *p = 1 }
fn hand(p: *mut u32) { put(p.cast()) }
fn look(p: *mut u32) -> u32 { *p }
fn f(r: &u32) { hand(r as *const u32 as *mut u32); look(r as *const u32 as *mut u32); }
"""
    assert reached_kinds(text) == [("hand", "written through")]


def test_functions_that_call_each_other_end() -> None:
    text = """
fn a(p: *mut u32, n: u32) { b(p, n) }
fn b(p: *mut u32, n: u32) { a(p, n) }
fn f(r: &u32) { a(r as *const u32 as *mut u32, 1); }
"""
    assert not reached_kinds(text)


def test_an_argument_in_another_position_is_not_the_one_that_is_used() -> None:
    text = """
fn put(p: *mut u32, q: *mut u32) { *q = *p }
fn f(r: &u32, q: *mut u32) { put(r as *const u32 as *mut u32, q); }
"""
    assert not reached_kinds(text)


def test_every_step_leads_back_to_its_code() -> None:
    text = "struct S { a: u32 }\nfn f(s: &S) { *(&s.a as *const u32 as *mut u32) = 1; }"
    cx = context(text)
    cast = next(iter(shared_casts(cx).values()))
    steps = cast.reached.steps
    assert all(node_at(step.span, cx) is not None for step in steps)
    referent = last_referent(cast.reached.origin.steps, cx)
    assert referent is not None
    assert referent.type == parse_type("u32")
    assert [label.path for label in labels(steps, cx)] == [""] * len(steps)
    assert in_words(steps, cx).startswith("`s` is a reference (line 2) → ")
    assert text[cast.span.start : cast.span.end] == "&s.a as *const u32 as *mut u32"


def test_no_node_stands_at_a_place_between_nodes() -> None:
    assert node_at(Span(1, 5), context("fn f() { g(); }")) is None


@pytest.mark.parametrize(
    ("given", "out", "taker", "into", "fits"),
    [
        ("KBox<T>", "into_raw", "KBox<T>", "from_raw", True),
        ("KBox<T>", "into_raw", "VBox<T>", "from_raw", False),
        ("Box<T, Vmalloc>", "into_raw", "VBox<T>", "from_raw", True),
        ("Box<T, Vmalloc>", "into_raw", "KBox<T>", "from_raw", False),
        ("Box<T, A>", "into_raw", "KBox<T>", "from_raw", True),
        ("KBox<T>", "into_foreign", "KBox<T>", "from_raw", True),
        ("Pin<KBox<T>>", "into_foreign", "KBox<T>", "from_foreign", True),
        ("KVec<T>", "into_raw_parts", "KBox<T>", "from_raw", True),
        ("Arc<T>", "into_raw", "Arc<T>", "from_raw", True),
        ("Arc<T>", "into_foreign", "Arc<T>", "from_foreign", True),
        ("Arc<T>", "into_foreign", "Arc<T>", "from_raw", False),
        ("Arc<T>", "into_raw", "Arc<T>", "try_from_foreign", False),
        ("ListArc<T>", "into_raw", "Arc<T>", "from_raw", True),
        ("Arc<T>", "into_foreign", "ListArc<T>", "from_raw", False),
        ("Arc<T>", "into_raw", "KBox<T>", "from_raw", False),
        ("ARef<T>", "into_raw", "Arc<T>", "from_raw", False),
    ],
)
def test_pairs(given: str, out: str, taker: str, into: str, fits: bool) -> None:
    giver, owner = handle(parse_type(given), BUNDLED), handle(parse_type(taker), BUNDLED)
    assert giver is not None
    assert owner is not None
    assert (difference(giver, out, owner, into) == "") is fits


def test_a_type_that_owns_nothing_known_has_no_handle() -> None:
    assert handle(parse_type("Wrapper"), BUNDLED) is None
    assert handle(None, BUNDLED) is None


def test_a_call_that_takes_back_is_judged_once() -> None:
    text = """
impl<T> VBox<T> { unsafe fn from_raw(p: *mut T) -> Self { KBox::from_raw(p); Self(p) } }
fn f(b: KBox<u8>) { VBox::from_raw(KBox::into_raw(b)); }
"""
    assert [found.taker for found in mismatches(context(text)).values()] == ["VBox::from_raw"]


def test_a_pointer_that_left_its_referent_is_reported_once() -> None:
    text = "fn f(l: &L) { let m = container_of!(l as *const L, M, l); container_of!(m, N, m) }"
    assert [found.container for found in upcasts(context(text)).values()] == ["M"]


def test_long_chains_of_helpers_and_casts_take_linear_time() -> None:
    def judge(count: int) -> None:
        helpers = "".join(f"fn h{n}(p: *mut u32) {{ h{n + 1}(p.cast()) }}\n" for n in range(count))
        casts = "".join(
            f"h0(r as *const u32 as *mut u32); *(r as *const u32 as *mut u32) = {n};\n" for n in range(count)
        )
        assert len(shared_casts(context(f"{helpers}fn f(r: &u32) {{ {casts} }}"))) == count

    assert grows_linearly(judge, 40)
