"""What a run is asked for: options and configuration together, the rules they select, whether to colour."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final, TextIO

from msgspec import Struct
from msgspec.structs import replace

from rfl_lint.batch import Plan
from rfl_lint.cli.outputs import OutputFile, read_outputs
from rfl_lint.cli.status import say
from rfl_lint.config import (
    CONFIDENCES,
    FILE_NAMES,
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
from rfl_lint.finding import Level
from rfl_lint.globs import glob_fault
from rfl_lint.inputs.files import FileFinder
from rfl_lint.output import OutputOptions
from rfl_lint.registry import Registry, load_registry
from rfl_lint.run import Filter
from rfl_lint.store import cache_folder
from rfl_lint.suppress import ENGINE_RULES

STDIN: Final = "-"
"""What stands for standard input among the paths."""


class CheckRequest(Struct, frozen=True):
    """The options of one `check`, as given; None where the configuration or a default decides."""

    paths: tuple[str, ...] = ()
    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] | None = None
    min_severity: str | None = None
    min_confidence: str | None = None
    doc_code: bool = False
    output_format: str = "text"
    byte_columns: bool = False
    outputs: tuple[str, ...] = ()
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
    fix: bool = False
    unsafe_fixes: bool = False
    show_fixes: bool = False
    add_suppressions: str | None = None
    diff: str | None = None
    patch: str | None = None
    baseline: Path | None = None
    no_baseline: bool = False
    write_baseline: bool = False
    prune_baseline: bool = False
    watch: bool = False


def rewrites(request: CheckRequest) -> bool:
    """Whether files are to be changed, or to be shown as they would be."""
    return request.fix or request.show_fixes or request.add_suppressions is not None


class Setup(Struct, frozen=True):
    """What options and configuration together ask for."""

    plan: Plan
    chosen: Filter
    finder: FileFinder
    failures: tuple[PluginError, ...]
    outputs: tuple[OutputFile, ...] = ()
    config: Path | None = None


def prepare(request: CheckRequest) -> Setup:
    """Put options, configuration and rules together; raises on anything that names nothing."""
    outputs = read_outputs(request.outputs)
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
    for pattern in request.exclude:
        if (fault := glob_fault(pattern)) is not None:
            raise UsageError(f"--exclude: {fault}")
    finder = FileFinder(
        (*config.exclude, *request.exclude), tree=request.tree, force_exclude=request.force_exclude
    )
    plan = Plan(lint, request.jobs, None if request.no_cache else cache_folder())
    return Setup(plan, chosen, finder, failures, outputs, config.path)


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


def check_tree(folder: Path | None) -> None:
    """Raise UsageError where what `--tree` names is no folder."""
    if folder is not None and not folder.is_dir():
        what = (
            "a file; name the folder it lies in, the root of its tree"
            if folder.exists()
            else "no such folder"
        )
        raise UsageError(f"--tree {folder}: {what}")


class _Expander(Struct, frozen=True):
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
        return read_config(_named_config(request.config)), request.trust_plugins
    path = find_config(_start(request))
    if path is not None:
        return read_config(path), request.trust_plugins
    own = user_config()
    return (read_config(own), True) if own is not None else (Config(), False)


def _named_config(path: Path) -> Path:
    """The file that `--config` names; raises ConfigError where it is none."""
    if path.is_file():
        return path
    if path.is_dir():
        names = (path / name for name in FILE_NAMES)
        held = next((name for name in names if name.is_file()), path / FILE_NAMES[0])
        more = "" if held.is_file() else ", which `rfl-lint init` writes"
        raise ConfigError(f"--config {path}: a folder; name the file in it: --config {held}{more}")
    if path.exists():
        raise ConfigError(f"--config {path}: not a regular file; to read no configuration, give --isolated")
    raise ConfigError(f"--config {path}: no such file; `rfl-lint init` writes one")


def _start(request: CheckRequest) -> Path:
    """Where the search for a configuration begins: the tree, else the first path, else here."""
    if request.tree is not None:
        return request.tree.resolve()
    named = [path for path in request.paths if path != STDIN]
    first = named[0] if named else request.stdin_filename or "."
    absolute = Path(os.path.abspath(first))  # noqa: PTH100 - a link is looked up where it stands
    return absolute if os.path.isdir(absolute) else absolute.parent


def _selected(request: CheckRequest, config: Config, registry: Registry) -> tuple[list[str], frozenset[str]]:
    """The rules to run, and those of them whose strict part runs too."""
    configured = _Expander(registry, config.path)
    words: dict[str, list[str]] = {}
    for word in request.select if request.select is not None else ():
        words[word] = _meant(registry, word, "--select")
    if request.select is None:
        words.update((word, configured(word, "select")) for word in config.select or ("default",))
    words.update((word, configured(word, "extend-select")) for word in config.extend_select)
    words.update((word, _meant(registry, word, "--extend-select")) for word in request.extend_select or ())
    chosen = {name for names in words.values() for name in names}
    chosen -= {name for word in config.ignore for name in configured(word, "ignore")}
    chosen -= {name for word in request.ignore or () for name in _meant(registry, word, "--ignore")}
    strict = {name for name in chosen if name in words or "all" in words or "strict" in words}
    strict |= {name for name, rule in config.rules.items() if rule.strict}
    strict |= {name for name in chosen if registry.rules[name].meta.level is Level.STRICT}
    if not chosen and registry.rules:
        raise UsageError("the selection leaves no rule to run")
    return [name for name in registry.rules if name in chosen], frozenset(strict)


def _meant(registry: Registry, word: str, option: str) -> list[str]:
    """What a name on the command line stands for; a wrong one is an error that names the option."""
    try:
        return registry.expand(word)
    except UsageError as error:
        raise UsageError(f"{option}: {error}") from error


def wants_color(when: str, terminal: bool) -> bool:  # noqa: FBT001
    """Whether to colour: the option, then NO_COLOR, FORCE_COLOR, then whether it is a terminal that can."""
    if when != "auto":
        return when == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return terminal and os.environ.get("TERM") != "dumb"


def output_options(request: CheckRequest, out: TextIO, *, hints: bool = True) -> OutputOptions:
    """How a report is to look on a stream."""
    terminal = out.isatty()
    color = wants_color(request.color, terminal)
    width = _terminal_width() if terminal else None
    return OutputOptions(
        color,
        width,
        request.statistics,
        request.verbose,
        request.quiet,
        hints,
        byte_columns=request.byte_columns,
    )


def _terminal_width() -> int:
    import shutil  # noqa: PLC0415

    return shutil.get_terminal_size().columns
