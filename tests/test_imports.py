"""The layout of `use` statements: what shares a line, and the vertical form, which imports the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfl_lint.analysis.imports.layout import crowded, imports, vertical
from rfl_lint.facts import expand_use
from rfl_lint.rule import Context
from rfl_lint.source import SourceFile
from rfl_lint.syntax import Node
from rfl_lint.tree import KernelTree
from rfl_lint.workspace import Workspace

USES = frozenset({"use_declaration"})
NAMES = st.sampled_from(["a", "self", "B", "c as d", "e::f", "*", "g::h as _", "r#type", "crate::x", "k::*"])


def read(text: str) -> tuple[Node, Context]:
    workspace = Workspace(KernelTree())
    cx = workspace.context(workspace.parse(SourceFile("drivers/a.rs", text.encode())))
    return cx.parsed.fragments[0].find(USES)["use_declaration"][0], cx


def laid_out(text: str) -> str:
    use, cx = read(text)
    edit = vertical(use, cx)
    assert edit is not None
    data = cx.source.data
    return (data[: edit.span.start] + edit.text.encode() + data[edit.span.end :]).decode()


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("use a::{b, c};", "b, c"),
        ("use a::{\n    b,\n    c, d,\n};", "c, d"),
        (
            "use a::{\n    b::{\n        x,\n        y,\n    }, c,\n};",
            "b::{\n        x,\n        y,\n    }, c",
        ),
        ("use a::{\n    b::{c, d},\n    e, f,\n};", "c, d"),
        ("use {a, b};", "a, b"),
        ("use a::{/* x */ b, /* y */ c};", "b, /* y */ c"),
    ],
)
def test_crowded(text: str, items: str) -> None:
    use, cx = read(text)
    span = crowded(use, cx)
    assert span is not None
    assert cx.source.text(span) == items


@pytest.mark.parametrize(
    "text", ["use a::b;", "use a::{b};", "use a::{\n    b,\n    c, //\n};", "use a::{};"]
)
def test_not_crowded(text: str) -> None:
    assert crowded(*read(text)) is None


def test_the_vertical_form() -> None:
    text = "mod m {\n    pub use crate::{a, b ::  c::{D  as  E, self},\n        f::*};\n}\n"
    assert laid_out(text) == (
        "mod m {\n    pub use crate::{\n        a,\n        b::c::{\n            D as E,\n            self, //\n"
        "        },\n        f::*, //\n    };\n}\n"
    )


def test_the_vertical_form_keeps_line_ends_and_drops_empty_comments() -> None:
    assert laid_out("use a::{b, //\r\n    c};\r\n") == "use a::{\r\n    b,\r\n    c, //\r\n};\r\n"


@pytest.mark.parametrize(
    "text", ["use a::{b, /* x */ c};", "use a::{b, c, // x\n};", "use a::{b::{c, d // x\n}, e};"]
)
def test_no_vertical_form_where_a_comment_would_be_lost(text: str) -> None:
    assert vertical(*read(text)) is None


def trees(depth: int) -> st.SearchStrategy[str]:
    if not depth:
        return NAMES
    inner = st.lists(trees(depth - 1), min_size=0, max_size=4)
    lists = st.builds(
        lambda head, items, sep, tail: f"{head}{{{sep.join(items)}{tail if items else ''}}}",
        st.sampled_from(["a::", "crate::b::", "super :: c ::", "::d::"]),
        inner,
        st.sampled_from([", ", ",\n        ", ", //\n  ", ",\n\n"]),
        st.sampled_from(["", ",", ", //\n", "\n"]),
    )
    return st.one_of(NAMES, lists)


@given(trees(3))
def test_the_vertical_form_imports_the_same_and_stays_as_it_is(argument: str) -> None:
    text = f"use {argument};\n"
    use, cx = read(text)
    if cx.parsed.root.has_error:
        return
    assert sorted((path, alias) for path, alias, _ in imports(use, cx)) == sorted(expand_use(argument))
    done = laid_out(text)
    again, after = read(done)
    assert not after.parsed.root.has_error
    assert crowded(again, after) is None
    assert list(expand_use(done.removeprefix("use ").rstrip(";\n"))) == list(expand_use(argument))
    assert laid_out(done) == done
