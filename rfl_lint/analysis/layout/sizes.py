"""What functions do with the `Layout`s they are given: which part of one reaches the C allocator.

A `Layout` parameter is followed by name inside its function (`let` copies included), into functions of the
same file that it is handed to, and back to the same-file callers. Whatever is not understood counts as a
look at the alignment, so that doubt makes no finding.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import IntEnum
from functools import cached_property
from typing import Any, Final

from msgspec import Struct, field

from rfl_lint.analysis.code.calls import Call, CallForm, call_of, nodes_below, unwrapped
from rfl_lint.analysis.code.local_calls import FileFunctions, Function, Parameter, call_around, file_functions
from rfl_lint.analysis.code.scopes import Binding, BindingKind, StepKind, scopes
from rfl_lint.analysis.code.stored_functions import StoredFunctions
from rfl_lint.analysis.layout.signatures import (
    POINTER,
    is_new_size,
    is_old,
    is_reallocation,
    layouts_of,
    speaks_of_layouts,
)
from rfl_lint.facts import head_name
from rfl_lint.rule import Context
from rfl_lint.syntax import Node

MAX_HOPS: Final = 4
MAX_LOCALS: Final = 40
_IDENTIFIER: Final = frozenset({"identifier"})
_CALLS: Final = frozenset({"call_expression"})
_ASSIGNMENT: Final = frozenset({"assignment_expression"})
_THROUGH: Final = frozenset({"reference_expression", "parenthesized_expression", "unary_expression"})
_PRINTS: Final = re.compile(r"(pr|dev)_\w+|print\w*|dbg")


class Look(IntEnum):
    """How much of a layout a piece of code looks at, ordered."""

    NOTHING = 0
    SIZE = 1
    DANGLING = 2
    """The alignment, but only to make up the address of an empty allocation."""
    ALIGNMENT = 3


_METHODS: Final = {"size": Look.SIZE, "fmt": Look.NOTHING}


class SizeOnly(Struct, frozen=True, eq=False):
    """A slab allocation that is told the size of a layout whose alignment nobody looked at."""

    call: Call
    argument: Node
    c_function: str
    parameter: Parameter
    unpadded_callers: tuple[Call, ...]


class UnreadLayout(Struct, frozen=True, eq=False):
    """A layout parameter of a reallocation that its body never reads.

    `is_old` tells that it describes the allocation as it is, not as it is to become.
    """

    function: Function
    parameter: Parameter
    is_old: bool


def size_only_allocations(node: Node, cx: Context) -> Iterator[SizeOnly]:
    """The slab allocations of a `function_item` that ignore the alignment they are asked for."""
    file = cx.memo(Layouts)
    function = file.function(node)
    if function is not None:
        yield from file.size_only(function)


def unread_layouts(node: Node, cx: Context) -> Iterator[UnreadLayout]:
    """The layout parameters of a reallocating `function_item` that it never reads.

    A body that does not touch the pointer either reallocates nothing (`todo!()`, `Err(..)`).
    """
    file = cx.memo(Layouts)
    function = file.function(node)
    if function is None or not is_reallocation(function):
        return
    layouts = layouts_of(function)
    pointers = [parameter for parameter in function.parameters if POINTER.search(parameter.type)]
    unread = [parameter for parameter in layouts if not file.is_read(function, parameter)]
    if unread and any(file.is_read(function, pointer) for pointer in pointers):
        for parameter in unread:
            yield UnreadLayout(function, parameter, is_old(parameter, function))


class Layouts(Struct, eq=False, dict=True):
    """Answers about the layouts of one file, computed as they are asked for."""

    cx: Context
    looked: dict[tuple[int, str], Look] = field(default_factory=dict)
    sized: dict[tuple[int, int], bool] = field(default_factory=dict)
    assigned: dict[int, dict[str, list[Node]]] = field(default_factory=dict)
    unpadded: dict[int, list[Call] | None] = field(default_factory=dict)
    depth: int = 0

    @cached_property
    def functions(self) -> FileFunctions:
        """The functions of the file."""
        return file_functions(self.cx)

    @cached_property
    def stored(self) -> StoredFunctions:
        """Where the file keeps the C functions that allocate and free."""
        return StoredFunctions(
            self.cx, self.functions, _slab(self.cx) | _page(self.cx) | giving_back(self.cx)
        )

    def function(self, node: Node) -> Function | None:
        """The function of a node, if it is given a layout."""
        if not self.cx.memo(speaks_of_layouts):
            return None
        function = self.functions.by_node.get(node.id)
        return function if function is not None and layouts_of(function) else None

    # What a function does with a parameter.

    def look(self, function: Function, parameter: Parameter, hops: int = 0) -> Look:
        """The most that a function looks at of one of its layouts, through the functions it hands it to."""
        key = (function.node.id, parameter.name)
        if key not in self.looked:
            self.looked[key] = Look.NOTHING  # a recursion adds nothing to what it is part of
            looks = [
                self._look_at(identifier, function, hops)
                for identifier in self._identifiers(function.body)
                if self.origin(identifier, function) is parameter
            ]
            self.looked[key] = max(looks, default=Look.NOTHING)
        return self.looked[key]

    def is_read(self, function: Function, parameter: Parameter) -> bool:
        """Whether the body does anything with a parameter but throw it away."""
        if not parameter.name:
            return False
        for mention in self._identifiers(function.body):
            if self.cx.text(mention) == parameter.name and not self._is_discarded(mention):
                return True
        captured = re.compile(r"\{" + re.escape(parameter.name) + r"\s*[:}]")
        literals = nodes_below(self.cx.parsed, function.body, frozenset({"string_literal"}))
        return any(captured.search(self.cx.text(literal)) for literal in literals)

    def _identifiers(self, node: Node) -> list[Node]:
        return nodes_below(self.cx.parsed, node, _IDENTIFIER)

    def origin(self, identifier: Node, function: Function) -> Parameter | None:
        """The parameter that a name stands for, through plain copies of it."""
        for _ in range(MAX_HOPS):
            binding = scopes(self.cx).binding(identifier)
            if binding is None or binding.steps:
                return None
            if binding.kind is BindingKind.PARAMETER:
                name = self.cx.text(binding.name)
                return next((each for each in function.parameters if each.name == name), None)
            copied = self._copied(binding.value, function) if binding.value is not None else None
            if copied is None or binding.kind is not BindingKind.LET:
                return None
            identifier = copied
        return None

    def _copied(self, value: Node, function: Function) -> Node | None:
        """The name that an expression copies: `x`, `*x`, `&x`, `x.clone()`, `f(x)` where `f` looks at nothing."""
        node = unwrapped(value)
        call = call_of(node, self.cx.parsed) if node.type == "call_expression" else None
        if call is not None and call.name == "clone" and call.receiver is not None:
            node = unwrapped(call.receiver)
        elif call is not None:
            for target in self.functions.targets(call, function):
                for parameter in layouts_of(target):
                    argument = target.argument_for(call, parameter)
                    if argument is not None and self.look(target, parameter) is Look.NOTHING:
                        node = unwrapped(argument)
        if node.type == "unary_expression":
            node = unwrapped(node.named_children[-1])
        return node if node.type == "identifier" else None

    def _is_discarded(self, mention: Node) -> bool:
        parent = self.cx.parent(mention)
        if parent is None:
            return False
        if parent.type in ("let_declaration", "assignment_expression"):
            target = parent.child_by_field_name("pattern") or parent.child_by_field_name("left")
            return target is not None and (target == mention or self.cx.text(target) == "_")
        if parent.type == "arguments":
            call = call_around(parent, self.cx)
            return call is not None and call.name == "drop"
        return parent.type == "expression_statement"

    def _look_at(self, mention: Node, function: Function, hops: int = 0) -> Look:
        """What one mention of a layout looks at."""
        node, parent = mention, self.cx.parent(mention)
        while parent is not None and parent.type in _THROUGH:
            node, parent = parent, self.cx.parent(parent)
        if parent is None:
            return Look.ALIGNMENT
        if parent.type == "field_expression":
            call = call_around(parent, self.cx)
            if call is None or call.form is not CallForm.METHOD:
                return Look.ALIGNMENT
            if call.name == "clone" and call.node != mention:
                return self._look_at(call.node, function, hops)
            return _METHODS.get(call.name, Look.DANGLING if "dangling" in call.name else Look.ALIGNMENT)
        if parent.type == "arguments":
            return self._look_of_argument(node, parent, function, hops)
        if parent.type == "let_declaration":
            pattern = parent.child_by_field_name("pattern")
            is_copy = pattern is not None and pattern.type == "identifier"
            return Look.NOTHING if is_copy or self._is_discarded(node) else Look.ALIGNMENT
        if parent == function.body and self._hands_back(function):
            return Look.NOTHING
        printed = self._is_printed(parent)
        discarded = self._is_discarded(node) if printed is None else printed
        return Look.NOTHING if discarded else Look.ALIGNMENT

    def _is_printed(self, parent: Node) -> bool | None:
        """Whether what stands right below a node goes to a macro that prints; None where it is in no macro."""
        root = self.cx.parent(parent) if parent.type == "expression_statement" else parent
        if root is None or root.type not in ("source_file", "token_tree"):
            return None
        for above in (root, *self.cx.ancestors(root)):
            if above.type == "macro_invocation":
                call = call_of(above, self.cx.parsed)
                return call is not None and _PRINTS.fullmatch(call.name) is not None
            if above.type not in ("source_file", "token_tree"):
                break
        return None

    def _look_of_argument(self, argument: Node, listed: Node, function: Function, hops: int) -> Look:
        call = call_around(listed, self.cx)
        if call is None or argument not in call.arguments:
            return Look.ALIGNMENT
        if call.owner == "Layout":
            return _METHODS.get(call.name, Look.ALIGNMENT)
        if call.name == "drop":
            return Look.NOTHING
        if "dangling" in call.name:
            return Look.DANGLING
        targets = self.functions.targets(call, function) if hops < MAX_HOPS else []
        position = call.arguments.index(argument)
        looks: list[Look] = []
        for target in targets:
            parameter = target.parameter_at(call, position)
            looks.append(Look.ALIGNMENT if parameter is None else self.look(target, parameter, hops + 1))
        most = max(looks, default=Look.ALIGNMENT)
        if most is Look.NOTHING and any(self._hands_back(target) for target in targets):
            return self._look_at(call.node, function, hops)
        return most

    def _hands_back(self, function: Function) -> bool:
        written = function.node.child_by_field_name("return_type")
        return written is not None and head_name(self.cx.text(written)) == "Layout"

    # Allocations.

    def size_only(self, function: Function) -> Iterator[SizeOnly]:
        """The slab allocations of one function that are given a layout's size and nothing else of it."""
        layouts = layouts_of(function)
        suspects = [
            each
            for each in layouts
            if self.look(function, each) in (Look.SIZE, Look.DANGLING)
            and not (len(layouts) > 1 and is_old(each, function))
        ]
        if not suspects:
            return
        for node in nodes_below(self.cx.parsed, function.body, _CALLS):
            call = call_of(node, self.cx.parsed)
            slab = sorted(self.stored.called_by(call, function) & _slab(self.cx)) if call is not None else []
            if call is None or not slab:
                continue
            for parameter in suspects:
                argument = self._size_argument(call, slab[0], function, parameter)
                unpadded = self._unpadded_callers(function, parameter) if argument is not None else None
                if argument is not None and unpadded is not None:
                    yield SizeOnly(call, argument, slab[0], parameter, tuple(unpadded))
                    break

    def _size_argument(
        self, call: Call, c_function: str, function: Function, parameter: Parameter
    ) -> Node | None:
        """The argument made from the size of a layout; where several are, the one that C takes as the size."""
        told = [each for each in call.arguments if self.is_sized(each, function, parameter)]
        if len(told) < 2:
            return told[0] if told else None
        row = self.cx.table("layout")["slab"][c_function]
        index = row.get(f"size_of_{len(call.arguments)}", row["size"])
        return next((each for each in told if call.arguments.index(each) == index), told[-1])

    def is_sized(self, node: Node, function: Function, layout: Parameter) -> bool:
        """Whether an expression is made from the size of a layout, through locals.

        Next to the one old layout of a `realloc` the new size is a parameter of its own.
        """
        for identifier in self._identifiers(node):
            origin = self.origin(identifier, function)
            if origin is layout:
                found = self._look_at(identifier, function) is Look.SIZE
            elif origin is not None:
                found = is_new_size(origin, function)
            else:
                found = self._holds_size(identifier, function, layout)
            if found:
                return True
        return False

    def _holds_size(self, identifier: Node, function: Function, layout: Parameter) -> bool:
        """Whether a local is made from the size of a layout; each binding is judged once."""
        binding = scopes(self.cx).binding(identifier)
        if binding is None or binding.kind not in (BindingKind.LET, BindingKind.MATCH):
            return False
        key = (binding.name.id, layout.node.id)
        if key not in self.sized and self.depth < MAX_LOCALS:
            self.sized[key] = False  # a local that leads back to itself adds nothing
            self.depth += 1
            values = self.values(binding, function)
            self.sized[key] = any(self.is_sized(value, function, layout) for value in values)
            self.depth -= 1
        return self.sized.get(key, False)

    def values(self, binding: Binding, function: Function) -> list[Node]:
        """What a local is bound to, and what is assigned to it anywhere in the function."""
        value = binding.value
        for step in binding.steps:
            is_tuple = step.kind is StepKind.TUPLE and value is not None and value.type == "tuple_expression"
            members = (
                [child for child in value.named_children if not child.is_extra] if value and is_tuple else []
            )
            value = members[step.index] if step.index < len(members) else None
        assigned = self._assigned(function).get(self.cx.text(binding.name), [])
        return assigned if value is None else [value, *assigned]

    def _assigned(self, function: Function) -> dict[str, list[Node]]:
        """The values that a function assigns, by the name they go to."""
        if function.node.id not in self.assigned:
            found: dict[str, list[Node]] = {}
            for node in nodes_below(self.cx.parsed, function.body, _ASSIGNMENT):
                left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
                if left is not None and right is not None:
                    found.setdefault(self.cx.text(left), []).append(right)
            self.assigned[function.node.id] = found
        return self.assigned[function.node.id]

    def _unpadded_callers(self, function: Function, parameter: Parameter, hops: int = 0) -> list[Call] | None:
        """The same-file callers that hand on an unpadded layout; None where all callers see to the padding.

        Of a trait's methods and of a function that nobody here calls the callers are elsewhere.
        """
        key = parameter.node.id
        if key not in self.unpadded:
            self.unpadded[key] = []  # a recursion pads nothing
            self.unpadded[key] = self._find_unpadded(function, parameter, hops)
        return self.unpadded[key]

    def _find_unpadded(self, function: Function, parameter: Parameter, hops: int) -> list[Call] | None:
        callers = self.functions.callers(function) if not function.in_trait else []
        if not callers:
            is_private = not (function.in_trait or function.is_pub)
            return None if is_private and self.look(function, parameter) is Look.DANGLING else []
        unpadded = [
            call for call, caller in callers if not self._pads(call, caller, function, parameter, hops)
        ]
        return unpadded or None

    def _pads(
        self, call: Call, caller: Function, function: Function, parameter: Parameter, hops: int
    ) -> bool:
        """Whether a call hands on a layout whose size already makes up for its alignment, or needs not."""
        receiver = function.receiver_in(call)
        stored = self.stored.held_by(receiver, caller) if receiver is not None else set()
        argument = function.argument_for(call, parameter)
        if argument is None or (stored and not stored & _slab(self.cx)):
            return True
        value = self._copied(argument, caller)
        if value is None:
            return not _is_raw(self.cx.text(argument))
        own = self.origin(value, caller)
        if own is not None:
            if self.look(caller, own) is Look.ALIGNMENT:
                return True
            return hops < MAX_HOPS and self._unpadded_callers(caller, own, hops + 1) is None
        binding = scopes(self.cx).binding(value)
        made = self.values(binding, caller) if binding is not None else []
        return not any(_is_raw(self.cx.text(each)) for each in made)


def _is_raw(text: str) -> bool:
    """Whether a layout is made of a size and an alignment as they come; those of types are padded."""
    return "from_size_align" in text and "pad_to_align" not in text


def _slab(cx: Context) -> frozenset[str]:
    table: dict[str, Any] = cx.table("layout")["slab"]
    return frozenset(table)


def giving_back(cx: Context) -> frozenset[str]:
    """The C functions that take a pointer back, to free it or to put another in its place."""
    return frozenset(cx.table("layout")["gives_back"])


def _page(cx: Context) -> frozenset[str]:
    return frozenset(cx.table("layout")["page"]["names"])
