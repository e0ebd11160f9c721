"""Who takes over a pointer that `into_raw` or `into_foreign` gave up, and where a function is left before that.

The judge of a walk (`exits`) for one pointer. A C function that takes the pointer and failed has not taken it
over; one that succeeded has. Whatever is not known to leave the pointer alone takes it over, so what is
reported is a way out on which nothing at all has happened to it.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace

from rfl_lint.analysis.code.calls import Call, call_of, nodes_below
from rfl_lint.analysis.code.scopes import pattern_names, scopes
from rfl_lint.analysis.leaks.exit_terms import Exit, ExitKind
from rfl_lint.analysis.leaks.holders import holder_of
from rfl_lint.analysis.leaks.reclaim_calls import CallEffects, Functions, unknown_functions
from rfl_lint.analysis.leaks.reclaim_terms import (
    NOTHING,
    POINTER,
    Form,
    Holding,
    State,
    Value,
    joined,
    joined_values,
)
from rfl_lint.c.facts import Failure
from rfl_lint.rule import Context
from rfl_lint.syntax import Node

_COMPARED: Final = {"!=": Form.FAILED, "<": Form.FAILED, "==": Form.PASSED, ">=": Form.PASSED}
_TURNED: Final = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}
_KEEPING: Final = frozenset({"type_cast_expression", "await_expression", "parenthesized_expression"})
_NEGATED: Final = {
    Form.FAILED: Form.PASSED, Form.PASSED: Form.FAILED, Form.NULL: Form.NOT_NULL, Form.NOT_NULL: Form.NULL,
}  # fmt: skip
_GOOD: Final = frozenset({"Ok", "Some"})
_NAMES: Final = frozenset({"identifier", "self"})
_LITERALS: Final = frozenset({"integer_literal", "boolean_literal", "unit_expression"})


class WayOut(Struct, frozen=True, eq=False):
    """A way out on which the pointer leaks, and the C calls that failed on the way to it."""

    exit: Exit
    failed: tuple[Node, ...]


class Reclaim(Struct, eq=False, dict=True):
    """Follows the pointer that `giving` gives, or the one that a parameter holds (`held`).

    `left_with` has every way out, each time that it was come to.
    """

    cx: Context
    giving: Node | None = None
    functions: Functions = unknown_functions
    ways_out: dict[int, WayOut] = field(default_factory=dict)
    left_with: list[tuple[Exit, Value, State]] = field(default_factory=list)
    _starts: dict[int, tuple[int, str]] = field(default_factory=dict)
    nothing: Value = NOTHING

    def __post_init__(self) -> None:
        self.calls = CallEffects(self.cx, self.functions)
        self.scopes = scopes(self.cx)

    def held(self, parameter: Node) -> State:
        """The state at the start of a function that gets the pointer as a parameter, whose name this is."""
        return self._carrying(parameter, State(Holding.OURS))

    def join(self, first: State, second: State) -> State:
        """One state for two ways that meet."""
        return joined(first, second)

    def join_values(self, values: list[Value]) -> Value:
        """One value for the values of several branches."""
        return joined_values(values)

    # Expressions.

    def name(self, node: Node, state: State) -> Value:
        """The value of a variable."""
        if not state.carriers and not state.outcomes:
            return NOTHING
        binding = self.scopes.binding(node)
        if binding is None:
            return NOTHING
        key = binding.name.id
        if key in state.carriers:
            return POINTER
        return next((value for owner, value in state.outcomes if owner == key), NOTHING)

    def evaluated(self, node: Node, values: list[Value], state: State) -> tuple[Value, State]:
        """The value of an expression whose parts have these values."""
        if self.giving is not None and node.id == self.giving.id:
            return POINTER, State(Holding.OURS)
        kind = node.type
        if kind == "call_expression":
            call = call_of(node, self.cx.parsed)
            if call is None:
                return NOTHING, state.gone() if any(value.carries for value in values) else state
            return self.calls.effect(call, values, state)
        if kind == "macro_invocation":
            return (POINTER if self._points(node, state) else NOTHING), state
        first = values[0] if values else NOTHING
        if kind in _KEEPING:
            self.calls.is_pointer |= first.carries and _casts_to_pointer(node)
            return first, state
        if kind == "tuple_expression":
            known = any(value.form is not Form.NOTHING for value in values)
            return (Value(Form.TUPLE, parts=tuple(values)) if known else NOTHING), state
        if kind == "field_expression":
            return self._field(node, first), state
        if kind == "unary_expression":
            return self._unary(node, first), state
        if kind == "binary_expression":
            return self._binary(node, values), state
        if kind == "compound_assignment_expr" or not any(value.carries for value in values):
            return NOTHING, state
        if kind in ("reference_expression", "index_expression"):
            return POINTER, state
        return NOTHING, state.gone()

    def _field(self, node: Node, value: Value) -> Value:
        label = node.child_by_field_name("field")
        text = self.cx.text(label) if label is not None else ""
        if value.form is Form.TUPLE and text.isdigit() and int(text) < len(value.parts):
            return value.parts[int(text)]
        return POINTER if value.carries else NOTHING

    def _unary(self, node: Node, value: Value) -> Value:
        sign = node.children[0].type
        if sign == "!":
            return replace(value, form=_NEGATED[value.form]) if value.form in _NEGATED else NOTHING
        self.calls.is_pointer |= sign == "*" and value.carries
        return value if value.carries or (sign == "-" and value.form is Form.OUTCOME) else NOTHING

    def _binary(self, node: Node, values: list[Value]) -> Value:
        operator = node.child_by_field_name("operator")
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if operator is None or left is None or right is None or len(values) != 2:
            return NOTHING
        sign, value = operator.type, values[0]
        if sign not in _TURNED:
            return POINTER if any(each.carries for each in values) else NOTHING
        if self.cx.text(left) == "0":
            sign, value, right = _TURNED[sign], values[1], left
        if value.form is not Form.OUTCOME or self.cx.text(right) != "0" or sign not in _COMPARED:
            return NOTHING
        return Value(_COMPARED[sign], value.call, self._is_weak(value.call))

    def _is_weak(self, node: Node | None) -> bool:
        """Whether a number other than zero may mean something else than failure, as far as C tells."""
        call = call_of(node, self.cx.parsed) if node is not None else None
        facts = self.cx.c_function(call.name) if call is not None else None
        return facts is None or facts.failure is not Failure.ERRNO

    def enclosed(self, node: Node, state: State) -> State:
        """A closure or macro call that mentions the pointer has taken it over, unless the macro is known not to."""
        if not state.carriers:
            return state
        if node.type == "macro_invocation":
            call = call_of(node, self.cx.parsed)
            if call is not None and self._leaves_alone(call):
                return state
        return state.gone() if self._mentions(node, state) else state

    def _leaves_alone(self, macro: Call) -> bool:
        table = self.calls.table
        return macro.name in table.pointing_macros or macro.name.startswith(table.reading_macros)

    def _points(self, macro: Node, state: State) -> bool:
        call = call_of(macro, self.cx.parsed)
        if call is None or call.name not in self.calls.table.pointing_macros:
            return False
        self.calls.is_pointer |= self._mentions(macro, state)
        return self._mentions(macro, state)

    def _mentions(self, node: Node, state: State) -> bool:
        names = {self._starts[key][1] for key in state.carriers}
        return any(self.cx.text(each) in names for each in nodes_below(self.cx.parsed, node, _NAMES))

    # Variables.

    def _carrying(self, name: Node, state: State) -> State:
        self._starts[name.id] = (name.start_byte, self.cx.text(name))
        return replace(state, carriers=state.carriers | {name.id})

    def bound(self, pattern: Node, value: Value, state: State) -> State:
        """The variables of the pattern hold what the value is."""
        if value.form is Form.NOTHING:
            return state
        if value.form is Form.TUPLE:
            children = [child for child in pattern.children if child.type == "_" or child.is_named]
            if pattern.type == "tuple_pattern" and len(children) == len(value.parts):
                for child, part in zip(children, value.parts, strict=True):
                    state = self.bound(child, part, state)
                return state
            if not value.carries:
                return state
            value = POINTER if pattern.type != "identifier" else value
        if value.form is Form.POINTER:
            for name, _ in pattern_names(pattern, self.cx):
                state = self._carrying(name, state)
            return self.dropped(value, state)
        names = [name for name, steps in pattern_names(pattern, self.cx) if not steps]
        if len(names) != 1:
            return self.dropped(value, state)
        if value.carries:
            state = self._carrying(names[0], state)
        asked = frozenset(each for each in state.outcomes if each[1].call == value.call)
        return replace(state, outcomes=asked | {(names[0].id, value)})

    def assigned(self, target: Node, value: Value, state: State) -> State:
        """A variable holds something else; a place that is not in a local variable takes the pointer over."""
        binding = self.scopes.binding(target) if target.type == "identifier" else None
        if target.type == "_":
            return self.dropped(value, state)
        if binding is None:
            holder = holder_of(target, self.cx) if value.form is Form.POINTER else None
            if holder is not None:
                return self._carrying(holder.name, state)
            return state.gone() if value.carries else state
        key, before = binding.name.id, state
        state = replace(
            state,
            carriers=state.carriers - {key},
            outcomes=frozenset(each for each in state.outcomes if each[0] != key),
        )
        if value.form is Form.POINTER:
            return self._carrying(binding.name, state)
        if value.form is not Form.NOTHING:
            return self.bound(binding.name, value, state)
        return state.gone() if before.carriers and not state.carriers else state

    def closed(self, block: Node, value: Value, state: State) -> State:
        """What only variables of the block held, nobody holds: whoever wrote that meant to give it away."""
        inside = {key for key in state.carriers if block.start_byte <= self._starts[key][0] < block.end_byte}
        if not inside:
            return state
        after = replace(state, carriers=state.carriers - inside)
        return after.gone() if not after.carriers and not value.carries else after

    def dropped(self, value: Value, state: State) -> State:
        """What a statement gave and nobody took: an outcome that nobody asks for, a pointer that nobody wants."""
        if state.waits_for(value):
            return state.passed()
        return state.gone() if state.is_ours and not state.carriers else state

    # Tests.

    def tested(self, value: Value, state: State) -> tuple[State, State]:
        """The states where a condition holds, and where it does not."""
        if value.form is Form.NULL:
            return state.gone(), state
        if value.form is Form.NOT_NULL:
            return state, state.gone()
        if not state.waits_for(value):
            return state, state
        if value.form is Form.FAILED:
            return state.refused(value), state.passed()
        if value.form is Form.PASSED:
            return state.passed(), state.refused(value)
        return state.gone(), state.gone()

    def matched(self, pattern: Node, value: Value, state: State) -> tuple[State, State]:
        """The states where a pattern matches, and where it does not."""
        variant = self._variant(pattern)
        yes, no = state, state
        if value.form is Form.POINTER and variant:
            yes, no = (state, state.gone()) if variant in _GOOD else (state.gone(), state)
        elif state.waits_for(value):
            weak = replace(value, is_weak=value.is_weak or self._is_weak(value.call))
            if value.form is Form.RESULT and variant:
                good = variant in _GOOD
                yes, no = (
                    (state.passed(), state.refused(value)) if good else (state.refused(value), state.passed())
                )
            elif value.form is Form.OUTCOME and self.cx.text(pattern) == "0":
                yes, no = state.passed(), state.refused(weak)
        if value.form in (Form.POINTER, Form.TUPLE) or pattern.type == "identifier":
            yes = self.bound(pattern, value, yes) if yes.holding is not Holding.GONE else yes
        return yes, no

    def _variant(self, pattern: Node) -> str:
        """`Ok`, `Err`, `Some` or `None`, whichever of them a pattern is."""
        named = pattern.child_by_field_name("type") if pattern.type == "tuple_struct_pattern" else pattern
        name = self.cx.text(named).rpartition("::")[2] if named is not None else ""
        return name if name in ("Ok", "Err", "Some", "None") else ""

    # Ways out.

    def settled(self, statement: Node, state: State) -> bool:
        """Before the pointer is given up, and once it is gone, statements do nothing to it."""
        if self.giving is None or state.holding not in (Holding.NOTHING_YET, Holding.GONE):
            return False
        return not statement.start_byte <= self.giving.start_byte < statement.end_byte

    def tried(self, value: Value, state: State) -> tuple[Value, State, State]:
        """A `?` goes on where the call did not fail, and leaves where it did."""
        if value.form is Form.RESULT and state.waits_for(value):
            return NOTHING, state.passed(), state.refused(value)
        if value.form is Form.POINTER:
            return value, state, state.gone()
        return NOTHING, state, state

    def left(self, way: Exit, value: Value, state: State) -> None:
        """Remember the way out if the pointer leaks on it."""
        self.left_with.append((way, value, state))
        if value.form is Form.RESULT and state.waits_for(value) and not value.is_weak:
            state = state.refused(value)
        elif not self.is_error(way):
            return
        if not state.is_ours or value.carries:
            return
        if state.is_weak and way.kind is not ExitKind.TRY and self._is_no_error(way.value):
            return
        self.ways_out.setdefault(way.node.id, WayOut(way, state.failed))

    def is_error(self, way: Exit) -> bool:
        """Whether a way out is one that is worth a word: any but an end that says that all is well."""
        if way.kind in (ExitKind.TRY, ExitKind.RETURN):
            return True
        node = way.value
        call = call_of(node, self.cx.parsed) if node is not None and node.type == "call_expression" else None
        return call is not None and call.name in ("Err", "to_errno", "to_ptr")

    def is_failure(self, way: Exit) -> bool:
        """Whether a way out says that the function failed."""
        if way.kind is ExitKind.TRY:
            return True
        call = (
            call_of(way.value, self.cx.parsed)
            if way.value is not None and way.value.type == "call_expression"
            else None
        )
        return call is not None and call.name == "Err"

    def _is_no_error(self, node: Node | None) -> bool:
        """Whether what is returned plainly says that all is well, or that there is nothing."""
        if node is None:
            return False
        call = call_of(node, self.cx.parsed) if node.type == "call_expression" else None
        return (
            node.type in _LITERALS
            or self.cx.text(node) == "None"
            or (call is not None and call.name in _GOOD)
        )


def _casts_to_pointer(node: Node) -> bool:
    written = node.child_by_field_name("type") if node.type == "type_cast_expression" else None
    return written is not None and written.type == "pointer_type"
