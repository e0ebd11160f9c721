"""The calls of C functions in a file, `bindings::name(..)`, with what is known of each function."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from rfl_lint.analysis.code.calls import Call, CallForm, call_of
from rfl_lint.c.facts import CFunction
from rfl_lint.rule import Context
from rfl_lint.syntax import Fragment, FragmentKind

_CALLS: Final = frozenset({"call_expression"})


class CCall(Struct, frozen=True, eq=False):
    """A call of a C function whose declaration is known."""

    call: Call
    function: CFunction
    fragment: Fragment


def c_calls(cx: Context) -> list[CCall]:
    """The calls of known C functions in code that is built, computed once."""
    return cx.memo(_c_calls)


def _c_calls(cx: Context) -> list[CCall]:
    data = cx.source.data
    found: list[CCall] = []
    if b"bindings::" not in data:
        return found
    for fragment in cx.parsed.fragments:
        if fragment.kind is FragmentKind.DOC_CODE:
            continue
        for node in fragment.find(_CALLS).get("call_expression", ()):
            callee = node.child_by_field_name("function")
            if callee is None or data.find(b"bindings", callee.start_byte, callee.end_byte) < 0:
                continue
            call = call_of(node, cx.parsed)
            if call is None or call.form is not CallForm.PATH or call.owner != "bindings":
                continue
            function = cx.c_function(call.name)
            if function is not None:
                found.append(CCall(call, function, fragment))
    return found
