"""Every way out of a function body, and in what state each is taken.

A walk over the code in the order in which it runs: both sides of a branch, a loop's body twice, `?`, `return`,
`break` to labels. What a state and a value are is the judge's business; this module knows how control flows and
nothing else. Closures, async blocks and items have ways out of their own and are not entered. Panics are no exits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, Generic, TypeVar

from msgspec import Struct, field

from rfl_lint.analysis.code.calls import call_of
from rfl_lint.analysis.leaks.exit_terms import Exit, ExitKind, Judge, TooDeepError
from rfl_lint.analysis.provenance.macros import DIVERGING_MACROS
from rfl_lint.analysis.types.inference import block_tail
from rfl_lint.rule import Context
from rfl_lint.syntax import Node

S = TypeVar("S")
V = TypeVar("V")
_MAX_DEPTH: Final = 90
# A body in this many loops is walked once only: the time would double with each.
_MAX_LOOPS: Final = 3
_BLOCKS: Final = frozenset({"block", "unsafe_block", "const_block", "else_clause"})
_LOOPS: Final = frozenset({"loop_expression", "while_expression", "for_expression"})
_LEAVES: Final = re.compile(
    rb"\b(?:return|break|continue|" + "|".join(sorted(DIVERGING_MACROS)).encode() + rb")\b"
)
_OWN_WAYS_OUT: Final = frozenset({"closure_expression", "async_block", "gen_block"})
_BRANCHING: Final = _BLOCKS | _LOOPS | {"if_expression", "match_expression", "parenthesized_expression"}


class _Frame(Struct, Generic[S, V]):
    """A loop or labelled block that `break` and `continue` may mean."""

    label: str
    is_loop: bool
    breaks: list[tuple[V, S]] = field(default_factory=list)
    continues: list[S] = field(default_factory=list)


class Walk(Generic[S, V]):
    """One walk over one body. A state of None is a place that no way leads to."""

    def __init__(self, cx: Context, judge: Judge[S, V]) -> None:
        """Walk code of the file at hand for a judge."""
        self.cx = cx
        self.judge = judge
        self._frames: list[_Frame[S, V]] = []
        self._depth = 0

    def run(self, body: Node, state: S) -> None:
        """Walk the body of a function or closure; raises `TooDeepError`."""
        self._value(body, state, tail=True)

    def _join(self, states: Iterable[S | None]) -> S | None:
        found: S | None = None
        for state in states:
            if state is not None:
                found = state if found is None else self.judge.join(found, state)
        return found

    def _value(self, node: Node, state: S | None, *, tail: bool = False) -> tuple[V, S | None]:
        if state is None:
            return self.judge.nothing, None
        if self._depth >= _MAX_DEPTH:
            raise TooDeepError
        self._depth += 1
        try:
            value, after = self._dispatch(node, state, tail)
        finally:
            self._depth -= 1
        if tail and after is not None and node.type not in _BRANCHING:
            self.judge.left(Exit(ExitKind.TAIL, node, node), value, after)
        return value, after

    def _dispatch(self, node: Node, state: S, tail: bool) -> tuple[V, S | None]:  # noqa: FBT001 - handed on
        kind = node.type
        if kind in _BLOCKS:
            return self._block(node, state, tail=tail)
        if kind == "if_expression":
            return self._if(node, state, tail=tail)
        if kind == "match_expression":
            return self._match(node, state, tail=tail)
        if kind in _LOOPS:
            given, behind = self._loop(node, state)
            if tail:
                self._ended(node, behind)
            return given, behind
        if kind == "parenthesized_expression":
            inner = _inner(node)
            return self._value(inner, state, tail=tail) if inner is not None else (self.judge.nothing, state)
        if kind == "try_expression":
            return self._try(node, state)
        if kind in ("return_expression", "break_expression", "continue_expression"):
            return self._jump(node, state)
        if kind == "assignment_expression":
            return self._assignment(node, state)
        if kind == "binary_expression" and _operator(node) in ("&&", "||"):
            return self.judge.nothing, self._join(self._condition(node, state))
        if kind in _OWN_WAYS_OUT:
            return self.judge.nothing, self.judge.enclosed(node, state)
        if kind == "macro_invocation":
            call = call_of(node, self.cx.parsed)
            if call is not None and call.name in DIVERGING_MACROS:
                return self.judge.nothing, None
            return self._whole(node, [], self.judge.enclosed(node, state))
        if kind in ("identifier", "self"):
            return self.judge.name(node, state), state
        values: list[V] = []
        after: S | None = state
        for part in self._parts(node):
            value, after = self._value(part, after)
            values.append(value)
        return self._whole(node, values, after)

    def _whole(self, node: Node, values: list[V], state: S | None) -> tuple[V, S | None]:
        return self.judge.evaluated(node, values, state) if state is not None else (self.judge.nothing, None)

    def _parts(self, node: Node) -> list[Node]:
        """The expressions that an expression consists of, in the order in which they run."""
        kind = node.type
        if kind == "call_expression":
            call = call_of(node, self.cx.parsed)
            if call is None:
                return []
            return ([call.receiver] if call.receiver is not None else []) + list(call.arguments)
        if kind in ("type_cast_expression", "reference_expression", "field_expression", "await_expression"):
            value = node.child_by_field_name("value") or _inner(node)
            return [value] if value is not None else []
        if kind == "struct_expression":
            body = node.child_by_field_name("body")
            found: list[Node] = []
            for child in body.named_children if body is not None else ():
                part = child.child_by_field_name("value") if child.type == "field_initializer" else None
                if part is None and child.type in ("shorthand_field_initializer", "base_field_initializer"):
                    part = next(
                        (each for each in child.named_children if each.type != "attribute_item"), None
                    )
                if part is not None:
                    found.append(part)
            return found
        return [
            child for child in node.named_children if not child.is_extra and child.type != "attribute_item"
        ] if kind in _PLAIN else []  # fmt: skip

    def _ended(self, node: Node, state: S | None) -> None:
        """The function's last expression has no value."""
        if state is not None:
            self.judge.left(Exit(ExitKind.END, node, None), self.judge.nothing, state)

    # Blocks and what stands in them.

    def _block(self, node: Node, state: S, *, tail: bool) -> tuple[V, S | None]:
        body = node
        if node.type != "block":
            inner = next(
                (child for child in node.named_children if child.type in ("block", "if_expression")), None
            )
            if inner is None:
                return self.judge.nothing, state
            return self._value(inner, state, tail=tail)
        label = next((self.cx.text(child) for child in node.children if child.type == "label"), "")
        frame: _Frame[S, V] | None = None
        if label:
            frame = _Frame(label, is_loop=False)
            self._frames.append(frame)
        last = block_tail(body)
        value, after = self.judge.nothing, self._statements(body, last, state)
        if last is not None:
            value, after = self._value(last, after, tail=tail)
        if last is None and tail:
            self._ended(body, after)
        if after is not None:
            after = self.judge.closed(body, value, after)
        if frame is not None:
            self._frames.pop()
            return self._merged([*frame.breaks, *([(value, after)] if after is not None else [])])
        return value, after

    def _statements(self, body: Node, last: Node | None, state: S) -> S | None:
        after: S | None = state
        for child in body.named_children:
            kind = child.type
            if after is None:
                break
            if self.judge.settled(child, after) and self._goes_on(child):
                continue
            if kind == "let_declaration":
                after = self._let(child, after)
            elif kind == "expression_statement":
                inner = _inner(child)
                if inner is not None and (last is None or inner.id != last.id):
                    value, after = self._value(inner, after)
                    after = self.judge.dropped(value, after) if after is not None else None
            elif kind == "macro_invocation" and (last is None or child.id != last.id):
                _, after = self._value(child, after)
        return after

    def _goes_on(self, node: Node) -> bool:
        """Whether what follows is reached whatever a statement does, but for a `?`."""
        return _LEAVES.search(self.cx.source.data, node.start_byte, node.end_byte) is None

    def _let(self, node: Node, state: S) -> S | None:
        pattern, value = node.child_by_field_name("pattern"), node.child_by_field_name("value")
        if pattern is None or value is None:
            return state
        given, after = self._value(value, state)
        if after is None:
            return None
        otherwise = node.child_by_field_name("alternative")
        if otherwise is None:
            return self.judge.bound(pattern, given, after)
        yes, no = self.judge.matched(pattern, given, after)
        self._value(otherwise, no)
        return yes

    def _assignment(self, node: Node, state: S) -> tuple[V, S | None]:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            return self.judge.nothing, state
        value, after = self._value(right, state)
        return self.judge.nothing, self.judge.assigned(left, value, after) if after is not None else None

    # Branches.

    def _merged(self, ways: list[tuple[V, S]]) -> tuple[V, S | None]:
        if not ways:
            return self.judge.nothing, None
        return self.judge.join_values([value for value, _ in ways]), self._join(state for _, state in ways)

    def _if(self, node: Node, state: S, *, tail: bool) -> tuple[V, S | None]:
        condition, then = node.child_by_field_name("condition"), node.child_by_field_name("consequence")
        if condition is None or then is None:
            return self.judge.nothing, state
        yes, no = self._condition(condition, state)
        ways: list[tuple[V, S]] = []
        for arm, before in ((then, yes), (node.child_by_field_name("alternative"), no)):
            value, after = self.judge.nothing, before
            if arm is not None:
                value, after = self._value(arm, before, tail=tail)
            elif tail:
                self._ended(node, before)
            if after is not None:
                ways.append((value, after))
        return self._merged(ways)

    def _condition(self, node: Node, state: S | None) -> tuple[S | None, S | None]:
        """The states where a condition holds and where it does not."""
        if state is None:
            return None, None
        kind = node.type
        if kind == "parenthesized_expression":
            inner = _inner(node)
            return self._condition(inner, state) if inner is not None else (state, state)
        if kind == "unary_expression" and node.children[0].type == "!":
            inner = _inner(node)
            yes, no = self._condition(inner, state) if inner is not None else (state, state)
            return no, yes
        if kind == "let_chain" or (kind == "binary_expression" and _operator(node) in ("&&", "||")):
            return self._chain(node, state)
        if kind == "let_condition":
            pattern, value = node.child_by_field_name("pattern"), node.child_by_field_name("value")
            if pattern is None or value is None:
                return state, state
            given, after = self._value(value, state)
            return self.judge.matched(pattern, given, after) if after is not None else (None, None)
        if kind == "boolean_literal":
            return (state, None) if self.cx.text(node) == "true" else (None, state)
        given, after = self._value(node, state)
        return self.judge.tested(given, after) if after is not None else (None, None)

    def _chain(self, node: Node, state: S) -> tuple[S | None, S | None]:
        """`a && b && ..` or `a || b`: each further one runs if the one before did not decide."""
        is_or = node.type == "binary_expression" and _operator(node) == "||"
        going: S | None = state
        decided: list[S | None] = []
        for part in (child for child in node.named_children if not child.is_extra):
            if self._depth >= _MAX_DEPTH:
                raise TooDeepError
            self._depth += 1
            yes, no = self._condition(part, going)
            self._depth -= 1
            going = no if is_or else yes
            decided.append(yes if is_or else no)
        stop = self._join(decided)
        return (stop, going) if is_or else (going, stop)

    def _match(self, node: Node, state: S, *, tail: bool) -> tuple[V, S | None]:
        value, body = node.child_by_field_name("value"), node.child_by_field_name("body")
        if value is None or body is None:
            return self.judge.nothing, state
        given, rest = self._value(value, state)
        ways: list[tuple[V, S]] = []
        for arm in body.named_children:
            pattern = arm.child_by_field_name("pattern") if arm.type == "match_arm" else None
            result = arm.child_by_field_name("value") if pattern is not None else None
            if pattern is None or result is None or rest is None:
                continue
            matched, rest = self._arm(pattern, given, rest)
            found, after = self._value(result, matched, tail=tail)
            if after is not None:
                ways.append((found, after))
        return self._merged(ways)

    def _arm(self, pattern: Node, given: V, state: S) -> tuple[S | None, S | None]:
        inner, guard = _inner(pattern), pattern.child_by_field_name("condition")
        if guard is not None and inner is not None and inner.id == guard.id:
            inner = None  # `_ if ..`
        yes, other = self.judge.matched(inner if inner is not None else pattern, given, state)
        no = None if inner is None or self._is_binding(inner) else other
        if guard is None:
            return yes, no
        holds, fails = self._condition(guard, yes)
        return holds, self._join((no, fails))

    def _is_binding(self, pattern: Node) -> bool:
        """Whether a pattern is nothing but a new name, and so matches whatever comes."""
        return pattern.type == "identifier" and not self.cx.text(pattern)[:1].isupper()

    def _loop(self, node: Node, state: S) -> tuple[V, S | None]:
        body = node.child_by_field_name("body")
        if body is None:
            return self.judge.nothing, state
        label = next((self.cx.text(child) for child in node.children if child.type == "label"), "")
        start: S | None = state
        subject = node.child_by_field_name("value") if node.type == "for_expression" else None
        if subject is not None:
            _, start = self._value(subject, start)
        frame: _Frame[S, V] = _Frame(label, is_loop=True)
        depth = sum(each.is_loop for each in self._frames)
        self._frames.append(frame)
        ends: list[S | None] = []
        for _ in range(1 if depth >= _MAX_LOOPS else 2):
            enter, leave = self._head(node, start)
            ends.append(leave)
            _, after = self._value(body, enter)
            again = self._join((start, after, *frame.continues))
            if again == start:
                break
            start = again
        self._frames.pop()
        if node.type != "loop_expression":
            ends.append(self._head(node, start)[1])
            frame.breaks += [(self.judge.nothing, end) for end in ends if end is not None]
        return self._merged(frame.breaks)

    def _head(self, loop: Node, state: S | None) -> tuple[S | None, S | None]:
        condition = loop.child_by_field_name("condition")
        if loop.type == "while_expression" and condition is not None:
            return self._condition(condition, state)
        return state, None if loop.type == "loop_expression" else state

    # Ways out.

    def _try(self, node: Node, state: S) -> tuple[V, S | None]:
        inner = _inner(node)
        if inner is None:
            return self.judge.nothing, state
        given, after = self._value(inner, state)
        if after is None:
            return self.judge.nothing, None
        value, on, out = self.judge.tried(given, after)
        self.judge.left(Exit(ExitKind.TRY, node, inner), self.judge.nothing, out)
        return value, on

    def _jump(self, node: Node, state: S) -> tuple[V, S | None]:
        label = next((self.cx.text(child) for child in node.named_children if child.type == "label"), "")
        inner = next(
            (child for child in node.named_children if child.type != "label" and not child.is_extra), None
        )
        value, after = self._value(inner, state) if inner is not None else (self.judge.nothing, state)
        if after is None:
            return self.judge.nothing, None
        if node.type == "return_expression":
            self.judge.left(Exit(ExitKind.RETURN, node, inner), value, after)
            return self.judge.nothing, None
        for frame in reversed(self._frames):
            if frame.label == label if label else frame.is_loop:
                if node.type == "break_expression":
                    frame.breaks.append((value, after))
                else:
                    frame.continues.append(after)
                break
        return self.judge.nothing, None


_PLAIN: Final = frozenset(
    {"tuple_expression", "array_expression", "unary_expression", "binary_expression", "index_expression",
     "range_expression", "compound_assignment_expr", "yield_expression"}
)  # fmt: skip


def _inner(node: Node) -> Node | None:
    return next((child for child in node.named_children if not child.is_extra), None)


def _operator(node: Node) -> str:
    operator = node.child_by_field_name("operator")
    return operator.type if operator is not None else ""
