"""What `b4 review` asks of a check: a JSON list with one object that sums the patch up, empty where all is well."""

from __future__ import annotations

import json
from collections import Counter
from typing import Final, TextIO

from rfl_lint.finding import Severity
from rfl_lint.output import OutputOptions
from rfl_lint.output.checkpatch import LEVELS
from rfl_lint.output.escape import escape
from rfl_lint.output.places import place_of
from rfl_lint.report import Report

_STATUS: Final = {Severity.ERROR: "fail", Severity.WARNING: "warn", Severity.NOTE: "pass"}
_MAX_LINE: Final = 200


def render(report: Report, out: TextIO, options: OutputOptions) -> None:
    """Write the list. `details` is itself JSON, as that of b4's own checkpatch: what it says of which mail line."""
    del options
    if not report.findings:
        out.write("[]\n")
        return
    counts = Counter(finding.severity for finding in report.findings)
    worst = max(counts)
    details = []
    for finding in report.findings:
        place = place_of(report, finding.path, finding.span)
        source = report.source(finding.path)
        line = source.line_text(source.row(finding.span.start) + 1).strip() if source is not None else ""
        where = f"{escape(place.path)}:{place.line}" if place.is_known else f"-:{place.line}"
        details.append(
            {
                "status": _STATUS[finding.severity],
                "description": f"{where}: {LEVELS[finding.severity]}: {escape(finding.message)} [{finding.rule}]",
                "srcline": "\t".join(map(escape, line[:_MAX_LINE].split("\t"))),
            }
        )
    result = {
        "tool": "rfl-lint",
        "status": _STATUS[worst],
        "summary": ", ".join(
            f"{counts[level]} {level}{'s' if counts[level] > 1 else ''}"
            for level in sorted(counts, reverse=True)
        ),
        "details": json.dumps(details),
    }
    out.write(json.dumps([result], ensure_ascii=True) + "\n")
