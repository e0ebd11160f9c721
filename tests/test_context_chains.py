"""Which functions sleep, by which way: the shortest, the first of several, whatever is asked first."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rfl_lint.analysis.context.chains import body_sleeps
from rfl_lint.facts import FunctionFact, extract_facts
from rfl_lint.index import Index
from rfl_lint.rule import Context
from rfl_lint.source import SourceFile
from rfl_lint.syntax import parse_file
from rfl_lint.tree import KernelTree
from rfl_lint.workspace import Workspace
from tests.work import grows_linearly

HEAD = "use kernel::{bindings, prelude::*, sync::Mutex, time::{delay::fsleep, Delta}};\n"


def tree(**texts: str) -> dict[str, Context]:
    """Contexts that reach each other; `a__b` stands for `drivers/a/b.rs`."""
    paths = {f"drivers/{name.replace('__', '/')}.rs": HEAD + text for name, text in texts.items()}
    sources = {path: SourceFile(path, text.encode()) for path, text in paths.items()}
    parsed = {path: parse_file(source) for path, source in sources.items()}
    workspace = Workspace(KernelTree(), sources.get, Index(extract_facts(file) for file in parsed.values()))
    return {path: workspace.entered(file) for path, file in parsed.items()}


def functions(cx: Context) -> dict[str, FunctionFact]:
    return {fact.name: fact for path in cx.index.files for fact in cx.index.files[path].functions}


def way(text: str, name: str) -> str:
    """The names on the way from a function to what sleeps; empty where it does not."""
    cx = tree(d__t=text)["drivers/d/t.rs"]
    sleep = body_sleeps(functions(cx)[name], cx)
    return " ".join(step.name for step in sleep.steps) if sleep is not None else ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fn f() { fsleep(d); }", "fsleep"),
        ("fn f() { g(); } fn g() { fsleep(d); }", "g fsleep"),
        ("fn f() { g(); } fn g() { h(); } fn h() { f(); }", ""),
        ("fn f() { g(); } fn g() { f(); h(); } fn h() { fsleep(d); }", "g h fsleep"),
        ("fn f() { g(); h(); } fn g() { h(); } fn h() { fsleep(d); }", "h fsleep"),
        ("fn f() { g(); h(); } fn g() { fsleep(d); } fn h() { fsleep(d); }", "g fsleep"),
        ("fn f() { g(); fsleep(d); } fn g() { fsleep(d); }", "fsleep"),
        ("fn f() { work(|| fsleep(d)); }", ""),
        ("fn f() { o.map_or(0, |x| fsleep(d)); }", "fsleep"),
        ("fn f() { let c = async { fsleep(d) }; }", ""),
        ("fn f() { fn g() { fsleep(d); } }", ""),
        ("fn f() { fn g() { fsleep(d); } g(); }", "g fsleep"),
        ("fn f() -> impl PinInit<T> { pin_init!(T { a: fsleep(d) }) }", ""),
        ('fn f() { pr_info!("{}", g()); } fn g() -> u32 { fsleep(d); 1 }', "g fsleep"),
        ("fn f(now: bool) { if !now { fsleep(d); } }", ""),
        ("fn f(now: bool) { if now { return; } fsleep(d); }", "fsleep"),
        ("fn f(now: bool) { if now && other() { fsleep(d); } }", "fsleep"),
        ("fn f<const SYNC: bool>() { if SYNC { fsleep(d); } }", ""),
        ("fn f(l: &Mutex<u32>) { l.lock(); }", "lock"),
        ("fn f(l: &Mutex<u32>) { l.try_lock(); }", ""),
        ("fn f() { kvec![1]; }", "kvec!"),
        ("fn f() { kvec![]; }", ""),
        ("fn f() { KBox::new(1, GFP_KERNEL); }", "KBox::new"),
        ("fn f() { KBox::new(1, GFP_NOWAIT); }", ""),
        ("fn f(flags: Flags) { KBox::new(1, flags); }", ""),
        ("fn f() { unsafe { bindings::gpiod_get_value_cansleep(d) }; }", "gpiod_get_value_cansleep"),
        ("fn f() { unsafe { bindings::gpiod_get_value(d) }; }", ""),
        ("fn f(b: VBox<u32>) { drop(b); }", "drop(VBox)"),
        ("fn f(b: KBox<u32>) { drop(b); }", ""),
    ],
)
def test_ways(text: str, expected: str) -> None:
    assert way(text, "f") == expected


def test_methods_and_files() -> None:
    files = tree(
        d__m="mod n; use n::N; fn f(n: &N) { n.one(); } fn g(n: &N) { N::three(n); }",
        d__n="pub(crate) struct N; impl N { pub(crate) fn one(&self) { self.two(); }"
        " fn two(&self) { fsleep(d); } pub(crate) fn three(&self) {} }",
    )
    cx = files["drivers/d/m.rs"]
    known = functions(cx)
    sleep = body_sleeps(known["f"], cx)
    assert sleep is not None
    assert [(step.path, step.name) for step in sleep.steps] == [
        ("drivers/d/m.rs", "N::one"),
        ("drivers/d/n.rs", "N::two"),
        ("drivers/d/n.rs", "fsleep"),
    ]
    assert body_sleeps(known["g"], cx) is None


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 9), max_size=3), min_size=10, max_size=10),
    st.sets(st.integers(0, 9)),
    st.randoms(),
)
def test_the_answer_is_the_shortest_and_does_not_depend_on_what_is_asked_first(
    calls: list[list[int]], asleep: set[int], shuffle: random.Random
) -> None:
    text = "".join(
        f"fn f{i}() {{ {' '.join(f'f{k}();' for k in calls[i])} {'fsleep(d);' if i in asleep else ''} }}\n"
        for i in range(10)
    )
    lengths = _lengths(calls, asleep)
    orders = [list(range(10)), list(range(9, -1, -1)), shuffle.sample(range(10), 10)]
    answers = []
    for order in orders:
        cx = tree(d__t=text)["drivers/d/t.rs"]
        known = functions(cx)
        found = {i: body_sleeps(known[f"f{i}"], cx) for i in order}
        answers.append({i: [step.name for step in s.steps] if s else [] for i, s in sorted(found.items())})
    assert answers[0] == answers[1] == answers[2]
    assert {i: len(way) for i, way in answers[0].items()} == lengths


def _lengths(calls: list[list[int]], asleep: set[int]) -> dict[int, int]:
    found = dict.fromkeys(asleep, 1)
    for _ in itertools.repeat(None, 10):
        for i, below in enumerate(calls):
            ways = [found[k] + 1 for k in below if k in found]
            if ways and i not in asleep:
                found[i] = min([*ways, found.get(i, 99)])
    return {i: found.get(i, 0) for i in range(10)}


@pytest.mark.parametrize("tail", ["fsleep(d);", ""])
def test_long_chains_are_read_in_linear_time(tail: str) -> None:
    def ask(size: int) -> None:
        text = "".join(f"fn f{i}() {{ f{i + 1}(); }}\n" for i in range(size)) + f"fn f{size}() {{ {tail} }}\n"
        cx = tree(d__t=text)["drivers/d/t.rs"]
        for fact in reversed(cx.facts.functions):
            body_sleeps(fact, cx)

    assert grows_linearly(ask, 12, factor=8, slack=2.0)
