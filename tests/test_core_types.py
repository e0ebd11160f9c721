"""What the fixes of `core-ffi-type` make of imports and paths."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfl_lint.engine import Lint, lint_source
from rfl_lint.facts import extract_facts
from rfl_lint.finding import Finding
from rfl_lint.registry import builtin_rules
from rfl_lint.revision import applied
from rfl_lint.source import SourceFile
from rfl_lint.syntax import parse_file
from rfl_lint.testing import read_fixture
from tests.conftest import ROOT

RULE = "core-ffi-type"
LINT = Lint(
    [rule() for rule in builtin_rules() if rule.meta.name == RULE], doc_code=True, report_unused=False
)
FIXTURES = [ROOT / "fixtures" / "ffi" / RULE / name for name in ("bad.rs", "kernel_crate.rs")]


def findings(data: bytes, path: str) -> list[Finding]:
    return [each for each in lint_source(SourceFile(path, data), LINT).findings if each.rule == RULE]


def fixed(text: str, path: str) -> tuple[str, list[bool]]:
    """The text after one fix at a time until none is left, and which of them were safe."""
    data, safe = text.encode(), []
    for _ in range(20):
        fix = next((each.fix for each in findings(data, path) if each.fix is not None), None)
        if fix is None:
            break
        safe.append(fix.safe)
        data = applied(data, fix.edits)
    return data.decode(), safe


@pytest.mark.parametrize(
    ("before", "after", "safe"),
    [
        ("use core::ffi::c_int;", "use kernel::ffi::c_int;", [True]),
        ("pub use ::core::ffi::c_int as Code;", "pub use kernel::ffi::c_int as Code;", [True]),
        (
            "use crate::x;\nuse std::os::raw::c_ulong;",
            "use crate::x;\nuse kernel::ffi::c_ulong;",
            [False],
        ),
        ("use core::ffi::{c_int, c_void};", "use kernel::ffi::{c_int, c_void};", [True]),
        ("use core::ffi::{c_char, c_void};", "use kernel::ffi::{c_char, c_void};", [False]),
        ("use core::ffi::{c_char, c_int};", "use kernel::ffi::{c_char, c_int};", [False]),
        (
            "use core::ffi::{c_int, c_char};",
            "use kernel::ffi::c_char;\nuse kernel::ffi::c_int;",
            [True, False],
        ),
        ("use core::ffi::{CStr, c_int};", "use core::ffi::CStr;\nuse kernel::ffi::c_int;", [True]),
        (
            "use core::ffi::{c_int as Code, c_void, CStr};",
            "use core::ffi::{c_void, CStr};\nuse kernel::ffi::c_int as Code;",
            [True],
        ),
        (
            "use core::{\n    ffi::{c_int, c_void},\n    marker::PhantomData,\n    ptr::NonNull,\n};",
            "use core::{\n    marker::PhantomData,\n    ptr::NonNull,\n};\nuse kernel::ffi::{c_int, c_void};",
            [True],
        ),
        (
            "use core::{\n    fmt,\n    ptr,\n    ffi::c_int, //\n};",
            "use core::{\n    fmt,\n    ptr, //\n};\nuse kernel::ffi::c_int;",
            [True],
        ),
        ("use core::{ffi::c_int, fmt};", "use core::fmt;\nuse kernel::ffi::c_int;", [True]),
        ("use core::{ffi::{c_int}};", "use kernel::ffi::{c_int};", [True]),
        ("    use core::{ffi::c_int, fmt};\r\n", "    use core::fmt;\r\n    use kernel::ffi::c_int;\r\n", [True]),
        ("fn f(x: &core::ffi::c_int) {}", "fn f(x: &kernel::ffi::c_int) {}", [True]),
        ("fn f() { ::core::ffi::c_long::MAX; }", "fn f() { kernel::ffi::c_long::MAX; }", [False]),
        (
            "use core::ffi;\nfn f(x: ffi::c_int, y: *mut ffi::c_void) {}",
            "use kernel::ffi;\nfn f(x: ffi::c_int, y: *mut ffi::c_void) {}",
            [True],
        ),
        (
            "use core::{ffi as c, fmt};\nfn f(x: c::c_int, y: c::c_char) {}",
            "use core::fmt;\nuse kernel::ffi as c;\nfn f(x: c::c_int, y: c::c_char) {}",
            [False],
        ),
    ],
)  # fmt: skip
def test_fixes_in_a_driver(before: str, after: str, safe: list[bool]) -> None:
    """Types that are not the same may lead to errors of type, so that the fix is not safe."""
    text, kinds = fixed(before, "drivers/demo.rs")
    assert text == after
    assert kinds == safe


def test_inside_the_kernel_crate() -> None:
    before = "// Sizes.\nuse core::fmt;\nuse core::{ffi::c_int, ptr};\n"
    after = "// Sizes.\nuse core::fmt;\nuse crate::ffi::c_int;\nuse core::ptr;\n"
    assert fixed(before, "rust/kernel/demo.rs") == (after, [True])
    macro = "macro_rules! m { () => { fn f() -> core::ffi::c_int { 0 } } }"
    assert fixed(macro, "rust/kernel/demo.rs")[0] == macro.replace("core::ffi", "$crate::ffi")


@pytest.mark.parametrize(
    "text",
    [
        "use core::ffi;\nfn f(x: ffi::c_int, y: &ffi::CStr) {}",
        "#[cfg(CONFIG_NET)]\nuse core::{ffi::c_int, fmt};",
        "use core::{\n    ffi::c_int, // the code\n    fmt,\n};",
        "use core::fmt; use core::{ffi::c_int, ptr};",
        "/// ```\n/// use core::{ffi::c_int, fmt};\n/// ```\nfn f() {}",
    ],
)
def test_no_fix_where_it_is_in_doubt(text: str) -> None:
    (finding,) = findings(text.encode(), "drivers/demo.rs")
    assert finding.fix is None


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
@pytest.mark.parametrize("ending", [b"\n", b"\r\n"], ids=["lf", "crlf"])
def test_each_fix_makes_its_finding_go_and_the_file_still_parses(path: Path, ending: bytes) -> None:
    source = read_fixture(path).source
    data = source.data.replace(b"\n", ending)
    every = findings(data, source.path)
    assert every
    for finding in every:
        if finding.fix is not None:
            after = applied(data, finding.fix.edits)
            assert len(findings(after, source.path)) < len(every)
            assert not parse_file(SourceFile(source.path, after)).root.has_error


NAMES = (
    "c_char",
    "c_int",
    "c_uint",
    "c_ulong",
    "c_void",
    "CStr",
    "VaList",
    "c_int as Code",
    "c_long as Long",
)
OTHERS = ("fmt", "ptr::NonNull", "mem::{self, size_of}", "marker::PhantomData")


@st.composite
def declarations(draw: st.DrawFn) -> str:
    """One `use` declaration that may name C types in any of the ways there are."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True))
    listed = "ffi::" + (names[0] if len(names) == 1 else "{" + ", ".join(names) + "}")
    others = draw(st.lists(st.sampled_from(OTHERS), max_size=3, unique=True))
    members = draw(st.permutations([listed, *others]))
    if len(members) == 1 and draw(st.booleans()):
        return f"use core::{members[0]};\n"
    layout = draw(st.sampled_from(["{%s}", "{\n    %s,\n}", "{\n    %s, //\n}"]))
    between = ",\n    " if "\n" in layout else ", "
    return f"use core::{layout % between.join(members)};\n"


def imports(text: str) -> list[tuple[str, str]]:
    """The names that a text imports with the last part of each path, sorted."""
    facts = extract_facts(parse_file(SourceFile("drivers/t.rs", text.encode())))
    return sorted((use.alias, use.path.rpartition("::")[2]) for use in facts.uses)


@given(st.lists(declarations(), min_size=1, max_size=3))
def test_fixes_lose_no_import_and_come_to_an_end(lines: list[str]) -> None:
    before = "".join(lines)
    after, _ = fixed(before, "drivers/demo.rs")
    assert imports(after) == imports(before)
    assert not findings(after.encode(), "drivers/demo.rs")
    assert not parse_file(SourceFile("drivers/demo.rs", after.encode())).root.has_error
    assert fixed(after, "drivers/demo.rs") == (after, [])
