"""The declaration of a name in one C text: a prototype, an inline function, a helper, an allocation behind a macro.

One text may declare a name several times, for configurations that exclude each other. Those where the options
are on win; of what is left nothing is told that they do not agree on.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from rfl_lint.c.facts import CFunction, CParameter, Failure
from rfl_lint.c.failure import failure_of
from rfl_lint.c.macros import Target, forwarded
from rfl_lint.c.signatures import parse_signature
from rfl_lint.c.text import CText

HELPER: Final = b"rust_helper_"
_PARENTHESES: Final = re.compile(rb"[()]")
_END: Final = re.compile(rb"[;{]")
_LINE_OF_CALL: Final = re.compile(rb"\)[ \t]*\n")
_HEAD_SPAN: Final = 600
_PARAMETER_SPAN: Final = 4_000
_TAIL_SPAN: Final = 600
_BODY_SPAN: Final = 4_000
_MOST: Final = 40


class _Candidate(Struct, frozen=True):
    function: CFunction
    unlikely: int


def declared(text: CText, name: bytes) -> CFunction | None:
    """What a text tells of a name, if it declares it at all and in one way."""
    for spelling in (HELPER + name, name):
        function = _declared_as(text, spelling, name)
        if function is not None:
            return function
    target = forwarded(text, name)
    if target is None:
        return _declared_as(text, name + b"_noprof", name)
    return _behind_macro(text, target, name)


def _declared_as(text: CText, spelling: bytes, name: bytes) -> CFunction | None:
    found = ((offset, _at(text, offset, spelling, name)) for offset in text.calls(spelling, _MOST))
    candidates = [(offset, function) for offset, function in found if function is not None]
    if len(candidates) == 1 and not text.has_dead_code:
        return candidates[0][1]
    ranked = [_Candidate(function, text.unlikely(offset)) for offset, function in candidates]
    return _agreed([candidate for candidate in ranked if candidate.unlikely < 2])


def _agreed(candidates: list[_Candidate]) -> CFunction | None:
    """The one function that the likeliest candidates agree on. What any of them tells of failure counts."""
    if not candidates:
        return None
    best = min(candidate.unlikely for candidate in candidates)
    likely = [candidate.function for candidate in candidates if candidate.unlikely == best]
    first = likely[0]
    for other in likely[1:]:
        if _shape(other) != _shape(first):
            return None
        parameters = tuple(
            CParameter(mine.name or its.name, mine.type, mine.is_pointer, mine.is_const)
            for mine, its in zip(first.parameters, other.parameters, strict=True)
        )
        first = replace(first, parameters=parameters)
    told = {candidate.function.failure for candidate in candidates} - {Failure.UNKNOWN}
    if first.failure is Failure.UNKNOWN and len(told) == 1:
        first = replace(first, failure=told.pop())
    if any(function.must_check for function in likely):
        first = replace(first, must_check=True)
    return first


def _shape(function: CFunction) -> tuple[object, ...]:
    return function.returns, tuple(item.type for item in function.parameters), function.variadic


def _at(text: CText, offset: int, spelling: bytes, name: bytes) -> CFunction | None:
    """The declaration whose name stands at `offset`, if it is one and not a call."""
    code = text.code
    floor = max(0, offset - _HEAD_SPAN)
    start = max(floor, *(code.rfind(mark, floor, offset) + 1 for mark in (b";", b"}", b"{")))
    # A macro's call may stand above without a semicolon. Attributes that take arguments end a line so, too: what
    # matters of them says the line itself.
    for match in _LINE_OF_CALL.finditer(code, start, offset):
        start = match.end()
    head = code[start:offset]
    if not head.strip() or b"=" in head:
        return None
    opening = code.index(b"(", offset)
    closing = _closing(code, opening)
    if closing == -1:
        return None
    end = _END.search(code, closing, min(len(code), closing + _TAIL_SPAN))
    if end is None:
        return None
    start += len(head) - len(head.lstrip())
    # Nothing but declarations starts at the left margin; the rest takes counting braces.
    if code[start - 1 : start] not in {b"", b"\n"} and text.is_inside(offset):
        return None
    signature = parse_signature(head, spelling, code[opening + 1 : closing], code[closing + 1 : end.start()])
    if signature is None:
        return None
    body = _body(code, end.end()) if end[0] == b"{" else b""
    label = name.decode()
    return CFunction(
        label,
        signature.returns,
        signature.parameters,
        text.path,
        text.line(offset),
        failure_of(label, signature.returns, text.comment_above(start), body),
        signature.variadic,
        signature.must_check,
    )


def _body(code: bytes, start: int) -> bytes:
    """What stands between the brace before `start` and its partner: on the same line, or first on a later one."""
    end = min(len(code), start + _BODY_SPAN)
    line_end = code.find(b"\n", start, end)
    stop = code.rfind(b"}", start, line_end if line_end != -1 else end)
    if stop == -1:
        stop = code.find(b"\n}", start, end)
    return code[start:stop] if stop != -1 else b""


def _closing(code: bytes, opening: int) -> int:
    """The offset of the parenthesis that closes the one at `opening`, -1 if it is not near."""
    depth = 0
    for match in _PARENTHESES.finditer(code, opening, min(len(code), opening + _PARAMETER_SPAN)):
        depth += 1 if match[0] == b"(" else -1
        if depth == 0:
            return match.start()
    return -1


def _behind_macro(text: CText, target: Target, name: bytes) -> CFunction | None:
    """The function that a macro of this name hands its arguments to, with the parameters that they become."""
    function = _declared_as(text, target.name, name) if target.name else None
    if function is None:
        return None
    chosen = target.chosen
    if chosen is None:
        chosen = tuple(range(len(function.parameters) - target.added))
    if max(chosen, default=-1) >= len(function.parameters):
        return None
    return replace(function, parameters=tuple(function.parameters[index] for index in chosen))


def parse_prototype(text: bytes, name: str, *, header: str, line: int, comment: str = "") -> CFunction | None:
    """The function called `name` that a text of one declaration declares; None where it declares no such function."""
    lead = comment.encode() + b"\n" if comment else b""
    ended = text if text.rstrip().endswith((b";", b"}")) else text.rstrip() + b";"
    function = declared(CText(header, lead + ended), name.encode())
    return replace(function, line=line) if function is not None else None
