"""What one file says, as plain data: items, fields, signatures. No nodes, nothing that cannot be pickled.

The file's own tree and the pieces hidden in its macros are read as one text: an item belongs to the innermost
`impl`, `trait`, `mod` or function around it, whichever of the trees that stands in. Doc comments' examples
are programs of their own and say nothing about the file. In a `macro_rules!` body a name may be `$name`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from rfl_lint.source import Span
from rfl_lint.syntax import FragmentKind, Node, ParsedFile, span_of

_TYPE_KINDS: Final = {
    "struct_item": "struct",
    "enum_item": "enum",
    "union_item": "union",
    "type_item": "alias",
    "associated_type": "",
    "trait_item": "trait",
}
_FUNCTIONS: Final = frozenset({"function_item", "function_signature_item"})
FACT_KINDS: Final = frozenset(
    {*_TYPE_KINDS, *_FUNCTIONS, "impl_item", "mod_item", "use_declaration", "attribute_item"}
)
# Possessive, or many comments in a row could be cut into comments in a great many ways.
_GAP: Final = re.compile(rb"(?>\s+|//[^\n]*|/\*.*?\*/)*+", re.DOTALL)
_COMMENT: Final = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_LIFETIME: Final = re.compile(r"'\w+\s*")


@dataclass(frozen=True, slots=True)
class FieldFact:
    """A field (`0`, `1`, .. in a tuple struct) and its type's text; in an enum a variant and its payload."""

    name: str
    type: str
    span: Span
    attributes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TypeFact:
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

    @property
    def shape(self) -> tuple[object, ...]:
        """What must be equal for two definitions of a name to count as one."""
        return (
            self.kind,
            self.generics,
            self.target,
            tuple((field.name, field.type) for field in self.fields),
        )


@dataclass(frozen=True, slots=True)
class ParamFact:
    """A parameter: its pattern (a name, as a rule) and the text of its type."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class FunctionFact:
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

    @property
    def is_unsafe(self) -> bool:
        """Whether it is declared `unsafe`."""
        return "unsafe" in self.modifiers.split()

    @property
    def shape(self) -> tuple[object, ...]:
        """What must be equal for two definitions of a name to count as one."""
        types = tuple(param.type for param in self.params)
        return (self.owner, self.owner_type, self.receiver, types, self.returns, self.modifiers)


@dataclass(frozen=True, slots=True)
class ImplFact:
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

    @property
    def owner(self) -> str:
        """The last path segment of the type."""
        return head_name(self.type)


@dataclass(frozen=True, slots=True)
class UseFact:
    """One imported name: its full path, the name it has here (empty for a glob), and where."""

    path: str
    alias: str
    glob: bool
    span: Span
    module: str = ""


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What one file says."""

    path: str
    types: tuple[TypeFact, ...] = ()
    functions: tuple[FunctionFact, ...] = ()
    impls: tuple[ImplFact, ...] = ()
    uses: tuple[UseFact, ...] = ()


def extract_facts(parsed: ParsedFile) -> FileFacts:
    """Read the facts off a parsed file."""
    reader = _Reader(parsed)
    nodes: list[Node] = []
    for fragment in parsed.fragments:
        if fragment.kind is not FragmentKind.DOC_CODE:
            for found in fragment.find(FACT_KINDS).values():
                nodes += found
    nodes.sort(key=lambda node: (node.start_byte, -node.end_byte))
    for node in nodes:
        reader.read(node)
    return FileFacts(
        parsed.source.path,
        tuple(reader.types),
        tuple(reader.functions),
        tuple(reader.impls),
        tuple(reader.uses),
    )


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


@dataclass(frozen=True, slots=True)
class _Scope:
    """What an item may stand in. `owner` is None in a function: an item in there belongs to nobody."""

    end: int
    module: str
    impl: ImplFact | None = None


