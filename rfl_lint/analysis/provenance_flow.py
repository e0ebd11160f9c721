"""Which assignments to a local variable reach a use of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from rfl_lint.analysis.scopes import ITEM_KINDS, Binding, BindingKind, scopes
from rfl_lint.rule import Context
from rfl_lint.syntax import Node, kind_query

_LOOPS: Final = frozenset({"loop_expression", "while_expression", "for_expression"})
_STRAIGHT: Final = frozenset({"expression_statement", "unsafe_block", "block"})


@dataclass(frozen=True, slots=True)
class Reaching:
    """The right sides that may have been assigned last, and whether the `let`'s own value may still be there."""

    initial: bool
    assigned: tuple[Node, ...] = ()


@dataclass(eq=False)
class Definitions:
    """Assignments of one file, found function by function."""

    cx: Context
    _by_function: dict[int, dict[str, list[Node]]] = field(default_factory=dict)

    def reaching(self, binding: Binding, use: Node) -> Reaching:
        """What may be in a variable at a use of it."""
        if binding.kind is not BindingKind.LET or binding.owner is None:
            return Reaching(initial=True)
        found = [
            node
            for node in self._assignments(binding.owner).get(self.cx.text(binding.name), ())
            if self._means(node, binding)
        ]
        return self._reaching(found, binding.owner, use) if found else Reaching(initial=True)

    def reaching_field(self, use: Node) -> Reaching:
        """The same for `local.field`, as far as the field itself is assigned to."""
        base = use
        while base.type == "field_expression":
            inner = base.child_by_field_name("value")
            if inner is None:
                return Reaching(initial=True)
            base = inner
        binding = scopes(self.cx).binding(base) if base.type == "identifier" else None
        if binding is None or binding.kind is not BindingKind.LET or binding.owner is None:
            return Reaching(initial=True)
        start = binding.owner.end_byte
        found = [
            node
            for node in self._assignments(binding.owner).get(self.cx.text(use), ())
            if node.start_byte >= start
        ]
        return self._reaching(found, binding.owner, use) if found else Reaching(initial=True)

    def _reaching(self, found: list[Node], let: Node, use: Node) -> Reaching:
        above = list(self.cx.ancestors(use))
        ids = {node.id for node in above}
        reached: list[Node] = []
        stop: Node | None = None
        for node in sorted(found, key=lambda node: node.start_byte, reverse=True):
            if node.end_byte <= use.start_byte:
                reached.append(node)
                if self._always_runs(node, ids):
                    stop = node
                    break
        for loop in above:
            # Around a loop an assignment further down reaches the use, unless one above it comes first.
            if loop.type in _LOOPS and loop.start_byte > let.start_byte:
                if stop is not None and stop.start_byte > loop.start_byte:
                    break
                reached += [node for node in found if use.start_byte < node.end_byte <= loop.end_byte]
        rights = {node.start_byte: node.child_by_field_name("right") for node in reached}
        return Reaching(
            stop is None,
            tuple(
                right for _, right in sorted(rights.items(), key=lambda item: item[0]) if right is not None
            ),
        )

    def _means(self, assignment: Node, binding: Binding) -> bool:
        left = assignment.child_by_field_name("left")
        meant = scopes(self.cx).binding(left) if left is not None and left.type == "identifier" else None
        return meant is not None and meant.name.id == binding.name.id

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
