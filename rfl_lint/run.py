"""A run over many files: in this process where that is quicker, else in forked workers; one Report at the end.

Threads would be of no use, tree-sitter's parser holds the interpreter lock. A worker that dies is an error that
names what was not linted, never a smaller report that looks whole.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from rfl_lint.config import Override
from rfl_lint.engine import FileResult, Lint, lint_source
from rfl_lint.errors import SourceError, WorkerError
from rfl_lint.finding import Confidence, Finding, Severity, Silence
from rfl_lint.inputs.files import Selection, Target, read_target
from rfl_lint.refusal import ENGINE_GROUP
from rfl_lint.report import Report
from rfl_lint.source import SourceFile

# Starting two workers costs as much as linting about this many bytes.
_WORTH_WORKERS: Final = 250_000
_CHUNKS_PER_WORKER: Final = 6


@dataclass(frozen=True)
class Filter:
    """Which findings count, and with what severity; applied after everything else, so that counts stay honest."""

    min_severity: Severity = Severity.NOTE
    min_confidence: Confidence = Confidence.LOW
    severities: Mapping[str, Severity] = field(default_factory=dict)
    overrides: Sequence[Override] = ()
    expand: Callable[[str], Sequence[str]] = lambda name: [name]


Outcome = FileResult | SourceError


def run_targets(
    selection: Selection,
    lint: Lint,
    chosen: Filter,
    *,
    jobs: int | None = None,
    progress: Callable[[int], None] = lambda _done: None,
) -> Report:
    """Lint all targets; `progress` is told how many more are done."""
    targets = selection.targets
    prefixes = _prefixes(targets)
    outcomes: dict[tuple[Path | None, str], Outcome] = {}
    errors = [str(error) for error in selection.errors]
    try:
        for target, outcome in _outcomes(targets, lint, jobs):
            outcomes[target.tree.root, target.path] = outcome
            progress(1)
    except WorkerError as error:
        missing = [target.path for target in targets if (target.tree.root, target.path) not in outcomes]
        errors.append(f"{error}; not linted: {', '.join(missing[:5])}{', …' if len(missing) > 5 else ''}")
    done: list[FileResult] = []
    for target in targets:
        result = outcomes.get((target.tree.root, target.path))
        if isinstance(result, SourceError):
            errors.append(str(result))
        elif result is not None:
            done.append(_prefixed(result, prefixes[target.tree.root]))
    return make_report(done, chosen, skipped=selection.skipped, errors=errors)


def make_report(
    results: Iterable[FileResult],
    chosen: Filter,
    *,
    skipped: dict[str, int] | None = None,
    errors: Sequence[str] = (),
) -> Report:
    """Put the results of single files together."""
    results = list(results)
    overrides = _Overrides(chosen)
    findings = [
        overrides.apply(_weighed(finding, chosen)) for result in results for finding in result.findings
    ]
    findings = [finding for finding in findings if _counts(finding, chosen)]
    findings.sort(key=lambda finding: finding.sort_key)
    sources = {source.path: source for result in results for source in result.sources}
    return Report(
        findings=tuple(finding for finding in findings if finding.silenced is None),
        silenced=tuple(finding for finding in findings if finding.silenced is not None),
        files=len(results),
        skipped=dict(sorted((skipped or {}).items())),
        fragments_met=sum(result.fragments_met for result in results),
        fragments_parsed=sum(result.fragments_parsed for result in results),
        unparsed={result.path: result.unparsed_lines for result in results if result.unparsed_lines},
        crashes=tuple(crash for result in results for crash in result.crashes),
        errors=tuple(errors),
        read=sources.get,
    )


def _weighed(finding: Finding, chosen: Filter) -> Finding:
    severity = chosen.severities.get(finding.rule)
    return finding if severity is None else replace(finding, severity=severity)


def _counts(finding: Finding, chosen: Filter) -> bool:
    if finding.group == ENGINE_GROUP:
        return True
    return finding.severity >= chosen.min_severity and finding.confidence >= chosen.min_confidence


class _Overrides:
    """The configuration's per-path overrides, their patterns compiled once."""

    def __init__(self, chosen: Filter) -> None:
        self._entries: list[tuple[Callable[[str], bool], frozenset[str]]] = []
        if chosen.overrides:
            import pathspec  # noqa: PLC0415 - only needed when there are overrides

            for override in chosen.overrides:
                spec = pathspec.GitIgnoreSpec.from_lines(override.paths)
                names = frozenset(name for word in override.ignore for name in chosen.expand(word))
                self._entries.append((spec.match_file, names))

    def apply(self, finding: Finding) -> Finding:
        if finding.silenced is None and finding.group != ENGINE_GROUP:
            for matches, names in self._entries:
                if finding.rule in names and matches(finding.path):
                    return replace(finding, silenced=Silence.CONFIG)
        return finding


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


def _outcomes(targets: Sequence[Target], lint: Lint, jobs: int | None) -> Iterator[tuple[Target, Outcome]]:
    workers = (
        jobs if jobs is not None else len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    )
    sizes = {target.file: _size(target) for target in targets}
    forkable = "fork" in multiprocessing.get_all_start_methods()
    if workers < 2 or len(targets) < 2 or not forkable or sum(sizes.values()) < _WORTH_WORKERS:
        for target in targets:
            yield target, _lint_target(target, lint)
        return
    yield from _forked(_chunks(targets, sizes, workers * _CHUNKS_PER_WORKER), lint, workers)


def _size(target: Target) -> int:
    try:
        return target.file.stat().st_size
    except OSError:
        return 0


def _chunks(targets: Sequence[Target], sizes: dict[Path, int], count: int) -> list[list[Target]]:
    """Groups of about equal size, the largest files first, so that no worker is left with a late giant."""
    groups: list[list[Target]] = [[] for _ in range(min(count, len(targets)))]
    weights = [0] * len(groups)
    for target in sorted(targets, key=lambda target: (-sizes[target.file], str(target.file))):
        lightest = weights.index(min(weights))
        groups[lightest].append(target)
        weights[lightest] += sizes[target.file] + 1
    return groups


def _forked(chunks: list[list[Target]], lint: Lint, workers: int) -> Iterator[tuple[Target, Outcome]]:
    from concurrent.futures import ProcessPoolExecutor, as_completed  # noqa: PLC0415 - 15 ms, only for many files
    from concurrent.futures.process import BrokenProcessPool  # noqa: PLC0415

    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_adopt, initargs=(lint,)) as pool:
        waiting = {pool.submit(_lint_chunk, chunk): chunk for chunk in chunks}
        try:
            for future in as_completed(waiting):
                yield from zip(waiting[future], future.result(), strict=True)
        except BrokenProcessPool as error:
            raise WorkerError("a worker process was killed") from error


_lint_of_worker: list[Lint] = []


def _adopt(lint: Lint) -> None:
    _lint_of_worker[:] = [lint]


def _lint_chunk(targets: list[Target]) -> list[Outcome]:
    return [_lint_target(target, _lint_of_worker[0]) for target in targets]


def _lint_target(target: Target, lint: Lint) -> Outcome:
    try:
        source = read_target(target)
    except SourceError as error:
        return error
    return lint_source(source, lint, target.tree)
