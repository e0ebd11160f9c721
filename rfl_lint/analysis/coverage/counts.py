"""What is counted of a file, apart from how: who only adds counts up need not know how comments are read."""

from __future__ import annotations

from typing import Final, Self

from msgspec import Struct

COVERAGE_KINDS: Final = frozenset({"unsafe_block", "impl_item", "struct_expression"})
"""The nodes that are looked for."""


class Coverage(Struct, frozen=True):
    """Unsafe blocks and impls, values built of types with `# Invariants`; how many of each are argued for."""

    unsafe: int = 0
    unsafe_documented: int = 0
    built: int = 0
    built_documented: int = 0

    def __add__(self, other: Self) -> Coverage:
        return Coverage(
            self.unsafe + other.unsafe,
            self.unsafe_documented + other.unsafe_documented,
            self.built + other.built,
            self.built_documented + other.built_documented,
        )
