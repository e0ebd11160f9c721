"""Facts about one C function, as plain data, and where they come from."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Final

from msgspec import Struct

# Types that are pointers behind a name, or arrays that a parameter takes as a pointer.
POINTER_TYPES: Final = frozenset(
    {
        "cpumask_var_t",  # include/linux/cpumask_types.h
        "filldir_t",  # include/linux/fs.h
        "irq_handler_t",  # include/linux/interrupt.h
        "list_lru_walk_cb",  # include/linux/list_lru.h
        "poll_queue_proc",  # include/linux/poll.h
        "rcu_callback_t",  # include/linux/types.h
        "task_work_func_t",  # include/linux/task_work.h
        "wait_queue_func_t",  # include/linux/wait.h
        "work_func_t",  # include/linux/workqueue.h
    }
)


class Failure(Enum):
    """How a C function reports failure, as far as its declaration and comment tell."""

    UNKNOWN = "unknown"
    NONE = "none"
    """It returns nothing, or nothing that tells of failure."""
    ERRNO = "errno"
    """A negative error number."""
    NULL = "null"
    """A NULL pointer."""
    ERR_PTR = "err_ptr"
    """An error number in a pointer."""
    BYTES_LEFT = "bytes_left"
    """The number of bytes that were not copied; no error number."""


class CParameter(Struct, frozen=True):
    """One parameter. `type` has single spaces and no name; `is_const` speaks of what the pointer points to."""

    name: str
    type: str
    is_pointer: bool = False
    is_const: bool = False


def parameter(name: str, kind: str) -> CParameter:
    """The parameter with the pointer facts that its type, as a declaration writes it, tells."""
    if "(" in kind or kind.removeprefix("const ") in POINTER_TYPES:  # a function, or a pointer behind a name
        return CParameter(name, kind, is_pointer=True)
    if "[" in kind:
        pointee = kind[: kind.index("[")]
    elif "*" in kind:
        pointee = kind.rpartition("*")[0]
    else:
        return CParameter(name, kind)
    return CParameter(name, kind, is_pointer=True, is_const="const" in pointee.rpartition("*")[2].split())


class CFunction(Struct, frozen=True):
    """What is known of a C function.

    `header` and `line` (1-based) tell where its declaration stands, relative to the tree's root. A fact of the
    bundled table has no line, and names the `kernels` in whose headers it was read.

    `must_check` says that the compiler warns where the result is thrown away. `misleading` are the indexes of
    parameters that are neither allocation flags nor flags, whatever their type and name say.
    """

    name: str
    returns: str
    parameters: tuple[CParameter, ...]
    header: str
    line: int = 0
    failure: Failure = Failure.UNKNOWN
    variadic: bool = False
    must_check: bool = False
    misleading: tuple[int, ...] = ()
    kernels: tuple[str, ...] = ()

    @property
    def is_bundled(self) -> bool:
        """Whether this is known from the bundled table and not from the tree's own headers."""
        return bool(self.kernels)

    @property
    def gfp(self) -> int:
        """The index of the parameter of type `gfp_t`, or -1."""
        for index, item in enumerate(self.parameters):
            if item.type.removeprefix("const ") == "gfp_t" and index not in self.misleading:
                return index
        return -1

    @property
    def flags(self) -> int:
        """The index of the parameter that is flags by its name and an integer by its type, or -1.

        What `*_irqsave` hands out is a saved state and no flags.
        """
        if self.name.endswith(("_irqrestore", "_irqsave")):
            return -1
        for index, item in enumerate(self.parameters):
            named = item.name.endswith("flags") and index not in self.misleading
            if named and not item.is_pointer and not {"gfp_t", "struct", "union"} & set(item.type.split()):
                return index
        return -1


def pack(function: CFunction) -> list[object]:
    """The function as lists of plain values; `kernels` and the name are the container's matter."""
    return [
        function.returns,
        [[item.name, item.type] for item in function.parameters],
        function.header,
        function.line,
        function.failure.value,
        int(function.variadic) | int(function.must_check) << 1,
        list(function.misleading),
    ]


def unpack(name: str, packed: Sequence[object], kernels: tuple[str, ...] = ()) -> CFunction:
    """The function that `pack` made lists of. Raises ValueError or TypeError for anything else."""
    returns, parameters, header, line, failure, bits, misleading = packed
    if not (
        isinstance(returns, str)
        and isinstance(parameters, list)
        and isinstance(header, str)
        and isinstance(line, int)
        and isinstance(bits, int)
        and isinstance(misleading, list)
    ):
        raise TypeError(f"no facts of a function: {name}")
    return CFunction(
        name,
        returns,
        tuple(parameter(str(its_name), str(its_type)) for its_name, its_type in parameters),
        header,
        line,
        Failure(failure),
        variadic=bool(bits & 1),
        must_check=bool(bits & 2),
        misleading=tuple(int(index) for index in misleading),
        kernels=kernels,
    )
