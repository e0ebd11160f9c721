"""`rfl-lint check`: settings from options and configuration, a run, a report, an exit status."""

from __future__ import annotations

import gc
import os
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from rfl_lint.batch import Plan, lint_text
from rfl_lint.cli.progress import Progress
from rfl_lint.cli.status import say, say_line
from rfl_lint.config import (
    CONFIDENCES,
    SEVERITIES,
    Config,
    check_names,
    find_config,
    make_rule,
    read_config,
    user_config,
)
from rfl_lint.engine import Lint
from rfl_lint.errors import ConfigError, PluginError, UsageError
from rfl_lint.finding import Level, Severity
from rfl_lint.inputs.files import FileFinder, Selection, Target, relative_path
from rfl_lint.output import OutputOptions, render
from rfl_lint.registry import Registry, load_registry
from rfl_lint.report import Report
from rfl_lint.run import Filter, make_report, run_targets
from rfl_lint.source import SourceFile
from rfl_lint.store import cache_folder
from rfl_lint.suppress import ENGINE_RULES

_STDIN: Final = "-"


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """The options of one `check`, as given; None where the configuration or a default decides."""

    paths: tuple[str, ...] = ()
    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] | None = None
    min_severity: str | None = None
    min_confidence: str | None = None
    doc_code: bool = False
    output_format: str = "text"
    stdin_filename: str | None = None
    tree: Path | None = None
    jobs: int | None = None
    no_cache: bool = False
    statistics: bool = False
    exit_zero: bool = False
    config: Path | None = None
    isolated: bool = False
    exclude: tuple[str, ...] = ()
    force_exclude: bool = False
    trust_plugins: bool = False
    color: str = "auto"
    quiet: bool = False
    verbose: bool = False
    debug: bool = False


@dataclass(frozen=True)
class Setup:
    """What options and configuration together ask for."""

    plan: Plan
    chosen: Filter
    finder: FileFinder
    failures: tuple[PluginError, ...]


def run_check(request: CheckRequest) -> int:
    """Lint, print, and return the exit status."""
    # Linting makes many small objects that live until their file is done: looking through them every 700 new
    # ones, as Python does unless told otherwise, takes a tenth of the run.
    gc.set_threshold(100_000, 20, 20)
    if request.tree is not None and not request.tree.is_dir():
        raise UsageError(f"--tree {request.tree}: no such folder")
    setup = prepare(request)
    report = _stdin_report(request, setup) if _reads_stdin(request) else _files_report(request, setup)
    color = wants_color(request.color, sys.stdout.isatty())
    width = _terminal_width() if sys.stdout.isatty() else None
    options = OutputOptions(color, width, request.statistics, request.verbose, request.quiet)
    render(request.output_format, report, sys.stdout, options)
    sys.stdout.flush()
    if request.output_format == "concise" and not request.quiet:
        _aside(report, request)
    _complain(report, setup.failures, debug=request.debug)
    if report.errors or report.crashes or setup.failures:
        return 2
    if request.exit_zero:
        return 0
    return 1 if any(finding.severity > Severity.NOTE for finding in report.findings) else 0


def _aside(report: Report, request: CheckRequest) -> None:
    """What was asked for and has no place in a format that holds findings alone."""
    if request.statistics:
        counts = Counter(finding.rule for finding in report.findings)
        for rule, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
            say(f"{count:7} {rule}")
    if request.verbose:
        left = ", ".join(f"{count} {why}" for why, count in report.skipped.items())
        say(f"{len(report.findings)} findings in {report.files} files; left out: {left or 'nothing'}")
        say(f"{report.fragments_parsed} of {report.fragments_met} pieces of hidden Rust parsed")
        for path, lines in report.unparsed.items():
            say(f"not parsed: {path}: line {', '.join(str(line) for line in lines)}")
        for finding in report.silenced:
            say(
                f"silenced by {finding.silenced.value if finding.silenced else ''}: {finding.path}: {finding.rule}"
            )


