"""Markers and headings that are recognisable as `// SAFETY: ` or `# Safety`, but not written so.

What counts elsewhere as the comment of unsafe code, or as the section of an unsafe item, is found here if it has
another form: the two together leave no gap and never report the same.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from enum import Enum
from typing import Final

from msgspec import Struct

from rfl_lint.analysis.comments.documentation import (
    Documentation,
    documentation_of,
    tagged_comments,
    unsafe_keyword,
)
from rfl_lint.analysis.comments.rows import CommentRun
from rfl_lint.analysis.comments.tags import CommentLine, Form, Section
from rfl_lint.analysis.documentation.items import documented
from rfl_lint.analysis.documentation.safety import (
    SafetyDocs,
    SafetyForm,
    declared_unsafe,
    needless_safety_docs,
    safety_docs,
    safety_in,
)
from rfl_lint.doc_text import DocComment
from rfl_lint.finding import Edit
from rfl_lint.rule import Context
from rfl_lint.source import Span
from rfl_lint.syntax import Node

_SITES: Final = frozenset({"impl_item", "unsafe_block"})
_DECLARED: Final = frozenset({"function_item", "function_signature_item", "trait_item"})
# Items whose docs cannot be those of an unsafe block or impl.
_SPEAK_FOR_THEMSELVES: Final = _DECLARED | {"mod_item", "source_file"}
_LISTED: Final = re.compile(rb"[ \t*]*(?:[-+]|\d+[.)])[ \t]+")
_STARRED: Final = re.compile(rb"[ \t]*\*[ \t]+")
_JOINT: Final = re.compile(
    rb"(?:[ \t]*(?:[-=;.:]|\xe2\x80[\x93\x94])*[ \t]+|[ \t]*(?:[-=;.:]|\xe2\x80[\x93\x94])+)"
)
_ASIDE: Final = re.compile(rb"\([^()]*\)")
_ALL_BUT_THE_SPACE: Final = ("// SAFETY:", "/* SAFETY:")
_ENDS: Final = (b".", b":", b"!", b"?", b";", b")")


class Wanted(Enum):
    """What was meant."""

    COMMENT = "// SAFETY:"
    SECTION = "# Safety"


class MalformedMarker(Struct, frozen=True):
    """A marker in another form. `written` is its text; `edits` are empty where only a person can mend it.

    `in_docs` tells that a comment that belongs to unsafe code is a doc comment, `is_unspaced` that all it lacks is the
    space behind the marker.
    """

    span: Span
    written: str
    wanted: Wanted
    edits: tuple[Edit, ...] = ()
    in_docs: bool = False
    is_unspaced: bool = False


def malformed_markers(cx: Context) -> Iterator[MalformedMarker]:
    """All markers of safety in the file that are not written as they should be."""
    for section, run in tagged_comments(cx, "SAFETY"):
        if section.form is Form.VARIANT and not _is_doc(cx, section) and _is_meant(cx, section, run):
            yield _in_comment(cx, section, run)
    astray = False
    for each in documented(cx):
        found = safety_in(each.docs)
        if found is None:
            continue
        item = each.item
        if item is None or item.type not in _SPEAK_FOR_THEMSELVES:
            astray = True
        if item is not None:
            yield from _in_docs_of(cx, item, each.docs, found)
    if astray:
        for documentation in _of_unsafe_code(cx).values():
            if _is_doc(cx, documentation.section):
                yield _doc_of_code(cx, documentation)


def _is_doc(cx: Context, section: Section) -> bool:
    return section.line.introducer(cx.source.data)[:3] in (b"///", b"//!")


def _is_meant(cx: Context, section: Section, run: CommentRun) -> bool:
    """Whether a marker is one without doubt, or else what some unsafe code is documented by."""
    data = cx.source.data
    lead = data[section.line.text.start : section.marker.start]
    raw = data[section.marker.start : section.marker.end]
    is_line = section.line.introducer(data) == b"//"
    is_listed = _LISTED.match(lead) or (is_line and _STARRED.match(lead))
    if section.leads and (b"/" in lead or is_listed or b" and " in raw):
        return False
    index = _index(run, section)
    above = data[run.lines[index - 1].text.start : run.lines[index - 1].text.end].strip() if index else b""
    begins = not above or above.endswith(_ENDS)
    if section.leads and b":" in raw and (begins or raw.isupper()):
        return index == 0 or not lead.isspace() or lead == b" " or not raw.isupper()
    return section.marker.start in _of_unsafe_code(cx)


def _of_unsafe_code(cx: Context) -> dict[int, Documentation]:
    """What documents the file's unsafe blocks and impls, by where its marker begins."""
    return cx.memo(_unsafe_code)


def _unsafe_code(cx: Context) -> dict[int, Documentation]:
    found: dict[int, Documentation] = {}
    for fragment in cx.parsed.fragments:
        for nodes in fragment.find(_SITES).values():
            for node in nodes:
                keyword = unsafe_keyword(node)
                if keyword is not None:
                    documentation = documentation_of(cx, node, "SAFETY", at=keyword.start_byte)
                    if documentation is not None:
                        found[documentation.section.marker.start] = documentation
    return found


