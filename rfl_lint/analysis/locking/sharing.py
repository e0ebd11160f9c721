"""Whether several threads may have a type at once: it is `Sync`, or sits in an `Arc`, by itself or inside another."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from rfl_lint.analysis.types.typeref import TypeRef, parse_type
from rfl_lint.facts import FunctionFact, TypeFact, head_name
from rfl_lint.index import Index
from rfl_lint.source import Span

_WORD: Final = re.compile(r"\w+")
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
        for function in _counted_receivers(impl.path, index):
            if impl.span.start <= function.span.start < impl.span.end:
                return f"`{fact.name}` sits in an `Arc`", function.span, function.path
    for text, span, path in _mentions(fact, index):
        for ref in _parts(parse_type(text)):
            if ref.head in _COUNTED and ref.args and _is(ref.args[0], fact, path, index):
                return f"`{fact.name}` sits in an `{ref.head}`", span, path
    return None


def _holders(fact: TypeFact, index: Index) -> Iterator[TypeFact]:
    """The types that hold one by value."""
    for other, texts in index.once(("fields by word",), lambda: _fields_by_word(index)).get(fact.name, ()):
        if any(
            _is(ref, fact, other.path, index)
            for text in texts
            for ref in _parts(parse_type(text), by_value=True)
        ):
            yield other


def _mentions(fact: TypeFact, index: Index) -> Iterator[tuple[str, Span, str]]:
    """The types of fields, parameters and results in which a name stands behind an `Arc`."""
    word = re.compile(rf"\b(?:{'|'.join(sorted(_COUNTED))})\s*<[^;]*\b{re.escape(fact.name)}\b")
    every = index.once(("counted by word",), lambda: _counted_by_word(index))
    return (each for each in every.get(fact.name, ()) if word.search(each[0]))


def _counted_receivers(path: str, index: Index) -> list[FunctionFact]:
    """The methods of a file that take an `Arc` of their object, in order."""

    def found() -> list[FunctionFact]:
        return [
            function
            for function in index.files[path].functions
            if ":" in function.receiver
            and any(ref.head in _COUNTED for ref in _parts(parse_type(function.receiver.partition(":")[2])))
        ]

    return index.once(("counted receivers", path), found)


def _fields_by_word(index: Index) -> dict[str, list[tuple[TypeFact, list[str]]]]:
    """The types that mention a word in what their fields are, with what these are, by the word."""
    found: dict[str, list[tuple[TypeFact, list[str]]]] = {}
    for file in index.files.values():
        for fact in file.types:
            own: dict[str, list[str]] = {}
            for field in fact.fields:
                for word in dict.fromkeys(_WORD.findall(field.type)):
                    own.setdefault(word, []).append(field.type)
            for word, texts in own.items():
                found.setdefault(word, []).append((fact, texts))
    return found


def _counted_by_word(index: Index) -> dict[str, list[tuple[str, Span, str]]]:
    """The types of fields, parameters and results in which something stands behind an `Arc`, by their words."""
    found: dict[str, list[tuple[str, Span, str]]] = {}
    for path, file in index.files.items():
        texts = [(field.type, field.span) for fact in file.types for field in fact.fields]
        for function in file.functions:
            texts += (
                (text, function.span) for text in (*(each.type for each in function.params), function.returns)
            )
        for text, span in texts:
            if "Ar" in text or "AR" in text:
                words = dict.fromkeys(_WORD.findall(text))
                for word in words if not _COUNTED.isdisjoint(words) else ():
                    found.setdefault(word, []).append((text, span, path))
    return found


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
