"""What there is to say of a place: what an unsafe call requires, whether a call may sleep, why a rule is silenced."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from msgspec import Struct

from rfl_lint.analysis.code.calls import CALL_KINDS, Call, call_of
from rfl_lint.analysis.context.acquisitions import acquisition, lock_kind, place_type
from rfl_lint.analysis.context.chains import callee_of, sleeps
from rfl_lint.analysis.context.functions import held_at
from rfl_lint.analysis.context.sleeping import Sleep
from rfl_lint.analysis.unsafety.callees import unsafe_callee
from rfl_lint.analysis.unsafety.contracts import Demand, demand_of, demands
from rfl_lint.lsp.addresses import uri_of
from rfl_lint.lsp.pages import Pages
from rfl_lint.rule import Context
from rfl_lint.source import Span
from rfl_lint.suppress import read_directives
from rfl_lint.syntax import Node, span_of

_LINT: Final = re.compile(rb"\bclippy\s*::\s*(\w+)")
_PLACES: Final = frozenset({"field_expression", "identifier", "self"})
_ATTRIBUTES: Final = frozenset({"attribute_item", "inner_attribute_item"})


class Hover(Struct, frozen=True):
    """Markdown, and the bytes that it is about."""

    text: str
    span: Span


class _Place(Struct, frozen=True):
    """The place that is asked about. `file_of` tells where a path of the tree lies."""

    cx: Context
    offset: int
    pages: Pages
    file_of: Callable[[str], Path]

    def link(self, path: str, offset: int) -> str:
        """A link to a place of a file of the tree."""
        there = self.cx.other(path or self.cx.path)
        line = there.source.row(offset) + 1 if there is not None else 1
        shown = path or self.cx.path
        return f"[{shown}:{line}]({uri_of(str(self.file_of(shown)))}#L{line})"


def hover(cx: Context, offset: int, pages: Pages, file_of: Callable[[str], Path]) -> Hover | None:
    """What there is to say of a byte of a file."""
    place = _Place(cx, offset, pages, file_of)
    return _suppression(place) or _code(place)


def _suppression(place: _Place) -> Hover | None:
    source = place.cx.source
    for directive in read_directives(place.cx.parsed):
        if directive.span.start <= place.offset < directive.span.end:
            named = [
                name
                for name in directive.names
                if place.offset in _range_of(source.data, name, directive.span)
            ]
            found = [place.pages.text(name) for name in named or directive.names]
            texts = [text for text in found if text is not None]
            return Hover("\n---\n\n".join(texts), directive.span) if texts else None
    row = source.row_span(source.row(place.offset))
    for match in _LINT.finditer(source.data, row.start, row.end):
        if match.start() <= place.offset < match.end() and _is_attribute(place):
            pages = [place.pages.text(name) for name in place.pages.for_lint(match[1].decode())]
            texts = [text for text in pages if text is not None]
            return Hover("\n---\n\n".join(texts), Span(*match.span())) if texts else None
    return None


def _range_of(data: bytes, name: str, span: Span) -> range:
    """The bytes of a whole name in a comment."""
    found = re.search(rb"(?<![\w-])" + re.escape(name.encode()) + rb"(?![\w-])", data[span.start : span.end])
    return range(span.start + found.start(), span.start + found.end()) if found is not None else range(0)


def _is_attribute(place: _Place) -> bool:
    node: Node | None = _innermost(place)
    while node is not None and node.type not in _ATTRIBUTES:
        node = node.parent
    return node is not None


def _innermost(place: _Place) -> Node | None:
    fragment = list(place.cx.parsed.fragments_at(place.offset))[-1]
    return fragment.root.descendant_for_byte_range(place.offset, place.offset)


def _code(place: _Place) -> Hover | None:
    start = node = _innermost(place)
    while node is not None:
        if node.type in CALL_KINDS:
            call = call_of(node, place.cx.parsed)
            if call is not None and place.offset < (call.name_node or call.callee).end_byte:
                if (
                    call.name_node is None
                    or call.name_node.start_byte <= place.offset
                    or call.receiver is None
                ):
                    return _said(_of_call(place, call), span_of(call.name_node or call.callee))
                break
        if node.type in ("unsafe_block", "impl_item"):
            keyword = next((child for child in node.children if child.type == "unsafe"), None)
            if keyword is not None and keyword.start_byte <= place.offset < keyword.end_byte:
                asked = (text for demand in demands(place.cx, node) for text in _contract(place, demand))
                return _said(asked, span_of(keyword))
        if node.type in ("block", "function_item", "closure_expression"):
            break
        node = node.parent
    return _said(_of_lock(place, start), span_of(start)) if start is not None else None


def _said(texts: Iterator[str], span: Span) -> Hover | None:
    found = list(texts)
    return Hover("\n\n".join(found), span) if found else None


def _of_call(place: _Place, call: Call) -> Iterator[str]:
    cx = place.cx
    callee = unsafe_callee(call, cx)
    if callee is not None:
        demand = demand_of(cx, callee)
        if demand is not None:
            yield from _contract(place, demand)
        else:
            yield f"`{callee.name}` is unsafe; nothing in the tree says what it requires."
            yield from (
                f"Declared in {place.link(each.path, each.span.start)}." for each in callee.declared[:1]
            )
    if call.owner == "bindings":
        yield from _of_c(place, call)
    yield from _of_sleep(place, call)
    taken = acquisition(call, cx)
    if taken is not None:
        forbidden = (
            "nothing may sleep while it is held"
            if taken.held.hold.is_atomic
            else "sleeping is allowed while it is held"
        )
        yield f"Takes {taken.held.what}: {forbidden}."
    for held in held_at(call.node, cx):
        forbidden = "nothing may sleep here" if held.hold.is_atomic else "sleeping is allowed"
        yield f"Held here: {held.what}, since {place.link('', held.span.start)}; {forbidden}."


def _of_c(place: _Place, call: Call) -> Iterator[str]:
    known = place.cx.c_function(call.name)
    if known is not None:
        parameters = ", ".join(f"{each.type} {each.name}".strip() for each in known.parameters)
        more = ", ..." if known.variadic else ""
        yield f"```c\n{known.returns} {known.name}({parameters or 'void'}{more});\n```"
        yield f"Declared in `{known.header}`{f', line {known.line}' if known.line else ''}."


def _of_sleep(place: _Place, call: Call) -> Iterator[str]:
    sleep = sleeps(call.node, place.cx)
    if sleep is not None:
        yield f"May sleep: {sleep.why}."
        if len(sleep.steps) > 1:
            yield f"By way of {_chain(place, sleep)}."
        return
    callee = callee_of(call, place.cx)
    if callee is not None and callee.has_body:
        yield "Does not sleep, as far as its calls can be followed."


def _chain(place: _Place, sleep: Sleep) -> str:
    return " → ".join(f"`{step.name}` ({place.link(step.path, step.span.start)})" for step in sleep.steps)


def _contract(place: _Place, demand: Demand) -> Iterator[str]:
    yield f"**`{demand.name}` requires**"
    yield "\n".join(f"- {' '.join(each.split())}" for each in demand.requirements)
    if demand.contract is not None:
        yield f"Declared in {place.link(demand.path, demand.contract.span.start)}."


def _of_lock(place: _Place, node: Node | None) -> Iterator[str]:
    """A lock that is only named: what taking it means."""
    if node is None:
        return
    above = node.parent
    if above is not None and above.type == "field_expression" and node.type == "field_identifier":
        node = above
    if node.type not in _PLACES:
        return
    found = lock_kind(place_type(node, place.cx), place.cx, node)
    if found is not None:
        kind, _ = found
        taking = "taking it may sleep" if kind.sleeps else "taking it does not sleep"
        held = (
            "nothing may sleep while it is held"
            if kind.hold.is_atomic
            else "sleeping is allowed while it is held"
        )
        yield f"`{kind.type}`: {taking}; {held}."
