"""A progress bar on stderr for work that takes longer than a moment."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

_PATIENCE: Final = 0.8  # seconds before a bar is worth looking at
_REFRESH: Final = 0.1


class Progress:
    """Counts finished files; draws only after a moment, and never from a thread of its own."""

    def __init__(self, total: int, *, shown: bool) -> None:
        """Watch over `total` files; with `shown` false nothing is ever drawn."""
        self._total = total
        self._shown = shown
        self._done = 0
        self._begun = time.monotonic()
        self._drawn = 0.0
        self._bar: Bar | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def advance(self, count: int) -> None:
        """Note that `count` more files are done."""
        self._done += count
        now = time.monotonic()
        if not self._shown or now - self._begun < _PATIENCE or now - self._drawn < _REFRESH:
            return
        self._drawn = now
        bar = self._bar or self._begin()
        if self._task is not None:
            bar.update(self._task, completed=self._done)
        bar.refresh()

    def _begin(self) -> Bar:
        from rich.console import Console  # noqa: PLC0415 - 50 ms that a short run must not pay
        from rich.progress import Progress as Bar  # noqa: PLC0415

        bar = Bar(console=Console(file=sys.stderr), transient=True, auto_refresh=False)
        self._task = bar.add_task("linting", total=self._total)
        bar.start()
        self._bar = bar
        return bar
