"""Which `allow` attributes hide a warning that every build gives, so that `expect` could stand there.

Silent where that cannot be known: conditional compilation on, around or inside the item, code in macros or that one
writes, lints that depend on configuration, architecture or compiler, and reasons that name a version.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from msgspec import Struct

from rfl_lint.analysis.code.origins import attributes_of
from rfl_lint.patterns import COMMENT
from rfl_lint.rule import Context
from rfl_lint.source import Span
from rfl_lint.syntax import FragmentKind, Node
from rfl_lint.tables import Tables

ATTRIBUTE_KINDS: Final = frozenset({"attribute_item", "inner_attribute_item"})
_ALLOW: Final = re.compile(rb"#\s*+!?\s*+\[\s*+(allow)\s*+\((.*)\)\s*+\]", re.DOTALL)
_REASON: Final = re.compile(r'\breason\s*=\s*("(?:[^"\\]|\\.)*"|r#*".*"#*)', re.DOTALL)
_VERSION: Final = re.compile(r"\b\d+\.\d+|\bMSRV\b|\bbindgen\b")
_CFG: Final = re.compile(rb"\bcfg(?:_attr|_select)?\s*+!?\s*+[({]")
_COMMENTS: Final = frozenset({"line_comment", "block_comment"})


class Allowance(Struct, frozen=True):
    """`word` is the place of `allow`; `lints` are as written, without spaces."""

    word: Span
    lints: tuple[str, ...]


def expectable(node: Node, cx: Context) -> Allowance | None:
    """What an attribute allows, if it is an `allow` in whose place an `expect` would do."""
    if cx.fragment is None or cx.fragment.kind is not FragmentKind.CODE:
        return None
    match = _ALLOW.fullmatch(cx.source.data, node.start_byte, node.end_byte)
    if match is None:
        return None
    text = COMMENT.sub("", match[2].decode("utf-8", "replace"))
    reason = _REASON.search(text)
    if reason is not None and _VERSION.search(reason[1]):
        return None
    listed = ("".join(lint.split()) for lint in _REASON.sub("", text).split(","))
    lints = tuple(lint for lint in listed if lint)
    if not lints or not _varying(cx.tables).isdisjoint(lints):
        return None
    target = _target(node)
    if target is None or _writes_by_macro(target) or _is_conditional(target, cx):
        return None
    return Allowance(Span(*match.span(1)), lints)


@lru_cache(maxsize=8)
def _varying(tables: Tables) -> frozenset[str]:
    return frozenset(name for entry in tables.table("varying_lints")["lint"] for name in entry["names"])


def _target(attribute: Node) -> Node | None:
    """The node that an attribute speaks of."""
    if attribute.type == "inner_attribute_item":
        return attribute.parent
    following = attribute.next_sibling
    while following is not None and (following.type in ATTRIBUTE_KINDS or following.type in _COMMENTS):
        following = following.next_sibling
    return following


def _writes_by_macro(target: Node) -> bool:
    inner = target.named_children[0] if target.type == "expression_statement" else target
    return inner.type == "macro_invocation"


def _is_conditional(target: Node, cx: Context) -> bool:
    if _CFG.search(cx.source.data, target.start_byte, target.end_byte):
        return True
    around = [target, *cx.ancestors(target)]
    return any("cfg" in text for each in around for text in attributes_of(each, cx))
