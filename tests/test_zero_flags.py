"""The table of functions that lose something without flags."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rfl_lint.analysis.ffi.zero_flags import Zero, zero_flags
from rfl_lint.c.bundled import bundled_function
from rfl_lint.facts import extract_facts
from rfl_lint.index import Index
from rfl_lint.rule import Context
from rfl_lint.source import SourceFile
from rfl_lint.syntax import parse_file
from rfl_lint.tables import Tables, load_table
from rfl_lint.tree import KernelTree, Role


def context(body: str, tables: Tables | None = None) -> Context:
    parsed = parse_file(SourceFile("drivers/t.rs", f"fn f() {{ {body} }}".encode()))
    facts = extract_facts(parsed)
    cx = Context(parsed, KernelTree(), Role.DRIVER, facts, Index([facts]), c_facts=bundled_function)
    return cx if tables is None else replace(cx, tables=tables)


@pytest.mark.parametrize("name", load_table("zero_flags")["functions"])
def test_each_function_of_the_table_has_flags(name: str) -> None:
    function = bundled_function(name)
    assert function is not None
    assert function.flags >= 0
    assert function.gfp == -1


def test_a_function_that_the_user_adds() -> None:
    body = "bindings::mt_init_flags(t, 0);"
    assert [each.kind for each in zero_flags(context(body))] == [Zero.OTHER]
    row = {"at_zero": "it finds no gaps", "flags": ["MT_FLAGS_ALLOC_RANGE"]}
    (found,) = zero_flags(context(body, Tables({"zero_flags": {"functions": {"mt_init_flags": row}}})))
    assert (found.kind, found.at_zero, found.flags) == (
        Zero.LOSES,
        "it finds no gaps",
        ("MT_FLAGS_ALLOC_RANGE",),
    )


@pytest.mark.parametrize(
    ("argument", "is_zero"),
    [
        ("0", True), ("0u32", True), ("0_u64", True), ("00", True), ("0x0", True), ("0b0", True), ("0o0", True),
        ("0 as u32", True), ("(0)", True), ("(0 as u32) as _", True), ("1", False), ("0x10", False), ("10", False),
        ("-0", False), ("!0", False), ("0.0", False), ("NONE", False), ("0 | x", False), ("x(0)", False),
    ],
)  # fmt: skip
def test_literals(argument: str, is_zero: bool) -> None:
    assert bool(list(zero_flags(context(f"bindings::krealloc(p, 8, {argument});")))) == is_zero
