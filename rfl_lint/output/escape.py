r"""The one place that makes text of linted files safe to print.

A linter prints other people's patches on a maintainer's terminal: a control character could move the
cursor or rewrite what stands there, and a bidirectional override could show code in another order than the
compiler reads it. All of these are shown as Rust would write them, `\u{202e}`.
"""

from __future__ import annotations

from typing import Final

_SHORT: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def escape(text: str) -> str:
    """The text with every character that is not plainly printable escaped.

    Python's notion of printable leaves out exactly what is wanted: control and format characters (bidi,
    zero-width, byte order marks), line and paragraph separators, spaces other than the ordinary one, lone
    surrogates (bytes of a path that are not UTF-8) and what Unicode has not assigned.
    """
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else _SHORT.get(char) or f"\\u{{{ord(char):x}}}" for char in text
    )
