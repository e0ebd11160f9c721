"""No work grows faster than the text it is done for: counted in lines of Python that run, the same on every machine.

`make growth` tries every rule in all forms; here are those forms that showed most of what was slow.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rfl_lint.finding import Finding, Severity
from rfl_lint.registry import builtin_rules
from rfl_lint.rule import Context, Meta, Rule
from rfl_lint.syntax import Node
from tests.conftest import ROOT
from tests.fuzzing.growth import Make, growth, others, shapes, texts_of
from tests.fuzzing.oracles import ALL

# What is linear gives 2, what is quadratic 4: with what each run takes once, and what is halved again and again.
MOST = 2.6
COUNT = 6
FORMS = ("statements", "functions", "macro arguments", "comment in code")
OTHERS = dict(others())
RULES = {rule.meta.name: rule for rule in builtin_rules()}


@pytest.mark.parametrize("name", OTHERS)
def test_many_of_one_construct(name: str) -> None:
    grown = growth(OTHERS[name], tuple(ALL.rules))
    assert grown is not None, "is refused"
    assert grown.times < MOST, grown


@pytest.mark.parametrize("name", RULES)
def test_many_of_what_a_rule_looks_at(name: str) -> None:
    rule = RULES[name]
    made: dict[str, Make] = dict(shapes(texts_of(ROOT / "fixtures" / rule.meta.group / name)))
    for form in FORMS:
        grown = growth(made[form], (rule(),), COUNT)
        assert grown is None or grown.times < MOST, (form, grown)


class SlowRule(Rule):
    """Looks at every function for every function."""

    meta = Meta("slow-rule", "local", "slow", Severity.NOTE, "1")
    on = frozenset({"function_item"})

    def check(self, node: Node, cx: Context) -> Iterator[Finding]:
        for fact in cx.facts.functions:
            if cx.source.row(fact.span.start) == cx.source.row(node.start_byte):
                yield self.finding(cx, fact.span, "is here", help="look elsewhere")


def test_what_is_slow_is_found() -> None:
    grown = growth(OTHERS["calls of the next"], (SlowRule(),))
    assert grown is not None
    assert grown.times > 1.2 * MOST
