"""The `SAFETY:` comment that an unsafe block or impl lacks, as far as it can be written for its author.

One item for each requirement of what is called, each ending in `TODO`: a claim without a reason is not finished, and
`empty-safety-comment` asks for the reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from rfl_lint.analysis.code.calls import CallForm, nodes_below
from rfl_lint.analysis.comments.anchor import statement_anchor
from rfl_lint.analysis.comments.documentation import documentation_of
from rfl_lint.analysis.comments.skeleton import comment_insertion
from rfl_lint.analysis.unsafety.contracts import Demand, demands
from rfl_lint.analysis.unsafety.wording import in_short
from rfl_lint.rule import Context
from rfl_lint.source import Span
from rfl_lint.syntax import Node

_ARGUMENT: Final = re.compile(r"&?(?:mut )?[a-z_][\w.]*(?:\(\))?(?:\.[a-z_]\w*(?:\(\))?)*")
_DEMAND: Final = re.compile(r"\b(?:[Mm]ust|may|should|shall|to be)\b|^[Oo]nly\b")
_BLOCKS: Final = frozenset({"unsafe_block"})
_MOST_BLOCKS: Final = 16
_LONGEST_ARGUMENT: Final = 30


def safety_skeleton(cx: Context, node: Node) -> tuple[str, ...]:
    """The lines of the comment, without `//`, each as long as it comes."""
    wanted = (demand for each in _spoken_for(cx, node) for demand in demands(cx, each))
    claims = tuple(dict.fromkeys(claim for demand in wanted for claim in _claims(cx, demand)))
    if not claims:
        return ("SAFETY: TODO",)
    if len(claims) == 1:
        return (f"SAFETY: {_open(claims[0])}",)
    return ("SAFETY:", *(f"- {_open(claim)}" for claim in claims))


def _spoken_for(cx: Context, node: Node) -> list[Node]:
    """The blocks that lack the comment which this one is to get: one comment speaks for all of its statement."""
    around = statement_anchor(cx, node) if node.type == "unsafe_block" else None
    if around is None:
        return [node]
    place = comment_insertion(cx, node, "").span
    blocks = nodes_below(cx.parsed, around.node, _BLOCKS)
    return (
        [node]
        if len(blocks) > _MOST_BLOCKS
        else [each for each in blocks if _lacks(cx, each, place)] or [node]
    )


def _lacks(cx: Context, block: Node, place: Span) -> bool:
    start = block.start_byte
    return (
        documentation_of(cx, block, "SAFETY", at=start) is None
        and comment_insertion(cx, block, "", at=start).span == place
    )


def _claims(cx: Context, demand: Demand) -> Iterator[str]:
    names = arguments(cx, demand)
    for requirement in demand.requirements:
        yield in_short(requirement, names)


def arguments(cx: Context, demand: Demand) -> dict[str, str]:
    """What each parameter of a callee is at the call, where that is short enough to be spoken of."""
    call, fact = demand.call, demand.of
    if call is None or fact is None:
        return {}
    given = [cx.text(argument) for argument in call.arguments]
    names = [param.name for param in fact.params]
    if fact.receiver:
        if call.form is CallForm.METHOD and call.receiver is not None:
            given.insert(0, cx.text(call.receiver))
        names.insert(0, "self")
    if len(given) != len(names):
        return {}
    return {
        name: text
        for name, text in zip(names, given, strict=True)
        if len(text) <= _LONGEST_ARGUMENT and _ARGUMENT.fullmatch(text)
    }


def _open(claim: str) -> str:
    """A claim whose reason is still to be given; one that reads as a demand is not yet a claim."""
    sign = ":" if _DEMAND.search(claim) else " by"
    return f"{claim[:1].upper()}{claim[1:]}{sign} TODO"
