"""Values of rfl-lint as values of the protocol: places, findings, edits."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable
from functools import cache
from typing import Final

from lsprotocol import types
from msgspec import Struct

from rfl_lint.finding import Edit, Finding, Severity
from rfl_lint.lsp.addresses import uri_of
from rfl_lint.lsp.documents import Document
from rfl_lint.lsp.project import Checked
from rfl_lint.lsp.text import Encoding, Text
from rfl_lint.revision import with_endings
from rfl_lint.source import Span

SOURCE: Final = "rfl-lint"
_SEVERITIES: Final = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.NOTE: types.DiagnosticSeverity.Information,
}


class Client(Struct, frozen=True):
    """What the client can do, as far as it matters here."""

    encoding: Encoding = Encoding.UTF16
    pulls: bool = False
    refreshes: bool = False
    refreshes_lenses: bool = False
    refreshes_hints: bool = False
    related: bool = True
    links: bool = True
    tags: bool = True
    versioned_edits: bool = False
    resolves_edits: bool = False
    progress: bool = False
    watches: bool = False
    shows_documents: bool = False
    markdown: bool = True

    @classmethod
    def of(cls, said: types.ClientCapabilities) -> Client:
        """What a client has said of itself."""
        text, space, window = said.text_document, said.workspace, said.window
        published = text.publish_diagnostics if text is not None else None
        pulled = text.diagnostic if text is not None else None
        actions = text.code_action if text is not None else None
        hover = text.hover if text is not None else None
        resolve = actions.resolve_support if actions is not None else None
        refresh = space.diagnostics if space is not None else None
        lenses = space.code_lens if space is not None else None
        hints = space.inlay_hint if space is not None else None
        edit = space.workspace_edit if space is not None else None
        watched = space.did_change_watched_files if space is not None else None
        shown = window.show_document if window is not None else None
        formats = hover.content_format if hover is not None else None
        return cls(
            encoding=_encoding(said),
            pulls=pulled is not None,
            refreshes=refresh is not None and bool(refresh.refresh_support),
            refreshes_lenses=lenses is not None and bool(lenses.refresh_support),
            refreshes_hints=hints is not None and bool(hints.refresh_support),
            related=pulled is not None or published is None or bool(published.related_information),
            links=pulled is not None or published is None or bool(published.code_description_support),
            tags=pulled is not None or (published is not None and published.tag_support is not None),
            versioned_edits=edit is not None and bool(edit.document_changes),
            resolves_edits=resolve is not None and "edit" in resolve.properties,
            progress=window is not None and bool(window.work_done_progress),
            watches=watched is not None and bool(watched.dynamic_registration),
            shows_documents=shown is not None and shown.support,
            markdown=not formats or types.MarkupKind.Markdown in formats,
        )


def _encoding(said: types.ClientCapabilities) -> Encoding:
    """UTF-8, which needs no conversion, where the client has it; else its own first choice that we know."""
    offered = (
        [str(getattr(each, "value", each)) for each in (said.general.position_encodings or ())]
        if said.general
        else []
    )
    if Encoding.UTF8.value in offered:
        return Encoding.UTF8
    known = {each.value for each in Encoding}
    return Encoding(next((each for each in offered if each in known), Encoding.UTF16.value))


def range_of(text: Text, span: Span) -> types.Range:
    """A span as the client counts."""
    return types.Range(types.Position(*text.position(span.start)), types.Position(*text.position(span.end)))


def span_of_range(text: Text, given: types.Range) -> Span:
    """A range of the client as bytes."""
    start = text.offset(given.start.line, given.start.character)
    return Span(start, max(start, text.offset(given.end.line, given.end.character)))


class Converter(Struct, frozen=True):
    """Turns what was found in one text into diagnostics. `link` gives the address of a rule's page."""

    client: Client
    checked: Checked
    text: Text
    uri: str
    link: Callable[[str], str | None]
    texts: Callable[[str], tuple[str, Text] | None]
    """Address and text of another file of the tree, as the client has it, by its path."""

    def diagnostics(self) -> list[types.Diagnostic]:
        """All that was found."""
        return [self.diagnostic(finding) for finding in self.checked.findings]

    def diagnostic(self, finding: Finding) -> types.Diagnostic:
        """One finding."""
        link = self.link(finding.rule) if self.client.links else None
        message = f"{finding.message}\nhelp: {finding.help}" if finding.help else finding.message
        related = list(self._related(finding))
        if related and not self.client.related:
            lines = (f"{_place_name(each.location)}: {each.message}" for each in related)
            message = "\n".join([message, *lines])
            related = []
        return types.Diagnostic(
            range=range_of(self.text, finding.span),
            message=message,
            severity=_SEVERITIES[finding.severity],
            code=finding.rule,
            code_description=types.CodeDescription(link) if link is not None else None,
            source=SOURCE,
            tags=[types.DiagnosticTag.Unnecessary] if self.client.tags and _is_needless(finding) else None,
            related_information=related or None,
            data={"fingerprint": finding.fingerprint},
        )

    def _related(self, finding: Finding) -> Iterable[types.DiagnosticRelatedInformation]:
        for label in finding.related:
            there = self.texts(label.path) if label.path else (self.uri, self.text)
            if there is not None:
                uri, text = there
                yield types.DiagnosticRelatedInformation(
                    types.Location(uri, range_of(text, label.span)), label.message
                )

    def edits(self, edits: Iterable[Edit]) -> list[types.TextEdit]:
        """Edits of the text."""
        data = self.text.data
        return [
            types.TextEdit(
                range_of(self.text, edit.span),
                with_endings(edit.text, data, edit.span.start).decode("utf-8", "replace"),
            )
            for edit in dict.fromkeys(edits)
        ]

    def whole_edits(self, edits: Iterable[Edit]) -> list[types.TextEdit]:
        """Edits of whole lines, whose ends are as they are to be."""
        return [types.TextEdit(range_of(self.text, edit.span), edit.text) for edit in edits]

    def workspace_edit(self, edits: list[types.TextEdit], version: int | None) -> types.WorkspaceEdit:
        """Edits of the text, tied to its version where the client can hold on to that."""
        if not self.client.versioned_edits:
            return types.WorkspaceEdit(changes={self.uri: edits})
        document = types.OptionalVersionedTextDocumentIdentifier(self.uri, version)
        return types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(document, list(edits))])


def _is_needless(finding: Finding) -> bool:
    """Whether what is marked could simply go: the fix removes it, and puts nothing in its place."""
    edits = finding.fix.edits if finding.fix is not None else ()
    return bool(edits) and all(not edit.text and edit.span.contains(finding.span) for edit in edits)


def _place_name(location: types.Location) -> str:
    return f"{location.uri.rpartition('/')[2]}:{location.range.start.line + 1}"


def texts_beside(
    checked: Checked, documents: Collection[Document], encoding: Encoding
) -> Callable[[str], tuple[str, Text] | None]:
    """Address and text of the other files of a tree by their paths, open ones as the client has them."""

    @cache
    def there(path: str) -> tuple[str, Text] | None:
        file = checked.place.file_of(path)
        for document in documents:
            if document.file == file:
                return document.uri, document.text
        source = checked.report.source(path)
        return (uri_of(str(file)), Text.of(source.data, encoding)) if source is not None else None

    return there


def result_id(found: list[types.Diagnostic]) -> str:
    """What tells diagnostics from others."""
    return hashlib.blake2b(repr(found).encode("utf-8", "replace"), digest_size=12).hexdigest()
