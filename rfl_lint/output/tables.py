"""Tables: aligned columns by rich for people, and Markdown for pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Final

_WIDE: Final = 10_000
"""Wider than any table, so that a pipe gets whole cells on one line each."""


def text_table(  # noqa: PLR0913 - keywords, all but two with defaults
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    right: Sequence[int] = (),
    styles: Mapping[str, str] | None = None,
    color: bool = False,
    width: int | None = None,
) -> list[str]:
    """The lines of a table without borders; `right` columns hold numbers, `styles` colours cells by text.

    With a `width` the last column is wrapped to fit.
    """
    from rich.console import Console  # noqa: PLC0415 - only when a table is drawn
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    styles = styles or {}
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for index, title in enumerate(head):
        justify = "right" if index in right else "left"
        table.add_column(title, justify=justify, no_wrap=index < len(head) - 1)  # type: ignore[arg-type]
    for row in rows:
        table.add_row(*(Text(cell, style=styles.get(cell, "")) for cell in row))
    out = StringIO()
    console = Console(
        file=out,
        width=width or _WIDE,
        force_terminal=color,
        color_system="standard" if color else None,
        no_color=not color,
    )
    console.print(table)
    return [line.rstrip() for line in out.getvalue().splitlines()]


def markdown_table(
    head: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()
) -> list[str]:
    """The lines of a Markdown table; bars inside cells are escaped."""
    line = ["---:" if index in right else "---" for index in range(len(head))]
    shown = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    return ["| " + " | ".join(row) + " |" for row in (head, line, *shown)]
