"""Runs the examples of a rule's documentation: what it calls bad is reported, what it calls good is not.

Public, as the fixture harness is: a plugin's test calls `example_failures` for each of its rules.
"""

from __future__ import annotations

from rfl_lint.engine import Lint, lint_source
from rfl_lint.rule import Rule
from rfl_lint.ruledoc import Example, read_doc
from rfl_lint.source import SourceFile
from rfl_lint.testing import pretended_tree


def example_failures(rule: type[Rule]) -> list[str]:
    """What is wrong with the examples of a rule; empty if each holds. Each is linted alone, in no tree."""
    examples = read_doc(rule).examples
    failures = [f"no {kind} example" for kind in ("good", "bad") if not _has(examples, good=kind == "good")]
    for number, example in enumerate(examples, start=1):
        failures += [f"example {number}: {problem}" for problem in _problems(rule, example)]
    return failures


def _has(examples: tuple[Example, ...], *, good: bool) -> bool:
    return any(example.good == good for example in examples)


def _problems(rule: type[Rule], example: Example) -> list[str]:
    name = rule.meta.name
    lint = Lint([rule()], frozenset({name} if example.strict else ()), report_unused=False)
    tree = pretended_tree("own", frozenset(example.files)) if example.files else None
    result = lint_source(SourceFile(example.path, example.code.encode()), lint, tree)
    problems = [f"{name} crashed: {crash.error}\n{crash.trace}" for crash in result.crashes]
    # A finding of another name says that the example could not be analysed.
    problems += [finding.message for finding in result.findings if finding.rule != name]
    found = [
        finding.message for finding in result.findings if finding.rule == name and finding.silenced is None
    ]
    if example.good and found:
        problems.append(f"called good, but reported: {found[0]}\n{example.code}")
    if not example.good and not found:
        problems.append(f"called bad, but not reported:\n{example.code}")
    return problems
