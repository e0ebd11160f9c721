"""`check --fix`, `--show-fixes`, `--add-suppressions`: files are rewritten, or the diff is shown that would do it."""

from __future__ import annotations

import sys
from typing import TextIO

from msgspec.structs import replace

from rfl_lint.cli.job import Job, print_report, status_of
from rfl_lint.cli.settings import CheckRequest, Setup, output_options
from rfl_lint.cli.status import say
from rfl_lint.errors import SourceError
from rfl_lint.fixes import Fixed, fix_findings
from rfl_lint.output.diff import unified_diff
from rfl_lint.output.escape import escape
from rfl_lint.output.paint import make_painter
from rfl_lint.output.remarks import fixed as fixed_in_words
from rfl_lint.output.remarks import suppressed as suppressed_in_words
from rfl_lint.rewrite import obstacle, rewrite
from rfl_lint.suppressing import add_suppressions


def run_fixes(request: CheckRequest, setup: Setup, job: Job) -> int:
    """Fix what can be fixed, print what remains, and return the exit status.

    Where standard output holds a diff or the fixed text of standard input, findings go to standard error.
    """
    writes = job.stdin is None and not request.show_fixes

    def hindrance(path: str) -> str | None:
        target = job.targets.get(path)
        return obstacle(target.file, target.tree.root) if writes and target is not None else None

    if request.add_suppressions is not None:
        result = add_suppressions(job.lint, request.add_suppressions, obstacle=hindrance)
    else:
        result = fix_findings(job.lint, unsafe=request.unsafe_fixes, obstacle=hindrance)
    problems = list(result.problems)
    out = sys.stderr
    if request.show_fixes:
        _show(result, request)
    elif job.stdin is not None:
        sys.stdout.buffer.write(result.after.get(job.stdin.path, job.stdin.data))
        sys.stdout.flush()
    else:
        result, failed = _write(result, job)
        problems += failed
        out = sys.stdout
    report = replace(result.report, errors=(*result.report.errors, *problems))
    report = print_report(report, request, setup, out, hints=False)
    if not request.quiet:
        _tell(result, request, out)
    status = status_of(report, request)
    return 1 if request.show_fixes and result.done and not status and not request.exit_zero else status


def _write(result: Fixed, job: Job) -> tuple[Fixed, list[str]]:
    """Write the files that changed; what could not be written is reported as it still is."""
    failed: dict[str, str] = {}
    for path, revision in result.revised.items():
        target = job.targets[path]
        try:
            rewrite(target.file, target.tree.root, result.before[path], revision.data)
        except SourceError as error:
            failed[path] = str(error)
    if failed:
        revised = {path: each for path, each in result.revised.items() if path not in failed}
        done = {path: count for path, count in result.done.items() if path not in failed}
        result = replace(result, report=job.lint(revised), revised=revised, done=done)
    return result, list(failed.values())


def _show(result: Fixed, request: CheckRequest) -> None:
    """Write the diff of everything that would be fixed: as it is, unless a terminal has to be kept safe from it."""
    diffs = (unified_diff(path, result.before[path], result.after[path]) for path in sorted(result.after))
    if not sys.stdout.isatty():
        for diff in diffs:
            sys.stdout.buffer.write(diff)
        sys.stdout.flush()
        return
    paint = make_painter(color=output_options(request, sys.stdout).color)
    styles = {"-": "error", "+": "good", "@": "step"}
    for diff in diffs:
        for line in diff.decode("utf-8", "replace").removesuffix("\n").split("\n"):
            shown = "\t".join(escape(part) for part in line.split("\t"))
            sys.stdout.write(paint(styles.get(line[:1], ""), shown) + "\n")
    sys.stdout.flush()


def _tell(result: Fixed, request: CheckRequest, out: TextIO) -> None:
    number, files = sum(result.done.values()), len(result.done)
    written = not request.show_fixes
    if request.add_suppressions is not None:
        line = suppressed_in_words(number, files, written=written)
    else:
        line = fixed_in_words(result.report, number, files, unsafe=request.unsafe_fixes, written=written)
    if request.output_format == "text":
        out.write(line + "\n")
        out.flush()
    else:
        say(line)
