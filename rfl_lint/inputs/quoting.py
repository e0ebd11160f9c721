"""How deep each line of a mail is quoted, and what it says without the `>`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from rfl_lint.inputs.mail import TextLine

_QUOTE: Final = re.compile(r">(?: ?>)*")
_LONGEST_CUT: Final = 120
# Nobody quotes deeper. Readers go through a text once for each depth.
_DEEPEST: Final = 32
# A reviewer's word for "here I left something out".
_LEFT_OUT: Final = r"(?:\.+ *)?(?:snip|snipped|trimmed|cut|skipped|many lines|elided)\b[^>\])]*"
_CUT: Final = re.compile(
    r"[ \t]*(?:[\[(<{]?[ \t]*(?:\.{2,}|\u2026|" + _LEFT_OUT + r")[ \t]*[\])>}]?|-+ ?8< ?-*.*)[ \t]*",
    re.IGNORECASE,
)


class QuotedLine(Struct, frozen=True):
    """A line of a message: how many `>` stand before it, and the rest behind them and one space.

    `row` counts the message's own lines from 0, `number` the input's from 1.
    """

    depth: int
    text: str
    number: int
    row: int

    @property
    def is_cut(self) -> bool:
        """Whether it says that something was left out here: `[...]`, `....`, `[snip]`."""
        return (
            len(self.text) <= _LONGEST_CUT
            and bool(self.text.strip())
            and _CUT.fullmatch(self.text) is not None
        )


def unquoted(lines: Iterable[TextLine]) -> list[QuotedLine]:
    """The lines of a message with their quoting taken off."""
    found = []
    for row, line in enumerate(lines):
        match = _QUOTE.match(line.text)
        if match is None:
            found.append(QuotedLine(0, line.text, line.number, row))
            continue
        rest = line.text[match.end() :]
        found.append(QuotedLine(min(match[0].count(">"), _DEEPEST), rest.removeprefix(" "), line.number, row))
    return found
