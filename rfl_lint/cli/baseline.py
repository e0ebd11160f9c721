"""`--baseline`, `--write-baseline`, `--prune-baseline`: which file, which of its entries are stale, rewriting it."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace

from rfl_lint.baseline import FILE_NAME, Entry, Matched, dump_baseline, entry_of, left_out, read_baseline
from rfl_lint.cli.job import Job
from rfl_lint.cli.settings import CheckRequest, Setup, rewrites
from rfl_lint.cli.status import say, say_line
from rfl_lint.engine import Lint
from rfl_lint.errors import ConfigError, UsageError
from rfl_lint.finding import Finding
from rfl_lint.inputs.files import Target
from rfl_lint.output.remarks import counted
from rfl_lint.report import Report
from rfl_lint.revision import Revision
from rfl_lint.rewrite import write_whole

_STRICT: Final = "strict"
_DOC_CODE: Final = "doc-code"
_LISTED: Final = 5


class Scope(Struct, frozen=True):
    """A baseline file and the files it is about: those below `root`, which findings show below `prefix`."""

    file: Path
    root: Path
    prefix: str = ""


class Baseline(Struct):
    """The baselines of a run, and what came of matching them last."""

    request: CheckRequest
    lint: Lint
    scopes: tuple[Scope, ...]
    targets: Mapping[str, Target] = field(default_factory=dict)
    entries: tuple[Entry, ...] = ()
    whole: Report = field(default_factory=Report)
    last: Matched = field(default_factory=lambda: Matched(Report()))

    def over(self, job: Job) -> Job:
        """A job that leaves out what the baselines have."""

        def lint(texts: Mapping[str, Revision]) -> Report:
            added = {path: rows.added for path, rows in job.rows_in(texts).items()}
            return self.shortened(job.lint(texts), added)

        return replace(job, lint=lint)

    def shortened(self, report: Report, added: Mapping[str, frozenset[int]]) -> Report:
        """A report without what the baselines have; rows that were `added` are never covered."""
        self.whole = report
        self.last = left_out(report, self.entries, self._asked, is_gone=self._is_gone, changed=added)
        return self.last.report

    def _asked(self, finding: Finding) -> tuple[str, ...]:
        """What a run must be asked for so that it makes this finding, as far as that can be told."""
        doc = (_DOC_CODE,) if finding.fragment == "doc code" else ()
        return doc + ((_STRICT,) if finding.rule in self.lint.strict_rules else ())

    def _is_gone(self, path: str) -> bool:
        scope = self._scope(path)
        return path not in self.targets and scope is not None and not self._file(scope, path).exists()

    def _scope(self, path: str) -> Scope | None:
        return next((scope for scope in reversed(self.scopes) if path.startswith(scope.prefix)), None)

    def _file(self, scope: Scope, path: str) -> Path:
        return scope.root / path.removeprefix(scope.prefix)

    # What is stale.

    def stale(self) -> tuple[Entry, ...]:
        """The entries that would have been matched if their findings were still there."""
        if self.last.report.errors or self.last.report.crashes:
            return ()
        ran = {rule.meta.name for rule in self.lint.rules}
        return tuple(entry for entry in self.last.unmatched if self._is_judged(entry, ran))

    def _is_judged(self, entry: Entry, ran: Collection[str]) -> bool:
        """Whether the run would have had the finding of an entry, if there were one."""
        known = self.lint.known_rules
        if known is not None and entry.rule not in known:
            return True  # a rule that is gone finds nothing any more
        if entry.rule not in ran:
            return False
        if _STRICT in entry.asked and entry.rule not in self.lint.strict_rules:
            return False
        if _DOC_CODE in entry.asked and not self.lint.doc_code:
            return False
        return entry.path in self.targets or (self._is_gone(entry.path) and self._saw_all(entry.path))

    def _saw_all(self, path: str) -> bool:
        """Whether the run looked at the whole tree, so that a renamed file would have been met."""
        scope = self._scope(path)
        asked = [Path(os.path.abspath(path)) for path in self.request.paths or (".",)]  # noqa: PTH100
        return scope is not None and any(
            folder == scope.root or folder in scope.root.parents for folder in asked
        )

    def tell(self) -> None:
        """Say which entries are stale; nothing where the run saw only a part of what there is to see."""
        stale = self.stale()
        if not stale or self.request.quiet:
            return
        files = ", ".join(sorted({str(scope.file) for entry in stale if (scope := self._scope(entry.path))}))
        are, them = ("is", "it") if len(stale) == 1 else ("are", "them")
        gone = f"{counted(len(stale), 'finding')} {are} no longer there"
        say(f"note: {files}: {gone}; --prune-baseline removes {them}")
        shown = stale if self.request.verbose else stale[:_LISTED]
        for entry in shown:
            say_line(f"  {entry.path}: {entry.rule}: {entry.code}")
        if len(shown) < len(stale):
            say_line(f"  and {len(stale) - len(shown)} more, which --verbose lists")

    # Writing.

    def store(self) -> Report:
        """Write the files anew, without what is stale and, if that was asked for, with what was found; what remains."""
        report = self.last.report
        if report.errors or report.crashes:
            say("note: the baseline is left as it is: the run was not complete")
            return report
        stale = set(self.stale())
        keep = {*self.last.needed, *(entry for entry in self.last.unmatched if entry not in stale)}
        if self.request.write_baseline:
            found = (entry_of(report, finding, self._asked(finding)) for finding in report.findings)
            keep |= {entry for entry in found if entry is not None}
        for scope in self.scopes:
            self._write(scope, {entry for entry in keep if self._scope(entry.path) == scope})
        self.entries = tuple(sorted(keep))
        return self.shortened(self.whole, {})

    def _write(self, scope: Scope, entries: Iterable[Entry]) -> None:
        own = [replace(entry, path=entry.path.removeprefix(scope.prefix)) for entry in entries]
        before = set(read_baseline(scope.file) if scope.file.exists() else ())
        if not own and not scope.file.exists():
            return
        if not scope.file.exists() or before != set(own):
            write_whole(scope.file, dump_baseline(own))
        gone, new = len(before - set(own)), len(set(own) - before)
        say(f"{scope.file}: {counted(len(own), 'finding')} ({new} added, {gone} removed)")


def baseline_of(request: CheckRequest, setup: Setup, job: Job) -> Baseline | None:
    """The baselines of a run; None where it has none."""
    if request.write_baseline and request.prune_baseline:
        raise UsageError("--write-baseline prunes too: give one of the two")
    writes = request.write_baseline or request.prune_baseline
    option = "--write-baseline" if request.write_baseline else "--prune-baseline"
    if request.no_baseline and (request.baseline is not None or writes):
        raise UsageError("--no-baseline and the other options of a baseline contradict each other")
    if writes and (job.stdin is not None or request.diff is not None or rewrites(request)):
        raise UsageError(
            f"{option} takes whole files as they are: give it without --diff, --fix or standard input"
        )
    if request.no_baseline:
        return None
    scopes = scopes_of(request, job.targets.items(), must_exist=not request.write_baseline)
    if not scopes and writes:
        raise UsageError(f"{option}: no file is linted, so that there is no root to find a baseline at")
    return make_baseline(request, setup, scopes, job.targets)


def make_baseline(
    request: CheckRequest, setup: Setup, scopes: tuple[Scope, ...], targets: Mapping[str, Target]
) -> Baseline | None:
    """The baselines of some scopes, read; None where there are none."""
    if not scopes:
        return None
    entries = [
        replace(entry, path=scope.prefix + entry.path)
        for scope in scopes
        if scope.file.exists()
        for entry in read_baseline(scope.file)
    ]
    return Baseline(request, setup.plan.lint, scopes, targets, tuple(entries))


def scopes_of(
    request: CheckRequest, targets: Iterable[tuple[str, Target]], *, must_exist: bool = True
) -> tuple[Scope, ...]:
    """The file that was named, for everything; else that of each root, where there is one."""
    roots = {
        target.tree.root: shown.removesuffix(target.path)
        for shown, target in targets
        if target.tree.root is not None
    }
    if request.baseline is not None:
        named_scope(request.baseline, must_exist=must_exist)
        common = os.path.commonpath(list(map(str, roots))) if roots else "."
        return (Scope(request.baseline, Path(common)),)
    if request.isolated and must_exist:
        return ()
    found = [
        Scope(root / FILE_NAME, root, prefix)
        for root, prefix in sorted(roots.items(), key=lambda each: (len(each[1]), each[1]))
    ]
    return tuple(scope for scope in found if not must_exist or scope.file.is_file())


def named_scope(file: Path, *, must_exist: bool) -> None:
    """Raise ConfigError where a file that was named is not there."""
    if must_exist and not file.exists():
        raise ConfigError(f"{file}: no such file; --write-baseline makes it")
