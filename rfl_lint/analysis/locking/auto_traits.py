"""`unsafe impl Send` and `Sync` of generic types: what is held of a parameter on which nothing is asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct, field

from rfl_lint.analysis.pointers.interior_mutability import variant_types
from rfl_lint.analysis.types.typeref import TypeKind, TypeRef, parse_generics, parse_type, substituted
from rfl_lint.facts import FieldFact, FunctionFact, ImplFact, TypeFact, head_name
from rfl_lint.index import Index
from rfl_lint.rule import Context
from rfl_lint.source import Span
from rfl_lint.syntax import Node

AUTO_TRAITS: Final = frozenset({"Send", "Sync"})
# Bounds by traits of core that say nothing about threads.
_SILENT: Final = frozenset(
    {"AsMut", "AsRef", "Clone", "Copy", "Debug", "Default", "Deref", "DerefMut", "Display", "Drop", "Eq", "Fn", "FnMut",
     "FnOnce", "From", "Hash", "Into", "Iterator", "Ord", "PartialEq", "PartialOrd", "Sized", "Unpin"}
)  # fmt: skip
# `PhantomData<T>` may be a mere name, a `MaybeUninit<T>` empty for good, and a `*const T` an address to compare with:
# the methods tell.
_MAYBE: Final = frozenset({"PhantomData", "MaybeUninit"})
_MAX_DEPTH: Final = 8
_MAX_TYPES: Final = 100


class Unbounded(Struct, frozen=True):
    """A type parameter that an `unsafe impl` says nothing of.

    `trait` is the one implemented for `owner`, `parameter` the node of the parameter, whose name is `name`. It is held
    in `field`, or, if that is empty, handed out by a method; `span` and `path` tell where either stands.
    """

    owner: TypeFact
    trait: str
    parameter: Node
    name: str
    span: Span
    path: str
    field: str = ""


def _impls_by_start(cx: Context) -> dict[int, ImplFact]:
    return {impl.span.start: impl for impl in reversed(cx.facts.impls)}


def unbounded_parameters(cx: Context, node: Node) -> Iterator[Unbounded]:
    """The parameters of an `unsafe impl` of `Send` or `Sync` that its type holds without a bound."""
    generics, written = node.child_by_field_name("type_parameters"), node.child_by_field_name("type")
    trait = node.child_by_field_name("trait")
    if generics is None or written is None or trait is None:
        return
    name = head_name(cx.text(trait))
    fact = cx.memo(_impls_by_start).get(node.start_byte)
    if name not in AUTO_TRAITS or fact is None or not fact.is_unsafe:
        return
    owners = cx.index.owners(fact)
    owner = owners[0] if len(owners) == 1 else None
    if owner is None or owner.kind not in ("struct", "enum", "union"):
        return
    given = parse_type(cx.text(written)).args
    bounded = set(_bounded(node, cx))
    for parameter in generics.named_children:
        label = parameter.child_by_field_name("name") if parameter.type == "type_parameter" else None
        if label is None or cx.text(label) in bounded:
            continue
        search = _Search(cx.index, cx.text(label))
        held = search.field_of(owner, given)
        if held is not None:
            yield Unbounded(owner, name, parameter, cx.text(label), held.span, owner.path, held.name)
            continue
        handed = search.handed_out(owner, given) if search.is_maybe else None
        if handed is not None:
            yield Unbounded(owner, name, parameter, cx.text(label), handed.span, handed.path)


def _bounded(node: Node, cx: Context) -> Iterator[str]:
    """The names of which a bound says something; of `T::Of<'a>: Send` it is `T`."""
    generics = node.child_by_field_name("type_parameters")
    listed = list(generics.named_children) if generics is not None else []
    for child in node.children:
        if child.type == "where_clause":
            listed += child.named_children
    for each in listed:
        bounds = next((child for child in each.named_children if child.type == "trait_bounds"), None)
        if bounds is None or not any(_tells(bound, cx) for bound in bounds.named_children):
            continue
        left = each.named_children[0]
        if left.type == "higher_ranked_trait_bound":
            left = left.named_children[-1]
        yield from _words(parse_type(cx.text(left)))


def _tells(bound: Node, cx: Context) -> bool:
    if bound.type in ("lifetime", "removed_trait_bound", "line_comment", "block_comment"):
        return False
    return head_name(cx.text(bound)) not in _SILENT


def _words(ref: TypeRef) -> Iterator[str]:
    if ref.path:
        yield ref.path.partition("::")[0]
    for arg in ref.args:
        yield from _words(arg)


class _Search(Struct, eq=False):
    """Where one parameter is held. `is_maybe` tells that it was met where it may be a name only."""

    index: Index
    name: str
    is_maybe: bool = False
    _seen: set[tuple[str, int, tuple[TypeRef, ...]]] = field(default_factory=set)

    def field_of(self, owner: TypeFact, given: tuple[TypeRef, ...], depth: int = 0) -> FieldFact | None:
        """The field in which a type, given its arguments, holds the parameter."""
        key = (owner.path, owner.span.start, given)
        if key in self._seen or len(self._seen) > _MAX_TYPES:
            return None
        self._seen.add(key)
        names = parse_generics(owner.generics)
        for each in owner.fields:
            texts = variant_types(each.type) if owner.kind == "enum" else (each.type,)
            refs = (substituted(parse_type(text), names, given) for text in texts)
            if self._any(refs, owner, depth):
                return each
        return None

    def _any(self, refs: Iterable[TypeRef], owner: TypeFact, depth: int) -> bool:
        return any(self.holds(ref, owner.path, owner.module, depth) for ref in refs)

    def holds(self, ref: TypeRef, near: str, module: str, depth: int = 0) -> bool:
        """Whether a value of a type has one of the parameter's in it, or points to one."""
        if ref.kind is TypeKind.PTR_CONST:
            self.is_maybe = self.is_maybe or self.name in set(_words(ref))
            return False
        if ref.kind is not TypeKind.PATH:
            return any(self.holds(arg, near, module, depth) for arg in ref.args)
        if ref.path.partition("::")[0] == self.name:
            return True
        if self.name not in set(_words(ref)) or depth > _MAX_DEPTH:
            return False
        if ref.head in _MAYBE:
            self.is_maybe = True
            return False
        found = self.index.type(ref.path, near=near, module=module).only
        if found is None or found.kind == "trait":
            return any(self.holds(arg, near, module, depth + 1) for arg in ref.args)
        if found.kind == "alias":
            target = substituted(parse_type(found.target), parse_generics(found.generics), ref.args)
            return self.holds(target, found.path, found.module, depth + 1)
        return self.field_of(found, ref.args, depth + 1) is not None

    def handed_out(self, owner: TypeFact, given: tuple[TypeRef, ...]) -> FunctionFact | ImplFact | None:
        """The method, or the `Deref`, by which a type hands the parameter out without having been given it."""
        for impl in self.index.impls_of(owner):
            own = parse_type(impl.type).args
            name = next((arg.path for arg, at in zip(own, given, strict=False) if at.path == self.name), "")
            if not name:
                continue
            there = _Search(self.index, name)
            for key, target in impl.types:
                if key == "Target" and there.holds(parse_type(target), impl.path, impl.module):
                    return impl
            for method in self.index.files[impl.path].functions:
                inside = impl.span.start <= method.span.start < impl.span.end
                if inside and method.receiver and there.hands_out(method):
                    return method
        return None

    def hands_out(self, method: FunctionFact) -> bool:
        """Whether a method returns the parameter and does not take one."""
        if any(self.name in set(_words(parse_type(param.type))) for param in method.params):
            return False
        return self.holds(parse_type(method.returns), method.path, method.module)
