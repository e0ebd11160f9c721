"""`check --watch`: the report again whenever a file changes, until Ctrl-C."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace

from rfl_lint.baseline import FILE_NAME
from rfl_lint.cli.settings import STDIN, CheckRequest, Setup, prepare
from rfl_lint.cli.status import say
from rfl_lint.errors import RflLintError, UsageError
from rfl_lint.relint import Relinter, State, members, states
from rfl_lint.run import Run
from rfl_lint.tree import forget

_TICK: Final = 0.25
_TICKS_TO_LIST: Final = 8
"""So many ticks pass before the watch looks for new files, which costs more than a look at known ones."""
_CLEAR: Final = "\x1b[2J\x1b[H"
_TREE_FILES: Final = (".clippy.toml", "clippy.toml", "Makefile", FILE_NAME)

Check = Callable[[CheckRequest, Setup, Run], int]


def run_watch(request: CheckRequest, check: Check) -> int:
    """Check whenever something changes; the status is that of the last check that came to its end."""
    for given, option in (
        (STDIN in request.paths or request.stdin_filename is not None, "standard input"),
        (request.diff is not None, "--diff"),
        (request.add_suppressions is not None, "--add-suppressions"),
        (request.fix or request.show_fixes, "--fix and --show-fixes"),
        (request.patch is not None, "--patch"),
        (request.write_baseline or request.prune_baseline, "--write-baseline and --prune-baseline"),
    ):
        if given:
            raise UsageError(f"--watch looks on while you edit: give {option} without it")
    watch = _Watch(request, check)
    try:
        while True:
            watch.check_once()
            watch.wait()
    except KeyboardInterrupt:
        return watch.status


class _Watch(Struct):
    request: CheckRequest
    check: Check
    status: int = 0
    _setup: Setup | None = None
    _relinter: Relinter = field(default_factory=Relinter)
    _files: dict[Path, State] = field(default_factory=dict)
    _settings: dict[Path, State] = field(default_factory=dict)

    def check_once(self) -> None:
        """Lint what has to be, and print the report. Only what is wrong from the start is raised."""
        began = states(self._files)
        settings = states(self._settings)
        before = self._relinter.states
        forget()
        if sys.stdout.isatty():
            sys.stdout.write(_CLEAR)
            sys.stdout.flush()
        try:
            if self._setup is None or settings != self._settings:
                self._setup = prepare(self.request)
            self._setup = replace(self._setup, finder=self._setup.finder.afresh())
            self.status = self.check(self.request, self._setup, self._relinter.run)
        except RflLintError as error:  # a path or a setting that is wrong now may be right in a moment
            if self._setup is None:
                raise
            say(f"error: {error}")
            self.status = 2
        self._files = began if self._relinter.states is before else self._relinter.states
        self._settings = states(self._setting_files(self._setup)) | settings
        if not self.request.quiet:
            linted = self._relinter.linted
            say(f"linted {linted} file{'' if linted == 1 else 's'}; watching, Ctrl-C ends")

    def wait(self) -> None:
        """Return when something has changed, and nothing has for a moment."""
        ticks = 1
        while not self._has_changed(thorough=ticks % _TICKS_TO_LIST == 0):
            time.sleep(_TICK)
            ticks += 1
        files = [*self._files, *self._settings]
        last = states(files)
        while True:  # editors and git write in pieces
            time.sleep(_TICK)
            now = states(files)
            if now == last:
                return
            last = now

    def _has_changed(self, *, thorough: bool) -> bool:
        if states(self._files) != self._files or states(self._settings) != self._settings:
            return True
        return thorough and self._setup is not None and self._listed(self._setup) != self._files.keys()

    def _listed(self, setup: Setup) -> set[Path]:
        """The files as they would be found now."""
        selection = setup.finder.afresh().add(Path(path) for path in self.request.paths or (".",))
        return {target.file for target in members(selection.targets)}

    def _setting_files(self, setup: Setup) -> list[Path]:
        named = (self.request.baseline, setup.config)
        trees = [root / name for root in setup.finder.roots for name in _TREE_FILES]
        return [*(file for file in named if file is not None), *trees]
