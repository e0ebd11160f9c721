"""Lint a tree of very many small files, and say what that took and whether anything is missing.

usage: many_files.py [--files N] [--plain] [--folders N] [--jobs N] [--folder DIR]

The tree is made anew: a kernel in a git repository, or with --plain a folder that is neither. Every hundredth file has
one fault. It is linted without a cache, with a new one, and with that one again; then it is linted until an interrupt
half way through. Ends with 1 if a finding is missing or wrong, if two runs differ, or if a process outlives that.
"""

from __future__ import annotations

import argparse
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench import MIB, RFL_LINT, kilobytes, session_members

FAULTY: Final = 100
_INTERRUPTED: Final = b"rfl-lint: error: interrupted: what was printed may be part of the findings\n"
# The same names everywhere, as kernels have them, and some that are each file's own.
_FILE: Final = """// SPDX-License-Identifier: GPL-2.0

//! Lamp {number}.

use kernel::prelude::*;

/// A lamp.
pub struct Lamp {{
    registers: *mut u8,
}}

impl Lamp {{
    /// Makes one.
    pub fn new(registers: *mut u8) -> Result<Self> {{
        Ok(Self {{ registers }})
    }}

    fn level{number}(&self) -> u8 {{
{argument}        unsafe {{ self.registers.read() }}
    }}
}}
"""
_ARGUMENT: Final = "        // SAFETY: `registers` is valid for reads by the type's invariants.\n"
_PRELUDE: Final = "pub type Result<T = (), E = Error> = core::result::Result<T, E>;\npub struct Error;\n"


@dataclass(frozen=True)
class Ran:
    """How a run ended, and what it took of all processors, of the clock, and of memory over all its processes."""

    status: int
    out: bytes
    err: bytes
    wall: float
    cpu: float
    memory: int
    left: bool


def make_tree(root: Path, files: int, folders: int, *, plain: bool) -> set[str]:
    """Write the files; what `check` is to print about them, with `concise` and one rule."""
    expected = set()
    for number in range(files):
        path = f"drivers/lamp{number % folders}/part{number // folders}.rs"
        faulty = number % FAULTY == 0
        file = root / path
        if number < folders:
            file.parent.mkdir(parents=True)
        file.write_text(_FILE.format(number=number, argument="" if faulty else _ARGUMENT))
        if faulty:
            expected.add(f"{path}:19:9")
    if not plain:
        (root / "rust" / "kernel").mkdir(parents=True)
        (root / "rust" / "kernel" / "lib.rs").write_text("pub mod prelude;\n")
        (root / "rust" / "kernel" / "prelude.rs").write_text(_PRELUDE)
        git = ("git", "-c", "user.name=a", "-c", "user.email=a@example.org")
        subprocess.run([*git, "init", "--quiet"], cwd=root, check=True)
        subprocess.run([*git, "add", "--all"], cwd=root, check=True)
        subprocess.run([*git, "commit", "--quiet", "--message=all"], cwd=root, check=True)
    return expected


def lint(root: Path, *options: str, cache: Path, stop_after: float | None = None) -> Ran:
    """Lint the tree in a process, interrupted after some seconds as by a terminal."""
    command = [*RFL_LINT, "check", "--isolated", "--output-format", "concise", *options, str(root)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    memory = 0
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(
            command,
            stdout=out,
            stderr=err,
            start_new_session=True,
            env={**os.environ, "XDG_CACHE_HOME": str(cache)},
        )
        while process.poll() is None:
            memory = max(
                memory, sum(kilobytes(pid, "smaps_rollup", "Pss:") for pid in session_members(process.pid))
            )
            if stop_after is not None and time.perf_counter() - begun > stop_after:
                os.killpg(process.pid, signal.SIGINT)
                stop_after = None
                process.wait()
            time.sleep(0.1)
        wall = time.perf_counter() - begun
        left = bool(session_members(process.pid))
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
        out.seek(0)
        err.seek(0)
        return Ran(process.returncode, out.read(), err.read(), wall, cpu, memory * 1024, left)


def faults_of(ran: Ran, expected: set[str]) -> list[str]:
    """What is wrong with a run that was to print everything."""
    found = [line.partition(": ")[0] for line in ran.out.decode().splitlines()]
    faults = [f"ended with {ran.status}"] if ran.status != 1 else []
    faults += [f"said {ran.err.decode()!r}"] if ran.err else []
    faults += [f"printed {len(found)} lines, not {len(expected)}"] if len(found) != len(expected) else []
    faults += [f"lacks {place}" for place in sorted(expected - set(found))[:3]]
    return faults + [f"has {place} too much" for place in sorted(set(found) - expected)[:3]]


def main() -> int:
    """Make the tree, lint it, print what it took."""
    parser = argparse.ArgumentParser(description="Lint a tree of very many small files.")
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--folders", type=int, default=2_000, help="how many folders they lie in")
    parser.add_argument("--plain", action="store_true", help="a folder that is no kernel and no repository")
    parser.add_argument("--jobs", default=str(len(os.sched_getaffinity(0))))
    parser.add_argument(
        "--folder", type=Path, help="where the tree is made; default: where temporary files are"
    )
    options = parser.parse_args()
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a shell starts what runs in the background
        signal.signal(signal.SIGINT, signal.default_int_handler)
    faults = []
    with tempfile.TemporaryDirectory(prefix="rfl-lint-many-", dir=options.folder) as scratch:
        root, cache = Path(scratch) / "tree", Path(scratch) / "cache"
        root.mkdir()
        expected = make_tree(root, options.files, min(options.folders, options.files), plain=options.plain)
        print(f"{options.files} files{', plain' if options.plain else ''}, --jobs {options.jobs}", flush=True)
        runs = {}
        for name, more in {"no cache": ("--no-cache",), "cold": (), "warm": ()}.items():
            ran = runs[name] = lint(root, "--jobs", options.jobs, *more, cache=cache)
            kept = sum(file.stat().st_size for file in cache.rglob("*") if file.is_file())
            print(
                f"{name}: {ran.wall:.1f} s, processors {ran.cpu:.1f} s, memory {ran.memory / MIB:.0f} MiB,"
                f" cache {kept / MIB:.1f} MiB",
                flush=True,
            )
            faults += [f"{name}: {fault}" for fault in faults_of(ran, expected)]
            if ran.out != runs["no cache"].out:
                faults.append(f"{name}: another output than without a cache")
        half = runs["no cache"].wall / 2
        ran = lint(root, "--jobs", options.jobs, "--no-cache", cache=cache, stop_after=half)
        print(f"interrupted after {half:.1f} s: ended {ran.wall - half:.1f} s later", flush=True)
        if ran.status != 2 or ran.err != _INTERRUPTED or ran.left:
            faults.append(f"interrupted: ended with {ran.status}, left={ran.left}, said {ran.err.decode()!r}")
    for fault in faults:
        print(f"FAULT: {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
