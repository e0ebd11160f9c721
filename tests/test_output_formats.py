"""Formats that other programs read: each against its definition, and against its own reader where there is one."""

from __future__ import annotations

import io
import json
import os
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import jsonschema  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from rfl_lint.engine import RuleCrash
from rfl_lint.finding import Edit, Fix, Severity
from rfl_lint.output import FORMATS, render
from rfl_lint.registry import builtin_rules
from rfl_lint.report import Report, View
from rfl_lint.revision import applied
from rfl_lint.source import SourceFile, Span
from tests.conftest import ROOT
from tests.test_output import REPORT, RING, SOURCES, WIDE, _finding

SCHEMAS = ROOT / "tests" / "schemas"
FETCHED = ROOT / "build" / "schemas"
TROUBLE = Report(
    files=2, errors=("a.rs: cannot be read",), crashes=(RuleCrash("a-rule", "b.rs", "KeyError: '<&>'", ""),)
)
# A review mail that quotes a patch: of the first file neither name nor line is known, of the second both.
MAIL = replace(
    REPORT,
    findings=REPORT.findings[:4],
    views={
        RING: View(None, "<stdin>", dict.fromkeys(range(30)), {row: row + 40 for row in range(30)}),
        WIDE: View("drivers/new name.rs", "<stdin>", {0: 101, 1: 102}, {0: 80, 1: 81}),
    },
)
LOUD = replace(
    REPORT,
    findings=tuple(
        replace(_finding(RING, "unsafe"), message=f"{severity} {number}", severity=severity)
        for severity in Severity
        for number in range(10 + severity)
    ),
)
REPORTS = {"findings": REPORT, "nothing": Report(files=3), "mail": MAIL, "trouble": TROUBLE, "many": LOUD}
EACH_REPORT = pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)


def rendered(name: str, report: Report) -> str:
    out = io.StringIO()
    render(name, report, out)
    return out.getvalue()


def fetched(name: str) -> Path:
    path = FETCHED / name
    if not path.is_file():
        pytest.skip(f"{name} is not here: scripts/get_schemas.py brings it")
    return path


def schema(name: str) -> Any:
    return json.loads((SCHEMAS / name).read_text())


@pytest.mark.parametrize("name", FORMATS)
@EACH_REPORT
def test_the_same_report_gives_the_same_bytes(name: str, report: Report) -> None:
    assert rendered(name, report) == rendered(name, report)


# SARIF.


@pytest.mark.client
@EACH_REPORT
def test_sarif_is_what_the_standards_schema_says(report: Report) -> None:
    official = json.loads(fetched("sarif-2.1.0.json").read_text())
    validator = jsonschema.validators.validator_for(official)(official)
    log = json.loads(rendered("sarif", report))
    assert [error.message for error in validator.iter_errors(log)] == []
    log["runs"][0]["results"] = [{"message": {}, "level": "fatal"}]
    assert len(list(validator.iter_errors(log))) == 2


@pytest.mark.client
@pytest.mark.parametrize("report", [REPORT, MAIL, TROUBLE], ids=["findings", "mail", "trouble"])
def test_the_validator_has_nothing_to_say_against_sarif(report: Report, tmp_path: Path) -> None:
    """Microsoft's own, with the rules of GitHub's code scanning. It wants a home page named, which there is none of."""
    tool = fetched("Sarif.Multitool")
    rules = {rule.meta.name: rule for rule in builtin_rules()}
    (tmp_path / "in.sarif").write_text(rendered("sarif", replace(report, rules=rules)))
    environment = {**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1", "HOME": str(tmp_path)}
    options = ["--log", "ForceOverwrite", "--level", "Error;Warning", "--rule-kind", "Sarif;Ghas"]
    command = [str(tool), "validate", "in.sarif", "--output", "out.sarif", *options]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True, timeout=120)
    (run,) = json.loads((tmp_path / "out.sarif").read_text(encoding="utf-8-sig"))["runs"]
    said = {result["ruleId"]: result["message"] for result in run.get("results", ())}
    assert set(said) <= {"SARIF2005"}, said


