"""Texts that stand in the place of a tree's files and change: what one says now, in terms of what all say.

What is known of the tree is kept from one question to the next. A text that changes has its own facts replaced in the
index; what analyses have computed is let go with every change, for it may rest on any file, and parsed files are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property, partial
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from rfl_lint.ancestry import Ancestry
from rfl_lint.batch import Plan, TreeRun
from rfl_lint.c.names import called_functions
from rfl_lint.engine import FileResult, Look, lint_parsed
from rfl_lint.facts import FileFacts
from rfl_lint.index import Index
from rfl_lint.index_moves import MovingIndex
from rfl_lint.moves import moved_facts
from rfl_lint.refusal import FILE_NOT_ANALYSED
from rfl_lint.rule import Context
from rfl_lint.source import SourceFile
from rfl_lint.syntax import ParsedFile, TextEdit
from rfl_lint.syntax.glancing import glance_at
from rfl_lint.tree import KernelTree
from rfl_lint.watch import TookTooLong, bounded
from rfl_lint.workspace import Workspace, facts_of

Progress = Callable[[int, int], None]
# Parsed files that nobody has asked for since the last change are kept up to so many bytes of text.
_MOST_KEPT: Final = 6_000_000


class _Text(Struct, eq=False, dict=True):
    """A text in the place of a file. It is parsed when it is first looked at, or was before."""

    source: SourceFile
    parse: Callable[[], ParsedFile]

    @cached_property
    def parsed(self) -> ParsedFile:
        return self.parse()

    @cached_property
    def facts(self) -> FileFacts | None:
        return facts_of(self.parsed)


class _Seen(Struct, frozen=True, eq=False):
    """What was last found in a text, by a glance or by a look at all of it.

    The text that is in place may be an older one, and `ahead` led to this one, or a newer one, to which `behind` led.
    """

    source: SourceFile
    parsed: ParsedFile
    facts: FileFacts
    result: FileResult
    ahead: tuple[TextEdit, ...] = ()
    behind: tuple[TextEdit, ...] = ()


class LiveTree:
    """One tree, and the texts that stand in the place of some of its files.

    `c_names` are C functions that the texts may call besides those that the tree's files call.
    """

    def __init__(self, tree: KernelTree, plan: Plan, c_names: Iterable[str] = ()) -> None:
        """Read nothing yet."""
        self.tree = tree
        self.plan = plan
        self._run = TreeRun(tree, [], plan, c_extra=frozenset(c_names))
        self._ancestry = Ancestry(tree.root)
        self._index: MovingIndex | None = None
        self._facts: dict[str, FileFacts] = {}
        self._texts: dict[str, _Text] = {}
        self._workspace: Workspace | None = None
        self._seen: dict[str, _Seen] = {}

    # What stands in the place of files.

    def put(self, source: SourceFile, edits: Sequence[TextEdit] = ()) -> ParsedFile:
        """Let a text stand in the place of the file of its path; `edits` made it of the text that did before."""
        old = self._texts.get(source.path)
        before = old.parsed if old is not None and edits else None
        seen = self._seen.pop(source.path, None)
        if seen is not None and before is not None:
            self._seen[source.path] = replace(seen, ahead=(), behind=(*seen.behind, *edits))
            edits = (*seen.ahead, *edits)
        parsed = self._blank().parse(source, before, edits)
        self._replace({source.path: _Text(source, partial(_same, parsed))})
        return parsed

    def put_all(self, sources: Iterable[SourceFile]) -> None:
        """Let these texts, and no others, stand in the place of files."""
        parse = self._blank().parse
        wanted = {source.path: source for source in sources}
        self._catch_up()
        self._seen.clear()
        texts = {
            path: _Text(source, partial(parse, source))
            for path, source in wanted.items()
            if path not in self._texts or self._texts[path].source is not source
        }
        self._replace(texts, [path for path in self._texts if path not in wanted])

    def drop(self, path: str) -> None:
        """Let the file itself speak again."""
        self._run.forget(path)
        self._seen.pop(path, None)
        self._replace({}, [path])

    def refresh(self, path: str | None = None) -> None:
        """Read a file that has changed; without a path, look which files there are, and read them all."""
        self._catch_up()
        self._run.forget(path)
        self._ancestry = Ancestry(self.tree.root)
        if path is None:
            self._index = None
            self._facts.clear()
            self._workspace = None
        elif self._index is not None:
            text = self._run.read(path)
            parsed = self._blank().parse(text) if text is not None else None
            facts = facts_of(parsed) if parsed is not None else None
            if facts is not None:
                self._facts[path] = facts
            else:
                self._facts.pop(path, None)
            self._changed([path])

    def _catch_up(self) -> None:
        """Put in place what glances alone have seen."""
        for path, seen in sorted(self._glanced().items()):
            self._seen[path] = replace(seen, ahead=())
            parsed = self._blank().parse(seen.source, self._texts[path].parsed, seen.ahead)
            self._replace({path: _Text(seen.source, partial(_same, parsed))})

    def _glanced(self) -> dict[str, _Seen]:
        return {path: seen for path, seen in self._seen.items() if seen.ahead}

    def _replace(self, texts: dict[str, _Text], gone: Iterable[str] = ()) -> None:
        changed = [path for path in gone if self._texts.pop(path, None) is not None] + list(texts)
        self._texts.update(texts)
        self._changed({*changed, *self._widened(texts)})

    def _widened(self, paths: Iterable[str]) -> list[str]:
        """Let the index have the crates of some files; the files that it did not have before."""
        if not self._run.widen(paths) or self._index is None:
            return []
        fresh = {facts.path: facts for facts in self._run.facts(besides=self._facts)}
        self._facts.update(fresh)
        return list(fresh)

    def _changed(self, paths: Iterable[str]) -> None:
        paths = sorted(paths)
        if self._index is not None:
            for path in paths:
                self._renew(self._index, path)
        self._renew_workspace(paths)

    def _renew_workspace(self, paths: Sequence[str]) -> None:
        """Let go of what analyses have computed; what was parsed is kept, but for some paths."""
        if self._workspace is None or not paths:
            return
        kept = {**self._workspace.kept, **self._workspace.parses()}
        if sum(len(parsed.source.data) for parsed, _ in kept.values()) > _MOST_KEPT:
            kept = self._workspace.parses()
        for path in (*paths, *self._texts):
            kept.pop(path, None)
        self._workspace.close()
        self._workspace = self._new_workspace()
        self._workspace.kept.update(kept)

    def _renew(self, index: Index, path: str) -> None:
        """Let the index say of a path what the text in its place says, or the tree's own file."""
        text = self._texts.get(path)
        seen = self._seen.get(path)
        if seen is not None and seen.ahead:
            facts: FileFacts | None = seen.facts
        else:
            facts = text.facts if text is not None else self._facts.get(path)
        if facts is not None and self.tree.is_heard(path):
            index.replace(facts)
        else:
            index.remove(path)

    # What is asked.

    @property
    def is_ready(self) -> bool:
        """Whether the index is there."""
        return self._index is not None

    def build(self, progress: Progress = lambda _done, _all: None) -> Index:
        """The index of the tree; `progress` is told how many of how many files have been read for it."""
        if self._index is None:
            self._facts = {facts.path: facts for facts in self._run.facts(progress=progress)}
            self._index = MovingIndex(self._facts.values())
            for path in sorted(self._texts):
                self._renew(self._index, path)
        return self._index

    def settle(self) -> bool:
        """Look up the C functions that texts call and files did not; whether anything is known now that was not."""
        self._catch_up()
        names = called_functions(text.source.data for text in self._texts.values())
        if not self._run.want_c_functions(frozenset(names)):
            return False
        self._workspace = None
        return True

    def lint(self, path: str, go_on: Callable[[], None] = lambda: None) -> FileResult | None:
        """The findings of a text, or else of the file of that path; None where there is neither.

        What `go_on` raises ends the work.
        """
        parsed = self.parsed(path)
        if parsed is None:
            return None
        text = self._texts.get(path)
        facts = text.facts if text is not None else None
        result = lint_parsed(parsed, self.plan.lint, self.workspace(), facts, Look(go_on=go_on))
        if text is not None and facts is not None and not _is_refused(result):
            self._seen[path] = _Seen(text.source, parsed, facts, result)
        else:
            self._seen.pop(path, None)
        return result

    def glance(self, source: SourceFile, edits: Sequence[TextEdit]) -> tuple[ParsedFile, FileResult] | None:
        """What edits of a text most likely change of its findings: a look at what they concern, in a moment.

        None where it takes a look at all of it: the text was not looked at before, say. The text is not in place then.
        """
        path = source.path
        seen, text = self._seen.get(path), self._texts.get(path)
        if seen is None or text is None or self._index is None:
            return None
        made = (*seen.behind, *edits)
        if not made or not (edits or source.data is text.source.data):
            return None
        lint = self.plan.lint
        try:
            parsed = bounded(lambda: glance_at(source, seen.parsed, made, lint.kinds), lint.max_seconds)
        except TookTooLong:
            return None
        if parsed is None or parsed.focus is None:
            return None
        facts, is_same = moved_facts(seen.facts, parsed, parsed.focus)
        is_in_place = not edits
        # Of a text that is in place the index knows all, and of one that is not heard nothing.
        if not is_in_place and self.tree.is_heard(path):
            if is_same and self._index.files.get(path) is seen.facts:
                self._index.move(facts)
            else:
                self._index.replace(facts)
        self._renew_workspace([path])
        workspace = self._ready_workspace()
        workspace.kept[path] = parsed, facts
        result = lint_parsed(parsed, lint, workspace, facts, Look(seen.result))
        if is_in_place:
            self._renew_workspace([path])  # nobody will put the text in place of what was glanced at
        if _is_refused(result):
            self._changed([path])
            return None
        self._seen[path] = _Seen(source, parsed, facts, result, (*seen.ahead, *edits))
        return parsed, result

    def tidy(self) -> None:
        """Let go of what was computed, and will be computed anew when it is asked for: after a glance, that is."""
        if self._workspace is not None and self._glanced():
            self._renew_workspace(list(self._glanced()))

    def parsed(self, path: str) -> ParsedFile | None:
        """A text, or else the file of that path, parsed; None where there is neither."""
        self._catch_up()
        text = self._texts.get(path)
        if text is not None:
            return text.parsed
        workspace = self.workspace()
        source = self._run.read(path)
        return workspace.parsed(path) or (workspace.parse(source) if source is not None else None)

    def include(self, paths: Iterable[str]) -> None:
        """Let the index have the crates of some files, too."""
        self._catch_up()
        self._changed(self._widened(paths))

    def text(self, path: str) -> SourceFile | None:
        """The text that stands in the place of a file, if there is one."""
        seen = self._seen.get(path)
        if seen is not None and seen.ahead:
            return seen.source
        text = self._texts.get(path)
        return text.source if text is not None else None

    def context(self, path: str) -> Context | None:
        """What a text says and is, as rules see it; None where nothing could be made of it."""
        self._catch_up()
        text = self._texts.get(path)
        if text is None or text.facts is None:
            return None
        return self.workspace().entered(text.parsed, text.facts)

    def workspace(self) -> Workspace:
        """All files of the tree, and the texts in the place of some."""
        self._catch_up()
        return self._ready_workspace()

    def _ready_workspace(self) -> Workspace:
        if self._workspace is None:
            self._workspace = self._new_workspace()
        return self._workspace

    def _new_workspace(self) -> Workspace:
        workspace = self._run.workspace(self._index if self._index is not None else self.build, self._read)
        workspace.ancestry = self._ancestry
        if self._index is not None:  # else not all texts have been looked at, and may never be
            workspace.kept.update(
                (path, (text.parsed, text.facts))
                for path, text in self._texts.items()
                if text.facts is not None
            )
            workspace.kept.update((path, (seen.parsed, seen.facts)) for path, seen in self._glanced().items())
        return workspace

    def _blank(self) -> Workspace:
        """What parses texts as the rules want them."""
        return self._run.workspace(Index())

    def _read(self, path: str) -> SourceFile | None:
        text = self._texts.get(path)
        return text.source if text is not None else self._run.read(path)


def _is_refused(result: FileResult) -> bool:
    return any(finding.rule == FILE_NOT_ANALYSED for finding in result.findings)


def _same(parsed: ParsedFile) -> ParsedFile:
    return parsed


class TextLinter:
    """Lints texts as the files of one tree, a batch after the other; what is known of the tree is kept.

    `c_names` are C functions that the texts may call besides those that the tree's files call.
    """

    def __init__(self, tree: KernelTree, plan: Plan, c_names: Iterable[str] = ()) -> None:
        """Read nothing yet."""
        self._live = LiveTree(tree, plan, c_names)

    def lint(self, sources: Sequence[SourceFile], around: Sequence[SourceFile] = ()) -> list[FileResult]:
        """Lint texts in the place of the files of their paths; they know each other.

        `around` are texts that stand in the place of other files, and are not linted.
        """
        self._live.put_all((*around, *sources))
        results = (self._live.lint(source.path) for source in sources)
        return [result for result in results if result is not None]
