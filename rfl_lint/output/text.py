"""The report for people: each finding with its source, the steps that led to it, and what to do.

Piped and coloured output hold the same characters; colour only wraps them. The lines are built as plain
strings and styled in whole pieces: rich is asked once for each style, not once for each finding.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Final, TextIO

from msgspec import Struct
from msgspec.structs import replace

from rfl_lint.finding import Finding
from rfl_lint.output import OutputOptions
from rfl_lint.output.escape import escape
from rfl_lint.output.excerpt import DEFAULT_ROOM, ExcerptLine, Kind, excerpt
from rfl_lint.output.paint import Painter, make_painter
from rfl_lint.output.places import place_of
from rfl_lint.output.remarks import fixable, statistics, summary, verbose_lines
from rfl_lint.report import Report
from rfl_lint.source import SourceFile, Span

_MIN_ROOM: Final = 40
_STEP_LINES: Final = 3
"""A related place of more lines is shown by its first one."""


def render(report: Report, out: TextIO, options: OutputOptions) -> None:
    """Write the findings, then counts and the summary line."""
    paint = make_painter(color=options.color)
    writer = _Writer(report, paint, options.width)
    out.writelines("\n".join(writer.finding(finding)) + "\n\n" for finding in report.findings)
    if options.statistics and report.findings:
        out.write("\n".join(statistics(report, options)) + "\n\n")
    if options.verbose:
        out.writelines(line + "\n" for line in verbose_lines(report))
    if not options.quiet:
        out.write(summary(report, paint) + "\n")
        if options.hints and (line := fixable(report)):
            out.write(line + "\n")


class _Writer(Struct, frozen=True):
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
        lines = [] if source is None else self._shown(source, finding.span, room, context=1)
        steps = []
        for label in finding.related:
            at = place_of(self.report, label.path or finding.path, label.span)
            text = self.report.source(label.path or finding.path)
            shown = [] if text is None else self._shown(text, _head(text, label.span), room, mark="-")
            steps.append((label, at, shown))
        numbers = [line.number for part in (lines, *(shown for _, _, shown in steps)) for line in part]
        gutter = len(str(max(numbers, default=0))) + 1
        bar = paint("gutter", " " * gutter + " |")

        message = paint("message", escape(finding.message))
        yield f"{paint(severity, severity)}: {message} [{paint('rule', finding.rule)}]"
        within = "" if finding.fragment == "code" else f" (in {finding.fragment})"
        where = paint("place", f"{escape(place.path)}:{place.line}:{place.column}")
        if place.is_known and place.mail_line is not None:
            within += f" (line {place.mail_line} of the mail)"
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

    def _shown(
        self, source: SourceFile, span: Span, room: int, *, context: int = 0, mark: str = "^"
    ) -> list[ExcerptLine]:
        """An excerpt whose lines are counted as the place is: in the file, or in the mail that shows it."""
        lines = excerpt(source, span, mark=mark, context=context, room=room)
        view = self.report.views.get(source.path)
        if view is None:
            return lines
        rows = {line.number - 1 for line in lines if line.kind is Kind.SOURCE}
        known = view.path is not None and all(
            view.lines.get(row) is not None for row in rows & view.lines.keys()
        )
        numbers = view.lines if known else view.mail_lines
        return [
            line if line.kind is not Kind.SOURCE else replace(line, number=numbers.get(line.number - 1) or 0)
            for line in lines
            if line.kind is not Kind.SOURCE or line.number - 1 in view.lines
        ]

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


def _head(source: SourceFile, span: Span) -> Span:
    """What is shown of a related place: its first line where there are many, such as a whole item."""
    first = source.row(min(span.start, len(source.data)))
    if source.row(max(span.start, span.end - 1)) - first < _STEP_LINES:
        return span
    return Span(span.start, max(span.start, source.row_span(first).end))
