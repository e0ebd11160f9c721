"""Compare the rules that name a lint of clippy with that lint, over real crates, and explain every difference.

    python scripts/compare_clippy.py                   all crates; lists what differs without an explanation
    python scripts/compare_clippy.py bytes slab -v     some of them; lists every difference
    python scripts/compare_clippy.py --write           writes docs/differential.md, too

The crates are Debian's (scripts/differential.toml), unpacked into build/differential/ once. Both tools see the same
files: clippy by compiling them, rfl-lint as drivers of no kernel in particular. A difference is explained by looking at
the code (scripts/clippy_reasons.py), or by an entry in differential.toml of somebody who did.
Needs apt-get, dpkg-deb, a linker, and a clippy-driver with the rustc of the same version.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from clippy_crates import Build, Crate, Spoken, clippy, compiled_lines, crates, fetch
from clippy_reasons import MALFORMED, Code, reason
from get_kernel import run

from rfl_lint.registry import builtin_rules

ROOT: Final = Path(__file__).resolve().parent.parent
TABLE: Final = ROOT / "scripts" / "differential.toml"
PAGE: Final = ROOT / "docs" / "differential.md"
FOLDER: Final = ROOT / "build" / "differential"
# As in tests/clippy_harness.py.
CONFIG: Final = 'msrv = "1.85.0"\ncheck-private-items = true\n'
# Groups that a rule names beside its lints, and lints that say nothing without a list of names.
_NO_LINTS: Final = re.compile(r"style|all|disallowed_\w+")
_METHODS: Final = {"unwrap_used": rb"\.\s*unwrap(?:_err)?\b", "expect_used": rb"\.\s*expect(?:_err)?\b"}
# One of clippy's lints marks the cast, the other only the type at its end.
_AT_THE_END: Final = frozenset({"inferred-pointer-cast"})
_CASTS: Final = frozenset({"as_underscore", "as_pointer_underscore"})
_OF_THE_CODE: Final = frozenset({"unnecessary-safety-comment", "unnecessary-safety-doc"})


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A line that a rule, or a lint that it names, reports."""

    rule: str
    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Difference:
    """A line that only one of the two reports."""

    place: Place
    who: str
    text: str
    reason: str


@dataclass(slots=True)
class Compared:
    """What became of one crate."""

    crate: Crate
    agreed: Counter[str]
    differences: list[Difference] = field(default_factory=list)


def main() -> int:
    """Compare, print what is not explained; the exit status is 1 if there is such a thing."""
    parser = argparse.ArgumentParser(description="Compare rules with clippy over real crates.")
    parser.add_argument("crates", nargs="*", help="default: all of differential.toml")
    parser.add_argument("-v", "--verbose", action="store_true", help="list the explained differences, too")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.relative_to(ROOT)}")
    arguments = parser.parse_args()
    if arguments.write and arguments.crates:
        parser.error("the page is written for all crates")
    if missing := [tool for tool in ("apt-get", "dpkg-deb", "clippy-driver") if shutil.which(tool) is None]:
        print(f"compare_clippy.py needs {', '.join(missing)}", file=sys.stderr)
        return 2
    table = tomllib.loads(TABLE.read_text())
    names = arguments.crates or list(table["crates"])
    every = {**table["crates"], **table["needed"]}
    fetch([name.replace("_", "-") for name in every], FOLDER / "packages")
    compiled = FOLDER / "compiled"
    shutil.rmtree(compiled, ignore_errors=True)
    compiled.mkdir(parents=True)
    features = {name: entry["features"] for name, entry in every.items() if "features" in entry}
    build = Build(compiled, crates(FOLDER / "packages"), features)
    results = []
    for name in names:
        results.append(compare(build, build.known[name], table["explained"]))
        show(results[-1], verbose=arguments.verbose)
    if arguments.write:
        PAGE.write_text("\n".join(page(results)) + "\n")
    print("\n".join(by_rule(results)))
    return int(any(not each.reason for result in results for each in result.differences))


