"""Measure rfl-lint beside a bare parse, ast-grep and semgrep, in one run, and print the result as Markdown tables.

usage: bench.py [--runs N] [--edits N] [--copies] [--semgrep FILE] [TREE...]

The trees are by default every kernel in .kernels, else demo.
All commands of a round run one after the other, then the next round, so that a busy moment of the machine hits
all of them alike; the figures are medians, of wall time and of the processor time of all processes of a command. What
is compared works on the very files that rfl-lint lints. semgrep is measured where it is on PATH or named by --semgrep.
"""

from __future__ import annotations

import argparse
import atexit
import functools
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Final

from rfl_lint.inputs.files import FileFinder

ROOT: Final = Path(__file__).parent.parent
BENCH: Final = ROOT / "scripts" / "bench"
BIN: Final = Path(sys.executable).parent
MIB: Final = 1024 * 1024
RFL_LINT: Final = (sys.executable, "-m", "rfl_lint")
COPIES: Final = 10


@dataclass
class Row:
    """A command and what its runs took."""

    name: str
    command: Sequence[str | Path]
    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    printed: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """The median wall time of the whole process."""
        return statistics.median(self.seconds)

    @property
    def processor(self) -> float:
        """The median time of the processors that it kept busy."""
        return statistics.median(self.cpu)


def measure(row: Row, *, keep: bool = True) -> None:
    """Run a command once. Its exit status says whether there were findings, and does not matter."""
    with tempfile.TemporaryFile() as printed, tempfile.TemporaryFile() as complaints:
        begun = time.perf_counter()
        process = subprocess.Popen(row.command, stdout=printed, stderr=complaints, env=environment())
        _, status, used = os.wait4(process.pid, 0)
        taken = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        printed.seek(0)
        complaints.seek(0)
        if process.returncode not in (0, 1):
            raise SystemExit(f"{row.name}: ended with {process.returncode}\n{complaints.read().decode()}")
        if keep:
            row.seconds.append(taken)
            row.cpu.append(used.ru_utime + used.ru_stime)
            if row.name == "bare parse":
                row.printed.append(float(printed.read()))


@functools.cache
def environment() -> dict[str, str]:
    """As users have it: Python keeps its compiled modules, and caches lie in a place of the measurement's own."""
    folder = tempfile.mkdtemp(prefix="rfl-lint-bench-cache-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return {
        **kept,
        "XDG_CACHE_HOME": folder,
        "SEMGREP_SEND_METRICS": "off",
        "SEMGREP_ENABLE_VERSION_CHECK": "0",
    }


def rounds(rows: Sequence[Row], count: int) -> None:
    """Every command once to warm the machine, then in turn for each round."""
    for number in range(count + 1):
        for row in rows:
            measure(row, keep=number > 0)


def peak_memory(command: Sequence[str | Path]) -> tuple[int, int]:
    """The most memory that all processes of a command hold together, and its largest process, in bytes.

    Both are sampled, so they are lower bounds. Pages that forked workers have in common count once. What
    wait4 reports would not do: it counts the memory of this program, which the new process starts from.
    """
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env=environment(),
    )
    together = largest = 0
    while process.poll() is None:
        members = session_members(process.pid)
        together = max(together, sum(kilobytes(pid, "smaps_rollup", "Pss:") for pid in members))
        largest = max([largest, *(kilobytes(pid, "status", "VmHWM:") for pid in members)])
        time.sleep(0.003)
    return together * 1024, largest * 1024


def session_members(session: int) -> list[int]:
    """The processes of a session; empty where there is no /proc."""
    members = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            # The fields after the parenthesised name: state, parent, process group, session.
            if int((entry / "stat").read_text().rpartition(")")[2].split()[3]) == session:
                members.append(int(entry.name))
        except (OSError, IndexError):
            continue
    return members


def kilobytes(pid: int, name: str, label: str) -> int:
    """A figure from a file of /proc; 0 for a process that has gone."""
    try:
        lines = Path(f"/proc/{pid}/{name}").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith(label))


