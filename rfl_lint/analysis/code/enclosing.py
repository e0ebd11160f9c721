"""Which item of a file a place lies in, told by the spans of all items: a way up the tree costs its depth, and often.

The borders of macro calls do not count, as they do not for `Context.ancestors`; a doc comment's code stands alone.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from rfl_lint.rule import Context
from rfl_lint.syntax import FragmentKind, Node


class Enclosing:
    """The nodes of some kinds in a file, and which of them lie in which."""

    def __init__(self, cx: Context, kinds: frozenset[str]) -> None:
        """Find them."""
        self._cx = cx
        self._kinds = kinds
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._nodes: list[Node | None] = []
        self._outer: list[int] = []
        stack: list[int] = []
        for start, end, node in sorted(self._spans(), key=lambda each: (each[0], -each[1])):
            while stack and self._ends[stack[-1]] <= start:
                stack.pop()
            self._outer.append(stack[-1] if stack else -1)
            stack.append(len(self._starts))
            self._starts.append(start)
            self._ends.append(end)
            self._nodes.append(node)

    def _spans(self) -> Iterator[tuple[int, int, Node | None]]:
        for fragment in self._cx.parsed.fragments:
            if fragment.kind is FragmentKind.DOC_CODE and fragment.host is None:
                yield fragment.span.start, fragment.span.end, None
            for nodes in fragment.find(self._kinds).values():
                for node in nodes:
                    yield node.start_byte, node.end_byte, node

    def around(self, node: Node) -> Iterator[Node]:
        """The nodes of these kinds among the ancestors of a node of code, nearest first."""
        if not self._starts:
            return
        start, end = node.start_byte, node.end_byte
        index = bisect_right(self._starts, start) - 1
        while index >= 0 and self._ends[index] < end:
            index = self._outer[index]
        if index >= 0 and self._ends[index] == end and self._starts[index] == start:
            known = self._nodes[index]
            if known is None or known.id != node.id:  # which of the two is in which?
                yield from (above for above in self._cx.ancestors(node) if above.type in self._kinds)
                return
            index = self._outer[index]
        while index >= 0 and (found := self._nodes[index]) is not None:
            yield found
            index = self._outer[index]
