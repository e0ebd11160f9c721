"""The functions of one file as nodes, and which calls of the file may reach which of them.

Matched by name, owner and number of arguments only; a call may have several targets, or none that the file
knows. For what other files define there is the Index.
"""

from __future__ import annotations

from functools import cached_property
from typing import Final

from msgspec import Struct, field

from rfl_lint.analysis.code.calls import Call, CallForm, call_of, nodes_below, path_of
from rfl_lint.analysis.code.scopes import scopes
from rfl_lint.rule import Context
from rfl_lint.syntax import FragmentKind, Node

_FUNCTION: Final = frozenset({"function_item"})
_CALL: Final = frozenset({"call_expression"})
_IDENTIFIER: Final = frozenset({"identifier"})
# No call says so little that it may mean more functions than these; a file made to be slow has such.
_MOST_TARGETS: Final = 64


class Parameter(Struct, frozen=True, eq=False):
    """A parameter that is not the receiver; `name` is empty for `_` and for patterns."""

    name: str
    node: Node
    type: str


class Function(Struct, frozen=True, eq=False):
    """A function with a body. `owner` is the type of its `impl`, or the trait whose default it is."""

    node: Node
    name: str
    owner: str
    body: Node
    parameters: tuple[Parameter, ...]
    has_self: bool
    in_trait: bool
    is_pub: bool

    def parameter_at(self, call: Call, position: int) -> Parameter | None:
        """The parameter that an argument of a call is for; None for the receiver of a path call."""
        position -= self._shift(call)
        return self.parameters[position] if 0 <= position < len(self.parameters) else None

    def argument_for(self, call: Call, parameter: Parameter) -> Node | None:
        """The argument that a call gives for a parameter."""
        position = self.parameters.index(parameter) + self._shift(call)
        return call.arguments[position] if position < len(call.arguments) else None

    def receiver_in(self, call: Call) -> Node | None:
        """The expression that becomes `self`."""
        if call.form is CallForm.METHOD:
            return call.receiver
        return call.arguments[0] if self.has_self and call.arguments else None

    def _shift(self, call: Call) -> int:
        return int(self.has_self and call.form is CallForm.PATH)


