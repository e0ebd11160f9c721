"""The commands and their options. What a command does stands in a module imported when it runs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="rfl-lint",
    help="A static linter for Rust-for-Linux code: no kernel build, no rustc.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Format(StrEnum):
    """Output formats of `check`."""

    TEXT = "text"
    CONCISE = "concise"
    JSON = "json"
    JSONL = "jsonl"


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


def _version(wanted: bool) -> None:  # noqa: FBT001 - typer's callback
    if wanted:
        from rfl_lint.version import VERSION  # noqa: PLC0415

        typer.echo(f"rfl-lint {VERSION}")
        raise typer.Exit


def _rule_names() -> list[str]:
    from rfl_lint.registry import load_registry  # noqa: PLC0415 - only when the shell asks

    return list(load_registry().rules)


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Lint Rust-for-Linux code."""


@app.command()
def check(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            help="Files and folders; `-` is standard input. Default: what git tracks of this folder.",
            show_default=False,
        ),
    ] = None,
    select: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAMES", help="Rules, groups, `default`, `strict` or `all`, instead of the default set."
        ),
    ] = None,
    extend_select: Annotated[
        list[str] | None, typer.Option(metavar="NAMES", help="Rules or groups beside those selected.")
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option(metavar="NAMES", help="Rules or groups to leave out.")
    ] = None,
    min_severity: Annotated[
        SeverityName | None, typer.Option(help="Show findings of at least this severity.", show_default=False)
    ] = None,
    min_confidence: Annotated[
        ConfidenceName | None,
        typer.Option(help="Show findings of at least this confidence.", show_default=False),
    ] = None,
    doc_code: Annotated[
        bool, typer.Option("--doc-code", help="Look into the examples of doc comments too.")
    ] = False,
    fix: Annotated[
        bool, typer.Option("--fix", help="Apply the fixes that cannot change what the code means.")
    ] = False,
    unsafe_fixes: Annotated[
        bool, typer.Option("--unsafe-fixes", help="Apply or show the fixes to be reviewed, too.")
    ] = False,
    show_fixes: Annotated[
        bool, typer.Option("--show-fixes", help="Print the diff that --fix would make, and write nothing.")
    ] = False,
    output_format: Annotated[Format, typer.Option(help="How findings are printed.")] = Format.TEXT,
    stdin_filename: Annotated[
        str | None, typer.Option(metavar="PATH", help="Lint standard input as if it were this file.")
    ] = None,
    tree: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="The root of the tree, instead of the one the files lie in."),
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Worker processes. Default: one per processor.")
    ] = None,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Neither read nor write what earlier runs learned.")
    ] = False,
    statistics: Annotated[bool, typer.Option("--statistics", help="Count findings by rule.")] = False,
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="Exit 0 in spite of findings.")] = False,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Read this configuration, and no other.")
    ] = None,
    isolated: Annotated[bool, typer.Option("--isolated", help="Read no configuration.")] = False,
    exclude: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help="Leave out matching paths (gitignore patterns).")
    ] = None,
    force_exclude: Annotated[
        bool, typer.Option("--force-exclude", help="Exclude named files too, as folders are searched.")
    ] = False,
    trust_plugins: Annotated[
        bool, typer.Option("--trust-plugins", help="Load the rule files that the configuration names.")
    ] = False,
    color: Annotated[When, typer.Option(help="Use colour.")] = When.AUTO,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print findings only.")] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Tell what was silenced or not parsed.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Print tracebacks of rules that crash.")] = False,
) -> int:
    """Lint files and trees."""
    from rfl_lint.cli.check import run_check  # noqa: PLC0415
    from rfl_lint.cli.settings import CheckRequest  # noqa: PLC0415
    from rfl_lint.cli.status import carried_out  # noqa: PLC0415

    return carried_out(
        lambda: run_check(
            CheckRequest(
                paths=tuple(paths or ()),
                select=_names(select),
                extend_select=_names(extend_select),
                ignore=_names(ignore),
                min_severity=min_severity.value if min_severity else None,
                min_confidence=min_confidence.value if min_confidence else None,
                doc_code=doc_code,
                output_format=output_format.value,
                stdin_filename=stdin_filename,
                tree=tree,
                jobs=jobs,
                no_cache=no_cache,
                statistics=statistics,
                exit_zero=exit_zero,
                config=config,
                isolated=isolated,
                exclude=tuple(exclude or ()),
                force_exclude=force_exclude,
                trust_plugins=trust_plugins,
                color=color.value,
                quiet=quiet,
                verbose=verbose,
                debug=debug,
                fix=fix,
                unsafe_fixes=unsafe_fixes,
                show_fixes=show_fixes,
            )
        )
    )


def _names(given: list[str] | None) -> tuple[str, ...] | None:
    """Names given once or several times, with commas between or not."""
    if given is None:
        return None
    return tuple(name.strip() for item in given for name in item.split(",") if name.strip())


@app.command()
def explain(
    rule: Annotated[str, typer.Argument(help="The name of a rule.", autocompletion=_rule_names)],
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Read this configuration, and no other.")
    ] = None,
    trust_plugins: Annotated[
        bool, typer.Option("--trust-plugins", help="Load the rule files that the configuration names.")
    ] = False,
) -> int:
    """Print what a rule means, with examples."""
    from rfl_lint.cli.info import run_explain  # noqa: PLC0415
    from rfl_lint.cli.status import carried_out  # noqa: PLC0415

    return carried_out(lambda: run_explain(rule, config, trust=trust_plugins))


@app.command()
def rules(
    output_format: Annotated[ListFormat, typer.Option(help="A table or JSON.")] = ListFormat.TEXT,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Read this configuration, and no other.")
    ] = None,
    trust_plugins: Annotated[
        bool, typer.Option("--trust-plugins", help="Load the rule files that the configuration names.")
    ] = False,
) -> int:
    """List all rules."""
    from rfl_lint.cli.info import run_rules  # noqa: PLC0415
    from rfl_lint.cli.status import carried_out  # noqa: PLC0415

    return carried_out(lambda: run_rules(output_format.value, config, trust=trust_plugins))


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="Where to write `rfl-lint.toml`.")] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
) -> int:
    """Write a configuration file in which every setting is explained."""
    from rfl_lint.cli.info import run_init  # noqa: PLC0415
    from rfl_lint.cli.status import carried_out  # noqa: PLC0415

    return carried_out(lambda: run_init(folder, force=force))
