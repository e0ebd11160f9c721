"""The unsafe operations of each unsafe block: calls, raw dereferences, mutable statics, union reads, assembly.

An operation belongs to the innermost unsafe block around it, the code of closures and of macro calls included; what
stands in an item inside of the block is not part of it.
"""

from __future__ import annotations

import re
from collections import Counter
from enum import Enum
from typing import Final

from msgspec import Struct, field

from rfl_lint.analysis.code.calls import CallForm, call_of
from rfl_lint.analysis.code.origins import attributes_of
from rfl_lint.analysis.types.inference import types
from rfl_lint.analysis.types.typeref import TypeKind
from rfl_lint.analysis.unsafety.callees import Callee, unsafe_callee
from rfl_lint.rule import Context
from rfl_lint.syntax import Node

_BLOCKS: Final = frozenset({"unsafe_block"})
_ITEMS: Final = frozenset(
    {"function_item", "impl_item", "trait_item", "mod_item", "macro_definition", "const_item", "static_item"}
)
_OPERATIONS: Final = frozenset(
    {"call_expression", "unary_expression", "field_expression", "macro_invocation", "identifier"}
)
_SEARCHED: Final = _BLOCKS | _ITEMS | _OPERATIONS
_STATIC_MUT: Final = re.compile(rb"\bstatic\s+mut\s+(\w+)\s*:")
_CFG: Final = re.compile(r"#\[\s*cfg\b")
_ASSEMBLY: Final = frozenset({"asm"})
# What these hand out is a raw pointer whatever they are called on, or it could not be dereferenced with `*` here.
_POINTERS: Final = frozenset(
    {"as_ptr", "as_mut_ptr", "cast", "cast_mut", "cast_const", "add", "sub", "offset", "byte_add", "byte_sub",
     "wrapping_add", "wrapping_sub", "wrapping_offset", "raw_get"}
)  # fmt: skip


class OperationKind(Enum):
    """What makes it unsafe."""

    CALL = "call of an unsafe function"
    DEREFERENCE = "dereference of a raw pointer"
    STATIC = "access of a mutable static"
    UNION = "read of a union's field"
    ASSEMBLY = "inline assembly"


class UnsafeOperation(Struct, frozen=True, eq=False):
    """One operation. `node` is the smallest text that shows it, `whole` all of it; a call has a callee, too."""

    kind: OperationKind
    node: Node
    whole: Node
    callee: Callee | None = None


class _Blocks(Struct, eq=False, dict=True):
    """The nodes of a file that may be unsafe, by the start of the unsafe block that they stand in."""

    cx: Context
    _nodes: dict[int, list[Node]] = field(default_factory=dict)
    _read: dict[int, tuple[UnsafeOperation, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.statics = frozenset(_STATIC_MUT.findall(self.cx.source.data))
        nodes: dict[tuple[int, int, str], Node] = {}
        for fragment in self.cx.parsed.fragments:
            for kind, found in fragment.find(_SEARCHED).items():
                if kind != "identifier" or self.statics:
                    for node in found:
                        nodes.setdefault((node.start_byte, -node.end_byte, kind), node)
        # The innermost container that is still open is on top; -1 stands for an item.
        open_at: list[tuple[int, int]] = []
        for key in sorted(nodes):
            start, end, kind = key
            while open_at and open_at[-1][0] <= start:
                open_at.pop()
            if kind in _BLOCKS:
                open_at.append((-end, start))
            elif kind in _ITEMS:
                open_at.append((-end, -1))
            elif open_at and open_at[-1][1] >= 0:
                self._nodes.setdefault(open_at[-1][1], []).append(nodes[key])

    def operations(self, block: Node) -> tuple[UnsafeOperation, ...]:
        """The operations of one block, in order."""
        start = block.start_byte
        if start not in self._read:
            found = (self._operation(node) for node in self._nodes.get(start, ()))
            self._read[start] = tuple(each for each in found if each is not None)
        return self._read[start]

    def _operation(self, node: Node) -> UnsafeOperation | None:
        kind = node.type
        if kind == "call_expression":
            return self._call(node)
        if kind == "unary_expression":
            return (
                UnsafeOperation(OperationKind.DEREFERENCE, node, node)
                if self._is_raw_dereference(node)
                else None
            )
        if kind == "field_expression":
            return UnsafeOperation(OperationKind.UNION, node, node) if self._reads_union(node) else None
        if kind == "macro_invocation":
            call = call_of(node, self.cx.parsed)
            assembly = call is not None and call.name in _ASSEMBLY
            return UnsafeOperation(OperationKind.ASSEMBLY, node, node) if assembly else None
        is_static = self.cx.text(node).encode() in self.statics
        return UnsafeOperation(OperationKind.STATIC, node, node) if is_static else None

    def _call(self, node: Node) -> UnsafeOperation | None:
        call = call_of(node, self.cx.parsed)
        callee = unsafe_callee(call, self.cx) if call is not None else None
        if call is None or callee is None:
            return None
        shown = call.name_node if call.form is CallForm.METHOD and call.name_node is not None else call.callee
        return UnsafeOperation(OperationKind.CALL, shown, node, callee)

    def _is_raw_dereference(self, node: Node) -> bool:
        if not node.children or node.children[0].type != "*":
            return False
        operand = next((child for child in node.named_children if not child.is_extra), None)
        if operand is None:
            return False
        ref = types(self.cx).of(operand)
        if ref is not None:
            return ref.is_raw_pointer
        call = call_of(operand, self.cx.parsed) if operand.type == "call_expression" else None
        return call is not None and call.form is CallForm.METHOD and call.name in _POINTERS

    def _reads_union(self, node: Node) -> bool:
        value = node.child_by_field_name("value")
        known = types(self.cx)
        owner = known.of(value) if value is not None else None
        for step in known.deref_chain(owner) if owner is not None else ():
            if step.kind is TypeKind.PATH:
                fact = self.cx.index.type(step.path, near=self.cx.path).only
                if fact is not None:
                    return fact.kind == "union" and not self._is_written(node)
        return False

    def _is_written(self, node: Node) -> bool:
        parent = self.cx.parent(node)
        if parent is None or parent.type != "assignment_expression":
            return False
        left = parent.child_by_field_name("left")
        return left is not None and left.id == node.id


def unsafe_operations(cx: Context, block: Node) -> tuple[UnsafeOperation, ...]:
    """The unsafe operations of an unsafe block, as far as they are known; those of blocks inside of it are theirs."""
    return cx.memo(_Blocks).operations(block)


def compiled_together(
    cx: Context, block: Node, found: tuple[UnsafeOperation, ...]
) -> tuple[UnsafeOperation, ...]:
    """The operations of a block that may all be in one build: of those under several `cfg`s one `cfg`'s, the most."""
    if b"cfg" not in cx.source.data[block.start_byte : block.end_byte]:
        return found
    conditions = {each.node.id: _conditions(cx, block, each.whole) for each in found}
    counts = Counter(condition for condition in conditions.values() if condition)
    if not counts:
        return found
    most = counts.most_common(1)[0][0]
    return tuple(each for each in found if conditions[each.node.id] in ((), most))


def _conditions(cx: Context, block: Node, node: Node) -> tuple[str, ...]:
    """The `cfg`s of what is around an operation within its block."""
    texts: list[str] = []
    current: Node | None = node
    while current is not None and current.id != block.id:
        texts += [text for text in attributes_of(current, cx) if _CFG.match(text)]
        current = cx.parent(current)
    return tuple(texts)
