"""Rules that are imported when they first have something to look at, told apart from a table of what they say.

A run over one small file needs a few of all rules, and of the analyses below them fewer still: importing all of them
takes many times as long as the file. The module `rule_table`, made by `make docs`, holds what the engine wants to
know of a rule before it runs, and where each name of `rfl_lint.plugin` is defined. It stands only for files of the
very size that it was made from: any other rule, and `rfl_lint.plugin` if it has changed, is imported at once.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any, Final

from msgspec import structs

import rfl_lint
from rfl_lint.finding import Confidence, Finding, Level, Severity
from rfl_lint.rule import Context, Extent, Meta, Rule
from rfl_lint.source import Span
from rfl_lint.syntax import Node
from rfl_lint.tree import KernelTree, Role

TABLE: Final = Path(__file__).parent / "rule_table.py"
PLUGIN: Final = "rfl_lint.plugin"
_REAL: Final = "_real_rule"


class RuleTable:
    """What is known of rules without importing them."""

    def __init__(
        self,
        modules: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
        names: Mapping[str, tuple[str, str]] = MappingProxyType({}),
        plugin_size: int = -1,
    ) -> None:
        """Know the rules of some modules, and where the names of `rfl_lint.plugin` are defined."""
        self._modules = modules
        self._names = names
        self._plugin_size = plugin_size

    def rules_in(self, module: str, size: int) -> list[type[Rule]] | None:
        """The rules of a module, to be imported when they are wanted; None where the table does not know it."""
        entry = self._modules.get(module)
        if entry is None or entry["size"] != size:
            return None
        return [_stand_in(module, rule) for rule in entry["rules"]]

    @property
    def source(self) -> str:
        """The text of the module that holds the table."""
        return "\n".join(
            [
                '"""What `deferred` knows of rules. Made from their own files by `make docs`: change it there."""',
                "",
                "from collections.abc import Mapping",
                "from typing import Any, Final",
                "",
                "# fmt: off",
                "# ruff: noqa: E501, Q000",
                f"PLUGIN_SIZE: Final = {self._plugin_size}",
                "MODULES: Final[Mapping[str, Mapping[str, Any]]] = {",
                *(f"    {module!r}: {entry!r}," for module, entry in sorted(self._modules.items())),
                "}",
                "NAMES: Final[Mapping[str, tuple[str, str]]] = {",
                *(f"    {name!r}: {home!r}," for name, home in sorted(self._names.items())),
                "}",
                "",
            ]
        )

    def provide_plugin(self) -> None:
        """Let `rfl_lint.plugin` import what it names when it is first asked for it."""
        path = Path(__file__).parent / "plugin.py"
        if PLUGIN in sys.modules or self._plugin_size != _size(path):
            return
        spec = importlib.util.spec_from_file_location(PLUGIN, path)
        if spec is not None:
            module = _Names(spec.name, self._names)
            module.__spec__, module.__file__ = spec, str(path)
            sys.modules[PLUGIN] = module
            rfl_lint.plugin = module  # type: ignore[attr-defined]


class _Names(ModuleType):
    """A module whose names are imported one by one, as they are asked for."""

    def __init__(self, name: str, homes: Mapping[str, tuple[str, str]]) -> None:
        super().__init__(name)
        self.__dict__["_homes"] = homes
        self.__dict__["__all__"] = sorted(homes)

    def __getattr__(self, name: str) -> object:
        home = self.__dict__["_homes"].get(name)
        if home is None:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(home[0]), home[1])
        setattr(self, name, value)
        return value


def read_table() -> RuleTable:
    """The table that was made last."""
    from rfl_lint.rule_table import MODULES, NAMES, PLUGIN_SIZE  # noqa: PLC0415 - large, and not always wanted

    return RuleTable(MODULES, NAMES, PLUGIN_SIZE)


def module_sizes(package: ModuleType) -> dict[str, int]:
    """The modules below a package with the sizes of their files; those that are no plain files are not among them."""
    found: dict[str, int] = {}
    waiting = [(package.__name__, path) for path in getattr(package, "__path__", [])]
    while waiting:
        prefix, folder = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.name.endswith(".py"):
                        found[f"{prefix}.{entry.name[:-3]}"] = entry.stat().st_size
                    elif entry.is_dir() and entry.name != "__pycache__":
                        waiting.append((f"{prefix}.{entry.name}", entry.path))
        except OSError:
            continue
    return {name.removesuffix(".__init__"): size for name, size in found.items()}


def real_rule(rule: type[Rule]) -> type[Rule]:
    """The class that a stand-in stands for, imported now; any other class itself."""
    load: Callable[[], type[Rule]] | None = rule.__dict__.get(_REAL)
    return rule if load is None else load()


def import_rules(rules: Sequence[Rule]) -> None:
    """Import all rules that were not yet: before a process forks, say."""
    for rule in rules:
        if _REAL in type(rule).__dict__:
            _awake(rule)


def has_file_check(rule: Rule) -> bool:
    """Whether a rule looks at a file as a whole."""
    return type(rule).check_file is not Rule.check_file


def _stand_in(module: str, entry: Mapping[str, Any]) -> type[Rule]:
    """A class that says of a rule what the table says, and becomes the rule when it is to judge something."""

    def load() -> type[Rule]:
        found: type[Rule] = getattr(importlib.import_module(module), entry["class"])
        return found

    body: dict[str, object] = {
        "__module__": module,
        "__doc__": entry["meta"]["summary"],
        "meta": _meta(entry["meta"]),
        "on": frozenset(entry["on"]),
        "words": tuple(word.encode() for word in entry["words"]),
        "tells_once": entry.get("tells_once", False),
        _REAL: staticmethod(load),
    }
    body.update((name, _METHODS[name]) for name in entry["methods"])
    return type(entry["class"], (Rule,), body)


def _awake(rule: Rule) -> Rule:
    """The rule behind a stand-in, which answers for it from now on."""
    real = real_rule(type(rule))()
    rule.options = real.options
    for name in _METHODS:
        setattr(rule, name, getattr(real, name))
    return real


def _check(self: Rule, node: Node, cx: Context) -> Iterator[Finding]:
    return _awake(self).check(node, cx)


def _check_file(self: Rule, cx: Context) -> Iterator[Finding]:
    return _awake(self).check_file(cx)


def _problems(self: Rule, tree: KernelTree) -> Iterator[str]:
    return _awake(self).problems(tree)


def _names(self: Rule, cx: Context) -> Container[str] | None:
    return _awake(self).names(cx)


def _places(self: Rule, cx: Context) -> Sequence[Span] | None:
    return _awake(self).places(cx)


# What a rule may do, in the order in which the table tells it.
_METHODS: Final[Mapping[str, Callable[..., object]]] = {
    "check": _check,
    "check_file": _check_file,
    "problems": _problems,
    "names": _names,
    "places": _places,
}
_READ: Final[Mapping[str, Callable[[Any], object]]] = {
    "severity": lambda name: Severity[name],
    "confidence": lambda name: Confidence[name],
    "level": lambda name: Level[name],
    "extent": lambda name: Extent[name],
    "roles": lambda names: frozenset(Role[name] for name in names),
    "clippy": tuple,
}


def _meta(entry: Mapping[str, Any]) -> Meta:
    values: dict[str, Any] = {
        key: _READ[key](value) if key in _READ else value for key, value in entry.items()
    }
    return Meta(**values)


def made_table(modules: Mapping[str, Sequence[type[Rule]]], sizes: Mapping[str, int]) -> RuleTable:
    """The table of some modules' rules, and of the names of `rfl_lint.plugin`."""
    plugin = Path(__file__).parent / "plugin.py"
    known = {
        module: {"size": sizes[module], "rules": [_entry(rule) for rule in rules]}
        for module, rules in sorted(modules.items())
    }
    return RuleTable(known, _homes(plugin), _size(plugin))


def _homes(path: Path) -> dict[str, tuple[str, str]]:
    import ast  # noqa: PLC0415 - only where the table is made

    return {
        name.asname or name.name: (node.module or "", name.name)
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ImportFrom)
        for name in node.names
    }


def _entry(rule: type[Rule]) -> dict[str, object]:
    meta = {
        field.name: _plain(getattr(rule.meta, field.name))
        for field in structs.fields(Meta)
        if field.required or getattr(rule.meta, field.name) != field.default
    }
    methods = [name for name in _METHODS if getattr(rule, name) is not getattr(Rule, name)]
    words = [word.decode() for word in rule.words]
    entry: dict[str, object] = {"class": rule.__name__, "meta": meta, "on": sorted(rule.on), "words": words}
    if rule.tells_once:
        entry["tells_once"] = True
    return {**entry, "methods": methods}


def _plain(value: object) -> object:
    if isinstance(value, frozenset):
        return sorted(each.name for each in value)
    return getattr(value, "name", value)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1
