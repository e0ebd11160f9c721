"""Where a raw pointer is written through, made a `&mut`, or handed to C as something that C may write to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property, lru_cache
from typing import Final

from msgspec import Struct

from rfl_lint.analysis.code.calls import Call, CallForm, call_of, named_calls
from rfl_lint.analysis.pointers.uses import Use, around
from rfl_lint.analysis.provenance.queries import provenance
from rfl_lint.analysis.types.inference import block_tail, types
from rfl_lint.c.facts import CFunction, CParameter
from rfl_lint.rule import Context
from rfl_lint.syntax import Fragment, FragmentKind, Node, span_of
from rfl_lint.tables import Tables

WRITTEN: Final = "written through"
EXCLUSIVE: Final = "made `&mut`"
TO_C: Final = "handed to C, which may write to it"

_KINDS: Final = frozenset({"assignment_expression", "call_expression", "compound_assignment_expr"})
# `&mut` of what may begin with a `*`: behind parentheses, in a block, after a comment.
_BORROWED: Final = re.compile(rb"&\s*(?:/|mut\b[\s(]*(?:[*{/']|unsafe\b))")
_QUALIFIERS: Final = frozenset({"volatile", "__user", "__iomem", "__percpu", "restrict"})
_PARTS: Final = frozenset({"field_expression", "index_expression", "parenthesized_expression"})


class _Table(Struct, frozen=True, dict=True):
    methods: dict[str, tuple[int, ...]]
    exclusive: frozenset[str]
    functions: dict[tuple[str, str], tuple[int, ...]]
    c_reading: frozenset[str]
    size_names: frozenset[str]

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of everything that writes."""
        return frozenset({*self.methods, *self.exclusive, *(name for _, name in self.functions)})


@lru_cache(maxsize=4)
def _table(tables: Tables) -> _Table:
    raw = tables.table("pointer_writes")
    methods: dict[str, tuple[int, ...]] = {}
    functions: dict[tuple[str, str], tuple[int, ...]] = {}
    for row in raw["methods"]:
        for name in row["fns"]:
            methods[name] = (*methods.get(name, ()), row["argument"])
    for row in raw["functions"]:
        for name in row["fns"]:
            key = (row["module"], name)
            functions[key] = (*functions.get(key, ()), row["argument"])
    exclusive = frozenset(name for row in raw["exclusive_methods"] for name in row["fns"])
    c_reading = frozenset(row["fn"] for row in raw["c_reading"])
    return _Table(methods, exclusive, functions, c_reading, frozenset(raw["size"]["names"]))


def pointer_writes(cx: Context) -> tuple[Use, ...]:
    """Every place of a file where a raw pointer may be written through."""
    return tuple(_Writes(cx).all())


