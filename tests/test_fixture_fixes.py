"""Every fix that a fixture's findings carry does what a fix must: the file parses, the finding goes, once is enough."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from msgspec.structs import replace

from rfl_lint.fixes import Fixed, fix_findings, is_fixable
from rfl_lint.report import Report
from rfl_lint.revision import Revision
from rfl_lint.run import Filter, make_report
from rfl_lint.source import SourceFile
from rfl_lint.testing import Fixture, read_fixtures, run_fixtures
from tests.test_fixtures import CASES, RULES


def texts_of(fixtures: list[Fixture], result: Fixed) -> dict[str, bytes]:
    return {each.source.path: result.after.get(each.source.path, each.source.data) for each in fixtures}


def with_texts(fixtures: list[Fixture], texts: Mapping[str, bytes]) -> list[Fixture]:
    return [
        replace(each, source=SourceFile(each.source.path, texts.get(each.source.path, each.source.data)))
        for each in fixtures
    ]


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_fixes(path: Path) -> None:
    rule = RULES[path.parent.name]
    fixtures = list(read_fixtures(path))

    def lint(revised: Mapping[str, Revision]) -> Report:
        texts = {name: each.data for name, each in revised.items()}
        return make_report(run_fixtures(with_texts(fixtures, texts), rule).results, Filter())

    found = [finding for finding in lint({}).findings if finding.fix is not None]
    result = fix_findings(lint, unsafe=True)
    assert result.problems == ()
    assert bool(result.after) == any(is_fixable(finding, unsafe=True) for finding in found)
    assert not any(is_fixable(finding, unsafe=True) for finding in result.report.findings)
    safe = fix_findings(lint, unsafe=False)
    assert bool(safe.after) == any(is_fixable(finding, unsafe=False) for finding in found)

    data = {each.source.path: each.source.data for each in fixtures}
    if found and not any(b"\r" in text for text in data.values()):
        # The same file with other line endings becomes the same, but for these.
        crlf = {name: text.replace(b"\n", b"\r\n") for name, text in data.items()}
        once = fixtures
        fixtures = with_texts(fixtures, crlf)
        expected = {name: text.replace(b"\n", b"\r\n") for name, text in texts_of(once, result).items()}
        assert texts_of(fixtures, fix_findings(lint, unsafe=True)) == expected
