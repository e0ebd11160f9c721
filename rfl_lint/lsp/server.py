"""Which messages there are, and what is done for each. The only module that knows pygls' server."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final, NoReturn

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams
from pygls.lsp.server import LanguageServer

from rfl_lint.baseline import FILE_NAME as BASELINE
from rfl_lint.errors import RflLintError
from rfl_lint.fixes import Fixed
from rfl_lint.lsp.actions import EXPLAIN, FIX_ALL, KINDS, Request, code_actions, edits_between
from rfl_lint.lsp.addresses import file_at, file_of
from rfl_lint.lsp.convert import Client, range_of, result_id, span_of_range
from rfl_lint.lsp.documents import Document
from rfl_lint.lsp.framing import BrokenFramingError, Output, bodies
from rfl_lint.lsp.hover import hover
from rfl_lint.lsp.lenses import RULE, counts
from rfl_lint.lsp.options import Options
from rfl_lint.lsp.project import Settings, is_configuration
from rfl_lint.lsp.protocol import Protocol, converter
from rfl_lint.lsp.session import Session
from rfl_lint.lsp.text import Text
from rfl_lint.lsp.worker import Urgency
from rfl_lint.source import SourceFile, Span
from rfl_lint.version import VERSION

_WATCHED: Final = ("**/rfl-lint.toml", "**/.rfl-lint.toml", "**/pyproject.toml", f"**/{BASELINE}", "**/*.rs")
_PORTION: Final = 50


class Handlers:
    """What is done for each message."""

    def __init__(self, server: LanguageServer, session: Session) -> None:
        """Make them known to the server."""
        self.server, self.session = server, session
        for name, handler, options in (
            (types.INITIALIZED, self.initialized, None),
            (types.SHUTDOWN, self.shutdown, None),
            (types.EXIT, self.exit, None),
            (types.TEXT_DOCUMENT_DID_SAVE, self.did_save, types.SaveOptions(include_text=False)),
            (types.WORKSPACE_DID_CHANGE_WATCHED_FILES, self.did_change_watched_files, None),
            (types.WORKSPACE_DID_CHANGE_CONFIGURATION, self.did_change_configuration, None),
            (types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS, self.did_change_folders, None),
            (
                types.TEXT_DOCUMENT_DIAGNOSTIC,
                self.diagnostic,
                types.DiagnosticOptions(
                    inter_file_dependencies=True, workspace_diagnostics=True, identifier="rfl-lint"
                ),
            ),
            (types.WORKSPACE_DIAGNOSTIC, self.workspace_diagnostic, None),
            (
                types.TEXT_DOCUMENT_CODE_ACTION,
                self.code_action,
                types.CodeActionOptions(code_action_kinds=list(KINDS), resolve_provider=True),
            ),
            (types.CODE_ACTION_RESOLVE, self.resolve, None),
            (types.TEXT_DOCUMENT_HOVER, self.hover, None),
            (types.TEXT_DOCUMENT_CODE_LENS, self.code_lens, types.CodeLensOptions()),
            (types.TEXT_DOCUMENT_INLAY_HINT, self.inlay_hint, None),
        ):
            server.feature(name, options)(
                partial(handler)
            )  # pygls marks what it is given, and methods take no marks
        server.command(EXPLAIN)(partial(self.explain))

    # The session.

    def initialize(self, params: types.InitializeParams) -> None:
        """Learn what the client can do, and which folders it works on."""
        session = self.session
        session.loop = asyncio.get_running_loop()
        session.client = Client.of(params.capabilities)
        session.options = Options.of(params.initialization_options)
        addresses = [folder.uri for folder in params.workspace_folders or ()]
        addresses = addresses or [params.root_uri or ""]
        session.folders = [folder for uri in addresses if (folder := file_of(uri)) is not None]
        if not session.folders and params.root_path:
            folder = file_at(params.root_path)
            session.folders = [folder] if folder is not None else []

    async def initialized(self, _params: types.InitializedParams) -> None:
        """Ask to be told of changed files, and begin with the indexes."""
        session = self.session
        if session.client.watches:
            session.background(self._watch())
        session.background(session.start())

    def shutdown(self, _params: None) -> None:
        """The client is about to leave."""
        self.session.is_over = True

    def exit(self, _params: None) -> None:
        """The client leaves."""
        self.session.is_left = True

    async def _watch(self) -> None:
        watchers = [types.FileSystemWatcher(glob) for glob in _WATCHED]
        options = types.DidChangeWatchedFilesRegistrationOptions(watchers)
        registration = types.Registration("watch", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
        await self.server.client_register_capability_async(types.RegistrationParams([registration]))

    async def did_save(self, params: types.DidSaveTextDocumentParams) -> None:
        """What lies on disk has changed."""
        await self._on_disk(params.text_document.uri, types.FileChangeType.Changed)

    async def did_change_watched_files(self, params: types.DidChangeWatchedFilesParams) -> None:
        """Files have changed, come or gone."""
        for change in params.changes:
            await self._on_disk(change.uri, change.type)

    async def _on_disk(self, uri: str, kind: types.FileChangeType) -> None:
        file = file_of(uri)
        if file is None:
            return
        if is_configuration(file):
            await self.session.reload()
        elif file.suffix == ".rs":
            await self.session.file_changed(file, listed=kind is types.FileChangeType.Changed)

    async def did_change_configuration(self, params: types.DidChangeConfigurationParams) -> None:
        """Take up the client's options, and look at the configuration files too."""
        session = self.session
        before = session.options
        if isinstance(params.settings, dict) and params.settings:
            session.options = Options.of(params.settings)
        await session.reload()
        if session.options != before:
            session.refresh_counts()

    def did_change_folders(self, params: types.DidChangeWorkspaceFoldersParams) -> None:
        """Work on other folders."""
        gone = {file_of(folder.uri) for folder in params.event.removed}
        come = [file for folder in params.event.added if (file := file_of(folder.uri)) is not None]
        self.session.folders = [*(folder for folder in self.session.folders if folder not in gone), *come]
        self.session.background(self.session.start())

    # Diagnostics.

    async def diagnostic(self, params: types.DocumentDiagnosticParams) -> Any:
        """What is found in a document."""
        document = self.session.documents.get(params.text_document.uri)
        found: list[types.Diagnostic] = []
        if document is not None and document.file is not None:
            found = self.session.diagnostics(document.uri, await self.session.looked(document))
        name = result_id(found)
        if name == params.previous_result_id:
            return types.RelatedUnchangedDocumentDiagnosticReport(result_id=name)
        return types.RelatedFullDocumentDiagnosticReport(items=found, result_id=name)

    async def workspace_diagnostic(
        self, params: types.WorkspaceDiagnosticParams
    ) -> types.WorkspaceDiagnosticReport:
        """What is found in all files of the workspace, a portion at a time where the client takes portions."""
        session = self.session
        before = {each.uri: each.value for each in params.previous_result_ids}
        items: list[Any] = []
        for folder in list(session.folders):
            try:
                targets = await session.engine(partial(session.project.targets, folder), Urgency.WHOLE)
            except RflLintError as error:  # a configuration that cannot be read: what was said before stays
                session.failed(error)
                continue
            for target in targets:
                uri, version, found = await session.whole(target.file)
                name = result_id(found)
                if before.get(uri) == name:
                    items.append(
                        types.WorkspaceUnchangedDocumentDiagnosticReport(
                            uri=uri, result_id=name, version=version
                        )
                    )
                else:
                    items.append(
                        types.WorkspaceFullDocumentDiagnosticReport(
                            uri=uri, items=found, version=version, result_id=name
                        )
                    )
                if params.partial_result_token is not None and len(items) >= _PORTION:
                    self._send_part(params.partial_result_token, items)
                    items = []
        return types.WorkspaceDiagnosticReport(items)

    def _send_part(self, token: types.ProgressToken, items: list[Any]) -> None:
        part = types.WorkspaceDiagnosticReportPartialResult(items)
        self.server.protocol.notify(types.PROGRESS, types.ProgressParams(token, part))

    # What is asked of a place.

    def _document(self, uri: str) -> Document | None:
        document = self.session.documents.get(uri)
        return document if document is not None and document.file is not None else None

    async def code_action(self, params: types.CodeActionParams) -> list[types.CodeAction]:
        """What can be done about the findings of a range."""
        document = self._document(params.text_document.uri)
        if document is None:
            return []
        session = self.session
        outcome = await session.looked(document, whole=False)
        converter = session.converter(document.uri, outcome)
        if converter is None:
            return []
        only = [str(getattr(kind, "value", kind)) for kind in params.context.only or ()]
        request = Request(converter, outcome.version, span_of_range(outcome.text, params.range), only)
        found = await session.engine(lambda: code_actions(request, converter.checked.parsed))
        if session.client.resolves_edits:
            return found
        return [await self._resolved(action) for action in found]

    async def resolve(self, action: types.CodeAction) -> types.CodeAction:
        """Tell what a fix of everything comes to."""
        return await self._resolved(action)

    async def _resolved(self, action: types.CodeAction) -> types.CodeAction:
        data = action.data if isinstance(action.data, dict) else {}
        uri, unsafe = data.get("uri"), data.get("unsafe")
        if action.edit is not None or not isinstance(uri, str) or not isinstance(unsafe, bool):
            return action
        document = self._document(uri)
        if document is None or document.file is None:
            return action
        session, file = self.session, document.file

        def fix(text: Text) -> tuple[bool, Fixed | None]:
            is_same = session.put(document) is text
            return is_same, session.project.fix_all(file, unsafe=unsafe) if is_same else None

        is_same = False
        while not is_same:
            outcome = await session.looked(document)
            is_same, fixed = await session.engine(partial(fix, outcome.text))
        converter = session.converter(document.uri, outcome)
        if converter is not None and fixed is not None:
            text = next(iter(fixed.after.values()), outcome.text.data)
            edits = edits_between(SourceFile("", outcome.text.data), text)
            action.edit = converter.workspace_edit(converter.whole_edits(edits), outcome.version)
            for problem in fixed.problems:
                session.log(problem)
        return action

    async def hover(self, params: types.HoverParams) -> types.Hover | None:
        """What there is to say of a place."""
        document = self._document(params.text_document.uri)
        if document is None or document.file is None:
            return None
        session, file = self.session, document.file

        def look() -> types.Hover | None:
            text = session.put(document)
            cx = session.project.context(file)
            if cx is None:
                return None
            offset = text.offset(params.position.line, params.position.character)
            found = hover(cx, offset, session.pages, session.project.place(file).file_of)
            if found is None:
                return None
            kind = types.MarkupKind.Markdown if session.client.markdown else types.MarkupKind.PlainText
            return types.Hover(types.MarkupContent(kind, found.text), range_of(text, found.span))

        return await session.engine(look)

    async def code_lens(self, params: types.CodeLensParams) -> list[types.CodeLens]:
        """How many unsafe sites of each function lack their comment."""
        if not self.session.options.code_lens:
            return []
        document, found = await self._counts(params.text_document.uri)
        return [
            types.CodeLens(
                range_of(document.text, Span(span.start, span.start)),
                types.Command(title=said, command=EXPLAIN, arguments=[RULE]),
            )
            for span, said in found
            if document is not None
        ]

    async def inlay_hint(self, params: types.InlayHintParams) -> list[types.InlayHint]:
        """The same, behind the first line of each function."""
        if not self.session.options.inlay_hints:
            return []
        document, found = await self._counts(params.text_document.uri)
        hints = []
        for span, said in found if document is not None else ():
            line, _ = document.text.position(span.start)
            if params.range.start.line <= line <= params.range.end.line:
                end = document.text.offset(line, len(document.text.data))
                place = types.Position(*document.text.position(end))
                hints.append(types.InlayHint(place, said, padding_left=True))
        return hints

    async def _counts(self, uri: str) -> tuple[Any, list[tuple[Span, str]]]:
        document = self._document(uri)
        if document is None or document.file is None:
            return None, []
        session, file = self.session, document.file
        outcome = await session.looked(document)

        def look() -> list[tuple[Span, str]]:
            if session.put(document) is not outcome.text:  # it has changed meanwhile: the client asks again
                return []
            cx = session.project.context(file)
            findings = outcome.checked.findings if outcome.checked is not None else ()
            return counts(findings, cx.facts) if cx is not None else []

        return outcome, await session.engine(look)

    async def explain(self, *arguments: object) -> str | None:
        """Show a rule's page, and hand it back as Markdown."""
        rule = arguments[0] if len(arguments) == 1 else None
        if not isinstance(rule, str):
            raise JsonRpcInvalidParams("the name of a rule, and nothing else, is what can be explained")
        session = self.session
        text, link = session.pages.text(rule), session.pages.link(rule)
        if text is None:
            session.tell(f"no rule is called `{rule}`")
        elif session.client.shows_documents and link is not None:
            session.background(
                self.server.window_show_document_async(types.ShowDocumentParams(link, take_focus=True))
            )
        else:
            self.server.window_show_message(types.ShowMessageParams(types.MessageType.Info, text))
        return text


