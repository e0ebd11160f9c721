"""What clippy reports beside what a rule does, line by line, over inputs whose lines are marked.

Every line that matters in an input ends in a mark: the point of clippy's behaviour that it exercises and a name.

    unsafe { read(p) }; //# 3 blank-line-between
    unsafe { read(p) }; //# 4 no-colon | clippy-only: why we differ on purpose
    unsafe { read(p) }; //# 6 behind-another-statement | ours-only: why we differ on purpose

A mark says where the two differ, not what they say. Differences must be exactly those that are marked, in both
directions, so that one which clippy mends makes a test fail. The fixture `driver` stands in conftest.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from rfl_lint.engine import Lint, lint_source
from rfl_lint.source import SourceFile
from tests.work import builtin_rule

FOLDER: Final = Path(__file__).parent / "clippy"
FIRST_VERSION: Final = (0, 1, 95)
# The kernel's .clippy.toml, as far as these lints could care.
CONFIG: Final = 'msrv = "1.85.0"\ncheck-private-items = true\n'
_MARK: Final = re.compile(r"//# (\d+) ([a-z0-9-]+)(?: \| (ours|clippy)-only: (\S.*))?$")


@dataclass(frozen=True, slots=True)
class Site:
    """A marked line. `alone` is who reports it without the other: `ours`, `clippy`, or nobody."""

    line: int
    point: int
    name: str
    alone: str


def sites(path: Path) -> list[Site]:
    found = []
    for number, text in enumerate(path.read_text().splitlines(), start=1):
        match = _MARK.search(text)
        assert bool(match) == ("//#" in text), f"{path.name}:{number}: not a mark: {text.strip()}"
        if match:
            found.append(Site(number, int(match[1]), match[2], match[3] or ""))
    return found


def blanked(path: Path) -> bytes:
    """The file as both tools see it."""
    return re.sub(rb"//#[^\n]*", lambda match: b" " * len(match[0]), path.read_bytes())


def our_lines(data: bytes, rule: str) -> set[int]:
    """The lines on which a rule's findings begin."""
    source = SourceFile("drivers/demo.rs", data)
    result = lint_source(source, Lint([builtin_rule(rule)()], report_unused=False))
    assert not result.crashes
    return {
        source.position(finding.span.start).line for finding in result.findings if finding.silenced is None
    }


@lru_cache
def clippy_lines(driver: str, path: Path, folder: Path, lint: str) -> frozenset[int]:
    """The lines that clippy reports, as the kernel runs it but for the other lints."""
    (folder / "clippy.toml").write_text(CONFIG)
    copy = folder / path.name
    copy.write_bytes(blanked(path))
    command = [
        driver,
        "--edition=2021",
        "--crate-type=lib",
        "--crate-name=demo",
        "--emit=metadata",
        "--error-format=json",
    ]
    command += [f"--out-dir={folder}", "-Aunused", "-Aclippy::all", f"-W{lint}", str(copy)]
    environment = {**os.environ, "CLIPPY_CONF_DIR": str(folder)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    messages = [json.loads(line) for line in done.stderr.splitlines()]
    return frozenset(
        span["line_start"]
        for message in messages
        if (message.get("code") or {}).get("code") == lint
        for span in message["spans"]
        if span["is_primary"]
    )


def unmarked_differences(ours: AbstractSet[int], clippy: AbstractSet[int], path: Path) -> list[str]:
    """The lines of an input on which the two differ and no mark says so, and those whose mark no longer holds."""
    marked = sites(path)
    names = {site.line: site.name for site in marked}
    expected = {(site.line, site.alone) for site in marked if site.alone}
    found = {(line, "ours") for line in ours - clippy} | {(line, "clippy") for line in clippy - ours}
    new = [f"{path.name}:{line}: only {who} reports `{names.get(line)}`" for line, who in found - expected]
    gone = [f"{path.name}:{line}: no difference in `{names[line]}` now" for line, _ in expected - found]
    return sorted(new + gone)
