"""The files of one tree as rules see them: contexts made on demand, one index for all."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from rfl_lint.ancestry import Ancestry
from rfl_lint.c.facts import CFunction
from rfl_lint.facts import FileFacts, extract_facts
from rfl_lint.index import Index
from rfl_lint.rule import Context
from rfl_lint.source import SourceFile
from rfl_lint.syntax import ParsedFile, TextEdit, parse_file
from rfl_lint.tables import BUNDLED, Tables
from rfl_lint.tree import KernelTree, Role, host_imports, is_bindgen_output
from rfl_lint.watch import MAX_SECONDS, TookTooLong, bounded, unbounded

# Contexts are kept because other files may lead back to them; beyond this weight they are let go.
_MOST_OPENED: Final = 4_000_000
# Bytes of text that take as much memory, once parsed, as a file does that is nearly empty.
_EMPTY_FILE: Final = 2_000
_IMPORTS: Final = frozenset({"use_declaration", "extern_crate_declaration"})


def nothing_to_read(_path: str) -> SourceFile | None:
    """For text that stands alone: no other file can be had."""
    return None


def no_c_function(_name: str) -> CFunction | None:
    """For text without a tree: nothing is known of C functions."""
    return None


def too_long(seconds: float) -> str:
    """The reason for not having analysed a file that took too long."""
    return f"it takes longer than {seconds:g} seconds"


def facts_of(parsed: ParsedFile, seconds: float = MAX_SECONDS) -> FileFacts | None:
    """What a parsed file says; None for one that was refused, or that takes too long."""
    try:
        return bounded(lambda: extract_facts(parsed), seconds) if parsed.refusal is None else None
    except TookTooLong:
        return None


def weight(size: int) -> int:
    """What a parsed file of so many bytes takes of memory, in bytes of text that take as much."""
    return size + _EMPTY_FILE


def told_role(parsed: ParsedFile) -> Role | None:
    """The role that a file's own text tells, wherever the file lies."""
    data = parsed.source.data
    if is_bindgen_output(data):
        return Role.GENERATED
    for start in host_imports(data):
        found = parsed.root.named_descendant_for_byte_range(start, start)
        if found is not None and found.type in _IMPORTS and found.start_byte == start:
            return Role.HOST
    return None


@dataclass(eq=False)
class Workspace:
    """One tree. `read` gives the text of a path relative to its root, or None.

    `index` is what all files say, or makes it when it is first asked for; None means that each file knows itself
    alone. `kept` are files that were parsed for their facts and are wanted again,
    `facts` what is known of texts that were not: of these very texts, not of whatever has the path by now.
    """

    tree: KernelTree
    read: Callable[[str], SourceFile | None] = nothing_to_read
    index: Index | Callable[[], Index] | None = None
    c_facts: Callable[[str], CFunction | None] = no_c_function
    doc_code: bool = False
    kinds: frozenset[str] = frozenset()
    tables: Tables = BUNDLED
    max_seconds: float = MAX_SECONDS
    kept: dict[str, tuple[ParsedFile, FileFacts]] = field(default_factory=dict)
    facts: dict[str, tuple[SourceFile, FileFacts]] = field(default_factory=dict)
    ancestry: Ancestry = field(init=False)
    _opened: dict[str, Context | None] = field(default_factory=dict)
    _opened_weight: int = 0
    _asked: dict[str, set[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ancestry = Ancestry(self.tree.root)

    def parse(
        self, source: SourceFile, before: ParsedFile | None = None, edits: Sequence[TextEdit] = ()
    ) -> ParsedFile:
        """Parse a text, looking for what the rules of the run ask for; `edits` lead to it from the one `before`."""
        try:
            return bounded(
                lambda: parse_file(
                    source, doc_code=self.doc_code, prefetch=self.kinds, before=before, edits=edits
                ),
                self.max_seconds,
            )
        except TookTooLong:
            return ParsedFile(source, [], refusal=too_long(self.max_seconds))

    def forget(self, path: str) -> None:
        """Let go of everything that work which was ended in its middle may have left half done."""
        self._opened.clear()
        self._opened_weight = 0
        self.kept.pop(path, None)

    def close(self) -> None:
        """Let go of all that was computed, at once: what is computed of a file leads back to it in circles."""
        for context in self._opened.values():
            if context is not None:
                context.forget()
        self._opened.clear()

    def context(self, parsed: ParsedFile, facts: FileFacts | None = None) -> Context:
        """The context of a parsed file."""
        path = parsed.source.path
        if facts is None:
            source, known = self.facts.get(path, (None, None))
            facts = known if known is not None and source is parsed.source else extract_facts(parsed)
        return Context(
            parsed,
            self.tree,
            told_role(parsed) or self.tree.role(path),
            facts,
            self._index if self.index is not None and self.tree.is_heard(path) else Index([facts]),
            reach=partial(self._other, path),
            c_facts=self.c_facts,
            tables=self.tables,
        )

    def _index(self) -> Index:
        if self.index is None or isinstance(self.index, Index):
            return self.index or Index()
        with unbounded():
            self.index = self.index()
        return self.index

    def entered(self, parsed: ParsedFile, facts: FileFacts | None = None) -> Context:
        """The context that answers for a parsed file's path from now on; the one that already does, if there is."""
        known = self._opened.get(parsed.source.path)
        if known is not None and known.parsed is parsed:
            return known
        context = self.context(parsed, facts)
        self._count(context.source)
        self._opened[context.path] = context
        return context

    def parsed(self, path: str) -> ParsedFile | None:
        """The parsed file of a path, if it was parsed before and is still there."""
        kept = self.kept.get(path)
        if kept is not None:
            return kept[0]
        opened = self._opened.get(path)
        return opened.parsed if opened is not None else None

    def parses(self) -> dict[str, tuple[ParsedFile, FileFacts]]:
        """The files that are open, for another workspace over the same texts to keep."""
        return {path: (cx.parsed, cx.facts) for path, cx in self._opened.items() if cx is not None}

    def reached(self, path: str) -> frozenset[str]:
        """The other files that what is known of a file may come from: those it asked for, and those that they did."""
        found = {path}
        waiting = [path]
        while waiting:
            new = self._asked.get(waiting.pop(), set()) - found
            found |= new
            waiting += new
        return frozenset(found - {path})

    def _other(self, asking: str, path: str) -> Context | None:
        self._asked.setdefault(asking, set()).add(path)
        if path not in self._opened:
            self._opened[path] = None  # until it is there: whoever asks again while it is made gets nothing
            self._opened[path] = self._open(path)
        return self._opened[path]

    def _open(self, path: str) -> Context | None:
        if not self.tree.is_heard(path):
            return None  # whether it is linted, too, must make no difference
        if path in self.kept:
            return self.context(*self.kept[path])
        source = self.read(path)
        if source is None:
            return None
        parsed = self.parse(source)
        if parsed.refusal is not None:
            return None
        self._count(source)
        return self.context(parsed)

    def _count(self, source: SourceFile) -> None:
        self._opened_weight += weight(len(source.data))
        if self._opened_weight > _MOST_OPENED:
            self._opened.clear()
            gc.collect()  # contexts know themselves: without this, those of many files wait for it
            self._opened_weight = weight(len(source.data))
