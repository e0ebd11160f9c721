"""`rfl-lint patch`: a diff, a mail, a mailbox or a range of commits, linted as what it leaves."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from rfl_lint.c.names import called_functions
from rfl_lint.cli.baseline import Baseline, make_baseline, scopes_of
from rfl_lint.cli.job import complain, filed
from rfl_lint.cli.settings import CheckRequest, Setup, check_tree, output_options, prepare, rewrites
from rfl_lint.cli.standard_input import read_stdin
from rfl_lint.cli.status import say
from rfl_lint.errors import SourceError, UsageError
from rfl_lint.finding import Severity
from rfl_lint.inputs.files import Target
from rfl_lint.inputs.git_objects import patches_of
from rfl_lint.inputs.mail import Message, read_messages
from rfl_lint.inputs.patch import Patch, read_patch
from rfl_lint.output import render
from rfl_lint.patches import PatchRun
from rfl_lint.report import Report
from rfl_lint.run import make_report
from rfl_lint.tree import KernelTree, find_root, read_tree

MAX_INPUT: Final = 200_000_000
NIPA_WARNING: Final = 250
"""The exit status by which netdev's CI tells warnings from failures."""
# Formats whose readers take every line on stderr for a failure.
_SILENT: Final = frozenset({"checkpatch", "b4-json"})


class PatchRequest(Struct, frozen=True):
    """The options of one `patch` besides those that it shares with `check`."""

    sources: tuple[str, ...]
    check: CheckRequest
    reply: bool = False
    mailback: bool = False
    nipa: bool = False


def patch_of_check(check: CheckRequest) -> PatchRequest:
    """What `check --patch FILE` asks for; raises UsageError where its other options contradict that."""
    if check.diff is not None or rewrites(check) or check.stdin_filename is not None:
        raise UsageError(
            "--patch names what is linted: it cannot be combined with --diff, --fix or standard input"
        )
    if check.write_baseline or check.prune_baseline:
        raise UsageError("a baseline is made of whole files, not of a patch: write it without --patch")
    if len(check.paths) > 1 or (check.paths and not Path(check.paths[0]).is_dir()):
        raise UsageError("--patch names what is linted: beside it, only the root of the tree can be given")
    tree = check.tree or (Path(check.paths[0]) if check.paths else None)
    return PatchRequest((check.patch or "-",), replace(check, tree=tree, paths=()))


def run_patch(request: PatchRequest) -> int:
    """Lint the patches of an input, print, and return the exit status."""
    gc.set_threshold(100_000, 20, 20)
    check = request.check
    check_tree(check.tree)
    setup = prepare(check)
    tree = _tree(check)
    if request.sources.count("-") > 1:
        raise UsageError("standard input can be read only once")
    inputs = [_read(source, tree) for source in request.sources]
    patches = [patch for each in inputs for patch in each.patches]
    extents = {rule.meta.name: rule.meta.extent for rule in setup.plan.lint.rules}
    run = PatchRun(
        tree,
        setup.plan,
        extents,
        frozenset(called_functions(_added(patches))),
        excluded=setup.finder.excludes,
    )
    for each in inputs:
        _lint_input(run, each, named=len(inputs) > 1)
    report = make_report(run.results, setup.chosen, skipped=run.skipped, errors=run.errors, views=run.views)
    baseline = _baseline(check, setup, tree)
    if baseline is not None:
        report = baseline.shortened(report, {name: view.added for name, view in report.views.items()})
    options = replace(output_options(check, sys.stdout, hints=False), mailback=request.mailback)
    report = filed(report, setup, options)
    silent = check.output_format in _SILENT
    if not silent and not check.quiet:
        for each in inputs:
            if not any(patch.files for patch in each.patches):
                say(f"note: {each.name} holds no patch")
        for note in dict.fromkeys(run.notes):
            say(f"note: {note}")
    if request.reply:
        _print_replies(report, [message for each in inputs for message in each.messages])
    else:
        render(check.output_format, report, sys.stdout, options)
    sys.stdout.flush()
    complain(report, debug=check.debug)
    return _status(request, report)


class _Input(Struct, frozen=True):
    """What one source holds, and what to call it."""

    name: str
    messages: list[Message]
    patches: list[Patch]


