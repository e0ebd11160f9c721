"""What one process does with its share of a tree's files: facts of each, and later what the rules say of it."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct, field

from rfl_lint.c.cache import Entry
from rfl_lint.c.table import CFacts
from rfl_lint.engine import FileResult, Lint, lint_parsed
from rfl_lint.errors import SourceError
from rfl_lint.fact_cache import digest
from rfl_lint.facts import FileFacts
from rfl_lint.index import Index
from rfl_lint.inputs.files import Target, read_target
from rfl_lint.witness import Question, taken
from rfl_lint.workspace import Workspace, facts_of

Outcome = FileResult | SourceError


class Sent(Struct, frozen=True):
    """What goes down to the workers before the rules run."""

    facts: tuple[FileFacts, ...]
    c_entry: Entry


class Linted(Struct, frozen=True):
    """What a worker gives back for a file: the outcome, and what it had to ask of the tree since the last one."""

    outcome: Outcome
    seen: dict[Question, str]


class Share(Struct, eq=False):
    """What one worker does with its files. It lives in the worker after the fork."""

    lint_settings: Lint
    workspace: Workspace
    c_facts: CFacts
    wanted: set[str] = field(default_factory=set)
    linted: set[str] | None = None
    _sent: object = None

    def facts(self, target: Target, _sent: object) -> object:
        """Parse a file and hand its facts up; the parse stays here for the rules."""
        source = self.workspace.read(target.path)
        if source is None:
            return None
        parsed = self.workspace.parse(source)
        facts = facts_of(parsed, self.lint_settings.max_seconds)
        if facts is None:
            return None
        if self.linted is None or target.path in self.linted:
            self.workspace.kept[target.path] = (parsed, facts)
        return (digest(source), facts) if target.path in self.wanted else None

    def lint(self, target: Target, sent: object) -> object:
        """Run the rules over a file, knowing what was sent down."""
        if isinstance(sent, Sent) and self._sent is not sent:
            self._sent = sent
            self.workspace.index = Index(sent.facts)
            self.c_facts.adopt(sent.c_entry)
        if self.linted is not None and target.path not in self.linted:
            return None
        outcome = lint_target(target, self.lint_settings, self.workspace)
        return Linted(outcome, taken(self.workspace.tree.root or Path()))


def lint_target(target: Target, lint: Lint, workspace: Workspace) -> Outcome:
    """Run the rules over a file, parsed before or now."""
    parsed = workspace.parsed(target.path)
    if parsed is None:
        source = workspace.read(target.path)
        try:
            parsed = workspace.parse(source if source is not None else read_target(target))
        except SourceError as error:
            return error
    return lint_parsed(parsed, lint, workspace, workspace.kept.get(target.path, (None, None))[1])
