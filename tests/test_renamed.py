"""Things under other names than their own: which words may mean them, and functions that a tag names by whole paths."""

from __future__ import annotations

import pytest

from rfl_lint.analysis.code.calls import called_name, code_calls
from rfl_lint.analysis.code.renamed import given_names, other_names, own_names, taken_names
from rfl_lint.analysis.tags.constructs import construct_names, construct_of
from rfl_lint.facts import extract_facts
from rfl_lint.index import Index
from rfl_lint.rule import Context
from rfl_lint.source import SourceFile
from rfl_lint.syntax import parse_file
from rfl_lint.tables import Tables
from rfl_lint.tree import KernelTree, Role

MAIN = "drivers/demo/main.rs"
FILES = {
    "rust/kernel/lib.rs": "pub mod fault; pub mod sync; pub mod prelude;",
    "rust/kernel/fault.rs": "pub fn die() {} pub fn calm() {} pub struct Fault; impl Fault { pub fn die(&self) {} }",
    "rust/kernel/sync.rs": "pub use crate::fault::die as stop; pub use self::stop as halt;",
    "rust/kernel/prelude.rs": "pub use crate::fault::{die, Fault};",
    "drivers/demo/own.rs": "pub(crate) fn quit() {} pub(crate) mod deep { pub(crate) fn quit() {} }",
    "drivers/other/main.rs": "mod own; fn f() { own::quit(); }",
    "drivers/other/own.rs": "pub(crate) fn quit() {}",
}
FUNCTIONS = ["kernel::fault::die", "crate::own::quit", "kernel::fault::Fault::die"]
TABLES = Tables({"comment_tags": {"tags": {"PANIC": {"functions": FUNCTIONS}}}})


def context(text: str, path: str = MAIN) -> Context:
    files = {**FILES, path: text}
    parsed = {name: parse_file(SourceFile(name, data.encode())) for name, data in files.items()}
    facts = {name: extract_facts(each) for name, each in parsed.items()}
    return Context(parsed[path], KernelTree(), Role.DRIVER, facts[path], Index(facts.values()), tables=TABLES)


def test_words_that_may_be_other_names() -> None:
    cx = context(
        "use kernel::sync::halt as off; use kernel::fault::calm as still; fn f() { off(); halted(); }"
    )
    assert taken_names("halt", cx.index) == ("stop",)
    assert given_names(frozenset({"die"}), cx.index) == {"stop", "halt", "off"}
    assert other_names(frozenset({"die"}), cx) == {"off", "halt"}, "`stop` is not mentioned here"
    assert own_names("off", cx) == {"halt", "stop", "die"}
    assert own_names("die", cx) == own_names("f", cx) == set()


def test_a_circle_of_names_comes_to_an_end() -> None:
    cx = context("use self::a as b; use self::b as c; use self::c as a; fn f() { a(); }")
    assert own_names("a", cx) == {"b", "c"}
    assert given_names(frozenset({"a"}), cx.index) == {"b", "c"}


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("kernel::fault::die()", True),
        ("fault::die()", True),
        ("die()", True),
        ("kernel::fault::r#die()", True),
        ("stop()", True),
        ("sync::halt()", True),
        ("off()", True),
        ("kernel::prelude::die()", True),
        ("own::quit()", True),
        ("crate::own::quit()", True),
        ("own::deep::quit()", False),
        ("kernel::fault::calm()", False),
        ("calm()", False),
        ("nobody::die()", False),
        ("fault.die()", True),
        ("other.die()", False),
    ],
)
def test_functions_that_a_tag_names_by_whole_paths(text: str, asks: bool) -> None:
    uses = "use kernel::{fault, prelude::*, sync::{self, stop, halt as off}}; mod own; struct Other;"
    cx = context(
        f"{uses} impl Other {{ fn die(&self) {{}} }} fn f(fault: &Fault, other: &Other) {{ {text}; }}"
    )
    names = construct_names(cx, "PANIC")
    assert names is not None
    calls = code_calls(cx, names)
    assert any(construct_of(cx, call, "PANIC") is not None for call in calls) == asks


def test_crate_is_that_of_the_code_at_hand() -> None:
    other = context(FILES["drivers/other/main.rs"], "drivers/other/main.rs")
    (call,) = code_calls(other, {"quit"})
    assert called_name(call, other.parsed) == "quit"
    assert construct_of(other, call, "PANIC") is not None
    alone = context("mod own { pub(crate) fn quit_not() {} } fn f() { quit(); }", "drivers/third/main.rs")
    (call,) = code_calls(alone, {"quit"})
    assert construct_of(alone, call, "PANIC") is None
