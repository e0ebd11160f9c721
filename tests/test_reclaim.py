"""Who takes a pointer over: one function at a time, by the lines on which it leaks."""

from __future__ import annotations

import pytest

from rfl_lint.analysis.leaks.queries import exit_span, leaks
from rfl_lint.analysis.leaks.reclaim_functions import function_effects
from rfl_lint.analysis.leaks.reclaim_table import reclaim_table
from rfl_lint.analysis.leaks.reclaim_terms import Fate, Form, Holding, State, Value, joined, joined_values
from rfl_lint.c.facts import CFunction, Failure
from rfl_lint.facts import extract_facts
from rfl_lint.index import Index
from rfl_lint.rule import Context
from rfl_lint.source import SourceFile
from rfl_lint.syntax import parse_file
from rfl_lint.tables import BUNDLED
from rfl_lint.tree import KernelTree, Role
from tests.work import grows_linearly

C = {
    "quiet": CFunction("quiet", "void", (), "", failure=Failure.NONE),
    "says": CFunction("says", "bool", (), ""),
    "adds": CFunction("adds", "int", (), "", failure=Failure.ERRNO),
    "thing_init": CFunction("thing_init", "void", (), "", failure=Failure.NONE),
}


def context(text: str) -> Context:
    parsed = parse_file(SourceFile("drivers/t.rs", text.encode()))
    facts = extract_facts(parsed)
    return Context(parsed, KernelTree(), Role.DRIVER, facts, Index([facts]), c_facts=C.get)


def left_behind(body: str, items: str = "") -> list[str]:
    """What the first way out of each pointer that leaks says in the code, in the order of the pointers."""
    cx = context(f"fn f(b: KBox<T>, d: &D) -> Result<X> {{ {body} }}\n{items}")
    found = sorted(leaks(cx).values(), key=lambda leak: leak.place.start)
    data = cx.source.data
    return [data[slice(*_ends(exit_span(leak.first)))].decode() for leak in found]


def _ends(span: object) -> tuple[int, int]:
    return span.start, span.end  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("let p = KBox::into_raw(b); g()?; quiet(p)", ["?"]),
        ("g()?; let p = KBox::into_raw(b); quiet(p)", []),
        ("let p = KBox::into_raw(b); unsafe { bindings::quiet(p) }; g()?; Ok(())", []),
        ("let p = KBox::into_raw(b); unsafe { bindings::thing_init(p) }; g()?; Ok(())", ["?"]),
        ("let p = KBox::into_raw(b); if unsafe { bindings::says(p) } { return Err(E); } Ok(())", []),
        ("let p = KBox::into_raw(b); if unsafe { bindings::adds(p) } != 0 { return Err(E); } Ok(())",
         ["return Err(E)"]),
        ("let p = KBox::into_raw(b); if unsafe { bindings::adds(p) } != 0 { return Ok(1); } Ok(())",
         ["return Ok(1)"]),
        ("let p = KBox::into_raw(b); if unsafe { bindings::unknown(p) } != 0 { return Ok(1); } Ok(())", []),
        ("let p = KBox::into_raw(b); if 0 > unsafe { bindings::unknown(p) } { return Err(E); } Ok(())",
         ["return Err(E)"]),
        ("let p = KBox::into_raw(b); unsafe { bindings::unknown(p) }; g()?; Ok(())", []),
        ("let p = KBox::into_raw(b); let r = unsafe { bindings::unknown(p) }; g()?; to_result(r)", ["to_result(r)"]),
        ("let p = KBox::into_raw(b); to_result(unsafe { bindings::adds(p) })?; g()?; Ok(())", ["?"]),
        ("let p = KBox::into_raw(b); let _ = to_result(unsafe { bindings::adds(p) }); g()?; Ok(())", []),
        ("let p = KBox::into_raw(b); to_result(unsafe { bindings::adds(p) }).unwrap(); g()?; Ok(())", []),
        ("let p = KBox::into_raw(b); let q = p.cast::<u8>(); g()?; Ok(q)", ["?"]),
        ("let (p, n) = (KBox::into_raw(b), 1); g()?; Ok(p)", ["?"]),
        ("let t = (KBox::into_raw(b), 1); g()?; Ok(t.0)", ["?"]),
        ("let p = KBox::into_raw(b); let s = S { p }; g()?; Ok(s)", []),
        ("let p = KBox::into_raw(b); let s = [p]; g()?; Ok(s)", []),
        ("let p = KBox::into_raw(b); *d = p; g()?; Ok(())", []),
        ("let p = KBox::into_raw(b); let c = || drop(p); g()?; Ok(())", []),
        ("let p = KBox::into_raw(b); let c = || 1; g()?; Ok(p)", ["?"]),
        ('let p = KBox::into_raw(b); pr_info!("{:p}", p); g()?; Ok(p)', ["?"]),
        ("let p = KBox::into_raw(b); own_macro!(p); g()?; Ok(p)", []),
        ("let p = KBox::into_raw(b); if p == d.last() { return Err(E); } Ok(p)", ["return Err(E)"]),
        ("let p = KBox::into_raw(b); { let p = 1; g(p)?; } Ok(p)", ["?"]),
        ("{ let p = KBox::into_raw(b); } g()?; Ok(())", []),
        ("let mut p = d.none(); if d.x() { p = KBox::into_raw(b); } g()?; Ok(p)", ["?"]),
        ("let mut p = KBox::into_raw(b); p = d.none(); g()?; Ok(())", []),
        ("KBox::into_raw(b); g()?; Ok(())", []),
        ("let p = Register::into_raw(b); g()?; Ok(p)", []),
        ("let p = b.into_foreign(); return Err(p)", []),
        ("let p = ARef::into_raw(b); Err(E)", ["Err(E)"]),
        ("let p = ARef::into_raw(b); None", []),
        ("let (p, l, c) = b.into_raw_parts(); let q = p as *mut u8; g()?; Ok(q)", ["?"]),
    ],
)  # fmt: skip
def test_where_a_pointer_is_left_behind(body: str, expected: list[str]) -> None:
    assert left_behind(body) == expected


