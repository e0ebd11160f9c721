"""Tagged comments on code that has nothing for them to speak of.

Whether code may hold what a tag is about is asked of its words, whatever the parser made of them, so that a comment
counts as needless only above code in which nothing can be meant: no macro that nobody has read, no `$x` that stands
for other code. A comment that is merely in the wrong place is none of these either: what it is missed at says so.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Final

from msgspec import Struct

from rfl_lint.analysis.code.calls import called_name, nodes_below, path_of
from rfl_lint.analysis.comments.documentation import tagged_comments
from rfl_lint.analysis.comments.layers import comment_layers
from rfl_lint.analysis.comments.rows import CommentRun
from rfl_lint.analysis.comments.subject import Subject, first_line, subject_of
from rfl_lint.analysis.comments.tags import Section
from rfl_lint.analysis.tags.constructs import CONSTRUCT_KINDS, undocumented
from rfl_lint.analysis.tags.table import Tag, TagTable, tag_table
from rfl_lint.finding import Edit, Finding, Fix, Label
from rfl_lint.rule import Context, Rule
from rfl_lint.source import Span
from rfl_lint.syntax import Node, span_of, start_of

_SHOWN: Final = 48
# What may stand between a tag and what introduces it.
_BEFORE_TAGS: Final = b" \t/*#>[(_`+-"
_ATTRIBUTE: Final = re.compile(rb"#!?\[\s*(?P<name>[\w:]+)(?:\s*\((?P<arguments>[^()]*)\))?")
_METAVARIABLE: Final = re.compile(rb"\$(?!crate\b)[\w(]")
_UNSAFE: Final = re.compile(r"\bunsafe\b")
_PROMISING: Final = frozenset({"function_item", "impl_item", "trait_item"})
_KEYWORDS: Final = frozenset({"fn", "impl", "trait"})
_CALLS: Final = frozenset(
    {
        "call_expression",
        "index_expression",
        "binary_expression",
        "compound_assignment_expr",
        "unary_expression",
    }
)
_MACROS: Final = frozenset({"macro_invocation"})
_COMPARISONS: Final = frozenset({"==", "!=", "<", "<=", ">", ">=", "&&", "||", "&", "|", "^"})


class Needless(Struct, frozen=True):
    """A tagged section that speaks of nothing, and the code it stands at."""

    section: Section
    run: CommentRun
    subject: Subject
    code: str
    """The beginning of that code, short enough to be named."""


def needless_comments(cx: Context, name: str) -> Iterator[Needless]:
    """The comments with a tag on code that has no construct of that tag."""
    table = tag_table(cx)
    tag = table.tags.get(name)
    if tag is None:
        return
    for section, run in tagged_comments(cx, name):
        if section.line.introducer(cx.source.data)[:3] in (b"///", b"//!", b"/**"):
            continue  # docs: other rules speak about those
        near = first_line(cx, run)
        if near is not None and _mentioned(cx, tag, near):
            continue
        subject = subject_of(cx, run)
        if (
            subject is None
            or _mentioned(cx, tag, subject.span)
            or _METAVARIABLE.search(cx.source.data, subject.span.start, subject.span.end)
        ):
            continue
        if _is_opaque(cx, table, tag, subject) or (tag.any_call and _calls(cx, table, tag, subject)):
            continue
        if not ("unsafe" in tag.words and _in_unsafe(cx, subject.node)) and not _is_misplaced(
            cx, tag, subject
        ):
            yield Needless(section, run, subject, _shown(cx, subject.node))


def needless_findings(
    rule: Rule, cx: Context, tag: str, lacks: str, advice: Callable[[Needless], str] | None = None
) -> Iterator[Finding]:
    """A rule's findings on the comments with a tag that speak of nothing.

    `lacks` says of the code what it does not do; `advice`, if given, is asked for the help.
    """
    for found in needless_comments(cx, tag):
        yield rule.finding(
            cx,
            found.section.marker,
            f"`{tag}:` comment on `{found.code}`, which {lacks}",
            help="make it an ordinary comment, or remove it" if advice is None else advice(found),
            related=(Label(span_of(found.subject.node), "the code that it speaks for"),),
            fix=without_marker(cx, found),
        )


def without_marker(cx: Context, needless: Needless) -> Fix | None:
    """The fix that makes an ordinary comment of a tagged one.

    None where that leaves no sentence, makes the text a part of the section in front of it, or leaves another tag in
    the place of this one, which may be as needless. A tag that is said several times over goes as often.
    """
    section = needless.section
    data = cx.source.data
    start, end = section.marker.start, section.marker.end
    behind = data[end : section.line.text.end]
    if section != needless.run.sections[0] or not section.leads:
        return None
    if data[start:end] != f"{section.tag}:".encode() or not behind.strip():
        return None
    end += len(behind) - len(behind.lstrip())
    for other in needless.run.sections[1:]:
        if data[end : other.marker.start].strip(_BEFORE_TAGS):
            break
        if other.tag != section.tag:
            return None
        behind = data[other.marker.end : section.line.text.end].lstrip()
        end = section.line.text.end - len(behind)
    if end >= section.line.text.end:
        return None
    return Fix("make it an ordinary comment", (Edit(Span(start, end), ""),))


def _shown(cx: Context, node: Node) -> str:
    first = cx.text(node).partition("\n")[0].strip().rstrip("{;,").rstrip()
    text = first if len(first) <= _SHOWN else f"{first[:_SHOWN].rstrip()} .."
    return text.replace("`", "'")


def _mentioned(cx: Context, tag: Tag, span: Span) -> bool:
    known = cx.memo(_mentions_known)
    key = tag.name, span
    if key not in known:
        rows = comment_layers(cx).at(span.end - 1)
        found = tag.mentions.finditer(cx.source.data, span.start, span.end)
        known[key] = any(not rows.in_comment(match.start()) for match in found)
    return known[key]


def _mentions_known(_cx: Context) -> dict[tuple[str, Span], bool]:
    """By tag and place, filled as they are asked about."""
    return {}


def _is_opaque(cx: Context, table: TagTable, tag: Tag, subject: Subject) -> bool:
    """Whether a macro that is called in the code, or around it, may make anything of it."""
    calls = cx.memo(_macro_calls)
    first, last = (bisect_left(calls, at, key=start_of) for at in (subject.span.start, subject.span.end))
    inside = calls[first:last]
    around = (node for node in cx.ancestors(subject.node) if node.type == "macro_invocation")
    if any(not _is_transparent(cx, table, tag, node) for node in (*inside, *around)):
        return True
    rows = comment_layers(cx).at(subject.span.start)
    return any(
        not _is_inert(table, match) and not rows.in_comment(match.start())
        for match in _ATTRIBUTE.finditer(cx.source.data, subject.span.start, subject.span.end)
    )


def _macro_calls(cx: Context) -> list[Node]:
    """All macro calls of a file by where they begin."""
    found = (fragment.find(_MACROS).get("macro_invocation", ()) for fragment in cx.parsed.fragments)
    return sorted(chain.from_iterable(found), key=start_of)


def _is_inert(table: TagTable, attribute: re.Match[bytes]) -> bool:
    """Whether an attribute makes no code: one of the compiler's own, a derive of the standard library."""
    name = attribute["name"].decode()
    if name == "derive":
        derived = re.findall(
            r"\b\w++(?=\s*+(?:,|$))", (attribute["arguments"] or b"$").decode("utf-8", "replace")
        )
        return bool(derived) and table.inert_derives.issuperset(derived)
    return name.partition("::")[0] in table.inert_attributes


