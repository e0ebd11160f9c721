"""Types as written somewhere, in the words of the asking file: names of other files become full paths.

A bare name in such a type is the asking file's own, or nobody's (the language's, a macro's).
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

from msgspec import Struct, field

from rfl_lint.analysis.types.typeref import (
    TypeKind,
    TypeRef,
    parse_generics,
    parse_type,
    substituted,
    with_self,
)
from rfl_lint.facts import FunctionFact, ImplFact, TypeFact
from rfl_lint.rule import Context

_OTHER: Final = TypeRef(TypeKind.OTHER)
_MAX_DEPTH: Final = 12


class Homes(Struct, eq=False):
    """Brings types home to one file."""

    cx: Context
    _starts: list[int] = field(default_factory=list)
    _modules: list[str] = field(default_factory=list)
    _known: dict[tuple[str, str, str, str], TypeRef] = field(default_factory=dict)
    _here: dict[tuple[TypeRef, str], TypeRef] = field(default_factory=dict)
    _targets: dict[TypeRef, TypeRef | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # Where one module of the file gives way to another.
        stack: list[tuple[int, str]] = []
        for module in self.cx.facts.modules:
            if module.inline:
                self._close(stack, module.span.start)
                name = f"{module.module}::{module.name}" if module.module else module.name
                stack.append((module.span.end, name))
                self._mark(module.span.start, name)
        self._close(stack, len(self.cx.source.data) + 1)

    def _close(self, stack: list[tuple[int, str]], before: int) -> None:
        while stack and stack[-1][0] <= before:
            end, _ = stack.pop()
            self._mark(end, stack[-1][1] if stack else "")

    def _mark(self, start: int, module: str) -> None:
        self._starts.append(start)
        self._modules.append(module)

    def module_at(self, offset: int) -> str:
        """The module of the file (`a::b`) that a place is in."""
        index = bisect_right(self._starts, offset)
        return self._modules[index - 1] if index else ""

    def here(self, ref: TypeRef, offset: int) -> TypeRef:
        """A type as written at a place of this file."""
        key = (ref, self.module_at(offset))
        if key not in self._here:
            self._here[key] = self._located(ref, self.cx.path, key[1], frozenset(), 0)
        return self._here[key]

    def text(self, text: str, home: FunctionFact | TypeFact | ImplFact, generics: str = "") -> TypeRef:
        """The text of a type where some fact stands; what `generics` names stays as it is."""
        key = (text, home.path, home.module, generics)
        if key not in self._known:
            names = frozenset(parse_generics(generics))
            self._known[key] = self._located(parse_type(text), home.path, home.module, names, 0)
        return self._known[key]

    def _located(self, ref: TypeRef, near: str, module: str, generics: frozenset[str], depth: int) -> TypeRef:
        if depth > _MAX_DEPTH:
            return ref
        args = tuple(self._located(arg, near, module, generics, depth + 1) for arg in ref.args)
        if ref.kind is not TypeKind.PATH or ref.path == "Self" or ref.path in generics:
            return ref if args == ref.args else TypeRef(ref.kind, ref.head, args, ref.path)
        index, here = self.cx.index, self.cx.path
        found = index.type(ref.path, near=near, module=module).candidates
        paths = {(fact.name, index.path_of(fact, here)) for fact in found}
        if len(paths) == 1:
            name, path = paths.pop()
            return TypeRef(ref.kind, name, args, path)
        name = index.original_name(near, ref.head) if ref.path == ref.head else ref.head
        if name != ref.head:
            return TypeRef(ref.kind, name, args, name)
        return TypeRef(ref.kind, ref.head, args, ref.path)

    def returned(self, function: FunctionFact, owner: TypeRef | None) -> TypeRef | None:
        """What a function returns, with `Self` and the parameters of its type put in."""
        if not function.returns:
            return None
        generics = function.owner_generics
        ref = self.text(function.returns, function, generics + "," + function.generics)
        written = self.text(function.owner_type, function, generics) if function.owner_type else _OTHER
        in_trait = function.trait and function.trait == function.owner_type
        own = owner if owner is not None else written
        if in_trait and owner is None:
            own = _OTHER
        ref = with_self(ref, own)
        if owner is not None and not in_trait:
            ref = filled(ref, written, owner, parse_generics(generics))
        return ref if function.path == self.cx.path else without(ref, _open_names(function))

    def target(self, owner: TypeRef) -> TypeRef | None:
        """What a type of some file dereferences to by an `impl Deref` of its own."""
        if owner not in self._targets:
            self._targets[owner] = self._target(owner)
        return self._targets[owner]

    def _target(self, owner: TypeRef) -> TypeRef | None:
        answer = self.cx.index.type(owner.path, near=self.cx.path)
        found: set[TypeRef] = set()
        for fact in answer.candidates:
            for impl in self.cx.index.impls_of(fact):
                given = dict(impl.types).get("Target") if impl.trait.rpartition("::")[2] == "Deref" else None
                if given is not None:
                    ref = self.text(given, impl, impl.generics)
                    written = self.text(impl.type, impl, impl.generics)
                    ref = filled(with_self(ref, owner), written, owner, parse_generics(impl.generics))
                    found.add(without(ref, parse_generics(impl.generics)))
        return found.pop() if len(found) == 1 else None


def homes(cx: Context) -> Homes:
    """The homes of a file's types, kept for the file."""
    return cx.memo(Homes)


def filled(ref: TypeRef, written: TypeRef, actual: TypeRef, generics: tuple[str, ...]) -> TypeRef:
    """A type with the parameters that `written` has in it replaced by what `actual` has in their places."""
    pairs = [
        (pattern.path, given)
        for pattern, given in zip(written.args, actual.args, strict=False)
        if pattern.kind is TypeKind.PATH and pattern.path in generics
    ]
    if not pairs:
        return ref
    return substituted(ref, tuple(name for name, _ in pairs), tuple(given for _, given in pairs))


def without(ref: TypeRef, generics: tuple[str, ...]) -> TypeRef:
    """A type with parameters that nothing was put in for made unknown."""
    if ref.kind is TypeKind.PATH and ref.path in generics:
        return _OTHER
    if not ref.args:
        return ref
    return TypeRef(ref.kind, ref.head, tuple(without(arg, generics) for arg in ref.args), ref.path)


def _open_names(function: FunctionFact) -> tuple[str, ...]:
    return parse_generics(function.owner_generics) + parse_generics(function.generics)
