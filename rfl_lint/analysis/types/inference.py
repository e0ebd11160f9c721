"""Of what type is this expression: read off annotations, constructors, fields and signatures.

Unknown is `None`, and it is the usual answer. There is no trait resolution and no unification; a name that
has several definitions counts only if they agree. Whether a constructor's result comes wrapped in a `Result`
is left to what is done with it: `KVec::with_capacity(..)` is a `KVec` here, with or without a `?` behind it.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct, field

from rfl_lint.analysis.code.calls import call_of
from rfl_lint.analysis.code.scopes import (
    Binding,
    BindingKind,
    PatternStep,
    StepKind,
    enclosing_function,
    enclosing_impl,
    scopes,
)
from rfl_lint.analysis.types.calls import CONTAINERS, MAPPING, CallTypes
from rfl_lint.analysis.types.home import homes, without
from rfl_lint.analysis.types.typeref import (
    TypeKind,
    TypeRef,
    parse_generics,
    parse_type,
    peeled,
    substituted,
    with_self,
)
from rfl_lint.facts import FunctionFact, TypeFact
from rfl_lint.index import head_path
from rfl_lint.rule import Context
from rfl_lint.syntax import Node

_MAX_DEPTH: Final = 40
# Types that method calls and field accesses look through to their first generic argument.
_DEREFS: Final = frozenset(
    {"Box", "KBox", "VBox", "KVBox", "Arc", "ArcBorrow", "UniqueArc", "ListArc", "Rc", "ARef", "Pin",
     "ManuallyDrop", "Guard", "CachePadded"}
)  # fmt: skip


class Types(Struct, eq=False, dict=True):
    """The types of one file's expressions."""

    cx: Context
    _known: dict[int, TypeRef | None] = field(default_factory=dict)
    _depth: int = 0

    def __post_init__(self) -> None:
        self.homes = homes(self.cx)
        self.calls = CallTypes(self)

    def of(self, node: Node) -> TypeRef | None:
        """The type of an expression, references kept; None where it cannot be told."""
        key = node.id
        if key in self._known:
            return self._known[key]
        if self._depth >= _MAX_DEPTH:
            return None
        self._known[key] = None  # an expression that leads back to itself
        self._depth += 1
        try:
            found = self._of(node)
        finally:
            self._depth -= 1
        found = self.resolved(found, node) if found is not None else None
        self._known[key] = found
        return found

    def resolved(self, ref: TypeRef, where: Node) -> TypeRef | None:
        """The type with `Self`, aliases and renaming imports looked through; None for `_`."""
        for _ in range(8):
            if ref.kind is not TypeKind.PATH:
                break
            if ref.path == "Self":
                own = self.self_type(where)
                if own is None or own.path == "Self":
                    return None
                ref = own
                continue
            module = self.homes.module_at(where.start_byte) if ref.path == ref.head else ""
            ref = self.homes.here(ref, where.start_byte) if module else ref
            alias = self.cx.index.type(ref.path, near=self.cx.path).only
            if alias is None or alias.kind != "alias" or not alias.target:
                ref = self.homes.here(ref, where.start_byte)
                break
            target = self.homes.text(alias.target, alias, alias.generics)
            if alias.path != self.cx.path and not _is_telling(alias, target):
                break
            target = substituted(target, parse_generics(alias.generics), ref.args)
            if target.kind is TypeKind.PATH and target.path == ref.path:
                break
            ref = target
        return None if ref == TypeRef(TypeKind.OTHER) else ref

    def self_type(self, where: Node) -> TypeRef | None:
        """What `Self` means at a node: the type of the `impl` around it; None in a trait."""
        impl = enclosing_impl(where, self.cx)
        written = impl.child_by_field_name("type") if impl is not None and impl.type == "impl_item" else None
        if written is None:
            return None
        return self.homes.here(parse_type(self.cx.text(written)), written.start_byte)

    def annotated(self, node: Node) -> TypeRef | None:
        """The type that a type node writes."""
        ref = self.homes.here(parse_type(self.cx.text(node)), node.start_byte)
        own = self.self_type(node) if "Self" in self.cx.text(node) else None
        return self.resolved(with_self(ref, own) if own is not None else ref, node)

    def field(self, owner: TypeRef, name: str) -> TypeRef | None:
        """The type of a field, found as `.` finds it: through references and smart pointers."""
        for step in self.deref_chain(owner):
            if step.kind is TypeKind.TUPLE:
                return step.args[int(name)] if name.isdigit() and int(name) < len(step.args) else None
            if step.kind is not TypeKind.PATH:
                continue
            facts = self._behind(self.cx.index.type(step.path, near=self.cx.path).candidates)
            if step.head in _DEREFS:
                # A smart pointer's own fields are private: from elsewhere the name means one of what it points to.
                facts = tuple(fact for fact in facts if fact.path == self.cx.path)
            found = {self._field_of(fact, name, step) for fact in facts}
            if found and found != {None}:
                return found.pop() if len(found) == 1 else None
        return None

    def _behind(self, facts: tuple[TypeFact, ...]) -> tuple[TypeFact, ...]:
        """What has the fields: behind aliases of other files, which are not looked through as types."""
        index = self.cx.index
        aliases = [fact for fact in facts if fact.kind == "alias" and head_path(fact.target)]
        if not aliases or len(aliases) != len(facts):
            return facts
        return tuple(
            target
            for fact in aliases
            for target in index.type(head_path(fact.target), near=fact.path, module=fact.module).candidates
        )

    def _field_of(self, fact: TypeFact, name: str, owner: TypeRef) -> TypeRef | None:
        text = next((field.type for field in fact.fields if field.name == name), None)
        if text is None:
            return None
        generics = parse_generics(fact.generics)
        ref = substituted(self.homes.text(text, fact, fact.generics), generics, owner.args)
        ref = with_self(ref, owner)
        return ref if fact.path == self.cx.path else without(ref, generics[len(owner.args) :])

    def deref_chain(self, ref: TypeRef) -> list[TypeRef]:
        """The type and what lies behind its references and smart pointers, in the order `.` tries them."""
        found = [ref]
        while len(found) < 8:
            last = found[-1]
            inner = None if last.is_raw_pointer else self.dereferenced(last)
            if inner is None:
                break
            found.append(inner)
        return found

    def dereferenced(self, ref: TypeRef) -> TypeRef | None:
        """What `*` makes of a type; of a `Pin` what the pointer in it points to."""
        for _ in range(_MAX_DEPTH):
            is_path = ref.kind is TypeKind.PATH
            known = ref.is_reference or ref.is_raw_pointer or (is_path and ref.head in _DEREFS)
            if not known or not ref.args:
                return self.homes.target(ref) if is_path else None
            inner = self.resolved(ref.args[0], self.cx.parsed.root)
            if ref.head != "Pin" or inner is None:
                return inner
            ref = inner
        return None

    def method(self, receiver: TypeRef, name: str) -> FunctionFact | None:
        """The one method that a call on this type means, as far as the index knows it."""
        found = self.method_on(receiver, name)
        return found[0] if found is not None else None

    def method_on(self, receiver: TypeRef, name: str) -> tuple[FunctionFact, TypeRef] | None:
        """The same, with the type that it was found for: the receiver's, or what it dereferences to."""
        for step in self.deref_chain(receiver):
            if step.kind is TypeKind.PATH:
                answer = self.cx.index.methods(step.path, name, near=self.cx.path)
                if not answer.is_unknown:
                    return (answer.only, step) if answer.only is not None else None
        return None

    def _of(self, node: Node) -> TypeRef | None:
        kind = node.type
        if kind in ("identifier", "self"):
            binding = scopes(self.cx).binding(node)
            return self.of_binding(binding) if binding is not None else None
        if kind == "field_expression":
            value, name = node.child_by_field_name("value"), node.child_by_field_name("field")
            owner = self.of(value) if value is not None else None
            return self.field(owner, self.cx.text(name)) if owner is not None and name is not None else None
        if kind in ("call_expression", "macro_invocation"):
            call = call_of(node, self.cx.parsed)
            return self.calls.of(call) if call is not None else None
        if kind == "try_expression":
            return peeled(self._of_first(node))
        if kind == "parenthesized_expression":
            return self._of_first(node)
        if kind == "reference_expression":
            return self._of_reference(node)
        if kind == "unary_expression":
            return self._of_deref(node)
        if kind == "type_cast_expression":
            written = node.child_by_field_name("type")
            return self.annotated(written) if written is not None else None
        if kind == "struct_expression":
            written = node.child_by_field_name("name")
            return self.annotated(written) if written is not None else None
        if kind in ("unsafe_block", "block"):
            return self._of_block(node)
        if kind == "if_expression":
            return self._agreed([node.child_by_field_name("consequence"), _else_of(node)])
        if kind == "match_expression":
            body = node.child_by_field_name("body")
            arms = (
                [arm.child_by_field_name("value") for arm in body.named_children] if body is not None else []
            )
            return self._agreed(arms)
        if kind == "index_expression":
            return self._of_index(node)
        return None

    def _of_first(self, node: Node) -> TypeRef | None:
        inner = next((child for child in node.named_children if not child.is_extra), None)
        return self.of(inner) if inner is not None else None

    def _of_reference(self, node: Node) -> TypeRef | None:
        value = node.child_by_field_name("value")
        inner = (self.of(value) if value is not None else None) or TypeRef(TypeKind.OTHER)
        words = {child.type for child in node.children}
        mutable = "mutable_specifier" in words
        if "raw" in words:
            return TypeRef(TypeKind.PTR_MUT if mutable else TypeKind.PTR_CONST, args=(inner,))
        return TypeRef(TypeKind.REF_MUT if mutable else TypeKind.REF, args=(inner,))

    def _of_deref(self, node: Node) -> TypeRef | None:
        if not node.children or node.children[0].type != "*":
            return None
        inner = self._of_first(node)
        if inner is None or not inner.args:
            return None
        points = inner.is_reference or inner.is_raw_pointer
        known = points or (inner.kind is TypeKind.PATH and inner.head in _DEREFS)
        return self.dereferenced(inner) if known else None

    def _of_index(self, node: Node) -> TypeRef | None:
        children = [child for child in node.named_children if not child.is_extra]
        owner = self.of(children[0]) if len(children) == 2 else None
        if owner is None or children[1].type == "range_expression":
            return None
        owner = owner.referent
        holds = owner.kind in (TypeKind.SLICE, TypeKind.ARRAY) or owner.head in (
            "Vec",
            "KVec",
            "VVec",
            "KVVec",
        )
        return owner.args[0] if holds and owner.args else None

    def _of_block(self, node: Node) -> TypeRef | None:
        tail = block_tail(node)
        return self.of(tail) if tail is not None else None

    def _agreed(self, arms: list[Node | None]) -> TypeRef | None:
        """The type of the arms that have a known one, if it is the same in all of them."""
        known = {ref for arm in arms if arm is not None if (ref := self.of(arm)) is not None}
        return known.pop() if len(known) == 1 else None

    def of_binding(self, binding: Binding) -> TypeRef | None:
        """The type of what a name is bound to."""
        found: TypeRef | None
        if binding.type is not None:
            found = self.annotated(binding.type)
        elif binding.kind is BindingKind.PARAMETER and binding.index == -1:
            return self._of_receiver(binding)
        elif binding.kind is BindingKind.CLOSURE_PARAMETER:
            found = self._of_closure_parameter(binding)
        elif binding.value is not None and binding.kind in (BindingKind.LET, BindingKind.MATCH):
            found = self.of(binding.value)
        else:
            return None
        for step in binding.steps:
            if found is None:
                return None
            found = self._step(found, step)
        return self.resolved(found, binding.name) if found is not None else None

    def _of_closure_parameter(self, binding: Binding) -> TypeRef | None:
        """What `map` and its like hand to a closure: the content of the `Option` or `Result`."""
        arguments = self.cx.parent(binding.owner) if binding.owner is not None else None
        node = self.cx.parent(arguments) if arguments is not None and arguments.type == "arguments" else None
        call = call_of(node, self.cx.parsed) if node is not None and node.type == "call_expression" else None
        if call is None or call.receiver is None or call.name not in MAPPING or binding.index:
            return None
        receiver = self.of(call.receiver)
        return peeled(receiver) if receiver is not None and receiver.kind is TypeKind.PATH else None

    def _of_receiver(self, binding: Binding) -> TypeRef | None:
        own = self.self_type(binding.name)
        if own is None or binding.name.type != "self_parameter":
            return own
        words = {child.type for child in binding.name.children}
        if "&" not in words:
            return own
        return TypeRef(TypeKind.REF_MUT if "mutable_specifier" in words else TypeKind.REF, args=(own,))

    def _step(self, ref: TypeRef, step: PatternStep) -> TypeRef | None:
        if step.kind is StepKind.BORROW:
            return TypeRef(TypeKind.REF, args=(ref,))
        if step.kind is StepKind.BORROW_MUT:
            return TypeRef(TypeKind.REF_MUT, args=(ref,))
        if step.kind is StepKind.DEREF:
            return ref.args[0] if ref.is_reference and ref.args else None
        inner = ref.referent
        found: TypeRef | None = None
        if step.kind is StepKind.TUPLE and inner.kind is TypeKind.TUPLE and step.index < len(inner.args):
            found = inner.args[step.index]
        elif step.kind is StepKind.FIELD:
            found = self.field(inner, step.name)
        elif step.kind is StepKind.VARIANT:
            if step.name in ("Some", "Ok"):
                found = peeled(inner)
            elif step.name == inner.head:
                found = self.field(inner, str(step.index))
        # A pattern of values against a reference binds references.
        return TypeRef(ref.kind, args=(found,)) if found is not None and ref.is_reference else found


