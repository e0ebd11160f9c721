"""Which calls take over an allocation: by the table, by trait, and by what a type's own functions say of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from msgspec.structs import replace

from rfl_lint.analysis.code.calls import Call as CallNode
from rfl_lint.analysis.code.calls import CallForm
from rfl_lint.analysis.provenance.read import declared
from rfl_lint.analysis.provenance.tables import Owning, pointer_table
from rfl_lint.analysis.provenance.terms import Kind
from rfl_lint.analysis.types.typeref import TypeRef, parse_type
from rfl_lint.facts import FunctionFact, head_name
from rfl_lint.index import head_path
from rfl_lint.rule import Context
from rfl_lint.syntax import Node

_IMPLS: Final = frozenset({"impl_item", "trait_item"})
_NO_BOUND: Final = frozenset({":", "+", "lifetime", "removed_trait_bound"})


def owning_call(call: CallNode, owner_of: Callable[[CallNode], TypeRef | None], cx: Context) -> Owning | None:
    """What an owning call takes over; None for every other call, one of the same name included."""
    table = pointer_table(cx.tables)
    if call.form is not CallForm.PATH or not call.path:
        return None
    name = call.name
    trait = table.owning_trait.get(name)
    if trait is None and not any(known == name for _, known in table.owning):
        return None
    owner = owner_of(call)
    head, written = (owner.head, owner.path) if owner is not None else ("", "")
    answer = cx.index.methods(written, name, near=cx.path)
    if trait is not None:
        inherent = [fact for fact in answer.candidates if not fact.trait]
        if any(not _takes_over(fact) for fact in inherent):
            return None
        if not inherent and _of_other_trait(call, trait.owner, answer.candidates, cx):
            return None
        counted = table.owning.get((head, "from_raw"))
        family = counted.family if counted is not None and counted.family == "counted" else trait.family
        return replace(trait, owner=head, family=family)
    if (head, name) in table.not_owning or not all(_takes_over(fact) for fact in answer.candidates):
        return None
    known = table.owning.get((head, name))
    if known is not None:
        return known
    return (
        Owning(head, name, "box")
        if name == "from_raw" and _is_owner(written, answer.candidates, cx)
        else None
    )


def _of_other_trait(call: CallNode, trait: str, found: tuple[FunctionFact, ...], cx: Context) -> bool:
    """Whether a trait's function is known to be that of another trait, which has one of the same name."""
    if call.trait:
        return _original("::".join(call.trait), cx.path, cx) != trait
    bounds = _bounds(call, cx)
    if any(_original(bound, cx.path, cx) == trait for bound in bounds):
        return False
    if any(not cx.index.methods(bound, call.name, near=cx.path).is_unknown for bound in bounds):
        return True
    return bool(found) and all(_original(fact.trait, fact.path, cx) != trait for fact in found)


def _original(written: str, path: str, cx: Context) -> str:
    """The name that a trait has where it is defined."""
    name = head_name(written)
    return name if "::" in head_path(written) else cx.index.original_name(path, name)


def _bounds(call: CallNode, cx: Context) -> tuple[str, ...]:
    """The traits that a generic parameter before a name must have; in a trait `Self` has that one."""
    name = "::".join(call.path)
    found: list[str] = []
    functions = 0
    for above in cx.ancestors(call.node):
        functions += above.type == "function_item"
        if functions > 1:
            break  # generics of a function do not reach into functions inside of it
        if above.type == "function_item" or above.type in _IMPLS:
            found += _bounds_at(above, name, cx)
        if above.type in _IMPLS:
            break
    return tuple(found)


def _bounds_at(item: Node, name: str, cx: Context) -> Iterator[str]:
    if item.type == "trait_item" and name == "Self":
        own = item.child_by_field_name("name")
        yield from (cx.text(own) if own is not None else "", *_listed(item, cx))
    for part in item.named_children:
        if part.type in ("type_parameters", "where_clause"):
            for each in part.named_children:
                left = each.child_by_field_name("name") or each.child_by_field_name("left")
                if left is not None and cx.text(left) == name:
                    yield from _listed(each, cx)


def _listed(node: Node, cx: Context) -> Iterator[str]:
    bounds = node.child_by_field_name("bounds")
    for bound in bounds.children if bounds is not None else ():
        if bound.type not in _NO_BOUND and not bound.is_extra:
            yield head_path(cx.text(bound))


def _is_owner(owner: str, from_raw: tuple[FunctionFact, ...], cx: Context) -> bool:
    """Whether a type owns what it points to: it gives up and takes back a raw pointer, and drops."""
    index = cx.index
    out = index.methods(owner, "into_raw", near=cx.path).candidates
    gives = [fact for fact in out if declared(parse_type(fact.returns))[0] is Kind.RAW and not _borrows(fact)]
    return bool(from_raw) and bool(gives) and len(gives) == len(out) and _drops(owner, cx)


def _drops(owner: str, cx: Context) -> bool:
    found = cx.index.type(owner, near=cx.path).candidates
    impls = [impl for fact in found for impl in cx.index.impls_of(fact)]
    if not found:
        return cx.index.implements(owner.rpartition("::")[2], "Drop", near=cx.path)
    return any(head_name(impl.trait) == "Drop" for impl in impls)


def _takes_over(fact: FunctionFact) -> bool:
    """Whether a function takes a raw pointer and returns its own type by value."""
    returned = parse_type(fact.returns)
    own = returned.path == "Self" or (bool(fact.owner) and returned.head == fact.owner)
    return own and bool(fact.params) and declared(parse_type(fact.params[0].type))[0] is Kind.RAW


def _borrows(fact: FunctionFact) -> bool:
    """Whether a function leaves its value with the caller."""
    if fact.receiver:
        return fact.receiver.startswith("&")
    return not fact.params or parse_type(fact.params[0].type).is_reference