def test_sarif_says_what_code_scanning_reads() -> None:
    rules = {rule.meta.name: rule for rule in builtin_rules()}
    (run,) = json.loads(rendered("sarif", replace(REPORT, rules=rules)))["runs"]
    by_id = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    assert list(by_id) == sorted(by_id)
    rule = by_id["from-raw-of-reference"]
    assert rule["help"]["markdown"].startswith("# from-raw-of-reference\n")
    assert "```rust" in rule["help"]["markdown"]
    assert rule["properties"]["security-severity"] == "7.0"
    assert {"provenance", "security"} <= set(rule["properties"]["tags"])
    plain = by_id["missing-safety-comment"]
    assert "security-severity" not in plain["properties"]
    assert "security" not in plain["properties"]["tags"]
    assert plain["properties"]["precision"] == "high"
    assert by_id["acme-invariant"]["shortDescription"]["text"]

    results = run["results"]
    assert len(results) == len(REPORT.findings) + len(REPORT.silenced)
    for result in results:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    prints = [result["partialFingerprints"]["primaryLocationLineHash"] for result in results]
    assert len(set(prints)) == len(prints)
    suppressed = [result for result in results if result["suppressions"]]
    assert [result["suppressions"][0]["kind"] for result in suppressed] == ["inSource"]
    (derived,) = [result for result in results if "codeFlows" in result]
    steps = derived["codeFlows"][0]["threadFlows"][0]["locations"]
    shown = [step["location"]["physicalLocation"]["region"]["startLine"] for step in steps]
    assert shown == [4, 3, 8]
    strange = next(result for result in results if result["ruleId"] == "file-not-analysed")
    uri = strange["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert unquote(uri, errors="surrogateescape") == "drivers/demo/\udcff.rs"


def test_sarif_of_a_run_that_could_not_do_its_job_says_so() -> None:
    (run,) = json.loads(rendered("sarif", TROUBLE))["runs"]
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    assert len(invocation["toolExecutionNotifications"]) == 2
    assert json.loads(rendered("sarif", REPORT))["runs"][0]["invocations"] == [{"executionSuccessful": True}]


def test_sarif_of_a_mail_speaks_of_the_mail_where_it_knows_no_more() -> None:
    (run,) = json.loads(rendered("sarif", MAIL))["runs"]
    places = [result["locations"][0]["physicalLocation"] for result in run["results"]]
    unknown = [place for place in places if unquote(place["artifactLocation"]["uri"]) == "<stdin>"]
    assert len(unknown) == 4
    assert all("uriBaseId" not in place["artifactLocation"] for place in unknown)
    (known,) = [place for place in places if place not in unknown]
    assert known["artifactLocation"] == {"uri": "drivers/new%20name.rs", "uriBaseId": "SRCROOT"}
    assert known["region"]["startLine"] == 102


# GitLab, reviewdog.


@EACH_REPORT
def test_gitlab_gets_what_it_reads(report: Report) -> None:
    found = json.loads(rendered("gitlab", report))
    jsonschema.validate(found, schema("gitlab.schema.json"))
    assert len({each["fingerprint"] for each in found}) == len(found) == len(report.findings)


@EACH_REPORT
def test_reviewdog_gets_what_it_reads(report: Report) -> None:
    whole = json.loads(rendered("rdjson", report))
    jsonschema.validate(whole, schema("rdjson.schema.json"))
    lines = [json.loads(line) for line in rendered("rdjsonl", report).splitlines()]
    assert [line.pop("source") for line in lines] == [{"name": "rfl-lint"}] * len(report.findings)
    assert lines == whole["diagnostics"]


def test_columns_for_reviewdog_are_bytes() -> None:
    wide = json.loads(rendered("rdjson", REPORT))["diagnostics"][3]["location"]["range"]
    line = SOURCES[WIDE].split("\n")[1].encode()
    assert line[wide["start"]["column"] - 1 : wide["end"]["column"] - 1] == b"unsafe"


@given(st.text(alphabet="aé漢\n\t", min_size=6, max_size=60), st.data())
def test_a_suggestion_does_what_the_fix_does(text: str, data: st.DataObject) -> None:
    raw = text.encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), min_size=4, max_size=4)))
    first, second, third, fourth = (len(text[:cut].encode()) for cut in cuts)
    edits: tuple[Edit, ...] = (Edit(Span(first, second), "é\n"), Edit(Span(third, fourth), "x"))
    if second == third:
        edits = edits[:1]
    source = SourceFile("x.rs", raw)
    span = Span(max(0, len(raw) - 1), len(raw))
    finding = replace(REPORT.findings[0], path="x.rs", span=span, related=(), fix=Fix("", edits))
    report = Report(findings=(finding,), read=lambda _path: source)
    (suggestion,) = json.loads(rendered("rdjson", report))["diagnostics"][0]["suggestions"]
    start, end = (
        source.line_starts[place["line"] - 1] + place["column"] - 1
        for place in (suggestion["range"]["start"], suggestion["range"]["end"])
    )
    assert raw[:start] + suggestion["text"].encode() + raw[end:] == applied(raw, edits)


