"""The engine's own finding for a file that was not looked at."""

from __future__ import annotations

import hashlib
from typing import Final

from rfl_lint.finding import Confidence, Finding, Severity
from rfl_lint.source import SourceFile, Span

ENGINE_GROUP: Final = "engine"
FILE_NOT_ANALYSED: Final = "file-not-analysed"
# Such a file may be of any size.
_TOLD_APART_BY: Final = 100_000


def refusal_finding(source: SourceFile, reason: str) -> Finding:
    """Say that, and why, a file was not analysed; never silenced by a comment."""
    told = FILE_NOT_ANALYSED.encode() + b"\0" + source.data[:_TOLD_APART_BY]
    return Finding(
        rule=FILE_NOT_ANALYSED,
        group=ENGINE_GROUP,
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        path=source.path,
        span=Span(0, 0),
        message=f"file not analysed: {reason}",
        help="exclude the file if it is meant to be like this",
        fingerprint=hashlib.sha256(told).hexdigest()[:20],
    )
