"""Which C functions are kept in which fields, constants, locals and parameters of a file.

`struct ReallocFunc(unsafe extern "C" fn(..))` with `Self(bindings::krealloc)` means that `self.0(..)` may
call `krealloc`. Only functions whose names are asked for are followed, and only within the file.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from msgspec import Struct, field

from rfl_lint.analysis.code.calls import Call, CallForm, call_of, path_of, unwrapped
from rfl_lint.analysis.code.local_calls import FileFunctions, Function
from rfl_lint.facts import head_name
from rfl_lint.rule import Context
from rfl_lint.syntax import FragmentKind, Node

_NAMES: Final = frozenset({"identifier"})
# What stands between a value and what holds it without changing which value it is.
_TRANSPARENT: Final = frozenset(
    {"reference_expression", "parenthesized_expression", "unary_expression", "block", "unsafe_block",
     "if_expression", "else_clause", "match_expression", "match_block", "match_arm", "type_cast_expression",
     "expression_statement", "array_expression", "tuple_expression", "field_initializer_list"}
)  # fmt: skip
_WRAPPED: Final = re.compile(r"(?:rust_helper_)?(\w+?)(?:_noprof)?")


@lru_cache(maxsize=4096)
def c_name(name: str) -> str:
    """The name of a C function without what the kernel's wrappers add to it."""
    match = _WRAPPED.fullmatch(name)
    return match[1] if match else name


class StoredFunctions(Struct, eq=False):
    """Where a file keeps those of `wanted`, a set of C function names."""

    cx: Context
    functions: FileFunctions
    wanted: frozenset[str]
    fields: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    constants: dict[str, set[str]] = field(default_factory=dict)
    variables: dict[tuple[int, str], set[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for fragment in self.cx.parsed.fragments:
            if fragment.kind is FragmentKind.DOC_CODE:
                continue
            for node in fragment.find(_NAMES).get("identifier", ()):
                name = c_name(self.cx.text(node))
                if name in self.wanted:
                    self._store(node, name)

    def called_by(self, call: Call, caller: Function) -> set[str]:
        """Those of the wanted functions that a call may end up in, directly or through what holds them."""
        if call.form is CallForm.PATH:
            name = c_name(call.name)
            if name in self.wanted:
                return set() if self.functions.targets(call, caller) else {name}
            if not call.path and (caller.node.id, call.name) in self.variables:
                return self.variables[caller.node.id, call.name]
            return self.constants.get(call.name, set())
        if call.form is CallForm.VALUE:
            return self.held_by(call.callee, caller)
        return set()

    def held_by(self, value: Node, caller: Function | None) -> set[str]:
        """Those of the wanted functions that a value in a function may hold."""
        node = unwrapped(value)
        if node.type == "field_expression":
            return self._in_field(node, caller)
        path = path_of(node, self.cx.parsed)
        if not path:
            return set()
        if len(path) == 1 and caller is not None and (caller.node.id, path[0]) in self.variables:
            return self.variables[caller.node.id, path[0]]
        return self.constants.get(path[-1], set())

    def _in_field(self, node: Node, caller: Function | None) -> set[str]:
        field_node, base = node.child_by_field_name("field"), node.child_by_field_name("value")
        if field_node is None or base is None:
            return set()
        name = self.cx.text(field_node)
        base = unwrapped(base)
        if base.type == "self":
            return self.fields.get((caller.owner, name), set()) if caller is not None else set()
        held = self.held_by(base, caller)
        if held or caller is None:
            return held
        for parameter in caller.parameters:
            if parameter.name == self.cx.text(base):
                return self.fields.get((head_name(parameter.type), name), set())
        found = [names for (_, each), names in self.fields.items() if each == name and not name.isdigit()]
        return set().union(*found)

    def _store(self, node: Node, name: str) -> None:
        """Note every holder on the way up from a mention of a wanted function."""
        parent = self.cx.parent(node)
        if parent is not None and parent.type == "scoped_identifier":
            node, parent = parent, self.cx.parent(parent)
        while parent is not None:
            kind = parent.type
            if kind == "arguments":
                above = self.cx.parent(parent)
                call = call_of(above, self.cx.parsed) if above is not None else None
                if call is None or not self._store_argument(node, call, name):
                    return
                node = call.node
            elif kind in ("field_initializer", "shorthand_field_initializer"):
                self._store_field(parent, name)
                node = parent
            elif kind in ("const_item", "static_item"):
                holder = parent.child_by_field_name("name")
                if holder is not None and holder != node:
                    self.constants.setdefault(self.cx.text(holder), set()).add(name)
                return
            elif kind == "let_declaration":
                pattern, function = parent.child_by_field_name("pattern"), self._enclosing(parent)
                if pattern is not None and pattern != node and function is not None:
                    key = (function.node.id, self.cx.text(pattern))
                    self.variables.setdefault(key, set()).add(name)
                return
            elif kind in _TRANSPARENT or kind == "struct_expression":
                node = parent
            else:
                return
            parent = self.cx.parent(node)

    def _store_argument(self, node: Node, call: Call, name: str) -> bool:
        """An argument: of a constructor, then the value goes on; or of a function of the file."""
        if node not in call.arguments:
            return False
        position = call.arguments.index(node)
        function = self._enclosing(call.node)
        targets = self.functions.targets(call, function)
        for target in targets:
            parameter = target.parameter_at(call, position)
            if parameter is not None:
                self.variables.setdefault((target.node.id, parameter.name), set()).add(name)
        if targets or call.form is not CallForm.PATH or call.path or not call.name[:1].isupper():
            return False
        owner = self._self_type(call.node) if call.name == "Self" else call.name
        self.fields.setdefault((owner, str(position)), set()).add(name)
        return True

    def _store_field(self, initializer: Node, name: str) -> None:
        listed = self.cx.parent(initializer)
        struct = self.cx.parent(listed) if listed is not None else None
        held = initializer.child_by_field_name("field")
        type_node = struct.child_by_field_name("name") if struct is not None else None
        if held is None or type_node is None:
            return
        path = path_of(type_node, self.cx.parsed)
        owner = path[-1] if path else ""
        if owner == "Self":
            owner = self._self_type(initializer)
        self.fields.setdefault((owner, self.cx.text(held)), set()).add(name)

    def _self_type(self, node: Node) -> str:
        for above in self.cx.ancestors(node):
            if above.type == "impl_item":
                owned = above.child_by_field_name("type")
                path = path_of(owned, self.cx.parsed) if owned is not None else ()
                return path[-1] if path else ""
        return ""

    def _enclosing(self, node: Node) -> Function | None:
        for above in self.cx.ancestors(node):
            if above.type == "function_item":
                return self.functions.by_node.get(above.id)
        return None
