"""Find, load and check rules: built-in and third-party ones by the same path.

A rule source is an entry point of the group `rfl_lint.rules` (a package or module whose rule classes are
collected) or, with trust, a local Python file. A source that fails is reported by name and the others go on.
"""

from __future__ import annotations

import difflib
import hashlib
import importlib
import importlib.metadata
import importlib.util
import pkgutil
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Final

from rfl_lint.errors import PluginError, RflLintError, UsageError
from rfl_lint.finding import Level
from rfl_lint.rule import Rule

ENTRY_POINT_GROUP: Final = "rfl_lint.rules"
_BUILTIN: Final = "rfl_lint.rules"
_KEYWORDS: Final = ("default", "strict", "all")


@dataclass(frozen=True)
class Registry:
    """All rules that could be loaded, by name, and what went wrong with the others."""

    rules: dict[str, type[Rule]] = field(default_factory=dict)
    failures: tuple[PluginError, ...] = ()

    @property
    def groups(self) -> dict[str, list[str]]:
        """Rule names by group."""
        found: dict[str, list[str]] = {}
        for name, rule in self.rules.items():
            found.setdefault(rule.meta.group, []).append(name)
        return found

    def expand(self, selector: str) -> list[str]:
        """The rule names that a rule name, a group, `default`, `strict` or `all` stands for.

        Raises UsageError, with near matches, for anything else.
        """
        if selector == "all":
            return list(self.rules)
        if selector in ("default", "strict"):
            return [name for name, rule in self.rules.items() if rule.meta.level is Level(selector)]
        if selector in self.rules:
            return [selector]
        if selector in self.groups:
            return self.groups[selector]
        known = [*self.rules, *self.groups, *_KEYWORDS]
        near = difflib.get_close_matches(selector, known, n=3, cutoff=0.5)
        hint = f"; did you mean {' or '.join(f'`{name}`' for name in near)}?" if near else ""
        raise UsageError(f"no rule or group is called `{selector}`{hint} `rfl-lint rules` lists them")


def load_registry(local_files: Iterable[Path] = (), *, trust: bool = False) -> Registry:
    """Load every rule: entry points first, then local files, which need `trust`."""
    rules: dict[str, type[Rule]] = {}
    failures: list[PluginError] = []
    for name, load in _sources(local_files, trust=trust):
        try:
            module = load()
            found = [rule for part in modules_below(module) for rule in rules_in(part)]
            if not found:
                raise PluginError(f"rule source {name}: defines no rule class")
            for rule in found:
                _add(rules, rule, name)
        except RflLintError as error:
            failures.append(error if isinstance(error, PluginError) else PluginError(str(error)))
        except Exception as error:  # noqa: BLE001 - a plugin may fail in any way; the other rules go on
            failures.append(
                PluginError(f"rule source {name}: cannot be loaded: {type(error).__name__}: {error}")
            )
    ordered = dict(sorted(rules.items(), key=lambda item: (item[1].meta.group, item[0])))
    return Registry(ordered, tuple(failures))


def _sources(local_files: Iterable[Path], *, trust: bool) -> Iterator[tuple[str, Callable[[], ModuleType]]]:
    yield "rfl_lint.rules (built in)", lambda: importlib.import_module(_BUILTIN)
    points = importlib.metadata.entry_points(group=ENTRY_POINT_GROUP)
    for point in sorted(points, key=lambda point: (point.name, point.value)):
        if point.value != _BUILTIN:
            yield f"entry point `{point.name} = {point.value}`", point.load
    for path in local_files:
        yield str(path), partial(_load_file, path, trust=trust)


def _load_file(path: Path, *, trust: bool) -> ModuleType:
    """Load a local rule file under a private name, never through `sys.path`."""
    if not trust:
        raise PluginError(
            f"rule source {path}: not loaded: code of the linted tree runs only with --trust-plugins"
        )
    if not path.is_file():
        raise PluginError(f"rule source {path}: no such file")
    digest = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]
    spec = importlib.util.spec_from_file_location(f"_rfl_lint_local_{digest}", path)
    if spec is None or spec.loader is None:
        raise PluginError(f"rule source {path}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _add(rules: dict[str, type[Rule]], rule: type[Rule], source: str) -> None:
    name = rule.meta.name
    if name in _KEYWORDS:
        raise PluginError(f"rule source {source}: `{name}` is a word of the command line, not a rule name")
    if name in rules and rules[name] is not rule:
        other = rules[name]
        raise PluginError(f"rule source {source}: rule `{name}` is already defined by {other.__module__}")
    rules[name] = rule


def modules_below(package: ModuleType) -> Iterator[ModuleType]:
    """The module itself and, for a package, everything below it, by name."""
    yield package
    infos = pkgutil.walk_packages(getattr(package, "__path__", []), package.__name__ + ".")
    for name in sorted(info.name for info in infos):
        yield importlib.import_module(name)


def rules_in(module: ModuleType) -> list[type[Rule]]:
    """The rule classes that a module defines itself."""
    return [
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, Rule)
        and value is not Rule
        and value.__module__ == module.__name__
    ]


def builtin_rules() -> list[type[Rule]]:
    """The rules that rfl-lint ships, by group and name."""
    package = importlib.import_module(_BUILTIN)
    found = [rule for module in modules_below(package) for rule in rules_in(module)]
    return sorted(found, key=lambda rule: (rule.meta.group, rule.meta.name))
