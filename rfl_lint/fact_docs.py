"""Which headings stand in the docs of which item."""

from __future__ import annotations

from rfl_lint.doc_text import DocComment


def section_names(*docs: DocComment | None) -> tuple[str, ...]:
    """The headings of an item's docs, lower case, in order."""
    return tuple(heading.key for doc in docs if doc is not None for heading in doc.headings if heading.key)
