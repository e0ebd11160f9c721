"""The only module that imports tree_sitter: parsing whole files and regions of them, and searching trees.

Traps of py-tree-sitter 0.26 that this module keeps away from everybody else: never pass a progress
callback to a query cursor and never call `str()` on a node (both can crash the process); one parser and
one cursor per thread; a query is quadratic in the children of a flat ERROR node, and a walk upwards is
linear in the depth, which is why `limits.py` looks at every tree before anything else does.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from copy import copy
from functools import lru_cache
from operator import attrgetter
from typing import Final

import tree_sitter_rust
from msgspec import Struct
from tree_sitter import Language, Node, Parser, Point, Query, QueryCursor, Range, Tree, TreeCursor

from rfl_lint.source import SourceFile, Span

__all__ = [
    "KindQuery", "Node", "TextEdit", "Tree", "TreeCursor", "parse", "parse_ranges", "reparse", "search_code", "span_of",
]  # fmt: skip

RUST = Language(tree_sitter_rust.language())


def parse(data: bytes) -> Tree:
    """Parse a whole file."""
    return Parser(RUST).parse(data)


class TextEdit(Struct, frozen=True):
    """The bytes from `start` to `old_end` of a text made way for those from `start` to `new_end` of the next one.

    Each place stands there as row and column too, both in bytes and from 0.
    """

    start: int
    old_end: int
    new_end: int
    start_point: tuple[int, int]
    old_end_point: tuple[int, int]
    new_end_point: tuple[int, int]

    @classmethod
    def between(cls, before: bytes, replaced: Span, after: bytes) -> TextEdit:
        """The edit that replaced a span of one text, which made it the other."""
        start, old_end = replaced.start, replaced.end
        new_end = len(after) - (len(before) - old_end)
        points = _point_in(before, start), _point_in(before, old_end), _point_in(after, new_end)
        return cls(start, old_end, new_end, *points)


def _point_in(data: bytes, offset: int) -> tuple[int, int]:
    return data.count(b"\n", 0, offset), offset - data.rfind(b"\n", 0, offset) - 1


def reparse(old: Tree, edits: Iterable[TextEdit], data: bytes, *, exactly: bool = True) -> Tree:
    """Parse what edits made of the text of a tree, keeping what they left alone: the tree that `parse` would give.

    How the parser recovers from what is no Rust depends on what it kept, so such a text is parsed anew; unless it need
    not be `exactly` that tree.
    """
    if exactly and old.root_node.has_error:
        return parse(data)
    tree = copy(old)  # the nodes of the old one are still looked at
    for edit in edits:
        tree.edit(
            edit.start,
            edit.old_end,
            edit.new_end,
            Point(*edit.start_point),
            Point(*edit.old_end_point),
            Point(*edit.new_end_point),
        )
    found = Parser(RUST).parse(data, tree)
    return parse(data) if exactly and found.root_node.has_error else found


def parse_ranges(buffer: bytearray, source: SourceFile, spans: Sequence[Span]) -> Tree:
    """Parse only `spans` of a buffer as long as the file; the nodes keep the file's own positions."""
    parser = Parser(RUST)
    parser.included_ranges = [
        Range(_point(source, span.start), _point(source, span.end), span.start, span.end) for span in spans
    ]
    return parser.parse(buffer)


def _point(source: SourceFile, offset: int) -> Point:
    row = source.row(offset)
    return Point(row, offset - source.line_starts[row])


def span_of(node: Node) -> Span:
    """The bytes a node covers."""
    return Span(node.start_byte, node.end_byte)


start_of: Final = attrgetter("start_byte")
"""The byte that a node begins at: what lists of nodes are sorted and searched by."""


def check_kinds(kinds: Iterable[str]) -> None:
    """Raise ValueError naming a kind that the grammar does not have; cheaper than compiling a query."""
    for kind in sorted(kinds):
        if RUST.id_for_node_kind(kind, True) is None:  # noqa: FBT003 - positional only in the library
            raise ValueError(f"the Rust grammar has no node kind `{kind}`")


class KindQuery:
    """One query for a set of node kinds, so that each tree is searched once, in C, for all rules together."""

    def __init__(self, kinds: Iterable[str]) -> None:
        """Compile the query; raises ValueError naming a kind that the grammar does not have."""
        self.kinds = frozenset(kinds)
        check_kinds(self.kinds)
        self._query = Query(RUST, "\n".join(f"({kind}) @{kind}" for kind in sorted(self.kinds)))

    def search(self, root: Node, within: Span | None = None) -> dict[str, list[Node]]:
        """All nodes of the wanted kinds below `root`, or those that lie in a span; each list in source order."""
        if not self.kinds:
            return {}
        cursor = QueryCursor(self._query)
        if within is not None:
            cursor.set_byte_range(*within)
        found = cursor.captures(root)
        if within is not None:  # the cursor finds what reaches into the span, too
            found = {
                kind: inside
                for kind, nodes in found.items()
                if (inside := [n for n in nodes if _lies_in(n, within)])
            }
        for nodes in found.values():
            # By start, and of those that start alike the outer ones first: two sorts by keys that are read in C.
            nodes.sort(key=_END, reverse=True)
            nodes.sort(key=start_of)
        return found


def _lies_in(node: Node, span: Span) -> bool:
    return span.start <= node.start_byte and node.end_byte <= span.end


_END: Final = attrgetter("end_byte")


@lru_cache(maxsize=64)
def kind_query(kinds: frozenset[str]) -> KindQuery:
    """A compiled query for these kinds, made once per process."""
    return KindQuery(kinds)


# Kinds that the parser also gives to the bare tokens of a macro call. There they are not code: what is code in a
# macro call has a tree of its own.
_TOKEN_KINDS: Final = frozenset(
    {
        "boolean_literal",
        "char_literal",
        "crate",
        "float_literal",
        "identifier",
        "integer_literal",
        "mutable_specifier",
        "primitive_type",
        "raw_string_literal",
        "self",
        "string_literal",
        "super",
    }
)


def search_code(root: Node, kinds: frozenset[str], within: Span | None = None) -> dict[str, list[Node]]:
    """All nodes of the wanted kinds below `root`, or in a span, that are code, not bare tokens of a macro call."""
    bare = kinds & _TOKEN_KINDS
    if not bare:
        return kind_query(kinds).search(root, within)
    found = kind_query(kinds | {"token_tree"}).search(root, within)
    ends: list[int] = []
    starts: list[int] = []
    for tree in found.pop("token_tree", []):
        if not ends or tree.start_byte >= ends[-1]:
            starts.append(tree.start_byte)
            ends.append(tree.end_byte)
    for kind in bare & found.keys():
        found[kind] = [node for node in found[kind] if not _within(node.start_byte, starts, ends)]
    return found


def _within(offset: int, starts: list[int], ends: list[int]) -> bool:
    index = bisect_right(starts, offset) - 1
    return index >= 0 and offset < ends[index]
