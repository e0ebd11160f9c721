"""What is said about a report beside its findings: counts, what was left out, what can be fixed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from rfl_lint.finding import Severity, Silence
from rfl_lint.output import OutputOptions
from rfl_lint.output.escape import escape
from rfl_lint.output.paint import STYLES, Painter, make_painter
from rfl_lint.output.tables import text_table
from rfl_lint.report import Report

_LONG_LIST: Final = 12


def remarks(report: Report, options: OutputOptions) -> Iterator[str]:
    """Everything that was asked for, for formats that hold findings alone."""
    if options.statistics and report.findings:
        yield from statistics(report, options)
    if options.verbose:
        yield from verbose_lines(report)
        yield summary(report, make_painter(color=options.color))


def statistics(report: Report, options: OutputOptions) -> list[str]:
    """How many findings each rule has, the most frequent first."""
    counts = Counter((finding.rule, finding.severity) for finding in report.findings)
    files: dict[tuple[str, Severity], set[str]] = {}
    for finding in report.findings:
        files.setdefault((finding.rule, finding.severity), set()).add(finding.path)
    ordered = sorted(counts, key=lambda key: (-counts[key], key))
    rows = [(str(counts[key]), str(len(files[key])), str(key[1]), key[0]) for key in ordered]
    head = ("findings", "files", "severity", "rule")
    return text_table(head, rows, right=(0, 1), styles=STYLES, color=options.color)


def verbose_lines(report: Report) -> Iterator[str]:
    """What was not looked into, and how many findings were silenced."""
    yield (
        f"macro bodies and examples: {report.fragments_parsed} of {report.fragments_met} parsed; "
        "the others were not looked into"
    )
    for path, lines in sorted(report.unparsed.items()):
        shown = ", ".join(map(str, lines[:_LONG_LIST])) + (", ..." if len(lines) > _LONG_LIST else "")
        yield f"  not parsed: {escape(path)}, line{'s' if len(lines) > 1 else ''} {shown}"
    by = Counter(finding.silenced.value for finding in report.silenced if finding.silenced is not None)
    if by:
        ways = ", ".join(f"{number} by {_WAYS.get(way, way)}" for way, number in sorted(by.items()))
        yield f"silenced: {counted(sum(by.values()), 'finding')} ({ways})"


_WAYS: Final = {"config": "configuration", "baseline": "the baseline"}


def summary(report: Report, paint: Painter) -> str:
    """The last line: what was found in how much, and what was left out."""
    by = Counter(finding.severity for finding in report.findings)
    parts = ", ".join(
        paint(name if by[level] else "", counted(by[level], name))
        for level, name in ((Severity.ERROR, "error"), (Severity.WARNING, "warning"), (Severity.NOTE, "note"))
    )
    total = len(report.findings)
    found = (
        f"{paint('message', counted(total, 'finding'))} ({parts})" if total else paint("good", "no findings")
    )
    line = f"{found} in {counted(report.files, 'file')}"
    left_out = [(role, count) for role, count in report.skipped.items() if count]
    if left_out:
        left_out.sort(key=lambda item: (-item[1], item[0]))
        listed = ", ".join(f"{count:,} {role}" for role, count in left_out)
        line += f"; left out: {listed} {'file' if left_out[-1][1] == 1 else 'files'}"
    known = sum(finding.silenced is Silence.BASELINE for finding in report.silenced)
    if known:
        line += f"; {known:,} more in the baseline"
    problems = [
        counted(len(some), name)
        for some, name in ((report.crashes, "rule crash"), (report.errors, "error"))
        if some
    ]
    if problems:
        line += f"; {paint('error', 'incomplete')}: {', '.join(problems)}"
    return line


def counted(number: int, name: str) -> str:
    """A number of things, in words."""
    if number == 1:
        return f"1 {name}"
    return f"{number:,} {name}{'es' if name.endswith('sh') else 's'}"


def fixable(report: Report) -> str:
    """How many findings have a fix, and how to have it applied; empty where none has one."""
    safe, others = _fixes(report)
    if safe:
        more = f", {others} more with `--fix --unsafe-fixes`" if others else ""
        return f"{safe} can be fixed with `--fix`{more}"
    return f"{others} can be fixed with `--fix --unsafe-fixes`" if others else ""


def fixed(report: Report, number: int, files: int, *, unsafe: bool, written: bool) -> str:
    """How much was fixed, or would be, and how much more can be."""
    done = f"{'fixed' if written else 'would fix'} {counted(number, 'finding')} in {counted(files, 'file')}"
    line = done if number else "nothing to fix"
    _, others = _fixes(report)
    if others and not unsafe:
        line += f"; {others} {'more ' if number else ''}can be fixed with `--unsafe-fixes`"
    if not written:
        line += f"; {counted(len(report.findings), 'finding')} would remain"
    return line


def suppressed(number: int, files: int, *, written: bool) -> str:
    """How many findings got a comment, or would."""
    if not number:
        return "nothing to suppress"
    what = "suppressed" if written else "would suppress"
    return f"{what} {counted(number, 'finding')} in {counted(files, 'file')}"


def _fixes(report: Report) -> tuple[int, int]:
    """How many findings have a safe fix, and how many another."""
    kinds = Counter(finding.fix.safe for finding in report.findings if finding.fix is not None)
    return kinds[True], kinds[False]
