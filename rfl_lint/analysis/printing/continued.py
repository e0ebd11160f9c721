"""Whether a later `pr_cont!` goes on with the line that a message leaves open.

Asked of places only: of the messages and continuations of a file in the order of their text, and of the blocks
around them. Where the way from one to the other is not plain, the message counts as continued.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Final

from msgspec import Struct, field

from rfl_lint.analysis.code.calls import named_calls
from rfl_lint.analysis.code.local_calls import Function, file_functions
from rfl_lint.analysis.code.scopes import ITEM_KINDS
from rfl_lint.analysis.printing.messages import message_of
from rfl_lint.rule import Context
from rfl_lint.syntax import Node

_MACROS: Final = frozenset({"macro_invocation"})
_BLOCKS: Final = frozenset({"block", "source_file"})
_LOOPS: Final = frozenset({"loop_expression", "while_expression", "for_expression"})
_STATEMENTS: Final = frozenset({"expression_statement"})
_CONTINUING: Final = b"pr_cont"
_MAX_CALLERS: Final = 16


class Lines(Struct, eq=False):
    """The messages of one file: where lines are continued, and which block begins new ones where."""

    cx: Context
    continued: list[int] = field(default_factory=list)
    begun: dict[int, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if _CONTINUING not in self.cx.source.data:
            return
        for fragment in self.cx.parsed.fragments:
            for node in fragment.find(_MACROS).get("macro_invocation", ()):
                message = message_of(node, self.cx)
                if message is None:
                    continue
                if message.continues:
                    self.continued.append(node.start_byte)
                else:
                    self._note(node)
        self._note_helpers()
        self.continued.sort()
        for places in self.begun.values():
            places.sort()

    def _note(self, node: Node) -> None:
        """A message that is a statement itself ends what the statements before it left open."""
        parent = self.cx.parent(node)
        if parent is not None and parent.type in _STATEMENTS:
            parent = self.cx.parent(parent)
        if parent is not None and parent.type in _BLOCKS:
            self.begun.setdefault(parent.id, []).append(node.start_byte)

    def _note_helpers(self) -> None:
        """Who calls a function of the file that continues a line continues it."""
        direct = list(self.continued)
        calls = self.cx.memo(named_calls)
        for name, functions in file_functions(self.cx).by_name.items():
            if any(_holds(direct, each.body.start_byte, each.body.end_byte) for each in functions):
                self.continued += [node.start_byte for _, node, _ in calls.get(name, ())]
        self.continued.sort()

    def is_continued(self, node: Node) -> bool:
        """Whether what the node prints may be continued by a later call, in a caller of its function too."""
        if not self.continued:
            return False
        waiting, seen = [node], {node.id}
        while waiting:
            found, function = self._follow(waiting.pop())
            if found or len(seen) > _MAX_CALLERS:
                return True
            for call, _ in file_functions(self.cx).callers(function) if function is not None else ():
                if call.node.id not in seen:
                    seen.add(call.node.id)
                    waiting.append(call.node)
        return False

    def _follow(self, node: Node) -> tuple[bool, Function | None]:
        """Whether the rest of the function continues the line, and if not, the function that leaves it open."""
        before = node
        for above in self.cx.ancestors(node):
            kind = above.type
            if kind in _BLOCKS:
                start, end = before.end_byte, above.end_byte
                begun = self.begun.get(above.id, [])
                index = bisect_right(begun, start)
                if _holds(self.continued, start, begun[index] if index < len(begun) else end):
                    return True, None
                if index < len(begun):
                    return False, None
            elif kind in _LOOPS and _holds(self.continued, above.start_byte, above.end_byte):
                return True, None
            elif kind in ITEM_KINDS:
                return False, file_functions(self.cx).by_node.get(above.id)
            before = above
        return False, None


def _holds(places: list[int], start: int, end: int) -> bool:
    index = bisect_left(places, start)
    return index < len(places) and places[index] < end


def is_continued(node: Node, cx: Context) -> bool:
    """Whether a later call may continue the line of the message that a macro call prints."""
    return cx.memo(Lines).is_continued(node)
