"""Report: everything a run found, as the output formats see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct, field

from rfl_lint.analysis.coverage.counts import Coverage
from rfl_lint.engine import RuleCrash
from rfl_lint.finding import Finding
from rfl_lint.rule import Rule
from rfl_lint.source import SourceFile


class View(Struct, frozen=True):
    """How the lines of a text that a patch showed are counted; rows are its own lines, 0-based.

    `path` is the file's, None where the mail does not tell; `input_name` is what the mail itself is called. `lines`
    gives the 1-based line of the file after the patch, None where nobody can tell; rows that are in no file are
    missing. `mail_lines` is the 1-based line of the input that shows a row, `message` and `message_rows` the number
    of its message in the input and the 0-based line of that message's text, `added` are the rows that the patch added.
    """

    path: str | None
    input_name: str
    lines: Mapping[int, int | None]
    mail_lines: Mapping[int, int]
    message: int = 0
    message_rows: Mapping[int, int] = field(default_factory=dict)
    added: frozenset[int] = frozenset()


class Report(Struct, frozen=True):
    """The result of a run over any number of files.

    `findings` are the active ones and `silenced` those that an attribute, a comment, the configuration or a
    baseline silenced, both sorted by path and place; `unshown` are milder or less sure than was asked for.
    `skipped` counts files left out by role, `unparsed` lists the 1-based lines of macro bodies that no attempt could
    parse. `errors` are messages for stderr about what could not be done; with any of them, or a crash, the run ends
    with status 2.
    """

    findings: tuple[Finding, ...] = ()
    silenced: tuple[Finding, ...] = ()
    unshown: tuple[Finding, ...] = ()
    files: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    fragments_met: int = 0
    fragments_parsed: int = 0
    unparsed: dict[str, tuple[int, ...]] = field(default_factory=dict)
    crashes: tuple[RuleCrash, ...] = ()
    errors: tuple[str, ...] = ()
    views: Mapping[str, View] = field(default_factory=dict)
    """For texts that patches showed: how their lines are counted, by the name that findings have them under."""
    rules: Mapping[str, type[Rule]] = field(default_factory=dict)
    """The rules that ran, by name: what formats that carry their documentation take it from."""
    coverage: Mapping[str, Coverage] = field(default_factory=dict)
    """By path, the counts of files that have something to count, where the run asked for them."""
    read: Callable[[str], SourceFile | None] = field(default=lambda _path: None)

    @property
    def problems(self) -> tuple[str, ...]:
        """What kept the run from its work; empty where it saw everything that it was asked for."""
        crashes = (f"rule {crash.rule} crashed on {crash.path}: {crash.error}" for crash in self.crashes)
        return (*self.errors, *crashes)

    def source(self, path: str) -> SourceFile | None:
        """The text a path had when it was linted; None where it cannot be had any more."""
        return self.read(path)
