"""Where a finding is, as people and other programs count: lines and columns from 1, in characters."""

from __future__ import annotations

from dataclasses import dataclass

from rfl_lint.report import Report
from rfl_lint.source import Span


@dataclass(frozen=True, slots=True)
class Place:
    """A span as positions; the end is the position right behind its last character."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int


def place_of(report: Report, path: str, span: Span) -> Place:
    """The place of a span; the very start of a file whose text cannot be had."""
    if span.end == 0 or (source := report.source(path)) is None:
        return Place(path, 1, 1, 1, 1)
    start = source.position(span.start)
    end = start if span.end <= span.start else source.position(span.end)
    return Place(path, start.line, start.column, end.line, end.column)
