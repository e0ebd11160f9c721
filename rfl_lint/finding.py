"""What a rule reports: plain values that can cross a process boundary and are never changed."""

from __future__ import annotations

from enum import Enum, IntEnum

from msgspec import Struct

from rfl_lint.source import Span


class Severity(IntEnum):
    """How bad it is if the finding is right; ordered, so that `>=` means "at least"."""

    NOTE = 1
    WARNING = 2
    ERROR = 3

    def __str__(self) -> str:
        return self.name.lower()


class Confidence(IntEnum):
    """How likely the finding is right; ordered."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3

    def __str__(self) -> str:
        return self.name.lower()


class Level(Enum):
    """Whether a rule runs without being asked for."""

    DEFAULT = "default"
    STRICT = "strict"

    def __str__(self) -> str:
        return self.value


class Label(Struct, frozen=True):
    """A related place: a step of a derivation, the other half of a contradiction.

    `path` is empty for the finding's own file.
    """

    span: Span
    message: str
    path: str = ""


class Edit(Struct, frozen=True):
    """Replace the bytes of `span` with `text`; an empty span inserts."""

    span: Span
    text: str


class Fix(Struct, frozen=True):
    """Edits of the finding's own file. `safe` means: the meaning of the code cannot change."""

    title: str
    edits: tuple[Edit, ...]
    safe: bool = False


class Silence(Enum):
    """By what a finding was silenced, in the order a kernel developer would reach for it."""

    ATTRIBUTE = "attribute"
    COMMENT = "comment"
    CONFIG = "config"
    BASELINE = "baseline"


class Finding(Struct, frozen=True):
    """One remark about one place.

    `span` is the smallest text that shows the fault, in bytes of the file `path`. `fragment` tells in
    what kind of text it stands: `code`, `macro call`, `macro_rules` or `doc code`. `fingerprint` identifies
    the finding across moved lines and renamed files; the engine fills it in.
    """

    rule: str
    group: str
    severity: Severity
    confidence: Confidence
    path: str
    span: Span
    message: str
    help: str = ""
    related: tuple[Label, ...] = ()
    fix: Fix | None = None
    fragment: str = "code"
    fingerprint: str = ""
    silenced: Silence | None = None

    @property
    def sort_key(self) -> tuple[str, int, int, str, str]:
        """Findings are shown by file, place and rule, whatever order they were made in."""
        return (self.path, self.span.start, self.span.end, self.rule, self.message)
