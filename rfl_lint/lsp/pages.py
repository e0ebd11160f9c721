"""The pages of rules for an editor: as text, and as files that a link can lead to, written when one is first shown."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from msgspec import Struct, field

from rfl_lint.lsp.addresses import uri_of
from rfl_lint.registry import load_registry
from rfl_lint.rule import Rule
from rfl_lint.ruledoc import RuleDoc, engine_docs, markdown, read_doc


class Pages(Struct, eq=False):
    """All rules' pages. `added` are rules that only the session's own settings know."""

    added: dict[str, type[Rule]] = field(default_factory=dict)
    _docs: dict[str, RuleDoc] = field(default_factory=dict)
    _links: dict[str, str | None] = field(default_factory=dict)
    _folder: Path | None = None

    def text(self, name: str) -> str | None:
        """A rule's page as Markdown."""
        if not self._docs:
            self._docs = engine_docs()
            self._docs.update((rule, read_doc(each)) for rule, each in load_registry().rules.items())
        if name not in self._docs and name in self.added:
            self._docs[name] = read_doc(self.added[name])
        doc = self._docs.get(name)
        return markdown(doc) if doc is not None else None

    def for_lint(self, lint: str) -> list[str]:
        """The rules that an `allow` of one of clippy's lints silences."""
        self.text("")
        return [name for name, doc in self._docs.items() if lint in doc.meta.clippy]

    def link(self, name: str) -> str | None:
        """The address of a rule's page; None where it cannot be written anywhere."""
        if name not in self._links:
            self._links[name] = self._write(name)
        return self._links[name]

    def _write(self, name: str) -> str | None:
        text = self.text(name)
        if text is None:
            return None
        try:
            if self._folder is None:
                self._folder = Path(tempfile.mkdtemp(prefix="rfl-lint-rules-"))
            path = self._folder / f"{name}.md"
            path.write_text(text, encoding="utf-8")
        except OSError:
            return None
        return uri_of(str(path))

    def close(self) -> None:
        """Remove what was written."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
