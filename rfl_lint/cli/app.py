"""The commands and their options. What a command does stands in a module imported when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rfl_lint.cli import options

app = typer.Typer(
    name="rfl-lint",
    help="A static linter for Rust-for-Linux code: no kernel build, no rustc.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


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
    select: options.Select = None,
    extend_select: options.ExtendSelect = None,
    ignore: options.Ignore = None,
    min_severity: options.MinSeverity = None,
    min_confidence: options.MinConfidence = None,
    doc_code: options.DocCode = False,
    fix: Annotated[
        bool, typer.Option("--fix", help="Apply the fixes that cannot change what the code means.")
    ] = False,
    unsafe_fixes: Annotated[
        bool, typer.Option("--unsafe-fixes", help="Apply or show the fixes to be reviewed, too.")
    ] = False,
    show_fixes: Annotated[
        bool, typer.Option("--show-fixes", help="Print the diff that --fix would make, and write nothing.")
    ] = False,
    add_suppressions: Annotated[
        str | None,
        typer.Option(
            metavar="REASON",
            help="Write a comment above everything found that allows it.",
            show_default=False,
        ),
    ] = None,
    output_format: options.OutputFormat = options.Format.TEXT,
    column_unit: options.Columns = options.ColumnUnit.CHARACTERS,
    output: options.Output = None,
    baseline: options.Baseline = None,
    no_baseline: options.NoBaseline = False,
    write_baseline: Annotated[
        bool,
        typer.Option("--write-baseline", help="Write all findings to the baseline: they are left out then."),
    ] = False,
    prune_baseline: Annotated[
        bool, typer.Option("--prune-baseline", help="Take out of the baseline what is no longer found.")
    ] = False,
    diff: Annotated[
        str | None,
        typer.Option(
            metavar="[REV]",
            help="Only what the working tree changed against a revision, HEAD if none is named.",
            show_default=False,
        ),
    ] = None,
    patch_file: Annotated[
        str | None,
        typer.Option("--patch", metavar="FILE", help="Only what a patch changes; `-` is standard input."),
    ] = None,
    stdin_filename: Annotated[
        str | None, typer.Option(metavar="PATH", help="Lint standard input as if it were this file.")
    ] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Lint again whenever a file changes, until Ctrl-C.")
    ] = False,
    tree: options.Tree = None,
    jobs: options.Jobs = None,
    no_cache: options.NoCache = False,
    statistics: options.Statistics = False,
    exit_zero: options.ExitZero = False,
    config: options.ConfigFile = None,
    isolated: options.Isolated = False,
    exclude: options.Exclude = None,
    force_exclude: options.ForceExclude = False,
    trust_plugins: options.TrustPlugins = False,
    color: options.Color = options.When.AUTO,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> int:
    """Lint files and trees."""
    from rfl_lint.cli.check import run_check  # noqa: PLC0415
    from rfl_lint.cli.settings import CheckRequest  # noqa: PLC0415
    from rfl_lint.cli.status import carried_out  # noqa: PLC0415

    return carried_out(
        lambda: run_check(
            CheckRequest(
                paths=tuple(paths or ()),
                select=options.names(select),
                extend_select=options.names(extend_select),
                ignore=options.names(ignore),
                min_severity=min_severity.value if min_severity else None,
                min_confidence=min_confidence.value if min_confidence else None,
                doc_code=doc_code,
                output_format=output_format.value,
                byte_columns=column_unit is options.ColumnUnit.BYTES,
                outputs=tuple(output or ()),
                baseline=baseline,
                no_baseline=no_baseline,
                write_baseline=write_baseline,
                prune_baseline=prune_baseline,
                watch=watch,
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
                add_suppressions=add_suppressions,
                diff=diff,
                patch=patch_file,
            )
        )
    )


@app.command()
def patch(
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FILE|-|A..B]...",
            help="Diffs, mails, mailboxes, review mails that quote a patch, or ranges of commits, one after the other.",
            show_default=False,
        ),
    ] = None,
    reply: Annotated[
        bool, typer.Option("--reply", help="Print a draft of a review mail. Nothing is ever sent.")
    ] = False,
    mailback: Annotated[
        bool, typer.Option("--mailback", help="The form of checkpatch, with the lines of the mail.")
    ] = False,
    nipa: Annotated[bool, typer.Option("--nipa", help="Exit 250 where there are only warnings.")] = False,
    select: options.Select = None,
    extend_select: options.ExtendSelect = None,
    ignore: options.Ignore = None,
    min_severity: options.MinSeverity = None,
    min_confidence: options.MinConfidence = None,
    doc_code: options.DocCode = False,
    output_format: options.OutputFormat = options.Format.TEXT,
    output: options.Output = None,
    baseline: options.Baseline = None,
    no_baseline: options.NoBaseline = False,
    tree: options.Tree = None,
    no_cache: options.NoCache = False,
    statistics: options.Statistics = False,
    exit_zero: options.ExitZero = False,
    config: options.ConfigFile = None,
    isolated: options.Isolated = False,
    trust_plugins: options.TrustPlugins = False,
    color: options.Color = options.When.AUTO,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> int:
    """Lint a patch or review mail. With --tree, or in a checkout, the tree is known too."""
    from rfl_lint.cli.patch import PatchRequest, run_patch  # noqa: PLC0415
    from rfl_lint.cli.settings import CheckRequest  # noqa: PLC0415
    from rfl_lint.cli.status import carried_out  # noqa: PLC0415

    return carried_out(
        lambda: run_patch(
            PatchRequest(
                sources=tuple(sources or ("-",)),
                reply=reply,
                mailback=mailback,
                nipa=nipa,
                check=CheckRequest(
                    select=options.names(select),
                    extend_select=options.names(extend_select),
                    ignore=options.names(ignore),
                    min_severity=min_severity.value if min_severity else None,
                    min_confidence=min_confidence.value if min_confidence else None,
                    doc_code=doc_code,
                    output_format="checkpatch" if mailback else output_format.value,
                    outputs=tuple(output or ()),
                    baseline=baseline,
                    no_baseline=no_baseline,
                    tree=tree,
                    no_cache=no_cache,
                    statistics=statistics,
                    exit_zero=exit_zero,
                    config=config,
                    isolated=isolated,
                    trust_plugins=trust_plugins,
                    color=color.value,
                    quiet=quiet,
                    verbose=verbose,
                    debug=debug,
                ),
            )
        )
    )


@app.command()
def report(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            help="Files and folders. Default: what git tracks of this folder.", show_default=False
        ),
    ] = None,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="The page; `-` is standard output.")
    ] = "rfl-lint-report.html",
    compare: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE|DIR",
            help="Show what is new and gone since an earlier report in JSON, or against another tree.",
            show_default=False,
        ),
    ] = None,
    title: Annotated[str, typer.Option(metavar="TEXT", help="The page's title.")] = "rfl-lint report",
    timestamp: Annotated[bool, typer.Option("--timestamp", help="Say when the page was made.")] = False,
    baseline: options.ReportBaseline = None,
    no_baseline: options.NoBaseline = False,
    select: options.Select = None,
    extend_select: options.ExtendSelect = None,
    ignore: options.Ignore = None,
    min_severity: options.MinSeverity = None,
    min_confidence: options.MinConfidence = None,
    doc_code: options.DocCode = False,
    tree: options.Tree = None,
    jobs: options.Jobs = None,
    no_cache: options.NoCache = False,
    exit_zero: options.ExitZero = False,
    config: options.ConfigFile = None,
    isolated: options.Isolated = False,
    exclude: options.Exclude = None,
    force_exclude: options.ForceExclude = False,
    trust_plugins: options.TrustPlugins = False,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> int:
    """Write the findings as one HTML page. It has filters and charts, compares, and needs nothing else."""
    from rfl_lint.cli.report import ReportRequest, run_report  # noqa: PLC0415
    from rfl_lint.cli.settings import CheckRequest  # noqa: PLC0415
    from rfl_lint.cli.status import carried_out  # noqa: PLC0415

    return carried_out(
        lambda: run_report(
            ReportRequest(
                output=output,
                compare=compare,
                title=title,
                timestamp=timestamp,
                check=CheckRequest(
                    paths=tuple(paths or ()),
                    baseline=baseline,
                    no_baseline=no_baseline,
                    select=options.names(select),
                    extend_select=options.names(extend_select),
                    ignore=options.names(ignore),
                    min_severity=min_severity.value if min_severity else None,
                    min_confidence=min_confidence.value if min_confidence else None,
                    doc_code=doc_code,
                    tree=tree,
                    jobs=jobs,
                    no_cache=no_cache,
                    exit_zero=exit_zero,
                    config=config,
                    isolated=isolated,
                    exclude=tuple(exclude or ()),
                    force_exclude=force_exclude,
                    trust_plugins=trust_plugins,
                    quiet=quiet,
                    debug=debug,
                ),
            )
        )
    )


@app.command()
def explain(
    rule: Annotated[
        str, typer.Argument(help="A rule, group, or lint of clippy.", autocompletion=_rule_names)
    ],
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
def context(
    function: Annotated[
        str, typer.Argument(help="A function: `flush`, `Process::flush`, `path.rs:LINE`.", show_default=False)
    ],
    tree: options.Tree = None,
    output_format: Annotated[
        options.ListFormat, typer.Option(help="Text for people, or JSON.")
    ] = options.ListFormat.TEXT,
    config: options.ConfigFile = None,
    isolated: options.Isolated = False,
    no_cache: options.NoCache = False,
    color: options.Color = options.When.AUTO,
) -> int:
    """Tell whether a function may sleep. And what it takes, and where from it is called."""
    from rfl_lint.cli.context import ContextRequest, run_context  # noqa: PLC0415
    from rfl_lint.cli.status import carried_out  # noqa: PLC0415

    request = ContextRequest(function, tree, output_format.value, config, isolated, no_cache, color.value)
    return carried_out(lambda: run_context(request))


@app.command()
def rules(
    output_format: Annotated[
        options.ListFormat, typer.Option(help="A table or JSON.")
    ] = options.ListFormat.TEXT,
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


@app.command()
def server(
    config: options.ConfigFile = None,
    isolated: options.Isolated = False,
    no_cache: options.NoCache = False,
    trust_plugins: options.TrustPlugins = False,
) -> int:
    """Serve an editor, as a language server. It speaks the protocol over standard input and output."""
    from rfl_lint.cli.server import ServerRequest, run_server  # noqa: PLC0415
    from rfl_lint.cli.status import carried_out  # noqa: PLC0415

    return carried_out(lambda: run_server(ServerRequest(config, isolated, no_cache, trust_plugins)))
