"""One line per finding, for editors and grep: `path:line:column: severity: message [rule]`."""

from __future__ import annotations

from typing import TextIO

from rfl_lint.output import OutputOptions
from rfl_lint.output.escape import escape
from rfl_lint.output.places import place_of
from rfl_lint.report import Report


def render(report: Report, out: TextIO, options: OutputOptions) -> None:
    """Write the findings and nothing else."""
    for finding in report.findings:
        place = place_of(report, finding.path, finding.span)
        column = place.column
        if options.byte_columns and (source := report.source(finding.path)) is not None:
            column = source.byte_column(finding.span.start)
        where = f"{escape(place.path)}:{place.line}:{column}"
        out.write(f"{where}: {finding.severity}: {escape(finding.message)} [{finding.rule}]\n")