def lints_by_rule() -> dict[str, list[str]]:
    """The lints that each rule is compared with."""
    found = {
        rule.meta.name: [lint for lint in rule.meta.clippy if not _NO_LINTS.fullmatch(lint)]
        for rule in builtin_rules()
    }
    return {rule: lints for rule, lints in found.items() if lints}


def compare(build: Build, crate: Crate, explained: Sequence[Mapping[str, str]]) -> Compared:
    """Where the two agree on a line of a crate, and where and why they do not."""
    rules = lints_by_rule()
    rule_of = {lint: rule for rule, lints in rules.items() for lint in lints}
    texts: dict[str, bytes] = {}

    def data(path: str) -> bytes:
        return texts.setdefault(path, (crate.folder / path).read_bytes())

    spoken = clippy(build, crate, "clippy-driver", sorted(rule_of), CONFIG)
    theirs = {Place(rule_of[each.lint], each.path, line_of(each, data(each.path))) for each in spoken}
    findings = our_findings(crate, [*rules, MALFORMED])
    ours = {Place(each["rule"], each["path"], our_line(each)) for each in findings}
    malformed = {place for place in ours if place.rule == MALFORMED}
    ours -= malformed
    lines = compiled_lines(build, crate)
    codes: dict[str, Code] = {}
    found = Compared(crate, Counter(place.rule for place in ours & theirs))
    for who, places in (("ours", ours - theirs), ("clippy", theirs - ours)):
        for place in sorted(places):
            path = place.path
            if path not in codes:
                near = [each.line for each in malformed if each.path == path]
                codes[path] = Code(data(path), lines.get(path), near)
            text = codes[path].text(place.line)
            of_the_crate = [each for each in explained if each.get("crate") == crate.name]
            why = by_hand(of_the_crate, who, place, text)
            why = why or reason(codes[path], place.rule, who, place.line)
            why = why or by_hand([each for each in explained if "crate" not in each], who, place, text)
            found.differences.append(Difference(place, who, text, why))
    return found


def by_hand(explained: Iterable[Mapping[str, str]], who: str, place: Place, text: str) -> str:
    """The reason that differential.toml has for a difference."""
    for entry in explained:
        if (entry["rule"], entry["who"]) != (place.rule, who):
            continue
        if entry.get("path", place.path) == place.path and re.search(entry.get("text", ""), text):
            return entry["reason"]
    return ""


