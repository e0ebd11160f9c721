"""Fingerprints: what a finding is about, without where it is.

Made of the rule, the names of the enclosing items, the finding's line with white space folded, and a count
that tells equal ones apart. A moved or re-indented line and a renamed file keep their fingerprints.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from rfl_lint.facts import FileFacts
from rfl_lint.finding import Finding
from rfl_lint.source import SourceFile, Span

_LONG_LINE: Final = 400


def fingerprinted(findings: Iterable[Finding], source: SourceFile, facts: FileFacts) -> list[Finding]:
    """The findings of one file in order of place, each with its fingerprint."""
    items = EnclosingItems(facts)
    seen: Counter[str] = Counter()
    done: list[Finding] = []
    for finding in sorted(findings, key=lambda finding: finding.sort_key):
        names = "::".join(items.around(finding.span.start))
        key = "\0".join((finding.rule, names, _folded_line(source, finding.span)))
        ordinal = seen[key]
        seen[key] += 1
        digest = hashlib.sha256(f"{key}\0{ordinal}".encode()).hexdigest()[:20]
        done.append(replace(finding, fingerprint=digest))
    return done


def _folded_line(source: SourceFile, span: Span) -> str:
    """The line of the finding; of a very long line only what surrounds the place."""
    line = source.row_span(source.row(span.start))
    start, end = line.start, line.end
    if end - start > _LONG_LINE:
        start, end = max(start, span.start - _LONG_LINE // 4), min(end, span.start + _LONG_LINE // 4)
    return b" ".join(source.data[start:end].split()).decode("utf-8", "replace")


class _Item(Struct, frozen=True):
    span: Span
    name: str
    parent: int


class EnclosingItems:
    """The items around any place of a file, from its facts: no tree is climbed."""

    def __init__(self, facts: FileFacts) -> None:
        """Nest the items of a file; their spans are apart or inside each other."""
        self._items: list[_Item] = []
        open_items: list[int] = []
        for span, name in sorted(_named(facts), key=lambda item: (item[0].start, -item[0].end)):
            while open_items and self._items[open_items[-1]].span.end <= span.start:
                open_items.pop()
            self._items.append(_Item(span, name, open_items[-1] if open_items else -1))
            open_items.append(len(self._items) - 1)
        self._starts = [item.span.start for item in self._items]

    def around(self, offset: int) -> list[str]:
        """The names of the items that hold a byte, outermost first, such as `a`, `impl T for U`, `f`."""
        index = bisect_right(self._starts, offset) - 1
        names: list[str] = []
        while index >= 0:
            item = self._items[index]
            if offset < item.span.end:
                names.append(item.name)
            index = item.parent
        return names[::-1]


def _named(facts: FileFacts) -> Iterator[tuple[Span, str]]:
    for function in facts.functions:
        yield function.span, f"fn {function.name}"
    for impl in facts.impls:
        yield impl.span, f"impl {impl.trait} for {impl.type}"
    for kind in facts.types:
        yield kind.span, f"{kind.kind} {kind.name}"
