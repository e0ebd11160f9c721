"""What is known, at one place in the code, of a pointer that was given up: states, values, and how ways meet."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct
from msgspec.structs import replace

from rfl_lint.analysis.provenance.terms import Step
from rfl_lint.syntax import Node


class Holding(Enum):
    """Who answers for what the pointer points to."""

    NOTHING_YET = "not given up yet"
    OURS = "nobody else: it must be taken back before the function is left"
    ASKED = "a C function, unless it failed, which has not been asked yet"
    GONE = "somebody else, or nobody knows"


class Form(Enum):
    """What an expression's value says about the pointer."""

    NOTHING = "nothing"
    POINTER = "the pointer, or one into what it points to"
    OUTCOME = "what a C function returned that was given the pointer"
    RESULT = "a `Result` or `Option`: the failure of such a function"
    FAILED = "true if such a function failed"
    PASSED = "true if it did not"
    NULL = "true if the pointer is null"
    NOT_NULL = "true if it is not"
    TUPLE = "several values"


class Value(Struct, frozen=True):
    """The value of an expression. `call` is the C call that it tells about.

    `is_weak`: it may say something else than failure, such as that there is no next element.
    """

    form: Form
    call: Node | None = None
    is_weak: bool = False
    parts: tuple[Value, ...] = ()

    @property
    def carries(self) -> bool:
        """Whether the pointer is in it."""
        return self.form is Form.POINTER or any(part.carries for part in self.parts)


NOTHING = Value(Form.NOTHING)
POINTER = Value(Form.POINTER)


class State(Struct, frozen=True):
    """What is known at one place.

    `asked` is the C call whose outcome decides, `prepares` that its success leaves the pointer with us. `carriers`
    are the variables (their name nodes) that hold the pointer, `outcomes` those that hold something to ask.
    `failed` are the calls that failed on the way here, `is_weak` that only a weak test said so.
    """

    holding: Holding = Holding.NOTHING_YET
    asked: Node | None = None
    prepares: bool = False
    carriers: frozenset[int] = frozenset()
    outcomes: frozenset[tuple[int, Value]] = frozenset()
    failed: tuple[Node, ...] = ()
    is_weak: bool = False

    @property
    def is_ours(self) -> bool:
        """Whether leaving the function here leaks."""
        return self.holding is Holding.OURS

    def gone(self) -> State:
        """Somebody took it over."""
        if self.holding in (Holding.GONE, Holding.NOTHING_YET):
            return self
        return replace(self, holding=Holding.GONE, asked=None, failed=(), is_weak=False)

    def waits_for(self, value: Value) -> bool:
        """Whether a value decides who answers."""
        return self.holding is Holding.ASKED and value.call is not None and value.call == self.asked

    def passed(self) -> State:
        """The call that was asked did not fail."""
        if not self.prepares:
            return self.gone()
        return replace(self, holding=Holding.OURS, asked=None, prepares=False)

    def refused(self, value: Value) -> State:
        """The call that was asked failed."""
        failed = (*self.failed, self.asked) if self.asked is not None else self.failed
        return replace(
            self, holding=Holding.OURS, asked=None, prepares=False, failed=failed, is_weak=value.is_weak
        )


def joined(first: State, second: State) -> State:
    """One state for two ways that meet: where one of them has handed the pointer over, nothing is claimed."""
    if first == second:
        return first
    carriers, outcomes = first.carriers | second.carriers, first.outcomes & second.outcomes
    holdings = {first.holding, second.holding} - {Holding.NOTHING_YET}
    if len(holdings) == 2 or Holding.GONE in holdings:
        return State(Holding.GONE, carriers=carriers, outcomes=outcomes)
    known = [state for state in (first, second) if state.holding is not Holding.NOTHING_YET] or [first]
    if any((state.asked, state.prepares) != (known[0].asked, known[0].prepares) for state in known):
        return State(Holding.GONE, carriers=carriers, outcomes=outcomes)
    failed = known[0].failed if all(state.failed == known[0].failed for state in known) else ()
    is_weak = any(state.is_weak for state in known)
    return replace(known[0], carriers=carriers, outcomes=outcomes, failed=failed, is_weak=is_weak)


def joined_values(values: list[Value]) -> Value:
    """One value for those of several branches: the pointer if it is in any, else what all agree on."""
    if any(value.carries for value in values):
        same = all(value == values[0] for value in values)
        return values[0] if same else POINTER
    told = [value for value in values if value.form is not Form.NOTHING]
    return told[0] if len(told) == len(values) and all(value == told[0] for value in told) else NOTHING


class Fate(Enum):
    """What a function of the tree does with a pointer that it is given."""

    TAKES = "takes it over, or nobody knows"
    READS = "leaves it alone"
    HANDS_ON = "returns it"
    ASKS = "returns the outcome of a C function that it gave the pointer to"
    MAY_FAIL = "returns an error, and then has not taken it over"


class FunctionEffect(Struct, frozen=True):
    """What a function does with a pointer, and which calls in it may fail."""

    fate: Fate
    steps: tuple[Step, ...] = ()


TAKES = FunctionEffect(Fate.TAKES)
