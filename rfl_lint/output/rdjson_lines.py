"""reviewdog's format a line at a time: each line is a whole diagnostic, as the format of one object has it."""

from __future__ import annotations

from typing import TextIO

from rfl_lint.output import OutputOptions
from rfl_lint.output.json_report import dumps
from rfl_lint.output.rdjson import SOURCE, diagnostic
from rfl_lint.report import Report


def render(report: Report, out: TextIO, options: OutputOptions) -> None:
    """Write the diagnostics."""
    del options
    out.writelines(
        dumps({**diagnostic(report, finding), "source": SOURCE}) + "\n" for finding in report.findings
    )
