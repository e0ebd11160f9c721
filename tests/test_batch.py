"""Runs over many files: the same findings whatever is linted together, in how many processes, with what cache."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from rfl_lint.batch import Plan, lint_text, outcomes
from rfl_lint.engine import FileResult, Lint
from rfl_lint.errors import WorkerError
from rfl_lint.finding import Finding, Severity
from rfl_lint.inputs.files import FileFinder, Target
from rfl_lint.inputs.tree_files import crate_folder, index_targets
from rfl_lint.live import LiveTree
from rfl_lint.rule import Context, Meta, Rule
from rfl_lint.source import SourceFile
from rfl_lint.syntax import Node
from rfl_lint.tree import Role

ROOT = "mod more;\nuse {kernel::core_help, more::a_help};\n"
PADDING = "// " + "x" * 30_000 + "\n"


class CallsElsewhere(Rule):
    """Reports calls of functions that another file defines, with where: a rule for these tests alone."""

    meta = Meta("calls-elsewhere", "test", "a call", Severity.WARNING, "0")
    on = frozenset({"call_expression"})

    def check(self, node: Node, cx: Context) -> Iterator[Finding]:
        name = cx.text(node).partition("(")[0]
        for fact in cx.index.functions(name, near=cx.path).candidates:
            other = cx.other(fact.path)
            if other is not None and other is not cx:
                line = other.source.position(fact.span.start).line
                yield self.finding(cx, node, f"`{name}` is defined in {fact.path}:{line}")


class DefinedSomewhere(Rule):
    """Reports calls of functions whose definition is known, in whatever file: a rule for these tests alone."""

    meta = Meta("defined-somewhere", "test", "a call", Severity.WARNING, "0", roles=frozenset(Role))
    on = frozenset({"call_expression"})

    def check(self, node: Node, cx: Context) -> Iterator[Finding]:
        for fact in cx.index.functions(cx.text(node).partition("(")[0], near=cx.path).candidates:
            yield self.finding(cx, node, f"defined in {fact.path}")


class KillsItself(Rule):
    """Ends its process on one file: a rule for these tests alone."""

    meta = Meta("kills-itself", "test", "a kill", Severity.WARNING, "0")

    def check_file(self, cx: Context) -> Iterator[Finding]:
        if cx.path == "drivers/b/main.rs":
            os.kill(os.getpid(), signal.SIGKILL)
        yield from ()


LINT = Lint([CallsElsewhere()])


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    files = {
        "rust/kernel/lib.rs": PADDING + "pub fn core_help() {}\n",
        "rust/kernel/deep/file.rs": "use crate::core_help;\nfn f() { core_help() }\n",
        "rust/macros/lib.rs": "pub fn host_help() {}\n",
        "drivers/a/main.rs": ROOT
        + PADDING * 5
        + "pub fn g() { core_help(); a_help(); b_help(); host_help() }\n",
        "drivers/a/more.rs": "use kernel::core_help;\npub fn a_help() { core_help() }\n",
        "drivers/b/main.rs": PADDING * 5 + "pub fn b_help() { a_help() }\n",
    }
    for path, text in files.items():
        (tmp_path / "linux" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "linux" / path).write_text(text)
    return tmp_path / "linux"


def linted(*paths: Path, jobs: int = 1, cache: Path | None = None) -> dict[str, list[str]]:
    plan = Plan(LINT, jobs, cache)
    done = dict(outcomes(FileFinder().add(paths).targets, plan))
    return {
        target.path: [finding.message for finding in result.findings]
        for target, result in sorted(done.items(), key=lambda item: item[0].path)
        if isinstance(result, FileResult)
    }


EXPECTED = {
    "drivers/a/main.rs": [
        "`core_help` is defined in rust/kernel/lib.rs:2",
        "`a_help` is defined in drivers/a/more.rs:2",
    ],
    "drivers/a/more.rs": ["`core_help` is defined in rust/kernel/lib.rs:2"],
    "drivers/b/main.rs": [],
    "rust/kernel/deep/file.rs": ["`core_help` is defined in rust/kernel/lib.rs:2"],
    "rust/kernel/lib.rs": [],
}


def test_a_file_alone_is_judged_as_in_its_tree(tree: Path) -> None:
    assert linted(tree) == EXPECTED
    for path, messages in EXPECTED.items():
        assert linted(tree / path) == {path: messages}
    assert linted(tree / "drivers") == {
        path: EXPECTED[path] for path in EXPECTED if path.startswith("drivers")
    }


@pytest.mark.parametrize("jobs", [1, 2])
def test_naming_host_code_makes_no_difference_to_other_files(tree: Path, jobs: int) -> None:
    rust = {
        "drivers/c.rs": "use macros::host_help;\nfn f() { host_help(); b_help() }\n" + PADDING * 10,
        "scripts/tool.rs": "use kernel::core_help;\npub fn b_help() { core_help(); b_help() }\n",
    }
    for path, text in rust.items():
        (tree / path).parent.mkdir(exist_ok=True)
        (tree / path).write_text(text)
    paths = (*rust, "rust/macros/lib.rs")
    plan = Plan(Lint([DefinedSomewhere()]), jobs)
    together = dict(outcomes(FileFinder().add([tree, *(tree / path for path in paths)]).targets, plan))
    done = {target.path: outcome for target, outcome in together.items()}
    live = LiveTree(FileFinder().tree_at(tree), plan)
    live.build()
    for path in paths:
        live.put(SourceFile(path, (tree / path).read_bytes()))
    for path in paths:
        ((_, alone),) = outcomes(FileFinder().add([tree / path]).targets, plan)
        assert alone == done[path] == live.lint(path)
        assert isinstance(alone, FileResult)
        known = ["defined in scripts/tool.rs"] if path == "scripts/tool.rs" else []
        assert [finding.message for finding in alone.findings] == known


@pytest.mark.parametrize("jobs", [1, 2, 4])
def test_processes_and_cache_make_no_difference(tree: Path, tmp_path: Path, jobs: int) -> None:
    cache = tmp_path / "cache"
    assert linted(tree, jobs=jobs) == EXPECTED
    assert linted(tree, jobs=jobs, cache=cache) == EXPECTED
    (entry,) = cache.iterdir()
    written = entry.stat().st_mtime_ns
    assert linted(tree, jobs=jobs, cache=cache) == EXPECTED
    assert entry.stat().st_mtime_ns == written


def test_a_changed_file_is_read_again(tree: Path, tmp_path: Path) -> None:
    linted(tree, cache=tmp_path / "cache")
    (tree / "rust/kernel/lib.rs").write_text("\n\npub fn core_help() {}\n")
    found = linted(tree / "drivers/a/more.rs", cache=tmp_path / "cache")
    assert found == {"drivers/a/more.rs": ["`core_help` is defined in rust/kernel/lib.rs:3"]}


def test_a_text_in_the_place_of_a_file(tree: Path) -> None:
    (target,) = FileFinder().add([tree / "drivers/a/more.rs"]).targets
    text = SourceFile(target.path, b"use {crate::g, kernel::core_help};\nfn other() { core_help(); g() }\n")
    messages = [finding.message for finding in lint_text(text, target, Plan(LINT)).findings]
    assert messages == [
        "`core_help` is defined in rust/kernel/lib.rs:2",
        "`g` is defined in drivers/a/main.rs:8",
    ]


def test_a_worker_that_dies_is_an_error(tree: Path) -> None:
    targets = FileFinder().add([tree]).targets
    with pytest.raises(WorkerError, match="killed"):
        list(outcomes(targets, Plan(Lint([KillsItself()]), 2)))


def test_a_file_that_vanishes_is_an_error_of_its_own(tree: Path) -> None:
    targets = FileFinder().add([tree]).targets
    (tree / "drivers/b/main.rs").unlink()
    done = {target.path: outcome for target, outcome in outcomes(targets, Plan(LINT, 2))}
    assert "cannot be read" in str(done["drivers/b/main.rs"])
    assert len(done) == len(EXPECTED)


def test_crates(tree: Path) -> None:
    assert crate_folder(tree, "drivers/a/deep/er/more.rs") == "drivers/a"
    assert crate_folder(tree, "rust/kernel/deep/file.rs") == "rust"
    assert crate_folder(tree, "alone.rs") == ""


def test_the_index_of_a_file(tree: Path) -> None:
    (target,) = FileFinder().add([tree / "drivers/b/main.rs"]).targets
    assert [member.path for member in index_targets(target.tree, [target])] == [
        "drivers/b/main.rs",
        "rust/kernel/deep/file.rs",
        "rust/kernel/lib.rs",
    ]


def test_a_copy_from_elsewhere_takes_the_kernel_along_and_no_driver(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "copy.rs").write_text("use kernel::core_help;\nfn f() { core_help(); b_help() }\n")
    (target,) = FileFinder(tree=tree).add([tmp_path / "copy.rs"]).targets
    assert [member.path for member in index_targets(target.tree, [target])] == [
        "copy.rs",
        "rust/kernel/deep/file.rs",
        "rust/kernel/lib.rs",
    ]
    (outcome,) = (outcome for _, outcome in outcomes([target], Plan(LINT)))
    assert isinstance(outcome, FileResult)
    assert [finding.message for finding in outcome.findings] == [
        "`core_help` is defined in rust/kernel/lib.rs:2"
    ]


def test_a_folder_full_of_folders_is_nobodys_crate(tmp_path: Path) -> None:
    for number in range(250):
        (tmp_path / f"d{number}").mkdir()
        (tmp_path / f"d{number}/x.rs").write_text("")
    (tmp_path / "one.rs").write_text("")
    (tmp_path / "two.rs").write_text("")
    (target,) = FileFinder().add([tmp_path / "one.rs"]).targets
    assert [member.path for member in index_targets(target.tree, [target])] == ["one.rs", "two.rs"]


def test_text_without_a_tree_knows_itself_alone(tmp_path: Path) -> None:
    (tmp_path / "x.rs").write_text("fn h() {}")
    target = Target(tmp_path / "x.rs", "x.rs", FileFinder().tree_at(tmp_path))
    assert lint_text(SourceFile("x.rs", b"fn f() { h() }"), target, Plan(LINT)).findings == ()
