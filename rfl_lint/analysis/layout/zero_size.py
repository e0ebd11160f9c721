"""Pointers that go back to C though they may stand for an allocation of size zero.

An allocator that makes up an address for size zero must ask the old layout before it hands a pointer to C.
Any test of the old layout, or of the pointer for more than null, counts as asking.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Final

from msgspec import Struct, field

from rfl_lint.analysis.code.calls import Call, call_of, nodes_below
from rfl_lint.analysis.code.local_calls import FileFunctions, Function, Parameter, file_functions
from rfl_lint.analysis.code.scopes import Binding, BindingKind, scopes
from rfl_lint.analysis.layout.dangling import made_up_address
from rfl_lint.analysis.layout.signatures import POINTER, is_old, layouts_of, speaks_of_layouts
from rfl_lint.analysis.layout.sizes import Layouts, giving_back
from rfl_lint.rule import Context
from rfl_lint.syntax import Node

_IDENTIFIER: Final = frozenset({"identifier"})
_CALLS: Final = frozenset({"call_expression"})
_TESTS: Final = {
    "if_expression": "condition",
    "while_expression": "condition",
    "match_expression": "value",
    "match_pattern": "condition",
}
_COMPARISONS: Final = frozenset({"binary_expression"})
_COMPARED: Final = re.compile(r"==|!=|<|>|\bdangling|is_aligned|align_offset")
_NULL: Final = re.compile(r"\bnull(_mut)?\b|\bis_null\b")
_MAX_HOPS: Final = 3
_MAX_LOCALS: Final = 40


class Unchecked(Struct, frozen=True, eq=False):
    """A pointer that a function hands back to C without a look at the layout it was allocated with.

    `made_up` is where the same allocator makes up an address for size zero.
    """

    call: Call
    argument: Node
    c_function: str
    parameter: Parameter
    made_up: Node


def unchecked_pointers(node: Node, cx: Context) -> Iterator[Unchecked]:
    """The pointers that a `function_item` gives back to C unchecked, if its allocator makes up addresses."""
    if not cx.memo(speaks_of_layouts):
        return
    function = file_functions(cx).by_node.get(node.id)
    if function is None or not any(POINTER.search(each.type) for each in function.parameters):
        return
    yield from cx.memo(_GivenBack).unchecked(function)


class _GivenBack(Struct, eq=False, dict=True):
    """Answers about the allocators of one file."""

    cx: Context
    derived: dict[tuple[int, int], bool] = field(default_factory=dict)
    addresses: dict[int, Node | None] = field(default_factory=dict)
    groups: dict[str, list[Function]] = field(default_factory=dict)
    asked: dict[int, bool] = field(default_factory=dict)
    depth: int = 0

    @property
    def functions(self) -> FileFunctions:
        return file_functions(self.cx)

    @property
    def layouts(self) -> Layouts:
        return self.cx.memo(Layouts)

    def unchecked(self, function: Function) -> Iterator[Unchecked]:
        for call, name in self._frees(function):
            position = self.cx.table("layout")["gives_back"][name]["pointer"]
            argument = call.arguments[position] if position < len(call.arguments) else None
            parameter = self._pointer_in(argument, function) if argument is not None else None
            if argument is None or parameter is None or self._is_checked(argument, function, parameter):
                continue
            made_up = self._made_up(function)
            if made_up is not None:
                yield Unchecked(call, argument, name, parameter, made_up)

    def _frees(self, function: Function) -> Iterator[tuple[Call, str]]:
        for node in nodes_below(self.cx.parsed, function.body, _CALLS):
            call = call_of(node, self.cx.parsed)
            names = (
                self.layouts.stored.called_by(call, function) & giving_back(self.cx)
                if call is not None
                else ()
            )
            if call is not None and names:
                yield call, min(names)

    def _pointer_in(self, argument: Node, function: Function) -> Parameter | None:
        pointers = [each for each in function.parameters if POINTER.search(each.type)]
        return next((each for each in pointers if self._is_from(argument, function, each)), None)

    def _is_from(self, node: Node, function: Function, parameter: Parameter) -> bool:
        """Whether an expression is made from a parameter, through locals and patterns."""
        for identifier in nodes_below(self.cx.parsed, node, _IDENTIFIER):
            binding = scopes(self.cx).binding(identifier)
            if binding is None:
                continue
            if binding.kind is BindingKind.PARAMETER:
                found = self.cx.text(binding.name) == parameter.name and binding.owner == function.node
            else:
                found = self._holds(binding, function, parameter)
            if found:
                return True
        return False

    def _holds(self, binding: Binding, function: Function, parameter: Parameter) -> bool:
        if binding.kind not in (BindingKind.LET, BindingKind.MATCH):
            return False
        key = (binding.name.id, parameter.node.id)
        if key not in self.derived and self.depth < _MAX_LOCALS:
            self.derived[key] = False  # a local that leads back to itself adds nothing
            self.depth += 1
            values = self.layouts.values(binding, function)
            self.derived[key] = any(self._is_from(value, function, parameter) for value in values)
            self.depth -= 1
        return self.derived.get(key, False)

    # Is the old layout asked?

    def _is_checked(self, argument: Node, function: Function, pointer: Parameter, hops: int = 0) -> bool:
        if any(self._is_from(argument, function, layout) for layout in self._old_layouts(function)):
            return True
        key = pointer.node.id
        if key not in self.asked:
            self.asked[key] = False  # a recursion asks nothing
            self.asked[key] = self._is_asked(function, pointer) or self._callers_ask(function, pointer, hops)
        return self.asked[key]

    def _is_asked(self, function: Function, pointer: Parameter) -> bool:
        """Whether a condition of the function looks at an old layout, or at the address for more than null."""
        old = self._old_layouts(function)
        for test in self._tests(function):
            if any(self._is_from(test, function, layout) for layout in old):
                return True
            text = self.cx.text(test)
            compared = _COMPARED.search(text) and not _NULL.search(text)
            if compared and self._is_from(test, function, pointer):
                return True
        return False

    def _callers_ask(self, function: Function, pointer: Parameter, hops: int) -> bool:
        """Whether every caller of a private function does so before."""
        if function.in_trait or function.is_pub or hops >= _MAX_HOPS:
            return False
        callers = [each for each in self.functions.callers(function) if each[1] is not function]
        return bool(callers) and all(
            self._caller_checks(call, caller, function, pointer, hops) for call, caller in callers
        )

    def _caller_checks(
        self, call: Call, caller: Function, function: Function, pointer: Parameter, hops: int
    ) -> bool:
        argument = function.argument_for(call, pointer)
        given = self._pointer_in(argument, caller) if argument is not None else None
        if argument is None or given is None:
            return True
        return self._is_checked(argument, caller, given, hops + 1)

    def _old_layouts(self, function: Function) -> list[Parameter]:
        """The layouts that say with what a pointer was allocated; sizes of their own count too."""
        layouts = layouts_of(function)
        frees = re.search(r"free|dealloc", function.name) is not None
        old = [each for each in layouts if (frees and len(layouts) == 1) or is_old(each, function)]
        sizes = [each for each in function.parameters if each.type == "usize" and "new" not in each.name]
        return old + ([each for each in sizes if frees or "old" in each.name])

    def _tests(self, function: Function) -> Iterator[Node]:
        """The conditions that a function looks at, and its comparisons."""
        kinds = frozenset(_TESTS) | _COMPARISONS
        for node in nodes_below(self.cx.parsed, function.body, kinds):
            name = _TESTS.get(node.type)
            test = node.child_by_field_name(name) if name is not None else node
            if test is not None:
                yield test

    # Does the allocator make up addresses?

    def _made_up(self, function: Function) -> Node | None:
        """Where an allocator that uses a function makes up an address."""
        for owner in self._by_owner:
            group = self._group(owner)
            if any(each is function for each in group):
                found = next((address for each in group if (address := self._address(each))), None)
                if found is not None:
                    return found
        return None

    @cached_property
    def _by_owner(self) -> dict[str, list[Function]]:
        """The functions of each type and trait of the file."""
        found: dict[str, list[Function]] = {}
        for functions in self.functions.by_name.values():
            for each in functions:
                if each.owner:
                    found.setdefault(each.owner, []).append(each)
        return found

    def _group(self, owner: str) -> list[Function]:
        """The functions of a type or trait, and those of the file that they call."""
        if owner not in self.groups:
            found = list(self._by_owner[owner])
            known = {each.node.id for each in found}
            for function in found:  # grows while it is read
                for node in nodes_below(self.cx.parsed, function.body, _CALLS):
                    call = call_of(node, self.cx.parsed)
                    for target in self.functions.targets(call, function) if call is not None else ():
                        if target.node.id not in known:
                            known.add(target.node.id)
                            found.append(target)
            self.groups[owner] = found
        return self.groups[owner]

    def _address(self, function: Function) -> Node | None:
        key = function.node.id
        if key not in self.addresses:
            self.addresses[key] = made_up_address(function, self.cx)
        return self.addresses[key]
