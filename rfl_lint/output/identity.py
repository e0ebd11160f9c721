"""Fingerprints made unique: readers of reports drop a second finding with the same one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from rfl_lint.finding import Finding


def numbered(findings: Iterable[Finding]) -> Iterator[tuple[Finding, int]]:
    """Each finding, and how many with its fingerprint there are up to it.

    A fingerprint knows no path, so that it outlives a renamed file: two drivers that hold the same code share it.
    """
    seen: Counter[str] = Counter()
    for finding in findings:
        seen[finding.fingerprint] += 1
        yield finding, seen[finding.fingerprint]
