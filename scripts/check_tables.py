"""Look the rows of the tables of kernel knowledge up in real kernels, and record where each was found.

    python scripts/check_tables.py .kernels            every kernel below the folder, named by its folder
    python scripts/check_tables.py .kernels --record   write what was found to tests/table_rows.json

The tests know no kernel: they compare the tables with the record, so that a row which nobody looked up fails.
A kernel that is missing takes nothing out of the record: what was found in it before stays.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from rfl_lint.facts import FileFacts, extract_facts, head_name
from rfl_lint.source import SourceFile
from rfl_lint.syntax import parse_file
from rfl_lint.tables import load_table

RECORD: Final = Path(__file__).resolve().parent.parent / "tests" / "table_rows.json"
_CALLED: Final = re.compile(r"\b(\w+)\s*\(|^\s*#\s*define\s+(\w+)", re.MULTILINE)
_KERNELS: Final = re.compile(r"\d+\.\d+")
# The kernels to look in. Rows that were read in other versions cannot be looked up.
_WHOLE: Final = ("6.1", "6.12", "7.2")


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that a table says exists. `key` names it in the record; `source` says in which kernels.

    `kind` is `c` (a function or constant of C) or `rust`; then `owner` is a type, a trait or empty. `arguments` and
    `flags` say what its signature must be, where the table does.
    """

    table: str
    key: str
    kind: str
    name: str
    source: str
    owner: str = ""
    arguments: int | None = None
    flags: int | None = None
    modules: tuple[str, ...] = ()
    """One of them must be where it is defined, if any is told."""

    @property
    def sources(self) -> tuple[str, ...]:
        """The kernels that the source names; of several each has a part of the rows."""
        return tuple(_KERNELS.findall(self.source))


def rows() -> list[Row]:
    """Every row of the tables that can be looked up."""
    found = [*_allocations(), *_layouts(), *_gfp(), *_sleeping(), *_locks(), *_callbacks(), *_others()]
    return sorted(dict.fromkeys(found), key=lambda row: (row.table, row.key))


def _allocations() -> Iterator[Row]:
    for group in load_table("allocation")["flagged"]:
        source = group["source"]
        for owner in group["types"] if source in _WHOLE else ():
            for each in group["functions"]:
                yield Row(
                    "allocation", f"{owner}::{each['name']}", "rust", each["name"], source,
                    "" if owner.islower() else owner, each["arguments"], each["flags"],
                )  # fmt: skip


def _layouts() -> Iterator[Row]:
    table = load_table("layout")
    for part in ("slab", "gives_back"):
        for name, row in table[part].items():
            yield _c("layout", name, row["source"])
    for name in table["page"]["names"]:
        yield _c("layout", name, table["page"]["source"])


def _gfp() -> Iterator[Row]:
    table = load_table("gfp")
    for name, row in table["flags"].items():
        yield _c("gfp", name, row["source"])


def _sleeping() -> Iterator[Row]:
    table = load_table("sleeping")
    yield from _rust_rows("sleeping", table["rust"])
    for row in table["macros"]:
        for name in row["names"]:
            yield Row("sleeping", f"{name}!", "macro", name, row["source"])
    for row in table["drops"]:
        for name in row["types"]:
            yield Row("sleeping", f"drop of {name}", "type", name, row["source"])
    for row in (*table["c"], table["depends"]):
        for name in row["names"]:
            yield _c("sleeping", name, row["source"])


def _locks() -> Iterator[Row]:
    table = load_table("locks")
    for lock in table["locks"]:
        source = lock["source"]
        for name in (*lock["takes"], *lock.get("tries", ())):
            modules = tuple(lock["modules"])
            key = f"{lock['type']}::{name}"
            yield Row("locks", key, "rust", name, source, lock["type"], modules=modules)
        for name in (lock["guard"], lock.get("backend")):
            if name:
                yield Row("locks", f"type {name}", "type", name, source)
        if "constructor" in lock:
            yield Row("locks", f"{lock['constructor']}!", "macro", lock["constructor"], source)
    for section in table["sections"]:
        yield from _rust_rows(
            "locks", [{**section, "functions": section["functions"] + section.get("lends", [])}]
        )
    for guard in table["guards"]:
        for name in guard["types"]:
            yield Row("locks", f"type {name}", "type", name, guard["source"])
    yield from _rust_rows("locks", table["releases"])
    yield from _rust_rows("locks", table["look_alikes"])
    for row in table["c"]:
        for name in (*row["opens"], *row["tries"], *row["closes"]):
            yield _c("locks", name, row["source"])
    for name in table["asks"]["names"]:
        yield _c("locks", name, table["asks"]["source"])


def _callbacks() -> Iterator[Row]:
    for row in load_table("callbacks")["callbacks"]:
        for name in row["functions"]:
            key = f"{row['trait']}::{name}"
            modules = tuple(row["modules"])
            key = f"{modules[-1]}::{key}"
            yield Row("callbacks", key, "rust", name, row["source"], row["trait"], modules=modules)


