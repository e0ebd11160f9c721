"""Which item each doc comment of a file documents, in macros too, and what attributes say of an item's docs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from rfl_lint.doc_text import DocComment, DocComments
from rfl_lint.rule import Context
from rfl_lint.syntax import FragmentKind, Node

_ITEMS: Final = frozenset(
    {
        "associated_type",
        "const_item",
        "enum_item",
        "enum_variant",
        "extern_crate_declaration",
        "field_declaration",
        "foreign_mod_item",
        "function_item",
        "function_signature_item",
        "impl_item",
        "macro_definition",
        "macro_invocation",
        "mod_item",
        "static_item",
        "struct_item",
        "trait_item",
        "type_item",
        "union_item",
        "use_declaration",
    }
)
_COMMENTS: Final = frozenset({"line_comment", "block_comment"})
_HIDDEN: Final = re.compile(r"\bdoc\s*\(\s*(?:\w+\s*,\s*)*hidden\b")
_LITERAL: Final = re.compile(r'#!?\[\s*doc\s*=\s*r?(#*)"(.*)"\1\s*\]', re.DOTALL)
_DOC_VALUE: Final = re.compile(r"\bdoc\s*=")
_FROM_MACRO: Final = re.compile(r"#!?\[\s*\$")


class Documented(Struct, frozen=True):
    """A doc comment and the item it documents: None where that is no item, or of unknown syntax.

    An inner comment documents the item around it; that of the file has the root node.
    """

    docs: DocComment
    item: Node | None


def doc_comments(cx: Context) -> DocComments:
    """The doc comments of the current file, read once; what looks like one in a string is among them."""
    return cx.parsed.docs


def docs_of(cx: Context, node: Node) -> DocComment | None:
    """The doc comment above an item."""
    return doc_comments(cx).of(node.start_byte)


def inner_docs_of(cx: Context, node: Node) -> DocComment | None:
    """The doc comment that stands first inside an item's braces."""
    body = node.child_by_field_name("body")
    return doc_comments(cx).inside(body.start_byte + 1) if body is not None else None


def documented(cx: Context) -> tuple[Documented, ...]:
    """Every doc comment of the file, in order, outside of strings, other comments and examples."""
    return cx.memo(_documented)


def attributes_of(cx: Context, node: Node) -> Iterator[str]:
    """The texts of the attributes above an item, from the nearest on."""
    before = node.prev_sibling
    while before is not None and (before.type == "attribute_item" or before.type in _COMMENTS):
        if before.type == "attribute_item":
            yield cx.text(before)
        before = before.prev_sibling


def is_hidden(cx: Context, node: Node) -> bool:
    """Whether an item itself is `#[doc(hidden)]`; what stands in a hidden module may well be documented."""
    return any(_HIDDEN.search(text) for text in attributes_of(cx, node))


def docs_in_attributes(cx: Context, node: Node) -> str | None:
    """The doc text that `#[doc = ".."]` attributes add; None where part of it is not there to read.

    That is so where a file or macro supplies it: `include_str!`, `cfg_attr`, or `$(#[$attr])*` in a macro's body.
    """
    found: list[str] = []
    for text in attributes_of(cx, node):
        literal = _LITERAL.fullmatch(text.strip())
        if literal:
            found.append(
                literal[2] if literal[1] or "r" in text.partition('"')[0] else _unescaped(literal[2])
            )
        elif _FROM_MACRO.match(text) or _DOC_VALUE.search(text):
            return None
    return "\n".join(reversed(found))


def _unescaped(text: str) -> str:
    try:
        return str(ast.literal_eval(f'"""{text}"""'))
    except (SyntaxError, ValueError):
        return text


def _documented(cx: Context) -> tuple[Documented, ...]:
    known = doc_comments(cx)
    if not known.runs:
        return ()
    nodes = [
        node
        for fragment in cx.parsed.fragments
        if fragment.kind is not FragmentKind.DOC_CODE
        for found in fragment.find(_ITEMS).values()
        for node in found
    ]
    nodes.sort(key=lambda node: (node.start_byte, -node.end_byte))
    owners: dict[int, Node] = {}
    for node in nodes:
        for docs in (known.of(node.start_byte), inner_docs_of(cx, node) if known.inner else None):
            if docs is not None:
                owners.setdefault(docs.span.start, node)
    whole = known.inside(0)
    if whole is not None:
        owners[whole.span.start] = cx.parsed.root
    starts = {span.start for span in cx.parsed.comments}
    every = (*known.outer.values(), *known.inner.values())
    return tuple(
        Documented(docs, owners.get(docs.span.start))
        for docs in sorted(every, key=lambda docs: docs.span.start)
        if docs.span.start in starts
    )
