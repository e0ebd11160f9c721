"""JUnit's XML, as test dashboards read it: a suite for each file, a failed case for each finding.

A note fails nothing, as it does not decide the exit status: its case passes and says it in `system-out`. A rule that
crashed and what could not be read are errors. A clean run is one case that passes, because an empty report looks like
one that was lost.
"""

from __future__ import annotations

from itertools import groupby
from typing import Final, TextIO

from msgspec import Struct

from rfl_lint.finding import Finding, Severity
from rfl_lint.output import OutputOptions
from rfl_lint.output.escape import escape
from rfl_lint.output.places import Place, place_of
from rfl_lint.output.remarks import counted
from rfl_lint.report import Report

_ENTITIES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})


class _Case(Struct, frozen=True):
    """A test case, and the element inside that tells how it went; none: it passed."""

    suite: str
    name: str
    element: str = ""
    attributes: str = ""
    text: str = ""

    def __str__(self) -> str:
        head = f'    <testcase classname="{_xml(self.suite)}" name="{_xml(self.name)}"'
        if not self.element:
            return f"{head}/>\n"
        inside = f"<{self.element}{self.attributes}>{_lines(self.text)}</{self.element}>"
        return f"{head}>\n      {inside}\n    </testcase>\n"


def render(report: Report, out: TextIO, options: OutputOptions) -> None:
    """Write the document."""
    del options
    placed = [(place_of(report, finding.path, finding.span), finding) for finding in report.findings]
    cases = [_finding(place, finding) for place, finding in placed]
    cases += [
        _Case("rfl-lint", f"run {number}", "error", f' message="{_xml(problem)}"')
        for number, problem in enumerate(report.problems, start=1)
    ]
    if not cases:
        cases.append(_Case("rfl-lint", f"no findings in {counted(report.files, 'file')}"))
    out.write('<?xml version="1.0" encoding="UTF-8"?>\n')
    out.write(f'<testsuites name="rfl-lint" {_counts(cases)}>\n')
    for name, suite in groupby(cases, lambda case: case.suite):
        held = list(suite)
        out.write(f'  <testsuite name="{_xml(name)}" {_counts(held)}>\n')
        out.writelines(map(str, held))
        out.write("  </testsuite>\n")
    out.write("</testsuites>\n")


def _finding(place: Place, finding: Finding) -> _Case:
    where = f"{place.path}:{place.line}:{place.column}"
    text = f"{where}: {finding.severity}: {finding.message}"
    if finding.help:
        text += f"\nhelp: {finding.help}"
    name = f"{finding.rule} at line {place.line}, column {place.column}"
    if finding.severity is Severity.NOTE:
        return _Case(place.path, name, "system-out", text=text)
    attributes = f' type="{finding.rule}" message="{_xml(finding.message)}"'
    return _Case(place.path, name, "failure", attributes, text)


def _counts(cases: list[_Case]) -> str:
    failures = sum(case.element == "failure" for case in cases)
    errors = sum(case.element == "error" for case in cases)
    return f'tests="{len(cases)}" failures="{failures}" errors="{errors}"'


def _lines(text: str) -> str:
    return "\n".join(_xml(line) for line in text.split("\n"))


def _xml(text: str) -> str:
    """Text for XML 1.0, which has no way to say most control characters."""
    return escape(text).translate(_ENTITIES)
