"""Regular expressions that take more than their input's length: every one of the package, tried with texts made for it.

A pattern is taken apart as Python's own compiler does it. For each part a text is made that it matches; what is tried
is many of one such text, or of two by turns, behind a text for all that comes before the part, and before something
that keeps the whole from matching. What takes much more than four times as long on four times as much is told.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import re._constants as constants  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any, Final

from msgspec import Struct

import rfl_lint

_SEARCHES: Final = ("search", "finditer", "findall", "sub", "subn", "split")
_METHODS: Final = ("match", "fullmatch", *_SEARCHES)
_CATEGORIES: Final = {
    constants.CATEGORY_DIGIT: "7",
    constants.CATEGORY_SPACE: " ",
    constants.CATEGORY_WORD: "a",
    constants.CATEGORY_NOT_DIGIT: "a",
    constants.CATEGORY_NOT_SPACE: "a",
    constants.CATEGORY_NOT_WORD: "-",
}
_LIKELY: Final = "aA7 _-.,:;'\"`()[]{}<>/\\\t\n#*=&|!é"
_ENDINGS: Final = ("", "\0", "\n\0")
_MOST_TEXTS: Final = 40


class Known(Struct, frozen=True):
    """A pattern of the package, where it stands, and how it is used there."""

    name: str
    pattern: re.Pattern[Any]
    methods: frozenset[str]


class Slow(Struct, frozen=True):
    """A pattern that took more than its share, and on what."""

    name: str
    method: str
    before: str
    piece: str
    after: str
    seconds: tuple[float, ...]


def known_patterns() -> list[Known]:
    """Every compiled pattern that a module of the package keeps."""
    found: dict[int, Known] = {}
    modules = list(_modules())
    sources = {module.__name__: _source(module) for module in modules}
    for module in modules:
        for name, value in vars(module).items():
            for pattern in _patterns_in(value):
                private = name.startswith("_")
                users = [sources[module.__name__]] if private else list(sources.values())
                methods = {
                    method for text in users for method in re.findall(rf"\b{re.escape(name)}\.(\w+)\(", text)
                } & set(_METHODS)
                if not methods or pattern is not value:
                    methods = {"search", "match", "fullmatch"}
                found.setdefault(id(pattern), Known(f"{module.__name__}.{name}", pattern, frozenset(methods)))
    inline = (known for module in modules for known in _inline(module.__name__, sources[module.__name__]))
    return sorted([*found.values(), *inline], key=lambda known: known.name)


def _inline(module: str, source: str) -> Iterator[Known]:
    """The patterns that are written where they are used."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            given = node.args[0]
            is_re = isinstance(node.func.value, ast.Name) and node.func.value.id == "re"
            if is_re and node.func.attr in _METHODS and isinstance(given, ast.Constant):
                yield Known(f"{module} {given.value!r}", re.compile(given.value), frozenset({node.func.attr}))


def _modules() -> Iterator[ModuleType]:
    for package in (rfl_lint, importlib.import_module("rfl_lint.rules")):
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if info.name.rpartition(".")[2] != "__main__":
                yield importlib.import_module(info.name)


def _source(module: ModuleType) -> str:
    file = module.__file__
    if file is None:
        return ""
    with open(file, encoding="utf-8") as stream:  # noqa: PTH123 - a name, as modules have it
        return stream.read()


def _patterns_in(value: object) -> Iterator[re.Pattern[Any]]:
    waiting = [value]
    for _ in range(2000):
        if not waiting:
            return
        value = waiting.pop()
        if isinstance(value, re.Pattern):
            yield value
        elif isinstance(value, Mapping):
            waiting += [*value.keys(), *value.values()]
        elif isinstance(value, (tuple, list, set, frozenset)):
            waiting += value


# Texts for parts.


def texts_for(pattern: re.Pattern[Any]) -> list[tuple[str, str]]:
    """Pairs of a text for all that stands before a part of the pattern, and one for the part."""
    source = pattern.pattern
    text = source.decode("latin-1") if isinstance(source, bytes) else source
    flags = pattern.flags & ~re.UNICODE if isinstance(source, bytes) else pattern.flags
    found: dict[tuple[str, str], None] = {}
    _walk(list(parser.parse(text, flags)), "", found)
    return list(found)


def _walk(parts: Sequence[tuple[Any, Any]], before: str, found: dict[tuple[str, str], None]) -> None:
    waiting = [(list(parts), before)]
    while waiting:
        own, lead = waiting.pop()
        pieces = [_sample([part]) for part in own]
        for length in range(2, len(own) + 1):
            found.setdefault((lead, "".join(pieces[:length])))
            found.setdefault((lead, "".join(pieces[:length]) + " "))
        for at, part in enumerate(own):
            here = lead + "".join(pieces[:at])
            for length in (1, 2, 3):
                piece = "".join(pieces[at : at + length])
                if piece:
                    found.setdefault((here, piece))
                    found.setdefault(("", piece))
            for inner in _inside(part):
                waiting.append((inner, here))
                for choice in _choices(inner):
                    found.setdefault((here, choice))


def _inside(part: tuple[Any, Any]) -> list[list[tuple[Any, Any]]]:
    kind, value = part
    if kind is constants.SUBPATTERN:
        return [list(value[3])]
    if kind in (constants.MAX_REPEAT, constants.MIN_REPEAT, constants.POSSESSIVE_REPEAT):
        return [list(value[2])]
    if kind is constants.ATOMIC_GROUP:
        return [list(value)]
    if kind is constants.BRANCH:
        return [list(branch) for branch in value[1]]
    if kind in (constants.ASSERT, constants.ASSERT_NOT):
        return [list(value[1])]
    if kind is constants.GROUPREF_EXISTS:
        return [list(branch) for branch in value[1:] if branch is not None]
    return []


