"""Output formats: which there are, and what they are told. One module renders each of them.

A format's module is imported when it is used, so that a run that prints one line per finding does not pay
for tables and colours.
"""

from __future__ import annotations

import importlib
from types import MappingProxyType
from typing import Final, TextIO

from msgspec import Struct

from rfl_lint.errors import UsageError
from rfl_lint.report import Report

FORMATS: Final = MappingProxyType(
    {
        "text": "rfl_lint.output.text",
        "concise": "rfl_lint.output.concise",
        "json": "rfl_lint.output.json_report",
        "jsonl": "rfl_lint.output.json_lines",
        "sarif": "rfl_lint.output.sarif",
        "github": "rfl_lint.output.github",
        "gitlab": "rfl_lint.output.gitlab",
        "junit": "rfl_lint.output.junit",
        "rdjson": "rfl_lint.output.rdjson",
        "rdjsonl": "rfl_lint.output.rdjson_lines",
        "checkpatch": "rfl_lint.output.checkpatch",
        "b4-json": "rfl_lint.output.b4_json",
    }
)
"""Format name to the module whose `render` makes it."""
TELL_PROBLEMS: Final = frozenset({"text", "json", "jsonl", "sarif", "junit"})
"""The formats in which a report says that the run was not complete."""


class OutputOptions(Struct, frozen=True):
    """How a report is to look; formats for machines ignore all of it.

    `width` is that of the terminal, None where there is none. `quiet` leaves out everything but findings,
    `verbose` adds what was silenced and what could not be parsed, `hints` how many findings could be fixed.
    `mailback` counts lines in the mail that holds a patch, `byte_columns` columns in bytes, for `concise` alone.
    """

    color: bool = False
    width: int | None = None
    statistics: bool = False
    verbose: bool = False
    quiet: bool = False
    hints: bool = True
    mailback: bool = False
    byte_columns: bool = False


def render(name: str, report: Report, out: TextIO, options: OutputOptions | None = None) -> None:
    """Write a report in the format called `name`; raises UsageError where there is none."""
    if name not in FORMATS:
        raise UsageError(f"no output format is called `{name}`; there are {', '.join(FORMATS)}")
    module = importlib.import_module(FORMATS[name])
    module.render(report, _encodable(out), options or OutputOptions())


def _encodable(out: TextIO) -> TextIO:
    """The stream, made to write what its encoding lacks as escapes instead of failing half-way through."""
    encoding = (getattr(out, "encoding", None) or "utf-8").lower().replace("_", "-")
    reconfigure = getattr(out, "reconfigure", None)
    if not encoding.startswith("utf") and reconfigure is not None:
        reconfigure(errors="backslashreplace")
    return out