def _is_transparent(cx: Context, table: TagTable, tag: Tag, call: Node) -> bool:
    """Whether all that a macro call does is in its arguments: a known one, or one of this file that says so."""
    macro = call.child_by_field_name("macro")
    path = path_of(macro, cx.parsed) if macro is not None else ()
    waiting, seen = list(path[-1:]), set[str]()
    while waiting:
        name = waiting.pop()
        if name in table.transparent or name in seen:
            continue
        seen.add(name)
        definitions = [fact.span for fact in cx.facts.macros if fact.name == name]
        if not definitions or any(_mentioned(cx, tag, span) for span in definitions):
            return False
        for span in definitions:
            waiting += re.findall(r"\b(\w++)!\s*+[({\[]", cx.source.text(span).partition("{")[2])
    return bool(path)


def _calls(cx: Context, table: TagTable, tag: Tag, subject: Subject) -> bool:
    """Whether code calls, indexes or computes anything of which it is not known that it is harmless."""
    del table
    for node in nodes_below(cx.parsed, subject.node, _CALLS):
        if node.type == "binary_expression":
            operator = node.child_by_field_name("operator")
            if operator is not None and operator.type in _COMPARISONS:
                continue
        elif node.type == "compound_assignment_expr":
            operator = node.child_by_field_name("operator")
            if operator is not None and operator.type in ("&=", "|=", "^="):
                continue
        elif node.type == "unary_expression":
            if node.children[0].type != "-":
                continue
        elif node.type == "call_expression":
            name = called_name(node, cx.parsed)
            # A name in capitals makes a value: `Some(x)`.
            if name and (name[0].isupper() or tag.cannot.fullmatch(name.encode())):
                continue
        return True
    return False


