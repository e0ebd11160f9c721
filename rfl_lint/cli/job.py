"""What `check` lints, and how the report on it is printed and becomes an exit status."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TextIO

from msgspec import Struct, field
from msgspec.structs import replace

from rfl_lint.cli.outputs import write_outputs
from rfl_lint.cli.settings import CheckRequest, Setup, output_options
from rfl_lint.cli.status import say, say_line
from rfl_lint.finding import Severity
from rfl_lint.inputs.files import Target
from rfl_lint.output import OutputOptions, render
from rfl_lint.output.remarks import remarks
from rfl_lint.report import Report
from rfl_lint.revision import Revision, Rows
from rfl_lint.source import SourceFile


class Job(Struct, frozen=True):
    """What is linted: `lint` reports on it, revisions under shown paths standing in for what the files hold.

    `targets` are the files by shown path; `stdin` is the text of standard input under its path. `rows` are those of the
    files that a change concerns, where only that is looked at.
    """

    lint: Callable[[Mapping[str, Revision]], Report]
    targets: Mapping[str, Target] = field(default_factory=dict)
    stdin: SourceFile | None = None
    rows: Mapping[str, Rows] = field(default_factory=dict)

    def rows_in(self, texts: Mapping[str, Revision]) -> dict[str, Rows]:
        """The rows that the change concerns, where they are in revisions of the files."""
        return {path: texts[path].rows(rows) if path in texts else rows for path, rows in self.rows.items()}


def print_report(
    report: Report, request: CheckRequest, setup: Setup, out: TextIO, *, hints: bool = True
) -> Report:
    """Write the findings, and what else was asked for; the report, with what could not be written."""
    options = output_options(request, out, hints=hints)
    report = filed(report, setup, options)
    render(request.output_format, report, out, options)
    out.flush()
    if request.output_format == "concise" and not request.quiet:
        for line in remarks(report, replace(options, color=False)):
            say_line(line)
    return report


def filed(report: Report, setup: Setup, options: OutputOptions) -> Report:
    """Write the files that were asked for; the report, with what could not be written."""
    report = replace(
        with_failures(report, setup), rules={rule.meta.name: type(rule) for rule in setup.plan.lint.rules}
    )
    problems = write_outputs(report, setup.outputs, replace(options, color=False, width=None))
    return replace(report, errors=(*report.errors, *problems))


def with_failures(report: Report, setup: Setup) -> Report:
    """The report, with the rules that could not be loaded among what went wrong."""
    return replace(report, errors=(*map(str, setup.failures), *report.errors)) if setup.failures else report


def status_of(report: Report, request: CheckRequest) -> int:
    """Say what went wrong, and the exit status that a report deserves."""
    complain(report, debug=request.debug)
    if report.problems:
        return 2
    if request.exit_zero:
        return 0
    return 1 if any(finding.severity > Severity.NOTE for finding in report.findings) else 0


def complain(report: Report, *, debug: bool) -> None:
    """Say what went wrong."""
    for error in report.errors:
        say(f"error: {error}")
    for crash in report.crashes:
        what = f"{crash.error}; its other findings there are missing"
        say(f"error: rule {crash.rule} crashed on {crash.path}: {what}")
        for line in crash.trace.splitlines() if debug else ("  --debug shows where",):
            say_line(line)
