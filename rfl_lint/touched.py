"""Which findings of a text a patch touched, and which of them hold although the patch shows only parts of the file.

A finding counts if its span, or a related place in the same function, touches a line that the patch added or the
first line behind one that it deleted. Where only parts are shown, it counts only if all that its rule says its
verdict depends on is there (`Extent`).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Final

from msgspec.structs import replace

from rfl_lint.finding import Finding, Label
from rfl_lint.inputs.postimage import PostImage
from rfl_lint.inputs.snippet import is_code
from rfl_lint.refusal import FILE_NOT_ANALYSED
from rfl_lint.report import Report
from rfl_lint.rule import Extent
from rfl_lint.source import Span
from rfl_lint.suppress import UNUSED_SUPPRESSION
from rfl_lint.syntax import Node, ParsedFile, parse_file

# What holds statements, arms, fields or items: each of its children is read by itself.
_BODIES: Final = frozenset(
    {
        "block",
        "declaration_list",
        "enum_variant_list",
        "field_declaration_list",
        "field_initializer_list",
        "match_block",
        "source_file",
    }
)
_AROUND: Final = frozenset({"impl_item", "trait_item", "mod_item", "function_item", "macro_definition"})
_TYPES: Final = frozenset({"struct_item", "enum_item", "union_item"})
_ITEMS: Final = _AROUND | _TYPES | {"function_signature_item", "const_item", "static_item", "type_item"}
# `$name` stands nowhere but in the body of a `macro_rules!`.
_METAVARIABLE: Final = re.compile(rb"\$(?:[A-Za-z_(]|crate\b)")


class Judge:
    """Which findings of one text count."""

    def __init__(
        self,
        image: PostImage,
        extents: Mapping[str, Extent],
        others: Mapping[str, Judge] = MappingProxyType({}),
    ) -> None:
        """Know the text; `extents` are those of the rules by name, `others` judge the patch's other texts by path."""
        self.image = image
        self.source = image.source
        self.extents = extents
        self.others = others

    def counts(self, finding: Finding) -> bool:
        """Whether the patch touched a finding, and shows all that the finding depends on."""
        if finding.rule == FILE_NOT_ANALYSED:
            return self.image.is_whole and bool(self.image.touched)
        if not self._touches(finding.span) and not self._touches_related(finding):
            return False
        return self.image.is_whole or self._is_shown(finding)

    @cached_property
    def parsed(self) -> ParsedFile:
        """The text as the rules saw it."""
        return parse_file(self.source)

    def _rows(self, span: Span) -> range:
        return range(self.source.row(span.start), self.source.row(max(span.start, span.end - 1)) + 1)

    def _touches(self, span: Span) -> bool:
        touched = self.image.touched
        return any(row in touched for row in self._rows(span))

    def _touches_related(self, finding: Finding) -> bool:
        labels = [
            label.span
            for label in finding.related
            if label.path in ("", self.source.path) and self._touches(label.span)
        ]
        if not labels or self.parsed.refusal is not None:
            return False
        function = next((n for n in self._around(finding.span.start) if n.type == "function_item"), None)
        return function is not None and any(
            function.start_byte <= span.start < function.end_byte for span in labels
        )

    def has_line(self, label: Label) -> bool:
        """Whether a related place is a line of a file, rather than one that was made up around what is shown."""
        if label.path not in ("", self.source.path):
            judge = self.others.get(label.path)
            return judge is None or judge.has_line(replace(label, path=""))
        return self.image.is_whole or self.source.row(label.span.start) in self.image.lines

    # Where only parts are shown.

    def _is_shown(self, finding: Finding) -> bool:
        extent = self.extents.get(finding.rule, Extent.STATEMENT)
        if extent is Extent.FILE or finding.rule == UNUSED_SUPPRESSION or self.parsed.refusal is not None:
            return False
        piece = self._piece_of(finding.span)
        if piece is None or piece in self._macro_pieces:
            return False
        for label in finding.related:
            judge = self.others.get(label.path) if label.path not in ("", self.source.path) else self
            if judge is not None and not judge.shows_type(label.span):
                return False
        if extent is Extent.PLACE:
            return True
        place = self._place(finding.span.start, piece)
        if place is None or not self._statement_is_shown(place, piece):
            return False
        if extent is Extent.FUNCTION:
            return self._function_is_shown(place, piece)
        return extent is Extent.STATEMENT or self._item_is_shown(place, piece)

    @cached_property
    def _starts(self) -> list[int]:
        return [piece[0] for piece in self.image.pieces]

    def _piece_of(self, span: Span) -> tuple[int, int] | None:
        """The unbroken part that shows all of a span."""
        rows = self._rows(span)
        index = bisect_right(self._starts, rows[0]) - 1
        piece = self.image.pieces[index] if index >= 0 else None
        return piece if piece is not None and rows[-1] < piece[1] else None

    @cached_property
    def _macro_pieces(self) -> frozenset[tuple[int, int]]:
        """The parts that begin inside of a `macro_rules!`: what looks like code there is a pattern of code."""
        found = set()
        for piece in self.image.pieces:
            for row in range(*piece):
                raw = self.source.row_bytes(row)
                if b"macro_rules!" in raw:
                    break
                if b"$" in raw and _METAVARIABLE.search(raw):
                    found.add(piece)
                    break
        return frozenset(found)

    def shows_type(self, span: Span) -> bool:
        """Whether a related place is no type, or one whose docs are there."""
        if self.image.is_whole or self.parsed.refusal is not None:
            return self.image.is_whole
        node = next((n for n in self._around(span.start) if n.type in _ITEMS), None)
        if node is None or node.type not in _TYPES:
            return True
        piece = self._piece_of(Span(node.start_byte, node.start_byte))
        return piece is not None and self._above_is_shown(self.source.row(node.start_byte), piece)

    def _place(self, offset: int, piece: tuple[int, int]) -> int | None:
        """The code that a finding is about: what a comment stands above, else the place itself."""
        comments = self.parsed.comments
        index = bisect_right(comments, Span(offset, len(self.source.data) + 1)) - 1
        if index < 0 or offset >= comments[index].end:
            return offset
        for row in range(self.source.row(comments[index].end - 1) + 1, piece[1]):
            raw = self.source.row_bytes(row)
            if is_code(raw.decode("utf-8", "replace")):
                return self.source.line_starts[row] + len(raw) - len(raw.lstrip())
        return None

    def _statement_is_shown(self, offset: int, piece: tuple[int, int]) -> bool:
        """Whether the statement, arm, field or head of an item is there, and what stands above it."""
        path = self._path(offset)
        end, is_closed = offset, False
        start = path[0]
        for inner, node in zip([None, *path], path, strict=False):
            if node.type in _BODIES and inner is not None:
                break
            start = node
            if is_closed:
                continue
            behind = [
                child for child in node.children if inner is not None and child.start_byte >= inner.end_byte
            ]
            body = next((child for child in behind if child.type in _BODIES), None)
            end = body.start_byte if body is not None else node.end_byte
            is_closed = body is not None
        first, last = self.source.row(start.start_byte), self.source.row(max(start.start_byte, end - 1))
        return piece[0] <= first and last < piece[1] and self._above_is_shown(first, piece)

    def _above_is_shown(self, row: int, piece: tuple[int, int]) -> bool:
        """Whether it can be seen what stands above the code of a row, comments included."""
        if self.image.lines.get(piece[0]) == 1:
            return True
        return any(is_code(self.source.line_text(above + 1)) for above in range(piece[0], row))

    def _function_is_shown(self, offset: int, piece: tuple[int, int]) -> bool:
        """Whether all of an item is there, and it is known what it stands in."""
        around = [node for node in self._around(offset) if node.type in _ITEMS]
        if not around or not self._all_is_shown(around[0], piece):
            return False
        if len(around) == 1:
            row = self.source.row(around[0].start_byte)
            return row not in self.image.shifted and not self.source.row_bytes(row)[:1].isspace()
        return all(
            node.type != "macro_definition"
            and (self.source.row(node.start_byte) in self.image.heads or self._begins_in(node, piece))
            for node in around[1:]
        )

    def _item_is_shown(self, offset: int, piece: tuple[int, int]) -> bool:
        around = [node for node in self._around(offset) if node.type in _ITEMS]
        return bool(around) and self._all_is_shown(around[-1], piece)

    def _all_is_shown(self, item: Node, piece: tuple[int, int]) -> bool:
        """Whether all of an item is there, docs and attributes included."""
        return self._within(item, piece) and self._above_is_shown(self.source.row(item.start_byte), piece)

    def _begins_in(self, node: Node, piece: tuple[int, int]) -> bool:
        return piece[0] <= self.source.row(node.start_byte) < piece[1]

    def _within(self, node: Node, piece: tuple[int, int]) -> bool:
        return self._begins_in(node, piece) and self.source.row(node.end_byte - 1) < piece[1]

    def _around(self, offset: int) -> Iterator[Node]:
        """The nodes that a byte lies in, innermost first."""
        fragment = min(self.parsed.fragments_at(offset), key=lambda each: each.span.end - each.span.start)
        node = fragment.root.descendant_for_byte_range(offset, offset + 1)
        if node is not None:
            yield node
            yield from self.parsed.ancestors(node)

    def _path(self, offset: int) -> list[Node]:
        return list(self._around(offset)) or [self.parsed.root]


def touched_findings(report: Report, rows: Mapping[str, frozenset[int]]) -> tuple[Finding, ...]:
    """The findings of whole files that touch some rows, by shown path: what `check --diff` is about."""
    judges: dict[str, Judge] = {}
    kept = []
    for finding in report.findings:
        source = report.source(finding.path)
        touched = rows.get(finding.path, frozenset())
        if source is None or not touched:
            continue
        if finding.path not in judges:
            last = max(0, source.line_count - 1)
            image = PostImage(source, frozenset(min(row, last) for row in touched), {}, {}, {})
            judges[finding.path] = Judge(image, {})
        if judges[finding.path].counts(finding):
            kept.append(finding)
    return tuple(kept)
