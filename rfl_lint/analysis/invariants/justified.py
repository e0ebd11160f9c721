"""Which values of types with invariants are built without an `INVARIANT:` comment."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from operator import attrgetter
from typing import Final

from msgspec import Struct

from rfl_lint.analysis.comments.documentation import documentation_of, tagged_comments
from rfl_lint.analysis.invariants.constructions import Construction, constructions
from rfl_lint.rule import Context
from rfl_lint.source import Span
from rfl_lint.syntax import span_of

_TAG: Final = "INVARIANT"
_BODIES: Final = frozenset({"function_item", "const_item", "static_item", "macro_definition"})
# An invariant that a value cannot break: it speaks of the type alone.
_OF_THE_TYPE: Final = re.compile(r"\b(?:layout|representation|repr|alignment|ABI)\b")


class _Site(Struct, frozen=True, eq=False):
    """A construction, the comment that is its own, and what it is part of."""

    built: Construction
    span: Span
    body: Span
    own: Span | None


def unjustified(cx: Context) -> Iterator[Construction]:
    """Constructions that no comment justifies."""
    return (built for built, argued in judged(cx) if not argued)


def judged(cx: Context) -> Iterator[tuple[Construction, bool]]:
    """The constructions that need an argument, and whether a comment gives one.

    A comment counts above the expression, the statement, or anything else around it in the function; inside of the
    expression; and above an earlier statement of the function, if it is not another construction's.
    """
    built = [each for each in constructions(cx) if not _holds_for_any_value(each)]
    if not built:
        return
    comments = sorted({run.span for _, run in tagged_comments(cx, _TAG)}, key=attrgetter("start"))
    sites = [_site(cx, each) for each in sorted(built, key=lambda each: each.node.start_byte)]
    together: dict[Span, list[_Site]] = {}
    for site in sites:
        together.setdefault(site.body, []).append(site)
    for site in sites:
        yield site.built, site.own is not None or _argued_before(site, together[site.body], comments)


def _holds_for_any_value(built: Construction) -> bool:
    said = built.fact.invariants
    return said is not None and all(_OF_THE_TYPE.search(each) for each in said.requirements)


def _site(cx: Context, built: Construction) -> _Site:
    span = span_of(built.node)
    body = next((node for node in cx.ancestors(built.node) if node.type in _BODIES), None)
    found = documentation_of(cx, built.node, _TAG)
    return _Site(
        built, span, span if body is None else span_of(body), None if found is None else found.run.span
    )


def _argued_before(site: _Site, sites: list[_Site], comments: list[Span]) -> bool:
    """Whether a comment of the same function, up to the end of the expression, may speak for it."""
    first = bisect_left(comments, site.body.start, key=attrgetter("start"))
    last = bisect_left(comments, site.span.end, key=attrgetter("start"))
    others = [other for other in sites if other is not site] if first < last else []
    for comment in comments[first:last]:
        if site.span.contains(comment):
            return True
        owners = [other for other in others if comment == other.own or other.span.contains(comment)]
        if not owners or any(owner.span.contains(site.span) for owner in owners):
            return True
    return False
