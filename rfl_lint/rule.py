"""The contract of a rule: what it says about itself, which nodes it wants, what it hands back.

A rule is one class in one file. Its docstring is its documentation: a first line that states the rule, `Why:`,
`Bad:` and `Good:` examples as indented Rust that the test suite runs, and `See:`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Any, ClassVar, Final, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from rfl_lint.c.facts import CFunction
from rfl_lint.errors import PluginError
from rfl_lint.facts import FileFacts
from rfl_lint.finding import Confidence, Finding, Fix, Label, Level, Severity
from rfl_lint.index import Index
from rfl_lint.source import SourceFile, Span
from rfl_lint.syntax import Fragment, Node, ParsedFile, span_of
from rfl_lint.tables import BUNDLED, Tables
from rfl_lint.tree import KERNEL_ROLES, KernelTree, Role


class Extent(Enum):
    """How much of a file must be there for a rule's findings to hold; a patch may show less than all of it."""

    PLACE = "place"
    """The text of the finding itself."""
    STATEMENT = "statement"
    """The statement, or the head of the item, that the finding lies in, and what stands above it."""
    FUNCTION = "function"
    """All of the function, or of the item, that the finding lies in, and the heads of what is around it."""
    ITEM = "item"
    """All of the outermost item that the finding lies in: of the `impl`, say, around its function."""
    FILE = "file"
    """The whole file."""


_NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")
T = TypeVar("T")


class Meta(Struct, frozen=True):
    """What a rule says about itself.

    `name` is the only identifier, kebab-case, and reads after "allow". `clippy` names the lints whose
    `allow`/`expect` attribute silences the rule too. `roles` are the kinds of code it speaks about; `doc_code`
    lets it run in doc comments' examples when the user asks for those. `extent` tells how much of a file its
    findings depend on, where a patch shows only parts. `precision` is the adjudicated figure on real kernels, as
    text. `security` is how grave a right finding is for security, from 0 to 10, where memory is at stake.
    """

    name: str
    group: str
    summary: str
    severity: Severity
    since: str
    level: Level = Level.DEFAULT
    confidence: Confidence = Confidence.HIGH
    clippy: tuple[str, ...] = ()
    roles: frozenset[Role] = KERNEL_ROLES
    doc_code: bool = False
    extent: Extent = Extent.STATEMENT
    origin: str = ""
    precision: str = ""
    security: float | None = None


@dataclass(frozen=True, slots=True)
class NoOptions:
    """The options of a rule that has none."""


@dataclass(eq=False)
class Context:
    """Everything a rule may look at while it judges one file.

    Analyses keep what they computed for this file under their own factory with `memo`.
    """

    parsed: ParsedFile
    tree: KernelTree
    role: Role
    facts: FileFacts
    index_source: Index | Callable[[], Index]
    strict: bool = False
    fragment: Fragment | None = None
    reach: Callable[[str], Context | None] = field(default=lambda _path: None, repr=False)
    c_facts: Callable[[str], CFunction | None] = field(default=lambda _name: None, repr=False)
    tables: Tables = field(default=BUNDLED, repr=False)
    _memo: dict[object, object] = field(default_factory=dict, repr=False)

    @cached_property
    def index(self) -> Index:
        """What all files of the tree say; loaded when it is first asked."""
        return self.index_source if isinstance(self.index_source, Index) else self.index_source()

    @property
    def source(self) -> SourceFile:
        """The file's bytes and its path relative to the root."""
        return self.parsed.source

    @cached_property
    def path(self) -> str:
        """The path relative to the root, with `/`."""
        return self.parsed.source.path

    def text(self, node: Node) -> str:
        """The file's own text of a node."""
        return self.parsed.text(node)

    def parent(self, node: Node) -> Node | None:
        """The node above, across the border of a macro call."""
        return self.parsed.parent(node)

    def ancestors(self, node: Node) -> Iterator[Node]:
        """All nodes above, nearest first, across the borders of macro calls."""
        return self.parsed.ancestors(node)

    def other(self, path: str) -> Context | None:
        """The context of another file of the tree, by its path relative to the root; None where there is none.

        It is parsed when it is first asked for and shares the index.
        """
        return self if path == self.path else self.reach(path)

    def c_function(self, name: str) -> CFunction | None:
        """What is known of the C function behind `bindings::name`; None where nothing is."""
        return self.c_facts(name)

    def table(self, name: str) -> dict[str, Any]:
        """The table `data/<name>.toml` with the user's additions. Shared by all who ask: not to be changed."""
        return self.tables.table(name)

    def kind_of_text(self, offset: int) -> str:
        """In what kind of text a place stands: that of the fragment being judged, or of the innermost one there."""
        fragments = self.parsed.fragments
        if self.fragment is not None and self.fragment is not fragments[0]:
            return str(self.fragment.kind)
        around = list(self.parsed.fragments_at(offset))
        return str(around[1].kind if len(around) > 1 else around[0].kind)

    def forget(self) -> None:
        """Let go of what analyses keep of this file."""
        self._memo.clear()

    def memo(self, factory: Callable[[Context], T]) -> T:
        """The result of `factory` for this file, computed once."""
        if factory not in self._memo:
            self._memo[factory] = factory(self)
        return self._memo[factory]  # type: ignore[return-value]


