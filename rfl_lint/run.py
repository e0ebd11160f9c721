"""From files to a Report: which findings count, under which path, and what could not be done."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from msgspec import Struct, field
from msgspec.structs import replace

from rfl_lint.analysis.coverage.counts import Coverage
from rfl_lint.batch import Plan, outcomes
from rfl_lint.config import FixSafety, Override
from rfl_lint.engine import FileResult
from rfl_lint.errors import SourceError, WorkerError
from rfl_lint.finding import Confidence, Finding, Severity, Silence
from rfl_lint.globs import glob_matcher
from rfl_lint.inputs.files import Selection, Target
from rfl_lint.refusal import ENGINE_GROUP, FILE_NOT_ANALYSED
from rfl_lint.report import Report, View
from rfl_lint.share import Outcome
from rfl_lint.source import SourceFile


class Filter(Struct, frozen=True):
    """Which findings count, with what severity and fix; applied last, so that counts stay honest."""

    min_severity: Severity = Severity.NOTE
    min_confidence: Confidence = Confidence.LOW
    severities: Mapping[str, Severity] = field(default_factory=dict)
    fixes: Mapping[str, FixSafety] = field(default_factory=dict)
    overrides: Sequence[Override] = ()
    expand: Callable[[str], Sequence[str]] = lambda name: [name]


class Run(Protocol):
    """How the targets of a selection are linted: `run_targets`, or what gives the same report."""

    def __call__(
        self,
        selection: Selection,
        plan: Plan,
        chosen: Filter,
        *,
        texts: Mapping[str, bytes] = MappingProxyType({}),
        progress: Callable[[int], None] = lambda _done: None,
    ) -> Report:
        """Lint all targets and report on them."""
        ...


def run_targets(
    selection: Selection,
    plan: Plan,
    chosen: Filter,
    *,
    texts: Mapping[str, bytes] = MappingProxyType({}),
    progress: Callable[[int], None] = lambda _done: None,
) -> Report:
    """Lint all targets; `progress` is told how many more are done.

    `texts` stand in for the content of files, under the paths that findings show.
    """
    targets = selection.targets
    held = {target.file: texts[path] for path, target in shown_paths(targets).items() if path in texts}
    had, errors = lint_targets(targets, plan, held, progress)
    return report_on(selection, had, chosen, errors)


def lint_targets(
    targets: Sequence[Target],
    plan: Plan,
    held: Mapping[Path, bytes] = MappingProxyType({}),
    progress: Callable[[int], None] = lambda _done: None,
) -> tuple[dict[Target, Outcome], list[str]]:
    """What linting each target gave, and what kept the run from linting all; `held` stand in for files' content."""
    had: dict[Target, Outcome] = {}
    errors: list[str] = []
    try:
        for target, outcome in outcomes(targets, plan, held):
            had[target] = outcome
            progress(1)
    except WorkerError as error:
        missing = [target.path for target in targets if target not in had]
        errors.append(f"{error}; not linted: {', '.join(missing[:5])}{', …' if len(missing) > 5 else ''}")
    return had, errors


def report_on(
    selection: Selection, had: Mapping[Target, Outcome], chosen: Filter, errors: Iterable[str] = ()
) -> Report:
    """The report on a selection of which each target was linted."""
    prefixes = _prefixes(selection.targets)
    told = [*map(str, selection.errors), *errors]
    done: list[FileResult] = []
    for target in selection.targets:
        result = had.get(target)
        if isinstance(result, SourceError):
            told.append(str(result))
        elif result is not None:
            done.append(_prefixed(result, prefixes[target.tree.root]))
    return make_report(done, chosen, skipped=selection.skipped, errors=told)