def _in_comment(cx: Context, section: Section, run: CommentRun) -> MalformedMarker:
    data = cx.source.data
    start = section.marker.start
    introducer = section.line.introducer(data)
    if section.leads:
        line = section.line.text.start
        lead = data[line:start]
        start = line if introducer == b"//" else line + len(lead) - len(lead.lstrip(b" \t*"))
    text = _marker(data, section, run)
    edit = _rewritten(data, section, start, f" {text}" if introducer == b"//" and section.leads else text)
    shown = Span(section.line.span.start, section.marker.end) if section.leads else section.marker
    written = cx.source.text(Span(shown.start, _end_of_joint(data, section))).strip()
    is_unspaced = written in _ALL_BUT_THE_SPACE
    return MalformedMarker(section.marker, written, Wanted.COMMENT, (edit,), is_unspaced=is_unspaced)


def _index(run: CommentRun, section: Section) -> int:
    """Which of a comment's lines its section begins on."""
    return bisect_left(run.lines, section.line.span.start, key=lambda line: line.span.start)


def _marker(data: bytes, section: Section, run: CommentRun) -> str:
    """The marker as it should be, other tags and an aside in parentheses kept."""
    first = bisect_left(run.sections, section.marker, key=lambda each: each.marker)
    last = bisect_right(run.sections, section.marker, key=lambda each: each.marker)
    tags = [each.tag for each in run.sections[first:last]]
    aside = _ASIDE.search(data, section.marker.start, section.marker.end)
    joined = ", ".join(dict.fromkeys(tags))
    return f"{joined}: {aside[0].decode('utf-8', 'replace')}" if aside else f"{joined}:"


def _rewritten(data: bytes, section: Section, start: int, text: str) -> Edit:
    """The edit that puts a text for everything up to where what the marker says begins."""
    end = _end_of_joint(data, section)
    after = data[end : section.line.text.end].strip()
    return Edit(Span(start, max(start, end)), f"{text} " if after else text)


def _end_of_joint(data: bytes, section: Section) -> int:
    """Where the dash or space behind a marker ends."""
    end = section.marker.end
    joint = _JOINT.match(data, end, section.line.text.end)
    return joint.end() if joint else end


def _in_docs_of(cx: Context, item: Node, docs: DocComment, found: SafetyDocs) -> Iterator[MalformedMarker]:
    """What the docs of an item say on safety, where it is not the heading that it should be."""
    is_unsafe = item.type in _DECLARED and declared_unsafe(item) is not None
    if found.form is SafetyForm.HEADING or needless_safety_docs(cx, item, docs) is not None:
        return
    if not is_unsafe:
        # A module or macro may well speak of safety further down, but not in another spelling.
        if found.heading is None or found.heading.key != "safety" or found.heading.name == "Safety":
            return
    else:
        known = safety_docs(cx, item)
        if known is not None and known.form is SafetyForm.HEADING:
            return
    data = docs.data
    written = data[found.span.start : found.span.end].decode("utf-8", "replace").strip()
    if found.marker is not None:
        yield MalformedMarker(found.span, written, Wanted.SECTION, _as_heading(cx, docs, found.marker))
        return
    edits: tuple[Edit, ...] = ()
    if "\n" not in written:
        level = found.heading.level if found.heading is not None and not is_unsafe else 1
        name = "Implementation safety" if "implementation" in written.lower() else "Safety"
        edits = (Edit(found.span, f"{'#' * level} {name}"),)
    yield MalformedMarker(found.span, written, Wanted.SECTION, edits)


def _as_heading(cx: Context, docs: DocComment, section: Section) -> tuple[Edit, ...]:
    """The edits that make a heading and a paragraph of a line that begins with a marker."""
    data, line = docs.data, section.line
    mark = data[line.span.start : line.span.start + 3].decode()
    if mark not in ("///", "//!"):
        return ()
    row = cx.source.row(line.span.start)
    begin = cx.source.line_starts[row]
    following = cx.source.line_starts[row + 1] if row + 1 < len(cx.source.line_starts) else line.span.end
    ending = data[line.span.end : following].decode() or "\n"
    next_line = ending + data[begin : line.span.start].decode("utf-8", "replace").lstrip("\ufeff") + mark
    texts = {
        cx.source.row(each.span.start): data[each.text.start : each.text.end].strip() for each in docs.lines
    }
    end = _end_of_joint(data, section)
    head = mark + next_line if texts.get(row - 1) else mark
    if data[end : line.span.end].strip():
        return (Edit(Span(line.span.start, end), f"{head} # Safety{next_line}{next_line} "),)
    return (
        Edit(
            Span(line.span.start, line.span.end),
            f"{head} # Safety" + (next_line if texts.get(row + 1) else ""),
        ),
    )


def _doc_of_code(cx: Context, documentation: Documentation) -> MalformedMarker:
    """A doc comment where unsafe code has its comment: the lines of the section become ordinary ones."""
    data, section = cx.source.data, documentation.section
    text = f"// {_marker(data, section, documentation.run)}"
    lines = documentation.run.lines
    index = _index(documentation.run, section)
    above = lines[index - 1] if index else None
    # An empty line of docs that led up to the section goes with it.
    start = above.span.start if above is not None and _is_empty(data, above) else section.line.span.start
    edits = [_rewritten(data, section, start, text)]
    edits += [
        Edit(Span(line.span.start, line.text.start), "//")
        for line in lines
        if section.span.start < line.span.start and line.span.end <= section.span.end
    ]
    written = cx.source.text(Span(section.line.span.start, section.marker.end))
    return MalformedMarker(section.marker, written, Wanted.COMMENT, tuple(edits), in_docs=True)


def _is_empty(data: bytes, line: CommentLine) -> bool:
    return not data[line.text.start : line.text.end].strip()
