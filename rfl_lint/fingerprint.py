"""Fingerprints: what a finding is about, without where it is.

Made of the rule, the names of the enclosing items, the finding's line with white space folded, and a count
that tells equal ones apart. A moved or re-indented line and a renamed file keep their fingerprints.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from rfl_lint.finding import Finding
from rfl_lint.source import Span
from rfl_lint.syntax import ParsedFile

_LONG_LINE: Final = 400


def fingerprinted(findings: Iterable[Finding], parsed: ParsedFile) -> list[Finding]:
    """The findings of one file in order of place, each with its fingerprint."""
    seen: Counter[str] = Counter()
    done: list[Finding] = []
    for finding in sorted(findings, key=lambda finding: finding.sort_key):
        key = "\\0".join(
            (finding.rule, enclosing_items(parsed, finding.span), _folded_line(parsed, finding.span))
        )
        ordinal = seen[key]
        seen[key] += 1
        digest = hashlib.sha256(f"{key}\\0{ordinal}".encode()).hexdigest()[:20]
        done.append(replace(finding, fingerprint=digest))
    return done


def _folded_line(parsed: ParsedFile, span: Span) -> str:
    """The line of the finding; of a very long line only what surrounds the place."""
    line = parsed.source.row_span(parsed.source.row(span.start))
    start, end = line.start, line.end
    if end - start > _LONG_LINE:
        start, end = max(start, span.start - _LONG_LINE // 4), min(end, span.start + _LONG_LINE // 4)
    return b" ".join(parsed.source.data[start:end].split()).decode("utf-8", "replace")


def enclosing_items(parsed: ParsedFile, span: Span) -> str:
    """The path of named items around a place, such as `impl Foo::bar`."""
    if not parsed.fragments:
        return ""
    names: list[str] = []
    node = parsed.root.descendant_for_byte_range(span.start, max(span.start, span.end - 1))
    while node is not None:
        if node.type == "impl_item":
            type_node = node.child_by_field_name("type")
            trait_node = node.child_by_field_name("trait")
            trait = f"{parsed.text(trait_node)} for " if trait_node is not None else ""
            names.append(f"impl {trait}{parsed.text(type_node) if type_node is not None else ''}")
        elif node.type.endswith(("_item", "_definition")) and (name := node.child_by_field_name("name")):
            names.append(parsed.text(name))
        node = node.parent
    return "::".join(reversed(names))
