"""`rfl-lint context`: which function a name means, and what is known of its context."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from msgspec import Struct

from rfl_lint.analysis.context.answers import answer, shown
from rfl_lint.batch import opened_tree
from rfl_lint.cli.settings import CheckRequest, check_tree, prepare, wants_color
from rfl_lint.errors import UsageError
from rfl_lint.facts import FunctionFact
from rfl_lint.index import Index
from rfl_lint.near import nearest
from rfl_lint.output.context import Place, answer_as_json, write_answer
from rfl_lint.rule import Context
from rfl_lint.source import Span
from rfl_lint.tree import find_root
from rfl_lint.workspace import Workspace

_PLACE: Final = re.compile(r"(?P<path>.+\.rs):(?P<line>[1-9][0-9]*)")
_NAME: Final = re.compile(r"\w+(?:::\w+)*")
_MOST_SHOWN: Final = 12


class ContextRequest(Struct, frozen=True):
    """The options of one `context`, as given."""

    function: str
    tree: Path | None = None
    output_format: str = "text"
    config: Path | None = None
    isolated: bool = False
    no_cache: bool = False
    color: str = "auto"


def run_context(request: ContextRequest) -> int:
    """Find the function and print what is known of it."""
    check_tree(request.tree)
    start = request.tree if request.tree is not None else Path()
    root = request.tree if request.tree is not None else find_root(start.resolve(), start)
    setup = prepare(
        CheckRequest(
            config=request.config, isolated=request.isolated, tree=request.tree, no_cache=request.no_cache
        )
    )
    targets = setup.finder.add([root]).targets
    if not targets:
        raise UsageError(f"{root}: there is no Rust file; --tree names the kernel tree")
    workspace, index = opened_tree(targets[0].tree, targets, setup.plan)
    place = _places(workspace)
    fact = _meant(request.function, index, workspace, place)
    source = workspace.read(fact.path)
    cx: Context | None = workspace.entered(workspace.parse(source)) if source is not None else None
    if cx is None:
        raise UsageError(f"{fact.path}: it cannot be read any more")
    found = answer(fact, cx, _mentions(index, workspace))
    if request.output_format == "json":
        sys.stdout.write(answer_as_json(found, place))
    else:
        write_answer(found, place, sys.stdout, color=wants_color(request.color, sys.stdout.isatty()))
    return 0


def _places(workspace: Workspace) -> Place:
    def place(path: str, span: Span) -> str:
        source = workspace.read(path)
        row = source.data.count(b"\n", 0, span.start) + 1 if source is not None else 1
        return f"{path}:{row}"

    return place


def _mentions(index: Index, workspace: Workspace) -> Callable[[str], Iterable[str]]:
    def paths(word: str) -> Iterator[str]:
        found = re.compile(rb"\b" + re.escape(word.encode()) + rb"\b")
        for path in sorted(index.files):
            source = workspace.read(path)
            if source is not None and found.search(source.data) is not None:
                yield path

    return paths


def _meant(words: str, index: Index, workspace: Workspace, place: Place) -> FunctionFact:
    """The one function that is meant; raises with a hint where there is none, and with all where there are several."""
    at = _PLACE.fullmatch(words)
    if at is not None:
        return _function_at(at["path"], int(at["line"]), index, workspace)
    if _NAME.fullmatch(words) is None:
        raise UsageError(f"`{words}` is no name of a function: give `Type::function`, or `path.rs:LINE`")
    *before, name = words.split("::")
    found = [fact for fact in index.named(name) if fact.has_body and _is_inside(fact, before)]
    exact = [fact for fact in found if before and fact.owner == before[-1]] or found
    if len(exact) == 1:
        return exact[0]
    if exact:
        listed = [f"{place(fact.path, fact.span)} (`{shown(fact)}`)" for fact in exact[:_MOST_SHOWN]]
        more = f" and {len(exact) - len(listed)} more" if len(exact) > len(listed) else ""
        raise UsageError(
            f"`{words}` is the name of {len(exact)} functions; name one by its place: {', '.join(listed)}{more}"
        )
    known = {shown(fact) for path in index.files for fact in index.files[path].functions if fact.has_body}
    near = nearest(words, known, most=3) or nearest(
        name, {each.rpartition("::")[2] for each in known}, most=3
    )
    hint = f"; did you mean {' or '.join(f'`{each}`' for each in near)}?" if near else ""
    raise UsageError(f"there is no function `{words}` with a body in this tree{hint}")


def _is_inside(fact: FunctionFact, names: list[str]) -> bool:
    """Whether names lead to a function: its type, its modules, the files and folders it stands in, in this order."""
    path = PurePosixPath(fact.path)
    words = [*path.parts[:-1], path.stem, *fact.module.split("::"), fact.owner]
    for name in reversed(names):
        while words and words[-1] != name:
            words.pop()
        if not words:
            return name == "crate"
        words.pop()
    return True


def _function_at(path: str, line: int, index: Index, workspace: Workspace) -> FunctionFact:
    known = [each for each in index.files if each == path or path.endswith(f"/{each}")]
    known = known or [each for each in index.files if each.endswith(f"/{path}")]
    if len(known) != 1:
        why = "several files of this tree are named so" if known else "there is no such file in this tree"
        raise UsageError(f"{path}: {why}")
    source = workspace.read(known[0])
    rows = source.data.split(b"\n") if source is not None else []
    if line > len(rows):
        raise UsageError(f"{known[0]}:{line}: the file has {len(rows)} lines")
    begin = sum(len(row) + 1 for row in rows[: line - 1])
    end = begin + len(rows[line - 1])
    around = [
        fact
        for fact in index.files[known[0]].functions
        if fact.has_body and fact.span.start <= end and begin < fact.span.end
    ]
    if not around:
        raise UsageError(f"{known[0]}:{line}: no function with a body stands there")
    return max(around, key=lambda fact: fact.span.start)
