"""Linting many files: in this process where that is quicker, else in workers that keep what they parsed.

Per tree: facts of every file of its index (from the cache, or by parsing), the index from the facts, then the
rules. What was parsed for its facts is not parsed again for the rules. A worker that dies is an error that names
what was not linted, never a smaller result that looks whole.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Self

from msgspec import Struct

from rfl_lint.c.names import called_functions
from rfl_lint.c.table import CFacts
from rfl_lint.deferred import import_rules
from rfl_lint.engine import FileResult, Lint, lint_parsed
from rfl_lint.errors import SourceError
from rfl_lint.fact_cache import FactCache, digest
from rfl_lint.facts import FileFacts
from rfl_lint.index import Index
from rfl_lint.inputs.files import Target, read_target
from rfl_lint.inputs.tree_files import crate_folder, index_targets, is_inside
from rfl_lint.share import Linted, Outcome, Sent, Share, lint_target
from rfl_lint.source import SourceFile
from rfl_lint.tree import KernelTree
from rfl_lint.witness import Question, taken, together
from rfl_lint.workspace import Workspace, facts_of, weight

if TYPE_CHECKING:
    from rfl_lint.result_cache import ResultCache

# Starting two workers costs as much as linting about this many bytes.
_WORTH_WORKERS: Final = 250_000
# Facts of fewer files than this are read again as quickly as from a cache.
_WORTH_KEEPING: Final = 5
# Texts are held in memory up to so many bytes, and read again beyond.
_MOST_HELD: Final = 64_000_000
# Facts of so many bytes are extracted at once rather than shared out.
_WORTH_SHARING: Final = 400_000
# What was parsed for its facts is kept for the rules unless all files together have more than this `weight`.
_MOST_KEPT: Final = 8_000_000


class Plan(Struct, frozen=True):
    """How a run is carried out: the rules, how many processes, and where facts are kept (None: nowhere)."""

    lint: Lint
    jobs: int | None = None
    cache: Path | None = None


def outcomes(
    targets: Sequence[Target], plan: Plan, texts: Mapping[Path, bytes] = MappingProxyType({})
) -> Iterator[tuple[Target, Outcome]]:
    """Lint all targets, tree by tree; results come as they are done, in no promised order.

    `texts` stand in for the content of files. Raises WorkerError when a worker process was killed.
    """
    by_tree: dict[KernelTree, list[Target]] = {}
    for target in targets:
        by_tree.setdefault(target.tree, []).append(target)
    for tree, linted in by_tree.items():
        yield from TreeRun(tree, linted, plan).with_texts(texts).outcomes()


def opened_tree(tree: KernelTree, files: Sequence[Target], plan: Plan) -> tuple[Workspace, Index]:
    """A tree to ask questions of, with an index of these files."""
    whole = TreeRun(tree, list(files), plan)
    index = Index(whole.facts())
    return whole.workspace(index), index


def lint_text(source: SourceFile, target: Target, plan: Plan) -> FileResult:
    """Lint a text, which need not be on disk, as the file that `target` says it is."""
    return TreeRun(target.tree, [target], plan).over([source])[0]


@dataclass(eq=False)
class TreeRun:
    """The run over the linted files of one tree."""

    tree: KernelTree
    linted: list[Target]
    plan: Plan
    c_extra: frozenset[str] = frozenset()
    c_facts: CFacts = field(init=False)
    _cache: FactCache | None = None
    _sources: dict[str, SourceFile] = field(default_factory=dict)
    _held: int = 0
    _known: dict[str, tuple[SourceFile, FileFacts]] = field(default_factory=dict)
    _members: dict[str, Target] = field(default_factory=dict)
    _crates: set[str] = field(default_factory=set)
    _seen: dict[Question, str] = field(default_factory=dict)
    _is_complete: bool = False

    def __post_init__(self) -> None:
        self._new_c_facts()

    def _new_c_facts(self) -> None:
        root = self.tree.root if self.tree.is_kernel else None
        self.c_facts = CFacts(root, self._c_names, self.plan.cache, self.plan.lint.tables)

    def with_texts(self, texts: Mapping[Path, bytes]) -> Self:
        """Let texts stand in for what the files of these names hold."""
        for target in self.linted if texts else ():
            if target.file in texts:
                self._sources[target.path] = SourceFile(target.path, texts[target.file])
        return self

    def outcomes(self) -> Iterator[tuple[Target, Outcome]]:
        """Lint all files, in as many processes as that is worth."""
        sizes = {target.path: _size(target) for target in self.linted}
        if len(self.linted) < 2 or sum(sizes.values()) < _WORTH_WORKERS:
            yield from self._here()
            return
        cache = self._result_cache()
        results = cache.load(self.read) if cache is not None else None
        if results is not None:
            yield from ((target, results[target.path]) for target in self.linted)
            return
        workers = self.plan.jobs if self.plan.jobs is not None else _processors()
        made: list[Outcome] = []
        taken(self.tree.root or Path())  # what was asked before is no part of this
        for target, outcome in self._shared(workers if hasattr(os, "fork") else 1, sizes):
            made.append(outcome)
            yield target, outcome
        done = [outcome for outcome in made if isinstance(outcome, FileResult)]
        together(self._seen, taken(self.tree.root or Path()))
        if cache is not None and self._is_complete and len(done) == len(self.linted):
            cache.save(done, self._seen, self.c_facts.entry().stamps, self.read)

    def _result_cache(self) -> ResultCache | None:
        """Where the results of this very run are kept; None where they cannot be, or nowhere."""
        from rfl_lint.result_cache import ResultCache  # noqa: PLC0415 - for a large tree only

        if self.plan.cache is None or self.c_extra or not ResultCache.may_keep(self.tree, self.plan.lint):
            return None
        paths = [target.path for target in self._index_members()]
        sources = [source for path in paths if (source := self.read(path)) is not None]
        if len(sources) < len(paths) or len(self._sources) < len(paths):
            return None  # unreadable, or too much to be held in memory: read again, it may be another text
        linted = [target.path for target in self.linted]
        return ResultCache(self.plan.cache, self.tree, self.plan.lint, linted, sources)

    # One process: the index is made only if a rule asks.

    def _here(self) -> Iterator[tuple[Target, Outcome]]:
        workspace = self.workspace(self._whole_index)
        for target in self.linted:
            yield target, lint_target(target, self.plan.lint, workspace)

    def over(self, sources: Sequence[SourceFile]) -> list[FileResult]:
        """Lint texts in the place of the files of their paths."""
        self._sources.update((source.path, source) for source in sources)
        workspace = self.workspace(self._whole_index)
        return [lint_parsed(workspace.parse(source), self.plan.lint, workspace) for source in sources]

    def facts(
        self, besides: Container[str] = (), progress: Callable[[int, int], None] = lambda _done, _all: None
    ) -> list[FileFacts]:
        """What the files of the index say, those of some paths left out.

        `progress` is told how many of how many files have been read whose facts were not in the cache.
        """
        known, missing = self._known_facts(besides)
        return [*known, *self._extracted(missing, progress)]

    def forget(self, path: str | None = None) -> None:
        """Read a file anew when it is next asked for; without a path, look which files there are, too."""
        if path is not None:
            self._sources.pop(path, None)
            self._known.pop(path, None)
            return
        self._sources.clear()
        self._known.clear()
        self._members.clear()
        self._held = 0

    def want_c_functions(self, names: frozenset[str]) -> bool:
        """Let the tree's headers be asked for some C functions, too; whether there are any among them that were not."""
        if self.c_facts.has_asked_for(names) or names <= self.c_extra:
            return False
        self.c_extra |= names
        self._new_c_facts()
        return True

    def _whole_index(self) -> Index:
        return Index(self.facts())

    def widen(self, paths: Iterable[str]) -> bool:
        """Let the index have the crates of some paths, too; whether that made it larger."""
        root = self.tree.root
        if root is None:
            return False
        folders = {crate_folder(root, path): path for path in paths if is_inside(root, path)}
        new = [path for folder, path in folders.items() if folder not in self._crates]
        self._crates.update(folders)
        self.linted += [Target(root / path, path, self.tree) for path in new]
        if new:
            self._members.clear()
        return bool(new)

    # Many files: the index first, in several processes or in this one.

    def _shared(self, workers: int, sizes: dict[str, int]) -> Iterator[tuple[Target, Outcome]]:
        """Lint with so many processes; `sizes` are those of the linted files in bytes, by path."""
        from rfl_lint.workers import Phase, crew, dealt  # noqa: PLC0415 - multiprocessing, for a large tree only

        known, missing = self._known_facts()
        sizes |= {target.path: _size(target) for target in missing if target.path not in sizes}

        def size(target: Target) -> int:
            return sizes[target.path]

        is_small = sum(sizes[target.path] for target in missing) <= _WORTH_SHARING
        if is_small or sum(map(weight, sizes.values())) > _MOST_KEPT:
            fresh = self._extracted(missing) if is_small else self._gathered(dealt(missing, workers, size))
            self._is_complete = len(fresh) == len(missing)
            index = Index([*known, *fresh])
            self.c_facts.entry()
            share = Share(self.plan.lint, self.workspace(index), self.c_facts)
            import_rules(self.plan.lint.rules)  # once, for all workers
            with crew(dealt(self.linted, workers, size), [Phase("lint", share.lint)]) as pool:
                for target, done in pool.run("lint"):
                    yield target, self._witnessed(done)
            return
        wanted = {target.path for target in missing}
        linted = {target.path for target in self.linted}
        concerned = wanted | linted
        jobs = [target for target in self._index_members() if target.path in concerned]
        share = Share(self.plan.lint, self.workspace(Index()), self.c_facts, wanted, linted)
        import_rules(self.plan.lint.rules)  # once, for all workers
        with crew(
            dealt(jobs, workers, size), [Phase("facts", share.facts), Phase("lint", share.lint)]
        ) as pool:
            results = pool.run("facts")
            c_entry = self.c_facts.entry()  # while the workers parse
            fresh = self._taken_in(results)
            self._is_complete = len(fresh) == len(missing)
            for target, done in pool.run("lint", Sent((*known, *fresh), c_entry)):
                if target.path in linted:
                    yield target, self._witnessed(done)

    def _gathered(self, hands: Sequence[Sequence[Target]]) -> list[FileFacts]:
        """Facts read off many files by processes that keep nothing of these: their index is made here, and once."""
        from rfl_lint.workers import Phase, crew  # noqa: PLC0415 - as above

        wanted = {target.path for hand in hands for target in hand}
        share = Share(self.plan.lint, self.workspace(Index()), self.c_facts, wanted, set())
        with crew(hands, [Phase("facts", share.facts)]) as pool:
            return self._taken_in(pool.run("facts"))

    def _taken_in(self, results: Iterator[tuple[Target, object]]) -> list[FileFacts]:
        """The facts that workers give back, remembered."""
        fresh = []
        for _, result in results:
            if isinstance(result, tuple):
                key, facts = result
                self._fact_cache().put(key, facts)
                fresh.append(facts)
        self._fact_cache().save()
        return fresh

    def _witnessed(self, done: object) -> Outcome:
        """The outcome that a worker gave back; what it saw of the tree is added to what the others did."""
        if isinstance(done, Linted):
            together(self._seen, done.seen)
            return done.outcome
        raise TypeError(f"a worker gave back {type(done).__name__}")

    # Facts.

    def workspace(
        self, index: Index | Callable[[], Index], read: Callable[[str], SourceFile | None] | None = None
    ) -> Workspace:
        """The files of the tree as rules see them; `read` gives their texts where they are not the tree's own."""
        lint = self.plan.lint
        return Workspace(
            self.tree,
            read or self.read,
            index,
            self.c_facts.function,
            doc_code=lint.doc_code,
            kinds=lint.kinds,
            tables=lint.tables,
            max_seconds=lint.max_seconds,
            facts=self._known,
        )

    def _c_names(self) -> set[str]:
        """The C functions that the files of the index call."""
        heard = (target.path for target in self._index_members() if self.tree.is_heard(target.path))
        sources = (self.read(path) for path in heard)
        return called_functions(source.data for source in sources if source is not None) | self.c_extra

    def _index_members(self) -> Iterable[Target]:
        if not self._members:
            self._members = {target.path: target for target in index_targets(self.tree, self.linted)}
        return self._members.values()

    def _fact_cache(self) -> FactCache:
        if self._cache is None:
            root = self.tree.root if self.tree.root is not None else Path()
            worth = len(self._members) >= _WORTH_KEEPING
            self._cache = FactCache(root, self.plan.cache if worth else None)
        return self._cache

    def read(self, path: str) -> SourceFile | None:
        """The text of a member of the index, and of no other file."""
        if path in self._sources:
            return self._sources[path]
        self._index_members()
        target = self._members.get(path)
        try:
            source = read_target(target) if target is not None else None
        except SourceError:
            return None
        if source is not None and self._held < _MOST_HELD:
            # One reading for all: facts, rules and shown excerpts speak of the same text whatever happens to the
            # file meanwhile.
            self._held += len(source.data)
            self._sources[path] = source
        return source

    def _known_facts(self, besides: Container[str] = ()) -> tuple[list[FileFacts], list[Target]]:
        """The facts that the cache has, and the files whose facts it lacks."""
        known: list[FileFacts] = []
        missing: list[Target] = []
        for target in self._index_members():
            if target.path in besides or not self.tree.is_heard(target.path):
                continue
            source = self.read(target.path)
            facts = self._fact_cache().get(digest(source)) if source is not None else None
            if facts is not None and source is not None:
                known.append(facts)
                self._known[target.path] = (source, facts)
            elif source is not None:
                missing.append(target)
        return known, missing

    def _extracted(
        self, targets: Sequence[Target], progress: Callable[[int, int], None] = lambda _done, _all: None
    ) -> list[FileFacts]:
        """Facts read off the files themselves, and remembered."""
        found: list[FileFacts] = []
        for number, target in enumerate(targets):
            progress(number, len(targets))
            source = self.read(target.path)
            parsed = Workspace(self.tree).parse(source) if source is not None else None
            facts = facts_of(parsed) if parsed is not None else None
            if source is not None and facts is not None:
                found.append(facts)
                self._fact_cache().put(digest(source), facts)
        self._fact_cache().save()
        return found


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _size(target: Target) -> int:
    try:
        return target.file.stat().st_size
    except OSError:
        return 0
