"""Facts about one C function, as plain data, and where they come from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Failure(Enum):
    """How a C function reports failure, as far as its declaration and comment tell."""

    UNKNOWN = "unknown"
    NONE = "none"
    """Returns nothing."""
    ERRNO = "errno"
    """A negative error number."""
    NULL = "null"
    """A NULL pointer."""
    ERR_PTR = "err_ptr"
    """An error number in a pointer."""


@dataclass(frozen=True, slots=True)
class CParameter:
    """One parameter. `type` has single spaces and no name; `is_const` speaks of what the pointer points to."""

    name: str
    type: str
    is_pointer: bool = False
    is_const: bool = False


@dataclass(frozen=True, slots=True)
class CFunction:
    """What is known of a C function.

    `header` and `line` (1-based) tell where its declaration stands, relative to the tree's root. `gfp` and
    `flags` are the 0-based indexes of its `gfp_t` parameter and of its other flags parameter, -1 for none.
    """

    name: str
    returns: str
    parameters: tuple[CParameter, ...]
    header: str
    line: int = 0
    failure: Failure = Failure.UNKNOWN
    variadic: bool = False

    @property
    def gfp(self) -> int:
        """The index of the parameter of type `gfp_t`, or -1."""
        return next((index for index, item in enumerate(self.parameters) if item.type == "gfp_t"), -1)

    @property
    def flags(self) -> int:
        """The index of the parameter that is flags by its name and an integer by its type, or -1.

        What `*_irqsave` hands out is a saved state and no flags.
        """
        if self.name.endswith(("_irqrestore", "_irqsave")):
            return -1
        for index, item in enumerate(self.parameters):
            if item.name.endswith("flags") and not item.is_pointer and item.type != "gfp_t":
                return index
        return -1

    @property
    def returns_pointer(self) -> bool:
        """Whether the result is a pointer."""
        return self.returns.endswith("*")
