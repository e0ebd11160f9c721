"""The colours of what is printed for people. Coloured output holds the same characters as plain one."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

STYLES: Final = {
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


class Painter(Struct, frozen=True):
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
    for name, definition in STYLES.items():
        before, _, after = (
            Style.parse(definition).render("\0", color_system=ColorSystem.STANDARD).partition("\0")
        )
        codes[name] = (before, after)
    return Painter(codes)
