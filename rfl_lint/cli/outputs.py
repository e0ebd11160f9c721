"""`--output FORMAT=FILE`: reports written to files, beside what standard output gets."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from rfl_lint.errors import SourceError, UsageError
from rfl_lint.output import FORMATS, TELL_PROBLEMS, OutputOptions, render
from rfl_lint.report import Report
from rfl_lint.rewrite import write_whole


class OutputFile(Struct, frozen=True):
    """A format and the file that a report goes to in it."""

    format: str
    file: Path


def read_outputs(given: Sequence[str]) -> tuple[OutputFile, ...]:
    """What the options ask for; raises UsageError naming the one that asks for nothing that can be."""
    found: list[OutputFile] = []
    for word in given:
        name, sign, file = word.partition("=")
        if not sign or not file:
            raise UsageError(f"--output {word}: write FORMAT=FILE, such as sarif=findings.sarif")
        if name not in FORMATS:
            raise UsageError(
                f"--output {word}: no output format is called `{name}`; there are {', '.join(FORMATS)}"
            )
        if file == "-":
            raise UsageError(f"--output {word}: what standard output gets is said by --output-format")
        if Path(file).is_dir():
            raise UsageError(f"--output {word}: {file} is a folder")
        if any(os.path.abspath(file) == os.path.abspath(other.file) for other in found):  # noqa: PTH100
            raise UsageError(f"--output {word}: {file} is written to twice")
        found.append(OutputFile(name, Path(file)))
    return tuple(found)


def write_outputs(report: Report, outputs: Sequence[OutputFile], options: OutputOptions) -> tuple[str, ...]:
    """Write the report to every file; what could not be written, and why.

    A report that is not complete goes only where it can say so: elsewhere what it lacks would count as mended.
    """
    problems: list[str] = []
    for output in outputs:
        if report.problems and output.format not in TELL_PROBLEMS:
            problems.append(
                f"{output.file}: not written: the run was not complete, which `{output.format}` cannot say"
            )
            continue
        text = io.StringIO()
        render(output.format, report, text, options)
        try:
            write_whole(output.file, text.getvalue().encode("utf-8", "surrogateescape"))
        except SourceError as error:
            problems.append(str(error))
    return tuple(problems)
