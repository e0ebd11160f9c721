"""Linting again after a change gives what linting everything gives, and touches as little as it may."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from rfl_lint.batch import Plan
from rfl_lint.cli.settings import CheckRequest, prepare
from rfl_lint.facts import extract_facts
from rfl_lint.inputs.files import FileFinder, Selection
from rfl_lint.moves import without_places
from rfl_lint.relint import Relinter
from rfl_lint.report import Report
from rfl_lint.run import Filter, run_targets
from rfl_lint.source import SourceFile
from rfl_lint.workspace import Workspace
from tests.conftest import ROOT


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "demo", tmp_path / "demo")
    return tmp_path / "demo"


@pytest.fixture(scope="module")
def plan() -> Plan:
    setup = prepare(CheckRequest(isolated=True, select=("all",), no_cache=True, jobs=1))
    return setup.plan


def selection(tree: Path) -> Selection:
    return FileFinder().add([tree])


def run(relinter: Relinter, tree: Path, plan: Plan) -> Report:
    """A run, which must give what a run over everything gives."""
    report = relinter.run(selection(tree), plan, Filter())
    whole = run_targets(selection(tree), plan, Filter())
    assert (report.findings, report.silenced) == (whole.findings, whole.silenced)
    assert (report.files, report.errors, report.skipped) == (whole.files, whole.errors, whole.skipped)
    assert [report.source(finding.path) for finding in report.findings] == [
        whole.source(finding.path) for finding in whole.findings
    ]
    return report


def edit(file: Path, change: Callable[[str], str]) -> None:
    text = file.read_text()
    assert change(text) != text
    file.write_text(change(text))


def test_nothing_is_linted_where_nothing_changed(tree: Path, plan: Plan) -> None:
    relinter = Relinter()
    first = run(relinter, tree, plan)
    assert relinter.linted == first.files > 10
    assert run(relinter, tree, plan).findings == first.findings
    assert relinter.linted == 0


def test_a_changed_body_is_linted_alone_or_with_those_that_look_into_it(tree: Path, plan: Plan) -> None:
    relinter = Relinter()
    whole = run(relinter, tree, plan)
    beeper = tree / "drivers" / "demo" / "beeper.rs"
    edit(beeper, lambda text: text.replace("Ok(())", "unsafe { f() };\n        Ok(())", 1))
    after = run(relinter, tree, plan)
    assert relinter.linted == 1
    assert after.findings != whole.findings
    # Lines above that declare nothing move everything; findings elsewhere that show the place move with it.
    for file in sorted(tree.rglob("*.rs"))[::5]:
        edit(file, lambda text: f"// A line above.\n{text}")
        run(relinter, tree, plan)
        edit(file, lambda text: text.removeprefix("// A line above.\n"))
        run(relinter, tree, plan)


def test_a_body_that_other_files_look_into_has_them_linted_too(tmp_path: Path, plan: Plan) -> None:
    table = (
        "use crate::Entry;\nimpl Entry {\n    pub fn address(&self) -> *const u8 {\n        BODY\n    }\n}\n"
    )
    taker = (
        "mod table;\nuse kernel::sync::Arc;\npub struct Entry {\n    own: *const u8,\n}\n"
        "fn release(entry: &Entry) {\n    drop(unsafe { Arc::from_raw(entry.address()) });\n}\n"
    )
    (tmp_path / "lib.rs").write_text(taker)
    (tmp_path / "table.rs").write_text(table.replace("BODY", "core::ptr::from_ref(self).cast()"))
    (tmp_path / "other.rs").write_text("fn f() {}\n")
    relinter = Relinter()
    before = run(relinter, tmp_path, plan)
    assert "from-raw-of-reference" in {finding.rule for finding in before.findings}
    (tmp_path / "table.rs").write_text(table.replace("BODY", "self.own"))
    after = run(relinter, tmp_path, plan)
    assert "from-raw-of-reference" not in {finding.rule for finding in after.findings}
    assert relinter.linted == 2


@pytest.mark.parametrize(
    "change",
    [
        lambda tree: edit(tree / "rust/kernel/lamp.rs", lambda text: text + "pub fn more() {}\n"),
        lambda tree: edit(tree / "rust/kernel/lib.rs", lambda text: "#![allow(clippy::all)]\n" + text),
        lambda tree: (tree / "rust/kernel/new.rs").write_text("fn f() { unsafe { g() } }\n"),
        lambda tree: (tree / "rust/kernel/lamp.rs").unlink(),
        lambda tree: (tree / "rust/kernel/lamp.rs").write_bytes(b"\xff"),
        lambda tree: (tree / "rust/kernel/lamp.rs").rename(tree / "rust/kernel/renamed.rs"),
    ],
    ids=["declares more", "declares modules", "new", "gone", "not UTF-8", "renamed"],
)
def test_whatever_others_may_see_has_everything_linted(
    tree: Path, plan: Plan, change: Callable[[Path], object]
) -> None:
    relinter = Relinter()
    run(relinter, tree, plan)
    change(tree)
    report = run(relinter, tree, plan)
    assert relinter.linted == report.files


def test_another_plan_is_another_run(tree: Path, plan: Plan) -> None:
    relinter = Relinter()
    run(relinter, tree, plan)
    other = Plan(plan.lint, plan.jobs, plan.cache)
    run(relinter, tree, other)
    assert relinter.linted > 10


def test_texts_that_stand_in_for_files_are_no_part_of_it(tree: Path, plan: Plan) -> None:
    relinter = Relinter()
    before = run(relinter, tree, plan)
    report = relinter.run(selection(tree), plan, Filter(), texts={"drivers/demo/beeper.rs": b"fn f() {}\n"})
    assert len(report.findings) < len(before.findings)
    run(relinter, tree, plan)
    assert relinter.linted == 0


def test_facts_without_places() -> None:
    def facts(text: str) -> object:
        return without_places(extract_facts(Workspace(selection(ROOT / "demo").targets[0].tree).parse(
            SourceFile("a.rs", text.encode())
        )))  # fmt: skip

    text = (
        "/// # Safety\n///\n/// - `a` is valid.\npub unsafe fn f(a: *mut u8) { g(a) }\nstruct S { a: u8 }\n"
    )
    assert facts(text) == facts("// above\n\n" + text.replace("{ g(a) }", "{\n    g(a) }"))
    for old, new in (
        ("valid", "other"),
        ("*mut", "*const"),
        ("u8 }", "u16 }"),
        ("g(a)", "h(a)"),
        ("pub ", ""),
    ):
        assert facts(text) != facts(text.replace(old, new))
