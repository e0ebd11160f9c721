"""What several files say together, made from their facts alone, and asked by name."""

from __future__ import annotations

from collections.abc import Iterable

from rfl_lint.facts import FileFacts


class Index:
    """Answers by name; an answer may be "unknown", and then a default rule stays silent."""

    def __init__(self, facts: Iterable[FileFacts] = ()) -> None:
        """Merge the facts of several files."""
        self.files = {fact.path: fact for fact in facts}
