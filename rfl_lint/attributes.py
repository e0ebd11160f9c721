"""Attributes of Rust items: which lints they allow, what a `cfg` says, and which bytes they speak for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from rfl_lint.source import Span
from rfl_lint.syntax import Fragment, Node, ParsedFile, span_of

_SILENCING: Final = re.compile(r"\b(allow|expect)\s*\(([^()]*(?:\([^()]*\)[^()]*)*)\)")
_LINT: Final = re.compile(r"(?:\bclippy\s*::\s*|\b(?=warnings\b))(\w+)")
# Groups that hold every lint there is, and clippy's restriction lints, which kernel rules mostly answer to.
EVERY_LINT: Final = frozenset({"warnings", "restriction"})
_KINDS: Final = frozenset({"attribute_item", "inner_attribute_item"})
_HOLDS_ITS_ATTRIBUTES: Final = frozenset(
    {"match_arm", "field_initializer", "shorthand_field_initializer", "parameter"}
)
_DOCS: Final = ("///", "/**")
_SKIPPED: Final = frozenset({"attribute_item", "line_comment", "block_comment"})


class LintAttribute(Struct, frozen=True):
    """`#[allow(clippy::..)]` or `#[expect(..)]`, outer or inner: its lints and the bytes it covers.

    `lints` are names without `clippy::`, and `warnings`.
    """

    lints: frozenset[str]
    scope: Span


def lint_attributes(parsed: ParsedFile) -> list[LintAttribute]:
    """All attributes of a file that silence lints, in every fragment."""
    if b"clippy" not in parsed.source.data and b"warnings" not in parsed.source.data:
        return []
    return [found for fragment in parsed.fragments for found in _in_fragment(fragment, parsed)]


def _in_fragment(fragment: Fragment, parsed: ParsedFile) -> Iterator[LintAttribute]:
    known: dict[int, Span | None] = {}
    for nodes in fragment.find(_KINDS).values():
        for node in nodes:
            text = parsed.text(node)
            lints = frozenset(
                lint for silencing in _SILENCING.finditer(text) for lint in _LINT.findall(silencing[2])
            )
            scope = _scope(node, parsed, known) if lints else None
            if scope is not None:
                yield LintAttribute(lints, scope)


def _scope(attribute: Node, parsed: ParsedFile, known: dict[int, Span | None]) -> Span | None:
    """What an attribute speaks for: the parent's inside (inner) or the next sibling with its docs (outer).

    Attributes above one item speak for the same; `known` has what was found for the others.
    """
    if attribute.type == "inner_attribute_item":
        parent = attribute.parent
        if parent is None:
            return None
        if parent.parent is None:
            return parsed.fragment_of(parent).span
        return span_of(parent)
    if attribute.parent is not None and attribute.parent.type in _HOLDS_ITS_ATTRIBUTES:
        return span_of(attribute.parent)
    if attribute.id in known:
        return known[attribute.id]
    alike = [attribute.id]
    following = attribute.next_sibling
    while following is not None and following.type in _SKIPPED:
        alike.append(following.id)
        following = following.next_sibling
    start = attribute
    above = attribute.prev_sibling
    while above is not None and above.type in _SKIPPED:
        alike.append(above.id)
        if above.type == "attribute_item" or parsed.text(above).startswith(_DOCS):
            start = above
        above = above.prev_sibling
    scope = Span(start.start_byte, following.end_byte) if following is not None else None
    known.update(dict.fromkeys(alike, scope))
    return scope
