"""What one file says, as plain data: items, fields, signatures. No nodes, nothing that cannot be pickled."""

from __future__ import annotations

from dataclasses import dataclass

from rfl_lint.syntax import ParsedFile


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What one file says."""

    path: str


def extract_facts(parsed: ParsedFile) -> FileFacts:
    """Read the facts off a parsed file."""
    return FileFacts(parsed.source.path)
