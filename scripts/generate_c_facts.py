"""Write the bundled table of C facts from the headers of kernel trees.

usage: generate_c_facts.py [--output FILE] TREE...      (oldest kernel first)

Facts only: names, types, the header they stand in, how failure is told. The functions are those that the trees'
Rust calls, and those with allocation flags or other flags that `rust/bindings/bindings_helper.h` brings into
reach at one or two steps, for drivers that are not in any of the trees. The same trees give the same bytes.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from rfl_lint.c.bundled import BUNDLED_FORMAT
from rfl_lint.c.facts import CFunction, pack
from rfl_lint.c.headers import Walk, find_functions
from rfl_lint.c.names import called_functions
from rfl_lint.c.semantics import with_semantics
from rfl_lint.c.stamps import BINDINGS_HELPER

OUTPUT: Final = Path(__file__).parent.parent / "rfl_lint" / "data" / "c_facts.json"
FOLDERS: Final = ("rust", "drivers", "samples")
STEPS: Final = 2
WITH_FLAGS: Final = re.compile(rb"\b([a-z]\w+)\s*\(([^()]*\b(?:gfp_t|\w*flags)\b[^()]*)\)")
VERSION: Final = re.compile(r"^(VERSION|PATCHLEVEL) = (\d+)$", re.MULTILINE)
# Debugging and tracing machinery, and what only the core calls.
INNER: Final = re.compile(
    r"(?:__|trace_|lockdep_|kasan_|kmsan_|kmemleak_|arch_|perf_|bpf_|sched_|ftrace_|compat_|sys_|security_|ksys_)"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the table; the exit status."""
    parser = argparse.ArgumentParser(description="Write the bundled table of C facts.")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    parser.add_argument("trees", nargs="+", type=Path, metavar="TREE", help="oldest kernel first")
    options = parser.parse_args(arguments)
    for tree in options.trees:
        if not (tree / BINDINGS_HELPER).is_file():
            print(f"{tree}: no {BINDINGS_HELPER}: not a kernel tree with Rust", file=sys.stderr)
            return 2
    text = table(options.trees)
    options.output.write_text(text, encoding="utf-8")
    print(f"{options.output}: {len(text):,} bytes")
    return 0


def table(trees: Sequence[Path]) -> str:
    """The table's text."""
    kernels = [version(tree) for tree in trees]
    called = called_functions(file.read_bytes() for tree in trees for file in rust_files(tree))
    wanted = called.union(*(names_with_flags(tree) for tree in trees))
    found = [find_functions(tree, wanted).functions for tree in trees]
    functions: dict[str, list[object]] = {}
    for name in sorted(wanted):
        seen = [index for index, facts in enumerate(found) if name in facts]
        if not seen:
            continue
        newest = with_semantics(found[seen[-1]][name])
        if name not in called and (seen[-1] != len(trees) - 1 or (newest.gfp == -1 and newest.flags == -1)):
            continue
        entry: list[object] = [sum(1 << index for index in seen), packed(newest)]
        variants = {
            kernels[index]: packed(with_semantics(found[index][name]))
            for index in seen[:-1]
            if shape(found[index][name]) != shape(newest)
        }
        functions[name] = [*entry, variants] if variants else entry
    lines = [
        f"{json.dumps(name)}:{json.dumps(entry, separators=(',', ':'))}" for name, entry in functions.items()
    ]
    head = f'{{"format":{BUNDLED_FORMAT},"kernels":{json.dumps(kernels)},"functions":{{\n'
    return head + ",\n".join(lines) + "\n}}\n"


def rust_files(tree: Path) -> Iterator[Path]:
    """The Rust files that call C."""
    for folder in FOLDERS:
        yield from sorted(path for path in (tree / folder).rglob("*.rs") if path.is_file())


def names_with_flags(tree: Path) -> set[str]:
    """Functions near the bindings that seem to take flags."""
    names: set[str] = set()
    for text in Walk(tree).outward(STEPS):
        if text.path.startswith(("include/linux/", "include/drm/")):
            names.update(match[1].decode() for match in WITH_FLAGS.finditer(text.code))
    plain = {name.removesuffix("_noprof") for name in names}
    return {name for name in plain if not INNER.match(name)}


def packed(function: CFunction) -> list[object]:
    """The packed function without its line, which only its own tree could show."""
    entry = pack(function)
    entry[3] = 0
    return entry


def shape(function: CFunction) -> tuple[object, ...]:
    """What makes a difference to a caller."""
    return function.returns, tuple(item.type for item in function.parameters), function.variadic


def version(tree: Path) -> str:
    """The kernel's version as its Makefile says."""
    found = dict(VERSION.findall((tree / "Makefile").read_text(encoding="utf-8")))
    return f"{found['VERSION']}.{found['PATCHLEVEL']}"


if __name__ == "__main__":
    sys.exit(main())
