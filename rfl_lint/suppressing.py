"""Writing suppression comments: where each belongs so that it silences a finding and as little else as possible.

That is a line of its own above the innermost statement, arm, field or item that begins a line, above its comments,
docs and attributes too: a `SAFETY:` comment stays next to its code. What stands in no such thing is allowed for the
file, in its first comment run.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from rfl_lint.errors import UsageError
from rfl_lint.finding import Edit, Finding
from rfl_lint.fixes import Fixed, faults
from rfl_lint.refusal import ENGINE_GROUP
from rfl_lint.report import Report
from rfl_lint.revision import Revision, applied
from rfl_lint.source import BOM, SourceFile, Span
from rfl_lint.syntax import Node, ParsedFile, parse_file, span_of

# What holds statements, arms, fields or items, each with a line for a comment above it.
_CONTAINERS: Final = frozenset(
    {
        "block",
        "declaration_list",
        "enum_variant_list",
        "field_declaration_list",
        "field_initializer_list",
        "match_block",
        "source_file",
    }
)
_LEADS: Final = frozenset({"attribute_item", "line_comment", "block_comment"})
_LICENCE: Final = re.compile(rb"(?:\xef\xbb\xbf)?//[^\n]*SPDX-License-Identifier")


def add_suppressions(
    lint: Callable[[Mapping[str, Revision]], Report],
    reason: str,
    *,
    obstacle: Callable[[str], str | None] = lambda _path: None,
) -> Fixed:
    """Give every finding a comment that silences it; nothing is written yet.

    `lint` and `obstacle` are what they are for fixes. What the engine itself says cannot be silenced. Where the
    comment next to the code is not enough, the second pass allows the rule for the file.
    """
    reason = reason_of(reason)
    before: dict[str, bytes] = {}
    revised: dict[str, Revision] = {}
    done: dict[str, int] = {}
    problems: dict[str, None] = {}
    report = lint({})
    for is_last in (False, True):
        changed = False
        for path, findings in _by_path(report).items():
            source = report.source(path)
            why = obstacle(path) if path not in before else None
            if why is not None:
                problems[f"{why}; nothing in it is suppressed"] = None
            if source is None or why is not None:
                continue
            edits = comments_for(source, findings, reason, for_file=is_last)
            if not edits:
                problems[f"{path}: left as it was: with the comments it would not parse"] = None
                continue
            changed = True
            before.setdefault(path, source.data)
            revised[path] = (revised.get(path) or Revision(source.data)).edited(edits)
            done[path] = done.get(path, 0) + (0 if is_last else len(findings))
        if not changed:
            break
        report = lint(revised)
    return Fixed(report, before, revised, done, tuple(problems))


def reason_of(text: str) -> str:
    """A reason as a comment can hold it: one line, not empty. Raises UsageError."""
    reason = " ".join(text.split())
    if not reason or not reason.isprintable():
        raise UsageError("--add-suppressions: the reason is one line of text that says why, and is not empty")
    return reason


def _by_path(report: Report) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for finding in report.findings:
        if finding.group != ENGINE_GROUP:
            found.setdefault(finding.path, []).append(finding)
    return found


def comments_for(
    source: SourceFile, findings: Iterable[Finding], reason: str, *, for_file: bool = False
) -> list[Edit]:
    """The comments for findings, one for all at a place; none where the text would be no Rust with them."""
    parsed = parse_file(source)
    if parsed.refusal is not None:
        return []
    places = _Places(parsed)
    rules: dict[int | None, set[str]] = {}
    for finding in findings:
        row = None if for_file else places.row_for(finding)
        rules.setdefault(row, set()).add(finding.rule)
    edits = [places.comment(row, sorted(names), reason) for row, names in rules.items()]
    after = SourceFile(source.path, applied(source.data, edits))
    return edits if faults(after) <= faults(source) else []


class _Places:
    """Where comments go in one file."""

    def __init__(self, parsed: ParsedFile) -> None:
        self.parsed = parsed
        self.source = parsed.source
        self._comments = [span.start for span in parsed.comments]

    def row_for(self, finding: Finding) -> int | None:
        """The row above which a comment for a finding goes; None for the head of the file."""
        offset = finding.span.start
        comment = self._comment_at(offset)
        if comment is not None and self._begins_row(comment.start):
            lead = self.parsed.root.descendant_for_byte_range(offset, offset)
            while lead is not None and lead.type not in _LEADS:
                lead = lead.parent
            row = self._above_leads(lead)
        else:
            node = self._node_at(offset)
            row = self._above_leads(node)
        head = 1 if _LICENCE.match(self.source.data) else 0
        if row is None or self.source.row(offset) < head:
            return None
        return max(row, head)

    def comment(self, row: int | None, rules: list[str], reason: str) -> Edit:
        """The edit that writes a comment above a row, or into the first comment run of the file."""
        if row is None:
            at = self.source.line_starts[1] if _LICENCE.match(self.source.data) else 0
            return Edit(Span(at, at), f"// rfl-lint: allow-file({', '.join(rules)}): {reason}\n")
        start = self.source.line_starts[row]
        text = self.source.row_bytes(row).removeprefix(BOM if row == 0 else b"")
        lead = text[: len(text) - len(text.lstrip())].decode("utf-8", "replace")
        return Edit(Span(start, start), f"{lead}// rfl-lint: allow({', '.join(rules)}): {reason}\n")

    def _comment_at(self, offset: int) -> Span | None:
        index = bisect_right(self._comments, offset) - 1
        comment = self.parsed.comments[index] if index >= 0 else None
        return comment if comment is not None and offset < comment.end else None

    def _begins_row(self, offset: int) -> bool:
        row = self.source.row(offset)
        before = self.source.data[self.source.line_starts[row] : offset]
        return not (before.removeprefix(BOM) if row == 0 else before).strip()

    def _node_at(self, offset: int) -> Node | None:
        """The innermost statement, arm, field or item around a byte that begins its row."""
        fragment = list(self.parsed.fragments_at(offset))[-1]
        node = fragment.root.descendant_for_byte_range(offset, offset)
        while node is not None:
            parent = self.parsed.parent(node)
            if parent is not None and parent.type in _CONTAINERS and self._begins_row(node.start_byte):
                return node
            node = parent
        return None

    def _above_leads(self, node: Node | None) -> int | None:
        """The first row of a node, with the comments and attributes right above it."""
        if node is None:
            return None
        row = self.source.row(node.start_byte)
        before = node.prev_sibling
        while before is not None and before.type in _LEADS and self._begins_row(before.start_byte):
            span = span_of(before)
            end = self.source.row(span.start + len(self.source.data[span.start : span.end].rstrip()) - 1)
            if end != row - 1:
                break
            row = self.source.row(before.start_byte)
            before = before.prev_sibling
        return row
