"""missing-safety-comment against `clippy::undocumented_unsafe_blocks`, line by line, over tests/clippy/*.rs.

Every line with unsafe code in those files ends in a mark: the point of clippy's behaviour that it exercises and a name.

    unsafe { read(p) }; //# 3 blank-line-between
    unsafe { read(p) }; //# 4 no-colon | clippy-only: why we differ on purpose
    unsafe { read(p) }; //# 6 behind-another-statement | ours-only: why we differ on purpose

A mark says where the two differ, not what they say. Differences must be exactly those that are marked, in both
directions, so that one which clippy mends makes this test fail.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import pytest

from rfl_lint.engine import Lint, lint_source
from rfl_lint.registry import builtin_rules
from rfl_lint.source import SourceFile

RULE: Final = "missing-safety-comment"
LINT: Final = "clippy::undocumented_unsafe_blocks"
INPUTS: Final = sorted((Path(__file__).parent / "clippy").glob("*.rs"))
FIRST_VERSION: Final = (0, 1, 95)
# The kernel's .clippy.toml, as far as this lint could care.
CONFIG: Final = 'msrv = "1.85.0"\ncheck-private-items = true\n'
# Numbered as in clippy's semantics: 16 is the form of the output, 17 is another lint.
POINTS: Final = set(range(1, 16))
_MARK: Final = re.compile(r"//# (\d+) ([a-z0-9-]+)(?: \| (ours|clippy)-only: (\S.*))?$")
_UNSAFE: Final = re.compile(r"\bunsafe\b\s*(?:\{|impl\b|$)")


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


def our_lines(data: bytes, name: str = RULE) -> set[int]:
    source = SourceFile("drivers/demo.rs", data)
    rules = [rule() for rule in builtin_rules() if rule.meta.name == name]
    result = lint_source(source, Lint(rules, report_unused=False))
    assert not result.crashes
    return {
        source.position(finding.span.start).line for finding in result.findings if finding.silenced is None
    }


@pytest.fixture(scope="module")
def driver() -> str:
    """A clippy-driver whose behaviour is the one compared with, or the reason why there is none."""
    path = shutil.which("clippy-driver")
    if path is None:
        pytest.skip("clippy-driver is not on PATH")
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
    version = re.search(r"(\d+)\.(\d+)\.(\d+)", said.stdout)
    if said.returncode or version is None:
        pytest.skip(f"clippy-driver does not run: {said.stderr.strip()[:200]}")
    if tuple(int(part) for part in version.groups()) < FIRST_VERSION:
        pytest.skip(f"clippy {version[0]} is older than 0.1.95, which accepts comments inside of blocks")
    return path


@lru_cache
def clippy_lines(driver: str, path: Path, folder: Path, lint: str = LINT) -> frozenset[int]:
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


@pytest.mark.client
@pytest.mark.parametrize("path", INPUTS, ids=lambda path: path.stem)
def test_differences_are_exactly_those_that_are_marked(path: Path, driver: str, tmp_path: Path) -> None:
    ours, clippy = our_lines(blanked(path)), clippy_lines(driver, path, tmp_path)
    marked = sites(path)
    expected = {(site.line, site.alone) for site in marked if site.alone}
    found = {(line, "ours") for line in ours - clippy} | {(line, "clippy") for line in clippy - ours}
    names = {site.line: site.name for site in marked}
    new = [
        f"{path.name}:{line}: only {who} reports `{names.get(line)}`"
        for line, who in sorted(found - expected)
    ]
    gone = [
        f"{path.name}:{line}: no difference in `{names[line]}` now" for line, who in sorted(expected - found)
    ]
    assert not new + gone, "\n".join(new + gone)


def test_every_unsafe_line_is_marked_and_every_point_is_covered() -> None:
    every = [(path, site) for path in INPUTS for site in sites(path)]
    for path in INPUTS:
        lines = {site.line for site in sites(path)}
        code = [line.partition("//")[0] for line in path.read_text().splitlines()]
        bare = [
            number
            for number, text in enumerate(code, start=1)
            if _UNSAFE.search(text) and number not in lines
        ]
        assert not bare, (path.name, bare)
    names = Counter((path.stem, site.name) for path, site in every)
    assert not [name for name, count in names.items() if count > 1]
    assert {site.point for _, site in every} == POINTS
    differing = Counter(site.alone for _, site in every)
    print(  # noqa: T201 - shown by `pytest -rP`
        f"{len(every)} cases: {differing['']} agree, {differing['ours']} are ours alone, {differing['clippy']} clippy's"
    )
    assert len(every) >= 300
    assert differing["ours"] + differing["clippy"] <= len(every) // 8


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: path.stem)
def test_line_endings_and_a_byte_order_mark_change_nothing(path: Path) -> None:
    data = blanked(path)
    expected = our_lines(data)
    assert expected
    assert our_lines(data.replace(b"\n", b"\r\n")) == expected
    assert our_lines(b"\xef\xbb\xbf" + data) == expected
