"""What a `.clippy.toml` disallows: reading it, whatever it holds, and adding to it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfl_lint.clippy_config import ClippyConfig, Disallowed, clippy_config, parse_config
from rfl_lint.config import read_config
from rfl_lint.engine import Lint, lint_source
from rfl_lint.source import SourceFile
from rfl_lint.tree import KernelTree
from tests.cli_runner import Runner
from tests.work import builtin_rule

DisallowedItem = builtin_rule("disallowed-item")


def test_entries_are_paths_or_tables() -> None:
    text = 'disallowed-macros = ["a::b", { path = "c::d", reason = "r\\n s", replacement = "e", allow-invalid = true }]'
    found = parse_config(text, "x")
    tree = "tree's `x`"
    assert found.macros == (Disallowed(("a", "b"), where=tree), Disallowed(("c", "d"), "r s", "e", tree))
    assert found.problems == ()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("disallowed-macros = [", "x: no valid TOML: "),
        ('disallowed-macros = "a"', "x: disallowed-macros: must be a list"),
        ("disallowed-methods = [1]", "x: disallowed-methods[0]: needs a `path`"),
        ('disallowed-methods = ["a", { reason = "r" }]', "x: disallowed-methods[1]: needs a `path`"),
        ('disallowed-methods = ["a b"]', "x: disallowed-methods[0]: needs a `path`"),
        ("a = " + "[" * 100_000, "x: no valid TOML: "),
    ],
)
def test_what_cannot_be_understood_is_told(text: str, problem: str) -> None:
    (found,) = parse_config(text, "x").problems
    assert found.startswith(problem)


@given(st.text(st.sampled_from('disallowed-mtho =[]{},"\n:p'), max_size=60))
def test_no_text_is_too_strange(text: str) -> None:
    assert isinstance(parse_config(text, "x"), ClippyConfig)


def test_the_file_at_the_root_is_read(tmp_path: Path) -> None:
    (tmp_path / "clippy.toml").write_text('disallowed-macros = ["a::b"]')
    assert [entry.path for entry in clippy_config(KernelTree(tmp_path)).macros] == [("a", "b")]
    (tmp_path / ".clippy.toml").write_text("")
    assert clippy_config(KernelTree(tmp_path)) == ClippyConfig()


def test_a_file_that_is_too_large_or_no_file_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "clippy.toml").write_text("#" * 1_000_001)
    (tmp_path / ".clippy.toml").mkdir()
    assert clippy_config(KernelTree(tmp_path)) == ClippyConfig()


def test_a_configuration_adds_entries(tmp_path: Path) -> None:
    path = tmp_path / "rfl-lint.toml"
    path.write_text(
        '[tables.clippy]\ndisallowed-macros = ["lamp::say"]\n'
        'disallowed-methods = [{ path = "lamp::on", reason = "too bright" }]\n'
    )
    lint = Lint([DisallowedItem()], tables=read_config(path).tables, report_unused=False)
    found = lint_source(SourceFile("a.rs", b"fn f() { lamp::on(); lamp::say!(); }"), lint).findings
    assert [finding.message for finding in found] == [
        "`lamp::on` is disallowed by the configuration: too bright",
        "`lamp::say` is disallowed by the configuration",
    ]


def test_a_broken_file_is_told_once(tmp_path: Path) -> None:
    rfl = Runner(tmp_path)
    rfl.write(".clippy.toml", "disallowed-macros = [")
    for name in ("lib", "other"):
        rfl.write(f"rust/kernel/{name}.rs", "fn f() { kernel::dbg!(1); }\n")
    done = rfl("check", "--isolated", "--no-cache", "--select", "disallowed-item", ".")
    assert (done.status, done.out.count("disallowed-item")) == (0, 0)
    assert done.err.count("no valid TOML") == 1
    assert f"note: {tmp_path}: .clippy.toml: " in done.err
    assert "(rule disallowed-item)" in done.err
