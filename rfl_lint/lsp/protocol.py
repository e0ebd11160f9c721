"""Messages as they come: what is understood is carried out, each request is answered, and nothing else is believed.

pygls carries out what is understood. It does not get to see the rest: it leaves requests that it cannot read without an
answer, and takes some parts of messages for messages.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any, Final, Union

import attrs
from cattrs import transform_error
from lsprotocol import types
from pygls.exceptions import (
    JsonRpcException,
    JsonRpcInvalidParams,
    JsonRpcInvalidRequest,
    JsonRpcMethodNotFound,
    JsonRpcParseError,
    JsonRpcServerNotInitialized,
)
from pygls.protocol import LanguageServerProtocol, default_converter, lsp_method

from rfl_lint.lsp.documents import opened
from rfl_lint.lsp.session import Session

_MOST_TOLD: Final = 300


def converter() -> Any:
    """What makes messages of JSON. No text is made of what is none: pygls' own takes a null for a text `None`."""
    made = default_converter()  # type: ignore[no-untyped-call,unused-ignore]
    made.register_structure_hook(str, lambda given, _kind: _one_of(given, str))
    for kind in (int | str, Union[int, str]):  # noqa: UP007 - to the library two kinds
        made.register_structure_hook(kind, lambda given, _kind: _one_of(given, int, str))
    return made


def _one_of(given: object, *kinds: type) -> object:
    if not isinstance(given, kinds) or isinstance(given, bool):
        raise TypeError(f"expected {' or '.join(kind.__name__ for kind in kinds)}")
    return given


