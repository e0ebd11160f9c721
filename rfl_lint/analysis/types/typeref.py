"""A type as it is written, taken apart into a small value. Nothing is looked up."""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache
from typing import Final

from msgspec import Struct

from rfl_lint.patterns import COMMENT

_TOKEN: Final = re.compile(r"'\w+|\$?\w+|::|->|\S")
_NO_PATH: Final = frozenset({"dyn", "impl", "fn", "unsafe", "extern", "for"})
_WRAPPERS: Final = frozenset({"Result", "Option"})
_MAX_DEPTH: Final = 40


class TypeKind(Enum):
    """How a type is built."""

    PATH = "path"
    REF = "&"
    REF_MUT = "&mut"
    PTR_CONST = "*const"
    PTR_MUT = "*mut"
    SLICE = "slice"
    ARRAY = "array"
    TUPLE = "tuple"
    OTHER = "other"
    """`fn(..)`, `dyn`, `impl`, `!`, `<T as Trait>::Name`, a constant as a generic argument."""

    __hash__ = object.__hash__  # Enum's is written in Python, and types are keys of what is known of them


class TypeRef(Struct, frozen=True):
    """A type as written, taken apart.

    `head` is the last path segment of a PATH and empty otherwise; `path` the whole path without generics.
    `args` are the generic arguments (lifetimes left out), the target of a pointer or reference, the element
    of a slice or array, or the members of a tuple.
    """

    kind: TypeKind
    head: str = ""
    args: tuple[TypeRef, ...] = ()
    path: str = ""

    @property
    def is_reference(self) -> bool:
        """Whether it is `&T` or `&mut T`."""
        return self.kind in (TypeKind.REF, TypeKind.REF_MUT)

    @property
    def is_raw_pointer(self) -> bool:
        """Whether it is `*const T` or `*mut T`."""
        return self.kind in (TypeKind.PTR_CONST, TypeKind.PTR_MUT)

    @property
    def target(self) -> TypeRef | None:
        """What a pointer or reference points to, or the first generic argument."""
        return self.args[0] if self.args else None

    @property
    def referent(self) -> TypeRef:
        """The type with references stripped."""
        found = self
        while found.is_reference and found.args:
            found = found.args[0]
        return found


_OTHER: Final = TypeRef(TypeKind.OTHER)


@lru_cache(maxsize=4096)
def parse_type(text: str) -> TypeRef:
    """Take the text of a type apart; what is no type comes back as OTHER."""
    return _TypeParser(_TOKEN.findall(COMMENT.sub("", text))).type(0)


class _TypeParser(Struct):
    pieces: list[str]
    at: int = 0

    def _peek(self) -> str:
        return self.pieces[self.at] if self.at < len(self.pieces) else ""

    def _next(self) -> str:
        piece = self._peek()
        self.at += 1
        return piece

    def type(self, depth: int) -> TypeRef:
        piece = self._peek()
        if depth > _MAX_DEPTH or not piece:
            self.at = len(self.pieces)
            return _OTHER
        if piece == "&":
            return self._reference(depth)
        if piece == "*":
            self._next()
            kind = TypeKind.PTR_MUT if self._next() == "mut" else TypeKind.PTR_CONST
            return TypeRef(kind, args=(self.type(depth + 1),))
        if piece == "[":
            self._next()
            element = self.type(depth + 1)
            kind = TypeKind.ARRAY if self._peek() == ";" else TypeKind.SLICE
            self._skip_to("]")
            return TypeRef(kind, args=(element,))
        if piece == "(":
            self._next()
            members = self._list(")", depth)
            if len(members) == 1 and not members[0][1]:
                return members[0][0]
            return TypeRef(TypeKind.TUPLE, args=tuple(member for member, _ in members))
        if piece in _NO_PATH or not (_is_word(piece) or piece == "::"):
            self._skip_bound()
            return _OTHER
        return self._path(depth)

    def _reference(self, depth: int) -> TypeRef:
        self._next()
        while self._peek().startswith("'"):
            self._next()
        kind = TypeKind.REF
        if self._peek() == "mut":
            self._next()
            kind = TypeKind.REF_MUT
        return TypeRef(kind, args=(self.type(depth + 1),))

    def _path(self, depth: int) -> TypeRef:
        words: list[str] = []
        args: tuple[TypeRef, ...] = ()
        while True:
            piece = self._peek()
            if piece == "::":
                self._next()
            elif piece == "<":
                self._next()
                args = tuple(arg for arg, _ in self._list(">", depth))
            elif _is_word(piece) and (not words or self.pieces[self.at - 1] == "::"):
                words.append(self._next())
                args = ()
            else:
                break
        if self._peek() == "(":  # Fn(A) -> B
            self._skip_bound()
            return _OTHER
        if not words or words == ["_"]:
            return _OTHER
        return TypeRef(TypeKind.PATH, words[-1], args, "::".join(words))

    def _list(self, closer: str, depth: int) -> list[tuple[TypeRef, bool]]:
        """Types up to the closer, each with whether a comma follows it."""
        found: list[tuple[TypeRef, bool]] = []
        while self._peek() and self._peek() != closer:
            if self._peek().startswith("'"):
                self._next()
            elif self.at + 1 < len(self.pieces) and self.pieces[self.at + 1] == "=":
                self.at += 2
                self.type(depth + 1)
            else:
                before = self.at
                member = self.type(depth + 1)
                if self.at == before:
                    self._next()
                found.append((member, self._peek() == ","))
            while self._peek() and self._peek() not in (",", closer):
                self._skip_one()
            if self._peek() == ",":
                self._next()
        self._next()
        return found

    def _skip_one(self) -> None:
        """One piece, or all up to the closer that matches an opening one."""
        closer = {"(": ")", "[": "]", "<": ">", "{": "}"}.get(self._next())
        if closer:
            self._skip_to(closer)

    def _skip_to(self, closer: str) -> None:
        opener = {")": "(", "]": "[", ">": "<", "}": "{"}[closer]
        open_count = 1
        while open_count and self._peek():
            piece = self._next()
            open_count += (piece == opener) - (piece == closer)

    def _skip_bound(self) -> None:
        """The rest of a type that is not taken apart."""
        while self._peek() and self._peek() not in (",", ">", ")", "]", ";", "="):
            self._skip_one()


def _is_word(piece: str) -> bool:
    return piece.removeprefix("$").isidentifier()


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


def type_text(ref: TypeRef) -> str:
    """A type as one would write it, in short: the last word of a path, `_` for what is not taken apart."""
    args = [type_text(arg) for arg in ref.args]
    if ref.kind is TypeKind.PATH:
        return f"{ref.head}<{', '.join(args)}>" if args else ref.head
    if ref.kind is TypeKind.TUPLE:
        return f"({', '.join(args)})"
    if ref.kind in (TypeKind.SLICE, TypeKind.ARRAY):
        return f"[{args[0] if args else '_'}{'; _' if ref.kind is TypeKind.ARRAY else ''}]"
    if ref.kind is TypeKind.OTHER:
        return "_"
    return f"{ref.kind.value}{'' if ref.kind is TypeKind.REF else ' '}{args[0] if args else '_'}"


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
