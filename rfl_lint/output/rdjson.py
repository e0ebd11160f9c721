"""reviewdog's own format: columns are bytes of UTF-8 from 1, an end is the byte behind.

Fixes go along as suggestions, those to be reviewed too: a suggestion in a review is nothing else.
"""

from __future__ import annotations

from typing import Final, TextIO

from rfl_lint.finding import Finding, Fix, Severity
from rfl_lint.output import OutputOptions
from rfl_lint.output.escape import escape
from rfl_lint.output.json_report import dumps
from rfl_lint.output.places import Place, place_of
from rfl_lint.report import Report
from rfl_lint.revision import applied
from rfl_lint.source import BOM, SourceFile, Span

SOURCE: Final = {"name": "rfl-lint"}
_SEVERITIES: Final = {Severity.ERROR: "ERROR", Severity.WARNING: "WARNING", Severity.NOTE: "INFO"}
_MAX_SUGGESTED: Final = 4_000
"""Bytes of a suggestion: what changes more of a file than that is no remark any more."""


def render(report: Report, out: TextIO, options: OutputOptions) -> None:
    """Write one object; each diagnostic is one line of it."""
    del options
    out.write(f'{{"source": {dumps(SOURCE)}, "diagnostics": [')
    out.write(",".join("\n" + dumps(diagnostic(report, finding)) for finding in report.findings))
    out.write("\n]}\n" if report.findings else "]}\n")


def diagnostic(report: Report, finding: Finding) -> dict[str, object]:
    """A finding as a `Diagnostic`."""
    place = place_of(report, finding.path, finding.span)
    words = escape(finding.message) + (f"\nhelp: {escape(finding.help)}" if finding.help else "")
    found: dict[str, object] = {
        "message": words,
        "location": _location(report, finding.path, finding.span),
        "severity": _SEVERITIES[finding.severity],
        "code": {"value": finding.rule},
    }
    source = report.source(finding.path)
    if finding.fix is not None and place.is_known and source is not None:
        suggestion = _suggestion(report, source, finding.fix)
        if suggestion is not None:
            found["suggestions"] = [suggestion]
    if finding.related:
        found["related_locations"] = [
            {
                "message": escape(label.message),
                "location": _location(report, label.path or finding.path, label.span),
            }
            for label in finding.related
        ]
    return found


def _location(report: Report, path: str, span: Span) -> dict[str, object]:
    place = place_of(report, path, span)
    source = report.source(path)
    if span.end == 0 or source is None:
        return {"path": place.path, "range": {"start": {"line": place.line}}}
    return {"path": place.path, "range": _range(source, place, span)}


def _range(source: SourceFile, place: Place, span: Span) -> dict[str, object]:
    return {
        "start": {"line": place.line, "column": _column(source, span.start)},
        "end": {"line": place.end_line, "column": _column(source, max(span.start, span.end))},
    }


def _column(source: SourceFile, offset: int) -> int:
    """The byte of its line that an offset is, from 1. A byte order mark belongs to the first line."""
    row = source.row(offset)
    if row == 0 and source.data.startswith(BOM):
        offset = max(offset, len(BOM))
    return offset - source.line_starts[row] + 1


def _suggestion(report: Report, source: SourceFile, fix: Fix) -> dict[str, object] | None:
    """All edits of a fix as the replacement of one range: single suggestions are taken or left one by one."""
    start = min(edit.span.start for edit in fix.edits)
    end = max(edit.span.end for edit in fix.edits)
    after = applied(source.data, fix.edits)
    text = after[start : len(after) - (len(source.data) - end)]
    if max(end - start, len(text)) > _MAX_SUGGESTED:
        return None
    span = Span(start, end)
    place = place_of(report, source.path, span)
    return {"range": _range(source, place, span), "text": text.decode("utf-8", "replace")}