class Protocol(LanguageServerProtocol):
    """pygls' protocol without its own copy of every text, and with the encoding that we choose."""

    session: Session
    begin: Callable[[types.InitializeParams], None]
    _is_begun: bool = False

    # What comes.

    def receive(self, body: bytes) -> None:
        """Take in a message."""
        try:
            message = json.loads(body)
        except (ValueError, RecursionError) as error:
            self._refuse(None, JsonRpcParseError(f"a message that is no JSON: {error}"))
            return
        if not isinstance(message, dict) or message.get("jsonrpc") != self.VERSION:
            number = message.get("id") if isinstance(message, dict) else None
            self._refuse(_id(number), JsonRpcInvalidRequest("a message that is none of JSON-RPC 2.0"))
        elif "method" not in message:
            self._take_answer(message)
        elif "id" in message:
            self._take_request(message, _id(message["id"]))
        else:
            self._take_notification(message)

    def _take_request(self, message: dict[str, Any], number: int | str | None) -> None:
        try:
            if number is None:
                raise JsonRpcInvalidRequest("a request whose id is neither a number nor a text")
            if number in self._request_futures:
                raise JsonRpcInvalidRequest("a request with the id of one that is not answered yet")
            kind = self._kind(message["method"])
            if kind is None or not _is_request(kind):
                raise JsonRpcMethodNotFound(f"{JsonRpcMethodNotFound.MESSAGE}: {_shown(message['method'])}")
            if self._shutdown:
                raise JsonRpcInvalidRequest("a request after shutdown")
            is_begin = message["method"] == types.INITIALIZE
            if is_begin and self._is_begun:
                raise JsonRpcInvalidRequest("the session has begun already")
            if not is_begin and not self._is_begun:
                raise JsonRpcServerNotInitialized("the session has not begun")
            read = self._read(message, kind)
        except JsonRpcException as error:
            self._refuse(number, error)
            return
        self.handle_message(read)

    def _take_notification(self, message: dict[str, Any]) -> None:
        method = message["method"]
        kind = self._kind(method)
        if kind is None or _is_request(kind) or not (self._is_begun or method == types.EXIT):
            return
        try:
            read = self._read(message, kind)
        except JsonRpcException as error:
            said = f"the client sent a {method} that cannot be understood, and that is left out"
            self.session.tell(said, types.MessageType.Warning)
            self.session.log(str(error), types.MessageType.Warning)
            return
        self.handle_message(read)

    def _take_answer(self, message: dict[str, Any]) -> None:
        """Let whoever waits for it have the client's answer; what nobody waits for is left out."""
        number = message.get("id")
        future = self._request_futures.get(number) if isinstance(number, str) else None
        if not isinstance(number, str) or future is None or isinstance(future, asyncio.Future):
            return
        if future.done():
            self._request_futures.pop(number, None)
            self._result_types.pop(number, None)
            return
        try:
            read = self.structure_message(message)
        except JsonRpcException as error:
            self._request_futures.pop(number, None)
            future.set_exception(error)
            return
        self.handle_message(read)

    def _kind(self, method: object) -> Any:
        """What a message of that method is made of; None where nothing is done for it."""
        if not isinstance(method, str):
            return None
        served = method in self.fm.builtin_features or method in self.fm.features
        return self.get_message_type(method) if served or method == types.CANCEL_REQUEST else None

    def _read(self, message: dict[str, Any], kind: Any) -> Any:
        try:
            return self._converter.structure(message, kind)
        except Exception as error:
            said = "; ".join(transform_error(error, path="message"))
            raise JsonRpcInvalidParams(_shown(said)) from error

    def _refuse(self, number: int | str | None, error: JsonRpcException) -> None:
        answer = {"code": error.code, "message": error.message}
        self._send_data({"jsonrpc": self.VERSION, "id": number, "error": answer})

    def _send_handler_result(self, future: Any, *, msg_id: int | str) -> None:
        error = None if future.cancelled() else future.exception()
        if isinstance(error, JsonRpcException):  # an answer like others, and nothing to be logged as a fault
            self._request_futures.pop(msg_id, None)
            self._refuse(msg_id, error)
        else:
            super()._send_handler_result(future, msg_id=msg_id)

    def _handle_cancel_notification(self, msg_id: int | str) -> None:
        if isinstance(self._request_futures.get(msg_id), asyncio.Future):  # not one of our own requests
            super()._handle_cancel_notification(msg_id)

    # What pygls does by itself.

    def _register_builtin_features(self) -> None:
        super()._register_builtin_features()  # type: ignore[no-untyped-call,unused-ignore]
        for name in [name for name in self.fm.builtin_features if name.startswith("notebookDocument/")]:
            del self.fm.builtin_features[name]

    @lsp_method(types.INITIALIZE)
    def lsp_initialize(self, params: types.InitializeParams) -> Any:
        """Begin, once."""
        self._is_begun = True
        self.begin(params)
        # Folders are ours to look at: pygls fails where an address is none.
        bare = attrs.evolve(params, root_uri=None, root_path=None, workspace_folders=None)
        result = yield from super().lsp_initialize(bare)
        session, capabilities = self.session, result.capabilities
        capabilities.position_encoding = types.PositionEncodingKind(session.client.encoding.value)
        if capabilities.diagnostic_provider is not None:
            capabilities.diagnostic_provider.workspace_diagnostics = session.options.workspace_diagnostics
        return result

    @lsp_method(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def lsp_workspace__did_change_workspace_folders(
        self, params: types.DidChangeWorkspaceFoldersParams
    ) -> Any:
        """Hand it on."""
        yield self.fm.features[types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS], (params,), None

    @lsp_method(types.WINDOW_WORK_DONE_PROGRESS_CANCEL)
    def lsp_work_done_progress_cancel(self, params: types.WorkDoneProgressCancelParams) -> None:
        """No work that is shown can be cancelled."""

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        """A document is opened."""
        self.session.opened(opened(params.text_document, self.session.client.encoding))

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        """Its text changes."""
        self.session.changed(params.text_document.uri, params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        """It is closed."""
        self.session.closed(params.text_document.uri)


def _id(given: object) -> int | str | None:
    return given if isinstance(given, int | str) and not isinstance(given, bool) else None


def _is_request(kind: Any) -> bool:
    return "id" in attrs.fields_dict(kind)


def _shown(text: object) -> str:
    said = str(text)
    return said if len(said) <= _MOST_TOLD else f"{said[:_MOST_TOLD]} ..."
