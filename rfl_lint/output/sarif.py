"""SARIF 2.1.0, as GitHub's code scanning and other viewers take it in.

The same findings give the same bytes: no time, no machine, no absolute path. A fingerprint is told apart by a count
where code stands twice, steps to a finding are a code flow, what was silenced is there as suppressed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final, TextIO
from urllib.parse import quote

from rfl_lint.finding import Confidence, Finding, Fix, Level, Severity, Silence
from rfl_lint.output import OutputOptions
from rfl_lint.output.escape import escape
from rfl_lint.output.identity import numbered
from rfl_lint.output.places import Place, place_of
from rfl_lint.report import Report
from rfl_lint.rule import Meta
from rfl_lint.ruledoc import RuleDoc, engine_docs, markdown, read_doc
from rfl_lint.source import Span
from rfl_lint.version import VERSION

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ROOT: Final = "SRCROOT"
"""What relative paths are relative to."""
_MAX_TEXT: Final = 1_000
"""Characters of a rule's descriptions; GitHub takes up to 1,024."""
_PROBLEMS: Final = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.NOTE: "recommendation",
}
_PRECISIONS: Final = {Confidence.HIGH: "high", Confidence.MEDIUM: "medium", Confidence.LOW: "low"}
_KINDS: Final = {
    Silence.ATTRIBUTE: ("inSource", "allowed by an attribute"),
    Silence.COMMENT: ("inSource", "allowed by a comment"),
    Silence.CONFIG: ("external", "ignored by the configuration"),
    Silence.BASELINE: ("external", "in the baseline"),
}


def render(report: Report, out: TextIO, options: OutputOptions) -> None:
    """Write the log: one run, with a rule or a result on each line of it."""
    del options
    everything = sorted((*report.findings, *report.silenced), key=lambda finding: finding.sort_key)
    names = sorted({finding.rule for finding in everything})
    rules = [_rule(report, name, everything) for name in names]
    indexes = {name: index for index, name in enumerate(names)}
    results = [
        _result(report, finding, number, indexes[finding.rule]) for finding, number in numbered(everything)
    ]
    driver = {"name": "rfl-lint", "semanticVersion": VERSION}
    out.write(f'{{"$schema": {_dumps(SCHEMA)}, "version": "2.1.0", "runs": [{{\n')
    out.write(f'"tool": {{"driver": {_dumps(driver)[:-1]}, "rules": {_listed(rules)}}}}},\n')
    out.write(f'"invocations": [{_dumps(_invocation(report))}],\n')
    root = {"description": {"text": "the root of the linted tree"}}
    out.write(f'"originalUriBaseIds": {_dumps({ROOT: root})},\n')
    out.write(f'"columnKind": "unicodeCodePoints",\n"results": {_listed(results)}\n}}]}}\n')


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=True, separators=(", ", ": "))


def _listed(values: Sequence[object]) -> str:
    return "[" + ",".join("\n" + _dumps(value) for value in values) + ("\n]" if values else "]")


# Rules.


def _rule(report: Report, name: str, findings: Sequence[Finding]) -> dict[str, object]:
    """What a rule's own page says; of a rule whose page is not at hand, what its findings tell."""
    doc = read_doc(report.rules[name]) if name in report.rules else engine_docs().get(name)
    if doc is None:
        one = next(finding for finding in findings if finding.rule == name)
        meta = Meta(name, one.group, name, one.severity, "", confidence=one.confidence)
        doc = RuleDoc(meta, f"{name}: a rule whose page is not at hand", {}, ())
    meta = doc.meta
    tags = ["linux-kernel", "rust", meta.group]
    if meta.level is Level.STRICT:
        tags.append("strict")
    properties: dict[str, object] = {
        "precision": _PRECISIONS[meta.confidence],
        "problem.severity": _PROBLEMS[meta.severity],
    }
    if meta.security is not None:
        tags.append("security")
        properties["security-severity"] = f"{meta.security:.1f}"
    properties["tags"] = sorted(tags)
    return {
        "id": name,
        "name": "".join(word.capitalize() for word in name.split("-")),
        "shortDescription": {"text": _short(meta.summary)},
        "fullDescription": {"text": _short(doc.summary)},
        "help": {"text": _plain(doc), "markdown": markdown(doc)},
        "defaultConfiguration": {"level": str(meta.severity)},
        "properties": properties,
    }


