"""Where pointers come from: one question at a time, asked by the text of the expression."""

from __future__ import annotations

import pickle
import re
import time
from pathlib import Path

import pytest

from rfl_lint.analysis.provenance.queries import Provenance, origins_of, owned_references, provenance
from rfl_lint.analysis.provenance.terms import Kind, Origin, Place
from rfl_lint.facts import extract_facts
from rfl_lint.index import Index
from rfl_lint.rule import Context
from rfl_lint.source import SourceFile
from rfl_lint.syntax import parse_file
from rfl_lint.testing import read_fixture
from rfl_lint.tree import KernelTree, Role
from rfl_lint.workspace import Workspace


def context(text: str) -> Context:
    parsed = parse_file(SourceFile("drivers/t.rs", text.encode()))
    facts = extract_facts(parsed)
    return Context(parsed, KernelTree(), Role.DRIVER, facts, Index([facts]))


def origins(text: str) -> tuple[Origin, ...]:
    """The origins of what stands between `«` and `»`."""
    at = text.encode().index("«".encode())
    size = len(text.partition("«")[2].partition("»")[0].encode())
    cx = context(text.replace("«", "").replace("»", ""))
    for fragment in reversed(cx.parsed.fragments):
        node = fragment.root.descendant_for_byte_range(at, at + size)
        if node is not None and (node.start_byte, node.end_byte) == (at, at + size):
            return origins_of(node, cx)
    raise AssertionError(f"no node is exactly what was marked in {text}")


def tree(**texts: str) -> dict[str, Context]:
    """Contexts that reach each other, over one index; `a__b` stands for the path `a/b.rs`."""
    paths = {
        name.replace("__", "/") + ".rs": text.replace("«", "").replace("»", "")
        for name, text in texts.items()
    }
    sources = {path: SourceFile(path, text.encode()) for path, text in paths.items()}
    parsed = {path: parse_file(source) for path, source in sources.items()}
    workspace = Workspace(KernelTree(), sources.get, Index(extract_facts(file) for file in parsed.values()))
    return {path: workspace.entered(file) for path, file in parsed.items()}


def origins_in(main: str, **texts: str) -> tuple[Origin, ...]:
    """The origins of what is marked in `drivers/x/main.rs`, beside other files."""
    cx = tree(drivers__x__main=main, **texts)["drivers/x/main.rs"]
    at = main.encode().index("«".encode())
    size = len(main.partition("«")[2].partition("»")[0].encode())
    node = cx.parsed.root.descendant_for_byte_range(at, at + size)
    assert node is not None
    assert (node.start_byte, node.end_byte) == (at, at + size)
    return origins_of(node, cx)


def kinds(text: str) -> set[str]:
    return {origin.kind.name for origin in origins(text)}


