"""Which binding a name in a function body means, and what it was bound to.

Follows Rust's own rules: the latest `let` before the use in the enclosing blocks, patterns of `match` arms,
`if let`, `while let` and `for`, parameters of closures and functions. Never leaves the function; a name that
is bound nowhere in it (a constant, a static, a path) has no binding.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from enum import Enum
from typing import Final

from msgspec import Struct, field

from rfl_lint.analysis.code.enclosing import Enclosing
from rfl_lint.rule import Context
from rfl_lint.syntax import Node

ITEM_KINDS: Final = frozenset(
    {"function_item", "function_signature_item", "impl_item", "trait_item", "mod_item", "const_item",
     "static_item", "macro_definition", "struct_item", "enum_item"}
)  # fmt: skip
_IMPLS: Final = frozenset({"impl_item", "trait_item"})
_BLOCKS: Final = frozenset({"block", "source_file"})
_MAX_PATTERN_DEPTH: Final = 16


class BindingKind(Enum):
    """By what a name was bound."""

    LET = "let"
    MATCH = "match"
    """A `match` arm, `if let`, `while let`: the pattern is refutable."""
    PARAMETER = "parameter"
    CLOSURE_PARAMETER = "closure parameter"
    FOR = "for"
    INIT_FIELD = "field of an initialiser"
    """In `pin_init!` and friends an earlier field is a local of the later ones."""


class StepKind(Enum):
    """One step from the value that a pattern matches towards the name in it."""

    TUPLE = "tuple"
    FIELD = "field"
    VARIANT = "variant"
    DEREF = "deref"
    BORROW = "borrow"
    BORROW_MUT = "borrow mut"
    UNKNOWN = "unknown"


class PatternStep(Struct, frozen=True):
    """`TUPLE` and `VARIANT` have an index, `FIELD` and `VARIANT` the name of the field or of the variant."""

    kind: StepKind
    name: str = ""
    index: int = 0


class Binding(Struct, frozen=True, eq=False):
    """What a name was bound to: `value` is matched by a pattern in which `steps` lead to the name.

    `type` is the annotation of the whole pattern. A parameter has no value; `index` is its position, without
    the receiver, which has -1.
    """

    kind: BindingKind
    name: Node
    steps: tuple[PatternStep, ...] = ()
    value: Node | None = None
    type: Node | None = None
    owner: Node | None = None
    index: int = 0


class Scopes(Struct, eq=False):
    """Resolves names in one file. Each block's `let`s and each function's parameters are read once."""

    cx: Context
    _lets: dict[int, dict[str, tuple[list[int], list[Binding]]]] = field(default_factory=dict)
    _found: dict[int, Binding | None] = field(default_factory=dict)
    _parameters: dict[int, dict[str, Binding]] = field(default_factory=dict)
    _fields: dict[int, dict[str, Binding]] = field(default_factory=dict)

    def binding(self, use: Node) -> Binding | None:
        """The binding that an `identifier` (or the `self` token's name) in an expression means."""
        key = use.id
        if key not in self._found:
            self._found[key] = self._resolve(use, self.cx.text(use))
        return self._found[key]

    def named(self, name: str, where: Node) -> Binding | None:
        """The binding that a name would mean at a place, as in a comment there."""
        return self._resolve(where, name)

    def _resolve(self, use: Node, name: str) -> Binding | None:
        before = use
        for above in self.cx.ancestors(use):
            kind = above.type
            if kind in _BLOCKS:
                found = self._let_before(above, name, use.start_byte)
            elif kind in ITEM_KINDS:
                return self._parameter(above, name) if kind == "function_item" else None
            elif kind == "field_initializer_list":
                found = self._earlier_field(above, before, name)
            else:
                found = next(
                    (b for b in _bindings_of(above, before, self.cx) if self.cx.text(b.name) == name), None
                )
            if found is not None:
                return found
            before = above
        return None

    def _earlier_field(self, initializers: Node, before: Node, name: str) -> Binding | None:
        known = self._fields.get(initializers.id)
        if known is None:
            known = self._fields[initializers.id] = _first_fields(initializers, self.cx)
        found = known.get(name)
        if found is None or found.owner is None or found.owner.start_byte >= before.start_byte:
            return None
        return found

    def _let_before(self, block: Node, name: str, offset: int) -> Binding | None:
        lets = self._lets.get(block.id)
        if lets is None:
            lets = self._lets[block.id] = {}
            for child in block.named_children:
                if child.type == "let_declaration":
                    for binding in let_bindings(child, self.cx):
                        ends, bindings = lets.setdefault(self.cx.text(binding.name), ([], []))
                        ends.append(child.end_byte)
                        bindings.append(binding)
        ends, bindings = lets.get(name, ([], []))
        index = bisect_right(ends, offset)
        return bindings[index - 1] if index else None

    def _parameter(self, function: Node, name: str) -> Binding | None:
        known = self._parameters.get(function.id)
        if known is None:
            known = self._parameters[function.id] = {}
            for each in parameters(function, self.cx):
                known.setdefault(bound_name(each, self.cx), each)
        return known.get(name)


def scopes(cx: Context) -> Scopes:
    """The resolver of a file, made once."""
    return cx.memo(Scopes)


def bound_name(binding: Binding, cx: Context) -> str:
    """The name that a binding binds."""
    return "self" if binding.index == -1 else cx.text(binding.name)


def parameters(function: Node, cx: Context) -> Iterator[Binding]:
    """What the parameters of a function bind, its receiver included."""
    listed = function.child_by_field_name("parameters")
    index = 0
    for child in listed.named_children if listed is not None else ():
        if child.type == "self_parameter":
            yield Binding(BindingKind.PARAMETER, child, owner=function, index=-1)
        elif child.type == "parameter":
            pattern, annotation = child.child_by_field_name("pattern"), child.child_by_field_name("type")
            if pattern is None:
                continue
            if pattern.type == "self":
                yield Binding(BindingKind.PARAMETER, pattern, (), None, annotation, function, -1)
                continue
            for node, steps in pattern_names(pattern, cx):
                yield Binding(BindingKind.PARAMETER, node, steps, None, annotation, function, index)
            index += 1


def let_bindings(node: Node, cx: Context) -> Iterator[Binding]:
    """What a `let` binds."""
    pattern = node.child_by_field_name("pattern")
    if pattern is None:
        return
    value, annotation = node.child_by_field_name("value"), node.child_by_field_name("type")
    for name, steps in pattern_names(pattern, cx):
        yield Binding(BindingKind.LET, name, steps, value, annotation, node)


def _bindings_of(above: Node, before: Node, cx: Context) -> Iterator[Binding]:
    """What `above` binds for its child `before`; later bindings of one name come first."""
    kind = above.type
    if kind in ("if_expression", "while_expression"):
        condition = above.child_by_field_name("condition")
        body = above.child_by_field_name("consequence" if kind == "if_expression" else "body")
        if condition is not None and body is not None and body.id == before.id:
            yield from _conditions(condition, condition.end_byte, cx)
    elif kind == "let_chain":
        yield from _conditions(above, before.start_byte, cx)
    elif kind in ("match_arm", "match_pattern"):
        arm = above if kind == "match_arm" else cx.parent(above)
        pattern = arm.child_by_field_name("pattern") if arm is not None else None
        inner = next(iter(pattern.named_children), None) if pattern is not None else None
        if (
            arm is None
            or inner is None
            or inner.id == before.id
            or (kind == "match_arm" and before.type == "match_pattern")
        ):
            return
        block = cx.parent(arm)
        match = cx.parent(block) if block is not None else None
        value = match.child_by_field_name("value") if match is not None else None
        for name, steps in pattern_names(inner, cx):
            yield Binding(BindingKind.MATCH, name, steps, value, None, arm)
    elif kind == "for_expression":
        body, pattern = above.child_by_field_name("body"), above.child_by_field_name("pattern")
        if body is not None and pattern is not None and body.id == before.id:
            for name, steps in pattern_names(pattern, cx):
                yield Binding(BindingKind.FOR, name, steps, above.child_by_field_name("value"), None, above)
    elif kind == "closure_expression":
        yield from closure_parameters(above, cx)


def closure_parameters(closure: Node, cx: Context) -> Iterator[Binding]:
    """What the parameters of a closure bind; `index` is the position of the parameter."""
    listed = closure.child_by_field_name("parameters")
    if listed is None:
        return
    for index, child in enumerate(_positions(listed)):
        pattern, annotation = child, None
        if child.type == "parameter":
            found = child.child_by_field_name("pattern")
            if found is None:
                continue
            pattern, annotation = found, child.child_by_field_name("type")
        for name, steps in pattern_names(pattern, cx):
            yield Binding(BindingKind.CLOSURE_PARAMETER, name, steps, None, annotation, closure, index)


def _conditions(condition: Node, before: int, cx: Context) -> Iterator[Binding]:
    parts = condition.named_children if condition.type == "let_chain" else [condition]
    for part in reversed(parts):
        if part.type == "let_condition" and part.end_byte <= before:
            pattern = part.child_by_field_name("pattern")
            if pattern is not None:
                for name, steps in pattern_names(pattern, cx):
                    yield Binding(
                        BindingKind.MATCH, name, steps, part.child_by_field_name("value"), None, part
                    )


def _first_fields(initializers: Node, cx: Context) -> dict[str, Binding]:
    """The fields that an initialiser macro makes locals of, each where it is first given."""
    body = cx.parent(initializers)
    if body is None or not any(above.type == "macro_invocation" for above in cx.ancestors(body)):
        return {}
    found: dict[str, Binding] = {}
    for child in initializers.named_children:
        label = child.child_by_field_name("field") if child.type == "field_initializer" else None
        if label is not None and cx.text(label) not in found:
            found[cx.text(label)] = Binding(BindingKind.INIT_FIELD, label, owner=child)
    return found


def pattern_names(pattern: Node, cx: Context) -> Iterator[tuple[Node, tuple[PatternStep, ...]]]:
    """Every name that a pattern binds, with the steps that lead to it."""
    waiting: list[tuple[Node, tuple[PatternStep, ...]]] = [(pattern, ())]
    while waiting:
        node, steps = waiting.pop()
        kind = node.type
        if kind == "identifier":
            text = cx.text(node)
            if not text[:1].isupper():
                yield node, steps
        elif kind == "shorthand_field_identifier":
            yield node, steps
        elif len(steps) < _MAX_PATTERN_DEPTH:
            waiting += reversed(list(_below(node, steps, cx)))


def _below(
    node: Node, steps: tuple[PatternStep, ...], cx: Context
) -> Iterator[tuple[Node, tuple[PatternStep, ...]]]:
    kind = node.type
    children = [child for child in node.named_children if child.type not in ("line_comment", "block_comment")]
    if kind in ("mut_pattern", "or_pattern"):
        for child in children:
            if child.type != "mutable_specifier":
                yield child, steps
    elif kind == "ref_pattern":
        inner = children[-1] if children else None
        if inner is not None:
            mutable = inner.type == "mut_pattern"
            yield inner, (*steps, PatternStep(StepKind.BORROW_MUT if mutable else StepKind.BORROW))
    elif kind == "reference_pattern":
        if children:
            yield children[-1], (*steps, PatternStep(StepKind.DEREF))
    elif kind == "captured_pattern":
        for child in children:
            yield child, steps
    elif kind == "tuple_pattern":
        # Behind `..` a position counts from the end, which takes the tuple's size to tell.
        known = True
        for index, child in enumerate(_positions(node)):
            known = known and child.type != "remaining_field_pattern"
            step = PatternStep(StepKind.TUPLE, index=index) if known else PatternStep(StepKind.UNKNOWN)
            yield child, (*steps, step)
    elif kind == "tuple_struct_pattern":
        type_node = node.child_by_field_name("type")
        name = cx.text(type_node).rpartition("::")[2] if type_node is not None else ""
        known = True
        for index, child in enumerate(_positions(node)[1:]):
            known = known and child.type != "remaining_field_pattern"
            step = PatternStep(StepKind.VARIANT, name, index) if known else PatternStep(StepKind.UNKNOWN)
            yield child, (*steps, step)
    elif kind == "struct_pattern":
        for child in children:
            if child.type == "field_pattern":
                yield from _field_pattern(child, steps, cx)
    elif kind in ("slice_pattern", "match_pattern"):
        for child in children:
            yield child, (*steps, PatternStep(StepKind.UNKNOWN))


def _positions(node: Node) -> list[Node]:
    """The members of a list between delimiters, `_` included, which is no named node."""
    return [child for child in node.children if child.type == "_" or (child.is_named and not child.is_extra)]


def _field_pattern(
    node: Node, steps: tuple[PatternStep, ...], cx: Context
) -> Iterator[tuple[Node, tuple[PatternStep, ...]]]:
    label, inner = node.child_by_field_name("name"), node.child_by_field_name("pattern")
    if label is None:
        return
    taken = (*steps, PatternStep(StepKind.FIELD, cx.text(label)))
    if inner is not None:
        yield inner, taken
        return
    kinds = {child.type for child in node.children}
    if "ref" in kinds:
        kind = StepKind.BORROW_MUT if "mutable_specifier" in kinds else StepKind.BORROW
        taken = (*taken, PatternStep(kind))
    yield label, taken


def enclosing_function(node: Node, cx: Context) -> Node | None:
    """The function whose body the node stands in; None in a constant, a static or outside any item."""
    item = next(cx.memo(_items).around(node), None)
    return item if item is not None and item.type == "function_item" else None


def enclosing_impl(node: Node, cx: Context) -> Node | None:
    """The innermost `impl` or `trait` around a node."""
    return next(cx.memo(_impls).around(node), None)


def _items(cx: Context) -> Enclosing:
    return Enclosing(cx, ITEM_KINDS)


def _impls(cx: Context) -> Enclosing:
    return Enclosing(cx, _IMPLS)
