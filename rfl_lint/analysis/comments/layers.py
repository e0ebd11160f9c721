"""The layers of a file in which comments are looked for: the file itself, and each code block of a doc comment."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from typing import Final

from rfl_lint.analysis.comments.rows import CommentRows
from rfl_lint.rule import Context
from rfl_lint.source import SourceFile, Span
from rfl_lint.syntax import Fragment, FragmentKind, ParsedFile

_COMMENTS: Final = frozenset({"line_comment", "block_comment"})


class CommentLayers:
    """All layers of a file, each made when it is first asked for."""

    def __init__(self, parsed: ParsedFile) -> None:
        self._parsed = parsed
        self._docs = sorted(
            (f for f in parsed.fragments if f.kind is FragmentKind.DOC_CODE and not _in_doc(f.parent)),
            key=lambda fragment: fragment.span.start,
        )
        self._starts = [fragment.span.start for fragment in self._docs]
        self._layers: dict[int, CommentRows] = {}

    def at(self, offset: int) -> CommentRows:
        """The layer that a byte of code belongs to."""
        index = bisect_right(self._starts, offset) - 1
        if index < 0 or offset >= self._docs[index].span.end:
            index = -1
        if index not in self._layers:
            self._layers[index] = self._make(index)
        return self._layers[index]

    def __iter__(self) -> Iterator[CommentRows]:
        for start in (-1, *self._starts):
            yield self.at(start)

    def _make(self, index: int) -> CommentRows:
        parsed = self._parsed
        if index < 0:
            plain = [fragment for fragment in parsed.fragments if fragment.kind is not FragmentKind.DOC_CODE]
            return CommentRows(parsed.source, parsed.comments, plain)
        doc = self._docs[index]
        contents: dict[int, Span] = {}
        for part in doc.ranges:
            row = parsed.source.row(part.start)
            contents[row] = Span(part.start, max(part.start, min(part.end, parsed.source.row_span(row).end)))
        fragments = [
            fragment
            for fragment in parsed.fragments_within(doc.span)
            if fragment.kind is FragmentKind.DOC_CODE
        ]
        return CommentRows(parsed.source, _doc_comments(doc, parsed.source, contents), fragments, contents)


def _in_doc(fragment: Fragment | None) -> bool:
    return fragment is not None and fragment.kind is FragmentKind.DOC_CODE


def _doc_comments(doc: Fragment, source: SourceFile, contents: Mapping[int, Span]) -> list[Span]:
    """The comments inside a doc comment's code; a line comment ends with its line."""
    spans = []
    for kind, nodes in doc.find(_COMMENTS).items():
        for node in nodes:
            content = contents.get(source.row(node.start_byte))
            line = kind == "line_comment" and content is not None
            spans.append(
                Span(node.start_byte, content.end if line and content is not None else node.end_byte)
            )
    return sorted(spans)


def comment_layers(cx: Context) -> CommentLayers:
    """The layers of the current file, computed once."""
    return cx.memo(_layers)


def _layers(cx: Context) -> CommentLayers:
    return CommentLayers(cx.parsed)
