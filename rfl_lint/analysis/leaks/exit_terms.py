"""The ways out of a function body, and what a walk over the body asks about the states in which they are taken."""

from __future__ import annotations

from enum import Enum
from typing import Protocol, TypeVar

from msgspec import Struct

from rfl_lint.syntax import Node

S = TypeVar("S")
V = TypeVar("V")


class ExitKind(Enum):
    """How a function is left."""

    TRY = "`?`"
    RETURN = "`return`"
    TAIL = "the last expression"
    END = "the end"
    """Behind the last statement of a function that has no value."""


class Exit(Struct, frozen=True, eq=False):
    """A place where a function is left. `value` is what it is left with, None for a bare `return`."""

    kind: ExitKind
    node: Node
    value: Node | None


class Judge(Protocol[S, V]):
    """What the walk asks about states and values."""

    nothing: V
    """The value of what has none, or none that matters."""

    def join(self, first: S, second: S) -> S:
        """One state for two ways that meet."""

    def join_values(self, values: list[V]) -> V:
        """One value for the values of several branches."""

    def name(self, node: Node, state: S) -> V:
        """The value of a variable."""

    def evaluated(self, node: Node, values: list[V], state: S) -> tuple[V, S]:
        """The value of an expression, and the state behind it, when its parts have these values."""

    def enclosed(self, node: Node, state: S) -> S:
        """The state behind a closure, an async block or a macro call, whose insides are not walked."""

    def bound(self, pattern: Node, value: V, state: S) -> S:
        """The state behind a binding that cannot fail."""

    def assigned(self, target: Node, value: V, state: S) -> S:
        """The state behind an assignment; `target` is no part of `evaluated`."""

    def tested(self, value: V, state: S) -> tuple[S, S]:
        """The states where a condition holds, and where it does not."""

    def matched(self, pattern: Node, value: V, state: S) -> tuple[S, S]:
        """The states where a pattern that may fail matches, its names bound, and where it does not."""

    def tried(self, value: V, state: S) -> tuple[V, S, S]:
        """Of a `?`: the value and state where the walk goes on, and the state in which the function is left."""

    def dropped(self, value: V, state: S) -> S:
        """The state behind a statement whose value nobody takes."""

    def closed(self, block: Node, value: V, state: S) -> S:
        """The state behind a block, whose own variables are gone."""

    def settled(self, statement: Node, state: S) -> bool:
        """Whether a statement changes no state and its `?` are of no interest: it need not be walked."""

    def left(self, way: Exit, value: V, state: S) -> None:
        """The function is left."""


class TooDeepError(Exception):
    """The code is nested too deeply to be walked."""
