"""Annotations of GitHub's workflow commands: `::warning file=F,line=N,title=RULE::text`, a line for each finding.

GitHub shows only so many of each kind for a step. Where there are more, a line says first how many are left out, so
that a short list is not taken for a whole one.
"""

from __future__ import annotations

from collections import Counter
from typing import Final, TextIO

from rfl_lint.finding import Finding, Severity
from rfl_lint.output import OutputOptions
from rfl_lint.output.escape import escape
from rfl_lint.output.places import place_of
from rfl_lint.output.remarks import counted
from rfl_lint.report import Report

SHOWN: Final = 10
"""How many annotations of one kind GitHub shows for a step."""
_COMMANDS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render(report: Report, out: TextIO, options: OutputOptions) -> None:
    """Write the note on what will not be shown, and the findings."""
    del options
    counts = Counter(finding.severity for finding in report.findings)
    cut = [
        counted(counts[level], str(level)) for level in sorted(counts, reverse=True) if counts[level] > SHOWN
    ]
    if cut:
        text = (
            f"{' and '.join(cut)}, of which {SHOWN} of each kind are shown here: the log of the step has all"
        )
        out.write(f"::notice title=rfl-lint::{_data(text)}\n")
    out.writelines(_annotation(report, finding) + "\n" for finding in report.findings)


def _annotation(report: Report, finding: Finding) -> str:
    place = place_of(report, finding.path, finding.span)
    words = escape(finding.message)
    properties: dict[str, object] = {}
    if place.is_known:
        properties = {"file": escape(place.path), "line": place.line}
        # Columns are read only where a finding lies on one line.
        if place.end_line == place.line:
            properties |= {"col": place.column, "endColumn": place.end_column}
        else:
            properties["endLine"] = place.end_line
    else:
        words = f"{escape(place.path)}, line {place.line}: {words}"
    properties["title"] = f"rfl-lint: {finding.rule}"
    if finding.help:
        words += f"\nhelp: {escape(finding.help)}"
    listed = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    return f"::{_COMMANDS[finding.severity]} {listed}::{_data(words)}"


def _data(text: str) -> str:
    """Text behind the second colons, as the runner takes it apart."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
