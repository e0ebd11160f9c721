"""Calls that end in a panic, where nothing says that they are meant to, or why they cannot."""

from __future__ import annotations

import re
from typing import Final

from rfl_lint.analysis.code.calls import call_of
from rfl_lint.analysis.code.contexts import in_const_evaluation, in_debug_check, in_tests
from rfl_lint.analysis.comments.documentation import comments_above
from rfl_lint.analysis.tags.constructs import Construct, undocumented
from rfl_lint.analysis.tags.table import tag_table
from rfl_lint.analysis.types.inference import function_of, type_of
from rfl_lint.rule import Context
from rfl_lint.syntax import FragmentKind, Node

_PANIC: Final = re.compile(r"\b(?:[Pp]anic(?:s|ked|king)?|PANICS?|BUG)\b")
# A comment that says why without a tag.
_FAILURE: Final = re.compile(
    r"\b(?:can(?:not|'t|\s+not|\s+never)|never|won't|will\s+(?:not|never)|doesn't|does\s+not)\s+fails?\b|\binfallible\b"
)
# Names that are English words as well, and mean the call only where they are written as one.
_WORDS: Final = frozenset({"expect", "todo", "bug"})
_DOCUMENTED: Final = frozenset({"panics", "panic"})


def panicking_call(cx: Context, node: Node, *, strict: bool = False) -> Construct | None:
    """A call or macro that panics in the running kernel, without a word about it; None for anything else."""
    found = undocumented(cx, node, "PANIC", strict=strict)
    if found is None or in_const_evaluation(node, cx) or in_tests(node, cx) or in_debug_check(node, cx):
        return None
    if _is_announced(cx, node) or _is_passed_on(cx, node):
        return None
    if _cannot_fail(cx, node) or _is_documented(cx, node) or _is_mentioned(cx, found):
        return None
    return found


def _is_announced(cx: Context, node: Node) -> bool:
    """Whether the function around never returns, or its name, or that of the macro that defines it, tells of panics."""
    for above in cx.ancestors(node):
        if above.type not in ("function_item", "macro_definition"):
            continue
        name, returns = above.child_by_field_name("name"), above.child_by_field_name("return_type")
        if name is not None and "panic" in cx.text(name):
            return True
        if returns is not None and returns.type == "never_type":
            return True
    return False


def _is_passed_on(cx: Context, node: Node) -> bool:
    """Whether a macro's body hands the call on to another macro, which may never run it."""
    around = next((above for above in cx.ancestors(node) if above.type == "macro_invocation"), None)
    if around is None or cx.parsed.fragment_of(around).kind is not FragmentKind.MACRO_RULES:
        return False
    macro = around.child_by_field_name("macro")
    name = cx.text(macro).rpartition("::")[2].strip() if macro is not None else ""
    return name not in tag_table(cx).transparent


def _cannot_fail(cx: Context, node: Node) -> bool:
    """Whether the error of a result has no value."""
    call = call_of(node, cx.parsed) if node.type == "call_expression" else None
    receiver = type_of(call.receiver, cx) if call is not None and call.receiver is not None else None
    return receiver is not None and any(arg.head == "Infallible" for arg in receiver.args[1:])


def _is_documented(cx: Context, node: Node) -> bool:
    """Whether the docs of the function around, or of the trait's method that it implements, speak of panics."""
    function = function_of(node, cx)
    if function is None:
        return False
    if not _DOCUMENTED.isdisjoint(function.sections):
        return True
    if not function.trait:
        return False
    methods = cx.index.methods(function.trait, function.name, near=cx.path).candidates
    return any(not _DOCUMENTED.isdisjoint(method.sections) for method in methods)


def _is_mentioned(cx: Context, found: Construct) -> bool:
    """Whether a comment right above names the call or the panic."""
    name = found.detail.rstrip("!")
    written = rf"`[^`]*\b{re.escape(name)}\b[^`]*`|\b{re.escape(name)}!?\(|\b{re.escape(name)}!"
    if name not in _WORDS:
        written += rf"|\b{re.escape(name)}"
    for run in comments_above(cx, found.node, at=found.span.start):
        text = "\n".join(cx.source.text(line.text) for line in run.lines)
        if _PANIC.search(text) or _FAILURE.search(text) or re.search(written, text):
            return True
    return False
