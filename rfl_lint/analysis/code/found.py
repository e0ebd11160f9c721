"""The nodes that were found in one tree, sifted for a rule that tells by their names or places which it may judge."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Container, Iterable, Sequence

from msgspec import Struct

from rfl_lint.analysis.code.calls import NAMED_KINDS, last_name, last_names
from rfl_lint.source import Span
from rfl_lint.syntax import Fragment, Node, ParsedFile, start_of


class Found(Struct, frozen=True, eq=False):
    """Nodes of a tree by their kind, each list in source order. `whole` is the fragment that these are all nodes of."""

    nodes: dict[str, list[Node]]
    parsed: ParsedFile
    whole: Fragment | None = None

    def of(
        self, kinds: Iterable[str], names: Container[str] | None = None, places: Sequence[Span] | None = None
    ) -> list[Node]:
        """The nodes of some kinds, kind by kind: of these names only, where they have one, and in these places."""
        found: list[Node] = []
        for kind in sorted(kinds):
            nodes = self.nodes.get(kind, [])
            if names is not None and kind in NAMED_KINDS:
                nodes = self._named(kind, nodes, names)
            found += nodes if places is None else _within(nodes, places)
        return found

    def _named(self, kind: str, nodes: list[Node], names: Container[str]) -> list[Node]:
        if names == frozenset():
            return []
        if self.whole is None:
            return [node for node in nodes if last_name(node, self.parsed) in names]
        every = last_names(kind, self.whole, self.parsed)
        return [node for node, name in zip(nodes, every, strict=True) if name in names]


def _within(nodes: list[Node], places: Sequence[Span]) -> list[Node]:
    """The nodes that start in one of the places; both in order."""
    found: list[Node] = []
    if nodes:
        first, last = nodes[0].start_byte, nodes[-1].start_byte
        for place in places:
            if place.end > first and place.start <= last:
                begin = bisect_left(nodes, place.start, key=start_of)
                found += nodes[begin : bisect_left(nodes, place.end, begin, key=start_of)]
    return found