def _is_telling(alias: TypeFact, target: TypeRef) -> bool:
    """Whether an alias of another file is looked through: to a pointer or to a container that is known by name."""
    if alias.name in CONTAINERS:
        return False
    return target.is_reference or target.is_raw_pointer or target.head in CONTAINERS | _DEREFS


def types(cx: Context) -> Types:
    """The types of a file's expressions, kept for the file."""
    return cx.memo(Types)


def type_of(node: Node, cx: Context) -> TypeRef | None:
    """The type of an expression in a function body; None where it cannot be told."""
    return types(cx).of(node)


def block_tail(node: Node) -> Node | None:
    """The expression that a block ends with; None if it ends with a statement."""
    current: Node | None = node
    if node.type in ("unsafe_block", "async_block", "const_block", "else_clause"):
        current = next(
            (child for child in node.named_children if child.type in ("block", "if_expression")), None
        )
        if current is not None and current.type != "block":
            return current
    if current is None:
        return None
    last = next((child for child in reversed(current.named_children) if not child.is_extra), None)
    if last is None or last.type.endswith("_item") or last.type in ("let_declaration", "empty_statement"):
        return None
    if last.type == "expression_statement":
        # `if`, `match` and blocks at the end of a block are statements to the grammar and values to Rust.
        if last.children and last.children[-1].type == ";":
            return None
        return next(iter(last.named_children), None)
    return last


def _else_of(node: Node) -> Node | None:
    clause = node.child_by_field_name("alternative")
    return block_tail(clause) if clause is not None and clause.type == "else_clause" else clause


def function_of(node: Node, cx: Context) -> FunctionFact | None:
    """The facts of the function whose body a node stands in."""
    function = enclosing_function(node, cx)
    return functions_by_start(cx).get(function.start_byte) if function is not None else None


def functions_by_start(cx: Context) -> dict[int, FunctionFact]:
    """The facts of the file's functions by where they start."""
    return cx.memo(_by_start)


def _by_start(cx: Context) -> dict[int, FunctionFact]:
    return {fact.span.start: fact for fact in cx.facts.functions}
