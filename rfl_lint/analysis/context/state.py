"""What is held at one point of a function: a map that is never changed in place, and how such maps meet.

A slot is where a guard lives: the offset of the name it is bound to, or a negative number for one without a name.
"""

from __future__ import annotations

from msgspec import Struct, field
from msgspec.structs import replace

from rfl_lint.analysis.context.acquisitions import Held
from rfl_lint.syntax import Node


class Value(Struct, frozen=True):
    """A guard in a slot, or one that an expression hands over.

    `is_maybe`: in an `Option` or `Result`, so that it is held only if that says so. `is_lent`: a reference to a guard
    that lives elsewhere, so that moving it ends nothing.
    """

    held: Held
    is_maybe: bool = False
    is_lent: bool = False

    @property
    def is_certain(self) -> bool:
        """Whether the guard is there for sure."""
        return not self.is_maybe


State = dict[int, Value]
"""What is in which slot. None in its place: nothing gets here."""


def nameless(held: Held) -> int:
    """The slot of a guard that has no name: the same one whenever its call is walked."""
    return -held.identity - 1


def met(*states: State | None) -> State | None:
    """What all of the ways that go on have in common; None where none does."""
    going = [state for state in states if state is not None]
    if len(going) < 2:
        return going[0] if going else None
    first, *others = going
    return {
        slot: value
        for slot, value in first.items()
        if all(_is_alike(value, state.get(slot)) for state in others)
    }


def _is_alike(one: Value, other: Value | None) -> bool:
    return one is other or (
        other is not None
        and one.is_maybe is other.is_maybe
        and one.held.hold is other.held.hold
        and one.held.path == other.held.path
    )


def agreed(values: list[Value | None]) -> Value | None:
    """What all branches hand over, as one thing that is held, where each hands over something alike."""
    known = [value for value in values if value is not None]
    if not known or len(known) < len(values):
        return None
    first = known[0]
    if any(each.held.hold is not first.held.hold or each.is_lent is not first.is_lent for each in known):
        return None
    held, names = first.held, list(dict.fromkeys(each.held.what for each in known))
    if len(names) > 1:
        held = replace(held, path="", root=-1, what=" or ".join(names))
    return Value(held, any(each.is_maybe for each in known), first.is_lent)


class Frame(Struct):
    """A loop, or a block with a label, that can be left from inside."""

    node: Node
    label: str
    level: int
    """How many scopes of temporaries there are around it."""
    is_loop: bool = True
    breaks: list[State | None] = field(default_factory=list)
    values: list[Value | None] = field(default_factory=list)
    """What is handed over by each break, in their order."""
    continues: list[State | None] = field(default_factory=list)
