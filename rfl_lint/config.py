"""Settings as frozen data, and reading them from a file. Nothing is required.

The nearest `rfl-lint.toml`, `.rfl-lint.toml`, or `pyproject.toml` with `[tool.rfl-lint]`, upwards from where
linting starts, wins as a whole; files are not merged. Whatever the file says is checked, and a key that does
not exist is an error that names the nearest one that does.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Mapping
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Final, TypeVar, get_origin, get_type_hints

from msgspec import Struct, field

from rfl_lint.deferred import real_rule
from rfl_lint.errors import ConfigError
from rfl_lint.finding import Confidence, Level, Severity
from rfl_lint.globs import glob_fault
from rfl_lint.near import nearest
from rfl_lint.rule import Rule
from rfl_lint.tables import BUNDLED, Tables, make_tables

FILE_NAMES: Final = ("rfl-lint.toml", ".rfl-lint.toml", "pyproject.toml")
SEVERITIES: Final = {str(level): level for level in Severity}
CONFIDENCES: Final = {str(level): level for level in Confidence}
LEVELS: Final = {str(level): level for level in Level}
_RULE_KEYS: Final = ("severity", "level", "strict", "fix")
L = TypeVar("L", Severity, Confidence, Level, "FixSafety")


class FixSafety(Enum):
    """What is to be thought of a rule's fixes, whatever the rule thinks."""

    SAFE = "safe"
    UNSAFE = "unsafe"
    NEVER = "never"
    """They are not to be applied, nor shown."""


_FIX_SAFETIES: Final = {each.value: each for each in FixSafety}


class Override(Struct, frozen=True):
    """Rules that are not applied below some paths, with the reason."""

    paths: tuple[str, ...]
    ignore: tuple[str, ...]
    reason: str = ""


class RuleConfig(Struct, frozen=True):
    """What the file says of one rule; None where it leaves something to the rule.

    `level` is the set that the rule belongs to, `strict` whether its strict part runs.
    """

    severity: Severity | None = None
    strict: bool = False
    level: Level | None = None
    fix: FixSafety | None = None
    options: Mapping[str, object] = field(default_factory=dict)


class Config(Struct, frozen=True):
    """Everything a configuration file can set. `path` is where it was read from."""

    path: Path | None = None
    select: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    min_severity: Severity = Severity.NOTE
    min_confidence: Confidence = Confidence.LOW
    doc_code: bool = False
    plugins: tuple[Path, ...] = ()
    overrides: tuple[Override, ...] = ()
    rules: Mapping[str, RuleConfig] = field(default_factory=dict)
    tables: Tables = BUNDLED


_KEYS: Final = (
    "select", "extend-select", "ignore", "exclude", "min-severity", "min-confidence", "doc-code", "plugins",
    "overrides", "rules", "tables",
)  # fmt: skip


def find_config(start: Path) -> Path | None:
    """The nearest configuration file upwards from a folder, or None."""
    for folder in (start, *start.parents):
        for name in FILE_NAMES:
            path = folder / name
            if path.is_file() and (name != "pyproject.toml" or _has_table(path)):
                return path
    return None


def user_config() -> Path | None:
    """The user's own file, `$XDG_CONFIG_HOME/rfl-lint/rfl-lint.toml`, if there is one. Its plugins are trusted."""
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    path = Path(base) / "rfl-lint" / "rfl-lint.toml"
    return path if path.is_file() else None


def _has_table(path: Path) -> bool:
    try:
        if b"tool.rfl-lint" not in path.read_bytes():
            return False
    except OSError:
        return False
    tool = _read_toml(path).get("tool")
    return isinstance(tool, dict) and "rfl-lint" in tool


def _read_toml(path: Path) -> dict[str, object]:
    import tomllib  # noqa: PLC0415 - most runs have no configuration file

    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 at byte {error.start}") from error
    except (ValueError, RecursionError) as error:  # or a number of thousands of digits, a thousand brackets
        raise ConfigError(f"{path}: not valid TOML: {error}") from error


def read_config(path: Path) -> Config:
    """Read and check a configuration file; raises ConfigError naming file, key and the nearest right one."""
    data: object = _read_toml(path)
    if path.name == "pyproject.toml":
        tool = data.get("tool") if isinstance(data, dict) else None
        data = tool.get("rfl-lint", {}) if isinstance(tool, dict) else {}
    reader = _Reader(path)
    table = reader.table(data, "the file")
    reader.known(table, _KEYS, "")
    return Config(
        path=path,
        select=reader.names(table, "select"),
        extend_select=reader.names(table, "extend-select"),
        ignore=reader.names(table, "ignore"),
        exclude=reader.globs(table, "exclude"),
        min_severity=reader.level(table, "min-severity", SEVERITIES, Severity.NOTE),
        min_confidence=reader.level(table, "min-confidence", CONFIDENCES, Confidence.LOW),
        doc_code=reader.flag(table, "doc-code"),
        plugins=tuple(path.parent / name for name in reader.names(table, "plugins")),
        overrides=reader.overrides(table),
        rules=reader.rules(table),
        tables=reader.tables(table),
    )


