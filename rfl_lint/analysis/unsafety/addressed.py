"""Which requirements of a callee the `SAFETY:` comment at its call does not speak of.

Prose cannot be proven to say something. A requirement counts as left out where the comment makes fewer claims than
the callee has requirements, and shares neither a name nor enough words with this one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from operator import itemgetter
from typing import Final

from msgspec import Struct

from rfl_lint.analysis.comments.documentation import documentation_of, unsafe_keyword
from rfl_lint.analysis.comments.tags import Section
from rfl_lint.analysis.unsafety.contracts import Demand, demands
from rfl_lint.analysis.unsafety.skeleton import arguments
from rfl_lint.fact_docs import sentences
from rfl_lint.rule import Context
from rfl_lint.syntax import Node

# The proof is left to somebody who has been told: the caller of this function, or the docs of another one.
_DELEGATES: Final = re.compile(
    r"\b(?:requirements?|preconditions?|contracts?)\b|\bdelegat|\bcallers?(?:'s)?\b|\bcalled\s+by\b|\bpromised?\b"
    r"|\bsafety\s+(?:documentation|comments?|sections?)\b",
    re.IGNORECASE,
)
_UNFINISHED: Final = re.compile(r"\b(?:TODO|FIXME|XXX)\b")
_ITEM: Final = re.compile(r"^\s*(?:[-*+]|\d{1,2}[.)])\s+", re.MULTILINE)
_CLAUSE: Final = re.compile(r"[;:](?= )|,? (?:and|so|because|since|as|which|but|hence) |, ")
_QUOTED: Final = re.compile(r"`([^`]+)`")
_WORD: Final = re.compile(r"[A-Za-z]{4,}")
_NAME: Final = re.compile(r"[A-Za-z_]\w*")
_CALL: Final = re.compile(r"\w+\(\)")
_STEM: Final = 5
_COMMON: Final = frozenset(
    {
        "must",
        "have",
        "been",
        "that",
        "this",
        "with",
        "from",
        "which",
        "when",
        "will",
        "also",
        "only",
        "they",
        "their",
    }
    | {
        "into",
        "than",
        "then",
        "calle",
        "ensur",
        "guara",
        "funct",
        "metho",
        "call",
        "does",
        "such",
        "valid",
        "safet",
    }
)
_ENOUGH: Final = 0.5


class Unaddressed(Struct, frozen=True):
    """A comment that makes fewer claims than a callee has requirements; `missing` have least in common with it."""

    section: Section
    demand: Demand
    claims: int
    missing: tuple[str, ...]


def unaddressed(cx: Context, block: Node) -> Iterator[Unaddressed]:
    """What the comment of an unsafe block leaves out, for each callee with a list of requirements."""
    keyword = unsafe_keyword(block)
    if keyword is None:
        return
    found = documentation_of(cx, block, "SAFETY", at=keyword.start_byte)
    text = found.section.text if found is not None else ""
    if found is None or not text or _DELEGATES.search(text) or _UNFINISHED.search(text):
        return
    items = len(_ITEM.findall(text))
    claims = sum(_clauses(part) for part in _ITEM.split(text) if part.strip())
    words = _stems(text)
    for demand in demands(cx, block):
        # The lists of the bundled table are ours: who calls these functions has not agreed to their wording.
        if demand.contract is None or not demand.listed or len(demand.requirements) <= claims:
            continue
        given = arguments(cx, demand)
        shares = [(_share(each, words, text, given), each) for each in demand.requirements]
        # Each claim speaks of one requirement at least: of those with the most in common.
        left = sorted(shares, key=itemgetter(0))[: len(shares) - claims]
        if items or left[0][0] < _ENOUGH:
            silent = {each for _, each in left}
            missing = tuple(each for each in demand.requirements if each in silent)
            yield Unaddressed(found.section, demand, claims, missing)


def _clauses(text: str) -> int:
    joined = " ".join(text.split())
    return sum(len(_CLAUSE.findall(sentence)) + 1 for sentence in sentences(joined))


def _stems(text: str) -> set[str]:
    return {word[:_STEM].lower() for word in _WORD.findall(text)} - _COMMON


def _without_calls(name: str) -> str:
    """A place without the calls behind it: `self.list` for `self.list.borrow().get()`."""
    parts = name.split(".")
    while len(parts) > 1 and _CALL.fullmatch(parts[-1]):
        parts.pop()
    return ".".join(parts)


def _share(requirement: str, words: set[str], text: str, given: dict[str, str]) -> float:
    """How much a comment has in common with a requirement: 1 for a name, else the part of the words."""
    quoted = {name for code in _QUOTED.findall(requirement) for name in _NAME.findall(code)}
    for name in quoted:
        for spoken in (name, _without_calls(given.get(name, name))):
            if re.search(rf"(?<!\w){re.escape(spoken)}(?!\w)", text):
                return 1.0
    stems = _stems(_QUOTED.sub("", requirement))
    return len(stems & words) / len(stems) if stems else 1.0