def make_server(load: Callable[[Path], Settings]) -> tuple[LanguageServer, Session]:
    """A server that has not begun. `load` makes the settings that hold for a folder."""
    server = LanguageServer("rfl-lint", VERSION, protocol_cls=Protocol, converter_factory=converter)
    session = Session(server, load)
    protocol: Any = server.protocol
    protocol.session = session
    protocol.begin = Handlers(server, session).initialize
    return server, session


def serve(load: Callable[[Path], Settings]) -> NoReturn:
    """Serve one client over the standard streams until it goes, and end the process.

    Whatever else is printed meanwhile goes to standard error: the protocol has standard output to itself.
    """
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    server, session = make_server(load)

    def leave(status: int = 0) -> NoReturn:
        session.pages.close()
        sys.stderr.flush()
        os._exit(status or (0 if session.is_over or not session.is_left else 1))  # whatever the engine is at

    def speak() -> None:
        status = 0
        try:
            asyncio.run(_converse(server, Output(out, leave)))
        except BrokenFramingError as error:
            sys.stderr.write(f"rfl-lint: the client sent {error}\n")
            status = 2
        finally:
            leave(status)

    threading.Thread(target=speak, name="protocol", daemon=True).start()
    session.worker.run()


async def _converse(server: LanguageServer, writer: Output) -> None:
    protocol: Any = server.protocol
    protocol.set_writer(writer)
    loop, messages = asyncio.get_running_loop(), bodies(sys.stdin.buffer)
    while (body := await loop.run_in_executor(None, next, messages, None)) is not None:
        protocol.receive(body)


__all__ = ["FIX_ALL", "make_server", "serve"]
