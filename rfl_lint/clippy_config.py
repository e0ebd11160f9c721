"""What a tree's own `.clippy.toml` disallows, read as data: a broken one is a problem to tell of, never a crash."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Final

from msgspec import Struct

from rfl_lint.tree import KernelTree

FILE_NAMES: Final = (".clippy.toml", "clippy.toml")
METHODS: Final = "disallowed-methods"
MACROS: Final = "disallowed-macros"
_MAX_ENTRIES: Final = 10_000


class Disallowed(Struct, frozen=True):
    """A function, method or macro, by its full path; `where` is who disallows it."""

    path: tuple[str, ...]
    reason: str = ""
    replacement: str = ""
    where: str = ""


class ClippyConfig(Struct, frozen=True):
    """The entries of one file, and what is wrong with it."""

    methods: tuple[Disallowed, ...] = ()
    macros: tuple[Disallowed, ...] = ()
    problems: tuple[str, ...] = ()


def clippy_config(tree: KernelTree) -> ClippyConfig:
    """What the file at a tree's root says; nothing where there is none."""
    for name in FILE_NAMES:
        text = tree.text(name)
        if text is not None:
            return parse_config(text, name)
    return ClippyConfig()


@lru_cache(maxsize=8)
def parse_config(text: str, where: str) -> ClippyConfig:
    """Read the text of a `.clippy.toml`; what cannot be understood is told and left out."""
    import tomllib  # noqa: PLC0415 - most trees that are linted file by file have no such file

    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        return ClippyConfig(problems=(f"{where}: no valid TOML: {error}",))
    problems: list[str] = []
    methods = tuple(entries(table, METHODS, f"tree's `{where}`", problems))
    macros = tuple(entries(table, MACROS, f"tree's `{where}`", problems))
    return ClippyConfig(methods, macros, tuple(f"{where}: {problem}" for problem in problems))


def entries(table: Mapping[str, object], key: str, where: str, problems: list[str]) -> Iterator[Disallowed]:
    """The entries under one key: a path, or a table with a path."""
    listed = table.get(key, [])
    if not isinstance(listed, list):
        problems.append(f"{key}: must be a list")
        return
    for index, item in enumerate(listed[:_MAX_ENTRIES]):
        row: Mapping[str, object] = item if isinstance(item, dict) else {"path": item}
        path = row.get("path")
        if not isinstance(path, str) or not _is_path(path.split("::")):
            problems.append(f"{key}[{index}]: needs a `path` such as `kernel::sync::lock`")
            continue
        yield Disallowed(tuple(path.split("::")), _text(row, "reason"), _text(row, "replacement"), where)


def _is_path(words: Iterable[str]) -> bool:
    return all(word.isidentifier() for word in words)


def _text(row: Mapping[str, object], key: str) -> str:
    value = row.get(key, "")
    return " ".join(value.split()) if isinstance(value, str) else ""