def bench_tree(tree: Path, runs: int, scratch: Path, semgrep: str | None) -> None:
    """The table of one tree."""
    files = [target.file for target in FileFinder(()).add((tree,)).targets]
    size = sum(path.stat().st_size for path in files)
    listing = scratch / "files"
    listing.write_text("".join(f"{path}\n" for path in files))
    check: list[str | Path] = [*RFL_LINT, "check", "--isolated", "--output-format", "json", tree]
    cold = [*check, "--no-cache"]
    rows = [
        Row("rfl-lint check, cold", cold),
        Row("rfl-lint check --jobs 1, cold", [*cold, "--jobs", "1"]),
        Row("rfl-lint check, warm", check),
        Row("bare parse", [sys.executable, BENCH / "parse.py", listing]),
        Row("ast-grep, 4 patterns", [BIN / "ast-grep", "scan", "--config", BENCH / "sgconfig.yml", *files]),
    ]
    rounds(rows, runs)
    parse, ast_grep = rows[3], rows[4]
    if semgrep is not None:
        options = ["scan", "--quiet", "--metrics=off", "--disable-version-check", "--no-git-ignore"]
        rows.append(
            Row("semgrep, 4 patterns", [semgrep, *options, "--config", BENCH / "semgrep.yml", *files])
        )
        rounds(rows[-1:], 1)
    alone = statistics.median(parse.printed)
    print(f"\n{tree}: {len(files)} files, {size / MIB:.2f} MiB; medians of {runs} runs\n")
    print(
        "| command | wall time | × bare parse | × ast-grep | processors | × ast-grep | memory, all processes |"
        " largest process |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for row in rows:
        together, largest = peak_memory(row.command)
        print(
            f"| {row.name} | {row.median * 1000:.0f} ms | {row.median / parse.median:.1f} | "
            f"{row.median / ast_grep.median:.1f} | {row.processor * 1000:.0f} ms | "
            f"{row.processor / ast_grep.processor:.1f} | {together / MIB:.0f} MiB | {largest / MIB:.0f} MiB |"
        )
    print(f"| the parse in it, without start-up | {alone * 1000:.0f} ms | | | | | | |")


def bench_size(tree: Path, runs: int, scratch: Path) -> None:
    """What ten copies of a tree cost, each a root of its own, beside one of them."""
    copies = scratch / "copies"
    for number in range(COPIES):
        shutil.copytree(tree, copies / str(number), symlinks=True)
    check = [*RFL_LINT, "check", "--isolated", "--no-cache", "--output-format", "json"]
    rows = [Row("one tree", [*check, copies / "0"]), Row(f"{COPIES} copies", [*check, *copies.iterdir()])]
    rounds(rows, runs)
    one = rows[0]
    print(f"\n{COPIES} copies of {tree.name}, each a root of its own; medians of {runs} runs\n")
    print("| | wall time | × one | processors | × one | memory, all processes |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for row in rows:
        print(
            f"| {row.name} | {row.median:.1f} s | {row.median / one.median:.1f} | {row.processor:.1f} s | "
            f"{row.processor / one.processor:.1f} | {peak_memory(row.command)[0] / MIB:.0f} MiB |"
        )
    shutil.rmtree(copies)


def bench_index(tree: Path) -> None:
    """What knowing the whole tree costs, in CPU seconds of one process, and what it takes of memory."""
    done = subprocess.run(
        [sys.executable, BENCH / "index.py", tree], capture_output=True, text=True, check=True
    )
    figures = json.loads(done.stdout)
    whole = figures["facts"] + figures["index"] + figures["names"] + figures["fixpoints"]
    print(f"\nThe index of {tree.name}: {figures['files']:.0f} files, CPU seconds of one process\n")
    print("| step | seconds | × parse |\n| --- | ---: | ---: |")
    print(f"| bare parse | {figures['bare parse']:.2f} | |")
    print(f"| parse, macro bodies included | {figures['parse']:.2f} | 1.0 |")
    for name in ("facts", "index", "names", "fixpoints"):
        print(f"| {name} | {figures[name]:.2f} | {figures[name] / figures['parse']:.2f} |")
    print(f"| index, fixpoints included | {whole:.2f} | {whole / figures['parse']:.2f} |")
    print(
        f"\nFacts take {figures['facts MiB']:.1f} MiB, with the index {figures['facts and index MiB']:.1f} MiB."
    )


def bench_lsp(tree: Path, edits: int) -> None:
    """What typing costs: from a keystroke to the findings of the new text, in the files nearest to 1,500 lines."""
    files = [target.file for target in FileFinder(()).add((tree,)).targets]
    lines = {file: file.read_bytes().count(b"\n") for file in files}
    print(f"\nKeystroke to diagnostics, the index of {tree.name} being there; {edits} keystrokes each\n")
    print(
        "| file | lines | bare parse | p50 | p95 | processor p50 | p95 | whole file p50 | p95 | memory after 100 "
        "| after all |"
    )
    print(f"| ---{' | ---:' * 10} |")
    for file in sorted(files, key=lambda file: abs(lines[file] - 1500))[:3]:
        command: list[str | Path] = [
            sys.executable,
            BENCH / "lsp.py",
            tree,
            file.relative_to(tree),
            str(edits),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found = json.loads(done.stdout)
        print(
            f"| {file.relative_to(tree)} | {found['lines']} | {found['parse']:.1f} ms | "
            + "".join(
                f"{found[f'{kind}{part}']:.0f} ms | "
                for kind in ("", "cpu ", "whole ")
                for part in ("p50", "p95")
            )
            + f"{found['memory after 100']:.0f} MiB | {found['memory']:.0f} MiB |"
        )


def bench_startup(trees: Sequence[Path], runs: int, scratch: Path) -> None:
    """What a pre-commit hook pays: one small file, a new process."""
    one = scratch / "one.rs"
    one.write_text("fn f(p: *const u8) -> u8 {\n    // SAFETY: `p` is valid.\n    unsafe { *p }\n}\n")
    check = [*RFL_LINT, "check", "--isolated"]
    rows = [
        Row("`python -c pass`", [sys.executable, "-c", "pass"]),
        Row("`rfl-lint --version`", [*RFL_LINT, "--version"]),
        Row("`rfl-lint check one.rs`", [*check, one]),
    ]
    for tree in trees:
        files = [target.file for target in FileFinder(()).add((tree,)).targets]
        median = sorted(files, key=lambda file: file.stat().st_size)[len(files) // 2]
        name = f"`rfl-lint check {median.relative_to(tree)}` in {tree.name}, its facts known"
        rows.append(Row(name, [*check, median]))
    rounds(rows, max(runs, 15))
    print(f"\nStart-up, medians of {max(runs, 15)} runs\n")
    print("| command | wall time | more than `python -c pass` | processors | more |")
    print("| --- | ---: | ---: | ---: | ---: |")
    first = rows[0]
    for row in rows:
        print(
            f"| {row.name} | {row.median * 1000:.0f} ms | {(row.median - first.median) * 1000:.0f} ms | "
            f"{row.processor * 1000:.0f} ms | {(row.processor - first.processor) * 1000:.0f} ms |"
        )


def default_trees() -> list[Path]:
    """The kernels that `make kernel` fetched, or the demonstration tree."""
    kernels = sorted(path.parents[2] for path in (ROOT / ".kernels").glob("*/rust/kernel/lib.rs"))
    return kernels or [ROOT / "demo"]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure rfl-lint beside a bare parse and ast-grep.")
    parser.add_argument(
        "trees", nargs="*", type=Path, help="kernel trees; default: those in .kernels, else demo"
    )
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument(
        "--edits", type=int, default=1000, help="keystrokes in the language server; default: 1000"
    )
    parser.add_argument("--copies", action="store_true", help=f"{COPIES} copies of the last tree, too")
    parser.add_argument(
        "--semgrep", default=shutil.which("semgrep"), help="the program; default: that on PATH"
    )
    arguments = parser.parse_args()
    tools = ", ".join(
        f"{name} {version(name)}" for name in ("tree-sitter", "tree-sitter-rust", "ast-grep-cli")
    )
    print(f"Python {platform.python_version()}, {tools}, {len(os.sched_getaffinity(0))} processors")
    with tempfile.TemporaryDirectory(prefix="rfl-lint-bench-") as scratch:
        for tree in arguments.trees or default_trees():
            bench_tree(tree.resolve(), arguments.runs, Path(scratch), arguments.semgrep)
            bench_index(tree.resolve())
            bench_lsp(tree.resolve(), arguments.edits)
        trees = [tree.resolve() for tree in arguments.trees or default_trees()]
        if arguments.copies:
            bench_size(trees[-1], min(arguments.runs, 3), Path(scratch))
        bench_startup(trees, arguments.runs, Path(scratch))


if __name__ == "__main__":
    main()