def our_findings(crate: Crate, rules: Iterable[str]) -> list[dict[str, Any]]:
    """What rfl-lint reports in a crate, as if it were a driver."""
    tree = FOLDER / "trees" / crate.name
    target = tree / "drivers" / crate.library
    shutil.rmtree(tree, ignore_errors=True)
    shutil.copytree(crate.root.parent, target)
    command = [sys.executable, "-m", "rfl_lint", "check", "--isolated", "--no-cache", "--exit-zero"]
    command += ["--tree", str(tree), "--select", ",".join(rules), "--output-format", "json", str(tree)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    findings: list[dict[str, Any]] = json.loads(done.stdout)["findings"]
    source = crate.root.parent.relative_to(crate.folder)
    for finding in findings:
        inside = Path(finding["path"]).relative_to(target.relative_to(tree))
        finding["path"] = (source / inside).as_posix()
    return findings


def our_line(finding: Mapping[str, Any]) -> int:
    """The line that clippy would report: that of the code, where the rule marks a comment or a heading."""
    if finding["rule"] in _AT_THE_END:
        return int(finding["end_line"])
    if finding["rule"] in _OF_THE_CODE and finding["related"]:
        return int(finding["related"][0]["line"])
    return int(finding["line"])


def line_of(spoken: Spoken, data: bytes) -> int:
    """The line that the rule would report: that of the method, where clippy marks the whole of a call."""
    if spoken.lint in _CASTS:
        return data.count(b"\n", 0, spoken.end) + 1
    if spoken.lint not in _METHODS:
        return spoken.line
    found = list(re.finditer(_METHODS[spoken.lint], data[spoken.start : spoken.end]))
    return data.count(b"\n", 0, spoken.start + found[-1].end()) + 1 if found else spoken.line


def show(result: Compared, *, verbose: bool) -> None:
    """Print a line on a crate, and its differences that nothing explains."""
    crate, differences = result.crate, result.differences
    print(
        f"{crate.name} {crate.version}: {result.agreed.total()} agree, {len(differences)} differ", flush=True
    )
    for each in differences:
        if verbose or not each.reason:
            where = f"{each.place.path}:{each.place.line}"
            print(
                f"  {each.place.rule}: {each.who} alone: {where}: {each.text}: {each.reason or 'UNEXPLAINED'}"
            )


def by_rule(results: Sequence[Compared]) -> Iterator[str]:
    """A table of the rules, as Markdown."""
    yield "| rule | both | only rfl-lint | only clippy |"
    yield "|---|--:|--:|--:|"
    for rule in lints_by_rule():
        who = Counter(
            each.who for result in results for each in result.differences if each.place.rule == rule
        )
        both = sum(result.agreed[rule] for result in results)
        yield f"| `{rule}` | {both} | {who['ours']} | {who['clippy']} |"


def page(results: Sequence[Compared]) -> Iterator[str]:
    """The page of the documentation."""
    version = run(["clippy-driver", "--version"]).split("(")[0].strip()
    yield "# Beside clippy"
    yield ""
    yield "<!-- Made by `make differential`: edit scripts/compare_clippy.py instead. -->"
    yield ""
    yield f"The rules that name a lint of clippy, beside {version}, line by line, over {len(results)} crates of Debian"
    yield "that are rich in unsafe code. Both see the same files: clippy as it compiles them for x86-64 Linux, with the"
    yield "features that `scripts/differential.toml` names and in the kernel's configuration; rfl-lint as drivers, with"
    yield "the strict parts of the rules. Inputs of our own, point by point, are in `tests/clippy/`."
    yield ""
    yield from by_rule(results)
    yield ""
    yield "## Why they differ"
    yield ""
    yield "`clippy:` is what clippy cannot or does not see, `ours:` what rfl-lint does not know without a build, and"
    yield "`meant:` where it differs on purpose, as the rule's page says. Most reasons are told by a look at the code"
    yield "around the line (`scripts/clippy_reasons.py`), the others are given by hand. One stands for all that only"
    yield "clippy reports for `multiple-unsafe-operations`, one for `panicking-operation`: of these a sample was read."
    yield ""
    yield "| rule | alone | lines | reason |"
    yield "|---|---|--:|---|"
    reasons = Counter(
        (each.place.rule, each.who, each.reason) for result in results for each in result.differences
    )
    for (rule, who, why), count in sorted(reasons.items(), key=lambda item: (item[0][:2], -item[1])):
        yield f"| `{rule}` | {'rfl-lint' if who == 'ours' else who} | {count} | {why or 'not explained'} |"
    yield ""
    yield "## By crate"
    yield ""
    yield "The first number is what both report, then what only rfl-lint, what only clippy reports."
    yield ""
    rules = list(lints_by_rule())
    yield "| crate | " + " | ".join(f"`{rule}`" for rule in rules) + " |"
    yield "|---" * (len(rules) + 1) + "|"
    for result in results:
        cells = []
        for rule in rules:
            alone = Counter(each.who for each in result.differences if each.place.rule == rule)
            counts = (result.agreed[rule], alone["ours"], alone["clippy"])
            cells.append(" / ".join(map(str, counts)) if any(counts) else "")
        yield f"| {result.crate.name} {result.crate.version} | " + " | ".join(cells) + " |"


if __name__ == "__main__":
    sys.exit(main())
