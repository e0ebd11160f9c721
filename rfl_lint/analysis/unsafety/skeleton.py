"""The `SAFETY:` comment that an unsafe block or impl lacks, as far as it can be written for its author.

One item for each requirement of what is called, each ending in `TODO`: a claim without a reason is not finished, and
`empty-safety-comment` asks for the reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from rfl_lint.analysis.code.calls import CallForm
from rfl_lint.analysis.unsafety.contracts import Demand, demands
from rfl_lint.analysis.unsafety.wording import in_short
from rfl_lint.rule import Context
from rfl_lint.syntax import Node

_ARGUMENT: Final = re.compile(r"&?(?:mut )?[a-z_][\w.]*(?:\(\))?(?:\.[a-z_]\w*(?:\(\))?)*")
_DEMAND: Final = re.compile(r"\b(?:must|may|should|shall|to be)\b|^[Oo]nly\b")
_LONGEST_ARGUMENT: Final = 30


def safety_skeleton(cx: Context, node: Node) -> tuple[str, ...]:
    """The lines of the comment, without `//`, each as long as it comes."""
    claims = tuple(dict.fromkeys(claim for demand in demands(cx, node) for claim in _claims(cx, demand)))
    if not claims:
        return ("SAFETY: TODO",)
    if len(claims) == 1:
        return (f"SAFETY: {_open(claims[0])}",)
    return ("SAFETY:", *(f"- {_open(claim)}" for claim in claims))


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