class Rule:
    """Base class of every rule. Subclasses define `meta`, `on`, and `check` or `check_file`."""

    meta: ClassVar[Meta]
    on: ClassVar[frozenset[str]] = frozenset()
    words: ClassVar[tuple[bytes, ...]] = ()
    """A file that holds none of these bytes has nothing for the rule, which is then not run; empty for any file."""
    tells_once: ClassVar[bool] = False
    """Whether it says one thing of a file, at the first of the places that it is about, and not one of each of them."""
    Options: ClassVar[type] = NoOptions

    def __init__(self, options: object | None = None) -> None:
        """Keep the options, an instance of the rule's own `Options`."""
        self.options = options if options is not None else self.Options()

    def __init_subclass__(cls) -> None:
        """Refuse a class that could not work, with the reason, when its module is imported."""
        super().__init_subclass__()
        meta = cls.__dict__.get("meta")
        where = f"rule class {cls.__module__}.{cls.__qualname__}"
        if not isinstance(meta, Meta):
            raise PluginError(f"{where}: `meta` is missing or not a `Meta(...)`")
        if not _NAME.fullmatch(meta.name):
            raise PluginError(f"{where}: the name `{meta.name}` is not kebab-case of two words or more")
        if not (cls.__doc__ or "").strip():
            raise PluginError(f"{where}: a rule documents itself in its docstring; it has none")
        if not cls.on and cls.check_file is Rule.check_file:
            raise PluginError(
                f"{where}: names no node kinds in `on` and has no `check_file`: it would never run"
            )

    def concerns(self, data: bytes) -> bool:
        """Whether a file with this content may have something for the rule."""
        return not self.words or any(word in data for word in self.words)

    def names(self, cx: Context) -> Container[str] | None:
        """The names of the calls, macro calls and paths that may concern the rule in a file; None for any name.

        The last name is meant: `f` in `a::f(..)`, `x.f(..)`, `f!(..)` and `a::f`. What else is in `on` has none.
        """
        del cx
        return None

    def places(self, cx: Context) -> Sequence[Span] | None:
        """Where in a file nodes may begin that concern the rule, in order and apart; None for anywhere."""
        del cx
        return None

    def check(self, node: Node, cx: Context) -> Iterator[Finding]:
        """Judge one node of a kind named in `on`."""
        del node, cx
        yield from ()

    def check_file(self, cx: Context) -> Iterator[Finding]:
        """Judge the file as a whole, once."""
        del cx
        yield from ()

    def problems(self, tree: KernelTree) -> Iterator[str]:
        """What in the tree, outside of its Rust, keeps the rule from its work: told once, no finding."""
        del tree
        yield from ()

    def finding(  # noqa: PLR0913 - the fields of a finding
        self,
        cx: Context,
        place: Node | Span,
        message: str,
        *,
        help: str = "",  # noqa: A002 - the field's own name, in every format
        related: tuple[Label, ...] = (),
        fix: Fix | None = None,
        severity: Severity | None = None,
        confidence: Confidence | None = None,
    ) -> Finding:
        """A finding of this rule at a node or span of the current file."""
        span = place if isinstance(place, Span) else span_of(place)
        return Finding(
            rule=self.meta.name,
            group=self.meta.group,
            severity=self.meta.severity if severity is None else severity,
            confidence=self.meta.confidence if confidence is None else confidence,
            path=cx.path,
            span=span,
            message=_in_one_line(message),
            help=help,
            related=tuple(
                replace(label, message=_in_one_line(label.message)) if "\n" in label.message else label
                for label in related
            ),
            fix=fix,
            fragment=cx.kind_of_text(span.start),
        )


def _in_one_line(text: str) -> str:
    """Code that a message quotes may go over several lines; the message must not."""
    return " ".join(text.split()) if "\n" in text or "\r" in text else text