def prepare(request: CheckRequest) -> Setup:
    """Put options, configuration and rules together; raises on anything that names nothing."""
    config, trusted = _config(request)
    registry, failures = _registry(config, trusted=trusted)
    check_names(config, {**registry.rules, **dict.fromkeys(ENGINE_RULES)})
    selected, strict = _selected(request, config, registry)
    rules = [make_rule(registry.rules[name], config) for name in selected]
    lint = Lint(
        rules=rules,
        strict_rules=strict,
        doc_code=request.doc_code or config.doc_code,
        known_rules=frozenset({*registry.rules, *ENGINE_RULES}),
        tables=config.tables,
    )
    chosen = Filter(
        min_severity=SEVERITIES[request.min_severity] if request.min_severity else config.min_severity,
        min_confidence=CONFIDENCES[request.min_confidence]
        if request.min_confidence
        else config.min_confidence,
        severities={name: rule.severity for name, rule in config.rules.items() if rule.severity is not None},
        fixes={name: rule.fix for name, rule in config.rules.items() if rule.fix is not None},
        overrides=config.overrides,
        expand=_Expander(registry, config.path),
    )
    finder = FileFinder(
        (*config.exclude, *request.exclude), tree=request.tree, force_exclude=request.force_exclude
    )
    plan = Plan(lint, request.jobs, None if request.no_cache else cache_folder())
    return Setup(plan, chosen, finder, failures)


def registry_of(request: CheckRequest) -> Registry:
    """The rules that a command sees, those of the configuration's rule files included where they are trusted."""
    config, trusted = _config(request)
    registry, failures = _registry(config, trusted=trusted)
    for failure in failures:
        say(f"error: {failure}")
    return registry


def _registry(config: Config, *, trusted: bool) -> tuple[Registry, tuple[PluginError, ...]]:
    registry = load_registry(config.plugins if trusted else (), trust=trusted)
    if config.plugins and not trusted:
        names = ", ".join(str(path) for path in config.plugins)
        say(f"note: rule files named in {config.path} are not loaded without --trust-plugins: {names}")
    levels = {name: rule.level for name, rule in config.rules.items() if rule.level is not None}
    return replace(registry, levels=levels), registry.failures


@dataclass(frozen=True, slots=True)
class _Expander:
    """What a name in the configuration stands for; a wrong one is an error that names the file."""

    registry: Registry
    path: Path | None

    def __call__(self, word: str, key: str = "overrides.ignore") -> list[str]:
        try:
            return self.registry.expand(word)
        except UsageError as error:
            raise ConfigError(f"{self.path}: {key}: {error}") from error


def _config(request: CheckRequest) -> tuple[Config, bool]:
    """The configuration in force and whether the rule files it names may be loaded."""
    if request.config is not None and request.isolated:
        raise UsageError("--config and --isolated contradict each other")
    if request.isolated:
        return Config(), False
    if request.config is not None:
        if not request.config.is_file():
            raise ConfigError(f"{request.config}: no such file")
        return read_config(request.config), request.trust_plugins
    path = find_config(_start(request))
    if path is not None:
        return read_config(path), request.trust_plugins
    own = user_config()
    return (read_config(own), True) if own is not None else (Config(), False)


def _start(request: CheckRequest) -> Path:
    """Where the search for a configuration begins: the tree, else the first path, else here."""
    if request.tree is not None:
        return request.tree.resolve()
    named = [path for path in request.paths if path != _STDIN]
    first = named[0] if named else request.stdin_filename or "."
    absolute = Path(os.path.abspath(first))  # noqa: PTH100 - a link is looked up where it stands
    return absolute if os.path.isdir(absolute) else absolute.parent


