"""`rfl-lint check`: a run, fixes if they are asked for, a report, an exit status."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from rfl_lint.batch import lint_text
from rfl_lint.cli.baseline import baseline_of
from rfl_lint.cli.job import Job, print_report, status_of
from rfl_lint.cli.progress import Progress
from rfl_lint.cli.settings import STDIN, CheckRequest, Setup, check_tree, prepare, rewrites
from rfl_lint.cli.standard_input import read_stdin
from rfl_lint.cli.status import say
from rfl_lint.errors import UsageError
from rfl_lint.inputs.files import Selection, Target, misnamed, relative_path
from rfl_lint.report import Report
from rfl_lint.revision import Revision
from rfl_lint.run import Run, make_report, run_targets, shown_paths
from rfl_lint.source import SourceFile


def run_check(request: CheckRequest) -> int:
    """Lint, fix if asked to, print, and return the exit status."""
    # Linting makes many small objects that live until their file is done, and next to none that refer to one another
    # in a circle: looking for these among every 700 new ones, as Python does unless told otherwise, takes a tenth of
    # the run, and among every 100,000 still a twenty-fifth. A large tree makes some five million.
    gc.set_threshold(3_000_000, 20, 20)
    check_tree(request.tree)
    if request.unsafe_fixes and not (request.fix or request.show_fixes):
        raise UsageError(
            "--unsafe-fixes says which fixes --fix and --show-fixes take: give one of these with it"
        )
    if request.watch:
        from rfl_lint.cli.watch import run_watch  # noqa: PLC0415 - most runs are over when they have printed

        return run_watch(request, _check)
    if request.patch is not None:
        from rfl_lint.cli.patch import patch_of_check, run_patch  # noqa: PLC0415 - most runs read no patch

        return run_patch(patch_of_check(request))
    if request.add_suppressions is not None and (request.fix or request.unsafe_fixes):
        raise UsageError(
            "--fix and --add-suppressions are two answers to one finding: give one after the other"
        )
    status = _check(request, prepare(request))
    gc.freeze()  # the process ends: nobody need look once more for what of all this is not used
    return status


def _check(request: CheckRequest, setup: Setup, run: Run = run_targets) -> int:
    job = _stdin_job(request, setup) if _reads_stdin(request) else files_job(request, setup, run)
    baseline = baseline_of(request, setup, job)
    if baseline is not None:
        job = baseline.over(job)
    if rewrites(request):
        from rfl_lint.cli.fix import run_fixes  # noqa: PLC0415 - most runs fix nothing

        return run_fixes(request, setup, job)
    report = job.lint({})
    if baseline is not None:
        if request.write_baseline or request.prune_baseline:
            report = baseline.store()
        elif job.stdin is None and request.diff is None:
            baseline.tell()
    report = print_report(report, request, setup, sys.stdout)
    return status_of(report, request)


def _reads_stdin(request: CheckRequest) -> bool:
    if STDIN in request.paths and len(request.paths) > 1:
        raise UsageError("`-` (standard input) cannot be linted together with other paths")
    if request.stdin_filename is not None and request.paths not in ((), (STDIN,)):
        raise UsageError("--stdin-filename names standard input: give no other path with it")
    return request.paths == (STDIN,) or request.stdin_filename is not None


def _stdin_job(request: CheckRequest, setup: Setup) -> Job:
    if request.diff is not None:
        raise UsageError("--diff asks git what files changed: it cannot tell of standard input")
    name = request.stdin_filename or "stdin.rs"
    absolute = Path(os.path.abspath(name))  # noqa: PTH100
    if (fault := misnamed(Path(name))) is not None:
        raise UsageError(fault)
    root = setup.finder.root_of(absolute.parent)
    path = relative_path(absolute, root) if not _outside(absolute, root) else Path(name).name
    source = SourceFile(path, read_stdin("file", "`rfl-lint check FILE` reads one from the disk"))
    target = Target(absolute, path, setup.finder.tree_at(root))
    _note_problems([target], setup)

    def lint(texts: Mapping[str, Revision]) -> Report:
        text = SourceFile(path, texts[path].data) if path in texts else source
        return make_report([lint_text(text, target, setup.plan)], setup.chosen)

    return Job(lint, {path: target}, stdin=source)


def _outside(path: Path, root: Path) -> bool:
    return root not in path.parents


def files_job(request: CheckRequest, setup: Setup, run: Run = run_targets) -> Job:
    """The files that a request names, or those of the current folder."""
    if "" in request.paths:
        raise UsageError("an empty path names no file; `.` is the current folder")
    paths = [Path(path) for path in request.paths or (".",)]
    selection = setup.finder.add(paths)
    if not selection.targets and not selection.errors:
        _note_nothing(paths, selection)
    _note_problems(selection.targets, setup)

    def lint(texts: Mapping[str, Revision]) -> Report:
        held = {path: revision.data for path, revision in texts.items()}
        with Progress(len(selection.targets), shown=not request.quiet and sys.stderr.isatty()) as progress:
            return run(selection, setup.plan, setup.chosen, texts=held, progress=progress.advance)

    if request.diff is None:
        return Job(lint, shown_paths(selection.targets))
    from rfl_lint.cli.changes import changed_rows, narrowed  # noqa: PLC0415

    targets = shown_paths(selection.targets)
    rows = changed_rows(targets, request.diff)
    selection.targets[:] = [target for path, target in targets.items() if path in rows]
    return narrowed(Job(lint, targets), rows)


def _note_nothing(paths: Sequence[Path], selection: Selection) -> None:
    where = ", ".join(str(path) for path in paths)
    left = ", ".join(f"{count} {why}" for why, count in selection.skipped.items())
    say(f"note: no Rust files to lint in {where}{f' (left out: {left})' if left else ''}")


def _note_problems(targets: Sequence[Target], setup: Setup) -> None:
    """What the rules have to say of the trees, once for each."""
    for tree in dict.fromkeys(target.tree for target in targets):
        for rule in setup.plan.lint.rules:
            for problem in rule.problems(tree):
                say(f"note: {tree.root}: {problem} (rule {rule.meta.name})")
