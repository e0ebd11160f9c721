"""The ways out of a function, each with the calls on the way there; every path is told apart."""

from __future__ import annotations

import pytest

from rfl_lint.analysis.code.calls import call_of
from rfl_lint.analysis.leaks.exit_terms import Exit, TooDeepError
from rfl_lint.analysis.leaks.exits import Walk
from rfl_lint.facts import extract_facts
from rfl_lint.index import Index
from rfl_lint.rule import Context
from rfl_lint.source import SourceFile
from rfl_lint.syntax import Node, parse_file
from rfl_lint.tree import KernelTree, Role

Paths = frozenset[str]


class Recorder:
    """A state is the set of all paths that lead to a place: the names called, one letter each."""

    nothing = ""

    def __init__(self, cx: Context) -> None:
        self.cx = cx
        self.found: dict[str, set[str]] = {}
        self.skips = False

    def join(self, first: Paths, second: Paths) -> Paths:
        return first | second

    def join_values(self, values: list[str]) -> str:
        return "".join(values)

    def name(self, node: Node, state: Paths) -> str:
        del node, state
        return ""

    def evaluated(self, node: Node, values: list[str], state: Paths) -> tuple[str, Paths]:
        del values
        call = call_of(node, self.cx.parsed) if node.type == "call_expression" else None
        if call is None or len(call.name) != 1:
            return "", state
        return call.name, frozenset(path + call.name for path in state)

    def enclosed(self, node: Node, state: Paths) -> Paths:
        del node
        return state

    def bound(self, pattern: Node, value: str, state: Paths) -> Paths:
        del pattern, value
        return state

    def assigned(self, target: Node, value: str, state: Paths) -> Paths:
        del target, value
        return state

    def tested(self, value: str, state: Paths) -> tuple[Paths, Paths]:
        del value
        return state, state

    def matched(self, pattern: Node, value: str, state: Paths) -> tuple[Paths, Paths]:
        del pattern, value
        return state, state

    def tried(self, value: str, state: Paths) -> tuple[str, Paths, Paths]:
        return value, state, state

    def dropped(self, value: str, state: Paths) -> Paths:
        del value
        return state

    def closed(self, block: Node, value: str, state: Paths) -> Paths:
        del block, value
        return state

    def settled(self, statement: Node, state: Paths) -> bool:
        return self.skips and self.cx.text(statement).startswith("z") and bool(state)

    def left(self, way: Exit, value: str, state: Paths) -> None:
        del value
        self.found.setdefault(way.kind.name, set()).update(state)


def exits(body: str, *, skips: bool = False) -> dict[str, set[str]]:
    parsed = parse_file(SourceFile("drivers/t.rs", f"fn t() {{ {body} }}".encode()))
    facts = extract_facts(parsed)
    cx = Context(parsed, KernelTree(), Role.DRIVER, facts, Index([facts]))
    judge = Recorder(cx)
    judge.skips = skips
    function = parsed.root.named_children[0]
    block = function.child_by_field_name("body")
    assert block is not None
    Walk(cx, judge).run(block, frozenset({""}))
    return judge.found


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("a(); b();", {"END": {"ab"}}),
        ("a(); b()", {"TAIL": {"ab"}}),
        ("a()?; b()", {"TRY": {"a"}, "TAIL": {"ab"}}),
        ("a(b(), c()?, d())", {"TRY": {"bc"}, "TAIL": {"bcda"}}),
        ("a().b()?.c()", {"TRY": {"ab"}, "TAIL": {"abc"}}),
        ("S { x: a(), y: b()? }", {"TRY": {"ab"}, "TAIL": {"ab"}}),
        ("return a(); b();", {"RETURN": {"a"}}),
        ("if a() { return b(); } c();", {"RETURN": {"ab"}, "END": {"ac"}}),
        ("if a() { b() } else { c() }", {"TAIL": {"ab", "ac"}}),
        ("if a() { b(); }", {"END": {"ab", "a"}}),
        ("if a() && b()? { c(); } d()", {"TRY": {"ab"}, "TAIL": {"ad", "abd", "abcd"}}),
        ("if a() || b()? { c() } else { d() }", {"TRY": {"ab"}, "TAIL": {"ac", "abc", "abd"}}),
        ("if !a() { return } b()", {"RETURN": {"a"}, "TAIL": {"ab"}}),
        ("if true { a() } else { b() }", {"TAIL": {"a"}}),
        ("match a() { X => b(), Y => return, _ if c() => d(), _ => e()? }",
         {"RETURN": {"a"}, "TRY": {"ace"}, "TAIL": {"ab", "acd", "ace"}}),
        ("let Some(x) = a() else { return b() }; c()", {"RETURN": {"ab"}, "TAIL": {"ac"}}),
        ("if let Some(x) = a() { b() } else if let Ok(y) = c() { d() } else { e() }",
         {"TAIL": {"ab", "acd", "ace"}}),
        ("{ a(); } b()", {"TAIL": {"ab"}}),
        ("unsafe { a()? }; b()", {"TRY": {"a"}, "TAIL": {"ab"}}),
        ("let x = 'l: { if a() { break 'l b(); } c() }; d()", {"TAIL": {"abd", "acd"}}),
        ("loop { if a() { break; } b()?; } c()", {"TRY": {"ab", "abab"}, "TAIL": {"ac", "abac"}}),
        ("while a() { b(); } c()", {"TAIL": {"ac", "abac", "ababac"}}),
        ("for x in a() { if b() { continue; } return; } c()", {"RETURN": {"ab", "abb"}, "TAIL": {"ac", "abc", "abbc"}}),
        ("'o: loop { loop { break 'o; } } a()", {"TAIL": {"a"}}),
        ("loop { a()?; }", {"TRY": {"a", "aa"}}),
        ("let c = || { a()?; return; }; b()", {"TAIL": {"b"}}),
        ("async { a()? }; b()", {"TAIL": {"b"}}),
        ("fn inner() { a()?; } b()", {"TAIL": {"b"}}),
        ("if a() { panic!(); } b()", {"TAIL": {"ab"}}),
        ("x = a()?; b()", {"TRY": {"a"}, "TAIL": {"ab"}}),
    ],
)  # fmt: skip
def test_every_way_out(body: str, expected: dict[str, set[str]]) -> None:
    assert exits(body) == expected


def test_what_is_settled_is_skipped_unless_the_function_may_be_left_there() -> None:
    assert exits("z()?; a()", skips=True) == {"TAIL": {"a"}}
    assert exits("z(return); a()", skips=True) == {"RETURN": {""}}


def test_nesting_has_an_end() -> None:
    with pytest.raises(TooDeepError):
        exits("{" * 150 + "a()" + "}" * 150)


def test_loops_in_loops_do_not_multiply() -> None:
    depth = 12
    found = exits("loop {" * depth + "if a() { return; }" + "}" * depth)
    assert max(len(path) for path in found["RETURN"]) < 2**4 + depth
