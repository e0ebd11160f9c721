"""Counts of one file: unsafe code with a `SAFETY:` comment, values of types with invariants with an `INVARIANT:` one.

What counts as such a comment is decided where the rules ask, too: a site counts as missing exactly where
`missing-safety-comment` and `missing-invariant-comment` speak, silenced findings included. Examples in doc comments
are not counted.
"""

from __future__ import annotations

from typing import Final

from rfl_lint.analysis.comments.documentation import documentation_of, unsafe_keyword
from rfl_lint.analysis.coverage.counts import Coverage
from rfl_lint.analysis.invariants.justified import judged
from rfl_lint.rule import Context
from rfl_lint.syntax import FragmentKind

_SITES: Final = frozenset({"unsafe_block", "impl_item"})


def coverage_of(cx: Context) -> Coverage:
    """The counts of a file."""
    sites = _unsafe_sites(cx) if b"unsafe" in cx.source.data else {}
    built = {each.name.start_byte: argued for each, argued in judged(cx)}
    return Coverage(len(sites), sum(sites.values()), len(built), sum(built.values()))


def _unsafe_sites(cx: Context) -> dict[int, bool]:
    """Where unsafe code begins, by byte, and whether a comment speaks for it."""
    sites: dict[int, bool] = {}
    for fragment in cx.parsed.fragments:
        if fragment.kind is FragmentKind.DOC_CODE:
            continue
        for nodes in fragment.find(_SITES).values():
            for node in nodes:
                keyword = unsafe_keyword(node)
                if keyword is not None and not cx.parsed.in_error(keyword.start_byte):
                    found = documentation_of(cx, node, "SAFETY", at=keyword.start_byte)
                    sites[keyword.start_byte] = sites.get(keyword.start_byte, False) or found is not None
    return sites
