"""Macros that only hand their arguments on to an allocation function: `NAME` around `NAME_noprof`.

Allocations are declared under another name than they are called by, for accounting wants to know the place of
the call. A macro that does anything else with an argument than to pass it on is not followed.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from rfl_lint.c.text import CText

_STEPS: Final = 4
_MARK: Final = b"_noprof"
_MACRO: Final = re.compile(
    rb"^[ \t]*#[ \t]*define[ \t]+(\w++)\(([^()\n]*+)\)((?>(?:\\\r?\n|[^\n])*))", re.MULTILINE
)
_CALL: Final = re.compile(rb"\s*(?:alloc_hooks\s*\(\s*)?(\w+)\s*\((.*)\)\s*", re.DOTALL)
_PASSED: Final = re.compile(rb"PASS_\w+_PARAMS\s*\(\s*(\w+)\s*,.*", re.DOTALL)


class Target(Struct, frozen=True):
    """Where a macro leads.

    `name` is empty where they do more than pass arguments on. `chosen` are the
    target's parameters that its own become; None for all, in order, but the last `added` ones,
    which the macro supplies.
    """

    name: bytes
    chosen: tuple[int, ...] | None = None
    added: int = 0


def forwarded(text: CText, name: bytes) -> Target | None:
    """Where the macros that begin with `name` lead; None if there is no such macro near allocations."""
    if _MARK not in text.data:
        return None
    macros = _macros(text)
    if name not in macros:
        return None
    reached = Target(name)
    for _ in range(_STEPS):
        macro = macros.get(reached.name)
        if macro is None:
            break
        step = _step(*macro)
        if step is None:
            return Target(b"")
        following = _composed(reached, step)
        if following is None:
            return Target(b"")
        reached = following
    return reached if _MARK in reached.name else Target(b"")


def _composed(first: Target, second: Target) -> Target | None:
    """Both steps in one; None if they do not fit together."""
    if second.chosen is None:
        return Target(second.name, first.chosen, first.added + second.added)
    if first.chosen is None:
        return Target(second.name, second.chosen[: len(second.chosen) - first.added])
    if max(first.chosen, default=-1) >= len(second.chosen):
        return None
    return Target(second.name, tuple(second.chosen[index] for index in first.chosen))


def _macros(text: CText) -> dict[bytes, tuple[bytes, bytes]]:
    """Parameters and bodies of function-like macros; the first of a name."""
    found: dict[bytes, tuple[bytes, bytes]] = {}
    for match in _MACRO.finditer(text.uncommented):
        found.setdefault(match[1], (match[2], match[3].replace(b"\\", b" ")))
    return found


def _step(parameters: bytes, body: bytes) -> Target | None:
    call = _CALL.fullmatch(body)
    if call is None:
        return None
    inner = call[2].rstrip()
    arguments = _split(inner.removesuffix(b")") if b"alloc_hooks" in body[: call.start(1)] else inner)
    if arguments is None:
        return None
    own = [item.strip() for item in parameters.split(b",")]
    if own == [b"..."]:
        return Target(call[1], None, len(arguments) - 1) if arguments[0] == b"__VA_ARGS__" else None
    places: list[int] = []
    for item in own:
        passed = [index for index, argument in enumerate(arguments) if _stands_for(argument, item)]
        if len(passed) != 1:
            return None
        places.append(passed[0])
    return Target(call[1], tuple(places))


def _stands_for(argument: bytes, parameter: bytes) -> bool:
    """Whether an argument is the parameter, or the parameter with what a configuration adds to it."""
    size = _PASSED.fullmatch(argument)
    return (size[1] if size is not None else argument) == parameter


def _split(arguments: bytes) -> list[bytes] | None:
    """The arguments of a call; None if its parentheses do not match."""
    depth = start = 0
    found: list[bytes] = []
    for match in re.finditer(rb"[(),]", arguments):
        if match[0] == b"(":
            depth += 1
        elif match[0] == b")":
            depth -= 1
            if depth < 0:
                return None
        elif depth == 0:
            found.append(arguments[start : match.start()].strip())
            start = match.end()
    found.append(arguments[start:].strip())
    return found if depth == 0 else None
