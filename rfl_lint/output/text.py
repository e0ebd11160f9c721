"""The report for people: each finding with its source, the steps that led to it, and what to do.

Piped and coloured output hold the same characters; colour only wraps them. The lines are built as plain
strings and styled in whole pieces: rich is asked once for each style, not once for each finding.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TextIO

from rfl_lint.finding import Finding, Severity
from rfl_lint.output import OutputOptions
from rfl_lint.output.escape import escape
from rfl_lint.output.excerpt import DEFAULT_ROOM, ExcerptLine, Kind, excerpt
from rfl_lint.output.places import place_of
from rfl_lint.output.tables import text_table
from rfl_lint.report import Report

_STYLES: Final = {
    "error": "bold red",
    "warning": "bold yellow",
    "note": "bold cyan",
    "message": "bold",
    "rule": "magenta",
    "gutter": "blue",
    "place": "bold blue",
    "step": "cyan",
    "help": "bold green",
    "good": "bold green",
    "dim": "dim",
}
_MIN_ROOM: Final = 40
_LONG_LIST: Final = 12


@dataclass(frozen=True, slots=True)
class Painter:
    """Wraps pieces of text in the escape sequences of their style; with no styles it changes nothing."""

    codes: dict[str, tuple[str, str]]

    def __call__(self, style: str, text: str) -> str:
        """The text in a style of the table above."""
        if not text or style not in self.codes:
            return text
        before, after = self.codes[style]
        return f"{before}{text}{after}"


def make_painter(*, color: bool) -> Painter:
    """The painter for a stream; rich, which knows the codes, is imported only for colour."""
    if not color:
        return Painter({})
    from rich.color import ColorSystem  # noqa: PLC0415 - not needed for plain output
    from rich.style import Style  # noqa: PLC0415

    codes = {}
    for name, definition in _STYLES.items():
        before, _, after = (
            Style.parse(definition).render("\0", color_system=ColorSystem.STANDARD).partition("\0")
        )
        codes[name] = (before, after)
    return Painter(codes)


def render(report: Report, out: TextIO, options: OutputOptions) -> None:
    """Write the findings, then counts and the summary line."""
    paint = make_painter(color=options.color)
    writer = _Writer(report, paint, options.width)
    out.writelines("\n".join(writer.finding(finding)) + "\n\n" for finding in report.findings)
    if options.statistics and report.findings:
        out.write("\n".join(_statistics(report, options)) + "\n\n")
    if options.verbose:
        out.writelines(line + "\n" for line in _verbose_lines(report))
    if not options.quiet:
        out.write(_summary(report, paint) + "\n")


@dataclass(frozen=True, slots=True)
class _Writer:
    report: Report
    paint: Painter
    width: int | None

    def finding(self, finding: Finding) -> Iterator[str]:
        """The lines of one finding."""
        paint = self.paint
        severity = str(finding.severity)
        place = place_of(self.report, finding.path, finding.span)
        room = DEFAULT_ROOM if self.width is None else max(_MIN_ROOM, self.width - 10)
        source = self.report.source(finding.path) if finding.span.end else None
        lines = [] if source is None else excerpt(source, finding.span, context=1, room=room)
        steps = []
        for label in finding.related:
            at = place_of(self.report, label.path or finding.path, label.span)
            text = self.report.source(at.path)
            shown = [] if text is None else excerpt(text, label.span, mark="-", room=room)
            steps.append((label, at, shown))
        numbers = [line.number for part in (lines, *(shown for _, _, shown in steps)) for line in part]
        gutter = len(str(max(numbers, default=0))) + 1
        bar = paint("gutter", " " * gutter + " |")

        message = paint("message", escape(finding.message))
        yield f"{paint(severity, severity)}: {message} [{paint('rule', finding.rule)}]"
        within = "" if finding.fragment == "code" else f" (in {finding.fragment})"
        where = paint("place", f"{escape(place.path)}:{place.line}:{place.column}")
        yield f"{paint('gutter', ' ' * gutter + '-->')} {where}{within}"
        if lines:
            yield bar
            yield from self._excerpt(lines, gutter, severity)
            yield bar
        for number, (label, at, shown) in enumerate(steps, start=1):
            head = paint("step", f"step {number}:") if len(steps) > 1 else paint("step", "see:")
            yield f"{' ' * gutter} {head} {escape(at.path)}:{at.line}:{at.column}: {escape(label.message)}"
            yield from self._excerpt(shown, gutter, "step")
        if finding.help:
            yield from self._remark(gutter, "help", finding.help)
        if finding.fix is not None:
            yield from self._remark(gutter, "fix" if finding.fix.safe else "fix to review", finding.fix.title)

    def _excerpt(self, lines: list[ExcerptLine], gutter: int, style: str) -> Iterator[str]:
        paint = self.paint
        for line in lines:
            if line.kind is Kind.GAP:
                yield paint("gutter", line.text)
            elif line.kind is Kind.MARKS:
                yield f"{paint('gutter', ' ' * gutter + ' |')} {paint(style, line.text)}"
            else:
                yield f"{paint('gutter', f'{line.number:>{gutter}} |')} {line.text}".rstrip()

    def _remark(self, gutter: int, head: str, text: str) -> Iterator[str]:
        indent = " " * gutter + " = "
        text = escape(text)
        rest = " " * (len(indent) + len(head) + 2)
        if self.width is None or len(indent) + len(head) + 2 + len(text) <= self.width:
            lines = [text]
        else:
            lines = textwrap.wrap(text, max(_MIN_ROOM, self.width - len(rest)), break_long_words=False) or [
                ""
            ]
        yield f"{self.paint('gutter', indent)}{self.paint('help', head + ':')} {lines[0]}"
        yield from (rest + line for line in lines[1:])


def _statistics(report: Report, options: OutputOptions) -> list[str]:
    """How many findings each rule has, the most frequent first."""
    counts = Counter((finding.rule, finding.severity) for finding in report.findings)
    files: dict[tuple[str, Severity], set[str]] = {}
    for finding in report.findings:
        files.setdefault((finding.rule, finding.severity), set()).add(finding.path)
    ordered = sorted(counts, key=lambda key: (-counts[key], key))
    rows = [(str(counts[key]), str(len(files[key])), str(key[1]), key[0]) for key in ordered]
    head = ("findings", "files", "severity", "rule")
    return text_table(head, rows, right=(0, 1), styles=_STYLES, color=options.color)


def _verbose_lines(report: Report) -> Iterator[str]:
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
        yield f"silenced: {_count(sum(by.values()), 'finding')} ({ways})"


_WAYS: Final = {"config": "configuration"}


def _summary(report: Report, paint: Painter) -> str:
    """The last line: what was found in how much, and what was left out."""
    by = Counter(finding.severity for finding in report.findings)
    parts = ", ".join(
        paint(name if by[level] else "", _count(by[level], name))
        for level, name in ((Severity.ERROR, "error"), (Severity.WARNING, "warning"), (Severity.NOTE, "note"))
    )
    total = len(report.findings)
    found = (
        f"{paint('message', _count(total, 'finding'))} ({parts})" if total else paint("good", "no findings")
    )
    line = f"{found} in {_count(report.files, 'file')}"
    left_out = [(role, count) for role, count in report.skipped.items() if count]
    if left_out:
        left_out.sort(key=lambda item: (-item[1], item[0]))
        listed = ", ".join(f"{count:,} {role}" for role, count in left_out)
        line += f"; left out: {listed} {'file' if left_out[-1][1] == 1 else 'files'}"
    problems = [
        _count(len(some), name)
        for some, name in ((report.crashes, "rule crash"), (report.errors, "error"))
        if some
    ]
    if problems:
        line += f"; {paint('error', 'incomplete')}: {', '.join(problems)}"
    return line


def _count(number: int, name: str) -> str:
    if number == 1:
        return f"1 {name}"
    return f"{number:,} {name}{'es' if name.endswith('sh') else 's'}"
