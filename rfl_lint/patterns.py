"""Parts of regular expressions that several modules look for."""

from __future__ import annotations

import re
from typing import Final

COMMENT: Final = re.compile(r"//[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
"""A comment in the text of Rust that holds no string; one that nobody closes goes to the end."""


def plain_name(name: str) -> str:
    """A name as it is compared: `r#type` is `type`, kept apart from the keyword."""
    return name.removeprefix("r#")


def word(letters: bytes) -> bytes:
    r"""A pattern for a word from its beginning on, as `\bletters` has it.

    The letters come first and the boundary behind them: so the engine looks for them alone, ten times as fast.
    """
    escaped = re.escape(letters)
    return escaped + rb"(?<!\w" + escaped + rb")"
