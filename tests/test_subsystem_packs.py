"""The page on packs quotes files as they are, what it names exists, and the pack that it shows works."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest

import rfl_lint.plugin
from rfl_lint.config import read_config
from rfl_lint.engine import Lint, lint_source
from rfl_lint.examples import example_failures
from rfl_lint.registry import load_registry
from rfl_lint.source import SourceFile
from rfl_lint.testing import read_fixture, run_fixture
from tests.conftest import ROOT, run
from tests.work import builtin_rule

ShrinkerZeroIsNotEmpty = builtin_rule("shrinker-zero-is-not-empty")

PAGE = ROOT / "docs" / "subsystem-packs.md"
PACK = ROOT / "docs" / "pack-example"
NAME = "ring-idle-is-not-closed"
QUOTE = re.compile(r"<!-- from (\S+) -->\n```\w*\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def test_quoted_code_is_the_files() -> None:
    quotes = QUOTE.findall(PAGE.read_text())
    assert len(quotes) == 6
    for path, text in quotes:
        assert text == (PAGE.parent / path).read_text(), path


def test_what_the_page_offers_exists() -> None:
    table = [line for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    names = {name for line in table for name in re.findall(r"`([A-Za-z_]+)[(`]", line)}
    offered = {name for name in names if not name.startswith("then_") and name not in ("if", "match")}
    assert {"zero_case", "is_constant", "written_value", "clamp_of", "flag_test", "WRITE_KINDS"} <= offered
    assert [name for name in sorted(offered) if not hasattr(rfl_lint.plugin, name)] == []


def test_the_words_that_the_page_adds_are_understood(tmp_path: Path) -> None:
    (added,) = re.findall(r"```toml\n# rfl-lint.toml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    path = tmp_path / "rfl-lint.toml"
    path.write_text(added)
    source = SourceFile("a.rs", b"// shrinker\nfn f(n: u32) -> u32 { if n == 0 { CACHE_GONE } else { n } }")
    assert lint_source(source, Lint([ShrinkerZeroIsNotEmpty()])).findings == ()
    (found,) = lint_source(source, Lint([ShrinkerZeroIsNotEmpty()], tables=read_config(path).tables)).findings
    assert found.rule == "shrinker-zero-is-not-empty"


@pytest.mark.parametrize("name", ["bad", "good"])
def test_the_pack_that_is_shown_passes_its_fixtures(name: str) -> None:
    registry = load_registry([PACK / "ring_rules.py"], trust=True)
    assert registry.failures == ()
    rule = registry.rules[NAME]
    fixture = read_fixture(PACK / "fixtures" / NAME / f"{name}.rs")
    assert bool(fixture.marks) == (name == "bad")
    assert run_fixture(fixture, rule).failures == ()
    assert example_failures(rule) == []


def test_the_pack_is_loaded_as_the_page_says(tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    shutil.copy(PACK / "ring_rules.py", tmp_path / "tools")
    shutil.copy(PACK / "fixtures" / NAME / "bad.rs", tmp_path / "uart.rs")
    (tmp_path / "rfl-lint.toml").write_text('plugins = ["tools/ring_rules.py"]\n')
    command = [sys.executable, "-m", "rfl_lint", "check", "--trust-plugins", "--select", "ring", "uart.rs"]
    done = run([*command, "--output-format", "concise"], tmp_path, PYTHONPATH=str(ROOT))
    assert done.printed.startswith("uart.rs:9:18: error: a `frames` of zero is reported as a closed ring")
    assert done.status == 1
