"""`rfl-lint report`: a run, perhaps an earlier one to compare with, and the page that shows them."""

from __future__ import annotations

import io
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from rfl_lint.cli.baseline import Baseline, baseline_of
from rfl_lint.cli.check import files_job
from rfl_lint.cli.job import Job, complain, status_of, with_failures
from rfl_lint.cli.settings import STDIN, CheckRequest, Setup, check_tree, prepare
from rfl_lint.cli.status import say
from rfl_lint.comparison import Comparison, Known, compare, key_of, known_of, read_known
from rfl_lint.errors import UsageError
from rfl_lint.inputs.files import Selection
from rfl_lint.output.page.document import write_page
from rfl_lint.output.page.model import PageContent
from rfl_lint.report import Report
from rfl_lint.rewrite import write_whole
from rfl_lint.ruledoc import engine_docs, read_doc
from rfl_lint.run import run_targets


class ReportRequest(Struct, frozen=True):
    """The options of one `report`, as given."""

    check: CheckRequest
    output: str = "rfl-lint-report.html"
    compare: Path | None = None
    title: str = "rfl-lint report"
    timestamp: bool = False


def run_report(request: ReportRequest) -> int:
    """Lint, compare, write the page; the status is that of `check`, for which what a baseline has is no finding."""
    if STDIN in request.check.paths:
        raise UsageError("`report` shows files and folders: it does not read standard input")
    check_tree(request.check.tree)
    setup = prepare(request.check)
    counting = replace(setup, plan=replace(setup.plan, lint=replace(setup.plan.lint, coverage=True)))
    job = files_job(request.check, counting)
    baseline = _baseline(request, setup, job)
    report = job.lint({})
    if report.problems and not report.files:
        complain(with_failures(report, setup), debug=request.check.debug)
        say(f"note: {request.output}: not written, for nothing could be linted")
        return 2
    if baseline is None:
        judged, comparison = report, _comparison(request, setup, report)
    else:
        judged = baseline.shortened(report, {})
        comparison = _against(baseline, judged, report)
    content = PageContent(
        with_failures(report, setup),
        {rule.meta.name: read_doc(type(rule)) for rule in setup.plan.lint.rules} | engine_docs(),
        comparison,
        request.title,
        datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC") if request.timestamp else "",
    )
    page = io.StringIO()
    write_page(content, page)
    _write(page.getvalue().encode(), request.output)
    if not request.check.quiet:
        say(f"{request.output}: {_words(content.report, comparison)}")
    return status_of(with_failures(judged, setup), request.check)


def _baseline(request: ReportRequest, setup: Setup, job: Job) -> Baseline | None:
    """The baseline to compare with, where nothing else is named."""
    if request.compare is None:
        return baseline_of(request.check, setup, job)
    if request.check.baseline is not None:
        raise UsageError("--compare and --baseline both say what to compare with: give one of the two")
    return None


def _against(baseline: Baseline, judged: Report, report: Report) -> Comparison:
    """What became of the findings of a baseline; the page shows those that are still there, too."""
    name = ", ".join(str(scope.file.name) for scope in baseline.scopes)
    fresh = frozenset(key_of(finding) for finding in judged.findings)
    gone = tuple(
        Known(entry.fingerprint, entry.rule, entry.path, None, entry.code) for entry in baseline.stale()
    )
    return Comparison(name, fresh, gone, len(report.findings) - len(judged.findings))


def _comparison(request: ReportRequest, setup: Setup, report: Report) -> Comparison | None:
    """What became of an earlier run's findings: one that was written down, or one over another tree, made now."""
    other = request.compare
    if other is None:
        return None
    if not other.is_dir():
        return compare(report, read_known(other), str(other))
    before = run_targets(_counterparts(request, setup, other), setup.plan, setup.chosen)
    if before.problems:
        raise UsageError(f"--compare {other}: {before.problems[0]}")
    return compare(report, known_of(before), str(other))


def _counterparts(request: ReportRequest, setup: Setup, other: Path) -> Selection:
    """What lies in another tree where the linted paths lie in theirs."""
    finder = setup.finder.beside(other)
    paths = []
    for given in request.check.paths or (".",):
        path = Path(os.path.abspath(given))  # noqa: PTH100 - a link is looked up where it stands
        root = setup.finder.root_of(path if path.is_dir() else path.parent, path if path.is_dir() else None)
        paths.append(other / path.relative_to(root) if path.is_relative_to(root) else other)
    return finder.add([path for path in paths if path.exists()])


def _write(page: bytes, output: str) -> None:
    if output == STDIN:
        sys.stdout.buffer.write(page)
    else:
        write_whole(Path(output), page)


def _words(report: Report, comparison: Comparison | None) -> str:
    count = len(report.findings)
    words = (
        f"{count} finding{'' if count == 1 else 's'} in {report.files} file{'' if report.files == 1 else 's'}"
    )
    if report.problems:
        words += "; incomplete"
    if comparison is None:
        return words
    fresh = count - comparison.unchanged
    return f"{words}; {fresh} new, {len(comparison.gone)} gone, {comparison.unchanged} unchanged"
