"""The documents that the client has open: their texts as it has them, and what was last found in each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Lock

from lsprotocol import types
from msgspec import Struct, field

from rfl_lint.finding import Finding
from rfl_lint.lsp.addresses import file_of
from rfl_lint.lsp.project import Checked
from rfl_lint.lsp.text import Encoding, Text
from rfl_lint.source import Span
from rfl_lint.syntax import TextEdit
from rfl_lint.syntax.limits import MAX_FILE_BYTES


class Outcome(Struct, frozen=True):
    """What was found in one version of a document. `stamp` tells it from what was found before or after.

    It is `whole` unless it comes from a glance at what the last edits concern.
    """

    version: int | None
    text: Text
    checked: Checked | None
    stamp: int = 0
    whole: bool = True

    @property
    def findings(self) -> Sequence[Finding]:
        """What nothing silences."""
        return self.checked.findings if self.checked is not None else ()


class Document(Struct, eq=False):
    """An open document. `file` is None where its address is none of a file: then it is not looked at.

    The protocol's thread changes the text, the engine's takes it; `edits` lead to it from the one that was last taken.
    """

    uri: str
    file: Path | None
    version: int | None
    text: Text
    outcome: Outcome | None = None
    told: tuple[int | None, Sequence[Finding]] | None = None
    """What was last sent to the client, and of which version, if it is sent anything."""
    is_queued: bool = False
    _edits: list[TextEdit] = field(default_factory=list)
    _taken: Text | None = None
    _lock: Lock = field(default_factory=Lock)

    def change(self, changes: Sequence[types.TextDocumentContentChangeEvent], version: int | None) -> None:
        """Make the client's changes, one after the other."""
        with self._lock:
            for change in changes:
                self._change(change)
            self.version = version

    def _change(self, change: types.TextDocumentContentChangeEvent) -> None:
        new = change.text.encode("utf-8", "replace")
        before = self.text
        if isinstance(change, types.TextDocumentContentChangeWholeDocument):
            self.text = Text.of(new, before.encoding)
            self._taken = None
            return
        start = before.offset(change.range.start.line, change.range.start.character)
        end = before.offset(change.range.end.line, change.range.end.character)
        span = Span(start, max(start, end))
        self.text = before.replaced(span, new)
        if self._taken is not None and len(self.text.data) <= MAX_FILE_BYTES:
            self._edits.append(TextEdit.between(before.data, span, self.text.data))
        else:
            self._taken = None

    def take(self) -> tuple[int | None, Text, Sequence[TextEdit]]:
        """The text as it is now, and what made it of the one taken before; no edits where all of it is new."""
        with self._lock:
            edits = tuple(self._edits) if self._taken is not None else ()
            self._edits.clear()
            self._taken = self.text
            return self.version, self.text, edits

    def forget(self) -> None:
        """Let the next text that is taken be all new: the last one was not put to use."""
        with self._lock:
            self._taken = None
            self._edits.clear()


def opened(item: types.TextDocumentItem, encoding: Encoding) -> Document:
    """A document as the client opens it."""
    text = Text.of(item.text.encode("utf-8", "replace"), encoding)
    file = file_of(item.uri)
    return Document(item.uri, file if file is not None and file.name else None, item.version, text)