class _Writes(Struct, eq=False, dict=True):
    cx: Context

    def __post_init__(self) -> None:
        self.reader = provenance(self.cx).reader
        self.table = _table(self.cx.tables)
        self.types = types(self.cx)
        self.calls = frozenset(node.id for node in self._in_question())

    def all(self) -> Iterator[Use]:
        for fragment in self.cx.parsed.fragments:
            if fragment.kind is FragmentKind.DOC_CODE:
                continue
            found = fragment.find(_KINDS)
            for node in found.get("assignment_expression", ()):
                yield from self._at(node)
            for node in found.get("call_expression", ()):
                if node.id in self.calls:
                    yield from self._at(node)
            for node in found.get("compound_assignment_expr", ()):
                yield from self._at(node)
            for node in self._borrows(fragment):
                yield from self._at(node)

    def _borrows(self, fragment: Fragment) -> list[Node]:
        """The `&mut` of a fragment, by what they look like: of all the other `&` no node need be made."""
        found: list[Node] = []
        for match in _BORROWED.finditer(self.cx.source.data, fragment.span.start, fragment.span.end):
            token = fragment.root.descendant_for_byte_range(match.start(), match.start() + 1)
            node = token.parent if token is not None else None
            if node is not None and node.type == "reference_expression":
                found.append(node)
        found.sort(key=lambda node: (node.start_byte, -node.end_byte))
        return found

    def _in_question(self) -> Iterator[Node]:
        """The calls that may write, by a look at the name, before any is taken apart."""
        data = self.cx.source.data
        has_c = b"bindings" in data
        for name, calls in self.cx.memo(named_calls).items():
            is_known = name in self.table.names or self._is_imported(name)
            for _, node, _ in calls if is_known or has_c else ():
                if is_known or self._is_c(node, data):
                    yield node

    @staticmethod
    def _is_c(node: Node, data: bytes) -> bool:
        callee = node.child_by_field_name("function")
        return callee is not None and data.find(b"bindings", callee.start_byte, callee.end_byte) >= 0

    def _is_imported(self, name: str) -> bool:
        """Whether a name is another one's, or a C function's."""
        imported = self.cx.index.imported(self.cx.path, name)
        return imported is not None and (
            imported.endswith(f"bindings::{name}") or not imported.endswith(name)
        )

    def _at(self, node: Node) -> Iterator[Use]:
        if node.type == "call_expression":
            call = call_of(node, self.cx.parsed)
            if call is not None:
                yield from self._call(call)
        elif node.type == "reference_expression":
            words = {child.type for child in node.children}
            place = node.child_by_field_name("value")
            pointer = dereferenced(place) if "mutable_specifier" in words and "raw" not in words else None
            if pointer is not None:
                yield self._use(pointer, node, EXCLUSIVE, f"{self.reader.shown(node)} makes it a `&mut`")
        else:
            left = node.child_by_field_name("left")
            pointer = dereferenced(left)
            if left is not None and pointer is not None:
                yield self._use(pointer, node, WRITTEN, f"{self.reader.shown(left)} is assigned to")

    def _call(self, call: Call) -> Iterator[Use]:
        table = self.table
        if call.form is CallForm.METHOD and call.receiver is not None:
            positions = table.methods.get(call.name, ())
            if (positions or call.name in table.exclusive) and not self._may_point(call.receiver):
                return
            if call.name in table.exclusive:
                yield self._use(
                    call.receiver, call.node, EXCLUSIVE, f"{self.reader.shown(call.node)} makes it a `&mut`"
                )
            for position in positions:
                pointer = call.receiver if position == -1 else None
                if 0 <= position < len(call.arguments):
                    pointer = call.arguments[position]
                if pointer is not None:
                    yield self._use(
                        pointer, call.node, WRITTEN, f"{self.reader.shown(call.node)} writes through it"
                    )
        elif call.form is CallForm.PATH:
            module, name = self._meaning(call)
            if module == "bindings":
                yield from self._c_call(call, name)
            for position in table.functions.get((module, name), ()):
                if position < len(call.arguments):
                    kind = EXCLUSIVE if name.endswith("_mut") else WRITTEN
                    words = "makes it a `&mut`" if kind is EXCLUSIVE else "writes through it"
                    yield self._use(
                        call.arguments[position], call.node, kind, f"{self.reader.shown(call.node)} {words}"
                    )

    def _meaning(self, call: Call) -> tuple[str, str]:
        """The module and the name of a function as it is imported."""
        if call.path:
            return call.path[-1], call.name
        imported = self.cx.index.imported(self.cx.path, call.name)
        if imported is None or self.reader.scopes.binding(call.callee) is not None:
            return "", call.name
        module, _, name = imported.rpartition("::")
        return module.rpartition("::")[2], name

    def _may_point(self, receiver: Node) -> bool:
        """Whether a receiver can be a raw pointer; `Cell` and `AtomicPtr` have methods of the same names."""
        ref = self.types.of(receiver)
        return ref is None or ref.referent.is_raw_pointer or ref.referent.head == "NonNull"

    def _c_call(self, call: Call, name: str) -> Iterator[Use]:
        function = self.cx.c_function(name) if name not in self.table.c_reading else None
        if function is None:
            return
        for pointer, parameter in zip(call.arguments, function.parameters, strict=False):
            if parameter.is_pointer and not parameter.is_const and not self._is_cookie(parameter, function):
                words = f"`bindings::{name}` takes it as `{parameter.type}`"
                yield self._use(pointer, call.node, TO_C, words)

    def _use(self, pointer: Node, node: Node, kind: str, words: str) -> Use:
        step = self.reader.step(node, words)
        return Use(self.reader.value(pointer), span_of(node), (step,), kind, node, around(node, self.cx))

    def _is_cookie(self, parameter: CParameter, function: CFunction) -> bool:
        """Whether C keeps a pointer for a callback, never to look behind it: a `void *` without a size beside."""
        if [word for word in parameter.type.split() if word not in _QUALIFIERS] != ["void", "*"]:
            return False
        sizes = self.table.size_names
        return not any(each.type == "size_t" or each.name in sizes for each in function.parameters)


def dereferenced(place: Node | None) -> Node | None:
    """The pointer that a place lies behind: `p` of `(*p).field[0]`; None if no `*` is written."""
    while place is not None:
        if place.type == "unary_expression":
            is_deref = bool(place.children) and place.children[0].type == "*"
            return (
                next((child for child in place.named_children if not child.is_extra), None)
                if is_deref
                else None
            )
        if place.type in ("unsafe_block", "block"):
            place = block_tail(place)
        elif place.type in _PARTS:
            place = place.child_by_field_name("value") or next(
                (child for child in place.named_children if not child.is_extra), None
            )
        else:
            return None
    return None
