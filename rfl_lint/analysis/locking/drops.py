"""Destructors that give a node back to a structure elsewhere, and those that end a structure in which nodes may be.

Either takes a lock on the structure, or the value alone, and something that keeps the structure alive until then.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from rfl_lint.analysis.code.c_calls import c_calls
from rfl_lint.analysis.code.calls import Call
from rfl_lint.analysis.code.contexts import in_tests
from rfl_lint.analysis.code.local_calls import file_functions
from rfl_lint.analysis.locking.exclusion import holds_lock, is_excluded
from rfl_lint.analysis.locking.places import Rooted, function_around, rooted
from rfl_lint.analysis.locking.table import Structure, caller_locks
from rfl_lint.analysis.types.inference import types
from rfl_lint.analysis.types.typeref import TypeRef, parse_type
from rfl_lint.facts import FunctionFact, TypeFact, head_name
from rfl_lint.index import Index
from rfl_lint.rule import Context
from rfl_lint.source import Span
from rfl_lint.syntax import span_of

_DROPS: Final = frozenset({"Drop", "PinnedDrop"})
_LIFETIME: Final = re.compile(r"'(?!static\b)\w+\b(?!')")
_EXCLUSIVE: Final = re.compile(r"&\s*(?:'\w+\s+)?mut\b")
_KEEPING: Final = frozenset({"Arc", "ARef", "ListArc", "UniqueArc", "ArcBorrow", "Rc"})
_BEHIND: Final = frozenset({"NonNull", *_KEEPING})
_C_MEMORY: Final = frozenset({"NonNull", "Opaque", "UnsafeCell"})
_ENOUGH: Final = 40
_MAX_DEPTH: Final = 4


class GivenBack(Struct, frozen=True):
    """A destructor of `owner` that gives a node back at `span`, by a C function of `structure`.

    `keeper` is the field that keeps the structure alive, if any does: then it is only the lock that is missing.
    """

    span: Span
    owner: TypeFact
    function: str
    structure: Structure
    drop: Span
    keeper: str = ""


class Ended(Struct, frozen=True):
    """A destructor of `owner` that ends `structure` at `span`, while a `holder` may still have a place in it."""

    span: Span
    owner: TypeFact
    function: str
    structure: Structure
    holder: TypeFact


def given_back(cx: Context) -> Iterator[GivenBack]:
    """The nodes that destructors of a file give back with nobody kept out."""
    table = caller_locks(cx.tables)
    for call in cx.memo(c_calls):
        structure = table.giving_back(call.name)
        dropped = _dropped(call, cx) if structure is not None else None
        if structure is None or dropped is None or in_tests(call.node, cx):
            continue
        owner, drop = dropped
        if not _is_of_another(call, structure, cx) or is_excluded(call.node, cx, alone=False):
            continue
        span = span_of(call.name_node or call.node)
        yield GivenBack(span, owner, call.name, structure, drop.span, _keeper(owner, cx.index))


def is_kept(found: GivenBack) -> bool:
    """Whether the type has what it takes, a lock or something that keeps the structure alive, used here or not."""
    return bool(found.keeper) or holds_lock(found.owner)


def is_alone(found: GivenBack) -> bool:
    """Whether the type borrows something for itself alone."""
    return any(_EXCLUSIVE.search(field.type) for field in found.owner.fields)


def ended(cx: Context) -> Iterator[Ended]:
    """The structures that destructors of a file end before those who have places in them."""
    table = caller_locks(cx.tables)
    for call in cx.memo(c_calls):
        structure = table.ending(call.name)
        dropped = _dropped(call, cx) if structure is not None else None
        if structure is None or dropped is None or in_tests(call.node, cx):
            continue
        owner, _ = dropped
        for holder in _unkept_holders(structure, owner, cx):
            is_owner = (holder.path, holder.span.start) == (owner.path, owner.span.start)
            if not is_owner and not _is_inside(holder, owner, cx.index):
                yield Ended(span_of(call.name_node or call.node), owner, call.name, structure, holder)
                break


def _dropped(call: Call, cx: Context) -> tuple[TypeFact, FunctionFact] | None:
    """The type whose destructor makes a call, directly or by its own methods, and that destructor."""
    around = function_around(call.node, cx)
    waiting, seen = [around] if around is not None else [], set[int]()
    files = file_functions(cx)
    for _ in range(_ENOUGH):
        if not waiting:
            return None
        function, fact = waiting.pop(0)
        if function.id in seen:
            continue
        seen.add(function.id)
        if fact.name == "drop" and head_name(fact.trait) in _DROPS:
            owners = cx.index.owners(fact)
            return (owners[0], fact) if len(owners) == 1 else None
        own = files.by_node.get(function.id)
        for _, caller in files.callers(own) if own is not None else ():
            above = function_around(caller.body, cx)
            if above is not None and (above[1].owner == fact.owner or not fact.owner):
                waiting.append(above)
    return None


def _is_of_another(call: Call, structure: Structure, cx: Context) -> bool:
    """Whether the structure that a node is given back to is another object's than the one dropped."""
    if 0 <= structure.parent < len(call.arguments):
        root = rooted(call.arguments[structure.parent], cx)
        return root is not None and not _is_own(root, cx)
    roots = (rooted(argument, cx) for argument in call.arguments)
    return any(root is not None and not _is_walked(root, cx) for root in roots)


