"""What the tables say of locks, sections, sleeping functions and callbacks, arranged by name."""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache
from typing import Any, Final

from msgspec import Struct

from rfl_lint.tables import Tables

_GFP: Final = re.compile(r"\b(?:__)?GFP_\w+")


class Hold(Enum):
    """What holding something means for who holds it."""

    ATOMIC = "atomic"
    IRQ = "irq"
    """Atomic, and interrupts are off."""
    SLEEPABLE = "sleepable"

    @property
    def is_atomic(self) -> bool:
        """Whether sleeping is a bug meanwhile."""
        return self is not Hold.SLEEPABLE


class LockKind(Struct, frozen=True):
    """A type with methods that take it; `lock` is one method for all aliases of one type."""

    type: str
    hold: Hold
    sleeps: bool
    takes: frozenset[str]
    tries: frozenset[str]
    guard: str
    may_sleep: frozenset[str]
    is_shared: bool = False
    """Whether it may be held several times at once."""


class Section(Struct, frozen=True):
    """A function whose result holds a section open."""

    hold: Hold
    why: str
    modules: frozenset[str]
    lends: bool = False
    """Whether it is the closure it is given, or its result, that is inside."""


class SleepingFunction(Struct, frozen=True):
    """A function of the kernel crate that may sleep. `modules` are those in which its type, or itself, is found."""

    why: str
    modules: frozenset[str]
    releases_guard: bool = False


class ContextTable(Struct, frozen=True):
    """All of it, by the names that code uses."""

    locks: dict[str, LockKind]
    backends: dict[str, LockKind]
    sections: dict[tuple[str, str], Section]
    guards: dict[str, tuple[Hold, frozenset[str]]]
    releases: frozenset[str]
    pauses: frozenset[str]
    lenders: frozenset[str]
    """Functions whose closure runs inside a section."""
    sleeping: dict[tuple[str, str], SleepingFunction]
    sleeping_macros: dict[str, str]
    sleeping_c: dict[str, str]
    sleepy_endings: tuple[str, ...]
    sleepy_because: str
    drops: dict[str, tuple[str, frozenset[str]]]
    """Types whose values sleep when they are dropped: why, and in which modules they are."""
    c_opens: dict[str, tuple[int, Hold]]
    c_closes: dict[str, int]
    callbacks: dict[tuple[str, str], tuple[str, str]]
    asks: frozenset[str]
    gfp: dict[str, bool]
    lock_methods: frozenset[str]
    section_methods: frozenset[str]
    sleeping_methods: frozenset[str]
    own_stores: frozenset[str]
    """Names by which a call is known to be none of these without a look at its types."""
    acquiring: re.Pattern[bytes]
    """A quick look at the bytes of a function: whether anything in it may be held at all."""
    acquiring_words: frozenset[str]
    """What that looks for; there may be other names for them."""

    def flags_sleep(self, text: str) -> bool | None:
        """Whether flags written out as constants may sleep; None where a variable decides."""
        names = _GFP.findall(text)
        rest = _GFP.sub("", text)
        if not names or re.search(
            r"[a-z]\w*(?!\w*\s*::)", re.sub(r"\b\w+\s*::|as_raw\(\)|\bas\b\s*\w+", "", rest)
        ):
            return None
        known = [self.gfp.get(name) for name in names]
        return None if None in known else any(known)


