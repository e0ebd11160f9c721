"""Of what type is this expression: read off annotations, constructors, fields and signatures.

Unknown is `None`, and it is the usual answer. There is no trait resolution and no unification; a name that
has several definitions counts only if they agree. Whether a constructor's result comes wrapped in a `Result`
is left to what is done with it: `KVec::with_capacity(..)` is a `KVec` here, with or without a `?` behind it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from rfl_lint.analysis.calls import Call, CallForm, call_of
from rfl_lint.analysis.scopes import (
    Binding,
    BindingKind,
    PatternStep,
    StepKind,
    enclosing_function,
    enclosing_impl,
    scopes,
)
from rfl_lint.analysis.typeref import TypeKind, TypeRef, parse_type
from rfl_lint.facts import FunctionFact
from rfl_lint.rule import Context
from rfl_lint.syntax import Node

_MAX_DEPTH: Final = 40
# Types that method calls and field accesses look through to their first generic argument.
_DEREFS: Final = frozenset(
    {"Box", "KBox", "VBox", "KVBox", "Arc", "ArcBorrow", "UniqueArc", "ListArc", "Rc", "ARef", "Pin",
     "ManuallyDrop", "Guard", "CachePadded"}
)  # fmt: skip
_CONTAINERS: Final = frozenset(
    {"Box", "KBox", "VBox", "KVBox", "Arc", "ArcBorrow", "UniqueArc", "ListArc", "Rc", "ARef", "Vec",
     "KVec", "VVec", "KVVec", "String", "CString", "NonNull", "UnsafeCell", "Cell", "Opaque",
     "ManuallyDrop", "MaybeUninit", "RBTree", "XArray"}
)  # fmt: skip
# What of a container's associated functions does not hand out the container itself.
_NO_CONSTRUCTOR: Final = frozenset(
    {"into_raw", "into_foreign", "leak", "into_inner", "as_ptr", "as_mut_ptr", "into_raw_parts", "raw_get",
     "borrow", "take", "ptr_eq", "into_unique_or_drop", "drop", "into_pin", "get", "cast_into",
     "assume_init_drop", "read"}
)  # fmt: skip
_WRAPPERS: Final = frozenset({"Result", "Option"})
_PEELING: Final = frozenset(
    {"unwrap", "expect", "unwrap_or", "unwrap_or_else", "unwrap_or_default", "unwrap_unchecked", "ok_or",
     "ok_or_else", "map_err", "ok"}
)  # fmt: skip
_MACROS: Final = {"kvec": "KVec", "vec": "Vec"}


@dataclass(eq=False)
class Types:
    """The types of one file's expressions."""

    cx: Context
    _known: dict[int, TypeRef | None] = field(default_factory=dict)
    _depth: int = 0

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
        """The type with `Self`, the file's aliases and renaming imports looked through; None for `_`."""
        for _ in range(8):
            if ref.kind is not TypeKind.PATH:
                break
            if ref.path == "Self":
                own = self.self_type(where)
                return own if own is not None and own.path != "Self" else None
            alias = self.cx.index.type(ref.head, near=self.cx.path).only
            if alias is not None and alias.kind == "alias" and alias.path == self.cx.path and alias.target:
                ref = substituted(parse_type(alias.target), parse_generics(alias.generics), ref.args)
                continue
            name = self.cx.index.original_name(self.cx.path, ref.head) if ref.path == ref.head else ref.head
            if name == ref.head:
                break
            ref = TypeRef(TypeKind.PATH, name, ref.args, name)
        return None if ref == TypeRef(TypeKind.OTHER) else ref

    def self_type(self, where: Node) -> TypeRef | None:
        """What `Self` means at a node: the type of the `impl` around it; None in a trait."""
        impl = enclosing_impl(where, self.cx)
        written = impl.child_by_field_name("type") if impl is not None and impl.type == "impl_item" else None
        return parse_type(self.cx.text(written)) if written is not None else None

    def annotated(self, node: Node) -> TypeRef | None:
        """The type that a type node writes."""
        ref = parse_type(self.cx.text(node))
        own = self.self_type(node) if "Self" in self.cx.text(node) else None
        return self.resolved(with_self(ref, own) if own is not None else ref, node)

    def field(self, owner: TypeRef, name: str) -> TypeRef | None:
        """The type of a field, found as `.` finds it: through references and smart pointers."""
        for step in self.deref_chain(owner):
            if step.kind is TypeKind.TUPLE:
                return step.args[int(name)] if name.isdigit() and int(name) < len(step.args) else None
            if step.kind is not TypeKind.PATH:
                continue
            answer = self.cx.index.type(step.head, near=self.cx.path)
            text = self.cx.index.field_type(step.head, name, near=self.cx.path)
            if text is not None:
                generics = parse_generics(answer.candidates[0].generics)
                return substituted(parse_type(text), generics, step.args)
            if answer.candidates and step.head not in _DEREFS:
                return None
        return None

    def deref_chain(self, ref: TypeRef) -> list[TypeRef]:
        """The type and what lies behind its references and smart pointers, in the order `.` tries them."""
        found = [ref]
        while len(found) < 8:
            last = found[-1]
            if not last.args or not (
                last.is_reference or (last.kind is TypeKind.PATH and last.head in _DEREFS)
            ):
                break
            inner = self.resolved(last.args[0], self.cx.parsed.root)
            if inner is None:
                break
            found.append(inner)
        return found

    def method(self, receiver: TypeRef, name: str) -> FunctionFact | None:
        """The one method that a call on this type means, as far as the index knows it."""
        for step in self.deref_chain(receiver):
            if step.kind is TypeKind.PATH:
                answer = self.cx.index.methods(step.head, name, near=self.cx.path)
                if not answer.is_unknown:
                    return answer.only
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
            return self._of_call(call) if call is not None else None
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
        inner = self.of(value) if value is not None else None
        if inner is None:
            return None
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
        return inner.args[0] if points or (inner.kind is TypeKind.PATH and inner.head in _DEREFS) else None

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
        elif binding.value is not None and binding.kind in (BindingKind.LET, BindingKind.MATCH):
            found = self.of(binding.value)
        else:
            return None
        for step in binding.steps:
            if found is None:
                return None
            found = self._step(found, step)
        return self.resolved(found, binding.name) if found is not None else None

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

    def _of_call(self, call: Call) -> TypeRef | None:
        if call.form is CallForm.MACRO:
            name = _MACROS.get(call.name)
            return TypeRef(TypeKind.PATH, name, (), name) if name is not None else None
        if call.form is CallForm.METHOD and call.receiver is not None:
            return self._of_method(call, call.receiver)
        if call.form is not CallForm.PATH:
            return None
        if not call.path:
            if call.name in ("Ok", "Some") and call.arguments:
                return self.of(call.arguments[0])
            free = self.cx.index.functions(call.name, near=self.cx.path).only
            if free is not None:
                return self._returned(free, None)
            record = self.cx.index.type(call.name, near=self.cx.path).only
            return TypeRef(TypeKind.PATH, call.name, (), call.name) if record is not None else None
        owner = self.annotated(call.self_type) if call.self_type is not None else None
        if owner is None or owner.kind is not TypeKind.PATH:
            return None
        answer = self.cx.index.methods(owner.head, call.name, near=self.cx.path)
        if not answer.is_unknown:
            return self._returned(answer.only, owner) if answer.only is not None else None
        return owner if owner.head in _CONTAINERS and call.name not in _NO_CONSTRUCTOR else None

    def _of_method(self, call: Call, value: Node) -> TypeRef | None:
        receiver = self.of(value)
        if receiver is None:
            return None
        known = self.method(receiver, call.name)
        if known is not None:
            owner = next((r for r in self.deref_chain(receiver) if r.head == known.owner), None)
            return self._returned(known, owner)
        if call.name in _PEELING:
            return peeled(receiver)
        inner = receiver.referent
        if call.name == "clone":
            return inner
        if call.name == "lock" and inner.head in ("Mutex", "SpinLock", "Lock") and inner.args:
            return TypeRef(TypeKind.PATH, "Guard", inner.args[:1], "Guard")
        if call.name in ("as_ref", "as_mut") and inner.head in _WRAPPERS and inner.args:
            kind = TypeKind.REF if call.name == "as_ref" else TypeKind.REF_MUT
            return TypeRef(
                TypeKind.PATH, inner.head, (TypeRef(kind, args=inner.args[:1]), *inner.args[1:]), inner.head
            )
        if call.name == "as_ptr" and inner.head == "NonNull":
            return TypeRef(TypeKind.PTR_MUT, args=inner.args)
        return None

    def _returned(self, function: FunctionFact, owner: TypeRef | None) -> TypeRef | None:
        """What a function returns, with `Self` put in."""
        if not function.returns:
            return None
        written = owner if owner is not None else parse_type(function.owner_type)
        return with_self(parse_type(function.returns), written)