def _is_walked(root: Rooted, cx: Context) -> bool:
    """Whether a pointer was read out of what C keeps: the next one of a list that is emptied here."""
    if not root.is_read:
        return False
    ref = types(cx).of_binding(root.parameter)
    for field in root.fields[:-1]:
        ref = types(cx).field(ref, field.name) if ref is not None else None
        if ref is None or any(each.is_raw_pointer or each.head in _C_MEMORY for each in _layers(ref)):
            return True
    return False


def _is_own(root: Rooted, cx: Context) -> bool:
    """Whether a place lies in the object itself, not behind a pointer, a reference or an `Arc`."""
    ref = types(cx).of_binding(root.parameter)
    if root.parameter.index != -1:
        return False
    for field in root.fields:
        ref = types(cx).field(ref, field.name) if ref is not None else None
        if ref is None:
            return False
        if any(each.is_raw_pointer or each.is_reference or each.head in _BEHIND for each in _layers(ref)):
            return False
    return True


def _layers(ref: TypeRef) -> Iterator[TypeRef]:
    """A type, and what stands in `Option`, `Pin` and the like in front of it."""
    for _ in range(_MAX_DEPTH):
        yield ref
        if ref.head not in ("Option", "Pin", "ManuallyDrop") or not ref.args:
            return
        ref = ref.args[0]


def _keeper(fact: TypeFact, index: Index, depth: int = 0) -> str:
    """The field that keeps something else alive: a counted pointer or a lifetime, in it or in what it holds."""
    for field in fact.fields:
        if _LIFETIME.search(field.type):
            return field.name
        for ref in _parts(parse_type(field.type)):
            if ref.head in _KEEPING:
                return field.name
            inner = index.type(ref.path, near=fact.path, module=fact.module).only if ref.path else None
            is_known = inner is not None and inner.kind in ("struct", "enum") and depth < _MAX_DEPTH
            if inner is not None and is_known and _keeper(inner, index, depth + 1):
                return field.name
    return ""


def _parts(ref: TypeRef) -> Iterator[TypeRef]:
    waiting = [ref]
    while waiting:
        part = waiting.pop()
        yield part
        if not part.is_raw_pointer and part.head != "NonNull":
            waiting += part.args


def _unkept_holders(structure: Structure, owner: TypeFact, cx: Context) -> list[TypeFact]:
    """The types of the owner's crate that have a place in a structure, and nothing that keeps it alive."""
    if not structure.places:
        return []
    home = cx.index.names.home(owner.path).crate
    known = cx.memo(_unkept_known)
    key = tuple(sorted(structure.places)), home
    if key not in known:
        known[key] = [fact for fact in _holders(structure, home, cx) if not _keeper(fact, cx.index)]
    return known[key]


def _unkept_known(_cx: Context) -> dict[tuple[tuple[str, ...], str], list[TypeFact]]:
    """By the C types of a structure, and by crate, filled as they are asked about."""
    return {}


def _holders(structure: Structure, crate: str, cx: Context) -> Iterator[TypeFact]:
    """The types of a crate that have a place in a structure: a field of one of its C types."""
    word = re.compile(rf"\b(?:{'|'.join(sorted(structure.places))})\b")
    for path in _near(cx, structure, crate):
        for fact in cx.index.files[path].types:
            if any(word.search(field.type) for field in fact.fields) and _is_value(fact, cx.index):
                yield fact


def _is_value(fact: TypeFact, index: Index) -> bool:
    """Whether there are values of a type, and not only references to what C has."""
    if not any("transparent" in text for text in fact.attributes):
        return True
    if any(head_name(impl.trait) in _DROPS for impl in index.impls_of(fact)):
        return True
    file = index.files[fact.path]
    texts = [field.type for other in file.types for field in other.fields if other is not fact]
    for function in file.functions:
        texts += (function.returns, *(param.type for param in function.params))
        if function.owner == fact.name:
            texts += (function.returns.replace("Self", fact.name), *("self",) * (function.receiver == "self"))
    return any(ref.head == fact.name for text in texts for ref in _held(parse_type(_inner(text))))


def _inner(text: str) -> str:
    """A type, or what `impl PinInit<..>` makes."""
    return text.strip().removeprefix("impl ")


def _held(ref: TypeRef) -> Iterator[TypeRef]:
    """A type and what values of it hold."""
    waiting = [ref]
    while waiting:
        part = waiting.pop()
        if not (part.is_reference or part.is_raw_pointer or part.head in ("NonNull", "PhantomData")):
            yield part
            waiting += part.args


def _near(cx: Context, structure: Structure, crate: str) -> Iterator[str]:
    """The files of a crate that mention one of a structure's C types, the asking one first."""
    paths = sorted(cx.index.mentioning(structure.places), key=lambda path: (path != cx.path, path))
    return (path for path in paths if cx.index.names.home(path).crate == crate)


def _is_inside(holder: TypeFact, owner: TypeFact, index: Index) -> bool:
    """Whether values of a type only lie in the owner, which lets go of them itself."""
    held = (ref for field in owner.fields for ref in _held(parse_type(field.type)))
    if not any(ref.head == holder.name for ref in held):
        return False
    file = index.files[holder.path]
    names = {holder.name} | {
        fact.name
        for fact in file.types
        if fact.kind == "alias" and any(ref.head == holder.name for ref in _held(parse_type(fact.target)))
    }
    return not any(
        ref.head in names
        for function in file.functions
        if function.is_pub
        for ref in _held(parse_type(_inner(function.returns)))
    )