# GitHub.


def unescaped(text: str) -> str:
    for code, char in (("%2C", ","), ("%3A", ":"), ("%0A", "\n"), ("%0D", "\r"), ("%25", "%")):
        text = text.replace(code, char)
    return text


def commands(text: str) -> list[tuple[str, dict[str, str], str]]:
    """Workflow commands, taken apart as the runner does it."""
    found = []
    for line in text.splitlines():
        head, _, message = line.removeprefix("::").partition("::")
        name, _, properties = head.partition(" ")
        pairs = (pair.partition("=") for pair in properties.split(","))
        found.append((name, {key: unescaped(value) for key, _, value in pairs}, unescaped(message)))
    return found


@EACH_REPORT
def test_github_gets_a_command_for_each_finding(report: Report) -> None:
    found = [each for each in commands(rendered("github", report)) if each[1]["title"] != "rfl-lint"]
    assert len(found) == len(report.findings)
    for (name, properties, message), finding in zip(found, report.findings, strict=True):
        assert name == {"note": "notice"}.get(str(finding.severity), str(finding.severity))
        assert properties["title"] == f"rfl-lint: {finding.rule}"
        assert finding.message in message


def test_github_is_told_of_what_it_leaves_out() -> None:
    (name, _, text), *rest = commands(rendered("github", LOUD))
    assert name == "notice"
    assert text.startswith("13 errors and 12 warnings and 11 notes, of which 10 of each kind are shown")
    assert len(rest) == 36
    assert "of which" not in rendered("github", replace(LOUD, findings=LOUD.findings[:10]))


def test_nothing_in_a_finding_ends_a_command_of_github() -> None:
    path = "a,line=9::b\n::error::c%0A.rs"
    hostile = replace(_finding(RING, "unsafe"), path=path, message="%0A::error::\n,:\u202e")
    report = Report(findings=(hostile,), read=lambda path: SourceFile(path, SOURCES[RING].encode()), files=1)
    (line,) = rendered("github", report).splitlines()
    ((name, properties, message),) = commands(line)
    assert (name, properties["line"], properties["file"]) == ("warning", "8", path.replace("\n", "\\n"))
    assert message == "%0A::error::\\n,:\\u{202e}"


def test_github_gets_no_file_that_nobody_knows() -> None:
    found = commands(rendered("github", MAIL))
    assert [properties.get("file") for _, properties, _ in found] == [None, None, None, "drivers/new name.rs"]
    assert found[0][2].startswith("<stdin>, line 47: ")


# JUnit.


@pytest.mark.client
@EACH_REPORT
def test_junit_is_what_its_xsd_says(report: Report) -> None:
    import xmlschema  # noqa: PLC0415 - only here, and slow to import

    xsd = xmlschema.XMLSchema(str(fetched("junit-10.xsd")))
    xsd.validate(rendered("junit", report))
    assert not xsd.is_valid(rendered("junit", report).replace("<testcase classname", "<testcase file"))


@EACH_REPORT
def test_junit_counts_what_it_holds(report: Report) -> None:
    root = ET.fromstring(rendered("junit", report))  # noqa: S314 - our own
    failures = sum(finding.severity > Severity.NOTE for finding in report.findings)
    errors = len(report.errors) + len(report.crashes)
    cases = max(1, len(report.findings) + errors)
    assert {name: root.get(name) for name in ("tests", "failures", "errors")} == {
        "tests": str(cases),
        "failures": str(failures),
        "errors": str(errors),
    }
    for element in [root, *root]:
        assert element.get("tests") == str(len(list(element.iter("testcase"))))
        assert element.get("failures") == str(len(list(element.iter("failure"))))
        assert element.get("errors") == str(len(list(element.iter("error"))))


@given(st.text(max_size=40))
def test_any_message_makes_well_formed_xml(text: str) -> None:
    finding = replace(REPORT.findings[1], message=text or "x", path=text or "x")
    root = ET.fromstring(rendered("junit", replace(REPORT, findings=(finding,))))  # noqa: S314
    assert len(list(root.iter("failure"))) == 1
