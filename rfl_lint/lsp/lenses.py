"""How many unsafe sites of each function lack their `SAFETY:` comment, for a code lens or an inlay hint."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from rfl_lint.facts import FileFacts
from rfl_lint.finding import Finding
from rfl_lint.source import Span

RULE: Final = "missing-safety-comment"


def counts(findings: Iterable[Finding], facts: FileFacts) -> list[tuple[Span, str]]:
    """The functions with such sites, in order, and what to say of each."""
    spans = sorted({fact.span for fact in facts.functions}, key=lambda span: (span.start, -span.end))
    found: Counter[Span] = Counter()
    for finding in findings:
        if finding.rule == RULE:
            around = [span for span in spans if span.contains(finding.span)]
            if around:
                found[around[-1]] += 1
    return [(span, _words(count)) for span, count in sorted(found.items())]


def _words(count: int) -> str:
    return f"{count} unsafe site{'s' if count > 1 else ''} without SAFETY"
