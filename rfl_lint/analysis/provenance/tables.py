"""`data/pointers.toml` in a form to look things up in."""

from __future__ import annotations

from functools import cached_property, lru_cache

from msgspec import Struct

from rfl_lint.tables import Tables


class Owning(Struct, frozen=True):
    """A function that takes over an allocation: how much its pointer must be good for, and its position."""

    owner: str
    name: str
    family: str
    argument: int = 0


class Mapping(Struct, frozen=True):
    """A method that hands its receiver's content to a closure."""

    closure: int
    result: str


class PointerTable(Struct, frozen=True, dict=True):
    """What is known about functions that make, take and hand on raw pointers, keyed by owner and name."""

    owning: dict[tuple[str, str], Owning]
    owning_trait: dict[str, Owning]
    not_owning: frozenset[tuple[str, str]]
    owned: frozenset[tuple[str, str]]
    peeked: frozenset[tuple[str, str]]
    borrowing: frozenset[tuple[str, str]]
    accessors: dict[tuple[str, str], str]
    dereferencing: dict[str, bool]
    keeping_methods: frozenset[str]
    keeping_functions: frozenset[tuple[str, str]]
    mapping: dict[str, Mapping]

    @cached_property
    def owning_calls(self) -> frozenset[str]:
        """The names of all functions that take over an allocation."""
        return frozenset({*self.owning_trait, *(name for _, name in self.owning)})

    def names_owning(self, data: bytes, start: int = 0, end: int | None = None) -> bool:
        """Whether an owning function may be named in a part of a text: a quick test on its bytes."""
        return any(data.find(mark, start, end) >= 0 for mark in self._owning_marks)

    @cached_property
    def _owning_marks(self) -> tuple[bytes, ...]:
        found: list[str] = []
        for name in sorted(self.owning_calls, key=lambda name: (len(name), name)):
            if not any(mark in name for mark in found):
                found.append(name)
        return tuple(mark.encode() for mark in found)


@lru_cache(maxsize=4)
def pointer_table(tables: Tables) -> PointerTable:
    """The table, read when something first asks for it."""
    raw = tables.table("pointers")

    def keys(name: str) -> frozenset[tuple[str, str]]:
        return frozenset((row.get("type", row.get("module", "")), row["fn"]) for row in raw[name])

    return PointerTable(
        owning={
            (row["type"], row["fn"]): Owning(row["type"], row["fn"], row["family"], row["argument"])
            for row in raw["owning"]
        },
        owning_trait={
            row["fn"]: Owning(row["trait"], row["fn"], row["family"], row["argument"])
            for row in raw["owning_trait"]
        },
        not_owning=keys("not_owning"),
        owned=keys("owned"),
        peeked=keys("peeked"),
        borrowing=keys("borrowing"),
        accessors={(row["type"], row["fn"]): row["provenance"] for row in raw["accessor"]},
        dereferencing={row["fn"]: row["mutable"] for row in raw["dereferencing"]},
        keeping_methods=frozenset(name for row in raw["keeping_methods"] for name in row["fns"]),
        keeping_functions=keys("keeping_functions"),
        mapping={row["fn"]: Mapping(row["closure"], row["result"]) for row in raw["mapping_methods"]},
    )
