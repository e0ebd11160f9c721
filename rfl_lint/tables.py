"""Kernel knowledge as data: the TOML tables of `rfl_lint/data`, each read once, and a user's additions to them.

A bundled table may hold a table `additions`, which is no part of what it says: `open` lists the tables whose keys
are names that a user may add to, `choices` the words that a key may have, `rows` an example, or several, for an
empty list, `told` the keys that messages quote, so that entries need them, `rooted` where a path may begin with its
crate. Elsewhere it would never be met with, and neither would a path where all bundled entries are names alone.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct, field

from rfl_lint.near import nearest

Fail = Callable[[str, str], Exception]
"""Makes the exception for a key and what is wrong with it."""

# Not by importlib.resources, which takes longer to import than a table to read.
DATA: Final = Path(__file__).parent / "data"
"""The folder of the tables."""
TRANSLATION: Final = DATA / "tables.json"
"""The tables once more, made by `make docs`: a start reads a dozen, which as TOML takes a tenth of its time."""
_ABOUT: Final = "additions"
# Where an entry comes from is asked of the bundled ones only.
_NOT_NEEDED: Final = frozenset({"source", "sources", "why"})
# A name, a path of names, or how a method is called.
_NAME: Final = re.compile(r"(?:\w+::)*\w+|\.\w+\((?:_(?:, _)*)?\)")
_ROOTS: Final = frozenset({"crate", "kernel"})
_KINDS: Final = {dict: "a table", list: "a list", str: "a string", bool: "true or false", int: "a number"}


@lru_cache(maxsize=64)
def load_table(name: str) -> dict[str, Any]:
    """The table `data/<name>.toml` as it is bundled. Shared by all who ask: not to be changed."""
    return {key: value for key, value in _read(name).items() if key != _ABOUT}


@lru_cache(maxsize=64)
def _read(name: str) -> dict[str, Any]:
    text = (DATA / f"{name}.toml").read_bytes()
    digest, table = _translated().get(name, ("", {}))
    return table if digest == _digest(text) else _parse(text)


def _parse(text: bytes) -> dict[str, Any]:
    import tomllib  # noqa: PLC0415 - only where a table was changed since it was translated

    return tomllib.loads(text.decode())


@lru_cache(maxsize=1)
def _translated() -> dict[str, tuple[str, dict[str, Any]]]:
    try:
        return msgspec.json.decode(TRANSLATION.read_bytes(), type=dict[str, tuple[str, dict[str, Any]]])
    except (OSError, msgspec.DecodeError):
        return {}


def _digest(text: bytes) -> str:
    return hashlib.blake2b(text, digest_size=8).hexdigest()


def translation() -> str:
    """What `TRANSLATION` should hold: each table and the digest of the text that it was read off."""
    texts = {name: (DATA / f"{name}.toml").read_bytes() for name in table_names()}
    lines = [
        msgspec.json.encode({name: (_digest(text), _parse(text))})[1:-1].decode()
        for name, text in texts.items()
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def table_names() -> list[str]:
    """The names of all bundled tables."""
    names = (each.name for each in DATA.iterdir())
    return sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml"))


class Tables(Struct, frozen=True, eq=False):
    """The tables of one configuration: each as it is bundled, with what the user adds to it.

    It is compared by identity, so that what is arranged from a table can be cached under it.
    """

    additions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    _merged: dict[str, dict[str, Any]] = field(default_factory=dict)

    def table(self, name: str) -> dict[str, Any]:
        """A table by its name. Shared by all who ask: not to be changed."""
        if name not in self._merged:
            bundled = load_table(name)
            added = self.additions.get(name)
            self._merged[name] = _joined(bundled, added) if added else bundled
        return self._merged[name]


BUNDLED: Final = Tables()
"""The tables as they are."""


def make_tables(given: Mapping[str, object], fail: Fail) -> Tables:
    """The tables with a configuration's additions, which are checked; raises what `fail` makes of a fault."""
    if not given:
        return BUNDLED
    names = table_names()
    added: dict[str, dict[str, Any]] = {}
    for name, value in given.items():
        if name not in names:
            raise fail(name, f"no such table; {_hint(name, names)}")
        about = _read(name).get(_ABOUT, {})
        check = _Check(
            fail,
            frozenset(about.get("open", ())),
            about.get("choices", {}),
            about.get("rows", {}),
            _NOT_NEEDED.difference(about.get("told", ())),
            tuple(about.get("rooted", ())),
        )
        check.value(name, "", value, [load_table(name)])
        assert isinstance(value, dict)  # noqa: S101 - as the bundled table is
        added[name] = value
    return Tables(added)


