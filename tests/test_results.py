"""What becomes of the result of a C function, and what the comments at it say."""

from __future__ import annotations

import pytest

from rfl_lint.analysis.comments.remarks import Remarks, remarks
from rfl_lint.analysis.ffi.results import Fate, unchecked_results
from rfl_lint.c.facts import CFunction, Failure
from rfl_lint.facts import extract_facts
from rfl_lint.index import Index
from rfl_lint.rule import Context
from rfl_lint.source import SourceFile
from rfl_lint.syntax import parse_file
from rfl_lint.tree import KernelTree, Role

C = {
    "on": CFunction("on", "int", (), "a.h", failure=Failure.ERRNO),
    "find": CFunction("find", "void *", (), "a.h", failure=Failure.NULL),
    "copy": CFunction("copy", "unsigned long", (), "a.h", failure=Failure.BYTES_LEFT),
    "must": CFunction("must", "int", (), "a.h", must_check=True),
    "quiet": CFunction("quiet", "int", (), "a.h"),
    "gone": CFunction("gone", "void", (), "a.h", failure=Failure.NONE, must_check=True),
}


def context(body: str) -> Context:
    parsed = parse_file(SourceFile("drivers/t.rs", f"fn f() {{\n{body}\n}}\n".encode()))
    facts = extract_facts(parsed)
    return Context(parsed, KernelTree(), Role.DRIVER, facts, Index([facts]), c_facts=C.get)


def fates(body: str) -> list[Fate]:
    return [found.fate for found in unchecked_results(context(body))]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("unsafe { bindings::on() };", [Fate.DROPPED]),
        ("unsafe { bindings::on() }", []),
        ("unsafe { bindings::on(); }", [Fate.DROPPED]),
        ("unsafe { unsafe { (bindings::on()) } };", [Fate.DROPPED]),
        ("if a { unsafe { bindings::on() } } else { 0 };", [Fate.DROPPED]),
        ("if unsafe { bindings::on() } == 0 {};", []),
        ("match a { 0 => unsafe { bindings::on() }, _ => 0 };", [Fate.DROPPED]),
        ("match unsafe { bindings::on() } { 0 => 1, _ => 0 };", []),
        ("while unsafe { bindings::on() } > 0 {}", []),
        ("loop { break unsafe { bindings::on() }; };", []),
        ("core::mem::drop(bindings::on());", [Fate.DROPPED]),
        ("other::drop(bindings::on());", []),
        ("let _ = bindings::on();", [Fate.WAIVED]),
        ("let x = bindings::on();", [Fate.UNREAD]),
        ("let x = bindings::on(); let x = 1; g(x);", [Fate.UNREAD]),
        ("let x = bindings::on(); { let x = 1; g(x); } g(x);", []),
        ('let x = bindings::on(); pr_info!("{x}");', []),
        ('let x = bindings::on(); pr_info!("{}", x);', []),
        ("let x = bindings::on(); S { x };", []),
        ("let (x, y) = (bindings::on(), 1);", []),
        ("let Some(x) = bindings::find() else { return };", []),
        ("NonNull::new_unchecked(bindings::find().cast::<u8>());", [Fate.TRUSTED]),
        ("NonNull::new_unchecked(bindings::on());", []),
        ("let p = bindings::find(); NonNull::new_unchecked(p); p.is_null();", [Fate.TRUSTED]),
        ("let p = bindings::find(); p.is_null(); NonNull::new_unchecked(p);", []),
        ("(*bindings::find()).x;", [Fate.TRUSTED]),
        ("&raw const (*bindings::find()).x;", []),
        ("addr_of!((*bindings::find()).x);", []),
        ("!bindings::on();", []),
        ("to_result(bindings::copy() as i32)?;", [Fate.AS_ERRNO]),
        ("to_result(bindings::on())?;", []),
        ("bindings::must();", [Fate.DROPPED]),
        ("bindings::quiet();", []),
        ("bindings::gone();", []),
        ("own::on();", []),
        ("x![bindings::on(); 3];", []),
        ("x!(bindings::on(), 3);", []),
        ("x! { bindings::on(); }", [Fate.DROPPED]),
    ],
)
def test_fates(body: str, expected: list[Fate]) -> None:
    assert fates(body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("g();", Remarks()),
        ("// Why.\ng();", Remarks("Why.")),
        ("// Why.\n// SAFETY: Because.\ng();", Remarks("Why.", "SAFETY: Because.")),
        ("// SAFETY: Because\n// of that.\ng();", Remarks("", "SAFETY: Because  of that.")),
        ("/* Why. */\n// SAFETY: Because.\ng();", Remarks("Why.", "SAFETY: Because.")),
        ("h(); // Other.\ng();", Remarks()),
        ("g(); // Why.", Remarks("Why.")),
        ("g(\n    // Why.\n    0,\n);", Remarks("Why.")),
        ("let x =\n    // Why.\n    g();", Remarks("Why.")),
        ("// Why.\nunsafe {\n    g();\n}", Remarks("Why.")),
        ("// Other.\nunsafe {\n    h();\n    g();\n}", Remarks()),
    ],
)
def test_remarks(body: str, expected: Remarks) -> None:
    cx = context(body)
    calls = cx.parsed.fragments[0].find(frozenset({"call_expression"}))["call_expression"]
    (call,) = [node for node in calls if cx.text(node).startswith("g(")]
    found = remarks(cx, call)
    assert (found.plain, " ".join(found.tagged.split())) == (
        expected.plain,
        " ".join(expected.tagged.split()),
    )
