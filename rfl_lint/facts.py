"""What one file says, as plain data: items, fields, signatures. No nodes, nothing that cannot be pickled.

The file's own tree and the pieces hidden in its macros are read as one text: an item belongs to the innermost
`impl`, `trait`, `mod` or function around it, whichever of the trees that stands in. Doc comments' examples
are programs of their own and say nothing about the file. In a `macro_rules!` body a name may be `$name`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace

from rfl_lint.fact_docs import NO_DOCS, ItemDocs, item_docs, section_names
from rfl_lint.fact_types import (
    FieldFact,
    FileFacts,
    FunctionFact,
    ImplFact,
    MacroFact,
    ModuleFact,
    ParamFact,
    TypeFact,
    UseFact,
    head_name,
)
from rfl_lint.patterns import COMMENT, plain_name, word
from rfl_lint.source import Span
from rfl_lint.syntax import FragmentKind, Node, ParsedFile, span_of

__all__ = [
    "FACT_KINDS",
    "FieldFact",
    "FileFacts",
    "FunctionFact",
    "ImplFact",
    "MacroFact",
    "ModuleFact",
    "ParamFact",
    "TypeFact",
    "UseFact",
    "expand_use",
    "extract_facts",
    "head_name",
    "mentioned_bindings",
]

_TYPE_KINDS: Final = {
    "struct_item": "struct",
    "enum_item": "enum",
    "union_item": "union",
    "type_item": "alias",
    "associated_type": "",
    "trait_item": "trait",
}
_FUNCTIONS: Final = frozenset({"function_item", "function_signature_item"})
_PARTS: Final = frozenset({"attribute_item", "type_item"})
FACT_KINDS: Final = frozenset(
    {
        *_TYPE_KINDS,
        *_FUNCTIONS,
        "impl_item",
        "mod_item",
        "use_declaration",
        "attribute_item",
        "macro_definition",
    }
)
# Atomic, or many comments in a row could be cut into comments in a great many ways.
_GAP: Final = re.compile(rb"(?>(?:\s+|//[^\n]*|/\*.*?\*/)*)", re.DOTALL)
_LIFETIME: Final = re.compile(r"'\w+\s*")
_RAW: Final = re.compile(r"\*\s*(?:const|mut)\b|\bNonNull\b")
_CALLED: Final = re.compile(rb"\b([A-Za-z_]\w*)\s*(?:::\s*<[^()\n]{0,80}>\s*)?\(|::\s*([a-z_]\w*)\s*[,)]")
_NO_CALL: Final = frozenset(
    {"if", "while", "match", "return", "for", "in", "unsafe", "Some", "Ok", "Err", "fn"}
)
_BINDING: Final = re.compile(word(b"bindings::") + rb"([A-Za-z_]\w*)")
_DEFINED: Final = re.compile(rb"\b(?:fn|struct|enum|union|trait|type)\s+([A-Za-z_]\w*)")


def extract_facts(parsed: ParsedFile, within: Span | None = None) -> FileFacts:
    """Read the facts off a parsed file; with a span those of items in it, and of what is around it, among others."""
    reader = _Reader(parsed)
    nodes: list[Node] = []
    for fragment in parsed.fragments:
        if fragment.kind is not FragmentKind.DOC_CODE:
            for kind, found in fragment.find(FACT_KINDS).items():
                # Whose attributes and associated types these are is told by what comes behind them.
                nodes += found if within is None or kind in _PARTS else _around(found, within)
    nodes.sort(key=lambda node: (node.start_byte, -node.end_byte))
    for node in nodes:
        reader.read(node)
    return FileFacts(
        parsed.source.path,
        tuple(reader.types),
        tuple(reader.functions),
        tuple(reader.impls),
        tuple(reader.uses),
        tuple(reader.modules),
        tuple(reader.macros),
        mentioned_bindings(parsed.source.data, reader.uses),
        section_names(reader.docs.inside(0)),
    )


def _around(nodes: list[Node], span: Span) -> list[Node]:
    return [node for node in nodes if node.start_byte < span.end and span.start < node.end_byte]


class _Scope(Struct, frozen=True):
    """What an item may stand in. `owner` is None in a function: an item in there belongs to nobody."""

    end: int
    module: str
    impl: ImplFact | None = None


class _Reader(Struct, dict=True):
    """Reads items in the order of their start; the innermost open scope is on top of the stack."""

    parsed: ParsedFile
    types: list[TypeFact] = field(default_factory=list)
    functions: list[FunctionFact] = field(default_factory=list)
    impls: list[ImplFact] = field(default_factory=list)
    uses: list[UseFact] = field(default_factory=list)
    scopes: list[_Scope] = field(default_factory=list)
    pending: list[tuple[Span, str]] = field(default_factory=list)
    modules: list[ModuleFact] = field(default_factory=list)
    macros: list[MacroFact] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.path = self.parsed.source.path
        self.data = self.parsed.source.data
        self.docs = self.parsed.docs
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
        docs = self._docs(node) if self.docs.runs else NO_DOCS
        if kind in _FUNCTIONS:
            self._function(node, scope, attributes, docs)
        elif kind == "impl_item":
            self._impl(node, scope, attributes)
        elif kind == "mod_item":
            name = self._own_name(node)
            module = f"{scope.module}::{name}" if scope.module else name
            inline = node.child_by_field_name("body") is not None
            is_pub = self._text(node.children[0]) == "pub"
            self.modules.append(ModuleFact(name, span_of(node), scope.module, inline, attributes, is_pub))
            self.scopes.append(_Scope(node.end_byte, module))
        elif kind == "macro_definition":
            self._macro(node, scope, attributes)
        elif kind == "use_declaration":
            argument = node.child_by_field_name("argument")
            if argument is not None:
                is_pub = node.children[0].type == "visibility_modifier"
                for path, alias in expand_use(self._text(argument)):
                    glob = path.endswith("::*")
                    span = span_of(node)
                    self.uses.append(
                        UseFact(path.removesuffix("::*"), alias, glob, span, scope.module, is_pub)
                    )
        elif kind == "type_item" and scope.impl is not None:
            if self.impls and self.impls[-1] is scope.impl:
                given = (self._field(node, "name"), self._field(node, "type"))
                held = replace(scope.impl, types=(*scope.impl.types, given))
                self.impls[-1] = held
                self.scopes[-1] = replace(scope, impl=held)
        else:
            self._type(node, kind, scope, attributes, docs)

    def _text(self, node: Node) -> str:
        return self.data[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def _field(self, node: Node, name: str) -> str:
        child = node.child_by_field_name(name)
        return self._text(child) if child is not None else ""

    def _own_name(self, node: Node) -> str:
        return plain_name(self._field(node, "name"))

    def _adjoins(self, end: int, start: int) -> bool:
        return _GAP.fullmatch(self.data, end, start) is not None

    def _attributes(self, start: int) -> tuple[str, ...]:
        if not self.pending:
            return ()
        held = self._adjoins(self.pending[-1][0].end, start)
        texts = tuple(text for _, text in self.pending) if held else ()
        self.pending.clear()
        return texts

    def _docs(self, node: Node) -> ItemDocs:
        docs = self.docs.of(node.start_byte)
        if not self.docs.inner:
            return item_docs(docs)
        body = node.child_by_field_name("body")
        return item_docs(docs, None if body is None else self.docs.inside(body.start_byte + 1))

    def _macro(self, node: Node, scope: _Scope, attributes: tuple[str, ...]) -> None:
        names = _DEFINED.findall(self.data, node.start_byte, node.end_byte)
        defines = tuple(dict.fromkeys(name.decode() for name in names))
        exported = any("macro_export" in text for text in attributes)
        self.macros.append(MacroFact(self._own_name(node), span_of(node), scope.module, exported, defines))

    def _function(self, node: Node, scope: _Scope, attributes: tuple[str, ...], docs: ItemDocs) -> None:
        name = generics = returns = modifiers = receiver = ""
        params: tuple[ParamFact, ...] = ()
        is_pub = arrow = False
        body: Node | None = None
        for child in node.children:
            kind = child.type
            if arrow:
                returns, arrow = self._text(child), False
            elif kind in ("identifier", "metavariable"):
                name = plain_name(self._text(child))
            elif kind == "parameters":
                receiver, params = self._parameters(child)
            elif kind == "block":
                body = child
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
                body is not None,
                impl.generics if impl else "",
                self._called(body, params, receiver) if body is not None else (),
                docs.sections,
                docs.contract,
            )
        )
        self.scopes.append(_Scope(node.end_byte, scope.module))

    def _called(self, body: Node, params: tuple[ParamFact, ...], receiver: str) -> tuple[str, ...]:
        if not (any(_RAW.search(param.type) for param in params) or _RAW.search(receiver)):
            return ()
        found = _CALLED.findall(self.data, body.start_byte, body.end_byte)
        names = dict.fromkeys((called or named).decode() for called, named in found)
        return tuple(name for name in names if name not in _NO_CALL)

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

    def _type(
        self,
        node: Node,
        kind: str,
        scope: _Scope,
        attributes: tuple[str, ...],
        docs: ItemDocs,
    ) -> None:
        if not _TYPE_KINDS[kind]:
            return
        name = self._own_name(node)
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
                docs.sections,
                docs.contract,
                docs.invariants,
            )
        )
        if kind == "trait_item":
            generics = self._field(node, "type_parameters")
            impl = ImplFact(self.path, name, name, span_of(node), generics, module=scope.module)
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


def mentioned_bindings(data: bytes, uses: Iterable[UseFact]) -> tuple[str, ...]:
    """What of the C bindings a file mentions outside of line comments, or imports."""
    found = {name for use in uses for name in _BINDING.findall(use.path.encode())}
    for match in _BINDING.finditer(data):
        if (
            match[1] not in found
            and b"//" not in data[data.rfind(b"\n", 0, match.start()) + 1 : match.start()]
        ):
            found.add(match[1])
    return tuple(sorted(name.decode() for name in found))


def expand_use(text: str) -> Iterator[tuple[str, str]]:
    """Full path and local name of each name in a `use` argument; a glob's path ends in `::*`."""
    text = COMMENT.sub("", text).replace("r#", "")
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
