"""What a page shows, counted and named before anything is drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Final

from msgspec import Struct, field

from rfl_lint.analysis.coverage.counts import Coverage
from rfl_lint.comparison import Comparison
from rfl_lint.finding import Finding, Severity
from rfl_lint.report import Report
from rfl_lint.ruledoc import RuleDoc

SEVERITIES: Final = (Severity.ERROR, Severity.WARNING, Severity.NOTE)


class PageContent(Struct, frozen=True, dict=True):
    """A report, the documentation of its rules, and, if there is one, the comparison with an earlier run.

    `made` says when the page was made, for those who ask for it.
    """

    report: Report
    docs: Mapping[str, RuleDoc] = field(default_factory=dict)
    comparison: Comparison | None = None
    title: str = "rfl-lint report"
    made: str = ""

    @cached_property
    def by_file(self) -> dict[str, list[Finding]]:
        """The findings of each file that has some, in order."""
        return grouped(self.report.findings, lambda finding: finding.path)

    @cached_property
    def by_rule(self) -> dict[str, list[Finding]]:
        """The findings of each rule, those with the most first."""
        return _most_first(grouped(self.report.findings, lambda finding: finding.rule))

    @cached_property
    def by_group(self) -> dict[str, list[Finding]]:
        """The findings of each group of rules, those with the most first."""
        return _most_first(grouped(self.report.findings, lambda finding: finding.group))

    @cached_property
    def by_folder(self) -> dict[str, list[Finding]]:
        """The findings right in each folder, sorted by folder."""
        return dict(sorted(grouped(self.report.findings, lambda finding: folder_of(finding.path)).items()))

    @cached_property
    def coverage_by_folder(self) -> dict[str, Coverage]:
        """The counts of the files right in each folder, sorted by folder."""
        found: dict[str, Coverage] = {}
        for path, coverage in self.report.coverage.items():
            folder = folder_of(path)
            found[folder] = found.get(folder, Coverage()) + coverage
        return dict(sorted(found.items()))

    @cached_property
    def anchors(self) -> dict[int, str]:
        """A name for each finding, by identity, that stays the same as long as its fingerprint does."""
        seen: Counter[str] = Counter()
        names = {}
        for finding in self.report.findings:
            name = f"f-{finding.fingerprint}"
            seen[name] += 1
            names[id(finding)] = name if seen[name] == 1 else f"{name}-{seen[name]}"
        return names

    @cached_property
    def file_anchors(self) -> dict[str, str]:
        """A name for the section of each file."""
        return {path: f"file-{place}" for place, path in enumerate(self.by_file, start=1)}

    def is_fresh(self, finding: Finding) -> bool:
        """Whether an earlier run is known, and did not have a finding."""
        return self.comparison is not None and self.comparison.is_fresh(finding)


def folder_of(path: str) -> str:
    """The folder of a file; the root is `.`."""
    return path.rpartition("/")[0] or "."


def grouped(findings: Iterable[Finding], key: Callable[[Finding], str]) -> dict[str, list[Finding]]:
    """Findings by a key, in the order in which keys come up."""
    found: dict[str, list[Finding]] = {}
    for finding in findings:
        found.setdefault(key(finding), []).append(finding)
    return found


def severities(findings: Iterable[Finding]) -> list[tuple[str, int]]:
    """How many findings have each severity, the worst first."""
    counts = Counter(finding.severity for finding in findings)
    return [(str(severity), counts[severity]) for severity in SEVERITIES]


def _most_first(found: dict[str, list[Finding]]) -> dict[str, list[Finding]]:
    return dict(sorted(found.items(), key=lambda item: (-len(item[1]), item[0])))
