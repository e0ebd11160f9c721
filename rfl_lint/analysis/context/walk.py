"""What is held at each call of a function: its body walked in the order in which it runs.

Only what is held for certain counts: where branches meet, what all of them hold; in a loop, what is held whenever a
turn begins. Values are dropped as Rust of the 2021 edition drops them. What is moved into a call, a struct or a closure
that runs later is not followed any further.

This module knows names, blocks, statements and what ends them; `branches` and `running` know the other expressions,
and are handed to a walk as a table of handlers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from rfl_lint.analysis.code.scopes import pattern_names, scopes
from rfl_lint.analysis.context.acquisitions import Held
from rfl_lint.analysis.context.state import Frame, State, Value, agreed, met, nameless
from rfl_lint.analysis.context.table import ContextTable, context_table
from rfl_lint.rule import Context
from rfl_lint.syntax import Node

# Deeper than this nothing is told: a walk must not depend on how deep its input is.
_MAX_DEPTH: Final = 110
# Guards that live at once; a function made to be slow has more, and each step would look at all of them.
_MOST_HELD: Final = 64
ITEMS: Final = frozenset(
    {"function_item", "impl_item", "trait_item", "mod_item", "struct_item", "enum_item", "const_item", "static_item",
     "use_declaration", "macro_definition", "type_item", "attribute_item", "inner_attribute_item", "line_comment",
     "block_comment", "empty_statement", "label", "lifetime", "union_item", "foreign_mod_item"}
)  # fmt: skip
# A pattern that takes one of these apart makes what is inside certain.
_SURE: Final = frozenset({"Some", "Ok"})
# What a borrow makes live longer, it does through these, by the field that holds the operand.
_EXTENDING: Final = frozenset(
    {"reference_expression", "unary_expression", "field_expression", "index_expression", "parenthesized_expression"}
)  # fmt: skip
_PLACES: Final = frozenset({"identifier", "self", "scoped_identifier"})
_INSIDE: Final = frozenset({"parenthesized_expression", "field_expression"})


class Walk:
    """One walk through a function. `seen` has, by the node of each call, what is held when it runs."""

    def __init__(self, cx: Context, start: State, handlers: Mapping[str, Handler]) -> None:
        self.cx = cx
        self.table: ContextTable = context_table(cx.tables)
        self.handlers = handlers
        self.state: State | None = start
        self.seen: dict[int, State] = {}
        self.temporaries: list[list[int]] = [[]]
        self.frames: list[Frame] = []
        self.unsure: dict[int, tuple[Held, ...]] = {}
        """What is held behind an `if`, by its node, or is not: taken in one of its branches."""
        self.exits: list[State | None] = []
        """What is held where the function, or the closure that runs now, is left before its end."""
        self._depth = 0

    # State.

    def put(self, slot: int, value: Value) -> None:
        """Fill a slot."""
        if self.state is not None and (slot in self.state or len(self.state) < _MOST_HELD):
            self.state = {**self.state, slot: value}

    def drop(self, slot: int) -> None:
        """Empty a slot."""
        if self.state is not None and slot in self.state:
            self.state = {key: value for key, value in self.state.items() if key != slot}

    def drop_names_of(self, node: Node) -> None:
        """Drop what was bound inside a node."""
        self.state = without_names(self.state, node)

    def forget(self) -> None:
        """Know of nothing any more."""
        self.state = {} if self.state is not None else None

    def open(self) -> None:
        """Begin a scope of temporaries."""
        self.temporaries.append([])

    def close(self) -> None:
        """Drop the temporaries of the innermost scope."""
        for slot in self.temporaries.pop():
            self.drop(slot)

    def keep(self, value: Value | None) -> None:
        """What an expression handed over lives on, unnamed, until the end of the scope."""
        if value is not None and value.is_certain and not value.is_lent:
            slot = nameless(value.held)
            self.put(slot, value)
            self.temporaries[-1].append(slot)

    # Expressions.

    def expression(self, node: Node | None) -> Value | None:
        """Walk an expression whose value is used as a value: a name moves its guard."""
        if node is None or node.type in ITEMS:
            return None
        if self._depth >= _MAX_DEPTH:
            self.forget()
            return None
        self._depth += 1
        try:
            handler = self.handlers.get(node.type)
            if handler is not None:
                return handler(self, node)
            for child in node.named_children:
                self.expression(child)
            return None
        finally:
            self._depth -= 1

    def place(self, node: Node) -> None:
        """Walk an expression that is only looked at: a name keeps its guard, a temporary lives on."""
        while node.type in _INSIDE and node.named_children:
            node = node.child_by_field_name("value") or first_of(node) or node.named_children[0]
        if node.type not in _PLACES:
            self.keep(self.expression(node))

    def branch(self, node: Node | None) -> Value | None:
        """Walk an expression that is a scope of temporaries by itself."""
        self.open()
        value = self.expression(node)
        self.close()
        return value

    def slot(self, name: Node) -> int | None:
        """The slot that a name in an expression stands for."""
        binding = scopes(self.cx).binding(name)
        return binding.name.start_byte if binding is not None else None

    def value_of(self, name: Node) -> Value | None:
        """What is in the slot of a name."""
        slot = self.slot(name) if self.state else None
        return self.state.get(slot) if slot is not None and self.state else None

    def bind(self, pattern: Node, value: Value) -> None:
        """Give what was handed over a name; a pattern that takes `Some` apart makes it certain."""
        if value.is_maybe and self.cx.text(pattern).partition("(")[0].strip() in _SURE:
            value = Value(value.held, is_lent=value.is_lent)
        names = [name for name, _ in pattern_names(pattern, self.cx)]
        if len(names) == 1:
            self.put(names[0].start_byte, value)
        elif not names:
            self.keep(value)


Handler = Callable[[Walk, Node], Value | None]


def without_names(state: State | None, node: Node) -> State | None:
    """A state with what was bound inside a node dropped."""
    begin, end = node.start_byte, node.end_byte
    if state is None or not any(begin <= slot < end for slot in state):
        return state
    return {slot: value for slot, value in state.items() if not begin <= slot < end}


def first_of(node: Node) -> Node | None:
    """The first child that is code."""
    return next((child for child in node.named_children if child.type not in ITEMS), None)


def label_of(node: Node, cx: Context) -> str:
    """The label of a loop, a block, a `break` or a `continue`; empty if there is none."""
    found = next((child for child in node.children if child.type in ("label", "lifetime")), None)
    return cx.text(found).rstrip(":").strip() if found is not None else ""


# Names and operators.


def _name(walk: Walk, node: Node) -> Value | None:
    slot = walk.slot(node) if walk.state else None
    value = walk.state.get(slot) if slot is not None and walk.state else None
    if value is None or slot is None:
        return None
    if not value.is_lent:
        walk.drop(slot)
    return value


def inner(walk: Walk, node: Node) -> Value | None:
    """Walk what is wrapped."""
    return walk.expression(first_of(node))


def _try(walk: Walk, node: Node) -> Value | None:
    value = inner(walk, node)
    walk.exits.append(walk.state)
    return Value(value.held, is_lent=value.is_lent) if value is not None else None


def looked_at(walk: Walk, node: Node) -> None:
    """Walk operands that are not moved."""
    for child in node.named_children:
        if child.type not in ITEMS and child.type != "mutable_specifier":
            walk.place(child)


def _binary(walk: Walk, node: Node) -> None:
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    operator = node.child_by_field_name("operator")
    if left is None or right is None:
        return
    if operator is None or operator.type not in ("&&", "||"):
        walk.place(left)
        walk.place(right)
        return
    # Each operand drops its own temporaries, and the second one may not run.
    _operand(walk, left)
    before = walk.state
    _operand(walk, right)
    walk.state = met(before, walk.state)


def _operand(walk: Walk, node: Node) -> None:
    walk.open()
    walk.place(node)
    walk.close()


def _compound(walk: Walk, node: Node) -> None:
    """Of numbers the right side runs first, of other types the left one: what only the left one holds is unsure."""
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    for side in (right, left):
        if side is not None:
            walk.place(side)


def _assignment(walk: Walk, node: Node) -> None:
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    value = walk.expression(right)
    if left is None:
        return
    if left.type != "identifier":
        looked_at(walk, left)
        return
    slot = walk.slot(left)
    if slot is not None:
        walk.drop(slot)  # only after the right side has run
        if value is not None:
            walk.put(slot, value)


# Leaving.


def _return(walk: Walk, node: Node) -> None:
    inner(walk, node)
    walk.exits.append(walk.state)
    walk.state = None


def _break(walk: Walk, node: Node) -> None:
    value = inner(walk, node)
    label = label_of(node, walk.cx)
    frame = next(
        (each for each in reversed(walk.frames) if (each.label == label if label else each.is_loop)), None
    )
    if frame is not None:
        left = _left(walk, frame)
        if node.type == "break_expression":
            frame.breaks.append(left)
            frame.values.append(value if left is not None else None)
        else:
            frame.continues.append(left)
    walk.state = None


def _left(walk: Walk, frame: Frame) -> State | None:
    """What is still held when a frame is left: nothing that was named or kept inside of it."""
    inside = {slot for level in walk.temporaries[frame.level :] for slot in level}
    state = without_names(walk.state, frame.node)
    return {slot: value for slot, value in state.items() if slot not in inside} if state is not None else None


# Blocks and statements.


def _block(walk: Walk, node: Node) -> Value | None:
    label = label_of(node, walk.cx)
    frame = Frame(node, label, len(walk.temporaries), is_loop=False)
    if label:
        walk.frames.append(frame)
    value: Value | None = None
    children = [child for child in node.named_children if child.type not in ITEMS]
    for child in children:
        if child.type == "expression_statement":
            is_tail = child.id == children[-1].id and child.children[-1].type != ";"
            value = inner(walk, child) if is_tail else None
            if not is_tail:
                _statement(walk, child)
        else:
            value = walk.expression(child)
    walk.drop_names_of(node)
    if label:
        walk.frames.pop()
        ways = [(walk.state, value), *zip(frame.breaks, frame.values, strict=True)]
        value = agreed([handed for state, handed in ways if state is not None])
        walk.state = met(*(state for state, _ in ways))
    return value


def _statement(walk: Walk, node: Node) -> None:
    walk.open()
    walk.keep(inner(walk, node))
    walk.close()


def _let(walk: Walk, node: Node) -> None:
    pattern, given = node.child_by_field_name("pattern"), node.child_by_field_name("value")
    alternative = node.child_by_field_name("alternative")
    if pattern is None or given is None:
        return
    is_wild = walk.cx.text(pattern) == "_"
    walk.open()
    value: Value | None = None
    if given.type == "reference_expression":
        _extended(walk, pattern, given)
    elif not (is_wild and given.type in _PLACES):
        value = walk.expression(given)
    if alternative is None:
        if value is not None:
            walk.bind(pattern, value)
        walk.close()
        return
    # Where the pattern does not match, the temporaries are gone already.
    walk.close()
    after = walk.state
    walk.expression(alternative)
    walk.state = after
    if value is not None:
        walk.bind(pattern, value)


def _extended(walk: Walk, pattern: Node, node: Node) -> None:
    """What is borrowed by a `let` lives as long as a name that it binds would, which takes nothing of it."""
    inside = node
    while inside.type in _EXTENDING:
        if inside.type == "unary_expression" and inside.children[0].type != "*":
            break
        operand = inside.child_by_field_name("value") or first_of(inside)
        if inside.type == "index_expression":
            for child in inside.named_children[1:]:
                walk.place(child)
        if operand is None:
            return
        inside = operand
    if inside.type in _PLACES:
        return
    value = walk.expression(inside)
    if value is not None and value.is_certain:
        walk.put(pattern.start_byte, Value(value.held, is_lent=True))


STATEMENTS: Final[Mapping[str, Handler]] = {
    "identifier": _name,
    "parenthesized_expression": inner,
    "try_expression": _try,
    "await_expression": inner,
    "reference_expression": looked_at,
    "field_expression": looked_at,
    "index_expression": looked_at,
    "unary_expression": looked_at,
    "type_cast_expression": looked_at,
    "range_expression": looked_at,
    "binary_expression": _binary,
    "compound_assignment_expr": _compound,
    "assignment_expression": _assignment,
    "return_expression": _return,
    "break_expression": _break,
    "continue_expression": _break,
    "block": _block,
    "unsafe_block": inner,
    "const_block": inner,
    "let_declaration": _let,
}
"""Handlers of what this module knows."""
