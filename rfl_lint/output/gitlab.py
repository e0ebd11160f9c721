"""GitLab's code quality report: a JSON list; what it shows beside a merge request."""

from __future__ import annotations

from typing import Final, TextIO

from rfl_lint.finding import Severity
from rfl_lint.output import OutputOptions
from rfl_lint.output.escape import escape
from rfl_lint.output.identity import numbered
from rfl_lint.output.json_report import dumps
from rfl_lint.output.places import place_of
from rfl_lint.report import Report

_SEVERITIES: Final = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.NOTE: "info"}


def render(report: Report, out: TextIO, options: OutputOptions) -> None:
    """Write the list, a finding a line.

    GitLab does not show `check_name`: the description names the rule too. What has the same fingerprint in both
    branches counts as known.
    """
    del options
    lines = []
    for finding, number in numbered(report.findings):
        place = place_of(report, finding.path, finding.span)
        lines.append(
            {
                "description": f"{finding.rule}: {escape(finding.message)}",
                "check_name": finding.rule,
                "fingerprint": finding.fingerprint if number == 1 else f"{finding.fingerprint}-{number}",
                "severity": _SEVERITIES[finding.severity],
                "location": {
                    "path": place.path,
                    "lines": {"begin": place.line, "end": place.end_line},
                },
            }
        )
    out.write("[" + ",".join("\n" + dumps(line) for line in lines) + ("\n]\n" if lines else "]\n"))
