"""What becomes of the result of a C function that reports failure.

A value is followed up through blocks, branches, casts and closures to whoever takes it, and from a `let` to the
reads of its name. What is handed to other code, compared, or returned counts as looked at: only a result that nobody
can have seen, and a pointer whose first use takes it for valid, are told of.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Final

from msgspec import Struct

from rfl_lint.analysis.code.calls import call_of, nodes_below
from rfl_lint.analysis.code.scopes import scopes
from rfl_lint.analysis.comments.remarks import remarks
from rfl_lint.analysis.ffi.c_calls import CCall, c_calls
from rfl_lint.analysis.types.inference import block_tail
from rfl_lint.c.facts import CFunction, Failure
from rfl_lint.rule import Context
from rfl_lint.syntax import FragmentKind, Node

_MAX_STEPS: Final = 200
_MAX_LETS: Final = 4
# What stands in a block without a statement around it is what the block ends with.
_THROUGH: Final = frozenset(
    {"parenthesized_expression", "unsafe_block", "const_block", "match_block", "else_clause", "block",
     "type_cast_expression"}
)  # fmt: skip
# A pointer keeps its value through these.
_CASTS: Final = frozenset({"cast", "cast_mut", "cast_const"})
_PLACES: Final = frozenset(
    {"field_expression", "parenthesized_expression", "index_expression", "expression_statement"}
)
_ACCESSES: Final = frozenset({"read", "write", "read_volatile", "write_volatile"})
_NAMES: Final = frozenset({"identifier"})
_TELLING: Final = frozenset({Failure.ERRNO, Failure.NULL, Failure.ERR_PTR, Failure.BYTES_LEFT})
_POINTERS: Final = frozenset({Failure.NULL, Failure.ERR_PTR})
# A comment that speaks of what becomes of the result, whatever else it says.
_DELIBERATE: Final = re.compile(
    r"\b(?:ignor|discard|unused|best[- ]effort|result|return(?:s|ed)?\b|errors?\b|fail)", re.IGNORECASE
)


class Fate(Enum):
    """What becomes of a value."""

    SEEN = "seen"
    """Handed on, compared, or out of sight."""
    DROPPED = "dropped"
    """A statement of its own, or `drop(..)`."""
    UNREAD = "unread"
    """Bound to a name that nothing reads."""
    WAIVED = "waived"
    """Bound to `_`, or to a name that begins with it and that nothing reads."""
    TRUSTED = "trusted"
    """A pointer that is taken for valid."""
    AS_ERRNO = "as errno"
    """Taken for an error number."""


Ending = tuple[Fate, Node]


class Unchecked(Struct, frozen=True, eq=False):
    """A C call whose result is not looked at as it should be; `place` is where that shows."""

    c_call: CCall
    fate: Fate
    place: Node

    @property
    def failure(self) -> Failure:
        """How the function reports failure."""
        return reported_failure(self.c_call.function)


def reported_failure(function: CFunction) -> Failure:
    """How a function reports failure; of an allocation that says no more, that it may give NULL."""
    unsaid = function.failure is Failure.UNKNOWN
    return (
        Failure.NULL if unsaid and function.gfp >= 0 and function.returns.endswith("*") else function.failure
    )


def unchecked_results(cx: Context) -> list[Unchecked]:
    """All of them in a file, by place."""
    found = [each for c_call in c_calls(cx) if _tells(c_call) and (each := _judged(c_call, cx)) is not None]
    return sorted(found, key=lambda each: each.place.start_byte)


def _tells(c_call: CCall) -> bool:
    failure = reported_failure(c_call.function)
    return failure in _TELLING or (c_call.function.must_check and failure is Failure.UNKNOWN)


def _judged(c_call: CCall, cx: Context) -> Unchecked | None:
    failure = reported_failure(c_call.function)
    fate, place = _Follower(cx).fate(c_call.call.node)
    if fate is Fate.SEEN:
        return None
    if fate is Fate.TRUSTED:
        return Unchecked(c_call, fate, place) if failure in _POINTERS else None
    if fate is Fate.AS_ERRNO:
        return Unchecked(c_call, fate, place) if failure is Failure.BYTES_LEFT else None
    said = remarks(cx, place)
    if _DELIBERATE.search(said.plain) or _DELIBERATE.search(said.tagged):
        return None
    if fate is Fate.WAIVED and said.plain:
        return None
    return Unchecked(c_call, fate, c_call.call.callee)


class _Follower:
    """Follows one value. Bounded in steps up and in names from one `let` to the next."""

    def __init__(self, cx: Context) -> None:
        self.cx = cx
        self._lets = 0

    def fate(self, node: Node) -> Ending:
        """What becomes of the value of an expression, and where that is decided."""
        current = node
        for _ in range(_MAX_STEPS):
            above = self.cx.parent(current)
            after = self._passed_on(above, current) if above is not None else None
            if after is None:
                break
            if isinstance(after, tuple):
                return after
            current = after
        return Fate.SEEN, current

    def _passed_on(self, above: Node, value: Node) -> Node | Ending | None:
        """The expression that has the value of the one in it, or the end of the way; None where it is handed on."""
        kind = above.type
        if kind in _THROUGH:
            return above
        if kind == "if_expression":
            return None if _is(above.child_by_field_name("condition"), value) else above
        if kind == "match_arm":
            return above if _is(above.child_by_field_name("value"), value) else None
        if kind == "match_expression":
            return above if value.type == "match_block" else None
        takers = {
            "expression_statement": self._stated,
            "let_declaration": self._bound,
            "assignment_expression": self._assigned,
            "unary_expression": self._dereferenced,
            "field_expression": self._received,
            "arguments": self._argument,
        }
        return takers[kind](above, value) if kind in takers else None

    def _stated(self, statement: Node, value: Node) -> Node | Ending | None:
        if self._is_dropped(statement):
            return Fate.DROPPED, statement
        block = self.cx.parent(statement)
        is_tail = block is not None and block.type == "block" and _is(block_tail(block), value)
        return block if is_tail else None

    def _assigned(self, node: Node, value: Node) -> Ending:
        left = node.child_by_field_name("left")
        waived = left is not None and self.cx.text(left) == "_" and not _is(left, value)
        return Fate.WAIVED if waived else Fate.SEEN, node

    def _received(self, access: Node, _value: Node) -> Node | Ending | None:
        """The value is what a method is called on."""
        field = access.child_by_field_name("field")
        name = self.cx.text(field) if field is not None else ""
        callee, call = access, self.cx.parent(access)
        if call is not None and call.type == "generic_function":  # `.cast::<T>`
            callee, call = call, self.cx.parent(call)
        if call is None or call.type != "call_expression":
            return None
        if not _is(call.child_by_field_name("function"), callee):
            return None
        if name in _ACCESSES:
            return Fate.TRUSTED, call
        return call if name in _CASTS else None

    def _is_dropped(self, statement: Node) -> bool:
        """Whether a `;` ends a statement in the file's own text: a macro's arguments may only look like it."""
        last = statement.children[-1]
        if last.type != ";":
            # To the grammar the `;` behind a block or a branch is a statement of its own.
            following = statement.next_sibling
            if following is None or following.type != "empty_statement":
                return False
            last = following
        if self.cx.source.data[last.start_byte : last.start_byte + 1] != b";":
            return False
        root = statement.parent
        if root is None or root.type != "source_file":
            return True
        fragment = self.cx.parsed.fragment_of(root)
        if fragment.kind is not FragmentKind.MACRO_CALL:
            return True
        return self.cx.source.data[fragment.span.start : fragment.span.start + 1] == b"{"

    def _dereferenced(self, node: Node, _value: Node) -> Ending:
        if node.children[0].type != "*":
            return Fate.SEEN, node
        # Only the address of a part may be wanted.
        for above in self.cx.ancestors(node):
            kind = above.type
            if kind in _PLACES:
                continue
            if kind == "reference_expression" and any(child.type == "raw" for child in above.children):
                return Fate.SEEN, node
            if kind in ("source_file", "macro_invocation"):
                return Fate.SEEN, node
            break
        return Fate.TRUSTED, node

    def _argument(self, arguments: Node, value: Node) -> Ending:
        node = self.cx.parent(arguments)
        call = call_of(node, self.cx.parsed) if node is not None and node.type == "call_expression" else None
        if call is None or node is None:
            return Fate.SEEN, arguments
        first = bool(call.arguments) and _is(call.arguments[0], value)
        if call.name == "drop" and call.owner in ("", "mem") and len(call.arguments) == 1:
            return Fate.DROPPED, node
        if call.name == "new_unchecked" and call.owner == "NonNull":
            return Fate.TRUSTED, node
        if call.name in _ACCESSES and call.owner == "ptr" and first:
            return Fate.TRUSTED, node
        if call.name == "to_result" or (call.name == "from_errno" and call.owner == "Error"):
            return Fate.AS_ERRNO, node
        return Fate.SEEN, node

    def _bound(self, let: Node, value: Node) -> Ending:
        pattern = let.child_by_field_name("pattern")
        if pattern is None or let.child_by_field_name("alternative") is not None:
            return Fate.SEEN, let
        if not _is(let.child_by_field_name("value"), value):
            return Fate.SEEN, let
        if self.cx.text(pattern) == "_":
            return Fate.WAIVED, let
        self._lets += 1
        if pattern.type != "identifier" or self._lets > _MAX_LETS:
            return Fate.SEEN, let
        name = self.cx.text(pattern)
        reads = self._reads(let, pattern, name)
        if reads is None:
            return Fate.SEEN, let
        for read in reads:
            fate, place = self.fate(read)
            if fate not in (Fate.DROPPED, Fate.WAIVED):
                return fate, place
        if reads:
            return Fate.UNREAD, let
        return (Fate.WAIVED if name.startswith("_") else Fate.UNREAD), let

    def _reads(self, let: Node, pattern: Node, name: str) -> list[Node] | None:
        """The reads of what a `let` binds, in order; None where it cannot be told."""
        block = self.cx.parent(let)
        if block is None or block.type not in ("block", "source_file"):
            return None
        data, end = self.cx.source.data, block.end_byte
        if block.type == "source_file":
            end = self.cx.parsed.fragment_of(block).span.end
        word = re.escape(name.encode())
        if re.search(rb"\{\s*" + word + rb"\s*[:}]|\$" + word + rb"\b", data[let.end_byte : end]):
            return None  # in a format string, or put in by a macro
        if not re.search(rb"\b" + word + rb"\b", data[let.end_byte : end]):
            return []
        found: list[Node] = []
        for node in nodes_below(self.cx.parsed, block, _NAMES):
            if node.start_byte < let.end_byte or self.cx.text(node) != name:
                continue
            binding = scopes(self.cx).binding(node)
            if (
                binding is not None
                and binding.name.start_byte == pattern.start_byte
                and not self._is_target(node)
            ):
                found.append(node)
        return found

    def _is_target(self, node: Node) -> bool:
        above = self.cx.parent(node)
        if above is None:
            return False
        if above.type == "let_declaration":
            return _is(above.child_by_field_name("pattern"), node)
        return above.type == "assignment_expression" and _is(above.child_by_field_name("left"), node)


def _is(node: Node | None, other: Node) -> bool:
    return node is not None and node.id == other.id