def _joined(bundled: Any, added: Any) -> Any:
    """Tables by key, lists one after the other; of two plain values the user's."""
    if isinstance(bundled, dict) and isinstance(added, dict):
        both = {**bundled, **added}
        return {key: _joined(bundled[key], both[key]) if key in bundled else both[key] for key in both}
    if isinstance(bundled, list) and isinstance(added, list):
        return [*bundled, *(item for item in added if item not in bundled)]
    return added


class _Check(Struct, frozen=True):
    """Compares what is added with what is there. A `path` is where in the table, a `key` the same for messages."""

    fail: Fail
    open: frozenset[str]
    choices: Mapping[str, list[str]]
    rows: Mapping[str, Any]
    not_needed: frozenset[str]
    rooted: tuple[str, ...]

    def value(self, key: str, path: str, value: object, known: list[Any], *, whole: bool = False) -> None:
        """Check a value against those that are known of its place; a `whole` one stands alone."""
        kinds = {type(each): None for each in known}
        if type(value) not in kinds:
            wanted = " or ".join(_KINDS.get(kind, kind.__name__) for kind in kinds)
            raise self.fail(key, f"must be {wanted}, not {_KINDS.get(type(value), type(value).__name__)}")
        alike: list[Any] = [each for each in known if type(each) is type(value)]
        if isinstance(value, dict):
            self._table(key, path, value, alike, whole=whole)
        elif isinstance(value, list):
            items = [item for each in alike for item in each] or self._examples(path)
            for index, item in enumerate(value):
                self.value(f"{key}[{index}]", path, item, items, whole=True)
        elif isinstance(value, str):
            allowed = self.choices.get(path.rpartition(".")[2])
            if allowed is None and path.rpartition(".")[2] not in _NOT_NEEDED:
                self._name(key, path, value, alike)
            elif allowed is not None and value not in allowed:
                raise self.fail(key, f"must be one of {', '.join(allowed)}, not {value!r}")

    def _name(self, key: str, path: str, value: str, alike: Collection[str]) -> None:
        """Refuse a name that is written as nothing is that it is compared with."""
        if value.endswith("!") and value[:-1].isidentifier():
            raise self.fail(key, f"names a macro without the `!`: `{value[:-1]}`")
        if _NAME.fullmatch(value) is None:
            if value not in alike and all(each == "" or _NAME.fullmatch(each) for each in alike):
                raise self.fail(key, f"must be a name, not `{value}`")
            return
        if "::" not in value:
            return
        first, *_, last = value.split("::")
        if first in ("self", "super"):
            raise self.fail(
                key, f"`{value}` means another thing in each module: begin with the crate, or leave that out"
            )
        if any(path == each or path.startswith(f"{each}.") for each in self.rooted):
            return
        if not any("::" in each for each in alike):
            raise self.fail(key, f"must be a name alone, `{last}`, not a path")
        if first in _ROOTS:
            below = value.removeprefix(f"{first}::")
            raise self.fail(key, f"names what is below the crate, `{below}`, without `{first}`")

    def _examples(self, path: str) -> list[Any]:
        found = self.rows.get(path, "")
        return found if isinstance(found, list) else [found]

    def _table(
        self, key: str, path: str, value: dict[str, Any], known: list[dict[str, Any]], *, whole: bool
    ) -> None:
        is_open = path in self.open
        names = list(dict.fromkeys(name for each in known for name in each))
        for name, item in value.items():
            below = f"{path}.{'*' if is_open else name}".lstrip(".")
            if name not in names and not is_open:
                raise self.fail(f"{key}.{name}", f"no such key; {_hint(name, names)}")
            if is_open:
                self._name(f"{key}.{name}", "", name, names)
            samples = [
                found for each in known for known_name, found in each.items() if is_open or known_name == name
            ]
            new = whole or (is_open and name not in names)
            self.value(f"{key}.{name}", below, item, samples, whole=new)
        needed = [
            name for name in names if all(name in each for each in known) and name not in self.not_needed
        ]
        missing = [name for name in needed if name not in value]
        if whole and not is_open and missing:
            raise self.fail(key, f"lacks `{missing[0]}`")


def _hint(name: str, names: Iterable[str]) -> str:
    listed = list(names)
    near = nearest(name, listed)
    return f"did you mean `{near[0]}`?" if near else f"there are {', '.join(listed)}"
