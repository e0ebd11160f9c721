"""Comments that appeal to a type invariant which the type's docs do not state.

`By the type invariant` in a method is about the type of the `impl`, or of the variable that the comment speaks of;
`the invariants of `Foo`` about `Foo`. Silent wherever the appeal may mean something that is documented: a field or
type that the comment names, a parameter, what the function builds, or an invariant that the type's definition mentions
without a section for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct

from rfl_lint.analysis.code.scopes import enclosing_impl, scopes
from rfl_lint.analysis.comments.documentation import tagged_comments
from rfl_lint.analysis.comments.tags import Section
from rfl_lint.analysis.invariants.constructions import constructions
from rfl_lint.analysis.types.inference import function_of, types
from rfl_lint.analysis.types.typeref import TypeKind, TypeRef, parse_generics, parse_type
from rfl_lint.facts import TypeFact
from rfl_lint.rule import Context
from rfl_lint.source import Span
from rfl_lint.syntax import Node, span_of

_TAGS: Final = ("SAFETY", "INVARIANT")
_GAP: Final = rb"[\s/*]+"
_APPEAL: Final = re.compile(
    rb"\b(?P<whose>(?:its|their|the|our|this|these|as|by|per|of|and)" + _GAP + rb")?"
    rb"(?P<phrase>(?P<type>(?:type|struct|safety)" + _GAP + rb")?invariants?)\b"
    rb"(?:"
    + _GAP
    + rb"(?:of|on|for|from)"
    + _GAP
    + rb"(?:the"
    + _GAP
    + rb"|an?"
    + _GAP
    + rb"|our"
    + _GAP
    + rb")?"
    rb"(?P<name>\[?`[^`\n]+`|[\w:.]+))?"
)
_DOCUMENTED: Final = re.compile(rb"(?i)invariant")
_QUOTED: Final = re.compile(rb"`([^`\n]+)`")
_WORD: Final = re.compile(rb"\w+")
_TYPE_NAME: Final = re.compile(r"(?:\w+::)*[A-Z]\w*")
_FIELD: Final = re.compile(r"(?:self|this|me)\.(\w+)|^(\w+)$")
# `x` and `x.f()`: a name that a comment speaks of.
_ROOT: Final = re.compile(r"[&*]*(?:mut )?([a-z_]\w*)(?:$|[.\[])")
_RECEIVERS: Final = ("self", "this", "me")
_DOCS_ABOVE: Final = 6_000
_NOT_OURS: Final = (b"its", b"their")


class Appeal(Struct, frozen=True):
    """A comment's appeal to an invariant of `fact`, whose docs state none; `span` is the phrase."""

    section: Section
    span: Span
    fact: TypeFact


def unstated(cx: Context) -> Iterator[Appeal]:
    """The appeals of a file that nothing documented stands behind."""
    if b"nvariant" not in cx.source.data:
        return
    for tag in _TAGS:
        for section, _ in tagged_comments(cx, tag):
            if section.line.introducer(cx.source.data)[:3] not in (b"///", b"//!"):
                yield from _appeals(cx, section)


def _appeals(cx: Context, section: Section) -> Iterator[Appeal]:
    data = cx.source.data
    for found in _APPEAL.finditer(data, section.marker.end, section.span.end):
        named, whose = found["name"], (found["whose"] or b"").split()
        if named is None and (not found["type"] or (whose and whose[0] in _NOT_OURS)):
            continue
        where = _node_at(cx, section.span.start)
        fact = (
            _named(cx, named.decode("utf-8", "replace"), where)
            if named is not None
            else _meant(cx, section, where)
        )
        if (
            fact is None
            or not _is_undocumented(cx, fact)
            or _may_mean_another(cx, section, where, fact, named=named is not None)
        ):
            continue
        yield Appeal(section, Span(found.start("phrase"), found.end("phrase")), fact)


def _node_at(cx: Context, offset: int) -> Node:
    """What stands around a comment, in the innermost piece of code."""
    for fragment in reversed(list(cx.parsed.fragments_at(offset))):
        node = fragment.root.descendant_for_byte_range(offset, offset + 1)
        if node is not None and fragment.span.start <= offset < fragment.span.end:
            return node
    return cx.parsed.root


def _own(cx: Context, where: Node) -> TypeFact | None:
    """The type of the `impl` around a comment; None in a trait, whose types are not known."""
    impl = enclosing_impl(where, cx)
    ref = types(cx).self_type(where) if impl is not None and impl.type == "impl_item" else None
    return _fact(cx, ref) if ref is not None else None


