"""What a call does to the pointers that go into it: by the table, by name and type, or left for the index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

from rfl_lint.analysis.code.calls import Call as CallNode
from rfl_lint.analysis.code.calls import CallForm, call_of, path_of
from rfl_lint.analysis.code.scopes import Binding, BindingKind, enclosing_impl
from rfl_lint.analysis.provenance.tables import pointer_table
from rfl_lint.analysis.provenance.terms import (
    NOTHING,
    UNKNOWN,
    Call,
    Derived,
    Effect,
    Join,
    Kind,
    Record,
    Source,
    Term,
)
from rfl_lint.analysis.types.typeref import TypeKind, TypeRef
from rfl_lint.syntax import Node, ParsedFile, kind_query

if TYPE_CHECKING:
    from rfl_lint.analysis.provenance.read import Reader

_RECEIVERS: Final = frozenset({"NonNull", "Option", "Result", "Pin"})
_ALTERNATIVES: Final = frozenset({"unwrap_or", "unwrap_or_else", "or", "or_else"})
_POINTER_METHODS: Final = frozenset({"as_ref", "as_mut", "as_uninit_ref", "as_uninit_mut"})


class CallReader(Struct, eq=False, dict=True):
    """Reads calls for a `Reader`."""

    reader: Reader
    _calls: dict[str, list[CallNode]] | None = field(default=None)

    def __post_init__(self) -> None:
        self.cx = self.reader.cx
        self.types = self.reader.types
        self.table = pointer_table(self.cx.tables)

    def value(self, call: CallNode) -> Term:
        """Where what a call returns comes from."""
        if call.form is CallForm.METHOD and call.receiver is not None:
            return self._method(call, call.receiver)
        if call.form is CallForm.PATH:
            return self._path(call, tuple(self.reader.value(argument) for argument in call.arguments))
        callee = call.callee
        while callee.type == "parenthesized_expression":
            inner = next(iter(callee.named_children), None)
            if inner is None:
                return UNKNOWN
            callee = inner
        return self._closure_value(callee) if callee.type == "closure_expression" else UNKNOWN

    def _closure_value(self, closure: Node) -> Term:
        body = closure.child_by_field_name("body")
        return self.reader.value(body) if body is not None else UNKNOWN

    # Paths: `f(x)`, `Type::f(x)`.

    def _path(self, call: CallNode, args: tuple[Term, ...]) -> Term:
        """A call by path. `args` stand apart from the call's own: a path can be handed to `map`."""
        name, words = call.name, call.path
        if not words:
            return self._bare(call, args)
        if words[-1] == "bindings":
            return Source(Kind.FOREIGN, self.reader.step(call.node, f"`bindings::{name}` returns it"))
        owner = self.owner_of(call)
        head, written = (owner.head, owner.path) if owner is not None else ("", "")
        table = self.table
        if self._gives_ownership(head, written, name):
            return self._owned(call)
        peeked = (head, name) in table.peeked
        known = None if peeked and not self._is_own(written, name) else self._known_call(call, written, args)
        if known is not None:
            return known
        if peeked:
            return Source(Kind.PEEKED)
        if not args:
            return UNKNOWN
        step = self.reader.step(call.node, f"{self.reader.shown(call.node)} points to it")
        module = words[-1]
        if (head, name) in table.keeping_functions or (module, name) in table.keeping_functions:
            return Derived(args[0], Effect.KEEP, step)
        if (head, name) in table.borrowing or (module, name) in table.borrowing:
            mutable = name.endswith("_mut")
            step = self.reader.step(call.node, f"{self.reader.shown(call.node)} is a reference")
            return Derived(args[0], Effect.BORROW_MUT if mutable else Effect.BORROW, step)
        provenance = table.accessors.get((head, name))
        if provenance is not None:
            return self._accessed(provenance, args[0], call)
        if name in table.dereferencing:
            return Derived(args[0], _refer(mutable=table.dereferencing[name]), step)
        return UNKNOWN

    def owner_of(self, call: CallNode) -> TypeRef | None:
        """The type before the name, `Self` and aliases looked through; in `<T as Trait>::f` it is `T`."""
        node = call.self_type
        if node is None:
            return None
        if node.type == "bracketed_type":
            inner = next(iter(node.named_children), None)
            if inner is not None and inner.type == "qualified_type":
                node = inner.child_by_field_name("type") or inner
            elif inner is not None:
                node = inner
        return self.types.annotated(node)

    def _owned(self, call: CallNode) -> Term:
        given = Source(Kind.OWNED, self.reader.step(call.node, f"{self.reader.shown(call.node)} gives it up"))
        return Record((("0", given),)) if call.name == "into_raw_parts" else given

    def _gives_ownership(self, head: str, owner: str, name: str) -> bool:
        if ("", name) in self.table.owned:
            answer = self.cx.index.methods(owner, name, near=self.cx.path)
            return all(not fact.receiver.startswith("&") for fact in answer.candidates)
        return (head, name) in self.table.owned

    def _is_own(self, owner: str, name: str) -> bool:
        """Whether the file itself defines a method, which then is no more what the table knows by that name."""
        found = self.cx.index.methods(owner, name, near=self.cx.path).candidates
        return any(fact.path == self.cx.path for fact in found)

    def _known_call(self, call: CallNode, owner: str, args: tuple[Term, ...]) -> Term | None:
        """A call of an associated function, method or free function that the index knows, by path."""
        answer = self.cx.index.methods(owner, call.name, near=self.cx.path)
        if answer.is_unknown:
            return self._free(call, args) if call.path != ("Self",) else None
        receiver: Term | None = None
        if answer.candidates[0].receiver and args:
            receiver, args = args[0], args[1:]
        return self._call(owner, call, args, receiver)

    def _free(self, call: CallNode, args: tuple[Term, ...]) -> Term | None:
        """A call of a free function that the index knows: `f(x)`, `module::f(x)`."""
        written, module = "::".join((*call.path, call.name)), self._module(call.node)
        known = self.cx.index.functions(written, near=self.cx.path, module=module or None)
        return None if known.is_unknown else self._call("", call, args, None)

    def _module(self, node: Node) -> str:
        return self.types.homes.module_at(node.start_byte)

    def _call(self, owner: str, call: CallNode, args: tuple[Term, ...], receiver: Term | None) -> Term:
        step = self.reader.step(call.node, f"{self.reader.shown(call.node)} hands it on")
        if owner:
            return Call(owner, call.name, args, receiver, step, self.cx.path)
        written = "::".join((*call.path, call.name))
        return Call("", call.name, args, receiver, step, self.cx.path, written, self._module(call.node))

    def _bare(self, call: CallNode, args: tuple[Term, ...]) -> Term:
        name = call.name
        if name in ("Ok", "Some") and args:
            return args[0]
        if name == "Err":
            return NOTHING
        binding = self.reader.scopes.binding(call.callee) if call.callee.type == "identifier" else None
        if binding is not None:
            value = binding.value
            if binding.kind is not BindingKind.LET or value is None or binding.steps:
                return UNKNOWN
            if value.type == "closure_expression":
                return self._closure_value(value)
            named = named_function(value, self.cx.parsed) if value.type != "identifier" else None
            return self._path(named, args) if named is not None else UNKNOWN
        index, path = self.cx.index, self.cx.path
        known = self._free(call, args)
        if known is not None:
            return known
        own = self.types.self_type(call.node) if name == "Self" else None
        fact = index.type(own.path if own is not None else name, near=path).only
        if fact is not None and fact.kind == "struct":
            return Record(tuple((str(position), arg) for position, arg in enumerate(args)))
        imported = index.imported(path, name)
        if imported is not None and args:
            module, _, original = imported.rpartition("::")
            if (module.rpartition("::")[2], original) in self.table.keeping_functions:
                step = self.reader.step(call.node, f"{self.reader.shown(call.node)} points to it")
                return Derived(args[0], Effect.KEEP, step)
        return UNKNOWN

    # Methods: `receiver.f(x)`.

    def _method(self, call: CallNode, value: Node) -> Term:
        name, table = call.name, self.table
        ref = self.types.of(value)
        if ref is None and value.type == "self":
            known = self._in_trait(call, value)
            if known is not None:
                return known
        chain = self.types.deref_chain(ref) if ref is not None else []
        for position, link in enumerate(chain):
            owner, path = _owner_name(link), link.path or _owner_name(link)
            answer = self.cx.index.methods(path, name, near=self.cx.path)
            if not answer.is_unknown and answer.candidates[0].receiver:
                form = answer.candidates[0].receiver
                if ("", name) in table.owned and not form.startswith("&"):
                    return self._owned(call)
                args = tuple(self.reader.value(argument) for argument in call.arguments)
                return self._call(path, call, args, self._receiver(value, chain[:position], form))
            provenance = table.accessors.get((owner, name))
            if provenance is not None:
                if provenance == "same" and position:
                    return self.reader.by_type(value, link)  # read through a reference: what is stored there
                form = "self" if provenance == "same" else "&self"
                return self._accessed(provenance, self._receiver(value, chain[:position], form), call)
        if ("", name) in table.owned:
            return self._owned(call)
        if name in table.dereferencing:
            step = self.reader.step(call.node, f"{self.reader.shown(call.node)} is a reference")
            return Derived(self.reader.value(value), _refer(mutable=table.dereferencing[name]), step)
        if name in _POINTER_METHODS:
            return self._as_ref(call, value, ref)
        if name in table.mapping:
            return self._mapped(call, value)
        if name in _ALTERNATIVES and call.arguments:
            other = call.arguments[0]
            second = (
                self._closure_value(other) if other.type == "closure_expression" else self.reader.value(other)
            )
            return Join((self.reader.value(value), second))
        if name == "clone" and ref is not None:
            return self.reader.by_type(call.node, ref.referent)
        if name in table.keeping_methods and self._keeps(name, ref):
            if ref is not None and ref.is_reference and name not in ("into", "try_into"):
                return self.reader.by_type(value, ref.referent)
            step = self.reader.step(call.node, f"{self.reader.shown(call.node)} hands it on")
            return Derived(self.reader.value(value), Effect.KEEP, step)
        return UNKNOWN

    def _in_trait(self, call: CallNode, value: Node) -> Term | None:
        """`self.f()` in a trait's default method: one of the trait's own methods, if it has one so named."""
        trait = enclosing_impl(value, self.cx)
        written = (
            trait.child_by_field_name("name") if trait is not None and trait.type == "trait_item" else None
        )
        if written is None:
            return None
        owner = self.cx.text(written)
        answer = self.cx.index.methods(owner, call.name, near=self.cx.path)
        if answer.is_unknown or not answer.candidates[0].receiver:
            return None
        args = tuple(self.reader.value(argument) for argument in call.arguments)
        return self._call(owner, call, args, self.reader.value(value))

    def _keeps(self, name: str, ref: TypeRef | None) -> bool:
        """Whether a method of that name can be the pointer's own: not if the receiver is some other type."""
        if ref is None:
            return True
        if name in ("into", "try_into"):
            return ref.is_reference or ref.is_raw_pointer or ref.head == "NonNull"
        inner = ref.referent
        return inner.is_raw_pointer or inner.head in _RECEIVERS

    def _receiver(self, value: Node, before: list[TypeRef], form: str) -> Term:
        """What `self` is in the method: `before` are the references and smart pointers that were looked through."""
        if not form.startswith("&"):
            return self.reader.value(value)
        mutable = form.startswith("&mut")
        if not before:
            effect = Effect.BORROW_MUT if mutable else Effect.BORROW
            step = self.reader.step(value, f"{self.reader.shown(value)} is borrowed")
            return Derived(self.reader.place(value), effect, step)
        if len(before) == 1 and before[0].is_reference:
            return self.reader.value(value)
        step = self.reader.step(value, f"{self.reader.shown(value)} is dereferenced")
        return Derived(self.reader.value(value), _refer(mutable=mutable), step)

    def _accessed(self, provenance: str, term: Term, call: CallNode) -> Term:
        shown = self.reader.shown(call.node)
        if provenance == "stored":
            return Source(Kind.STORED, self.reader.step(call.node, f"{shown} is a stored pointer"))
        if provenance == "cell":
            return Derived(term, Effect.CELL, self.reader.step(call.node, f"{shown} points into its cell"))
        if provenance == "reference":
            return Derived(term, Effect.REFER_MUT, self.reader.step(call.node, f"{shown} points to it"))
        return Derived(term, Effect.KEEP, self.reader.step(call.node, f"{shown} hands it on"))

    def _as_ref(self, call: CallNode, value: Node, ref: TypeRef | None) -> Term:
        """`as_ref` and `as_mut`, which mean something else for each type."""
        if ref is None:
            return UNKNOWN
        mutable = call.name.endswith("mut")
        step = self.reader.step(call.node, f"{self.reader.shown(call.node)} is a reference")
        inner = ref.referent
        if inner.is_raw_pointer or inner.head == "NonNull":
            return Derived(self.reader.value(value), Effect.BORROW_MUT if mutable else Effect.BORROW, step)
        if inner.head == "Pin":
            return self.reader.value(value)
        content = inner.args[0] if inner.head in ("Option", "Result") and inner.args else None
        if content is not None and (
            content.is_raw_pointer or content.is_reference or content.head == "NonNull"
        ):
            return self.reader.value(value)
        if inner.head in ("Option", "Result") and content is None:
            return UNKNOWN
        return Derived(self.reader.value(value), _refer(mutable=mutable), step)

    def _mapped(self, call: CallNode, value: Node) -> Term:
        """`map` and its relatives: what the closure makes of what is inside."""
        mapping = self.table.mapping[call.name]
        if mapping.result == "receiver":
            return self.reader.value(value)
        if mapping.closure >= len(call.arguments):
            return UNKNOWN
        function = call.arguments[mapping.closure]
        if function.type == "closure_expression":
            found = self._closure_value(function)
        else:
            named = named_function(function, self.cx.parsed)
            found = self._path(named, (self.reader.value(value),)) if named is not None else UNKNOWN
        others = [arg for arg in call.arguments[: mapping.closure] if arg.type != "closure_expression"]
        return Join((found, *(self.reader.value(arg) for arg in others))) if others else found

    # Closures: what goes in.

    def closure_argument(self, binding: Binding) -> Term:
        """What a closure's parameter is given, where the closure is used in sight."""
        closure = binding.owner
        above = self.cx.parent(closure) if closure is not None else None
        if closure is None or above is None:
            return UNKNOWN
        if above.type == "arguments":
            return self._handed_in(above, closure, binding.index)
        while above is not None and above.type == "parenthesized_expression":
            above = self.cx.parent(above)
        if above is None:
            return UNKNOWN
        if above.type == "call_expression":
            call = call_of(above, self.cx.parsed)
            return self._argument(call, binding.index) if call is not None else UNKNOWN
        name = above.child_by_field_name("pattern") if above.type == "let_declaration" else None
        if name is None or name.type != "identifier":
            return UNKNOWN
        calls = [call for call in self._calls_of(self.cx.text(name)) if self._means(call, name)]
        return Join(tuple(self._argument(call, binding.index) for call in calls)) if calls else UNKNOWN

    def _handed_in(self, arguments: Node, closure: Node, index: int) -> Term:
        node = self.cx.parent(arguments)
        call = call_of(node, self.cx.parsed) if node is not None and node.type == "call_expression" else None
        if call is None or call.receiver is None or call.name not in self.table.mapping or index:
            return UNKNOWN
        mapping = self.table.mapping[call.name]
        position = next((i for i, arg in enumerate(call.arguments) if arg.id == closure.id), -1)
        # `filter` and `inspect` hand in a reference to the content.
        fits = position == mapping.closure and call.name not in ("filter", "inspect")
        return self.reader.value(call.receiver) if fits else UNKNOWN

    def _argument(self, call: CallNode, index: int) -> Term:
        return self.reader.value(call.arguments[index]) if index < len(call.arguments) else UNKNOWN

    def _means(self, call: CallNode, name: Node) -> bool:
        binding = self.reader.scopes.binding(call.callee)
        return binding is not None and binding.name.id == name.id

    def _calls_of(self, name: str) -> list[CallNode]:
        """Every call of a bare name in the file; read once, when a closure is first asked for."""
        if self._calls is None:
            self._calls = {}
            for fragment in self.cx.parsed.fragments:
                for node in (
                    kind_query(frozenset({"call_expression"}))
                    .search(fragment.root)
                    .get("call_expression", ())
                ):
                    function = node.child_by_field_name("function")
                    if function is not None and function.type == "identifier":
                        call = call_of(node, self.cx.parsed)
                        if call is not None:
                            self._calls.setdefault(call.name, []).append(call)
        return self._calls.get(name, [])


def named_function(node: Node, parsed: ParsedFile) -> CallNode | None:
    """A path handed over as a function (`NonNull::from`), in the form of a call without arguments."""
    if node.type == "generic_function":
        node = node.child_by_field_name("function") or node
    if node.type == "identifier":
        return CallNode(node, CallForm.PATH, node, parsed.text(node), node)
    name = node.child_by_field_name("name") if node.type == "scoped_identifier" else None
    before = node.child_by_field_name("path")
    if name is None or before is None:
        return None
    return CallNode(node, CallForm.PATH, node, parsed.text(name), name, path_of(before, parsed), before)


def _refer(*, mutable: bool) -> Effect:
    return Effect.REFER_MUT if mutable else Effect.REFER


def _owner_name(ref: TypeRef) -> str:
    """The name under which methods of a type are listed."""
    return "slice" if ref.kind in (TypeKind.SLICE, TypeKind.ARRAY) else ref.head