def _read(source: str, tree: KernelTree) -> _Input:
    data, name = _input(source, tree)
    messages = read_messages(data)
    return _Input(name, messages, [read_patch(message) for message in messages])


def _lint_input(run: PatchRun, given: _Input, *, named: bool) -> None:
    """Lint the patches of an input; among several, what is said of it bears its name."""
    run.input_name = given.name
    notes, errors = len(run.notes), len(run.errors)
    for patch in given.patches:
        run.lint(patch)
    if named:
        run.notes[notes:] = [f"{given.name}: {note}" for note in run.notes[notes:]]
        run.errors[errors:] = [f"{given.name}: {error}" for error in run.errors[errors:]]


def _baseline(check: CheckRequest, setup: Setup, tree: KernelTree) -> Baseline | None:
    if check.no_baseline:
        return None
    root = tree.root if tree.root is not None else Path()
    return make_baseline(check, setup, scopes_of(check, [("", Target(root, "", tree))]), {})


def _status(request: PatchRequest, report: Report) -> int:
    if report.problems:
        return 2
    if request.check.exit_zero:
        return 0
    worst = max((finding.severity for finding in report.findings), default=Severity.NOTE)
    if request.nipa and worst is Severity.WARNING:
        return NIPA_WARNING
    return 1 if worst > Severity.NOTE else 0


def _tree(check: CheckRequest) -> KernelTree:
    """The tree that patches are for: the one that was named, else the kernel or git checkout that this folder is in."""
    if check.tree is not None:
        return read_tree(Path(os.path.abspath(check.tree)))  # noqa: PTH100 - links stand as they are
    here = Path.cwd()
    root = find_root(here, here)
    tree = read_tree(root)
    return tree if tree.is_kernel or (root / ".git").exists() else KernelTree()


def _input(source: str, tree: KernelTree) -> tuple[bytes, str]:
    """The bytes of the input and what to call it."""
    if source == "-":
        data = read_stdin("patch", "`rfl-lint patch FILE` reads a file", MAX_INPUT + 1)
        return _bounded(data, "<stdin>"), "<stdin>"
    path = Path(source)
    if ".." in source and ".." not in path.parts and not path.exists():
        if tree.root is None:
            raise UsageError(
                f"{source}: a range of commits needs a git checkout: run it there, or name it by --tree"
            )
        return patches_of(tree.root, source), source
    try:
        with path.open("rb") as stream:
            return _bounded(stream.read(MAX_INPUT + 1), source), source
    except IsADirectoryError as error:
        raise SourceError(f"{source}: a folder; name a patch, a mail or a range of commits") from error
    except FileNotFoundError as error:
        raise SourceError(
            f"{source}: no such file; commits are named by a range, such as HEAD~1..HEAD"
        ) from error
    except OSError as error:
        raise SourceError(f"{source}: cannot be read: {error.strerror or error}") from error


def _added(patches: Iterable[Patch]) -> Iterator[bytes]:
    """The text that patches add or show, without what they delete."""
    for patch in patches:
        for diff in patch.files:
            lines = (line.text for hunk in diff.hunks for line in hunk.lines if line.sign != "-")
            yield "\n".join(lines).encode("utf-8", "surrogateescape")


def _bounded(data: bytes, name: str) -> bytes:
    if len(data) > MAX_INPUT:
        raise SourceError(f"{name}: larger than {MAX_INPUT:,} bytes")
    return data


def _print_replies(report: Report, messages: list[Message]) -> None:
    from rfl_lint.output.reply import draft_reply  # noqa: PLC0415 - only when a reply is asked for

    drafts = remarks = 0
    for number, message in enumerate(messages):
        draft = draft_reply(report, message, number)
        if draft is None:
            continue
        if drafts:
            sys.stdout.write("\n")
        drafts += 1
        remarks += draft.remarks
        if len(messages) > 1:
            sys.stdout.write("From rfl-lint Thu Jan  1 00:00:00 1970\n")
        sys.stdout.write(draft.text)
        if draft.missing:
            say(
                f"note: left out of the reply, because the input does not hold them: {', '.join(draft.missing)}"
            )
    if drafts and remarks < len(report.findings):
        say(f"note: {len(report.findings) - remarks} findings are at lines that the input does not show")
    if not drafts:
        say("note: nothing to say: no reply is written")
