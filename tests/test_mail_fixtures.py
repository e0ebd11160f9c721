"""Mails of every shape in fixtures/mail: what is found in each, line by line, is what its `.verdicts` says.

In a `.verdicts` file `+ LINE rule` is a finding, `- LINE why` something that nothing is to be said about: a line that
could be taken for code, or a reviewer's remark that no rule makes.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from rfl_lint.batch import Plan
from rfl_lint.engine import Lint
from rfl_lint.finding import Level
from rfl_lint.inputs.mail import read_messages
from rfl_lint.inputs.patch import read_patch
from rfl_lint.patches import PatchRun
from rfl_lint.registry import builtin_rules
from rfl_lint.tree import KernelTree

FOLDER = Path(__file__).parent.parent / "fixtures" / "mail"
MAILS = sorted(path for path in FOLDER.iterdir() if path.suffix != ".verdicts")
RULES = [rule() for rule in builtin_rules() if rule.meta.level is Level.DEFAULT]
EXTENTS = {rule.meta.name: rule.meta.extent for rule in RULES}
EACH_MAIL = pytest.mark.parametrize("path", MAILS, ids=lambda path: path.stem)
VERDICT = re.compile(r"([+-]) (\d+) (\S+)")


def said(data: bytes) -> Counter[tuple[int | None, str]]:
    """Mail line and rule of each finding, without a tree."""
    run = PatchRun(KernelTree(), Plan(Lint(RULES)), EXTENTS)
    for message in read_messages(data):
        run.lint(read_patch(message))
    assert not [crash for result in run.results for crash in result.crashes]
    return Counter(
        (run.views[result.path].mail_lines.get(result.sources[0].row(finding.span.start)), finding.rule)
        for result in run.results
        for finding in result.findings
        if finding.silenced is None
    )


def verdicts(path: Path) -> list[tuple[str, int, str]]:
    lines = path.with_suffix(".verdicts").read_text(encoding="utf-8").splitlines()
    found = [match for line in lines if (match := VERDICT.match(line)) is not None]
    assert len(found) == sum(line.startswith(("+", "-")) for line in lines)
    return [(match[1], int(match[2]), match[3]) for match in found]


def test_each_mail_has_its_verdicts() -> None:
    assert {path.stem for path in MAILS} == {path.stem for path in FOLDER.glob("*.verdicts")}
    assert len(MAILS) == len({path.stem for path in MAILS})


@EACH_MAIL
def test_a_mail_gives_what_its_verdicts_say(path: Path) -> None:
    expected = Counter((line, rule) for sign, line, rule in verdicts(path) if sign == "+")
    assert said(path.read_bytes()) == expected


@EACH_MAIL
def test_what_is_not_to_be_said_is_a_line_that_could_be(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    found = {line for sign, line, _ in verdicts(path) if sign == "+"}
    for sign, line, _ in verdicts(path):
        assert lines[line - 1].strip("> ")
        assert sign == "+" or line not in found


@pytest.mark.parametrize(
    "path", [path for path in MAILS if path.suffix == ".txt"], ids=lambda path: path.stem
)
@pytest.mark.parametrize("depth", [1, 4])
def test_quoted_once_more_it_is_the_same(path: Path, depth: int) -> None:
    text = path.read_text(encoding="utf-8")
    quoted = "".join(f"{'> ' * depth}{line}\n" for line in text.splitlines())
    assert said(quoted.encode()) == said(path.read_bytes())
