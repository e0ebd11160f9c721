"""Rules that are imported when they are wanted: they say what the rules themselves say, and are what they stand for."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

import rfl_lint.plugin
from rfl_lint.deferred import RuleTable, _Names, has_file_check, import_rules, module_sizes, real_rule
from rfl_lint.registry import builtin_rules, builtin_table, load_registry
from rfl_lint.rule import Rule
from tests.conftest import ROOT, succeed
from tests.work import builtin_rule

NAMES = [rule.meta.name for rule in builtin_rules()]


@pytest.fixture(scope="module")
def table() -> RuleTable:
    return builtin_table()


@pytest.mark.parametrize("name", NAMES)
def test_a_stand_in_says_what_its_rule_says(name: str, table: RuleTable) -> None:
    rule = builtin_rule(name)
    size = len(Path(sys.modules[rule.__module__].__file__ or "").read_bytes())
    stand_in = (table.rules_in(rule.__module__, size) or [rule])[0]
    assert stand_in is not rule
    assert real_rule(stand_in) is rule
    assert (stand_in.meta, stand_in.on, stand_in.words) == (rule.meta, rule.on, rule.words)
    assert stand_in.__module__ == rule.__module__
    assert has_file_check(stand_in()) == has_file_check(rule())
    for method in ("check", "problems"):
        assert (getattr(stand_in, method) is getattr(Rule, method)) == (
            getattr(rule, method) is getattr(Rule, method)
        )
    woken = stand_in()
    import_rules([woken])
    assert isinstance(woken.options, rule.Options)
    assert woken.__dict__["check"].__func__ is rule.check


def test_a_rule_whose_file_has_changed_is_not_taken_from_the_table(table: RuleTable) -> None:
    module = builtin_rule("unit-result").__module__
    assert table.rules_in(module, 1) is None
    assert table.rules_in("rfl_lint.rules.style.no_such_rule", 1) is None


def test_without_a_table_all_rules_are_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rfl_lint.registry.read_table", RuleTable)
    assert list(load_registry().rules.values()) == builtin_rules()


def test_the_table_knows_the_modules_that_there_are(table: RuleTable) -> None:
    for module, size in module_sizes(importlib.import_module("rfl_lint.rules")).items():
        assert table.rules_in(module, size) is not None


def test_the_names_for_rules_are_the_same_however_they_are_imported() -> None:
    homes = builtin_table()._names
    assert sorted(homes) == sorted(rfl_lint.plugin.__all__)
    names = _Names("names", homes)
    assert sorted(vars(names)["__all__"]) == sorted(rfl_lint.plugin.__all__)
    for name in rfl_lint.plugin.__all__:
        assert getattr(names, name) is getattr(rfl_lint.plugin, name)
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = names.no_such_name


def test_a_file_that_concerns_no_rule_imports_none(tmp_path: Path) -> None:
    (tmp_path / "a.rs").write_text("struct A;\n")
    linting = (
        "import sys\n"
        "sys.path.insert(0, '')\n"
        "import table\n"
        "from rfl_lint import deferred, registry\n"
        "made = deferred.RuleTable(table.MODULES, table.NAMES, table.PLUGIN_SIZE)\n"
        "registry.read_table = lambda: made\n"
        "from rfl_lint.__main__ import run\n"
        "run()\n"
        "print(*(name for name in sys.modules if name.startswith('rfl_lint.analysis.')))\n"
    )
    (tmp_path / "table.py").write_text(builtin_table().source)
    asked = [
        "check",
        "--isolated",
        "--select",
        "missing-safety-comment,hardcoded-gfp-flags",
        "a.rs",
    ]
    printed = succeed([sys.executable, "-c", linting, *asked], tmp_path, PYTHONPATH=str(ROOT)).splitlines()
    assert printed == [
        "no findings in 1 file",
        "rfl_lint.analysis.coverage rfl_lint.analysis.coverage.counts",
    ]
