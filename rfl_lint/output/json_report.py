"""The versioned JSON report: what other programs read. docs/findings.schema.json describes it.

Characters beyond ASCII are written as escapes, so that neither control nor bidi characters of a linted file
reach a terminal, while a reader gets the exact text.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Final, TextIO

from rfl_lint.finding import Finding, Fix
from rfl_lint.output import OutputOptions
from rfl_lint.output.places import place_of
from rfl_lint.report import Report
from rfl_lint.ruledoc import rule_url
from rfl_lint.source import Span

VERSION: Final = 1
"""Counted up when a field changes its meaning or goes; a new field is no new version."""
MAX_SNIPPET: Final = 1_000
"""Characters of a snippet, so that a file that is one endless line does not repeat itself in each finding."""


def render(report: Report, out: TextIO, options: OutputOptions) -> None:
    """Write one JSON object; each finding is one line of it, so that reports can be compared line by line."""
    del options
    out.write(f'{{"version": {VERSION}, "findings": [')
    out.write(",".join("\n" + dumps(finding_object(report, finding)) for finding in report.findings))
    out.write('\n], "summary": ' if report.findings else '], "summary": ')
    out.write(dumps(summary_object(report)) + "}\n")


def dumps(value: object) -> str:
    """A value as JSON on one line."""
    return json.dumps(value, ensure_ascii=True, separators=(", ", ": "))


def finding_object(report: Report, finding: Finding) -> dict[str, object]:
    """A finding as the contract has it."""
    place = place_of(report, finding.path, finding.span)
    view = report.views.get(finding.path)
    found: dict[str, object] = {
        "rule": finding.rule,
        "group": finding.group,
        "severity": str(finding.severity),
        "confidence": str(finding.confidence),
        "path": place.path if view is None else view.path,
        "line": place.line if place.is_known else None,
        "column": place.column,
        "end_line": place.end_line if place.is_known else None,
        "end_column": place.end_column,
        "message": finding.message,
        "help": finding.help,
        "snippet": _snippet(report, finding.path, finding.span) if finding.span.end else "",
        "fragment": finding.fragment,
        "related": [
            {
                "path": at.path if at.is_known else None,
                "line": at.line if at.is_known else None,
                "column": at.column,
                "message": label.message,
            }
            for label in finding.related
            for at in (place_of(report, label.path or finding.path, label.span),)
        ],
        "fix": None
        if finding.fix is None or not place.is_known
        else _fix_object(report, finding.path, finding.fix),
        "fingerprint": finding.fingerprint,
        "url": rule_url(finding.rule),
    }
    if view is not None:
        found["mail_line"] = place.mail_line
    return found


def _snippet(report: Report, path: str, span: Span) -> str:
    source = report.source(path)
    return "" if source is None else source.line_text(source.row(span.start) + 1)[:MAX_SNIPPET]


def _fix_object(report: Report, path: str, fix: Fix) -> dict[str, object]:
    edits = []
    for edit in fix.edits:
        place = place_of(report, path, edit.span)
        edits.append(
            {
                "path": place.path,
                "start_line": place.line,
                "start_column": place.column,
                "end_line": place.end_line,
                "end_column": place.end_column,
                "text": edit.text,
            }
        )
    return {"title": fix.title, "safe": fix.safe, "edits": edits}


def summary_object(report: Report) -> dict[str, object]:
    """How much was looked at and what was found in it; and what was not, where something was not."""
    by_rule = Counter(finding.rule for finding in report.findings)
    problems = {"problems": list(report.problems)} if report.problems else {}
    return {
        "files": report.files,
        "skipped": dict(sorted(report.skipped.items())),
        "fragments": {"met": report.fragments_met, "parsed": report.fragments_parsed},
        "by_rule": dict(sorted(by_rule.items())),
        **problems,
    }
