"""One session: what runs when, and what the client is told. The engine has a thread of its own."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from rfl_lint.errors import RflLintError
from rfl_lint.live import Progress
from rfl_lint.lsp.addresses import uri_of
from rfl_lint.lsp.convert import Client, Converter, texts_beside
from rfl_lint.lsp.documents import Document, Outcome
from rfl_lint.lsp.options import Options
from rfl_lint.lsp.pages import Pages
from rfl_lint.lsp.progress import reporting, shown
from rfl_lint.lsp.project import Checked, Project, Settings
from rfl_lint.lsp.text import Text
from rfl_lint.lsp.worker import Garbage, Outdated, Urgency, Worker

T = TypeVar("T")
# After this much silence what one text's change may have changed elsewhere is looked at.
_PAUSE: Final = 0.25


@dataclass(eq=False)
class Session:
    """The state of a session; all of it but the project belongs to the protocol's thread."""

    server: Any
    load: Callable[[Path], Settings]
    client: Client = field(default_factory=Client)
    options: Options = field(default_factory=Options)
    documents: dict[str, Document] = field(default_factory=dict)
    folders: list[Path] = field(default_factory=list)
    pages: Pages = field(default_factory=Pages)
    worker: Worker = field(default_factory=Worker)
    loop: asyncio.AbstractEventLoop | None = None
    project: Project = field(init=False)
    is_over: bool = False
    is_left: bool = False
    _stamp: int = 0
    """Grows with everything that may change what is found anywhere."""
    _saved: int = 0
    """Grows with what may change what is found in files that are not open."""
    _whole: dict[Path, tuple[int, list[types.Diagnostic]]] = field(default_factory=dict)
    _edited: dict[str, Document] = field(default_factory=dict)
    _due: set[Path | None] = field(default_factory=set)
    """Files to be looked at again; what a change interrupted is done after the next one."""
    _holders: dict[Path, Document] = field(default_factory=dict)
    """Whose text the engine has of a file: several addresses may name one. The engine's thread alone uses it."""
    _garbage: Garbage = field(default_factory=Garbage)
    _timer: asyncio.TimerHandle | None = None
    _told: set[str] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.project = Project(self.load, self._progress)

    # What the client is told.

    def tell(self, message: str, kind: types.MessageType = types.MessageType.Error) -> None:
        """Show a message, once."""
        if message not in self._told:
            self._told.add(message)
            self.server.window_show_message(types.ShowMessageParams(kind, f"rfl-lint: {message}"))

    def log(self, message: str, kind: types.MessageType = types.MessageType.Info) -> None:
        """Write to the client's log."""
        self.server.window_log_message(types.LogMessageParams(kind, message))

    def failed(self, error: BaseException) -> None:
        """Tell of something that failed outside of any request."""
        if isinstance(error, RflLintError):
            self.tell(str(error))
            return
        if isinstance(error, JsonRpcException | TimeoutError):  # the client does not do what it was asked for
            self.log(f"the client: {type(error).__name__}: {error}")
            return
        self.log("".join(traceback.format_exception(error)), types.MessageType.Error)
        self.tell(f"a fault in rfl-lint itself: {type(error).__name__}: {error}")

    def background(self, work: Any) -> None:
        """Carry out a coroutine that nobody waits for; what it raises is told."""

        async def guarded() -> None:
            try:
                await work
            except asyncio.CancelledError:
                raise
            except Exception as error:  # noqa: BLE001 - the session goes on
                self.failed(error)

        task = asyncio.get_running_loop().create_task(guarded())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def engine(self, work: Callable[[], T], urgency: Urgency = Urgency.ASKED) -> T:
        """Have the engine do something; cancelling drops it if it has not begun."""
        return await asyncio.wrap_future(self.worker.submit(work, urgency))

    # Documents.

    def opened(self, document: Document) -> None:
        """A document was opened."""
        self.documents[document.uri] = document
        if document.file is None:
            self.log(f"rfl-lint does not look at {document.uri}: only files are linted")
        self._changed(document)

    def changed(self, uri: str, params: types.DidChangeTextDocumentParams) -> None:
        """A document's text changed."""
        document = self.documents.get(uri)
        if document is None:
            self.log(f"a change of {uri}, which is not open, is left out", types.MessageType.Warning)
            return
        document.change(params.content_changes, params.text_document.version)
        self._changed(document)

    def closed(self, uri: str) -> None:
        """A document was closed: its file speaks for itself again."""
        document = self.documents.pop(uri, None)
        self._edited.pop(uri, None)
        if document is None or document.file is None:
            return
        file = document.file
        if not self.client.pulls:
            self.server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))
        self._stamp += 1
        self._saved += 1

        def close() -> list[Path]:
            beside = self.project.beside(file)
            if self._holders.get(file) is document:
                del self._holders[file]
                self.project.close(file)
            return beside

        async def recheck() -> None:
            await self._recheck(await self.engine(close))

        self.background(recheck())

    def _changed(self, document: Document) -> None:
        self._stamp += 1
        if document.file is None:
            return
        self._edited[document.uri] = document
        if not self.client.pulls and not document.is_queued:
            document.is_queued = True
            self.background(self._push(document))
        self._settle_later()

    async def _push(self, document: Document) -> None:
        outcome = await self.engine(lambda: self._glance(document))
        if outcome is None:
            outcome = await self.looked(document)
        self._publish(document, outcome)
        await self.engine(self._tidy, Urgency.LATER)

    def _publish(self, document: Document, outcome: Outcome) -> None:
        """Send what was found, unless the text has changed meanwhile: then it is being looked at again."""
        if self.documents.get(document.uri) is document and outcome.version == document.version:
            document.told = outcome.version, outcome.findings
            found = self.diagnostics(document.uri, outcome)
            self.server.text_document_publish_diagnostics(
                types.PublishDiagnosticsParams(document.uri, found, document.version)
            )

    def _publish_new(self, document: Document, outcome: Outcome) -> bool:
        """Send what was found where it is not what was sent last; whether it is not."""
        if is_new := document.told is None or document.told[1] != outcome.findings:
            self._publish(document, outcome)
        return is_new

    async def looked(
        self, document: Document, urgency: Urgency = Urgency.ASKED, *, whole: bool = True
    ) -> Outcome:
        """What is found in a document as it is now, in view of all others as they are now.

        Not `whole`: what a glance at it told will do.
        """
        while True:
            known = document.outcome
            is_new = known is not None and known.text is document.text and known.stamp == self._stamp
            if known is not None and is_new and (known.whole or not whole):
                return known
            try:
                outcome = await self.engine(partial(self._look, document), urgency)
            except Outdated:
                continue  # it has changed meanwhile
            # Whoever asked for it: the client must not be left with what a glance told.
            if document.told is not None and document.told[0] == outcome.version:
                self._publish_new(document, outcome)
            return outcome

    # The engine's thread.

    def _go_on(self, stamp: int) -> Callable[[], None]:
        def go_on() -> None:
            if self._stamp != stamp:
                raise Outdated

        return go_on

    def _look(self, document: Document) -> Outcome:
        """Look at all of a document; raises Outdated as soon as the client has changed something."""
        stamp = self._stamp
        document.is_queued = False
        self._take_all()
        version, text = document.version, self.put(document)
        checked = None
        if document.file is not None:
            checked = self.project.check(document.file, self._go_on(stamp))
        document.outcome = Outcome(version, text, checked, stamp)
        return document.outcome

    def _glance(self, document: Document) -> Outcome | None:
        """Look at what the client's last edits of a document concern; None where that is not enough."""
        stamp = self._stamp
        document.is_queued = False
        if document.outcome is None or document.file is None:
            return None
        if self._holders.get(document.file) is not document:
            return None
        version, text, edits = document.take()
        try:
            with self._garbage.kept():
                checked = self.project.glance(document.file, text.data, edits)
            if checked is None:
                self.project.put(document.file, text.data, edits)
                return None
        except BaseException:
            document.forget()
            raise
        document.outcome = Outcome(version, text, checked, stamp, whole=False)
        return document.outcome

    def _tidy(self) -> None:
        self.project.tidy()
        self._garbage.collect_new()

    def put(self, document: Document) -> Text:
        """Let the engine have a document's text as it is now."""
        if document.file is not None and self._holders.get(document.file) is not document:
            document.forget()
        _, text, edits = document.take()
        if document.file is not None:
            self._holders[document.file] = document
            known = self.project.text(document.file)
            if known is None or known.data is not text.data:
                try:
                    self.project.put(document.file, text.data, edits)
                except BaseException:
                    document.forget()
                    raise
        return text

    def _take_all(self) -> None:
        """Let the engine have the texts of all documents that have changed: one may decide about another."""
        for document in list(self._edited.values()):
            self.put(document)

    def diagnostics(self, uri: str, outcome: Outcome) -> list[types.Diagnostic]:
        """What was found, for the client."""
        converter = self.converter(uri, outcome)
        return converter.diagnostics() if converter is not None else []

    def converter(self, uri: str, outcome: Outcome) -> Converter | None:
        """What turns what was found into the protocol's values; None where nothing was looked at."""
        checked = outcome.checked
        if checked is None:
            return None
        for crash in checked.crashes:
            self.tell(f"the rule {crash.rule} failed: {crash.error}")
        beside = texts_beside(checked, self.documents.values(), self.client.encoding)
        return Converter(self.client, checked, outcome.text, uri, self.pages.link, beside)

    # What changes may have changed elsewhere.

    def _settle_later(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(_PAUSE, lambda: self.background(self._settle()))

    async def _settle(self) -> None:
        edited = {uri: document for uri, document in self._edited.items() if document.file is not None}
        await self.reload()

        def settle() -> list[Path]:
            self._take_all()
            again: dict[Path, None] = {}
            for uri, document in edited.items():
                if document.file is not None:
                    known = document.outcome
                    if self.project.settle(document.file) or known is None or not known.whole:
                        again[document.file] = None
                    again.update(dict.fromkeys(self.project.beside(document.file)))
                if self._edited.get(uri) is document and document.text is (
                    document.outcome and document.outcome.text
                ):
                    self._edited.pop(uri, None)
            return list(again)

        await self._recheck(await self.engine(settle, Urgency.LATER))
        await self.engine(self._garbage.collect_all, Urgency.LATER)

    async def _recheck(self, files: list[Path]) -> None:
        """Look again at open files whose own text has not changed; the client hears of those where that mattered."""
        differs = False
        self._due.update(files)
        self._due.intersection_update(
            {each.file for each in self.documents.values() if each.file is not None}
        )
        for document in [each for each in self.documents.values() if each.file in self._due]:
            before = document.outcome
            try:
                outcome = await self.engine(partial(self._look, document), Urgency.LATER)
            except Outdated:
                self._settle_later()
                return
            self._due.discard(document.file)
            differs = differs or before is None or before.findings != outcome.findings
            if not self.client.pulls:
                differs = self._publish_new(document, outcome) or differs
        if differs:
            self._refresh()

    def _refresh(self) -> None:
        if self.client.pulls and self.client.refreshes:
            self.background(self.server.workspace_diagnostic_refresh_async(None))
        if self.options.code_lens or self.options.inlay_hints:
            self.refresh_counts()

    def refresh_counts(self) -> None:
        """Have the client ask again for what stands at functions."""
        if self.client.refreshes_lenses:
            self.background(self.server.workspace_code_lens_refresh_async(None))
        if self.client.refreshes_hints:
            self.background(self.server.workspace_inlay_hint_refresh_async(None))

    async def reload(self) -> None:
        """Take up configurations that have changed."""
        try:
            changed = await self.engine(self.project.reload)
        except RflLintError as error:
            self.failed(error)
            return
        if changed:
            self._stamp += 1
            self._saved += 1
            self._told.clear()
            await self._recheck([each.file for each in self.documents.values() if each.file is not None])
            await self._say_notes()

    async def _say_notes(self) -> None:
        for note in await self.engine(self.project.notes):
            self.tell(note, types.MessageType.Warning)

    async def file_changed(self, file: Path, *, listed: bool) -> None:
        """A file changed on disk; not `listed`: it has come or gone."""
        self._stamp += 1
        self._saved += 1
        if listed and any(document.file == file for document in self.documents.values()):
            return
        await self.engine(lambda: self.project.file_changed(file, listed=listed))
        await self._recheck([each.file for each in self.documents.values() if each.file is not None])

    async def start(self) -> None:
        """Make the indexes of the workspace's trees."""
        for folder in self.folders:
            await self.engine(partial(self.project.warm, folder), Urgency.LATER)
        await self._say_notes()

    # Whole trees.

    async def whole(self, file: Path) -> tuple[str, int | None, list[types.Diagnostic]]:
        """Address, version and diagnostics of a file of the workspace, as of the last time that anything was saved."""
        for document in self.documents.values():
            if document.file == file:
                outcome = await self.looked(document, Urgency.WHOLE)
                return document.uri, document.version, self.diagnostics(document.uri, outcome)
        saved, found = self._whole.get(file, (-1, []))
        if saved != self._saved:
            saved, uri = self._saved, uri_of(str(file))
            checked = await self._checked(file)
            if checked is not None:
                text = Text.of(checked.source.data, self.client.encoding)
                found = self.diagnostics(uri, Outcome(None, text, checked))
            self._whole[file] = saved, found
        return uri_of(str(file)), None, found

    async def _checked(self, file: Path) -> Checked | None:
        """What is found in a file that is not open, when there is time for that."""
        while True:
            stamp = self._stamp
            try:
                return await self.engine(partial(self.project.check, file, self._go_on(stamp)), Urgency.WHOLE)
            except Outdated:
                await asyncio.sleep(_PAUSE)

    def _progress(self, root: Path) -> AbstractContextManager[Progress]:
        """Tell the client how far an index is; called on the engine's thread."""
        if self.loop is None or not self.client.progress:
            return nullcontext(lambda _done, _all: None)
        shows = partial(shown, self.server.work_done_progress, f"rfl-lint-{root}-{self._stamp}", root.name)
        return reporting(self.loop, lambda reports: self.background(shows(reports)))
