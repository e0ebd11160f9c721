"""Showing the client how far an index is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from lsprotocol import types

from rfl_lint.live import Progress

Reports = asyncio.Queue[tuple[int, int] | None]
"""How many of how many files are done, again and again; None when all are."""
_PATIENCE: Final = 10
_STEP: Final = 5


async def shown(progress: Any, token: str, name: str, reports: Reports) -> None:
    """Show what is reported of a tree of some name until it is all done; `progress` is pygls'."""
    await asyncio.wait_for(progress.create_async(token), _PATIENCE)
    begin = types.WorkDoneProgressBegin(
        "rfl-lint: reading the tree", cancellable=False, message=name, percentage=0
    )
    progress.begin(token, begin)
    last = 0
    while (state := await reports.get()) is not None:
        done, all_ = state
        percentage = done * 100 // max(all_, 1)
        if percentage >= last + _STEP:
            last = percentage
            message = f"{done} of {all_} files"
            progress.report(token, types.WorkDoneProgressReport(message=message, percentage=percentage))
    progress.end(token, types.WorkDoneProgressEnd())


@contextmanager
def reporting(loop: asyncio.AbstractEventLoop, show: Callable[[Reports], None]) -> Iterator[Progress]:
    """What is called on another thread than the loop's to report; `show`, called on that one, has it shown."""
    reports: Reports = asyncio.Queue()
    loop.call_soon_threadsafe(show, reports)
    try:
        yield lambda done, all_: _put_in(loop, reports, (done, all_))
    finally:
        _put_in(loop, reports, None)


def _put_in(loop: asyncio.AbstractEventLoop, reports: Reports, state: tuple[int, int] | None) -> None:
    loop.call_soon_threadsafe(reports.put_nowait, state)