def _others() -> Iterator[Row]:
    for row in load_table("caller_locks")["structures"]:
        for name in row["changes"]:
            yield _c("caller_locks", name, row["source"])
    for name in load_table("panics")["c"]["names"]:
        yield _c("panics", name, load_table("panics")["c"]["source"])


def _rust_rows(table: str, found: list[dict[str, Any]]) -> Iterator[Row]:
    for row in found:
        for name in row["functions"]:
            owner = row["type"] or row["modules"][0]
            modules = tuple(row["modules"])
            key = f"{modules[-1]}::{owner}::{name}" if row["type"] else f"{owner}::{name}"
            yield Row(table, key, "rust", name, row["source"], row["type"], modules=modules)


def _c(table: str, name: str, source: str) -> Row:
    return Row(table, name, "c", name, source)


@dataclass(eq=False)
class Kernel:
    """One kernel: its Rust as facts, and the names that its headers call, declare or define."""

    root: Path
    _types: dict[str, set[str]] = field(default_factory=dict)

    @cached_property
    def facts(self) -> list[FileFacts]:
        """The facts of the kernel crate's files."""
        paths = sorted((self.root / "rust" / "kernel").rglob("*.rs"))
        named = [(str(path.relative_to(self.root)), path.read_bytes()) for path in paths]
        return [extract_facts(parse_file(SourceFile(name, data))) for name, data in named]

    @cached_property
    def c_names(self) -> frozenset[str]:
        """The names of functions and constants in the headers."""
        found: set[str] = set()
        for path in (self.root / "include").rglob("*.h"):
            text = path.read_text(encoding="utf-8", errors="replace")
            found.update(name for pair in _CALLED.findall(text) for name in pair if name)
        return frozenset(found)

    @cached_property
    def functions(self) -> dict[str, list[tuple[str, str, tuple[str, ...]]]]:
        """The functions of the crate by name: module, owner, and the types of the parameters."""
        found: dict[str, list[tuple[str, str, tuple[str, ...]]]] = {}
        for file in self.facts:
            for each in file.functions:
                types = tuple(head_name(param.type) for param in each.params)
                found.setdefault(each.name, []).append((_module(file.path), each.owner, types))
        return found

    def owners(self, name: str) -> frozenset[str]:
        """A type's own name, what it is an alias of, and the traits that either implements."""
        found = {name}
        for file in self.facts:
            found.update(head_name(each.target) for each in file.types if each.name == name and each.target)
        for file in self.facts:
            found.update(head_name(each.trait) for each in file.impls if each.owner in found and each.trait)
        return frozenset(found - {""})

    def has(self, row: Row) -> bool:
        """Whether a row is true of this kernel."""
        if row.kind == "c":
            return bool({row.name, f"{row.name}_noprof"} & self.c_names)
        if row.kind == "macro":
            return any(row.name == each.name for file in self.facts for each in file.macros)
        if row.kind == "type":
            return any(row.name == each.name for file in self.facts for each in file.types)
        owners = self.owners(row.owner) if row.owner else frozenset({""})
        return any(
            owner in owners and _fits(types, row) and (not row.modules or module in row.modules)
            for module, owner, types in self.functions.get(row.name, ())
        )


def _module(path: str) -> str:
    """The module of a file of the kernel crate, below the crate's root."""
    words = path.removeprefix("rust/kernel/").removesuffix(".rs").removesuffix("/mod").replace("/", "::")
    return "" if words == "lib" else words


def _fits(types: tuple[str, ...], row: Row) -> bool:
    """Whether the parameters of a function are as many as the table says, with the flags where it says."""
    if row.arguments is None or row.flags is None:
        return True
    return len(types) == row.arguments and "Flags" in types[row.flags]


def look_up(kernels: dict[str, Kernel]) -> dict[str, dict[str, list[str]]]:
    """For each table and row the kernels in which it was found."""
    found: dict[str, dict[str, list[str]]] = {}
    for row in rows():
        where = [name for name, kernel in kernels.items() if kernel.has(row)]
        known = found.setdefault(row.table, {}).setdefault(row.key, [])
        known += [name for name in where if name not in known]
    return found


def main() -> int:
    """Look the rows up; the status tells whether each was found where its table says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--record", action="store_true", help=f"write what was found to {RECORD.name}")
    options = parser.parse_args()
    names = sorted(each.name for each in options.folder.iterdir() if _KERNELS.fullmatch(each.name))
    kernels = {name: Kernel(options.folder / name) for name in names}
    found = look_up(kernels)
    before = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.is_file() else {}
    missing = 0
    for row in rows():
        where = found[row.table][row.key]
        kept = [each for each in before.get(row.table, {}).get(row.key, "").split() if each not in kernels]
        where[:] = sorted({*where, *kept}, key=lambda name: [int(part) for part in name.split(".")])
        absent = [source for source in row.sources if source not in where]
        if not where or absent == list(row.sources):
            missing += 1
            print(
                f"{row.table}: {row.key}: not found in {', '.join(absent) or 'any kernel'}", file=sys.stderr
            )
    if options.record:
        told = {table: {key: " ".join(where) for key, where in each.items()} for table, each in found.items()}
        RECORD.write_text(json.dumps(told, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(f"{len(rows())} rows, {missing} not found, in {', '.join(names)}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