class _Reader(Struct, frozen=True):
    """Checks values as it hands them out; every complaint names the file and the key."""

    path: Path

    def fail(self, key: str, problem: str) -> ConfigError:
        return ConfigError(f"{self.path}: {key}: {problem}")

    def table(self, value: object, key: str) -> dict[str, object]:
        if not isinstance(value, dict):
            raise self.fail(key, f"must be a table, not {_kind(value)}")
        return value

    def known(self, table: Mapping[str, object], keys: tuple[str, ...], prefix: str) -> None:
        for key in table:
            if key not in keys:
                near = nearest(key, keys, cutoff=0.5)
                hint = f"did you mean `{near[0]}`?" if near else f"known keys: {', '.join(keys)}"
                raise self.fail(f"{prefix}{key}", f"no such key; {hint}")

    def names(self, table: Mapping[str, object], key: str, prefix: str = "") -> tuple[str, ...]:
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.fail(prefix + key, "must be a list of strings")
        return tuple(value)

    def globs(self, table: Mapping[str, object], key: str, prefix: str = "") -> tuple[str, ...]:
        found = self.names(table, key, prefix)
        for pattern in found:
            if (fault := glob_fault(pattern)) is not None:
                raise self.fail(prefix + key, fault)
        return found

    def flag(self, table: Mapping[str, object], key: str, prefix: str = "") -> bool:
        value = table.get(key, False)
        if not isinstance(value, bool):
            raise self.fail(prefix + key, f"must be true or false, not {_kind(value)}")
        return value

    def level(
        self, table: Mapping[str, object], key: str, names: Mapping[str, L], default: L, prefix: str = ""
    ) -> L:
        found = self.choice(table, key, names, prefix)
        return default if found is None else found

    def choice(
        self, table: Mapping[str, object], key: str, names: Mapping[str, L], prefix: str = ""
    ) -> L | None:
        if key not in table:
            return None
        value = table[key]
        if not isinstance(value, str) or value not in names:
            raise self.fail(prefix + key, f"must be one of {', '.join(names)}, not {value!r}")
        return names[value]

    def overrides(self, table: Mapping[str, object]) -> tuple[Override, ...]:
        value = table.get("overrides", [])
        if not isinstance(value, list):
            raise self.fail("overrides", "must be a list of tables: [[overrides]]")
        found = []
        for index, item in enumerate(value):
            prefix = f"overrides[{index}]."
            entry = self.table(item, prefix.rstrip("."))
            self.known(entry, ("paths", "ignore", "reason"), prefix)
            reason = entry.get("reason", "")
            if not isinstance(reason, str):
                raise self.fail(prefix + "reason", "must be a string")
            override = Override(
                self.globs(entry, "paths", prefix), self.names(entry, "ignore", prefix), reason
            )
            if not override.paths or not override.ignore:
                raise self.fail(prefix.rstrip("."), "needs both `paths` and `ignore`")
            found.append(override)
        return tuple(found)

    def rules(self, table: Mapping[str, object]) -> dict[str, RuleConfig]:
        found = {}
        for name, value in self.table(table.get("rules", {}), "rules").items():
            prefix = f"rules.{name}."
            entry = self.table(value, prefix.rstrip("."))
            found[name] = RuleConfig(
                severity=self.choice(entry, "severity", SEVERITIES, prefix),
                strict=self.flag(entry, "strict", prefix),
                level=self.choice(entry, "level", LEVELS, prefix),
                fix=self.choice(entry, "fix", _FIX_SAFETIES, prefix),
                options={key: item for key, item in entry.items() if key not in _RULE_KEYS},
            )
        return found

    def tables(self, table: Mapping[str, object]) -> Tables:
        given = self.table(table.get("tables", {}), "tables")
        return make_tables(given, lambda key, problem: self.fail(f"tables.{key}", problem))


def _kind(value: object) -> str:
    return {dict: "a table", list: "a list", str: "a string", bool: "a boolean"}.get(type(value), "a number")


def make_rule(rule: type[Rule], config: Config) -> Rule:
    """An instance of a rule with its options from the configuration; raises ConfigError on an unknown option."""
    entry = config.rules.get(rule.meta.name)
    given = dict(entry.options) if entry is not None else {}
    if not given:
        return rule()
    rule = real_rule(rule)
    fields = {item.name.replace("_", "-"): item for item in dataclasses.fields(rule.Options)}
    types = get_type_hints(rule.Options)
    reader = _Reader(config.path or Path("configuration"))
    values: dict[str, object] = {}
    for key, value in given.items():
        where = f"rules.{rule.meta.name}.{key}"
        if key not in fields:
            near = nearest(key, [*fields, *_RULE_KEYS], cutoff=0.5)
            raise reader.fail(where, f"no such option{f'; did you mean `{near[0]}`?' if near else ''}")
        wanted = types[fields[key].name]
        values[fields[key].name] = _converted(value, wanted, partial(reader.fail, where))
    return rule(rule.Options(**values))


def _converted(value: object, wanted: object, fail: Callable[[str], ConfigError]) -> object:
    """A TOML value as an option's type: bool, int, str, or a tuple of strings."""
    if get_origin(wanted) is tuple:
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        raise fail("must be a list of strings")
    if type(value) is wanted:
        return value
    raise fail(f"must be of type {getattr(wanted, '__name__', wanted)}, not {_kind(value)}")


def check_names(config: Config, known: Mapping[str, object]) -> None:
    """Refuse tables for rules that do not exist; raises ConfigError with the nearest name."""
    reader = _Reader(config.path or Path("configuration"))
    for name in config.rules:
        if name not in known:
            near = nearest(name, known, cutoff=0.5)
            raise reader.fail(
                f"rules.{name}", f"no such rule{f'; did you mean `{near[0]}`?' if near else ''}"
            )
