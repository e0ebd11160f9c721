"""Options that several commands have, and the words that they take."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Format(StrEnum):
    """Output formats of `check` and `patch`."""

    TEXT = "text"
    CONCISE = "concise"
    JSON = "json"
    JSONL = "jsonl"
    SARIF = "sarif"
    GITHUB = "github"
    GITLAB = "gitlab"
    JUNIT = "junit"
    RDJSON = "rdjson"
    RDJSONL = "rdjsonl"
    CHECKPATCH = "checkpatch"
    B4_JSON = "b4-json"


class ColumnUnit(StrEnum):
    """What columns are counted in."""

    CHARACTERS = "characters"
    BYTES = "bytes"


class SeverityName(StrEnum):
    """Severities as words."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


class ConfidenceName(StrEnum):
    """Confidences as words."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class When(StrEnum):
    """When to use colour."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class ListFormat(StrEnum):
    """Output formats of `rules`."""

    TEXT = "text"
    JSON = "json"


def names(given: list[str] | None) -> tuple[str, ...] | None:
    """Names given once or several times, with commas between or not; an item without any is an empty name."""
    if given is None:
        return None
    return tuple(
        name for item in given for name in [part.strip() for part in item.split(",") if part.strip()] or [""]
    )


def _completed(incomplete: str) -> list[str]:
    """What a shell offers where names are asked for, several of them with commas between."""
    from rfl_lint.registry import KEYWORDS, load_registry  # noqa: PLC0415 - only when the shell asks

    registry = load_registry()
    before, comma, _ = incomplete.rpartition(",")
    return [before + comma + name for name in (*KEYWORDS, *registry.groups, *registry.rules)]


Select = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAMES",
        help="Rules, groups, `default`, `strict` or `all`, instead of the default set.",
        autocompletion=_completed,
    ),
]

ExtendSelect = Annotated[
    list[str] | None,
    typer.Option(metavar="NAMES", help="Rules or groups beside those selected.", autocompletion=_completed),
]

Ignore = Annotated[
    list[str] | None,
    typer.Option(metavar="NAMES", help="Rules or groups to leave out.", autocompletion=_completed),
]

MinSeverity = Annotated[
    SeverityName | None, typer.Option(help="Show findings of at least this severity.", show_default=False)
]

MinConfidence = Annotated[
    ConfidenceName | None,
    typer.Option(help="Show findings of at least this confidence.", show_default=False),
]

DocCode = Annotated[
    bool, typer.Option("--doc-code", help="Look into the examples of doc comments that rustdoc compiles.")
]

OutputFormat = Annotated[Format, typer.Option(help="How findings are printed.")]

Columns = Annotated[
    ColumnUnit, typer.Option(help="What the format `concise` counts columns in: editors differ.")
]

Output = Annotated[
    list[str] | None,
    typer.Option(
        metavar="FORMAT=FILE",
        help="Write a report to a file too; may be given several times.",
        show_default=False,
    ),
]

Baseline = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Leave out the findings that this file holds, instead of `.rfl-lint-baseline.json` at the root.",
        show_default=False,
    ),
]

ReportBaseline = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Show what is new and gone against this baseline, instead of `.rfl-lint-baseline.json` at the root.",
        show_default=False,
    ),
]

NoBaseline = Annotated[bool, typer.Option("--no-baseline", help="Leave out no finding for a baseline.")]

Tree = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="The root of the tree, instead of the one the files lie in."),
]

NoCache = Annotated[
    bool, typer.Option("--no-cache", help="Neither read nor write what earlier runs learned.")
]

Jobs = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="Worker processes. Default: one per processor.")
]

Exclude = Annotated[
    list[str] | None, typer.Option(metavar="GLOB", help="Leave out matching paths (gitignore patterns).")
]

ForceExclude = Annotated[
    bool, typer.Option("--force-exclude", help="Exclude named files too, as folders are searched.")
]

Statistics = Annotated[bool, typer.Option("--statistics", help="Count findings by rule.")]

ExitZero = Annotated[bool, typer.Option("--exit-zero", help="Exit 0 in spite of findings.")]

ConfigFile = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Read this configuration, and no other.")
]

Isolated = Annotated[bool, typer.Option("--isolated", help="Read no configuration.")]

TrustPlugins = Annotated[
    bool, typer.Option("--trust-plugins", help="Load the rule files that the configuration names.")
]

Color = Annotated[When, typer.Option(help="Use colour.")]

Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print findings only.")]

Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Tell what was silenced or not parsed.")]

Debug = Annotated[bool, typer.Option("--debug", help="Print tracebacks of rules that crash.")]