def _choices(parts: Sequence[tuple[Any, Any]]) -> list[str]:
    """The characters that a part which is one set of characters takes, some of them."""
    if len(parts) == 1 and parts[0][0] in (constants.IN, constants.NOT_LITERAL, constants.ANY):
        return _characters(parts[0])[:6]
    return []


def _characters(part: tuple[Any, Any]) -> list[str]:
    kind, value = part
    if kind is constants.LITERAL:
        return [chr(value)]
    if kind is constants.ANY:
        return ["a", " ", '"']
    if kind is constants.NOT_LITERAL:
        return [char for char in _LIKELY if ord(char) != value][:6]
    items = list(value)
    negated = bool(items) and items[0][0] is constants.NEGATE
    taken = "".join(_members(items))
    if negated:
        return [char for char in _LIKELY if char not in taken and not _is_in(items, char)]
    return list(dict.fromkeys(taken)) or ["a"]


def _members(items: Sequence[tuple[Any, Any]]) -> Iterator[str]:
    for kind, value in items:
        if kind is constants.LITERAL:
            yield chr(value)
        elif kind is constants.RANGE:
            yield chr(value[0])
            yield chr(value[1])
        elif kind is constants.CATEGORY:
            yield _CATEGORIES.get(value, "a")


def _is_in(items: Sequence[tuple[Any, Any]], char: str) -> bool:
    for kind, value in items:
        if kind is constants.RANGE and value[0] <= ord(char) <= value[1]:
            return True
        if kind is constants.CATEGORY and _CATEGORIES.get(value) is not None:
            ranges = {
                constants.CATEGORY_DIGIT: str.isdigit,
                constants.CATEGORY_SPACE: str.isspace,
                constants.CATEGORY_WORD: lambda each: each.isalnum() or each == "_",
            }
            test: Callable[[str], bool] | None = ranges.get(value)
            if test is not None and test(char):
                return True
    return False


def _sample(parts: Sequence[tuple[Any, Any]]) -> str:
    """The shortest sort of text that parts match, one round for what may be repeated."""
    made = ""
    for kind, value in parts:
        if kind in (constants.LITERAL, constants.NOT_LITERAL, constants.ANY, constants.IN):
            made += (_characters((kind, value)) or ["a"])[0]
        elif kind is constants.SUBPATTERN:
            made += _sample(value[3])
        elif kind in (constants.MAX_REPEAT, constants.MIN_REPEAT, constants.POSSESSIVE_REPEAT):
            made += _sample(value[2]) * max(1, min(int(value[0]), 20))
        elif kind is constants.ATOMIC_GROUP:
            made += _sample(value)
        elif kind is constants.BRANCH:
            made += _sample(value[1][0])
    return made


# Trying.


def slow_on(known: Known, *, length: int = 1000, most: float = 0.0015) -> Slow | None:
    """How a pattern can be made to take more than its share, if a way was found.

    A text of four times `length` that takes less than `most` seconds of processor time says nothing. More is measured
    again, longer and several times over, so that a machine that is busy makes no difference.
    """
    pairs = texts_for(known.pattern)
    pieces = sorted({piece for _, piece in pairs}, key=len)[:_MOST_TEXTS]
    leads = sorted({lead for lead, _ in pairs}, key=len)[:_MOST_TEXTS]
    tried = dict.fromkeys(pairs)
    tried |= dict.fromkeys(("", first + second) for first in pieces[:12] for second in pieces[:12])
    tried |= dict.fromkeys((lead, piece) for lead in leads[:8] for piece in pieces[:12])
    as_bytes = isinstance(known.pattern.pattern, bytes)
    for method in sorted(known.methods):
        for before, piece in (pair for pair in tried if pair[1]):
            for after in _ENDINGS:
                measure = _measure(known.pattern, method, before, piece, after, as_bytes=as_bytes)
                if measure(4 * length) < most:
                    continue
                if _grows(measure, length):
                    seconds = tuple(measure(length * times) for times in (1, 4))
                    return Slow(known.name, method, before, piece, after, seconds)
    return None


def _measure(
    pattern: re.Pattern[Any], method: str, before: str, piece: str, after: str, *, as_bytes: bool
) -> Callable[[int], float]:
    run: Callable[[Any], object] = {
        "sub": lambda text: pattern.sub(b"" if as_bytes else "", text),
        "subn": lambda text: pattern.subn(b"" if as_bytes else "", text),
        "finditer": lambda text: sum(1 for _ in pattern.finditer(text)),
    }.get(method) or getattr(pattern, method)

    def measure(length: int) -> float:
        made = before + piece * max(1, length // len(piece)) + after
        text: str | bytes = made.encode("utf-8") if as_bytes else made
        begun = time.thread_time()
        run(text)
        return time.thread_time() - begun

    return measure


def _grows(measure: Callable[[int], float], length: int) -> bool:
    """Whether four times as much takes more than ten times as long, twice in a row; what is linear takes four."""
    first, second = (min(measure(length * times) for _ in range(3)) for times in (1, 4))
    if second < 10 * first:
        return False
    third = min(measure(length * 16) for _ in range(2)) if second < 1 else float("inf")
    return third > 10 * second
