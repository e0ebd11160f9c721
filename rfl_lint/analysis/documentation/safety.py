"""What the docs of an item say on safety, and in which form: the heading, one that was meant as it, or a marker."""

from __future__ import annotations

import re
from enum import Enum
from typing import Final

from msgspec import Struct

from rfl_lint.analysis.comments.tags import CommentLine, Section, read_sections
from rfl_lint.analysis.documentation.items import (
    attributes_of,
    docs_in_attributes,
    docs_of,
    inner_docs_of,
    is_hidden,
)
from rfl_lint.doc_text import DocComment, Heading
from rfl_lint.rule import Context
from rfl_lint.source import Span
from rfl_lint.syntax import FragmentKind, Node

# The names that clippy takes; it does so in some other cases of letters, too, that nobody writes on purpose.
_NAMES: Final = frozenset({"Safety", "Implementation safety", "Implementation Safety"})
_MEANT: Final = re.compile(
    r"(?:safety|saftey|safty|safey|safetey|saftety|sfaety|saefty|satefy)"
    r"(?: (?:requirements?|contracts?|notes?|considerations?|conditions?|preconditions?|comments?))?"
    r"|implementation safety"
)
_UNSPACED: Final = re.compile(rb"[ \t]*#+(?i:safety)\b[ \t:]*$")
_MAY_BE: Final = re.compile(rb"(?i:saf|sfa|sae|sat)")
# What may be declared `unsafe` and is not, and what has no such thing.
_SAFE_KINDS: Final = frozenset(
    {"enum_item", "function_item", "function_signature_item", "struct_item", "trait_item", "union_item"}
)
# A metavariable may stand for the word.
_MAY_NEED_UNSAFE: Final = re.compile(
    r"\bunsafe\b|\$(?!vis\b|crate\b)\w+\s+(?:(?:const|async|extern|fn|trait)\b)"
)
_PROC_MACRO: Final = re.compile(r"#\[\s*proc_macro")
_TRAIT_IMPL: Final = re.compile(rb"(?<![^;{}])(?>[^;{}]*?\bimpl\b)(?>[^;{}]*?\bfor\b)[^;{}]*+\{$")
# A name that the user of a macro gives, whole or in part.
_GIVEN: Final = re.compile(r"\$|\[<")
_OF_A_TYPE: Final = re.compile(r"\b[sS]elf\b")
_HEAD_LENGTH: Final = 2000
_IN_ATTRIBUTE: Final = re.compile(
    r"^[ \t]*+#{1,6}[ \t]++(?:safety|implementation safety)[ \t]*+:?[ \t\r]*+$", re.IGNORECASE | re.MULTILINE
)


class SafetyForm(Enum):
    """How the docs of an item speak of safety."""

    HEADING = "the heading `# Safety`"
    ODD_HEADING = "a heading that was meant as `# Safety`"
    MARKER = "a marker as in comments, `SAFETY:`"
    ELSEWHERE = "in text that stands elsewhere or in an attribute"


class SafetyDocs(Struct, frozen=True):
    """Where the docs speak of safety. `span` is the heading's or the marker's; that of the item for text elsewhere."""

    form: SafetyForm
    span: Span
    docs: DocComment | None = None
    heading: Heading | None = None
    marker: Section | None = None


def safety_docs(cx: Context, node: Node) -> SafetyDocs | None:
    """What the docs of an item say on safety; None where they say nothing."""
    for docs in (docs_of(cx, node), inner_docs_of(cx, node)):
        found = safety_in(docs) if docs is not None else None
        if found is not None:
            return found
    given = docs_in_attributes(cx, node)
    if given is None or _IN_ATTRIBUTE.search(given):
        return SafetyDocs(SafetyForm.ELSEWHERE, Span(node.start_byte, node.end_byte))
    return None


def safety_in(docs: DocComment) -> SafetyDocs | None:
    """What a doc comment says on safety."""
    if not any(_MAY_BE.search(docs.data, run.span.start, run.span.end) for run in docs.runs):
        return None
    found: SafetyDocs | None = None
    for index, heading in enumerate(docs.headings):
        nested = any(other.level < heading.level for other in docs.headings[:index])
        if heading.name in _NAMES and (heading.level == 1 or nested):
            return SafetyDocs(SafetyForm.HEADING, heading.span, docs, heading)
        if found is None and _MEANT.fullmatch(heading.key):
            found = SafetyDocs(SafetyForm.ODD_HEADING, heading.span, docs, heading)
    return found or _marker(docs)