@pytest.mark.parametrize(
    ("function", "fate"),
    [
        ('fn h(p: *mut T) { pr_info!("{:p}", p); }', Fate.READS),
        ("fn h(p: *mut T) -> Result { g()?; Ok(()) }", Fate.READS),
        ("fn h(p: *mut T) -> *mut U { p.cast() }", Fate.HANDS_ON),
        ("fn h(p: *mut T) -> c_int { unsafe { bindings::adds(p) } }", Fate.ASKS),
        ("fn h(p: *mut T) -> Result { to_result(unsafe { bindings::adds(p) }) }", Fate.MAY_FAIL),
        ("fn h(p: *mut T) -> Result { to_result(unsafe { bindings::adds(p) })?; g()?; Ok(()) }", Fate.TAKES),
        ("fn h(p: *mut T) -> Result { g()?; unsafe { bindings::quiet(p) }; Ok(()) }", Fate.MAY_FAIL),
        ("fn h(p: *mut T) { unsafe { bindings::quiet(p) } }", Fate.TAKES),
        ("fn h(p: *mut T) { drop(unsafe { KBox::from_raw(p) }); }", Fate.TAKES),
        ("fn h(p: *mut T) { if g() { unsafe { bindings::quiet(p) }; } }", Fate.TAKES),
        ("fn h(p: *mut T) -> Result { h(p) }", Fate.TAKES),
        ("fn h((p, q): (*mut T, u8)) {}", Fate.TAKES),
    ],
)
def test_what_a_function_does_with_a_pointer(function: str, fate: Fate) -> None:
    cx = context(function)
    assert function_effects(cx).of(cx.facts.functions[0], 0, 0).fate is fate


def test_a_function_that_fails_says_where() -> None:
    cx = context("fn h(p: *mut T) -> Result { to_result(unsafe { bindings::adds(p) }) }")
    effect = function_effects(cx).of(cx.facts.functions[0], 0, 0)
    assert [step.words for step in effect.steps] == [
        "where `bindings::adds` fails, it has not taken the pointer"
    ]


def test_the_receiver_counts_as_first() -> None:
    items = "impl D { fn keep(&self, p: *mut T) -> Result { to_result(unsafe { bindings::adds(p) }) } }"
    assert left_behind("let p = KBox::into_raw(b); d.keep(p)?; Ok(())", items) == ["?"]
    assert left_behind("let p = KBox::into_raw(b); D::keep(d, p)?; Ok(())", items) == ["?"]


def test_ways_that_meet_claim_nothing_that_one_of_them_denies() -> None:
    ours, gone, before = State(Holding.OURS), State(Holding.GONE), State()
    assert joined(ours, gone).holding is Holding.GONE
    assert joined(ours, before).holding is Holding.OURS
    assert joined(before, gone).holding is Holding.GONE
    assert joined(State(Holding.ASKED), ours).holding is Holding.GONE


def test_a_value_that_may_be_the_pointer_is() -> None:
    pointer, nothing = Value(Form.POINTER), Value(Form.NOTHING)
    assert joined_values([nothing, pointer]).carries
    assert joined_values([Value(Form.FAILED), nothing]).form is Form.NOTHING


def test_what_prepares_does_not_keep() -> None:
    table = reclaim_table(BUNDLED)
    assert table.prepares("device_initialize")
    assert not table.prepares("kobject_init_and_add")
    assert not table.prepares("definition_get")


def test_many_pointers_in_many_functions_take_linear_time() -> None:
    body = "let p = KBox::into_raw(b); if g() {{ h()?; }} bindings::quiet(p); Ok(())"
    function = f"fn f{{0}}(b: KBox<T>) -> Result {{{{ {body} }}}}\n"

    def judge(count: int) -> None:
        cx = context("".join(function.format(number) for number in range(count)))
        assert len(leaks(cx)) == count

    assert grows_linearly(judge, 50)
