"""Find rules: import what an entry point or a path names and collect its rule classes. (being written)"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from types import ModuleType

from rfl_lint.rule import Rule


def modules_below(package: ModuleType) -> Iterable[ModuleType]:
    """The module itself and, for a package, everything below it, in order of name."""
    yield package
    for info in sorted(pkgutil.walk_packages(getattr(package, "__path__", []), package.__name__ + "."), key=lambda i: i.name):
        yield importlib.import_module(info.name)


def rules_in(module: ModuleType) -> list[type[Rule]]:
    """The rule classes that a module defines (not those it imports)."""
    return [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Rule) and value.__module__ == module.__name__ and value is not Rule
    ]


def builtin_rules() -> list[type[Rule]]:
    """The rules that rfl-lint ships, by group and name."""
    package = importlib.import_module("rfl_lint.rules")
    found = [rule for module in modules_below(package) for rule in rules_in(module)]
    return sorted(found, key=lambda rule: (rule.meta.group, rule.meta.name))
