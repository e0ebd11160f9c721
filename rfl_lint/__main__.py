"""`rfl-lint` and `python -m rfl_lint`. Exit status: 0 clean, 1 findings, 2 could not do the job, nothing else."""

from __future__ import annotations

import os
import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line and leave the process with its status."""
    sys.exit(run())


def run() -> int:
    """Run the command line; the exit status."""
    from rfl_lint.cli.app import app  # noqa: PLC0415 - typer costs 50 ms; an import of this module must not

    try:
        status = app(with_revision(sys.argv[1:]), prog_name="rfl-lint", standalone_mode=False)
    except Exception as error:
        shown = _usage_error(error)
        if shown is None:
            raise
        return shown
    return status if isinstance(status, int) else 0


def with_revision(arguments: list[str]) -> list[str]:
    """The arguments, with HEAD behind a `--diff` that names no revision: a path, or nothing, follows."""
    found = []
    for at, word in enumerate(arguments):
        following = arguments[at + 1] if at + 1 < len(arguments) else "-"
        alone = word == "--diff" and (following.startswith("-") or os.path.lexists(following))
        found.append("--diff=HEAD" if alone else word)
    return found


def _usage_error(error: Exception) -> int | None:
    """Show a wrong usage in typer's own words; None if the error is none."""
    show = getattr(error, "show", None)
    if show is not None:
        show()
        return 2
    if type(error).__name__ == "Exit":
        return int(getattr(error, "exit_code", 0))
    return 2 if type(error).__name__ == "Abort" else None


if __name__ == "__main__":
    main()
