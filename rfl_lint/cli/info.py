"""`rfl-lint explain`, `rules` and `init`: what the rules say of themselves, and a configuration to start from."""

from __future__ import annotations

import sys
from pathlib import Path

from rfl_lint.cli.settings import CheckRequest, registry_of, wants_color
from rfl_lint.errors import UsageError
from rfl_lint.registry import load_registry
from rfl_lint.rewrite import write_whole


def run_explain(name: str, config: Path | None = None, *, trust: bool = False) -> int:
    """Print a rule's documentation; of a group, a set or a lint of clippy the rules that are meant by it."""
    from rfl_lint.docs import explain, explain_rule, list_rules  # noqa: PLC0415
    from rfl_lint.ruledoc import engine_docs  # noqa: PLC0415

    color = wants_color("auto", sys.stdout.isatty())
    engine = engine_docs()
    if name in engine:
        sys.stdout.write(explain(engine[name], color=color))
        return 0
    registry = registry_of(CheckRequest(config=config, trust_plugins=trust))
    if name in registry.rules:
        sys.stdout.write(explain_rule(registry.rules[name], color=color))
        return 0
    lint = name.removeprefix("clippy::")
    named = [rule for rule in registry.rules.values() if lint in rule.meta.clippy]
    rules = named or [registry.rules[each] for each in registry.expand(name)]
    sys.stdout.write(list_rules(rules, color=color))
    return 0


def run_rules(output_format: str, config: Path | None = None, *, trust: bool = False) -> int:
    """List all rules, as a table or as JSON."""
    from rfl_lint.docs import list_rules  # noqa: PLC0415

    rules = list(registry_of(CheckRequest(config=config, trust_plugins=trust)).rules.values())
    sys.stdout.write(list_rules(rules, output_format, color=wants_color("auto", sys.stdout.isatty())))
    return 0


def run_init(folder: Path, *, force: bool) -> int:
    """Write a commented `rfl-lint.toml`; refuses to overwrite one without `force`."""
    from rfl_lint.config_template import config_template  # noqa: PLC0415

    path = folder / "rfl-lint.toml"
    if not folder.is_dir():
        what = "a file; name the folder that rfl-lint.toml is for" if folder.exists() else "no such folder"
        raise UsageError(f"{folder}: {what}")
    if path.exists() and not force:
        raise UsageError(f"{path} exists; --force overwrites it")
    write_whole(path, config_template(load_registry()).encode())
    sys.stdout.write(f"wrote {path}\n")
    return 0
