"""Two runs side by side: which findings are new, which are gone, which were there before.

Findings are the same by fingerprint: moved lines and renamed files do not make a finding new, a changed line does.
Where equal code in several files has equal fingerprints, those of the same path belong together first.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct

from rfl_lint.errors import SourceError, UsageError
from rfl_lint.finding import Finding
from rfl_lint.report import Report

_JSON_VERSION: Final = 1


class Known(Struct, frozen=True):
    """A finding of another run, as much of it as can be told without its text. `line` is None where it is not known."""

    fingerprint: str
    rule: str
    path: str
    line: int | None
    message: str
    severity: str = ""
    group: str = ""

    @property
    def sort_key(self) -> tuple[str, int, str, str]:
        """As findings are sorted, as far as it can be told."""
        return (self.path, self.line or 0, self.rule, self.message)


class Comparison(Struct, frozen=True):
    """What became of the findings of an earlier run, called `before`.

    `fresh` has rule, fingerprint and path of the findings that it did not have, `gone` the findings that only it had.
    """

    before: str
    fresh: frozenset[tuple[str, str, str]] = frozenset()
    gone: tuple[Known, ...] = ()
    unchanged: int = 0

    def is_fresh(self, finding: Finding) -> bool:
        """Whether a finding was not there before."""
        return key_of(finding) in self.fresh


def key_of(finding: Finding) -> tuple[str, str, str]:
    """What tells the findings of a run apart."""
    return (finding.rule, finding.fingerprint, finding.path)


def compare(report: Report, known: Iterable[Known], before: str) -> Comparison:
    """Pair the findings of a report with those of an earlier run."""
    left: defaultdict[tuple[str, str], dict[str, list[Known]]] = defaultdict(dict)
    for each in sorted(known, key=lambda each: each.sort_key):
        left[each.rule, each.fingerprint].setdefault(each.path, []).append(each)
    unpaired: list[Finding] = []
    for finding in report.findings:
        here = left[finding.rule, finding.fingerprint].get(finding.path)
        if here:
            here.pop(0)
        else:
            unpaired.append(finding)
    fresh = set()
    moved = {key: deque(each for some in by_path.values() for each in some) for key, by_path in left.items()}
    for finding in unpaired:
        if elsewhere := moved[finding.rule, finding.fingerprint]:
            elsewhere.popleft()
        else:
            fresh.add(key_of(finding))
    gone = sorted((each for some in moved.values() for each in some), key=lambda each: each.sort_key)
    return Comparison(before, frozenset(fresh), tuple(gone), len(report.findings) - len(fresh))


def known_of(report: Report) -> list[Known]:
    """The findings of a report, to compare another one with."""
    found = []
    for finding in report.findings:
        source = report.source(finding.path)
        line = source.position(finding.span.start).line if source is not None else None
        severity = str(finding.severity)
        found.append(
            Known(
                finding.fingerprint,
                finding.rule,
                finding.path,
                line,
                finding.message,
                severity,
                finding.group,
            )
        )
    return found


def read_known(file: Path) -> list[Known]:
    """The findings of a report that was written as `json` or `jsonl`; raises for anything else."""
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"{file}: not a report of rfl-lint in JSON: it is not UTF-8") from error
    except OSError as error:
        raise SourceError(f"{file}: cannot be read: {error.strerror or error}") from error
    try:
        return [_known(each) for each in _objects(text)]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise UsageError(
            f"{file}: not a report of rfl-lint in JSON (`check --output-format json`): {_reason(error)}"
        ) from error


def _objects(text: str) -> Sequence[object]:
    """The findings of a report in either form, as JSON has them."""
    try:
        whole = json.loads(text)
    except json.JSONDecodeError:
        lines = [json.loads(line) for line in text.splitlines() if line.strip()]
        if not lines:
            raise
        *findings, whole = lines
        _check_version(whole)
        return findings
    _check_version(whole)
    found = whole.get("findings", [])  # jsonl without findings is its last line alone
    if not isinstance(found, list):
        raise TypeError("`findings` is no list")
    return found


def _check_version(whole: object) -> None:
    if not isinstance(whole, dict) or "version" not in whole:
        raise TypeError("it has no `version`")
    if whole["version"] != _JSON_VERSION:
        raise ValueError(f"it has version {whole['version']!r}, and only {_JSON_VERSION} is known")


def _known(found: object) -> Known:
    if not isinstance(found, dict):
        raise TypeError("a finding is no object")
    names = ("fingerprint", "rule", "message", "severity", "group")
    texts = {name: found[name] for name in names}
    path, line = found["path"], found["line"]
    if not all(isinstance(text, str) for text in texts.values()):
        raise TypeError("a finding's text is no string")
    if not isinstance(path, str | None) or not isinstance(line, int | None):
        raise TypeError("a finding's place is none")
    return Known(path=path or "", line=line, **texts)


def _reason(error: BaseException) -> str:
    return f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)


def by_rule(known: Iterable[Known]) -> Counter[str]:
    """How many of them each rule has."""
    return Counter(each.rule for each in known)