def _meant(cx: Context, section: Section, where: Node) -> TypeFact | None:
    """The type whose invariant a comment means that names none: that of the one value it speaks of, or the own one."""
    own = _own(cx, where)
    quoted = _QUOTED.findall(cx.source.data, section.span.start, section.span.end)
    names = [name.decode("utf-8", "replace") for name in quoted]
    roots = [found[1] for name in names if (found := _ROOT.match(name)) is not None]
    if own is None or any(root in _RECEIVERS for root in roots) or _speaks_of(names, own):
        return own
    for root in roots:
        binding = scopes(cx).named(root, where)
        ref = types(cx).of_binding(binding) if binding is not None else None
        if (
            ref is not None
            and ref.referent.kind is TypeKind.PATH
            and cx.index.type(ref.referent.path, near=cx.path).only
        ):
            return None if _documents(cx, ref.referent) else _fact(cx, ref.referent)
    return own


def _named(cx: Context, text: str, where: Node) -> TypeFact | None:
    text = text.strip("[`&*").removeprefix("mut ")
    if text in ("self", "Self"):
        return _own(cx, where)
    if not _TYPE_NAME.match(text):
        return None
    ref = types(cx).resolved(types(cx).homes.here(parse_type(text), where.start_byte), where)
    # A comment's short name may mean another type than it would in code.
    return _fact(cx, ref) if ref is not None and not _documents(cx, ref) else None


def _fact(cx: Context, ref: TypeRef) -> TypeFact | None:
    """The one definition of a type, where nothing that it is made of documents invariants."""
    fact = cx.index.type(ref.path, near=cx.path).only if ref.kind is TypeKind.PATH else None
    if fact is None or fact.kind not in ("struct", "enum", "union"):
        return None
    return None if any(_documents(cx, part) for arg in ref.args for part in _parts(arg)) else fact


def _parts(ref: TypeRef) -> Iterator[TypeRef]:
    waiting = [ref]
    while waiting:
        current = waiting.pop()
        yield current
        waiting += current.args


def _documents(cx: Context, ref: TypeRef) -> bool:
    """Whether a type of this name, whichever of several, documents invariants."""
    return ref.kind is TypeKind.PATH and ref.head in cx.index.with_invariants(cx.path)


def _is_undocumented(cx: Context, fact: TypeFact) -> bool:
    """Whether the docs and the definition of a type do not even mention an invariant."""
    other = cx.other(fact.path)
    if other is None:
        return False
    data = other.source.data
    before = data[max(0, fact.span.start - _DOCS_ABOVE) : fact.span.start]
    # Docs and attributes of the type itself, back to the end of the item above.
    for line in reversed(before.splitlines()):
        text = line.strip()
        if text.endswith((b"}", b";")) and not text.startswith((b"//", b"#", b"*")):
            break
        if _DOCUMENTED.search(text):
            return False
    return _DOCUMENTED.search(data, fact.span.start, fact.span.end) is None


def _may_mean_another(cx: Context, section: Section, where: Node, fact: TypeFact, *, named: bool) -> bool:
    """Whether the comment, or the function around it, has to do with another type that documents invariants."""
    quoted = _QUOTED.findall(cx.source.data, section.span.start, section.span.end)
    names = [name.decode("utf-8", "replace") for name in quoted]
    if any(_documents(cx, part) for ref in _mentioned(names, fact) for part in _parts(ref)):
        return True
    if named or _speaks_of(names, fact):
        return False
    function = function_of(where, cx)
    if function is None:
        return False
    # Through a field with invariants of its own the code may rely on those.
    words = set(_WORD.findall(cx.source.data, function.span.start, function.span.end))
    written = [param.type for param in function.params] + [function.returns]
    others = [*_held(fact, words), *(parse_type(text) for text in written if text)]
    if any(_documents(cx, part) for ref in others for part in _parts(ref)):
        return True
    return any(function.span.contains(span_of(built.node)) for built in constructions(cx))


def _speaks_of(names: Iterable[str], fact: TypeFact) -> bool:
    """Whether a comment names what is the type's own: a field, or a parameter of its generics."""
    own = {field.name for field in fact.fields if not field.name.isdigit()} | set(
        parse_generics(fact.generics)
    )
    return any((dotted or bare) in own for name in names for dotted, bare in _FIELD.findall(name))


def _held(fact: TypeFact, words: set[bytes]) -> Iterator[TypeRef]:
    """The types of the fields that some code mentions."""
    return (parse_type(field.type) for field in fact.fields if field.name.encode() in words)


def _mentioned(names: Iterable[str], fact: TypeFact) -> Iterator[TypeRef]:
    """The types that a comment names, and those of the fields that it names."""
    fields = {field.name: field.type for field in fact.fields}
    for name in names:
        if _TYPE_NAME.match(name.strip("&*[")):
            yield parse_type(name.strip("&*["))
        for dotted, bare in _FIELD.findall(name):
            held = fields.get(dotted or bare)
            if held:
                yield parse_type(held)
