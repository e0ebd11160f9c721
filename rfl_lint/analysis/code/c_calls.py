"""Which calls of a file are calls of C functions, whatever name the file gives to `bindings`.

A mention is no call: constants, types, `bindings::foo::default()`, and functions that are handed over as values.
"""

from __future__ import annotations

from typing import Final

from rfl_lint.analysis.code.calls import Call, CallForm, call_of
from rfl_lint.analysis.code.origins import Origin, in_userspace, meaning_of
from rfl_lint.rule import Context
from rfl_lint.syntax import FragmentKind, Node

_MODULE: Final = "bindings"
_CALLS: Final = frozenset({"call_expression"})
_NAMED: Final = frozenset({"identifier", "scoped_identifier", "generic_function"})


def c_calls(cx: Context) -> tuple[Call, ...]:
    """The calls of C functions in code that is built into the kernel, in order; for `Context.memo`."""
    if _MODULE.encode() not in cx.source.data:
        return ()
    aliases = {
        use.alias.encode() for use in cx.facts.uses if use.alias and _MODULE in use.path.split("::")
    } | {_MODULE.encode()}
    found = [
        call
        for fragment in cx.parsed.fragments
        if fragment.kind is not FragmentKind.DOC_CODE
        for node in fragment.find(_CALLS).get("call_expression", ())
        if (call := _c_call(node, aliases, cx)) is not None
    ]
    return tuple(sorted(found, key=lambda call: call.node.start_byte))


def _c_call(node: Node, aliases: set[bytes], cx: Context) -> Call | None:
    callee = node.child_by_field_name("function")
    if callee is None or callee.type not in _NAMED:
        return None
    words = cx.source.data[callee.start_byte : callee.end_byte].split(b"::")
    if aliases.isdisjoint(word.strip() for word in words):
        return None
    call = call_of(node, cx.parsed)
    if call is None or call.form is not CallForm.PATH or not call.name.isidentifier():
        return None  # or a name that a macro puts together
    if not _is_c_function((*call.path, call.name), call.callee, cx) or in_userspace(node, cx):
        return None
    return call


def _is_c_function(path: tuple[str, ...], where: Node, cx: Context) -> bool:
    named = meaning_of(path, where, cx)
    if len(named.path) != 2 or named.path[0] != _MODULE:
        return False
    if named.name[:1].isupper() and cx.c_function(named.name) is None:
        return False  # a tuple struct
    if named.origin is Origin.KERNEL:
        # Another crate may have a `bindings` of its own.
        return named.root == "kernel" or cx.path.startswith("rust/kernel/")
    return named.origin is Origin.OTHER and all(module.name != _MODULE for module in cx.facts.modules)
