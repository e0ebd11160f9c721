"""What `data/allocation.toml` says, arranged for the era of a tree."""

from __future__ import annotations

from functools import cached_property, lru_cache

from msgspec import Struct, field

from rfl_lint.analysis.code.origins import Named, Origin
from rfl_lint.tables import Tables
from rfl_lint.tree import Era


class Signature(Struct, frozen=True):
    """A function that takes flags: how many arguments it has without the receiver, and which one they are."""

    arguments: int
    flags: int
    has_receiver: bool


class Plain(Struct, frozen=True):
    """A function that allocates and takes no flags; `arguments` is None where any number will do."""

    arguments: int | None
    has_receiver: bool


class Old(Struct, frozen=True):
    """A spelling of before flags, and the name of today; empty where there is none."""

    today: str
    has_receiver: bool


class Allocations(Struct, frozen=True, dict=True):
    """The functions that allocate, by type and name, as an era has them."""

    era: Era
    tables: Tables
    flagged: dict[tuple[str, str], Signature] = field(default_factory=dict)
    plain: dict[tuple[str, str], Plain] = field(default_factory=dict)
    old: dict[tuple[str, str], Old] = field(default_factory=dict)

    @cached_property
    def methods(self) -> frozenset[str]:
        """The names of methods, which need a look at their receiver."""
        found = {name for (_, name), row in self.flagged.items() if row.has_receiver}
        found |= {name for (_, name), row in self.plain.items() if row.has_receiver}
        return frozenset(found | {name for (_, name), row in self.old.items() if row.has_receiver})

    @cached_property
    def words(self) -> frozenset[str]:
        """The names of all functions, methods and macros that the table speaks of."""
        table = self.tables.table("allocation")
        found = {name for rows in (self.flagged, self.plain, self.old) for _, name in rows}
        found.update(*table["methods"]["copies"].values(), table["standard"]["macros"], ["collect"])
        found.update(name.rpartition("::")[2] for name in table["standard"]["functions"])
        return frozenset(found)

    @cached_property
    def instead(self) -> dict[str, str]:
        """What to write instead, by what is there now."""
        found: dict[str, str] = self.tables.table("allocation")["instead"][self.era.value]
        return found

    def todays_type(self, name: str) -> str:
        """What a type of the standard library is called in this era's kernel."""
        return name if name not in ("Box", "Vec") else self.instead[name]


@lru_cache(maxsize=8)
def allocations(era: Era, tables: Tables) -> Allocations:
    """What the table says for an era."""
    table = tables.table("allocation")
    known = Allocations(era, tables)
    for row in table["flagged"]:
        for each in row["functions"] if era.value in row["eras"] else ():
            signature = Signature(each["arguments"], each["flags"], each.get("receiver", False))
            known.flagged.update(dict.fromkeys(((name, each["name"]) for name in row["types"]), signature))
    for row in table["plain"]:
        if era.value in row["eras"]:
            plain = Plain(row.get("arguments"), row.get("receiver", False))
            known.plain.update(
                dict.fromkeys(((name, each) for name in row["types"] for each in row["names"]), plain)
            )
    for row in table["old"] if era is not Era.UPSTREAM_ALLOC else ():
        for old, today in row["functions"].items():
            found = Old(today, row.get("receiver", False))
            known.old.update(dict.fromkeys(((name, old) for name in row["types"]), found))
    return known


def is_allocating(named: Named, tables: Tables) -> bool:
    """Whether a type is the one that the table speaks of, not another one of the same name."""
    table = tables.table("allocation")
    homes = table["modules"].get(named.name)
    if named.origin is Origin.UNSAID:
        return homes is not None or named.name in table["standard"]["types"]
    homes = homes if homes is not None else table["imported_modules"].get(named.name)
    if homes is None or named.origin is not Origin.KERNEL:
        return False
    if named.root in ("super", "self"):
        return any(home.endswith(named.module) for home in homes)
    return named.module in homes
