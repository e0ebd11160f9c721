"""The nodes that a rule is handed: by kind, by the name of what is called, by place."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rfl_lint.analysis.code.calls import NAMED_KINDS
from rfl_lint.analysis.code.found import Found
from rfl_lint.engine import Lint, lint_source
from rfl_lint.finding import Finding, Severity
from rfl_lint.rule import Context, Meta, Rule
from rfl_lint.source import SourceFile, Span
from rfl_lint.syntax import Node, parse_file
from rfl_lint.tables import Tables
from tests.work import builtin_rule

TEXT = b"""
fn one(x: A) { a::f(x); x.f::<T>(); f!(x); (x.f)(); }
fn two(x: A) { let g = a::b::g; g(x); $h(x); k::g!(x); }
"""


def found(*, whole: bool = True) -> Found:
    parsed = parse_file(SourceFile("a.rs", TEXT))
    top = parsed.fragments[0]
    return Found(top.find(NAMED_KINDS | {"function_item"}), parsed, top if whole else None)


def texts(
    found: Found, *kinds: str, names: frozenset[str] | None = None, places: list[Span] | None = None
) -> list[str]:
    return [found.parsed.text(node) for node in found.of(kinds, names, places)]


@pytest.mark.parametrize(
    ("kind", "names", "expected"),
    [
        ("call_expression", {"f"}, ["a::f(x)", "x.f::<T>()"]),
        ("call_expression", {"g", "f"}, ["a::f(x)", "x.f::<T>()", "g(x)"]),
        ("macro_invocation", {"g"}, ["k::g!(x)"]),
        ("macro_invocation", {"f"}, ["f!(x)"]),
        ("scoped_identifier", {"g"}, ["a::b::g", "k::g"]),
        ("call_expression", set[str](), []),
    ],
)
def test_by_name(kind: str, names: set[str], expected: list[str]) -> None:
    assert texts(found(), kind, names=frozenset(names)) == expected
    assert texts(found(whole=False), kind, names=frozenset(names)) == expected


def test_what_has_no_name_is_handed_over_whatever_names_are_asked_for() -> None:
    everything = found()
    assert len(texts(everything, "function_item", "call_expression", names=frozenset())) == 2
    assert len(texts(everything, "call_expression")) == 5


def test_by_place() -> None:
    second = TEXT.index(b"fn two")
    calls = "call_expression"
    assert texts(found(), calls, places=[Span(second, len(TEXT))]) == ["g(x)", "$h(x)"]
    assert texts(found(), calls, places=[Span(0, second), Span(second, len(TEXT))]) == texts(found(), calls)
    assert texts(found(), calls, places=[]) == []
    begin = TEXT.index(b"g(x)")
    assert texts(found(), calls, places=[Span(begin, begin + 1)]) == ["g(x)"]
    assert texts(found(), calls, places=[Span(begin + 1, begin + 2)]) == []


class OnlySome(Rule):
    """Calls of some names."""

    meta = Meta("only-some", "demo", "calls of some names", Severity.WARNING, "0.1.0")
    on = NAMED_KINDS

    def names(self, cx: Context) -> frozenset[str]:
        """Fails on a text that says so."""
        if b"fail" in cx.source.data:
            raise ValueError("fail")
        return frozenset({"f"})

    def check(self, node: Node, cx: Context) -> Iterator[Finding]:
        """Report whatever is handed over."""
        yield self.finding(cx, node, cx.text(node))


def test_the_engine_asks_a_rule_before_it_shows_it_nodes() -> None:
    result = lint_source(SourceFile("a.rs", TEXT), Lint([OnlySome()]))
    assert [finding.message for finding in result.findings] == ["a::f", "a::f(x)", "x.f::<T>()", "f!(x)"]
    (crash,) = lint_source(SourceFile("a.rs", TEXT + b"// fail"), Lint([OnlySome()])).crashes
    assert crash.rule == "only-some"


def test_a_tag_that_a_user_lets_speak_of_more_than_names_is_asked_about_any_call() -> None:
    text = b"fn f(a: &AtomicU32) {\n    a.load(Ordering::Relaxed);\n}\n"
    lint = Lint([builtin_rule("panicking-call")()])
    assert lint_source(SourceFile("drivers/a.rs", text), lint).findings == ()
    additions = {"comment_tags": {"tags": {"PANIC": {"kinds": ["atomic-ordering"]}}}}
    lint = Lint([builtin_rule("panicking-call")()], tables=Tables(additions))
    (finding,) = lint_source(SourceFile("drivers/a.rs", text), lint).findings
    assert finding.message == "`Relaxed` may panic"