def _in_unsafe(cx: Context, node: Node) -> bool:
    """Whether code may be unsafe without a word of its own, or helps to keep the promise of an unsafe trait."""
    return any(
        above.type == "unsafe_block" or (above.type in _PROMISING and _is_unsafe(cx, above))
        for above in cx.ancestors(node)
    )


def _is_unsafe(cx: Context, item: Node) -> bool:
    """Whether an item is declared `unsafe`: the word stands before its name."""
    head = next((child.start_byte for child in item.children if child.type in _KEYWORDS), item.start_byte)
    return _UNSAFE.search(cx.source.text(Span(item.start_byte, head))) is not None


def _is_misplaced(cx: Context, tag: Tag, subject: Subject) -> bool:
    """Whether the next code in the same block, or the item below, asks for such a comment and has none."""
    parent = cx.parent(subject.node)
    if parent is None:
        return False
    known = cx.memo(_following)
    key = parent.id, tag.name
    if key not in known:
        known[key] = _mentions_behind(cx, tag, parent)
    node = known[key].get(subject.node.start_byte)
    if node is None:
        return False
    verdicts = cx.memo(_verdicts)
    if (node.id, tag.name) not in verdicts:
        sites = nodes_below(cx.parsed, node, CONSTRUCT_KINDS) if parent.type == "block" else [node]
        verdicts[node.id, tag.name] = any(undocumented(cx, site, tag.name) is not None for site in sites)
    return verdicts[node.id, tag.name]


def _following(_cx: Context) -> dict[tuple[int, str], dict[int, Node | None]]:
    """By parent and tag, filled as they are asked about."""
    return {}


def _verdicts(_cx: Context) -> dict[tuple[int, str], bool]:
    """By code and tag, likewise."""
    return {}


def _mentions_behind(cx: Context, tag: Tag, parent: Node) -> dict[int, Node | None]:
    """What comes next behind each node below a parent and may hold what the tag is about, by where the node begins."""
    in_block = parent.type == "block"
    found: dict[int, Node | None] = {}
    following: Node | None = None
    for node in reversed(parent.named_children):
        found[node.start_byte] = following
        if _mentioned(cx, tag, span_of(node)):
            following = node
        elif not in_block and not node.is_extra and node.type != "attribute_item":
            following = None
    return found
