"""`rfl-lint` and `python -m rfl_lint`: the one place where errors become messages and exit statuses.

0 clean, 1 findings, 2 could not do the job. Nothing else.
"""

from __future__ import annotations

import os
import sys
from typing import NoReturn

from rfl_lint.errors import RflLintError


def main() -> NoReturn:
    """Run the command line and leave the process with its status."""
    sys.exit(run())


def run() -> int:
    """Run the command line; the exit status."""
    from rfl_lint.cli.app import app  # noqa: PLC0415 - typer costs 50 ms; an import of this module must not

    try:
        status = app(prog_name="rfl-lint", standalone_mode=False)
        sys.stdout.flush()
    except RflLintError as error:
        _complain(str(error))
        return 2
    except BrokenPipeError:
        # The reader has gone. Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 2
    except KeyboardInterrupt:
        _complain("interrupted: nothing more is printed, what was printed may be part of the findings")
        return 2
    except Exception as error:
        shown = _click_error(error)
        if shown is None:
            raise
        return shown
    return status if isinstance(status, int) else 0


def _click_error(error: Exception) -> int | None:
    """Show a usage error in typer's own words; None if it is not one."""
    show = getattr(error, "show", None)
    if show is not None:
        show()
        return 2
    if type(error).__name__ == "Abort":
        _complain("aborted")
        return 2
    if type(error).__name__ == "Exit":
        return int(getattr(error, "exit_code", 0))
    return None


def _complain(message: str) -> None:
    print(f"rfl-lint: error: {message}", file=sys.stderr)  # noqa: T201 - this is what stderr is for


if __name__ == "__main__":
    main()