def _marker(docs: DocComment) -> SafetyDocs | None:
    headings = docs.heading_lines
    lines = [
        CommentLine(line.span, line.text) for index, line in enumerate(docs.lines) if index not in headings
    ]
    for index, line in enumerate(docs.lines):
        if index not in docs.fenced and _UNSPACED.match(docs.data, line.text.start, line.text.end):
            return SafetyDocs(SafetyForm.ODD_HEADING, line.text, docs)
    for section in read_sections(lines, docs.data):
        if section.tag == "SAFETY" and section.leads:
            return SafetyDocs(SafetyForm.MARKER, section.marker, docs, marker=section)
    return None


def undocumented_unsafety(cx: Context, node: Node) -> bool:
    """Whether a function or trait that is declared `unsafe` owes its users a section and has none.

    A method of a trait's impl owes none, for the trait has it, nor does a foreign function or a hidden item.
    """
    if safety_docs(cx, node) is not None or _is_elsewhere(cx, node):
        return False
    return not is_hidden(cx, node)


def needless_safety_docs(cx: Context, item: Node, docs: DocComment) -> SafetyDocs | None:
    """The section on safety in the docs of an item that nobody needs `unsafe` to use."""
    found = safety_in(docs)
    if found is None or found.heading is None or item.type not in _SAFE_KINDS:
        return None
    head = _head(cx, item)
    if _MAY_NEED_UNSAFE.search(head) or _is_macro_or_foreign(cx, item) or is_hidden(cx, item):
        return None
    return found


def is_private_callback(cx: Context, node: Node) -> bool:
    """Whether a function is one that C calls through a pointer: `unsafe extern "C"` and not public."""
    kinds = [child.type for child in node.children]
    if node.type != "function_item" or "visibility_modifier" in kinds:
        return False
    modifiers = next((child for child in node.children if child.type == "function_modifiers"), None)
    if modifiers is None or all(child.type != "extern_modifier" for child in modifiers.children):
        return False
    start = cx.source.data.rfind(b"\n", 0, node.start_byte) + 1
    around = _container(cx, node)
    return b"$" not in cx.source.data[start : node.start_byte] and (
        around is None or around.type != "trait_item"
    )


def declared_unsafe(node: Node) -> Node | None:
    """The `unsafe` of a function or trait; None where there is none."""
    for child in node.children:
        if child.type == "unsafe":
            return child
        if child.type == "function_modifiers":
            return next((word for word in child.children if word.type == "unsafe"), None)
    return None


def _container(cx: Context, node: Node) -> Node | None:
    """The impl, trait or foreign block that a function is a member of."""
    parent = cx.parent(node)
    if parent is not None and parent.type == "declaration_list":
        return cx.parent(parent)
    return None


def _is_elsewhere(cx: Context, node: Node) -> bool:
    """Whether the docs are those of a trait's method, or of a function in C."""
    around = _container(cx, node)
    if around is not None:
        if around.type == "impl_item":
            return around.child_by_field_name("trait") is not None
        return around.type == "foreign_mod_item"
    parent = cx.parent(node)
    if parent is None or parent.type != "source_file" or parent == cx.parsed.root:
        return False
    fragment = cx.parsed.fragment_of(node)
    if node.type == "function_signature_item" and fragment.kind is FragmentKind.MACRO_CALL:
        return True  # whatever the macro makes of it, it writes the docs
    within = (each.kind for each in cx.parsed.fragments_at(node.start_byte))
    if FragmentKind.MACRO_RULES in within and _may_implement(cx, node):
        return True
    # The impl around it did not parse, in the body of a macro: its head is there to read.
    start = fragment.span.start
    before = cx.source.data[max(0, start - _HEAD_LENGTH) : start + 1]
    return _TRAIT_IMPL.search(before) is not None


def _may_implement(cx: Context, node: Node) -> bool:
    """Whether a private function of a macro may go into the impl of a trait: it is a method, or yet to be named."""
    before = cx.source.data[cx.source.data.rfind(b"\n", 0, node.start_byte) + 1 : node.start_byte]
    if b"$" in before or any(child.type == "visibility_modifier" for child in node.children):
        return False
    name = node.child_by_field_name("name")
    is_given = name is not None and _GIVEN.match(cx.text(name)) is not None
    return is_given or _OF_A_TYPE.search(_head(cx, node)) is not None


def _head(cx: Context, item: Node) -> str:
    """An item without its body, from the start of its line."""
    body = item.child_by_field_name("body")
    start = cx.source.data.rfind(b"\n", 0, item.start_byte) + 1
    end = body.start_byte if body is not None else item.end_byte
    return cx.source.data[start:end].decode("utf-8", "replace")


def _is_macro_or_foreign(cx: Context, item: Node) -> bool:
    """Whether an item is a procedural macro, or a function in C, which needs `unsafe` to be called."""
    if any(_PROC_MACRO.match(text) for text in attributes_of(cx, item)):
        return True
    around = _container(cx, item)
    return around is not None and around.type == "foreign_mod_item"
