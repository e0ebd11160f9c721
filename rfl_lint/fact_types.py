"""The facts of one file as plain data: no nodes, nothing that cannot be pickled.

A name in a `macro_rules!` body may be `$name`.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from rfl_lint.source import Span

_LIFETIME: Final = re.compile(r"'\w+\s*")


class Contract(Struct, frozen=True):
    """What a section asks for, one by one: `# Safety` of an unsafe function or trait, `# Invariants` of a type.

    `span` is the heading.
    `listed` tells whether the requirements are items of a list.
    """

    requirements: tuple[str, ...]
    listed: bool
    span: Span


class FieldFact(Struct, frozen=True):
    """A field (`0`, `1`, .. in a tuple struct) and its type's text; in an enum a variant and its payload."""

    name: str
    type: str
    span: Span
    attributes: tuple[str, ...] = ()


class TypeFact(Struct, frozen=True):
    """A struct, enum, union, alias or trait. `target` is what an alias stands for; `module` as in `a::b`."""

    path: str
    name: str
    kind: str
    span: Span
    fields: tuple[FieldFact, ...] = ()
    generics: str = ""
    target: str = ""
    attributes: tuple[str, ...] = ()
    module: str = ""
    is_pub: bool = False
    sections: tuple[str, ...] = ()
    """The headings of its docs, lower case: `safety`, `invariants`."""
    contract: Contract | None = None
    invariants: Contract | None = None

    @property
    def shape(self) -> tuple[object, ...]:
        """What must be equal for two definitions of a name to count as one."""
        return (
            self.kind,
            self.generics,
            self.target,
            tuple((field.name, field.type) for field in self.fields),
        )


class ParamFact(Struct, frozen=True):
    """A parameter: its pattern (a name, as a rule) and the text of its type."""

    name: str
    type: str


class FunctionFact(Struct, frozen=True):
    """A function or method, with or without a body.

    `owner` is the last path segment of the type it is a method of (the trait's name inside a `trait`), empty
    for a free function; `owner_type` is that type as written. `trait` is set inside a trait and its impls.
    `receiver` is empty, `self`, `&self`, `&mut self` or `self: <type>`, with lifetimes and `mut` dropped.
    """

    path: str
    name: str
    owner: str
    span: Span
    owner_type: str = ""
    trait: str = ""
    receiver: str = ""
    params: tuple[ParamFact, ...] = ()
    returns: str = ""
    generics: str = ""
    modifiers: str = ""
    attributes: tuple[str, ...] = ()
    module: str = ""
    is_pub: bool = False
    has_body: bool = True
    owner_generics: str = ""
    """The generic parameters of the `impl` or trait around it."""
    calls: tuple[str, ...] = ()
    """Every name that stands before a `(` in the body, if a parameter is a raw pointer: nobody asks of others."""
    sections: tuple[str, ...] = ()
    """The headings of its docs, lower case: `safety`, `panics`."""
    contract: Contract | None = None

    @property
    def is_unsafe(self) -> bool:
        """Whether it is declared `unsafe`."""
        return "unsafe" in self.modifiers.split()

    @property
    def shape(self) -> tuple[object, ...]:
        """What must be equal for two definitions of a name to count as one."""
        types = tuple(param.type for param in self.params)
        return (self.owner, self.owner_type, self.receiver, types, self.returns, self.modifiers)


class ImplFact(Struct, frozen=True):
    """An `impl` block: `trait` is empty for an inherent one; `where` is the text of its where clause."""

    path: str
    type: str
    trait: str
    span: Span
    generics: str = ""
    where: str = ""
    attributes: tuple[str, ...] = ()
    module: str = ""
    is_unsafe: bool = False
    types: tuple[tuple[str, str], ...] = ()
    """Its associated types: name and text."""

    @property
    def owner(self) -> str:
        """The last path segment of the type."""
        return head_name(self.type)


class UseFact(Struct, frozen=True):
    """One imported name: its full path, the name it has here (empty for a glob), and where."""

    path: str
    alias: str
    glob: bool
    span: Span
    module: str = ""
    is_pub: bool = False


class ModuleFact(Struct, frozen=True):
    """A `mod`: with its items in braces here, or (`inline` is false) in a file of its own."""

    name: str
    span: Span
    module: str = ""
    inline: bool = True
    attributes: tuple[str, ...] = ()
    is_pub: bool = False
    """Whether it is plainly `pub`; `pub(crate)` is not."""


class MacroFact(Struct, frozen=True):
    """A `macro_rules!`. `defines` are the functions, types and traits whose plain names its body writes out."""

    name: str
    span: Span
    module: str = ""
    is_exported: bool = False
    defines: tuple[str, ...] = ()


class FileFacts(Struct, frozen=True):
    """What one file says. `bindings` are the names behind `bindings::` that it mentions, sorted."""

    path: str
    types: tuple[TypeFact, ...] = ()
    functions: tuple[FunctionFact, ...] = ()
    impls: tuple[ImplFact, ...] = ()
    uses: tuple[UseFact, ...] = ()
    modules: tuple[ModuleFact, ...] = ()
    macros: tuple[MacroFact, ...] = ()
    bindings: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    """The headings of the file's own docs."""


def head_name(type_text: str) -> str:
    """The last path segment of a type as written: `Foo` of `&'a mut a::Foo<T>`; empty where there is none."""
    text = type_text.lstrip("&* \t\n")
    text = _LIFETIME.sub("", text) if text.startswith("'") else text
    for prefix in ("mut ", "const ", "dyn ", "impl "):
        text = text.removeprefix(prefix).lstrip()
    if text.startswith("<"):
        return ""
    name = text.partition("<")[0].strip().removesuffix("::").rpartition("::")[2].strip()
    return name if name.removeprefix("$").isidentifier() else ""