def _selected(request: CheckRequest, config: Config, registry: Registry) -> tuple[list[str], frozenset[str]]:
    """The rules to run, and those of them whose strict part runs too."""
    configured = _Expander(registry, config.path)
    words: dict[str, list[str]] = {}
    for word in request.select if request.select is not None else ():
        words[word] = registry.expand(word)
    if request.select is None:
        words.update((word, configured(word, "select")) for word in config.select or ("default",))
    words.update((word, configured(word, "extend-select")) for word in config.extend_select)
    words.update((word, registry.expand(word)) for word in request.extend_select or ())
    chosen = {name for names in words.values() for name in names}
    chosen -= {name for word in config.ignore for name in configured(word, "ignore")}
    chosen -= {name for word in request.ignore or () for name in registry.expand(word)}
    strict = {name for name in chosen if name in words or "all" in words or "strict" in words}
    strict |= {name for name, rule in config.rules.items() if rule.strict}
    strict |= {name for name in chosen if registry.rules[name].meta.level is Level.STRICT}
    if not chosen and registry.rules:
        raise UsageError("the selection leaves no rule to run")
    return [name for name in registry.rules if name in chosen], frozenset(strict)


def _reads_stdin(request: CheckRequest) -> bool:
    if _STDIN in request.paths and len(request.paths) > 1:
        raise UsageError("`-` (standard input) cannot be linted together with other paths")
    if request.stdin_filename is not None and request.paths not in ((), (_STDIN,)):
        raise UsageError("--stdin-filename names standard input: give no other path with it")
    return request.paths == (_STDIN,) or request.stdin_filename is not None


def _stdin_report(request: CheckRequest, setup: Setup) -> Report:
    name = request.stdin_filename or "stdin.rs"
    absolute = Path(os.path.abspath(name))  # noqa: PTH100
    root = setup.finder.root_of(absolute.parent)
    path = relative_path(absolute, root) if not _outside(absolute, root) else Path(name).name
    source = SourceFile(path, sys.stdin.buffer.read())
    target = Target(absolute, path, setup.finder.tree_at(root))
    _note_problems([target], setup)
    return make_report([lint_text(source, target, setup.plan)], setup.chosen)


def _outside(path: Path, root: Path) -> bool:
    return root not in path.parents


def _files_report(request: CheckRequest, setup: Setup) -> Report:
    if "" in request.paths:
        raise UsageError("an empty path names no file; `.` is the current folder")
    paths = [Path(path) for path in request.paths or (".",)]
    selection = setup.finder.add(paths)
    if not selection.targets and not selection.errors:
        _note_nothing(paths, selection)
    _note_problems(selection.targets, setup)
    with Progress(len(selection.targets), shown=not request.quiet and sys.stderr.isatty()) as progress:
        return run_targets(selection, setup.plan, setup.chosen, progress=progress.advance)


def _note_nothing(paths: Sequence[Path], selection: Selection) -> None:
    where = ", ".join(str(path) for path in paths)
    left = ", ".join(f"{count} {why}" for why, count in selection.skipped.items())
    say(f"note: no Rust files to lint in {where}{f' (left out: {left})' if left else ''}")


def _note_problems(targets: Sequence[Target], setup: Setup) -> None:
    """What the rules have to say of the trees, once for each."""
    for tree in dict.fromkeys(target.tree for target in targets):
        for rule in setup.plan.lint.rules:
            for problem in rule.problems(tree):
                say(f"note: {tree.root}: {problem} (rule {rule.meta.name})")


def _complain(report: Report, failures: Sequence[PluginError], *, debug: bool) -> None:
    for failure in failures:
        say(f"error: {failure}")
    for error in report.errors:
        say(f"error: {error}")
    for crash in report.crashes:
        what = f"{crash.error}; its other findings there are missing"
        say(f"error: rule {crash.rule} crashed on {crash.path}: {what}")
        for line in crash.trace.splitlines() if debug else ("  --debug shows where",):
            say_line(line)


def wants_color(when: str, terminal: bool) -> bool:  # noqa: FBT001
    """Whether to colour: the option, then NO_COLOR, FORCE_COLOR, then whether it is a terminal that can."""
    if when != "auto":
        return when == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return terminal and os.environ.get("TERM") != "dumb"


def _terminal_width() -> int:
    import shutil  # noqa: PLC0415

    return shutil.get_terminal_size().columns
