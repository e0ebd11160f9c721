"""Which assignments to a local variable reach a use of it."""

from __future__ import annotations

from bisect import bisect_left
from typing import Final

from msgspec import Struct, field

from rfl_lint.analysis.code.scopes import ITEM_KINDS, Binding, BindingKind, scopes
from rfl_lint.rule import Context
from rfl_lint.syntax import Node, kind_query

LOOPS: Final = frozenset({"loop_expression", "while_expression", "for_expression"})
# More assignments than this behind one another without one that always runs are no code to reason about.
_MAX_REACHING: Final = 64
_STRAIGHT: Final = frozenset({"expression_statement", "unsafe_block", "block"})


class Reaching(Struct, frozen=True):
    """The right sides that may have been assigned last, and whether the `let`'s own value may still be there."""

    initial: bool
    assigned: tuple[Node, ...] = ()


class Definitions(Struct, eq=False):
    """Assignments of one file, found function by function."""

    cx: Context
    _by_function: dict[int, dict[str, list[Node]]] = field(default_factory=dict)
    _by_local: dict[tuple[int, str], list[Node]] = field(default_factory=dict)

    def reaching(self, binding: Binding, use: Node) -> Reaching:
        """What may be in a variable at a use of it."""
        if binding.kind is not BindingKind.LET or binding.owner is None:
            return Reaching(initial=True)
        return self._reaching(self._to(binding, self.cx.text(binding.name)), binding.owner, use)

    def reaching_field(self, use: Node) -> Reaching:
        """The same for `local.field`, as far as the field itself is assigned to."""
        base = _root_of(use)
        binding = scopes(self.cx).binding(base) if base is not None and base.type == "identifier" else None
        if binding is None or binding.kind is not BindingKind.LET or binding.owner is None:
            return Reaching(initial=True)
        return self._reaching(self._to(binding, self.cx.text(use)), binding.owner, use)

    def _to(self, binding: Binding, left: str) -> list[Node]:
        """The assignments to a local, or to a field of it, in source order."""
        key = (binding.name.id, left)
        if key not in self._by_local:
            around = binding.owner if binding.owner is not None else binding.name
            found = self._assignments(around).get(left, ())
            self._by_local[key] = [node for node in found if self._means(node, binding)]
        return self._by_local[key]

    def _means(self, assignment: Node, binding: Binding) -> bool:
        base = _root_of(assignment.child_by_field_name("left"))
        meant = scopes(self.cx).binding(base) if base is not None and base.type == "identifier" else None
        return meant is not None and meant.name.id == binding.name.id

    def _reaching(self, found: list[Node], let: Node, use: Node) -> Reaching:
        if not found:
            return Reaching(initial=True)
        above = list(self.cx.ancestors(use))
        ids = {node.id for node in above}
        reached: list[Node] = []
        stop: Node | None = None
        position = bisect_left(found, use.start_byte, key=lambda node: node.end_byte)
        for node in reversed(found[max(0, position - _MAX_REACHING) : position]):
            reached.append(node)
            if self._always_runs(node, ids):
                stop = node
                break
        for loop in above:
            # Around a loop an assignment further down reaches the use, unless one above it comes first.
            if loop.type in LOOPS and loop.start_byte > let.start_byte:
                if stop is not None and stop.start_byte > loop.start_byte:
                    break
                later = found[position : position + _MAX_REACHING]
                reached += [node for node in later if node.end_byte <= loop.end_byte]
        rights = {node.start_byte: node.child_by_field_name("right") for node in reached}
        ordered = (right for _, right in sorted(rights.items(), key=lambda item: item[0]))
        return Reaching(stop is None, tuple(right for right in ordered if right is not None))

    def _assignments(self, inside: Node) -> dict[str, list[Node]]:
        """Every assignment of the function (or macro fragment) around a node, by the text of its left side."""
        root = inside
        while (parent := root.parent) is not None:
            root = parent
            if root.type in ITEM_KINDS:
                break
        if root.id not in self._by_function:
            found: dict[str, list[Node]] = {}
            kinds = frozenset({"assignment_expression"})
            for node in kind_query(kinds).search(root).get("assignment_expression", ()):
                left = node.child_by_field_name("left")
                if left is not None:
                    found.setdefault(self.cx.text(left), []).append(node)
            self._by_function[root.id] = found
        return self._by_function[root.id]

    def _always_runs(self, assignment: Node, above_use: set[int]) -> bool:
        """Whether the use cannot be reached without the assignment having run: no branch lies between."""
        for node in self.cx.ancestors(assignment):
            if node.id in above_use:
                return node.type in ("block", "source_file")
            if node.type not in _STRAIGHT:
                return False
        return False


def _root_of(node: Node | None) -> Node | None:
    """What the first of some field accesses starts from."""
    while node is not None and node.type == "field_expression":
        node = node.child_by_field_name("value")
    return node
