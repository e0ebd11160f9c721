"""Two runs side by side: moved code is not new, changed code is, and an earlier report is read with care."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from rfl_lint.comparison import Known, compare, known_of, read_known
from rfl_lint.errors import SourceError, UsageError
from rfl_lint.finding import Confidence, Finding, Severity
from rfl_lint.output import render
from rfl_lint.report import Report
from rfl_lint.source import Span
from tests.test_output import REPORT


def finding(fingerprint: str, path: str, rule: str = "some-rule") -> Finding:
    return Finding(rule, "g", Severity.NOTE, Confidence.LOW, path, Span(0, 0), "m", fingerprint=fingerprint)


def known(fingerprint: str, path: str, rule: str = "some-rule") -> Known:
    return Known(fingerprint, rule, path, 1, "m", "note", "g")


@pytest.mark.parametrize(
    ("now", "before", "fresh", "gone"),
    [
        ([("1", "a")], [("1", "a")], [], []),
        ([("1", "b")], [("1", "a")], [], []),
        ([("1", "a")], [("2", "a")], [("1", "a")], [("2", "a")]),
        # Equal code in two files: that of the same path is paired first, whatever the order.
        ([("1", "a"), ("1", "b")], [("1", "b")], [("1", "a")], []),
        ([("1", "b")], [("1", "a"), ("1", "b")], [], [("1", "a")]),
        ([("1", "c"), ("1", "d")], [("1", "a"), ("1", "b"), ("1", "e")], [], [("1", "e")]),
        ([], [("1", "a")], [], [("1", "a")]),
    ],
)
def test_pairs(
    now: list[tuple[str, str]],
    before: list[tuple[str, str]],
    fresh: list[tuple[str, str]],
    gone: list[tuple[str, str]],
) -> None:
    result = compare(
        Report(findings=tuple(finding(*each) for each in now)), [known(*each) for each in before], "x"
    )
    assert sorted((each[1], each[2]) for each in result.fresh) == fresh
    assert [(each.fingerprint, each.path) for each in result.gone] == gone
    assert result.unchanged == len(now) - len(fresh)


def test_another_rule_is_another_finding() -> None:
    result = compare(Report(findings=(finding("1", "a", "one-rule"),)), [known("1", "a", "other-rule")], "x")
    assert (len(result.fresh), len(result.gone)) == (1, 1)


PLACES = st.lists(st.tuples(st.sampled_from("123"), st.sampled_from("abc")), unique=True)


@given(now=PLACES, before=PLACES)
def test_each_finding_has_one_fate(now: list[tuple[str, str]], before: list[tuple[str, str]]) -> None:
    result = compare(
        Report(findings=tuple(finding(*each) for each in now)), [known(*each) for each in before], "x"
    )
    assert result.unchanged + len(result.fresh) == len(now)
    assert result.unchanged + len(result.gone) == len(before)
    for each in {fingerprint for fingerprint, _ in [*now, *before]}:
        is_fresh = any(key[1] == each for key in result.fresh)
        assert not (is_fresh and any(gone.fingerprint == each for gone in result.gone))


@pytest.mark.parametrize("name", ["json", "jsonl"])
@pytest.mark.parametrize("report", [REPORT, Report()], ids=["findings", "nothing"])
def test_reports_are_read_as_they_are_written(tmp_path: Path, name: str, report: Report) -> None:
    out = io.StringIO()
    render(name, report, out)
    file = tmp_path / "before"
    file.write_text(out.getvalue())
    read = read_known(file)
    assert [replace(each, line=None) for each in read] == [
        replace(each, line=None) for each in known_of(report)
    ]
    assert compare(report, read, "x").unchanged == len(report.findings)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "Expecting value"),
        ("[]", "no `version`"),
        ("{}", "no `version`"),
        ('{"version": 2, "findings": []}', "version 2"),
        ('{"version": 1, "findings": {}}', "no list"),
        ('{"version": 1, "findings": [1]}', "no object"),
        ('{"version": 1, "findings": [{}]}', "'fingerprint' is missing"),
        ('{"rule": "a"}\n{"rule": "b"}\n', "no `version`"),
        ("{" * 100_000, "not a report"),
        ("[" * 100_000, "not a report"),
    ],
)
def test_what_is_no_report_is_refused_with_the_reason(tmp_path: Path, text: str, reason: str) -> None:
    file = tmp_path / "before.json"
    file.write_text(text)
    with pytest.raises(UsageError, match=reason) as caught:
        read_known(file)
    assert "before.json" in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value"), [("fingerprint", 1), ("message", None), ("path", 1), ("line", "1")]
)
def test_a_finding_of_the_wrong_shape_is_refused(tmp_path: Path, key: str, value: object) -> None:
    whole = {
        "fingerprint": "1",
        "rule": "r",
        "message": "m",
        "severity": "note",
        "group": "g",
        "path": "a",
        "line": 1,
    }
    file = tmp_path / "before.json"
    file.write_text(json.dumps({"version": 1, "findings": [whole]}))
    assert read_known(file) == [Known("1", "r", "a", 1, "m", "note", "g")]
    file.write_text(json.dumps({"version": 1, "findings": [{**whole, key: value}]}))
    with pytest.raises(UsageError, match="not a report"):
        read_known(file)


def test_what_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="No such file"):
        read_known(tmp_path / "missing.json")
    (tmp_path / "latin").write_bytes(b"\xff")
    with pytest.raises(UsageError, match="not UTF-8"):
        read_known(tmp_path / "latin")
