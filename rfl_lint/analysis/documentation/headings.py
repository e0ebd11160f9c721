"""Sections that are not called, or do not follow each other, as in the rest of the kernel."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from msgspec import Struct

from rfl_lint.analysis.documentation.items import documented
from rfl_lint.doc_text import Heading
from rfl_lint.finding import Edit
from rfl_lint.rule import Context
from rfl_lint.source import Span
from rfl_lint.tables import Tables

_TABLE: Final = "doc_sections"
_MODULES: Final = frozenset({"mod_item", "source_file"})


class Misnamed(Struct, frozen=True):
    """A heading and the name that was meant."""

    heading: Heading
    meant: str
    edit: Edit


class Misplaced(Struct, frozen=True):
    """A section that belongs before an earlier one."""

    heading: Heading
    earlier: Heading


def misnamed_sections(cx: Context) -> Iterator[Misnamed]:
    """Headings of the file's docs that have the name of a section in another form."""
    meant = cx.table(_TABLE)["meant"]
    if not _may_be_misnamed(cx.tables).search(cx.source.data):
        return
    for each in documented(cx):
        for heading in each.docs.headings:
            wanted = meant.get(heading.key)
            if wanted is not None and heading.name:
                start = cx.source.data.find(heading.name.encode(), heading.span.start)
                place = Span(start, start + len(heading.name.encode()))
                yield Misnamed(heading, wanted, Edit(place, wanted))


def misplaced_sections(cx: Context) -> Iterator[Misplaced]:
    """The first section of each item's docs that belongs before one above it; those of modules are free."""
    rank = _ranks(cx.tables)
    for each in documented(cx):
        if each.item is not None and each.item.type in _MODULES:
            continue
        known = [heading for heading in each.docs.headings if heading.key in rank]
        if len(known) > 1:
            yield from _first_misplaced([each for each in known if each.level == known[0].level], rank)


def _first_misplaced(headings: list[Heading], rank: dict[str, int]) -> Iterator[Misplaced]:
    highest = headings[0]
    for heading in headings[1:]:
        if rank[heading.key] < rank[highest.key]:
            # Of those above, the first that it belongs before.
            above = next(other for other in headings if rank[other.key] > rank[heading.key])
            yield Misplaced(heading, above)
            return
        highest = heading


@lru_cache(maxsize=8)
def _may_be_misnamed(tables: Tables) -> re.Pattern[bytes]:
    """A quick look at the bytes: nearly no file has such a heading, and reading all docs takes a while."""
    words = sorted({name.split()[0] for name in tables.table(_TABLE)["meant"]})
    return re.compile(rb"(?i)\b(?:" + "|".join(map(re.escape, words)).encode() + rb")\b")


@lru_cache(maxsize=8)
def _ranks(tables: Tables) -> dict[str, int]:
    """The place of each section by its name in lower case, in the singular too."""
    table = tables.table(_TABLE)
    rank = {name.lower(): place for place, name in enumerate(table["order"])}
    return rank | {
        other: rank[name.lower()] for other, name in table["meant"].items() if name.lower() in rank
    }
