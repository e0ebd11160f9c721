"""Every fixture holds, and every example of the documentation does what it says."""

from pathlib import Path

import pytest
from acme_rules.message_without_name import MessageWithoutName

from rfl_lint.examples import example_failures
from rfl_lint.testing import read_fixture, run_fixture

FIXTURES = Path(__file__).parent.parent / "fixtures"
RULES = {rule.meta.name: rule for rule in (MessageWithoutName,)}


@pytest.mark.parametrize(
    "path", sorted(FIXTURES.glob("*/*.rs")), ids=lambda path: path.parent.name + "/" + path.stem
)
def test_fixture(path: Path) -> None:
    outcome = run_fixture(read_fixture(path), RULES[path.parent.name])
    assert not outcome.failures, "\n".join(outcome.failures)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_examples(rule: type[MessageWithoutName]) -> None:
    assert example_failures(rule) == []
