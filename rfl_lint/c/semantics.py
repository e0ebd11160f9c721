"""What declarations do not say of C functions, from `data/c_semantics.toml`."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from msgspec.structs import replace

from rfl_lint.c.facts import CFunction, Failure
from rfl_lint.tables import BUNDLED, DATA, Tables


@lru_cache(maxsize=1)
def semantics_digest() -> str:
    """What identifies the table's content, for caches of what was made with it."""
    return hashlib.blake2b((DATA / "c_semantics.toml").read_bytes(), digest_size=8).hexdigest()


@lru_cache(maxsize=4)
def _failures(tables: Tables) -> dict[str, Failure]:
    groups = tables.table("c_semantics")["failure"]
    return {name: Failure(group["failure"]) for group in groups for name in group["functions"]}


@lru_cache(maxsize=4)
def _misleading(tables: Tables) -> dict[str, tuple[str, ...]]:
    rows = tables.table("c_semantics")["misleading"]
    return {entry["function"]: tuple(entry["parameters"]) for entry in rows}


def with_semantics(function: CFunction, tables: Tables = BUNDLED) -> CFunction:
    """The function with what the table knows better than its declaration."""
    failure = _failures(tables).get(function.name)
    if failure is not None and function.failure is not Failure.NONE:
        function = replace(function, failure=failure)
    names = _misleading(tables).get(function.name, ())
    if names:
        indexes = (index for index, item in enumerate(function.parameters) if item.name in names)
        function = replace(function, misleading=tuple(indexes))
    return function
