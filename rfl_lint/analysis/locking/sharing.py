"""Whether several threads may have a type at once: it is `Sync`, or sits in an `Arc`, by itself or inside another."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from rfl_lint.analysis.types.typeref import TypeRef, parse_type
from rfl_lint.facts import TypeFact, head_name
from rfl_lint.index import Index
from rfl_lint.source import Span

_COUNTED: Final = frozenset({"Arc", "ArcBorrow", "ListArc", "ARef"})
# What lets one at a time at what is inside.
_EXCLUDING: Final = frozenset(
    {
        "Mutex",
        "SpinLock",
        "Lock",
        "LockedBy",
        "GlobalLock",
        "GlobalLockedBy",
        "RwLock",
        "RwSemaphore",
        "SpinLockIrq",
    }
)
_MAX_HOLDERS: Final = 3


class Sharing(Struct, frozen=True):
    """How a type is shared: by `unsafe impl Sync`, or in an `Arc`; at `span` of `path`.

    `holder` is the type that is, if the one asked about lies inside of that.
    """

    words: str
    span: Span
    path: str
    holder: str = ""


def sharing(owner: TypeFact, index: Index) -> Sharing | None:
    """How several threads may have values of a type at once; None where nothing tells of it."""
    waiting, seen = [(owner, 0)], {(owner.path, owner.span.start)}
    while waiting:
        fact, depth = waiting.pop(0)
        found = _shared(fact, index)
        if found is not None:
            words, span, path = found
            return Sharing(words, span, path, "" if fact is owner else fact.name)
        for holder in _holders(fact, index) if depth < _MAX_HOLDERS else ():
            if (holder.path, holder.span.start) not in seen:
                seen.add((holder.path, holder.span.start))
                waiting.append((holder, depth + 1))
    return None


def _shared(fact: TypeFact, index: Index) -> tuple[str, Span, str] | None:
    for impl in index.impls_of(fact):
        if head_name(impl.trait) == "Sync":
            return f"`{fact.name}` is `Sync`", impl.span, impl.path
        for function in index.files[impl.path].functions:
            inside = impl.span.start <= function.span.start < impl.span.end
            if inside and any(
                ref.head in _COUNTED for ref in _parts(parse_type(function.receiver.partition(":")[2]))
            ):
                return f"`{fact.name}` sits in an `Arc`", function.span, function.path
    for text, span, path in _mentions(fact, index):
        for ref in _parts(parse_type(text)):
            if ref.head in _COUNTED and ref.args and _is(ref.args[0], fact, path, index):
                return f"`{fact.name}` sits in an `{ref.head}`", span, path
    return None


def _holders(fact: TypeFact, index: Index) -> Iterator[TypeFact]:
    """The types that hold one by value."""
    word = re.compile(rf"\b{re.escape(fact.name)}\b")
    for path, file in index.files.items():
        for other in file.types:
            for field in other.fields:
                if word.search(field.type) and any(
                    _is(ref, fact, path, index) for ref in _parts(parse_type(field.type), by_value=True)
                ):
                    yield other
                    break


def _mentions(fact: TypeFact, index: Index) -> Iterator[tuple[str, Span, str]]:
    """The types of fields, parameters and results in which a name stands behind an `Arc`."""
    word = re.compile(rf"\b(?:{'|'.join(sorted(_COUNTED))})\s*<[^;]*\b{re.escape(fact.name)}\b")
    for path, file in index.files.items():
        for other in file.types:
            for field in other.fields:
                if word.search(field.type):
                    yield field.type, field.span, path
        for function in file.functions:
            for text in (*(param.type for param in function.params), function.returns):
                if text and word.search(text):
                    yield text, function.span, path


def _parts(ref: TypeRef, *, by_value: bool = False) -> Iterator[TypeRef]:
    """A type and what stands in its arguments; of values only what lies in them and may be reached by several."""
    waiting = [ref]
    while waiting:
        part = waiting.pop()
        if by_value and (part.is_reference or part.is_raw_pointer or part.head in _EXCLUDING | _COUNTED):
            continue
        if by_value and part.head in ("NonNull", "PhantomData"):
            continue
        yield part
        waiting += part.args


def _is(ref: TypeRef, fact: TypeFact, near: str, index: Index) -> bool:
    if ref.head != fact.name:
        return False
    return any(
        (each.path, each.span.start) == (fact.path, fact.span.start)
        for each in index.type(ref.path, near=near).candidates
    )