@dataclass
class _Reader:
    """Reads items in the order of their start; the innermost open scope is on top of the stack."""

    parsed: ParsedFile
    types: list[TypeFact] = field(default_factory=list)
    functions: list[FunctionFact] = field(default_factory=list)
    impls: list[ImplFact] = field(default_factory=list)
    uses: list[UseFact] = field(default_factory=list)
    scopes: list[_Scope] = field(default_factory=list)
    pending: list[tuple[Span, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.path = self.parsed.source.path
        self.data = self.parsed.source.data
        self.scopes.append(_Scope(len(self.data) + 1, ""))

    def read(self, node: Node) -> None:
        """Take in one item or attribute."""
        start = node.start_byte
        while self.scopes[-1].end <= start:
            self.scopes.pop()
        kind = node.type
        if kind == "attribute_item":
            if self.pending and not self._adjoins(self.pending[-1][0].end, start):
                self.pending.clear()
            self.pending.append((span_of(node), self._text(node)))
            return
        attributes = self._attributes(start)
        scope = self.scopes[-1]
        if kind in _FUNCTIONS:
            self._function(node, scope, attributes)
        elif kind == "impl_item":
            self._impl(node, scope, attributes)
        elif kind == "mod_item":
            name = self._field(node, "name")
            module = f"{scope.module}::{name}" if scope.module else name
            self.scopes.append(_Scope(node.end_byte, module))
        elif kind == "use_declaration":
            argument = node.child_by_field_name("argument")
            if argument is not None:
                for path, alias in expand_use(self._text(argument)):
                    glob = path.endswith("::*")
                    self.uses.append(
                        UseFact(path.removesuffix("::*"), alias, glob, span_of(node), scope.module)
                    )
        elif not (kind == "type_item" and scope.impl is not None):
            self._type(node, kind, scope, attributes)

    def _text(self, node: Node) -> str:
        return self.data[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def _field(self, node: Node, name: str) -> str:
        child = node.child_by_field_name(name)
        return self._text(child) if child is not None else ""

    def _adjoins(self, end: int, start: int) -> bool:
        return _GAP.fullmatch(self.data, end, start) is not None

    def _attributes(self, start: int) -> tuple[str, ...]:
        if not self.pending:
            return ()
        held = self._adjoins(self.pending[-1][0].end, start)
        texts = tuple(text for _, text in self.pending) if held else ()
        self.pending.clear()
        return texts

    def _function(self, node: Node, scope: _Scope, attributes: tuple[str, ...]) -> None:
        name = generics = returns = modifiers = receiver = ""
        params: tuple[ParamFact, ...] = ()
        is_pub = has_body = arrow = False
        for child in node.children:
            kind = child.type
            if arrow:
                returns, arrow = self._text(child), False
            elif kind in ("identifier", "metavariable"):
                name = self._text(child)
            elif kind == "parameters":
                receiver, params = self._parameters(child)
            elif kind == "block":
                has_body = True
            elif kind == "->":
                arrow = True
            elif kind == "visibility_modifier":
                is_pub = True
            elif kind == "function_modifiers":
                modifiers = self._text(child)
            elif kind == "type_parameters":
                generics = self._text(child)
        impl = scope.impl
        self.functions.append(
            FunctionFact(
                self.path,
                name,
                impl.owner if impl else "",
                span_of(node),
                impl.type if impl else "",
                impl.trait if impl else "",
                receiver,
                params,
                returns,
                generics,
                modifiers,
                attributes,
                scope.module,
                is_pub,
                has_body,
            )
        )
        self.scopes.append(_Scope(node.end_byte, scope.module))

    def _parameters(self, node: Node) -> tuple[str, tuple[ParamFact, ...]]:
        receiver, params = "", []
        for child in node.named_children:
            kind = child.type
            if kind == "self_parameter":
                words = _LIFETIME.sub("", self._text(child)).replace("&", "").split()
                receiver = "self" if b"&" not in self.data[child.start_byte : child.end_byte] else "&self"
                if receiver == "&self" and "mut" in words:
                    receiver = "&mut self"
            elif kind == "parameter":
                name = self._field(child, "pattern").removeprefix("mut ").strip()
                if name == "self":
                    receiver = f"self: {self._field(child, 'type')}"
                else:
                    params.append(ParamFact(name, self._field(child, "type")))
        return receiver, tuple(params)

    def _impl(self, node: Node, scope: _Scope, attributes: tuple[str, ...]) -> None:
        children = node.children
        where = next((self._text(child) for child in children if child.type == "where_clause"), "")
        fact = ImplFact(
            self.path, self._field(node, "type"), self._field(node, "trait"), span_of(node),
            self._field(node, "type_parameters"), where, attributes, scope.module,
            is_unsafe=any(child.type == "unsafe" for child in children),
        )  # fmt: skip
        self.impls.append(fact)
        self.scopes.append(_Scope(node.end_byte, scope.module, fact))

    def _type(self, node: Node, kind: str, scope: _Scope, attributes: tuple[str, ...]) -> None:
        if not _TYPE_KINDS[kind]:
            return
        name = self._field(node, "name")
        body = node.child_by_field_name("body")
        self.types.append(
            TypeFact(
                self.path,
                name,
                _TYPE_KINDS[kind],
                span_of(node),
                tuple(self._fields(body)) if body is not None and kind != "trait_item" else (),
                self._field(node, "type_parameters"),
                self._field(node, "type"),
                attributes,
                scope.module,
                any(child.type == "visibility_modifier" for child in node.children),
            )
        )
        if kind == "trait_item":
            impl = ImplFact(self.path, name, name, span_of(node), module=scope.module)
            self.scopes.append(_Scope(node.end_byte, scope.module, impl))

    def _fields(self, body: Node) -> Iterator[FieldFact]:
        attributes: list[str] = []
        index = 0
        for child in body.named_children:
            kind = child.type
            if kind == "attribute_item":
                attributes.append(self._text(child))
                continue
            if kind == "field_declaration":
                found = (self._field(child, "name"), self._field(child, "type"))
            elif kind == "enum_variant":
                found = (self._field(child, "name"), self._field(child, "body"))
            elif kind in ("visibility_modifier", "line_comment", "block_comment"):
                continue
            else:
                found = (str(index), self._text(child))
                index += 1
            yield FieldFact(*found, span_of(child), tuple(attributes))
            attributes.clear()


def expand_use(text: str) -> Iterator[tuple[str, str]]:
    """Full path and local name of each name in a `use` argument; a glob's path ends in `::*`."""
    text = _COMMENT.sub("", text)
    if "{" not in text:
        yield from _leaf("", text)
        return
    prefixes, pending = [""], ""
    for part in re.findall(r"[^{},]+|[{},]", text):
        if part == "{":
            prefixes.append(prefixes[-1] + pending)
            pending = ""
        elif part == "}":
            if len(prefixes) > 1:
                prefixes.pop()
        elif part != ",":
            pending = "".join(part.split()) if part.rstrip().endswith("::") else ""
            if not pending:
                yield from _leaf(prefixes[-1], part)


def _leaf(prefix: str, text: str) -> Iterator[tuple[str, str]]:
    name, _, alias = text.partition(" as ")
    name, alias = "".join(name.split()), alias.strip()
    if not name:
        return
    path = (prefix + name).removesuffix("::self").removeprefix("::")
    if path.endswith("*"):
        yield path, ""
    else:
        yield path, alias or path.rpartition("::")[2]
