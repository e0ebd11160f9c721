"""What a path means in full: `core::ffi::CStr` of `CStr`, through imports, re-exports and preludes.

Where the definitions are no part of the index, as those of the standard library are not, this is all there is to
go by: the words that the last `use` line on the way says. Definitions themselves are for the index.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from msgspec import Struct

from rfl_lint.analysis.code.origins import Origin, meaning_of, module_of
from rfl_lint.index_names import Home, Names
from rfl_lint.rule import Context
from rfl_lint.syntax import FragmentKind, Node

_MAX_STEPS: Final = 400
_MAX_WORDS: Final = 32
_CRATE: Final = frozenset({"crate", "$crate"})

Path = tuple[str, ...]


class _Step(Struct, frozen=True):
    """Words that are looked up in a module: as its code would (`is_open`), or as what is reached through it.

    `is_guess` marks the way through a glob import, which need not hold the name.
    """

    words: Path
    home: Home
    is_open: bool = True
    is_guess: bool = False


def full_path(path: Path, where: Node, cx: Context) -> Path | None:
    """The full path of what a path means at a node; None where that is not told, or not in one way."""
    names = cx.index.names
    fragment = cx.fragment
    if path[:1] == ("Self",) or (fragment is not None and fragment.kind is FragmentKind.DOC_CODE):
        named = meaning_of(path, where, cx)
        if named.origin is Origin.OTHER or not named.path:
            return None
        path = (named.root, *named.path) if named.origin is Origin.KERNEL else named.path
    home = names.home(cx.path)
    for word in filter(None, module_of(where, cx).split("::")):
        home = home.inside(word)
    return resolved(path, home, names)


def resolved(path: Path, home: Home, names: Names) -> Path | None:
    """The same for a path that is written in a module."""
    told: set[Path] = set()
    presumed: set[Path] = set()
    waiting = [_Step(path, home)]
    seen = set(waiting)
    while waiting and len(seen) < _MAX_STEPS:
        step = waiting.pop()
        step = _entered(step, names) if step.is_open else step
        if not step.words:
            continue
        if _is_defined(step, names):
            told.add(_inside(step))
            continue
        further = list(islice(_further(step, names), _MAX_STEPS))
        if not step.is_guess and all(each.is_guess for each in further):
            # Nobody is known to mention the name: in a module it is what a macro makes there, else another crate's.
            if not step.is_open:
                presumed.add(_inside(step))
            elif len(step.words) > 1 and step.words[0].islower():
                presumed.add(step.words)
        for each in further:
            if each not in seen and len(each.words) <= _MAX_WORDS:
                seen.add(each)
                waiting.append(each)
    found = told or presumed
    return found.pop() if len(found) == 1 else None


def _entered(step: _Step, names: Names) -> _Step:
    """The words behind `crate`, `self`, `super` and the name of a library, looked up where those lead."""
    words, home = step.words, step.home
    first = words[0]
    if first in _CRATE:
        return _Step(words[1:], Home(home.crate), is_open=False, is_guess=step.is_guess)
    if first == "self":
        words = words[1:]
    while words and words[0] == "super":
        words, home = words[1:], home.parent
    if words != step.words:
        return _Step(words, home, is_open=False, is_guess=step.is_guess)
    crate = names.crate(first) if len(words) > 1 and not _mentions(home, first, names) else None
    return _Step(words[1:], crate, is_open=False, is_guess=step.is_guess) if crate is not None else step


def _mentions(home: Home, name: str, names: Names) -> bool:
    scopes = names.scope(home)
    return names.exists(home.inside(name)) or any(
        name in scope.types or name in scope.functions or name in scope.uses for scope in scopes
    )


def _is_defined(step: _Step, names: Names) -> bool:
    first = step.words[0]
    return any(first in scope.types or first in scope.functions for scope in names.scope(step.home))


def _inside(step: _Step) -> Path:
    return (step.home.crate, *filter(None, step.home.module.split("::")), *step.words)


def _further(step: _Step, names: Names) -> Iterator[_Step]:
    """Where a module says, or may say, that its first word comes from."""
    first, rest = step.words[0], step.words[1:]
    if rest and names.exists(step.home.inside(first)):
        yield _Step(rest, step.home.inside(first), is_open=False, is_guess=step.is_guess)
        return
    scopes = names.scope(step.home)
    imported = (use for scope in scopes for use in scope.uses.get(first, ()) if use.path != first)
    uses = list(islice(imported, _MAX_STEPS))
    for use in uses:
        yield _Step((*use.path.split("::"), *rest), step.home)
    for use in () if uses else (use for scope in scopes for use in scope.globs):
        yield _Step((*use.path.split("::"), *step.words), step.home, is_guess=True)
