"""JSON lines: one finding a line, as the JSON report has it, and last the version with the summary."""

from __future__ import annotations

from typing import TextIO

from rfl_lint.output import OutputOptions
from rfl_lint.output.json_report import VERSION, dumps, finding_object, summary_object
from rfl_lint.report import Report


def render(report: Report, out: TextIO, options: OutputOptions) -> None:
    """Write the findings and the summary, a line each."""
    del options
    out.writelines(dumps(finding_object(report, finding)) + "\n" for finding in report.findings)
    out.write(dumps({"version": VERSION, "summary": summary_object(report)}) + "\n")
