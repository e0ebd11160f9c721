"""In what circumstances code runs: in a test, or when the compiler evaluates it."""

from __future__ import annotations

import re
from typing import Final

from rfl_lint.analysis.code.calls import named_calls
from rfl_lint.analysis.code.origins import attributes_of, in_userspace
from rfl_lint.analysis.code.scopes import enclosing_function
from rfl_lint.analysis.types.inference import functions_by_start
from rfl_lint.rule import Context
from rfl_lint.syntax import Node

_ITEMS: Final = frozenset({"mod_item", "function_item", "impl_item", "trait_item"})
_TEST: Final = re.compile(
    r"\b(?:\w*_)?(?:kunit|KUNIT)(?:_\w*)?\b|#\[\s*(?:\w+::)*test\s*\]|(?m:^)(?>.*?\bcfg\b).*_(?:SELF)?TEST\b"
)
# How the kernel names files of tests: `foo_test.rs`, `foo_kunit.rs`, `test_foo.rs`, and folders of them.
_TEST_FILE: Final = re.compile(r"(?:^|[/_])(?:k?unit_?tests?|kunit|self_?tests?|tests?)(?=[/_.]|$)")
# What is evaluated when the kernel is built: constants and statics, lengths, discriminants, arguments of types.
_CONSTANT: Final = frozenset(
    {"array_type", "const_block", "const_item", "enum_variant", "static_item", "type_arguments"}
)
_CONSTANT_MACROS: Final = frozenset({"static_assert", "const_assert", "const_assert_eq", "build_assert"})
_CHECKS: Final = re.compile(
    r"\A(?>.*?\bcfg\s*+\().*?(?:CONFIG_\w{0,100}(?:DEBUG|HARDENED|CHECKS?\b)|\bdebug_assertions\b)", re.DOTALL
)
_NOT: Final = re.compile(r"\bnot\s*\([^()]*\)")


def in_tests(node: Node, cx: Context) -> bool:
    """Whether code is that of a test: by an attribute around it, or by how its file is called."""
    if _TEST_FILE.search(cx.path):
        return True
    for above in cx.ancestors(node):
        if above.type in _ITEMS and any(_TEST.search(text) for text in attributes_of(above, cx)):
            return True
    return in_userspace(node, cx)


def in_const_evaluation(node: Node, cx: Context) -> bool:
    """Whether code only ever runs while the kernel is built.

    The body of a `const fn` may also run later, but for a private one that only constants call.
    """
    if _is_constant(node, cx):
        return True
    function = enclosing_function(node, cx)
    fact = functions_by_start(cx).get(function.start_byte) if function is not None else None
    if fact is None or fact.is_pub or "const" not in fact.modifiers.split():
        return False
    calls = cx.memo(named_calls).get(fact.name, [])
    return bool(calls) and all(_is_constant(call, cx) for _, call, _ in calls)


def in_debug_check(node: Node, cx: Context) -> bool:
    """Whether code is only built where somebody asked for checks: under a `cfg` of debugging or hardening."""
    for above in (node, *cx.ancestors(node)):
        if any(_CHECKS.search(_NOT.sub("", text)) for text in attributes_of(above, cx)):
            return True
        if above.type == "function_item":
            break
    return False


def _is_constant(node: Node, cx: Context) -> bool:
    for above in cx.ancestors(node):
        kind = above.type
        if kind in _CONSTANT:
            return True
        if kind == "array_expression":
            length = above.child_by_field_name("length")
            if length is not None and length.start_byte <= node.start_byte < length.end_byte:
                return True
        if kind == "macro_invocation":
            macro = above.child_by_field_name("macro")
            if macro is not None and cx.text(macro).rpartition("::")[2].strip() in _CONSTANT_MACROS:
                return True
        if kind in ("function_item", "closure_expression"):
            return False
    return False
