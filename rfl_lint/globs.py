"""The patterns of gitignore: what is wrong with one, and the paths that some of them match together."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable
from typing import Final

# A part between slashes that the path of no file has.
_NO_NAME: Final = re.compile(r"(?:^!?|/)\.\.?(?:/|$)|//")


def glob_fault(pattern: str) -> str | None:
    """Why a pattern can match no path as it is meant, and what to do; None where it can."""
    import pathspec  # noqa: PLC0415 - most runs have no patterns

    shown = f"`{pattern}`"
    if not pattern.strip():
        return f"{shown} is empty and matches no path: leave it out"
    if pattern.startswith("#"):
        return f"{shown} is a comment in gitignore's patterns: write `\\{pattern}` for a name that begins so"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", FutureWarning)  # brackets in brackets, which are not known
            (compiled,) = pathspec.GitIgnoreSpec.from_lines([pattern]).patterns
    except (ValueError, re.error, FutureWarning):
        compiled = None
    if compiled is not None and compiled.include is not None:
        if _NO_NAME.search(pattern) is None:
            return None
        return f"{shown} matches no path: paths begin at the root, without `.`, `..` or an empty name in them"
    if "[" in pattern:
        return (
            f"{shown} is no pattern of gitignore: a `[` is not closed, or holds what it cannot; "
            "write `\\[` for the character itself"
        )
    if pattern.endswith("\\"):
        return (
            f"{shown} is no pattern of gitignore: a `\\` stands before the character that it takes as it is"
        )
    return f"{shown} matches no path: name a file or folder, such as `drivers/staging/`"


def glob_matcher(patterns: Iterable[str]) -> Callable[[str], bool] | None:
    """What tells whether a path matches patterns, the last that speaks of it deciding; None where there are none."""
    patterns = tuple(patterns)
    if not patterns:
        return None
    import pathspec  # noqa: PLC0415 - as above

    return pathspec.GitIgnoreSpec.from_lines(patterns).match_file
