"""Linting again after a change: the changed files, and those whose findings the change may reach, and no others.

What a file's findings depend on besides its own text: what the files of its index declare (their facts, wherever in
the file they stand) and the text of the files that its analyses looked into. A file that declares modules in other
files may silence what is in these. Whatever does not fit this is linted whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from rfl_lint.batch import Plan
from rfl_lint.engine import FileResult
from rfl_lint.errors import SourceError
from rfl_lint.facts import FileFacts, extract_facts
from rfl_lint.inputs.files import Selection, Target, read_target
from rfl_lint.inputs.tree_files import index_targets
from rfl_lint.moves import without_places
from rfl_lint.report import Report
from rfl_lint.run import Filter, lint_targets, report_on, run_targets
from rfl_lint.share import Outcome
from rfl_lint.source import SourceFile
from rfl_lint.tree import KernelTree
from rfl_lint.workspace import Workspace

State = tuple[int, int, int] | None
"""What tells whether a file is as it was; None for one that is not there."""


class Relinter:
    """Runs over the same files again and again; the last run's results stand where nothing could change them."""

    def __init__(self) -> None:
        self._plan: Plan | None = None
        self._selected: list[Target] = []
        self._texts: dict[Target, bytes | None] = {}
        self._had: dict[Target, Outcome] = {}
        self.linted = 0
        """How many files the last run linted."""
        self.states: dict[Path, State] = {}
        """The files that the last run's findings may depend on, as they were when it began."""

    def run(
        self,
        selection: Selection,
        plan: Plan,
        chosen: Filter,
        *,
        texts: Mapping[str, bytes] = MappingProxyType({}),
        progress: Callable[[int], None] = lambda _done: None,
    ) -> Report:
        """The report that `run_targets` would make."""
        if texts:
            return run_targets(selection, plan, chosen, texts=texts, progress=progress)
        targets = list(selection.targets)
        needed = members(targets)
        self.states = states(
            target.file for target in needed
        )  # before they are read: what changes later differs
        now = {target: _text(target) for target in needed}
        again = targets
        if plan is self._plan and targets == self._selected and now.keys() == self._texts.keys():
            again = self._reached_by(now)
        progress(len(targets) - len(again))
        held = {target.file: text for target in again if (text := now[target]) is not None}
        had, errors = lint_targets(again, plan, held, progress)
        self._had = {target: self._had[target] for target in targets if target in self._had} | had
        self._plan = None if errors else plan  # after an incomplete run everything is linted
        self._selected, self._texts, self.linted = targets, now, len(again)
        return report_on(selection, self._had, chosen, errors)

    def _reached_by(self, now: Mapping[Target, bytes | None]) -> list[Target]:
        """The linted files that what has changed since may have a say in."""
        changed = {target for target, text in now.items() if text != self._texts[target]}
        if not all(_says_the_same(target, self._texts[target], now[target]) for target in changed):
            return self._selected
        places = {(target.tree, target.path) for target in changed}
        return [
            target
            for target in self._selected
            if target in changed or any((target.tree, path) in places for path in self._reached(target))
        ]

    def _reached(self, target: Target) -> frozenset[str]:
        result = self._had[target]
        return result.reached if isinstance(result, FileResult) else frozenset()


def states(files: Iterable[Path]) -> dict[Path, State]:
    """How files are now."""
    return {file: _state(file) for file in files}


def _state(file: Path) -> State:
    try:
        status = file.stat()
    except OSError:
        return None
    return (status.st_mtime_ns, status.st_size, status.st_ino)


def members(targets: list[Target]) -> list[Target]:
    """The files that findings in some files may depend on, these among them."""
    by_tree: dict[KernelTree, list[Target]] = {}
    for target in targets:
        by_tree.setdefault(target.tree, []).append(target)
    return [member for tree, linted in by_tree.items() for member in index_targets(tree, linted)]


def _text(target: Target) -> bytes | None:
    try:
        return read_target(target).data
    except SourceError:
        return None


def _says_the_same(target: Target, before: bytes | None, now: bytes | None) -> bool:
    """Whether a file's new text declares what its old one did, and other files are no part of that."""
    if before is None or now is None:
        return False
    old, new = _facts(target, before), _facts(target, now)
    if old is None or new is None or any(not module.inline for module in new.modules):
        return False
    return b"include!" not in now and without_places(old) == without_places(new)


def _facts(target: Target, text: bytes) -> FileFacts | None:
    parsed = Workspace(target.tree).parse(SourceFile(target.path, text))
    return extract_facts(parsed) if parsed.refusal is None else None
