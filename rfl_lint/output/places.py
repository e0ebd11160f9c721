"""Where a finding is, as people and other programs count: lines and columns from 1, in characters."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from rfl_lint.report import Report, View
from rfl_lint.source import Span


class Place(Struct, frozen=True):
    """A span as positions; the end is the position right behind its last character.

    What a patch showed has the `mail_line` of the input too, 1-based, where there is one. Where a mail does not tell
    the file or the line, `is_known` is false, and path and line are those of the mail.
    """

    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    mail_line: int | None = None
    is_known: bool = True


def place_of(report: Report, path: str, span: Span) -> Place:
    """The place of a span; the very start of a file whose text cannot be had."""
    view = report.views.get(path)
    if span.end == 0 or (source := report.source(path)) is None:
        return Place(path if view is None else view.path or view.input_name, 1, 1, 1, 1)
    start = source.position(span.start)
    end = start if span.end <= span.start else source.position(span.end)
    place = Place(path, start.line, start.column, end.line, end.column)
    return place if view is None else _viewed(place, view)


def _viewed(place: Place, view: View) -> Place:
    """A place of a text that a patch showed, as lines of the file, or of the mail."""
    row = place.line - 1
    line, mail_line = view.lines.get(row), view.mail_lines.get(row)
    if view.path is not None and line is not None:
        end = view.lines.get(place.end_line - 1)
        return _ending(Place(view.path, line, place.column, line, place.column, mail_line), place, end)
    at = mail_line or 1
    shown = Place(view.input_name, at, place.column, at, place.column, mail_line, is_known=False)
    return _ending(shown, place, view.mail_lines.get(place.end_line - 1))


def _ending(shown: Place, place: Place, end: int | None) -> Place:
    """A place that ends where `place` does, on the line `end`; where it begins, if that line is not shown."""
    if end is None or end < shown.line:
        return shown
    return replace(shown, end_line=end, end_column=place.end_column)
