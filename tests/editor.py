"""An editor for tests of the language server: pytest-lsp's client in a session of its own, every wait bounded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_lsp
from lsprotocol import types
from pytest_lsp.client import make_test_lsp_client

from tests.wire import PATIENCE, SERVER

PUSHED: Final = "neovim@v0.9.1"
PULLED: Final = "neovim@v0.11.0"


def at(line: int, start: int, end: int | None = None) -> types.Range:
    """A range of one line, counted from 0."""
    return types.Range(types.Position(line, start), types.Position(line, start if end is None else end))


class Editor:
    """A client with documents open. `client` is pytest-lsp's."""

    def __init__(self, client: Any, capabilities: Any) -> None:
        """Begin without documents."""
        self.client, self.capabilities = client, capabilities
        self.versions: dict[str, int] = {}
        self.published: dict[str, int] = {}

    def open(self, path: Path | str, text: str | None = None) -> str:
        """Open a file, with its own text or another; its address."""
        uri = path if isinstance(path, str) else path.as_uri()
        shown = text if text is not None else Path(path).read_text(encoding="utf-8")
        self.versions[uri] = 1
        item = types.TextDocumentItem(uri, "rust", 1, shown)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return uri

    def change(self, uri: str, text: str, where: types.Range | None = None) -> None:
        """Replace a range, or all of the text."""
        self.versions[uri] += 1
        change = (
            types.TextDocumentContentChangeWholeDocument(text)
            if where is None
            else types.TextDocumentContentChangePartial(where, text)
        )
        document = types.VersionedTextDocumentIdentifier(self.versions[uri], uri)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))

    async def until(self, holds: Callable[[], object]) -> None:
        """Wait until something holds."""
        async with asyncio.timeout(PATIENCE):
            while not holds():  # noqa: ASYNC110 - what is waited for knows nothing of events
                await asyncio.sleep(0.01)

    async def pushed(self, uri: str, *codes: str) -> Sequence[Any]:
        """Wait until these findings, and no others, are shown for a document."""

        def shown() -> bool:
            found = self.client.diagnostics.get(uri)
            return found is not None and sorted(str(each.code) for each in found) == sorted(codes)

        try:
            await self.until(shown)
        except TimeoutError:
            pytest.fail(f"{codes} never came: {self.client.diagnostics.get(uri)}; {self.messages()}")
        found: Sequence[Any] = self.client.diagnostics[uri]
        return found

    async def pulled(self, uri: str, before: str | None = None) -> Any:
        """Ask for the findings of a document."""
        params = types.DocumentDiagnosticParams(types.TextDocumentIdentifier(uri), previous_result_id=before)
        return await self.ask(self.client.text_document_diagnostic_async(params))

    async def actions(self, uri: str, where: types.Range, *only: str) -> dict[str, Any]:
        """The code actions of a range by their titles."""
        context = types.CodeActionContext([], only=list(only) or None)
        params = types.CodeActionParams(types.TextDocumentIdentifier(uri), where, context)
        found = await self.ask(self.client.text_document_code_action_async(params))
        return {action.title: action for action in found or ()}

    async def hover(self, uri: str, line: int, column: int) -> str:
        """What is shown over a place; empty for nothing."""
        params = types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(line, column))
        found = await self.ask(self.client.text_document_hover_async(params))
        return found.contents.value if found is not None else ""

    async def ask(self, request: Awaitable[Any]) -> Any:
        """Wait for an answer."""
        return await asyncio.wait_for(request, PATIENCE)

    def messages(self) -> list[str]:
        """What was shown to the user."""
        return [each.message for each in self.client.messages]


@asynccontextmanager
async def editing(
    folder: Path,
    profile: str = PUSHED,
    *,
    options: object = None,
    server: Sequence[str] = SERVER,
    encodings: Sequence[str] = (),
    adapt: Callable[[types.ClientCapabilities], None] = lambda _capabilities: None,
) -> AsyncIterator[Editor]:
    """A session on a folder with the abilities of a known editor."""
    client: Any = make_test_lsp_client()
    await client.start_io(*server)
    capabilities = pytest_lsp.client_capabilities(profile)
    if encodings:
        kinds = [types.PositionEncodingKind(each) for each in encodings]
        capabilities.general = types.GeneralClientCapabilities(position_encodings=kinds)
    adapt(capabilities)
    params = types.InitializeParams(
        capabilities=capabilities,
        root_uri=folder.as_uri(),
        workspace_folders=[types.WorkspaceFolder(folder.as_uri(), folder.name)],
        initialization_options=options,
    )
    try:
        answer = await asyncio.wait_for(client.initialize_session(params), PATIENCE)
        yield Editor(client, answer.capabilities)
        await asyncio.wait_for(client.shutdown_session(), PATIENCE)
    except BaseException:
        client._server.kill()
        raise
    finally:
        await client.stop()
