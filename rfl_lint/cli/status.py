"""From whatever happens while a command runs to an exit status: 0, 1 or 2, and words on stderr."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable

from rfl_lint.errors import RflLintError
from rfl_lint.output.escape import escape


def carried_out(work: Callable[[], int]) -> int:
    """Do a command's work; what it raises becomes a message and status 2.

    This stands inside the commands, because typer would give statuses of its own to an interrupt and to a reader
    that has gone.
    """
    if sys.stdout is None:
        say("error: standard output is closed: nothing could be printed")
        return 2
    try:
        status = work()
        sys.stdout.flush()
    except RflLintError as error:
        say(f"error: {error}")
        return 2
    except KeyboardInterrupt:
        say("error: interrupted: what was printed may be part of the findings")
        _drop_output()
        return 2
    except BrokenPipeError:
        _drop_output()
        return 2
    except OSError as error:
        say(f"error: {error.filename or 'standard output'}: {error.strerror or error}")
        _drop_output()
        return 2
    except Exception as error:  # noqa: BLE001 - a fault of rfl-lint's own is no finding
        say(f"error: a fault in rfl-lint itself: {type(error).__name__}: {error}")
        for line in traceback.format_exc().splitlines():
            say_line(line)
        return 2
    return status


def say(message: str) -> None:
    """Print a message for people on stderr; what comes from the linted tree is made safe to print."""
    say_line(f"rfl-lint: {message}")


def say_line(line: str) -> None:
    """Print one line on stderr, control and bidi characters escaped."""
    if sys.stderr is not None:
        print(escape(line), file=sys.stderr)  # noqa: T201 - this is what stderr is for


def _drop_output() -> None:
    """Let Python's flush at exit find nothing to complain of: nobody reads any more, or nothing can be written."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - for the rest of the process
