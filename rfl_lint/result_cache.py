"""Results of a whole run over a tree, kept on disk: the same run over the same tree is not made again.

They hold only as long as all that they came from is as it was: rfl-lint itself, the settings, the text of every file of
the index, the C headers, and whatever else was asked of the tree (`witness`). One difference, and everything is linted.
What depends on the machine, as a file that took too long, is not kept, nor what rules of others say, which may look at
anything.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import tree_sitter
import tree_sitter_rust
from msgspec import Struct
from msgspec.structs import replace

from rfl_lint.ancestry import looked_up
from rfl_lint.c.stamps import Stamp, has_headers, stamp_of
from rfl_lint.engine import FileResult, Lint
from rfl_lint.fact_cache import digest
from rfl_lint.source import SourceFile
from rfl_lint.store import name_for, read_stored, write_stored
from rfl_lint.tree import KernelTree
from rfl_lint.witness import Question, answer
from rfl_lint.workspace import too_long

_MAX_BYTES: Final = 64_000_000
_RULES: Final = "rfl_lint.rules."
_ENDINGS: Final = (".py", ".toml", ".json", ".so", ".pyd")


class _Kept(Struct, frozen=True):
    """What is stored: results with the paths of their sources, and what has to be as it was."""

    results: tuple[tuple[FileResult, tuple[str | SourceFile, ...]], ...]
    seen: dict[Question, str]
    headers: tuple[Stamp, ...] | None


class ResultCache:
    """The kept results of one run: some files of one tree under some settings."""

    def __init__(
        self, folder: Path, tree: KernelTree, lint: Lint, linted: Iterable[str], members: Iterable[SourceFile]
    ) -> None:
        """Tell this run from all others."""
        root = tree.root if tree.root is not None else Path()
        self._tree = tree
        self._root = root
        self._lint = lint
        run = hashlib.blake2b(digest_size=16)
        for part in (*_settings(lint), *sorted(linted)):
            run.update(os.fsencode(part) + b"\0")
        self._path = folder / f"{name_for(root)}-{run.hexdigest()}.results"
        for part in (*_code(), repr((os.fspath(root), sorted(tree.present)))):
            run.update(os.fsencode(part) + b"\0")
        for source in members:
            run.update(digest(source))
        self._magic = f"rfl-lint results {run.hexdigest()}\n".encode()

    @staticmethod
    def may_keep(tree: KernelTree, lint: Lint) -> bool:
        """Whether all that results depend on can be known."""
        shipped = all(type(rule).__module__.startswith(_RULES) for rule in lint.rules)
        return shipped and tree.root is not None and tree.files is None and not tree.texts

    def load(self, read: Callable[[str], SourceFile | None]) -> dict[str, FileResult] | None:
        """The results by path, if they still hold; `read` gives the texts of the index."""
        body = read_stored(self._path, self._magic, _MAX_BYTES)
        if body is None:
            return None
        try:
            kept = pickle.loads(body)  # noqa: S301 - a file of the user's own, whole, and written by us
        except (ValueError, EOFError, pickle.UnpicklingError):
            return None
        if not isinstance(kept, _Kept) or not self._holds(kept):
            return None
        found: dict[str, FileResult] = {}
        for result, texts in kept.results:
            sources = [read(text) if isinstance(text, str) else text for text in texts]
            if None in sources:
                return None
            found[result.path] = replace(result, sources=tuple(source for source in sources if source))
        return found

    def save(
        self,
        results: Sequence[FileResult],
        seen: Mapping[Question, str],
        headers: tuple[Stamp, ...],
        read: Callable[[str], SourceFile | None],
    ) -> None:
        """Keep the results of a run that went well."""
        slow = too_long(self._lint.max_seconds)
        if any(
            result.crashes or any(slow in finding.message for finding in result.findings)
            for result in results
        ):
            return
        kept = _Kept(
            tuple(
                (
                    replace(result, sources=()),
                    tuple(
                        source.path if read(source.path) == source else source for source in result.sources
                    ),
                )
                for result in results
            ),
            dict(seen),
            headers if has_headers(self._root) else None,
        )
        write_stored(self._path, self._magic, pickle.dumps(kept, protocol=5), _MAX_BYTES)

    def _holds(self, kept: _Kept) -> bool:
        if has_headers(self._root) != (kept.headers is not None):
            return False
        root = os.path.realpath(self._root)
        if not all(stamp_of(root, stamp[0]) == stamp for stamp in kept.headers or ()):
            return False
        return all(self._asked(*question) == found for question, found in kept.seen.items())

    def _asked(self, kind: str, path: str) -> str:
        """What a question is answered today."""
        if kind == "text":
            return answer(self._tree.text(path))
        if kind == "holds":
            return answer(self._tree.holds(path))
        if kind == "names":
            return answer(self._tree.names_in(path))
        return answer(looked_up(self._root, kind, path))


def _settings(lint: Lint) -> Iterator[str]:
    for rule in lint.rules:
        yield f"{type(rule).__module__} {rule.meta.name} {rule.options!r}"
    yield repr(
        (sorted(lint.strict_rules), lint.doc_code, lint.report_unused, lint.coverage, lint.max_seconds)
    )
    yield repr(None if lint.known_rules is None else sorted(lint.known_rules))
    yield repr(lint.tables.additions)


def _code() -> Iterator[str]:
    """The very code and tables at work, by size and time."""
    yield sys.version
    rules = sys.modules["rfl_lint.rules"].__path__ if "rfl_lint.rules" in sys.modules else ()
    folders = [str(Path(__file__).parent), *rules]
    folders += [str(Path(module.__file__ or "").parent) for module in (tree_sitter, tree_sitter_rust)]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                if entry.name.endswith(_ENDINGS):
                    status = entry.stat()
                    yield f"{entry.path} {status.st_size} {status.st_mtime_ns}"
                elif entry.is_dir(follow_symlinks=False) and entry.name != "__pycache__":
                    folders.append(entry.path)