def make_report(
    results: Iterable[FileResult],
    chosen: Filter,
    *,
    skipped: dict[str, int] | None = None,
    errors: Sequence[str] = (),
    views: Mapping[str, View] = MappingProxyType({}),
) -> Report:
    """Put the results of single files together; `views` are those of texts that patches showed."""
    results = list(results)
    overrides = _Overrides(chosen)
    findings = [
        overrides.apply(
            _weighed(finding, chosen), (views[result.path].path if result.path in views else None)
        )
        for result in results
        for finding in result.findings
    ]
    findings.sort(key=lambda finding: finding.sort_key)
    unshown = tuple(
        finding for finding in findings if finding.silenced is None and not _counts(finding, chosen)
    )
    findings = [finding for finding in findings if _counts(finding, chosen)]
    sources = {source.path: source for result in results for source in result.sources}
    return Report(
        findings=tuple(finding for finding in findings if finding.silenced is None),
        silenced=tuple(finding for finding in findings if finding.silenced is not None),
        unshown=unshown,
        files=len(results),
        skipped=dict(sorted((skipped or {}).items())),
        fragments_met=sum(result.fragments_met for result in results),
        fragments_parsed=sum(result.fragments_parsed for result in results),
        unparsed={result.path: result.unparsed_lines for result in results if result.unparsed_lines},
        crashes=tuple(crash for result in results for crash in result.crashes),
        errors=tuple(errors),
        views=views,
        coverage={
            result.path: result.coverage
            for result in sorted(results, key=lambda result: result.path)
            if result.coverage is not None and result.coverage != Coverage()
        },
        read=sources.get,
    )


def _weighed(finding: Finding, chosen: Filter) -> Finding:
    severity = chosen.severities.get(finding.rule)
    if severity is not None:
        finding = replace(finding, severity=severity)
    safety = chosen.fixes.get(finding.rule)
    if safety is not None and finding.fix is not None:
        is_safe = safety is FixSafety.SAFE
        fix = None if safety is FixSafety.NEVER else replace(finding.fix, safe=is_safe)
        finding = replace(finding, fix=fix)
    return finding


def _counts(finding: Finding, chosen: Filter) -> bool:
    if finding.rule == FILE_NOT_ANALYSED:
        return True  # what was not looked at is said, however severe
    return finding.severity >= chosen.min_severity and finding.confidence >= chosen.min_confidence


class _Overrides:
    """The configuration's per-path overrides, their patterns compiled once."""

    def __init__(self, chosen: Filter) -> None:
        self._entries: list[tuple[Callable[[str], bool], frozenset[str]]] = []
        for override in chosen.overrides:
            matches = glob_matcher(override.paths)
            names = frozenset(name for word in override.ignore for name in chosen.expand(word))
            if matches is not None:
                self._entries.append((matches, names))

    def apply(self, finding: Finding, path: str | None) -> Finding:
        """The finding, silenced where an override says so; `path` is the file's where findings have another."""
        if finding.silenced is None and finding.group != ENGINE_GROUP:
            for matches, names in self._entries:
                if finding.rule in names and matches(path or finding.path):
                    return replace(finding, silenced=Silence.CONFIG)
        return finding


def shown_paths(targets: Sequence[Target]) -> dict[str, Target]:
    """The targets by the paths that their findings show."""
    prefixes = _prefixes(targets)
    return {prefixes[target.tree.root] + target.path: target for target in targets}


def _prefixes(targets: Sequence[Target]) -> dict[Path | None, str]:
    """What to put before the paths of each root: nothing for a single root, else what tells them apart."""
    roots = {target.tree.root for target in targets}
    if len(roots) < 2:
        return dict.fromkeys(roots, "")
    common = Path(os.path.commonpath([str(root) for root in roots if root is not None]))
    return {
        root: "" if root is None or root == common else f"{root.relative_to(common).as_posix()}/"
        for root in roots
    }


def _prefixed(result: FileResult, prefix: str) -> FileResult:
    if not prefix:
        return result
    findings = tuple(
        replace(
            finding,
            path=prefix + finding.path,
            related=tuple(
                replace(label, path=prefix + label.path) if label.path else label for label in finding.related
            ),
        )
        for finding in result.findings
    )
    sources = tuple(SourceFile(prefix + source.path, source.data) for source in result.sources)
    crashes = tuple(replace(crash, path=prefix + crash.path) for crash in result.crashes)
    return replace(result, path=prefix + result.path, findings=findings, sources=sources, crashes=crashes)