def types(cx: Context) -> Types:
    """The types of a file's expressions, kept for the file."""
    return cx.memo(Types)


def type_of(node: Node, cx: Context) -> TypeRef | None:
    """The type of an expression in a function body; None where it cannot be told."""
    return types(cx).of(node)


def peeled(ref: TypeRef | None) -> TypeRef | None:
    """What `?` or `unwrap()` makes of a type."""
    if ref is not None and ref.kind is TypeKind.PATH and ref.head in _WRAPPERS:
        return ref.args[0] if ref.args else None
    return ref


def with_self(ref: TypeRef, own: TypeRef) -> TypeRef:
    """The type with every `Self` replaced."""
    if ref.kind is TypeKind.PATH and ref.path == "Self":
        return own
    if not ref.args:
        return ref
    return TypeRef(ref.kind, ref.head, tuple(with_self(arg, own) for arg in ref.args), ref.path)


def parse_generics(text: str) -> tuple[str, ...]:
    """The names of the type and const parameters in `<'a, T: X, const N: usize>`."""
    names: list[str] = []
    depth = 0
    start = True
    for piece in text.replace("<", " < ").replace(">", " > ").replace(",", " , ").replace(":", " : ").split():
        if piece in "<([":
            depth += 1
        elif piece in ">)]":
            depth -= 1
        elif depth == 1 and piece == ",":
            start = True
        elif depth == 1 and start and piece != "const":
            start = False
            if not piece.startswith("'"):
                names.append(piece)
    return tuple(names)


def substituted(ref: TypeRef, names: tuple[str, ...], args: tuple[TypeRef, ...]) -> TypeRef:
    """The type with generic parameters replaced by arguments; those without an argument stay."""
    if ref.kind is TypeKind.PATH and not ref.args and ref.path in names:
        index = names.index(ref.path)
        return args[index] if index < len(args) else ref
    if not ref.args:
        return ref
    return TypeRef(ref.kind, ref.head, tuple(substituted(arg, names, args) for arg in ref.args), ref.path)


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
    if function is None:
        return None
    return next((fact for fact in cx.facts.functions if fact.span.start == function.start_byte), None)
