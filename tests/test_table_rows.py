"""The tables of kernel knowledge: every row was looked up in a kernel, and the tables agree with each other."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from rfl_lint.tables import load_table, make_tables
from tests.conftest import ROOT, run, script

CHECK = script("check_tables")
Row, rows = CHECK.Row, CHECK.rows
FOUND: dict[str, dict[str, str]] = json.loads(CHECK.RECORD.read_text(encoding="utf-8"))

CONDVAR = """
pub struct CondVar;
impl CondVar {
    pub fn wait(&self) {}
}
pub type Waiting = CondVar;
pub trait Wakes {
    fn wake(&self) {}
}
impl Wakes for CondVar {}
impl Pool {
    pub fn grow(count: usize, flags: Flags) -> Result {}
}
macro_rules! listed {
    () => {};
}
"""


@pytest.fixture(name="kernel")
def small_kernel(tmp_path: Path) -> Any:
    for path, text in {
        "rust/kernel/sync/condvar.rs": CONDVAR,
        "rust/kernel/lib.rs": "pub fn might_sleep() {}\n",
        "include/linux/demo.h": "void demo_wait(int n);\n#define DEMO_FLAG 1\nvoid *demo_alloc_noprof(int n);\n",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    return CHECK.Kernel(tmp_path)


def test_every_row_was_looked_up() -> None:
    told = {table: set(found) for table, found in FOUND.items()}
    asked: dict[str, set[str]] = {}
    for row in rows():
        asked.setdefault(row.table, set()).add(row.key)
    assert told == asked, "run scripts/check_tables.py with --record on the kernels"


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row.table}-{row.key}")
def test_a_row_is_in_the_kernels_that_it_names(row: Any) -> None:
    found, named = set(FOUND[row.table][row.key].split()), set(row.sources)
    assert found
    assert named <= found or (len(named) > 1 and named & found)


def test_a_kernel_without_the_rows_fails(tmp_path: Path) -> None:
    (tmp_path / "6.1").mkdir()
    done = run([sys.executable, ROOT / "scripts" / "check_tables.py", tmp_path], ROOT, PYTHONPATH=str(ROOT))
    assert done.status == 1
    assert "layout: kfree: not found in 6.1" in done.printed
    assert "locks: MapleTree::lock" not in done.printed  # the record has it from a kernel that is not here


def test_sleeping_and_depending_functions_are_listed_once() -> None:
    table = load_table("sleeping")
    names = [name for row in table["c"] for name in row["names"]] + table["depends"]["names"]
    assert sorted(names) == sorted(set(names))


def test_what_takes_a_sleeping_lock_is_known_to_sleep() -> None:
    sleeping = {name for row in load_table("sleeping")["c"] for name in row["names"]}
    for row in load_table("locks")["c"]:
        if row["context"] == "sleepable":
            assert set(row["opens"]) <= sleeping
        else:
            assert not set(row["opens"]) & sleeping
        assert not {*row["tries"], *row["closes"]} & sleeping


def test_what_gives_back_also_changes() -> None:
    for row in load_table("caller_locks")["structures"]:
        assert set(row["gives_back"]) <= set(row["changes"]), row["name"]


def test_flags_that_sleep_hold_direct_reclaim() -> None:
    flags = load_table("gfp")["flags"]
    assert flags["__GFP_DIRECT_RECLAIM"]["sleeps"]
    assert {name for name, row in flags.items() if row["modifier"] and row["sleeps"]} == {
        "__GFP_DIRECT_RECLAIM",
        "__GFP_RECLAIM",
    }
    assert not any(flags[name]["sleeps"] for name in ("GFP_ATOMIC", "GFP_NOWAIT", "GFP_TRANSHUGE_LIGHT"))


@pytest.mark.parametrize(
    "row",
    [
        Row("t", "k", "rust", "wait", "", "CondVar", modules=("sync", "sync::condvar")),
        Row("t", "k", "rust", "wait", "", "Waiting"),
        Row("t", "k", "rust", "wake", "", "CondVar"),
        Row("t", "k", "rust", "might_sleep", "", "", modules=("",)),
        Row("t", "k", "rust", "grow", "", "Pool", 2, 1),
        Row("t", "k", "type", "Waiting", ""),
        Row("t", "k", "macro", "listed", ""),
        Row("t", "k", "c", "demo_wait", ""),
        Row("t", "k", "c", "demo_alloc", ""),
        Row("t", "k", "c", "DEMO_FLAG", ""),
    ],
    ids=lambda row: row.name,
)
def test_a_row_is_found(row: Any, kernel: Any) -> None:
    assert kernel.has(row)


@pytest.mark.parametrize(
    "row",
    [
        Row("t", "k", "rust", "wait", "", "CondVar", modules=("sync",)),
        Row("t", "k", "rust", "wait", "", ""),
        Row("t", "k", "rust", "wait", "", "Mutex"),
        Row("t", "k", "rust", "waits", "", "CondVar"),
        Row("t", "k", "rust", "grow", "", "Pool", 1, 0),
        Row("t", "k", "rust", "grow", "", "Pool", 2, 0),
        Row("t", "k", "type", "Mutex", ""),
        Row("t", "k", "macro", "listing", ""),
        Row("t", "k", "c", "demo", ""),
    ],
    ids=lambda row: f"{row.name}-{row.owner}-{row.flags}",
)
def test_a_row_is_not_found(row: Any, kernel: Any) -> None:
    assert not kernel.has(row)


@pytest.mark.parametrize(
    ("table", "part", "row"),
    [
        (
            "sleeping",
            "rust",
            {"type": "Ring", "modules": ["ring"], "functions": ["drain"], "why": "it waits"},
        ),
        ("sleeping", "c", {"names": ["ring_drain"], "why": "it waits"}),
        ("sleeping", "drops", {"types": ["Ring"], "modules": ["ring"], "why": "dropping it waits"}),
        (
            "locks",
            "locks",
            {
                "type": "RingLock",
                "modules": ["ring"],
                "takes": ["lock"],
                "sleeps": False,
                "context": "atomic",
                "guard": "RingGuard",
            },
        ),
        (
            "callbacks",
            "callbacks",
            {
                "trait": "Ringer",
                "modules": ["ring"],
                "functions": ["ring"],
                "context": "atomic",
                "why": "it runs as an interrupt handler",
            },
        ),
        (
            "caller_locks",
            "structures",
            {"name": "a ring", "changes": ["ring_add", "ring_del"], "gives_back": ["ring_del"]},
        ),
    ],
)
def test_a_configuration_adds_a_row(table: str, part: str, row: dict[str, object]) -> None:
    joined = make_tables({table: {part: [row]}}, lambda key, why: ValueError(f"{key}: {why}")).table(table)
    assert joined[part][-1] == row
    assert len(joined[part]) == len(load_table(table)[part]) + 1