class FileFunctions(Struct, eq=False, dict=True):
    """All functions with a body of one file; those of doc examples are known by node only."""

    cx: Context
    by_node: dict[int, Function] = field(default_factory=dict)
    by_name: dict[str, list[Function]] = field(default_factory=dict)
    _mentions: dict[int, dict[str, list[Node]]] = field(default_factory=dict)
    _uses: dict[tuple[int, str], dict[int, list[Node]]] = field(default_factory=dict)
    _targets: dict[tuple[str, CallForm, str, int], list[Function]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for fragment in self.cx.parsed.fragments:
            for node in fragment.find(_FUNCTION).get("function_item", ()):
                function = _function_of(node, self.cx)
                if function is not None:
                    self.by_node[node.id] = function
                    if fragment.kind is not FragmentKind.DOC_CODE:
                        self.by_name.setdefault(function.name, []).append(function)

    def targets(self, call: Call, caller: Function | None) -> list[Function]:
        """The functions of this file that a call in `caller` may reach."""
        owner = caller.owner if caller is not None and call.owner == "Self" else call.owner
        owner = "" if owner in ("self", "super", "crate", "$crate") else owner
        key = call.name, call.form, "" if call.form is CallForm.METHOD else owner, len(call.arguments)
        if key not in self._targets:
            self._targets[key] = self._fitting(*key)
        return self._targets[key]

    def _fitting(self, name: str, form: CallForm, owner: str, count: int) -> list[Function]:
        found: list[Function] = []
        for function in self.by_name.get(name, ()):
            expected = len(function.parameters)
            if form is CallForm.METHOD:
                fits = function.has_self and expected == count
            else:
                fits = function.owner == owner and expected + function.has_self == count
            if fits and form in (CallForm.METHOD, CallForm.PATH):
                found.append(function)
        return found if len(found) <= _MOST_TARGETS else []

    def uses(self, body: Node, word: str) -> dict[int, list[Node]]:
        """Where in the body of a function a word means a local, in order, by where the local's name is bound."""
        key = body.id, word
        if key not in self._uses:
            found: dict[int, list[Node]] = {}
            resolver = scopes(self.cx)
            for node in self.mentions(body).get(word, ()):
                binding = resolver.binding(node)
                if binding is not None:
                    found.setdefault(binding.name.start_byte, []).append(node)
            self._uses[key] = found
        return self._uses[key]

    def mentions(self, body: Node) -> dict[str, list[Node]]:
        """The identifiers in the body of a function by their names, in order; read once for each body."""
        if body.id not in self._mentions:
            found: dict[str, list[Node]] = {}
            for node in nodes_below(self.cx.parsed, body, _IDENTIFIER):
                found.setdefault(self.cx.text(node), []).append(node)
            self._mentions[body.id] = found
        return self._mentions[body.id]

    @cached_property
    def calls(self) -> list[tuple[Call, Function]]:
        """Every call in the body of a function, with that function."""
        found: list[tuple[Call, Function]] = []
        for functions in self.by_name.values():
            for function in functions:
                for node in nodes_below(self.cx.parsed, function.body, _CALL):
                    call = call_of(node, self.cx.parsed)
                    if call is not None:
                        found.append((call, function))
        return found

    def callers(self, function: Function) -> list[tuple[Call, Function]]:
        """The calls of this file that may reach a function, each with the function it stands in."""
        return self._callers.get(function.node.id, [])

    @cached_property
    def _callers(self) -> dict[int, list[tuple[Call, Function]]]:
        found: dict[int, list[tuple[Call, Function]]] = {}
        for call, caller in self.calls:
            for function in self.targets(call, caller):
                found.setdefault(function.node.id, []).append((call, caller))
        return found


def file_functions(cx: Context) -> FileFunctions:
    """The functions of the file at hand, read once."""
    return cx.memo(FileFunctions)


def call_around(node: Node, cx: Context) -> Call | None:
    """The call whose callee or argument list `node` is."""
    parent = cx.parent(node)
    if parent is not None and parent.type == "generic_function":
        parent = cx.parent(parent)
    if parent is None or parent.type != "call_expression":
        return None
    call = call_of(parent, cx.parsed)
    return call if call is not None and (node.type == "arguments" or call.callee == node) else None


def _function_of(node: Node, cx: Context) -> Function | None:
    name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
    listed = node.child_by_field_name("parameters")
    if name is None or body is None or listed is None:
        return None
    owner, in_trait = _owner_of(node, cx)
    parameters: list[Parameter] = []
    has_self = False
    for child in listed.named_children:
        if child.type == "self_parameter":
            has_self = True
        elif child.type == "parameter":
            pattern, type_node = child.child_by_field_name("pattern"), child.child_by_field_name("type")
            text = cx.text(pattern) if pattern is not None else ""
            if text in ("self", "mut self"):
                has_self = True
            else:
                known = text.isidentifier() and text != "_"
                type_text = cx.text(type_node) if type_node is not None else ""
                parameters.append(Parameter(text if known else "", child, type_text))
    is_pub = any(child.type == "visibility_modifier" for child in node.children)
    return Function(node, cx.text(name), owner, body, tuple(parameters), has_self, in_trait, is_pub)


def _owner_of(node: Node, cx: Context) -> tuple[str, bool]:
    """The type or trait a function belongs to, and whether by way of a trait."""
    for above in cx.ancestors(node):
        if above.type in ("impl_item", "trait_item"):
            is_trait = above.type == "trait_item"
            owned = above.child_by_field_name("name" if is_trait else "type")
            path = path_of(owned, cx.parsed) if owned is not None else ()
            in_trait = is_trait or above.child_by_field_name("trait") is not None
            return (path[-1] if path else ""), in_trait
        if above.type in ("function_item", "mod_item"):
            break
    return "", False
