"""Every fixture of every rule holds, exactly, in both directions."""

from __future__ import annotations

from pathlib import Path

import pytest

from rfl_lint.registry import builtin_rules
from rfl_lint.rule import Rule
from rfl_lint.testing import read_fixture, read_fixtures, run_fixtures

FIXTURES = Path(__file__).parent.parent / "fixtures"
RULES = {rule.meta.name: rule for rule in builtin_rules()}
CASES = sorted(
    path
    for name, rule in RULES.items()
    for path in (FIXTURES / rule.meta.group / name).iterdir()
    if path.suffix == ".rs" or path.is_dir()
)


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_fixture(path: Path) -> None:
    outcome = run_fixtures(read_fixtures(path), RULES[path.parent.name])
    assert not outcome.failures, f"{path}\n" + "\n".join(outcome.failures)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_each_rule_has_good_and_bad_fixtures(rule: type[Rule]) -> None:
    folder = FIXTURES / rule.meta.group / rule.meta.name
    assert (folder / "bad.rs").is_file()
    assert (folder / "good.rs").is_file()
    assert any(mark.kind == "" for mark in read_fixture(folder / "bad.rs").marks), "bad.rs promises nothing"
    assert all(mark.kind == "!" for mark in read_fixture(folder / "good.rs").marks), (
        "good.rs promises a finding"
    )
