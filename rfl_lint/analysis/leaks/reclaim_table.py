"""`data/reclaim.toml` in a form to look things up in."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from msgspec import Struct

from rfl_lint.tables import Tables


class ReclaimTable(Struct, frozen=True):
    """Who takes over a pointer that was given up, who looks at it, and how failure is asked for."""

    taking: frozenset[str]
    set_up: frozenset[str]
    not_set_up: frozenset[str]
    asking: dict[str, str]
    asked_methods: frozenset[str]
    handing_on: frozenset[str]
    reading: frozenset[str]
    reading_macros: tuple[str, ...]
    pointing_macros: frozenset[str]

    def prepares(self, function: str) -> bool:
        """Whether a C function of that name prepares its first argument, an object, and does not take it over."""
        words = frozenset(function.split("_"))
        return bool(words & self.set_up) and not words & self.not_set_up


@lru_cache(maxsize=4)
def reclaim_table(tables: Tables) -> ReclaimTable:
    """The table, read when something first asks for it."""
    raw: dict[str, Any] = tables.table("reclaim")

    def names(key: str) -> frozenset[str]:
        return frozenset(name for row in raw[key] for name in row["fns"])

    return ReclaimTable(
        taking=names("taking"),
        set_up=frozenset(raw["set_up"]),
        not_set_up=frozenset(raw["not_set_up"]),
        asking={row["fn"]: row["form"] for row in raw["asking"]},
        asked_methods=names("asked_methods"),
        handing_on=names("handing_on"),
        reading=names("reading"),
        reading_macros=tuple(prefix for row in raw["reading_macros"] for prefix in row["prefixes"]),
        pointing_macros=frozenset(raw["pointing_macros"]),
    )