def _plain(doc: RuleDoc) -> str:
    why = doc.text.get("Why", "")
    return "\n\n".join(filter(None, (doc.summary, why[:1].upper() + why[1:])))


def _short(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if len(text) <= _MAX_TEXT else text[:_MAX_TEXT] + "..."


# Results.


def _result(report: Report, finding: Finding, number: int, index: int) -> dict[str, object]:
    place = place_of(report, finding.path, finding.span)
    words = _said(finding.message) + (f"\nHelp: {_said(finding.help)}" if finding.help else "")
    found: dict[str, object] = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": str(finding.severity),
        "message": {"text": words},
        "locations": [_location(place, finding.span)],
        "partialFingerprints": {"primaryLocationLineHash": f"{finding.fingerprint}:{number}"},
    }
    if finding.related:
        steps = [
            (label, place_of(report, label.path or finding.path, label.span)) for label in finding.related
        ]
        found["relatedLocations"] = [
            {"id": at, **_location(step, label.span, label.message)}
            for at, (label, step) in enumerate(steps, start=1)
        ]
        if len(steps) > 1:
            flow = [_location(step, label.span, label.message) for label, step in steps]
            flow.append(_location(place, finding.span, finding.message))
            found["codeFlows"] = [{"threadFlows": [{"locations": [{"location": each} for each in flow]}]}]
    if finding.fix is not None and place.is_known:
        found["fixes"] = [_fix(report, finding, finding.fix)]
    if report.silenced:
        # If any result says that it is suppressed, all say whether they are.
        found["suppressions"] = [_suppression(finding.silenced)] if finding.silenced is not None else []
    properties: dict[str, object] = {"confidence": str(finding.confidence)}
    if finding.fragment != "code":
        properties["fragment"] = finding.fragment
    if place.mail_line is not None:
        properties["mailLine"] = place.mail_line
    found["properties"] = properties
    return found


def _said(text: str) -> str:
    """Words for people, of which no reader makes a link: code has brackets before parentheses too."""
    said = escape(text)
    return said.replace("[", "\\[").replace("]", "\\]") if "](" in said else said


def _suppression(silenced: Silence) -> dict[str, str]:
    kind, why = _KINDS[silenced]
    return {"kind": kind, "status": "accepted", "justification": why}


def _location(place: Place, span: Span, message: str = "") -> dict[str, object]:
    physical: dict[str, object] = {"artifactLocation": _artifact(place)}
    if span.end:
        physical["region"] = _region(place)
    else:
        physical["region"] = {"startLine": 1}
    location: dict[str, object] = {"physicalLocation": physical}
    return location | ({"message": {"text": _said(message)}} if message else {})


def _artifact(place: Place) -> dict[str, str]:
    """Where a file is; what is only known by the mail that shows it lies in no tree."""
    uri = quote(place.path.encode("utf-8", "surrogateescape"))
    return {"uri": uri, "uriBaseId": ROOT} if place.is_known else {"uri": uri}


def _region(place: Place) -> dict[str, int]:
    return {
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    }


def _fix(report: Report, finding: Finding, fix: Fix) -> dict[str, object]:
    places = [(edit, place_of(report, finding.path, edit.span)) for edit in fix.edits]
    return {
        "description": {"text": _said(fix.title if fix.safe else f"{fix.title} (to be reviewed)")},
        "artifactChanges": [
            {
                "artifactLocation": _artifact(places[0][1]),
                "replacements": [
                    {"deletedRegion": _region(place), "insertedContent": {"text": edit.text}}
                    for edit, place in places
                ],
            }
        ],
    }


def _invocation(report: Report) -> Mapping[str, object]:
    """Whether the run could do its job, and what kept it from that."""
    texts = report.problems
    found: dict[str, object] = {"executionSuccessful": not texts}
    if texts:
        found["toolExecutionNotifications"] = [
            {"level": "error", "message": {"text": _said(text)}} for text in texts
        ]
    return found
