"""Allocations whose flags are written out where somebody else should choose them.

Whoever is given a `GFP_*` constant as an argument allocates, unless the table says that it only looks.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Final

from msgspec import Struct

from rfl_lint.analysis.allocation.flagless import flags_signature
from rfl_lint.analysis.code.calls import Call, CallForm, call_of
from rfl_lint.analysis.code.local_calls import file_functions
from rfl_lint.analysis.code.origins import in_userspace
from rfl_lint.analysis.code.scopes import BindingKind, enclosing_function, enclosing_impl, scopes
from rfl_lint.analysis.layout.allocator_traits import is_allocator_impl
from rfl_lint.analysis.types.inference import functions_by_start
from rfl_lint.facts import FunctionFact, head_name
from rfl_lint.patterns import word
from rfl_lint.rule import Context
from rfl_lint.syntax import Node
from rfl_lint.tree import Role

_ONE: Final = r"(?:\w++\s*+::\s*+)*(?:__)?GFP_\w++"
_CONSTANTS: Final = re.compile(
    rf"\(?\s*+{_ONE}(?:\s*+\|\s*+{_ONE})*(?:\s*+\))?(?:\s*+\.\s*+as_raw\(\)|\s++as\s++[\w:]++)?\s*+"
)
_NAME: Final = re.compile(r"\b(?:__)?GFP_\w+")
_LOCALS: Final = re.compile(
    word(b"let")
    + rb"\s++(\w++)\s*+(?::[^=;]{1,400}+)?=\s*+(?>(?:\w++\s*+::\s*+)*)\(?\s*+(?:\w++\s*+::\s*+)*(?:__)?GFP_"
)
_GIVES_BACK: Final = re.compile(r"(?:try_)?(?:free|dealloc|deallocate)(?:_\w+)?")
_LONGEST: Final = 300


class HardcodedReason(Enum):
    """Why somebody else should choose the flags."""

    PARAMETER = "parameter"
    """The function is given flags."""
    ALLOCATOR = "allocator"
    """An allocator allocates for others."""
    NO_CHOICE = "no choice"
    """A public function of an abstraction has no parameter for them."""


class Hardcoded(Struct, frozen=True, eq=False):
    """Flags written out in a call: `flags` is the expression, `name` the constants in it, `function` where it stands.

    `parameter` is the name of the function's own flags, if it is given any.
    """

    reason: HardcodedReason
    call: Call
    flags: Node
    name: str
    function: Node
    fact: FunctionFact
    parameter: str = ""
    is_plain: bool = False
    """Whether the argument is one constant of the parameter's own type, so that its name may take the place."""


def hardcoded_flags(node: Node, cx: Context) -> Hardcoded | None:
    """The flags that a `call_expression` is given as constants, if somebody else should choose them."""
    if not (cx.memo(_local_names) or _speaks_of_flags(node, cx)):
        return None
    call = call_of(node, cx.parsed)
    flags = _constant_argument(call, cx) if call is not None else None
    if call is None or flags is None or not _may_allocate(call, cx):
        return None
    function = enclosing_function(node, cx)
    fact = functions_by_start(cx).get(function.start_byte) if function is not None else None
    if function is None or fact is None:
        return None
    name = " | ".join(_NAME.findall(cx.text(flags)))
    parameter = _flags_parameter(fact, cx)
    if parameter:
        if not _sleeps(name, cx) and _is_mentioned(parameter, function, cx):
            return None  # the caller's flags may sleep, and this place may not
        reason = HardcodedReason.PARAMETER
    elif _is_allocator(fact, node, cx):
        reason = HardcodedReason.ALLOCATOR
    elif cx.strict and _lets_nobody_choose(fact, function, cx):
        reason = HardcodedReason.NO_CHOICE
    else:
        return None
    if in_userspace(node, cx):
        return None
    is_constant = flags.type in ("identifier", "scoped_identifier") and "bindings" not in cx.text(flags)
    is_plain = is_constant and flags in call.arguments and flags_signature(fact, cx) is not None
    return Hardcoded(reason, call, flags, name, function, fact, parameter, is_plain)


def _speaks_of_flags(node: Node, cx: Context) -> bool:
    return cx.source.data.find(b"GFP_", node.start_byte, node.end_byte) >= 0


def _local_names(cx: Context) -> frozenset[bytes]:
    """The names of locals that may hold constants; shadowing is judged where one is used."""
    return frozenset(match[1] for match in _LOCALS.finditer(cx.source.data))


def _constant_argument(call: Call, cx: Context) -> Node | None:
    """The argument that is made of constants alone, or what the local that is the argument was bound to."""
    for argument in call.arguments:
        if argument.end_byte - argument.start_byte > _LONGEST:
            continue
        if argument.type == "identifier":
            word = cx.source.data[argument.start_byte : argument.end_byte]
            held = _held(argument, cx) if word in cx.memo(_local_names) else None
            if held is not None:
                return held
        if _CONSTANTS.fullmatch(cx.text(argument)):
            return argument
    return None


def _held(use: Node, cx: Context) -> Node | None:
    """The constants that a local was bound to and keeps."""
    binding = scopes(cx).binding(use)
    if binding is None or binding.kind is not BindingKind.LET or binding.steps or binding.value is None:
        return None
    before = binding.name.prev_sibling
    if before is not None and before.type == "mutable_specifier":
        return None
    return binding.value if _CONSTANTS.fullmatch(cx.text(binding.value)) else None


def _may_allocate(call: Call, cx: Context) -> bool:
    """Whether a call that is given flags allocates with them: not a constructor of a value, not a test."""
    if call.form not in (CallForm.PATH, CallForm.METHOD):
        return False
    is_constructor = call.form is CallForm.PATH and call.name[:1].isupper()
    return not is_constructor and call.name not in cx.table("gfp")["looks"]["names"]


def _flags_parameter(fact: FunctionFact, cx: Context) -> str:
    """The name of the parameter that takes allocation flags, of Rust's type or of C's; empty if there is none."""
    signature = flags_signature(fact, cx)
    if signature is not None:
        return fact.params[signature.flags].name
    found = (each.name for each in fact.params if head_name(each.type) == "gfp_t")
    return next(found, "")


def _sleeps(name: str, cx: Context) -> bool:
    flags = cx.table("gfp")["flags"]
    return any(flags.get(each, {}).get("sleeps", True) for each in name.split(" | "))


def _is_mentioned(parameter: str, function: Node, cx: Context) -> bool:
    body = function.child_by_field_name("body")
    return body is not None and parameter in file_functions(cx).mentions(body)


def _is_allocator(fact: FunctionFact, node: Node, cx: Context) -> bool:
    """Whether a function is the way by which others allocate: of an allocator trait, or one of the compiler's."""
    if not fact.owner:
        return fact.name in cx.table("gfp")["entry_points"]["names"]
    if not fact.trait or _GIVES_BACK.fullmatch(fact.name):
        return False
    around = enclosing_impl(node, cx)
    return around is not None and is_allocator_impl(around, cx)


def _lets_nobody_choose(fact: FunctionFact, function: Node, cx: Context) -> bool:
    """Whether a function of an abstraction is for everybody in the kernel and its signature is its own choice."""
    if cx.role is not Role.ABSTRACTION or "extern" in fact.modifiers.split():
        return False
    seen = next((child for child in function.children if child.type == "visibility_modifier"), None)
    return seen is not None and cx.text(seen) in ("pub", "pub(crate)")
