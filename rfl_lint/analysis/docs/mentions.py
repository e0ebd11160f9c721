"""Names in the docs of an item that rustdoc could link, and that are not links where they are mentioned first.

A name counts if it is written as code, alone, and the index leads it to a definition: a type, a trait, a function, a
method of a type that is named. A lower-case word counts only if it cannot well be a plain word: with `()`, with an
underscore, or as part of a path. The item's own names (parameters, generics, fields, those of the `impl` around it)
never count, nor do macros, modules and what only the standard library defines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from rfl_lint.analysis.code.origins import module_of
from rfl_lint.analysis.docs.markdown import CodeSpan, LinkKind, inline_of
from rfl_lint.doc_text import DocComment
from rfl_lint.facts import head_name
from rfl_lint.rule import Context
from rfl_lint.source import Span
from rfl_lint.syntax import Node

_NAME: Final = re.compile(r"((?:[A-Za-z_]\w*::)*)([A-Za-z_]\w*)(\(\))?")
_NAMED_KINDS: Final = frozenset(
    {
        "associated_type",
        "const_item",
        "const_parameter",
        "enum_item",
        "enum_variant",
        "field_declaration",
        "function_item",
        "function_signature_item",
        "impl_item",
        "mod_item",
        "static_item",
        "struct_item",
        "trait_item",
        "type_item",
        "type_parameter",
        "union_item",
    }
)
# Whose names are also those of what stands inside.
_AROUND: Final = frozenset(
    {"impl_item", "trait_item", "struct_item", "enum_item", "union_item", "function_item", "enum_variant"}
)
_OWN_LISTS: Final = frozenset(
    {"type_parameters", "parameters", "field_declaration_list", "enum_variant_list"}
)
_IN_LISTS: Final = frozenset(
    {"const_parameter", "enum_variant", "field_declaration", "parameter", "type_parameter"}
)
_WORDS: Final = frozenset({"Self", "self", "crate", "super", "true", "false"})


class Mention(Struct, frozen=True):
    """A name that is not linked: its text without `()`, and its place with the backquotes."""

    name: str
    span: Span
    can_be_bracketed: bool


def unlinked_mentions(cx: Context) -> Iterator[Mention]:
    """The names in the docs of a file's items, and in its own, that are no links at their first mention."""
    if b"`" not in cx.source.data:
        return
    docs = cx.parsed.docs
    own = docs.inside(0)
    if own is not None:
        yield from _in_comment(own, None, cx)
    for start, comment in docs.outer.items():
        item = _item_at(start, cx)
        if item is not None:
            yield from _in_comment(comment, item, cx)


def _item_at(start: int, cx: Context) -> Node | None:
    """The item, field or variant that begins at a byte of plain code."""
    node = cx.parsed.root.descendant_for_byte_range(start, start)
    while node is not None and node.type not in _NAMED_KINDS:
        above = node.parent
        node = above if above is not None and above.start_byte == start else None
    return node


def _in_comment(comment: DocComment, item: Node | None, cx: Context) -> Iterator[Mention]:
    inline = inline_of(comment)
    if not inline.codes:
        return
    linked = [link.text_span for link in inline.links if link.kind is not LinkKind.DEFINITION]
    headings = [heading.span for heading in comment.headings]
    module = module_of(item, cx) if item is not None else ""
    own: frozenset[str] | None = None
    labels = [link.text_span for link in inline.links if link.kind is LinkKind.DEFINITION]
    met: set[str] = set()
    for code in inline.codes:
        match = _NAME.fullmatch(code.text)
        if match is None or any(span.contains(code.span) for span in (*headings, *labels)):
            continue
        name = match[1] + match[2]
        if name in met:
            continue
        met.add(name)
        if any(span.contains(code.span) for span in linked):
            continue
        if own is None:
            own = _own_names(item, cx)
        if name in own:
            continue
        if _may_be_name(match) and _resolves(match[1].removesuffix("::"), match[2], module, cx):
            yield Mention(name, code.span, _can_be_bracketed(code, cx))


def _may_be_name(match: re.Match[str]) -> bool:
    name = match[2]
    if name in _WORDS:
        return False
    return bool(match[1] or match[3]) or (name[0].isupper() and len(name) > 1) or "_" in name.strip("_")


def _resolves(owner: str, name: str, module: str, cx: Context) -> bool:
    index = cx.index
    path = f"{owner}::{name}" if owner else name
    found = index.meaning(path, near=cx.path, module=module)
    if found is not None and (found.types or found.functions):
        return True
    if not owner:
        return False
    holder = index.meaning(owner, near=cx.path, module=module)
    if holder is None or not holder.types:
        return False
    if any(field.name == name for fact in holder.types for field in fact.fields if fact.kind == "enum"):
        return True
    return not index.methods(owner, name, near=cx.path, module=module).is_unknown


def _own_names(item: Node | None, cx: Context) -> frozenset[str]:
    """The names that an item gives itself and its parts, and those of what it stands in but for its type."""
    if item is None:
        return frozenset()
    names = set(_names_of(item, cx))
    own = set(_field_text(item, "name", cx))
    for above in cx.ancestors(item):
        if above.type in _AROUND:
            names.update(_names_of(above, cx))
            heads = {
                head_name(text)
                for field in ("name", "type", "trait")
                for text in _field_text(above, field, cx)
            }
            names.update(f"{head}::{name}" for head in heads for name in own)
    if item.type == "impl_item":
        names.update(head_name(text) for field in ("type", "trait") for text in _field_text(item, field, cx))
    return frozenset(names | own)


def _names_of(node: Node, cx: Context) -> Iterator[str]:
    """The names of an item's parameters, generics, fields and variants."""
    for listed in node.named_children:
        if listed.type in _OWN_LISTS:
            for part in listed.named_children:
                if part.type in _IN_LISTS:
                    yield from _field_text(part, "name", cx)
                    yield from _field_text(part, "pattern", cx)
                elif part.type in ("type_identifier", "metavariable"):
                    yield cx.text(part)


def _field_text(node: Node, name: str, cx: Context) -> Iterator[str]:
    child = node.child_by_field_name(name)
    if child is not None:
        yield cx.text(child)


def _can_be_bracketed(code: CodeSpan, cx: Context) -> bool:
    """Whether brackets around the code make a link of it, and of nothing else."""
    data = cx.source.data
    before, after = data[code.span.start - 1 : code.span.start], data[code.span.end : code.span.end + 1]
    return before not in (b"[", b"!", b"\\") and after not in (b"(", b"[", b":", b"]", b"`")