@lru_cache(maxsize=4)
def context_table(tables: Tables) -> ContextTable:
    """The tables as a run has them."""
    locks, sleeping = tables.table("locks"), tables.table("sleeping")
    by_type: dict[str, LockKind] = {}
    backends: dict[str, LockKind] = {}
    for row in locks["locks"]:
        kind = LockKind(
            row["type"],
            Hold(row["context"]),
            row["sleeps"],
            frozenset(row["takes"]),
            frozenset(row.get("tries", ())),
            row["guard"],
            frozenset(row.get("may_sleep", ())),
            row.get("shared", False),
        )
        if row.get("by_kind"):
            continue
        known = by_type.get(row["type"])
        if known is not None and known.hold is kind.hold:
            kind = LockKind(
                kind.type, kind.hold, kind.sleeps, kind.takes | known.takes, kind.tries | known.tries, kind.guard,
                kind.may_sleep | known.may_sleep, kind.is_shared or known.is_shared,
            )  # fmt: skip
        by_type[row["type"]] = kind
        if "backend" in row:
            backends[row["backend"]] = kind
    sections: dict[tuple[str, str], Section] = {}
    makers: set[tuple[str, str]] = set()
    for row in locks["sections"]:
        if row["type"] and row["type"] == row.get("guard"):
            makers.update((row["type"], name) for name in row["functions"])
        for name in row["functions"]:
            sections[row["type"], name] = Section(Hold(row["context"]), row["why"], frozenset(row["modules"]))
        for name in row.get("lends", ()):
            sections[row["type"], name] = Section(
                Hold(row["context"]), row["why"], frozenset(row["modules"]), lends=True
            )
    guards: dict[str, tuple[Hold, frozenset[str]]] = {}
    for row in locks["guards"]:
        for name in row["types"]:
            _, modules = guards.get(name, (Hold.ATOMIC, frozenset[str]()))
            guards[name] = (Hold(row["context"]), modules | frozenset(row["modules"]))
    c_opens: dict[str, tuple[int, Hold]] = {}
    c_closes: dict[str, int] = {}
    for number, row in enumerate(locks["c"]):
        c_opens.update((name, (number, Hold(row["context"]))) for name in row["opens"])
        c_closes.update((name, number) for name in row["closes"])
    methods = frozenset(name for kind in by_type.values() for name in kind.takes | kind.tries)
    listed = _sleeping(sleeping["rust"])
    words = set(methods)
    # What makes a guard of its own type is called by that name: `Guard::new`.
    words |= {owner if (owner, name) in makers else name for owner, name in sections}
    words |= {*c_opens, *guards, *(f"{name}Guard" for name in by_type)}
    words |= {row["trait"] for row in tables.table("callbacks")["callbacks"] if row["context"] == "atomic"}
    return ContextTable(
        locks=by_type,
        backends=backends,
        sections=sections,
        guards=guards,
        releases=frozenset(
            name for row in locks["releases"] if not row["for_a_while"] for name in row["functions"]
        ),
        pauses=frozenset(
            name for row in locks["releases"] if row["for_a_while"] for name in row["functions"]
        ),
        lenders=frozenset(name for (_, name), section in sections.items() if section.lends),
        sleeping=listed,
        drops={
            name: (row["why"], frozenset(row["modules"]))
            for row in sleeping["drops"]
            for name in row["types"]
        },
        sleeping_macros={name: row["why"] for row in sleeping["macros"] for name in row["names"]},
        sleeping_c={name: row["why"] for row in sleeping["c"] for name in row["names"]},
        sleepy_endings=tuple(sleeping["conventions"]["endings"]),
        sleepy_because=sleeping["conventions"]["why"],
        c_opens=c_opens,
        c_closes=c_closes,
        callbacks={
            (row["trait"], name): (row["context"], row["why"])
            for row in tables.table("callbacks")["callbacks"]
            for name in row["functions"]
        },
        asks=frozenset(locks["asks"]["names"]),
        gfp={name: row["sleeps"] for name, row in tables.table("gfp")["flags"].items()},
        lock_methods=methods,
        section_methods=frozenset(name for owner, name in sections if owner),
        sleeping_methods=frozenset(name for owner, name in listed if owner),
        own_stores=frozenset(name for kind in by_type.values() for name in kind.may_sleep),
        acquiring=re.compile(rb"\b(?:" + "|".join(sorted(map(re.escape, words))).encode() + rb")\b"),
        acquiring_words=frozenset(words),
    )


def _sleeping(rows: list[dict[str, Any]]) -> dict[tuple[str, str], SleepingFunction]:
    found: dict[tuple[str, str], SleepingFunction] = {}
    for row in rows:
        for name in row["functions"]:
            known = found.get((row["type"], name))
            modules = frozenset(row["modules"]) | (known.modules if known is not None else frozenset())
            found[row["type"], name] = SleepingFunction(row["why"], modules, row.get("releases_guard", False))
    return found
