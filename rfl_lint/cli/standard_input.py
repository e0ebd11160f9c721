"""Standard input: that it may be closed, and that a terminal waits for somebody who may not know it."""

from __future__ import annotations

import sys

from rfl_lint.cli.status import say
from rfl_lint.errors import UsageError


def read_stdin(what: str, instead: str, limit: int = -1) -> bytes:
    """The bytes of standard input; `what` it should hold and what to type `instead` are told at a terminal."""
    if sys.stdin is None:
        raise UsageError(f"standard input is closed: no {what} can be read from it")
    if sys.stdin.isatty():
        say(f"note: reading a {what} from the terminal: Ctrl-D ends it; {instead}")
    return sys.stdin.buffer.read(limit)
