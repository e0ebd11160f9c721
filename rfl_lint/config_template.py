"""The commented configuration that `rfl-lint init` writes; a test reads it back with every line uncommented."""

from __future__ import annotations

from collections.abc import Iterator

from rfl_lint.registry import Registry

_HEAD = """\
# Configuration of rfl-lint. Every setting is shown with its default; nothing here is required.
# The nearest rfl-lint.toml, .rfl-lint.toml or [tool.rfl-lint] in pyproject.toml upwards is used.

# Rules, groups, or the words default, strict, all. An empty `select` means default.
# select = []
# extend-select = []
# ignore = []

# Paths that are left out, as gitignore patterns relative to the root.
# exclude = []

# Findings below these are neither shown nor counted.
# min-severity = "note"        # note, warning, error
# min-confidence = "low"       # low, medium, high

# Look into the Rust examples of doc comments too.
# doc-code = false

# Rule files of your own, relative to this file. They are loaded only with --trust-plugins.
# plugins = []

# Rules that are not applied below some paths.
# [[overrides]]
# paths = ["drivers/staging/**"]
# ignore = ["flagless-allocation"]
# reason = "to be rewritten"

# More entries for the tables of what is known of the kernel (docs/configuration.md): functions, types, macros of yours.
# [[tables.interior_mutability.cell]]
# types = ["MyCell"]

# One table for each rule: its severity, the level it belongs to (default or strict), whether its strict part runs, and
# its own options. A line fix with "safe", "unsafe" or "never" overrides what the rule says of its fixes.
"""


def config_template(registry: Registry) -> str:
    """The text of a configuration file in which everything is commented out."""
    return _HEAD + "\n".join(_rule_tables(registry)) + "\n"


def _rule_tables(registry: Registry) -> Iterator[str]:
    import dataclasses  # noqa: PLC0415

    for name, rule in registry.rules.items():
        yield ""
        yield f"# {rule.meta.summary}"
        yield f"# [rules.{name}]"
        yield f'# severity = "{rule.meta.severity}"'
        yield f'# level = "{rule.meta.level}"'
        yield "# strict = false"
        for option in dataclasses.fields(rule.Options):
            yield f"# {option.name.replace('_', '-')} = {_toml(getattr(rule.Options(), option.name))}"


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)
