"""Owning calls of pointers that nobody gave up."""

from __future__ import annotations

import pytest

from rfl_lint.analysis.pointers.lookup_keys import unreturned
from rfl_lint.facts import extract_facts
from rfl_lint.index import Index
from rfl_lint.rule import Context
from rfl_lint.source import SourceFile
from rfl_lint.syntax import parse_file
from rfl_lint.tree import KernelTree, Role


def found(text: str) -> list[tuple[str, str, list[str]]]:
    parsed = parse_file(SourceFile("drivers/t.rs", text.encode()))
    facts = extract_facts(parsed)
    cx = Context(parsed, KernelTree(), Role.DRIVER, facts, Index([facts]))
    return [(one.source, one.key_of, [step.words for step in one.steps]) for one in unreturned(cx).values()]


def test_a_pointer_that_was_looked_at_names_the_look() -> None:
    assert found("fn f(a: &Arc<T>) { let p = Arc::as_ptr(a); drop(unsafe { Arc::from_raw(p) }); }") == [
        ("`Arc::as_ptr(a)`", "", ["`Arc::as_ptr(a)` looks at it", "`Arc::from_raw` takes `p`"])
    ]


def test_a_key_names_the_function_that_got_it() -> None:
    body = "unsafe { bindings::del(t as *mut T) }; drop(unsafe { KBox::from_raw(t as *mut T) });"
    [(_, key_of, steps)] = found(f"fn f(t: &mut T) {{ {body} }}")
    assert key_of == "`bindings::del`"
    assert "`bindings::del` is given it as a key" in steps
    assert steps[-1] == "`KBox::from_raw` takes `t as *mut T`"


@pytest.mark.parametrize(
    "body",
    [
        "drop(unsafe { KBox::from_raw(t as *mut T) });",
        "unsafe { bindings::del(&mut t.x) }; drop(unsafe { KBox::from_raw(t as *mut T) });",
        "let a = ManuallyDrop::new(unsafe { Arc::from_raw(Arc::as_ptr(a)) });",
        "let b = unsafe { Arc::from_raw(Arc::as_ptr(a)) }; core::mem::forget(b);",
        "let b = ManuallyDrop::new(a); let c = unsafe { Arc::from_raw(Arc::as_ptr(&b)) };",
        "drop(unsafe { Arc::from_raw(Arc::into_raw(a)) });",
        "drop(unsafe { Arc::from_raw(t as *const T) });",
    ],
)
def test_what_is_no_taking_of_its_own(body: str) -> None:
    assert found(f"fn f(t: &mut T, a: Arc<T>) {{ {body} }}") == []
