"""What the docs of an item say that others ask for: their headings, and the safety contract."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from rfl_lint.doc_text import DocComment
from rfl_lint.fact_types import Contract

_SAFETY: Final = frozenset({"safety", "implementation safety"})

_ASKING: Final = re.compile(
    r"\b(?:must|ensures?|guarantees?|requires?|required|shall|should|may|only|until|valid)\b"
)
_NOTHING: Final = re.compile(
    r"\b[Aa]lways safe\b|\bno (?:safety )?requirements\b"
    r"|^(?:Note|Also note|Ideally|This means|That is|This is|These|In other words|For example|Public but|It is also)\b"
)
# An item that grants something asks for nothing.
_PERMITTING: Final = re.compile(r"\b(?:is|are) (?:allowed|permitted) to\b|^may (?!only\b|not\b)")
_DEMANDING: Final = re.compile(r"\b(?:must|ensure|only)\b")
_STOP: Final = re.compile(r"(?<![.A-Z])[.](?=\s+[A-Z`(]|\s*$)")

_INVARIANTS: Final = frozenset({"invariants", "invariant", "type invariants", "type invariant"})


class ItemDocs(Struct, frozen=True):
    """The headings of an item's docs, lower case, in order, and what `# Safety` and `# Invariants` ask for."""

    sections: tuple[str, ...] = ()
    contract: Contract | None = None
    invariants: Contract | None = None


NO_DOCS: Final = ItemDocs()


def item_docs(*docs: DocComment | None) -> ItemDocs:
    """What the outer and inner docs of an item say."""
    sections = section_names(*docs)
    if not sections:
        return NO_DOCS
    return ItemDocs(
        sections, _contract_of(docs, _SAFETY, sections), _contract_of(docs, _INVARIANTS, sections)
    )


def section_names(*docs: DocComment | None) -> tuple[str, ...]:
    """The headings of an item's docs, lower case, in order."""
    return tuple(heading.key for doc in docs if doc is not None for heading in doc.headings if heading.key)


def _contract_of(
    docs: Iterable[DocComment | None], keys: frozenset[str], sections: tuple[str, ...]
) -> Contract | None:
    """What the first section of such a name asks for; an item of a list includes those of lists in it."""
    if keys.isdisjoint(sections):
        return None
    every = (section for doc in docs if doc is not None for section in doc.sections)
    section = next((each for each in every if each.heading.key in keys), None)
    if section is None:
        return None
    found: list[str] = []
    listed = False
    lead = ""
    for item in section.items:
        if item.marker and item.depth and found:
            found[-1] = f"{found[-1]} {item.marker} {item.text}"
            continue
        if lead and not (item.marker and not lead.endswith((".", "!", ")"))):
            found += _asked(lead, is_first=not found)
        lead = "" if item.marker else item.text
        if item.marker and not (_PERMITTING.search(item.text) and not _DEMANDING.search(item.text)):
            found.append(item.text)
            listed = True
    if lead:
        found += _asked(lead, is_first=not found)
    return Contract(tuple(found), listed, section.heading.span)


def _asked(paragraph: str, *, is_first: bool) -> list[str]:
    """The sentences of a paragraph that ask for something; below others it may also explain them."""
    found: list[str] = []
    for sentence in sentences(paragraph):
        asks = _ASKING.search(sentence) or (is_first and not found)
        if asks and not _NOTHING.search(sentence):
            found.append(sentence)
    return found


def sentences(text: str) -> list[str]:
    """A text cut behind each full stop that ends a sentence, none of them in backquotes or parentheses."""
    found: list[str] = []
    start = 0
    for stop in _STOP.finditer(text):
        before = text[start : stop.start()]
        if not before.count("`") % 2 and before.count("(") == before.count(")"):
            found.append(text[start : stop.end()].strip())
            start = stop.end()
    found.append(text[start:].strip())
    return [each for each in found if each]
