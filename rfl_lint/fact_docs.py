"""Which headings stand in the docs of which item, read off the lines alone."""

from __future__ import annotations

import re
from typing import Final

_RUN: Final = re.compile(rb"(?:^[ \t]*//[/!][^\n]*\n)+", re.MULTILINE)
_LINE: Final = re.compile(rb"//[/!] ?([^\n]*)")
_HEADING: Final = re.compile(rb"#{1,6}[ \t]+([^\n#]+?)[ \t#:]*$")


def doc_headings(data: bytes) -> dict[int, tuple[str, ...]]:
    """The headings of each run of doc comments that has any, lower case, by where the line after the run starts.

    Those of the file's own docs (`//!`) are listed under -1.
    """
    if b"/// #" not in data and b"//! #" not in data:
        return {}
    found: dict[int, tuple[str, ...]] = {}
    for run in _RUN.finditer(data):
        if b"/ #" in run[0] or b"! #" in run[0]:
            names = _headings(run[0])
            if names:
                key = -1 if run[0].lstrip().startswith(b"//!") else run.end()
                found[key] = (*found.get(key, ()), *names)
    return found


def _headings(run: bytes) -> tuple[str, ...]:
    names: list[str] = []
    fence = b""
    for line in _LINE.findall(run):
        text = line.strip()
        if fence:
            fence = b"" if text.startswith(fence) else fence
        elif text[:3] in (b"```", b"~~~"):
            fence = text[:3]
        else:
            heading = _HEADING.match(text)
            if heading is not None:
                names.append(heading[1].decode("utf-8", "replace").lower())
    return tuple(names)
