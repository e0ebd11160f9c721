"""Find, load and check rules: built-in and third-party ones by the same path.

A rule source is an entry point of the group `rfl_lint.rules` (a package or module whose rule classes are
collected) or, with trust, a local Python file. A source that fails is reported by name and the others go on.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Final

from msgspec import Struct, field

from rfl_lint.deferred import RuleTable, made_table, module_sizes, read_table
from rfl_lint.entry_points import rule_entry_points
from rfl_lint.errors import PluginError, UsageError
from rfl_lint.finding import Level
from rfl_lint.near import nearest
from rfl_lint.rule import Rule
from rfl_lint.syntax import check_kinds

_BUILTIN: Final = "rfl_lint.rules"
_SHIPPED: Final = f"{_BUILTIN} (built in)"
KEYWORDS: Final = ("default", "strict", "all")


class Registry(Struct, frozen=True):
    """All rules that could be loaded, by name, and what went wrong with the others.

    `levels` has the rules that a configuration moved to another level than their own.
    """

    rules: dict[str, type[Rule]] = field(default_factory=dict)
    failures: tuple[PluginError, ...] = ()
    levels: Mapping[str, Level] = field(default_factory=dict)

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
        if not selector:
            raise UsageError(
                "an empty name means no rule: leave it out, or name one; `rfl-lint rules` lists them"
            )
        if selector == "all":
            return list(self.rules)
        if selector in ("default", "strict"):
            level = Level(selector)
            return [
                name for name, rule in self.rules.items() if self.levels.get(name, rule.meta.level) is level
            ]
        if selector in self.rules:
            return [selector]
        if selector in self.groups:
            return self.groups[selector]
        known = [*self.rules, *self.groups, *KEYWORDS]
        near = nearest(selector, known, most=3, cutoff=0.5)
        hint = f"; did you mean {' or '.join(f'`{name}`' for name in near)}? " if near else ""
        raise UsageError(f"no rule or group is called `{selector}`{hint or '; '}`rfl-lint rules` lists them")


def load_registry(local_files: Iterable[Path] = (), *, trust: bool = False) -> Registry:
    """Load every rule: entry points first, then local files, which need `trust`."""
    rules: dict[str, type[Rule]] = {}
    failures: list[PluginError] = []
    for name, load in _sources(local_files, trust=trust):
        before = len(rules), len(failures)
        for part in _builtin_parts() if name == _SHIPPED else _parts(load):
            try:
                for rule in part():
                    _add(rules, rule)
            except PluginError as error:
                failures.append(PluginError(f"rule source {name}: {error}"))
            except (Exception, SystemExit) as error:  # noqa: BLE001 - it may fail in any way; the others go on
                problem = f"{type(error).__name__}: {error}"
                failures.append(PluginError(f"rule source {name}: cannot be loaded: {problem}"))
        if (len(rules), len(failures)) == before:
            failures.append(PluginError(f"rule source {name}: defines no rule class"))
    ordered = dict(sorted(rules.items(), key=lambda item: (item[1].meta.group, item[0])))
    return Registry(ordered, tuple(failures))


def _parts(load: Callable[[], ModuleType]) -> Iterator[Callable[[], list[type[Rule]]]]:
    """Loaders of a module and of each module below it, so that one that fails does not take the others along."""
    loaded: list[ModuleType] = []

    def first() -> list[type[Rule]]:
        loaded.append(load())
        return rules_in(loaded[0])

    yield first
    for package in loaded:
        for name in names_below(package):
            yield partial(_rules_of, name)


def _builtin_parts() -> Iterator[Callable[[], list[type[Rule]]]]:
    """The same for the rules that rfl-lint ships, most of which are imported when they are wanted."""
    package = importlib.import_module(_BUILTIN)
    table = read_table()
    table.provide_plugin()
    sizes = module_sizes(package)
    for name in sorted(sizes) or names_below(package):
        rules = table.rules_in(name, sizes.get(name, -1))
        yield partial(_rules_of, name) if rules is None else partial(list, rules)


def _rules_of(module: str) -> list[type[Rule]]:
    return rules_in(importlib.import_module(module))


def _sources(local_files: Iterable[Path], *, trust: bool) -> Iterator[tuple[str, Callable[[], ModuleType]]]:
    yield _SHIPPED, lambda: importlib.import_module(_BUILTIN)
    for point in rule_entry_points():
        if point.value != _BUILTIN:
            yield f"entry point `{point.name} = {point.value}`", point.load
    for path in local_files:
        yield str(path), partial(_load_file, path, trust=trust)


def _load_file(path: Path, *, trust: bool) -> ModuleType:
    """Load a local rule file under a private name, never through `sys.path`."""
    if not trust:
        raise PluginError("not loaded: code of the linted tree runs only with --trust-plugins")
    if not path.is_file():
        raise PluginError("no such file")
    digest = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]
    spec = importlib.util.spec_from_file_location(f"_rfl_lint_local_{digest}", path)
    if spec is None or spec.loader is None:
        raise PluginError("not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _add(rules: dict[str, type[Rule]], rule: type[Rule]) -> None:
    name = rule.meta.name
    if name in KEYWORDS:
        raise PluginError(f"`{name}` is a word of the command line, not a rule name")
    if name in rules and rules[name] is not rule:
        raise PluginError(f"rule `{name}` is already defined by {rules[name].__module__}")
    try:
        check_kinds(rule.on)
    except ValueError as error:
        raise PluginError(f"rule `{name}`: {error}") from error
    rules[name] = rule


def names_below(package: ModuleType) -> list[str]:
    """The names of all modules below a package, in order; none below a plain module."""
    import pkgutil  # noqa: PLC0415 - only for packages of others

    found: list[str] = []
    waiting = [(package.__name__, list(getattr(package, "__path__", [])))]
    while waiting:
        prefix, paths = waiting.pop()
        for info in pkgutil.iter_modules(paths):
            name = f"{prefix}.{info.name}"
            found.append(name)
            if info.ispkg:
                waiting.append((name, [str(Path(path, info.name)) for path in paths]))
    return sorted(found)


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
    """The rules that rfl-lint ships, by group and name; raises whatever a broken one raises."""
    package = importlib.import_module(_BUILTIN)
    modules = [importlib.import_module(name) for name in names_below(package)]
    found = [rule for module in modules for rule in rules_in(module)]
    return sorted(found, key=lambda rule: (rule.meta.group, rule.meta.name))


def builtin_table() -> RuleTable:
    """The table of the rules that rfl-lint ships, made from the rules themselves."""
    package = importlib.import_module(_BUILTIN)
    sizes = module_sizes(package)
    return made_table({name: _rules_of(name) for name in sizes}, sizes)
