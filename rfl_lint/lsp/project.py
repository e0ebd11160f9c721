"""The engine's side of an editor session: which settings and which tree a file has, and what is found in it.

Knows nothing of the protocol. All of it runs on one thread.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Final

from msgspec import Struct, field

from rfl_lint.baseline import FILE_NAME, Entry, left_out, read_baseline
from rfl_lint.batch import Plan
from rfl_lint.config import FILE_NAMES, find_config, user_config
from rfl_lint.engine import RuleCrash
from rfl_lint.errors import RflLintError
from rfl_lint.finding import Finding
from rfl_lint.fixes import Fixed, fix_findings
from rfl_lint.inputs.files import FileFinder, Target, relative_path
from rfl_lint.live import LiveTree, Progress
from rfl_lint.report import Report
from rfl_lint.revision import Revision
from rfl_lint.rule import Context
from rfl_lint.run import Filter, make_report
from rfl_lint.source import SourceFile
from rfl_lint.syntax import ParsedFile, TextEdit
from rfl_lint.tree import forget

_Stamp = tuple[str, int, int] | None
_NO_PROGRESS: Final[Progress] = lambda _done, _all: None  # noqa: E731 - a default


class Settings(Struct, frozen=True, eq=False):
    """What the configuration in force for a folder asks for. `notes` are for the user.

    `baselines` tells whether what the baseline of a tree has is left out.
    """

    plan: Plan
    chosen: Filter
    finder: FileFinder
    notes: tuple[str, ...] = ()
    baselines: bool = True


class Place(Struct, frozen=True, eq=False):
    """Where a file stands: its path in its tree, and the settings that hold there."""

    file: Path
    path: str
    live: LiveTree
    settings: Settings

    def file_of(self, path: str) -> Path:
        """Where a path of the tree lies on disk."""
        root = self.live.tree.root
        return root / path if root is not None and path != self.path else self.file


class Checked(Struct, frozen=True):
    """What was found in a text."""

    place: Place
    parsed: ParsedFile
    report: Report

    @property
    def source(self) -> SourceFile:
        """The text."""
        return self.parsed.source

    @property
    def findings(self) -> Sequence[Finding]:
        """What nothing silences."""
        return self.report.findings

    @property
    def crashes(self) -> Sequence[RuleCrash]:
        """Rules that failed on it."""
        return self.report.crashes


class Project(Struct, eq=False):
    """All trees and settings of a session. `load` makes the settings that hold for a folder, and may raise."""

    load: Callable[[Path], Settings]
    progress: Callable[[Path], AbstractContextManager[Progress]] = lambda _root: nullcontext(_NO_PROGRESS)
    _stamps: dict[Path, _Stamp] = field(default_factory=dict)
    _loaded: dict[_Stamp, Settings] = field(default_factory=dict)
    _folders: dict[Path, Settings] = field(default_factory=dict)
    _trees: dict[tuple[Settings, Path], LiveTree] = field(default_factory=dict)
    _open: dict[Path, Place] = field(default_factory=dict)
    _baselines: dict[Path, tuple[_Stamp, tuple[Entry, ...]]] = field(default_factory=dict)

    # Settings.

    def place(self, file: Path) -> Place:
        """Where a file stands. Raises where the configuration in force for it is wrong."""
        if file in self._open:
            return self._open[file]
        settings = self._settings_of(file.parent)
        root = settings.finder.root_of(file.parent)
        if (settings, root) not in self._trees:
            self._trees[settings, root] = LiveTree(settings.finder.tree_at(root), settings.plan)
        return Place(file, relative_path(file, root), self._trees[settings, root], settings)

    def _settings_of(self, folder: Path) -> Settings:
        if folder not in self._folders:
            stamp = self._stamps[folder] = _stamp(folder)
            if stamp not in self._loaded:
                self._loaded[stamp] = self.load(folder)
            self._folders[folder] = self._loaded[stamp]
        return self._folders[folder]

    def reload(self) -> bool:
        """Take up configurations that have changed, come or gone; whether there are any.

        Raises where a new one is wrong, and then everything stays as it was.
        """
        now = {folder: _stamp(folder) for folder in self._stamps}
        aged = [root for root, (stamp, _) in self._baselines.items() if stamp != _state(root / FILE_NAME)]
        for root in aged:
            del self._baselines[root]
        if now == self._stamps:
            return bool(aged)
        self._stamps = now
        forget()
        before = self._loaded, self._folders, self._trees, self._open
        self._loaded, self._folders, self._trees, self._open = {}, {}, {}, {}
        try:
            for file, place in before[3].items():
                source = place.live.text(place.path)
                self.put(file, source.data if source is not None else b"")
        except RflLintError:
            self._loaded, self._folders, self._trees, self._open = before
            raise
        return True

    def notes(self) -> list[str]:
        """What the user is to be told of the settings."""
        return [note for settings in self._loaded.values() for note in settings.notes]

    # Texts.

    def put(self, file: Path, data: bytes, edits: Sequence[TextEdit] = ()) -> Place:
        """Let a text stand in the place of a file; `edits` made it of the one that did before."""
        place = self._open.get(file) or self.place(file)
        self._open[file] = place
        if not self._is_left_out(place):
            place.live.put(SourceFile(place.path, data), edits)
        return place

    def text(self, file: Path) -> SourceFile | None:
        """The text that stands in the place of a file, if there is one."""
        place = self._open.get(file)
        return place.live.text(place.path) if place is not None else None

    def close(self, file: Path) -> None:
        """Let the file speak for itself again."""
        place = self._open.pop(file, None)
        if place is not None:
            place.live.drop(place.path)

    def beside(self, file: Path) -> list[Path]:
        """The other open files of the tree of a file."""
        place = self._open.get(file)
        return [
            other
            for other, its in self._open.items()
            if place is not None and its.live is place.live and other != file
        ]

    def file_changed(self, file: Path, *, listed: bool) -> None:
        """A file that may be no open one has changed on disk; not `listed`: it has come or gone."""
        forget()
        for (_, root), live in self._trees.items():
            if root in file.parents:
                live.refresh(relative_path(file, root) if listed else None)

    # Findings.

    def glance(self, file: Path, data: bytes, edits: Sequence[TextEdit]) -> Checked | None:
        """What edits of an open file, which made this text of it, most likely change of what was found in it.

        None where it takes a look at all of it: the text is not in place then.
        """
        place = self._open.get(file)
        if place is None or self._is_left_out(place):
            return None
        seen = place.live.glance(SourceFile(place.path, data), edits)
        if seen is None:
            return None
        parsed, result = seen
        return Checked(place, parsed, self._shortened(make_report([result], place.settings.chosen), place))

    def tidy(self) -> None:
        """Let go of what only the last glances were for."""
        for live in self._trees.values():
            live.tidy()

    def check(self, file: Path, go_on: Callable[[], None] = lambda: None) -> Checked | None:
        """Everything found in a text, or in a file that is not open; None where there is none to look at.

        What `go_on` raises ends the work.
        """
        place = self.place(file)
        if self._is_left_out(place):
            return None
        self.build(place)
        place.live.include([place.path])
        result = place.live.lint(place.path, go_on)
        parsed = place.live.parsed(place.path)
        if result is None or parsed is None:
            return None
        return Checked(place, parsed, self._shortened(make_report([result], place.settings.chosen), place))

    def _shortened(self, report: Report, place: Place) -> Report:
        """A report without what the baseline of the tree has."""
        root = place.live.tree.root
        if root is None or not place.settings.baselines:
            return report
        if root not in self._baselines:
            stamp = _state(root / FILE_NAME)
            self._baselines[root] = stamp, ()  # one that is wrong is told once
            self._baselines[root] = stamp, read_baseline(root / FILE_NAME) if stamp is not None else ()
        entries = self._baselines[root][1]
        if not entries:
            return report
        return left_out(report, entries, is_gone=lambda path: not (root / path).exists()).report

    def build(self, place: Place) -> None:
        """Make the index of a tree, unless it is there."""
        live = place.live
        if live.is_ready:
            return
        live.settle()
        with self.progress(live.tree.root or place.file) as progress:
            live.build(progress)
        # What is known of a tree lives as long as the tree: no collection has to look through it again.
        gc.unfreeze()  # what was known of trees that are gone
        gc.collect()
        gc.freeze()

    def warm(self, folder: Path) -> None:
        """Make the index of a folder that is a kernel tree, before any of its files is asked for."""
        place = self.place(folder / "any.rs")
        if place.live.tree.is_kernel:
            self.build(place)

    def settle(self, file: Path) -> bool:
        """Look up what a text has come to mention; whether its own findings may have changed by that."""
        place = self._open.get(file)
        return place is not None and place.live.settle()

    def context(self, file: Path) -> Context | None:
        """What an open file says and is, as rules see it."""
        place = self._open.get(file)
        if place is None or self._is_left_out(place):
            return None
        self.build(place)
        return place.live.context(place.path)

    def fix_all(self, file: Path, *, unsafe: bool) -> Fixed | None:
        """What becomes of an open file when its fixes are applied until none is left."""
        place = self._open.get(file)
        source = place.live.text(place.path) if place is not None else None
        if place is None or source is None:
            return None

        def lint(texts: Mapping[str, Revision]) -> Report:
            revision = texts.get(place.path)
            place.live.put(SourceFile(place.path, revision.data) if revision is not None else source)
            result = place.live.lint(place.path)
            report = make_report([result] if result is not None else [], place.settings.chosen)
            return self._shortened(report, place)

        try:
            return fix_findings(lint, unsafe=unsafe)
        finally:
            place.live.put(source)

    def targets(self, folder: Path) -> list[Target]:
        """The files below a folder that `check` would lint."""
        return self.load(folder).finder.add([folder]).targets

    def _is_left_out(self, place: Place) -> bool:
        return place.settings.finder.excludes(place.path)


def is_configuration(file: Path) -> bool:
    """Whether a file may hold settings, or a baseline, by its name."""
    return file.name in FILE_NAMES or file.name == FILE_NAME


def _stamp(folder: Path) -> _Stamp:
    """What tells the configuration in force for a folder, in its present state, from any other."""
    path = find_config(folder) or user_config()
    return _state(path) if path is not None else None


def _state(path: Path) -> _Stamp:
    """What tells a file from what it was before; None for one that is not there."""
    try:
        status = path.stat()
    except OSError:
        return None
    return str(path), status.st_mtime_ns, status.st_size
