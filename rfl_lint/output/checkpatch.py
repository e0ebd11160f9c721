"""The form of the kernel's checkpatch.pl: `FILE:LINE: ERROR: text [rule]`, a line for each finding and nothing else.

What reads it counts every line as a finding, so there is no summary. `--mailback` numbers lines by the mail, as
checkpatch does when it reads one: `-:LINE:` where the mail does not tell the file.
"""

from __future__ import annotations

from typing import Final, TextIO

from rfl_lint.finding import Severity
from rfl_lint.output import OutputOptions
from rfl_lint.output.escape import escape
from rfl_lint.output.places import place_of
from rfl_lint.report import Report

LEVELS: Final = {Severity.ERROR: "ERROR", Severity.WARNING: "WARNING", Severity.NOTE: "CHECK"}


def render(report: Report, out: TextIO, options: OutputOptions) -> None:
    """Write the findings."""
    for finding in report.findings:
        place = place_of(report, finding.path, finding.span)
        if not place.is_known or (options.mailback and place.mail_line is not None):
            view = report.views.get(finding.path)
            path = view.path if view is not None and view.path is not None and options.mailback else "-"
            where = f"{escape(path)}:{place.mail_line or place.line}"
        else:
            where = f"{escape(place.path)}:{place.line}"
        out.write(f"{where}: {LEVELS[finding.severity]}: {escape(finding.message)} [{finding.rule}]\n")