ITEMS = """
struct S<'a> { raw: *mut S, ptr: NonNull<S>, r: &'a T, cell: Opaque<T>, arc: Arc<T>, vec: KVec<T>, bytes: [u8; 4] }
fn of<T>(t: &T) -> *const T { t }
fn same<T>(p: *const T) -> *const T { p }
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("fn f(r: &T) { «r as *const T» }", {"REFERENCE"}),
        ("fn f(r: &T) { «r as *const T as *mut u8» }", {"REFERENCE"}),
        ("fn f(r: &T) { «r as *const T as usize» }", {"UNKNOWN"}),
        ("fn f(p: *const T) { «p.cast::<u8>().add(1)» }", {"RAW"}),
        ("fn f(p: NonNull<T>) { «p.as_ptr()» }", {"RAW"}),
        ("fn f(p: *mut T) { «&*p» }", {"REFERENCE"}),
        ("fn f(p: *mut T) { «&raw mut (*p).x» }", {"RAW"}),
        ("fn f(p: *mut T) { «addr_of_mut!((*p).x)» }", {"RAW"}),
        ("fn f(p: *mut T) { «&mut (*p).x» }", {"REFERENCE"}),
        ("fn f(x: T) { «&raw const x» }", {"REFERENCE"}),
        ("fn f(s: &S) { «s.raw» }", {"STORED"}),
        ("fn f(s: &S) { «s.ptr.as_ptr()» }", {"STORED"}),
        ("fn f(s: &S) { «s.r» }", {"REFERENCE"}),
        ("fn f(s: &S) { «s.cell.get()» }", {"CELL"}),
        ("fn f(s: *const S) { «Opaque::raw_get(s)» }", {"RAW"}),
        ("fn f(s: &S) { «Opaque::raw_get(s)» }", {"CELL"}),
        ("fn f(s: &S) { «s.vec.as_ptr()» }", {"STORED"}),
        ("fn f(s: &S) { «s.bytes.as_ptr()» }", {"REFERENCE"}),
        ("fn f(s: &S) { «&*s.arc» }", {"REFERENCE"}),
        ("fn f(s: &S) { «Arc::as_ptr(&s.arc)» }", {"PEEKED"}),
        ("fn f(a: Arc<T>) { «Arc::into_raw(a).cast_mut()» }", {"OWNED"}),
        ("fn f(a: T) { «a.into_foreign()» }", {"OWNED"}),
        ("fn f(a: KBox<T>) { «&mut *KBox::leak(a)» }", {"OWNED"}),
        ("fn f(a: KBox<T>) { «&mut KBox::leak(a).x» }", {"REFERENCE"}),
        ("fn f() { «unsafe { bindings::g() }» }", {"FOREIGN"}),
        ("fn f(p: *mut T) { «container_of!(p, S, x)» }", {"RAW"}),
        ("fn f(s: &S) { «container_of!(s.raw, S, x)» }", {"STORED"}),
        ("fn f(r: &T) { «container_of!(r, S, x)» }", {"REFERENCE"}),
        ("fn f(r: &T, p: *const T) { «if c { p } else { r }» }", {"RAW", "REFERENCE"}),
        ("fn f(r: &T, p: *const T) { «match c { 1 => p, 2 => return, _ => panic!() }» }", {"RAW"}),
        ("fn f(r: &T) { «of(r)» }", {"REFERENCE"}),
        ("fn f(p: *const T) { «same(p)» }", {"RAW"}),
        ("fn f(r: &T) { «same(of(r))» }", {"REFERENCE"}),
        ("fn f(r: &T) { «unknown(r)» }", {"UNKNOWN"}),
        ("fn f(r: &T) { «r.unknown()» }", {"UNKNOWN"}),
        ("fn f(r: &T) { «NAME» }", {"UNKNOWN"}),
        ("fn f(d: *mut bindings::gendisk) { «(*d).queue» }", {"STORED"}),
        ("fn f(d: &bindings::gendisk) { «(*d.queue).data» }", {"STORED"}),
        ("fn f(d: &bindings::gendisk) { «&d.queue» }", {"REFERENCE"}),
        ("fn f(d: *mut T) { «(*d).queue» }", {"UNKNOWN"}),
        (
            "trait A { fn p(&self) -> *const u8 { self as *const Self as *const u8 } fn f(&self) { «self.p()» } }",
            {"REFERENCE"},
        ),
        ("trait B { fn p(&self) -> *const u8; fn f(&self) { «self.p()» } }", {"UNKNOWN"}),
        ("mod m { pub fn of(t: &T) -> *const T { t } } fn f(r: &T) { «m::of(r)» }", {"REFERENCE"}),
        (
            (
                "struct W(T); impl Deref for W { type Target = T; fn deref(&self) -> &T { &self.0 } } "
                "impl T { fn p(&self) -> *const T { self } } fn f(w: &W) { «w.p()» }"
            ),
            {"REFERENCE"},
        ),
        (
            (
                "struct W<X>(X); impl<X> W<X> { fn get(&self) -> &X { &self.0 } } "
                "impl T { fn p(&self) -> *const T { self } } fn f(w: &W<T>) { «w.get().p()» }"
            ),
            {"REFERENCE"},
        ),
    ],
)
def test_origins(body: str, expected: set[str]) -> None:
    assert kinds(ITEMS + body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("let mut p = r as *const T; p = q; «p»", {"RAW"}),
        ("let mut p = q; p = r; «p»", {"REFERENCE"}),
        ("let mut p = q; if c { p = r; } «p»", {"RAW", "REFERENCE"}),
        ("let p; if c { p = r; } else { p = q; } «p»", {"RAW", "REFERENCE"}),
        ("let mut p = q; «p»; p = r;", {"RAW"}),
        ("let mut p = q; loop { «p»; p = r; }", {"RAW", "REFERENCE"}),
        ("let mut p = q; loop { p = q; «p»; p = r; }", {"RAW"}),
        ("let mut p = q; unsafe { p = r }; «p»", {"REFERENCE"}),
        ("let mut p = q; let c = || { p = r; }; «p»", {"RAW", "REFERENCE"}),
        ("let p = r as *const T; { let p = q; «p» }", {"RAW"}),
        ("let mut p = q; { let mut p = q; p = r; } «p»", {"RAW"}),
        ("let mut s = X { p: q }; s.p = r; «s.p»", {"REFERENCE"}),
        ("let mut s = X { p: r as *const T }; if c { s.p = q; } «s.p»", {"RAW", "REFERENCE"}),
    ],
)
def test_which_assignment_reaches_a_use(body: str, expected: set[str]) -> None:
    assert kinds(f"struct X {{ p: *const T }} fn f(r: &T, q: *const T) {{ {body} }}") == expected


def test_what_a_reference_refers_to() -> None:
    def places(body: str) -> set[tuple[Place, bool]]:
        text = f"struct S {{ x: u8 }} impl S {{ fn f(&mut self, r: &mut S, v: S, p: *mut S) {{ {body} }} }}"
        return {(origin.place, origin.mutable) for origin in origins(text)}

    assert places("«self as *mut S»") == {(Place.SELF, True)}
    assert places("«r as *mut S»") == {(Place.PARAMETER, True)}
    assert places("«&*r as *const S»") == {(Place.PARAMETER, False)}
    assert places("«&mut v as *mut S»") == {(Place.LOCAL, True)}
    assert places("«&mut r.x as *mut u8»") == {(Place.FIELD, True)}
    assert places("«&mut *p as *mut S»") == {(Place.TARGET, True)}


def test_steps_lead_from_the_source_to_the_pointer() -> None:
    text = "impl S { fn p(&self) -> *const S { self as _ } fn f(&self) { let q = self.p(); «q.cast_mut()» } }"
    (origin,) = origins(text)
    assert [step.words for step in origin.steps] == [
        "`self` is a reference",
        "`p` returns `self as _`",
        "`self.p()` hands it on",
        "`q.cast_mut()` hands it on",
    ]


def test_a_reference_as_argument_is_the_source_of_its_derivation() -> None:
    cx = context("fn f(s: &Arc<T>) { unsafe { Arc::from_raw(&**s) }; }")
    (misuse,) = owned_references(cx).values()
    assert [step.words for step in misuse.steps] == [
        "`&**s` is a reference to what `*s` owns",
        "`Arc::from_raw` takes `&**s`",
    ]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("into(r)", {Kind.CELL}),
        ("Opaque::cast_into(r)", {Kind.CELL}),
        ("again(r)", {Kind.CELL}),
        ("either(r)", {Kind.CELL, Kind.REFERENCE}),
        ("borrowed(r)", {Kind.REFERENCE}),
        ("into(q)", {Kind.RAW}),
        ("into(unsafe { bindings::g() })", {Kind.FOREIGN}),
    ],
)
def test_a_cell_behind_a_raw_parameter_shows_with_a_reference(call: str, expected: set[Kind]) -> None:
    functions = """
        impl<T> Opaque<T> { fn cast_into(this: *const Self) -> *mut T { UnsafeCell::raw_get(this.cast()) } }
        fn into(p: *const UnsafeCell<T>) -> *mut T { UnsafeCell::raw_get(p) }
        fn again(p: *const UnsafeCell<T>) -> *mut T { if c { into(p).cast() } else { again(p) } }
        fn either(p: *const UnsafeCell<T>) -> *mut T { if c { p.cast() } else { into(p) } }
        fn borrowed(p: *const UnsafeCell<T>) -> *mut T { unsafe { &mut *into(p) } }
    """
    found = origins(f"{functions} fn f(r: &UnsafeCell<T>, q: *const UnsafeCell<T>) {{ «{call}» }}")
    assert {origin.kind for origin in found} == expected


def test_a_function_that_takes_over_what_a_cell_holds() -> None:
    take = "fn take(p: *const UnsafeCell<T>) { unsafe { TAKER::from_raw(UnsafeCell::raw_get(p)) }; }"
    call = "fn f(r: &UnsafeCell<T>) { take(r) }"
    assert not owned_references(context(take.replace("TAKER", "KBox") + call))
    assert len(owned_references(context(take.replace("TAKER", "Arc") + call))) == 1


def test_a_parameter_stays_open_until_a_call_fills_it() -> None:
    (open_end,) = origins("fn f(p: *const T) { «p.cast::<u8>()» }")
    assert (open_end.kind, open_end.param) == (Kind.RAW, 0)
    (settled,) = origins("fn f(p: *const T) { «&*p» }")
    assert (settled.kind, settled.param) == (Kind.REFERENCE, None)


@pytest.mark.parametrize(
    ("functions", "expected"),
    [
        ("fn g(p: *const T) -> *const T { if c { p } else { g(p) } }", {"RAW"}),
        ("fn g(p: *const T) -> *const T { if c { p } else { g(&*p) } }", {"RAW", "REFERENCE"}),
        ("fn g(p: *const T) -> *const T { h(p) } fn h(p: *const T) -> *const T { if c { g(&*p) } else { p } }",
         {"RAW", "REFERENCE"}),
        ("fn g(p: *const T) -> *const T { g(p) }", set()),
    ],
)  # fmt: skip
def test_recursion_comes_to_an_end(functions: str, expected: set[str]) -> None:
    assert kinds(functions + "fn f(q: *const T) { «g(q)» }") == expected


def test_many_functions_that_call_each_other() -> None:
    size = 300
    bodies = "".join(
        f"fn f{i}(p: *const T) -> *const T {{ if c {{ f{(i + 1) % size}(p) }} else {{ f{(7 * i + 3) % size}(p) }} }}"
        for i in range(size)
    )
    started = time.monotonic()
    origins(bodies + "fn g(q: *const T) { «f0(q)» }")
    assert time.monotonic() - started < 5


def test_branches_that_share_a_local_are_read_once() -> None:
    lines = "".join(
        f"let p{i + 1} = match c {{ 1 => p{i}, 2 => p{i}, 3 => p{i}, 4 => p{i}, 5 => p{i}, _ => p{i} }};"
        for i in range(12)
    )
    started = time.monotonic()
    assert kinds(f"fn f(r: &T) {{ let p0 = r as *const T; {lines} «p12» }}") == {"REFERENCE"}
    assert time.monotonic() - started < 5


def test_deep_code_in_deep_calls_is_unknown_and_no_crash() -> None:
    deep = "if c { (unsafe { match x { _ => { Some(" * 40 + "Q" + ") } } }) } else { q }" * 40
    calls = "".join(
        f"fn f{i}(q: *const T) -> *const T {{ {deep.replace('Q', f'f{i + 1}(q)')} }}" for i in range(30)
    )
    assert "UNKNOWN" in kinds(calls + "fn g(q: &T) { «f0(q)» }")


def test_summaries_are_plain_data() -> None:
    cx = context(ITEMS)
    for fact in cx.facts.functions:
        summary = provenance(cx).summary(fact)
        assert summary is not None
        assert pickle.loads(pickle.dumps(summary)) == summary  # noqa: S301 - our own bytes


def test_function_of_another_file_has_no_body_here() -> None:
    here, there = context("fn f() {}"), context("fn g() {}")
    (fact,) = there.facts.functions
    other = type(fact)("elsewhere.rs", fact.name, fact.owner, fact.span)
    assert provenance(here).summary(other) is None


def test_steps_of_another_file_say_so() -> None:
    (origin,) = origins_in(
        "mod a; use a::S; fn f(s: &S) { «s.p()» }",
        drivers__x__a="pub struct S; impl S { pub fn p(&self) -> *const S { self } }",
    )
    assert [(step.path, step.words) for step in origin.steps] == [
        ("drivers/x/main.rs", "`s` is a reference"),
        ("drivers/x/a.rs", "`p` returns `self`"),
        ("drivers/x/main.rs", "`s.p()` hands it on"),
    ]


@pytest.mark.parametrize(
    ("a", "expected"),
    [
        ("pub fn g(p: *const T) -> *const T { if c { p } else { super::h(p) } }", {Kind.RAW}),
        (
            "pub fn g(p: *const T) -> *const T { if c { p } else { super::h(&*p) } }",
            {Kind.RAW, Kind.REFERENCE},
        ),
        ("pub fn g(p: *const T) -> *const T { super::h(p) }", set()),
        ("pub fn k(p: *const T) -> *const T { p }", {Kind.UNKNOWN}),
    ],
)
def test_recursion_over_two_files(a: str, expected: set[Kind]) -> None:
    main = "mod a; pub fn h(p: *const T) -> *const T { a::g(p) } fn f(q: *const T) { «h(q)» }"
    assert {origin.kind for origin in origins_in(main, drivers__x__a=a)} == expected


def test_a_circle_of_owning_functions_over_files_is_the_same_from_every_side() -> None:
    size = 12
    files = {
        f"drivers__x__m{i}": "".join(
            f"pub fn g{k}(p: *const T) {{ crate::m{(i + k + 1) % size}::g{k}(p); crate::m{(i * 7) % size}::g0(p); }}"
            for k in range(4)
        )
        + ("pub fn end(p: *const T) { Arc::from_raw(p); } fn f(p: *const T) { g0(p); }" if i == 3 else "")
        + f"fn start(r: &T) {{ g{i % 4}(r); }}"
        for i in range(size)
    }
    files["drivers__x__m5"] += (
        "pub fn g9(p: *const T) { crate::m3::end(p); } fn from(r: &T) { crate::m3::end(r); g9(r); }"
    )
    main = "".join(f"mod m{i};" for i in range(size))
    started = time.monotonic()
    there = tree(drivers__x__main=main, **files)
    counts = {path: len(owned_references(cx)) for path, cx in there.items()}
    again = tree(drivers__x__main=main, **files)
    assert {path: len(owned_references(again[path])) for path in reversed(counts)} == counts
    assert counts["drivers/x/m5.rs"] == 2
    assert sum(counts.values()) == 2
    assert time.monotonic() - started < 10


def test_file_without_owning_calls_is_not_analysed() -> None:
    cx = context("fn f(r: &T) -> *const T { r }")
    assert owned_references(cx) == {}
    assert Provenance not in cx._memo


def owning(text: str) -> list[str]:
    """The owning calls of a file, as written."""
    return [sink.callee for sink in provenance(context(text)).sinks()]


@pytest.mark.parametrize(
    ("call", "owns"),
    [
        ("KBox::from_raw(p)", True),
        ("kernel::sync::Arc::<T>::from_raw(p)", True),
        ("Arc::from_raw_parts(p)", False),
        ("KVec::from_raw_parts(p, 1, 1)", True),
        ("core::slice::from_raw_parts(p, 1)", False),
        ("T::from_foreign(p)", True),
        ("<T::Ptr as ForeignOwnable>::try_from_foreign(p)", True),
        ("Pin::<KBox<T>>::from_foreign(p)", True),
        ("Device::from_raw(p)", False),
        ("ArcBorrow::from_raw(p)", False),
        ("ARef::from_raw(p)", False),
        ("Ktime::from_raw(p)", False),
        ("x.from_raw(p)", False),
        ("from_raw(p)", False),
        ("Arc::from_raw()", False),
        ("q.map(Arc::from_raw)", True),
        ("q.map(Device::from_raw)", False),
    ],
)
def test_what_takes_ownership(call: str, owns: bool) -> None:
    assert bool(owning(f"fn f() {{ {call}; }}")) == owns


@pytest.mark.parametrize(
    ("impl", "owns"),
    [
        ("unsafe fn from_raw(p: *const T) -> Self { x }", True),
        ("unsafe fn from_raw(p: *const T) -> Arc<T> { x }", True),
        ("unsafe fn from_raw<'a>(p: *const T) -> &'a Self { x }", False),
        ("fn from_raw(p: u64) -> Self { x }", False),
        ("unsafe fn from_raw(p: *const T) -> ARef<Self> { x }", False),
    ],
)
def test_a_type_of_the_file_speaks_for_itself(impl: str, owns: bool) -> None:
    assert bool(owning(f"impl<T> Arc<T> {{ {impl} fn f() {{ Self::from_raw(p); }} }}")) == owns
    assert bool(owning(f"impl<T> Arc<T> {{ {impl} }} fn f() {{ Arc::<T>::from_raw(p); }}")) == owns


def test_the_table_of_derivations_names_fixtures_that_show_them() -> None:
    root = Path(__file__).parent.parent
    folder = root / "fixtures" / "provenance" / "from-raw-of-reference"
    followed, _, gaps = (
        (root / "docs" / "provenance.md").read_text(encoding="utf-8").partition("## Known gaps")
    )

    def marks(name: str) -> set[str]:
        files = sorted((folder / name).iterdir()) if name.endswith("/") else [folder / name]
        return {mark.kind for file in files for mark in read_fixture(file).marks}

    def named(text: str) -> set[str]:
        rows = [line for line in text.splitlines() if line.startswith("|") and "`" in line]
        return {name for row in rows for name in re.findall(r"`([\w-]+(?:\.rs|/))`", row.rpartition("| ")[2])}

    assert named(followed)
    assert all("" in marks(name) for name in named(followed))
    missed = {path.name + "/" * path.is_dir() for path in folder.iterdir()}
    assert named(gaps) == {name for name in missed if "?" in marks(name) and "gaps" in name}
