"""Lifetimes that a function hands out of a raw pointer, and that nothing its caller gives it ties down."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from rfl_lint.analysis.documentation.items import docs_of
from rfl_lint.analysis.types.inference import functions_by_start
from rfl_lint.facts import FunctionFact
from rfl_lint.rule import Context
from rfl_lint.source import Span
from rfl_lint.syntax import Node, span_of

FUNCTION_KINDS: Final = frozenset({"function_item", "function_signature_item"})
_LIFETIME: Final = re.compile(r"'(?!static\b|_\b)(\w+)\b(?!')")
_SELF: Final = re.compile(r"\bSelf\b(?!\s*::)")
_RAW: Final = re.compile(r"\*\s*(?:const|mut)\b|\bNonNull\b")
_HIGHER_RANKED: Final = re.compile(r"\bfor\s*<[^<>]*>")
# How a contract says for how long something must hold.
_SAYS_HOW_LONG: Final = re.compile(
    r"'\w+\b(?!')|\b(?:lifetimes?|duration|outlives?|as long as|while|until|lives?|alive|keeps?|remains?|stays?"
    r"|throughout|during|end of)\b"
)


class UnboundLifetime(Struct, frozen=True):
    """A lifetime that the caller of `function` may choose as it likes; `span` is where it is declared or returned."""

    name: str
    function: FunctionFact
    span: Span


def unbound_lifetime(cx: Context, node: Node) -> UnboundLifetime | None:
    """The lifetime in what a function returns that nothing ties to its caller, if it makes that of a raw pointer.

    What an unsafe function says in its `# Safety` section about how long something must live ties it.
    """
    fact = functions_by_start(cx).get(node.start_byte)
    if fact is None or not fact.returns or "'" not in fact.generics + fact.owner_generics:
        return None
    if fact.trait and fact.trait != fact.owner:
        return None  # it is declared as the trait wants it
    returned = set(_LIFETIME.findall(_HIGHER_RANKED.sub("", fact.returns)))
    own = set(_LIFETIME.findall(_HIGHER_RANKED.sub("", fact.generics)))
    of_type = set(_LIFETIME.findall(fact.owner_generics)) & set(_LIFETIME.findall(fact.owner_type))
    if _SELF.search(fact.returns):
        returned |= of_type
    handed = returned & (own | of_type)
    given = _given(cx, node, fact, of_type)
    unbound = sorted(handed - given)
    if not unbound or not _from_pointer(cx, node, fact) or _is_said(cx, node, fact):
        return None
    return UnboundLifetime(unbound[0], fact, _place(node, unbound[0], cx))


def _given(cx: Context, node: Node, fact: FunctionFact, of_type: set[str]) -> set[str]:
    """The lifetimes that some parameter has, or that one of those outlives."""
    listed = node.child_by_field_name("parameters")
    text = cx.text(listed) if listed is not None else ""
    found = set(_LIFETIME.findall(text))
    if _SELF.search(text) or (fact.receiver and not fact.receiver.startswith("self:")):
        found |= of_type
    outlives: list[tuple[str, list[str]]] = []
    for bounded, bounds in _bounds(node):
        if bounded.type == "lifetime":
            outlives.append((cx.text(bounded).lstrip("'"), _LIFETIME.findall(cx.text(bounds))))
        else:  # `I: Iterator<Item = &'a T>`; a mere `T: 'a` does not tie `'a` to a value
            held = (cx.text(child) for child in bounds.named_children if child.type != "lifetime")
            found.update(name for each in held for name in _LIFETIME.findall(_HIGHER_RANKED.sub("", each)))
    for _ in outlives:
        found.update(shorter for longer, names in outlives if longer in found for shorter in names)
    return found


def _bounds(node: Node) -> Iterator[tuple[Node, Node]]:
    """What is bounded and by what, in the generics and the where clause of a function."""
    generics = node.child_by_field_name("type_parameters")
    listed = list(generics.named_children) if generics is not None else []
    for child in node.children:
        if child.type == "where_clause":
            listed += child.named_children
    for each in listed:
        bounds = next((child for child in each.named_children if child.type == "trait_bounds"), None)
        if bounds is not None and each.named_children:
            yield each.named_children[0], bounds


def _from_pointer(cx: Context, node: Node, fact: FunctionFact) -> bool:
    if any(_RAW.search(param.type) for param in fact.params) or _RAW.search(fact.receiver):
        return True
    body = node.child_by_field_name("body")
    # Out of a pointer that a field holds: it takes `unsafe` to make a reference of it.
    if not fact.receiver or body is None:
        return False
    return cx.source.data.find(b"unsafe", body.start_byte, body.end_byte) >= 0


def _is_said(cx: Context, node: Node, fact: FunctionFact) -> bool:
    if not fact.is_unsafe or "safety" not in fact.sections:
        return False
    docs = docs_of(cx, node)
    section = docs.section("safety") if docs is not None else None
    if docs is None or section is None:
        return False
    return any(_SAYS_HOW_LONG.search(docs.text(line)) for line in section.lines)


def _place(node: Node, name: str, cx: Context) -> Span:
    generics = node.child_by_field_name("type_parameters")
    for child in generics.named_children if generics is not None else ():
        if child.type == "lifetime_parameter" and cx.text(child).split(":")[0].strip() == f"'{name}":
            return span_of(child)
    returns = node.child_by_field_name("return_type")
    return span_of(returns if returns is not None else node)
