"""Kept results: the same run again gives the same without linting, and any difference is linted."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from rfl_lint import tree as trees
from rfl_lint.batch import Plan, TreeRun, outcomes
from rfl_lint.engine import FileResult, Lint
from rfl_lint.inputs.files import FileFinder, Target
from rfl_lint.rule import Context, Rule
from rfl_lint.share import Outcome
from rfl_lint.tree import read_tree
from rfl_lint.witness import note, taken, together
from tests.work import builtin_rule

DRIVER = (
    "//! C header: [`a.h`](srctree/include/linux/a.h)\n\nfn f(p: *const u8) -> u8 {\n    unsafe { *p }\n}\n"
    "fn g(p: *mut u8) { let q = p as *mut _; h(q); bindings::a(); }\n#[allow(dead_code)]\nmod inner;\n"
)
CHILD = "fn c(p: *const u8) -> u8 {\n    unsafe { *p }\n}\nfn m() { kernel::warn_on!(true); }\n"
RULES = ("missing-safety-comment", "broken-srctree-link", "inferred-pointer-cast", "disallowed-item")


class Tree:
    """A kernel tree that is worth workers, and how often it was really linted."""

    def __init__(self, root: Path) -> None:
        self.root = root / "tree"
        self.plan = Plan(Lint([builtin_rule(name)() for name in RULES]), jobs=1, cache=root / "cache")
        self.linted = 0
        self.write("rust/kernel/lib.rs", "// Nothing.\n" * 25_000)
        self.write("rust/bindings/bindings_helper.h", "#include <linux/a.h>\n")
        self.write("include/linux/a.h", "int a(void);\n")
        self.write("drivers/top.rs", "mod gpu;\n")
        self.write("drivers/gpu/mod.rs", "mod driver;\n")
        self.write("drivers/gpu/driver.rs", DRIVER)
        self.write("drivers/gpu/driver/inner.rs", CHILD)
        self.write("Makefile", "all:\n")

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def run(self, path: str = "") -> dict[str, Outcome]:
        trees.forget()  # as a new process would
        finder = FileFinder(tree=self.root)
        found = outcomes(finder.add([self.root / path]).targets, self.plan)
        return {target.path: outcome for target, outcome in found}


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tree:
    made = Tree(tmp_path)
    shared = TreeRun._shared

    def counted(self: TreeRun, workers: int, sizes: dict[str, int]) -> Iterator[tuple[Target, Outcome]]:
        made.linted += 1
        return shared(self, workers, sizes)

    monkeypatch.setattr(TreeRun, "_shared", counted)
    return made


def test_the_same_run_is_not_made_again(tree: Tree) -> None:
    first = tree.run()
    assert any(isinstance(result, FileResult) and result.findings for result in first.values())
    assert tree.run() == first
    assert tree.linted == 1


CHANGES: dict[str, Callable[[Tree], object]] = {
    "a linted file": lambda tree: tree.write("drivers/gpu/driver.rs", DRIVER + "\n"),
    "a new file": lambda tree: tree.write("drivers/gpu/new.rs", "fn n() {}\n"),
    "a file that is gone": lambda tree: (tree.root / "drivers/gpu/driver/inner.rs").unlink(),
    "a file above that silences": lambda tree: tree.write(
        "drivers/gpu/mod.rs", "#[allow(clippy::undocumented_unsafe_blocks)]\nmod driver;\n"
    ),
    "a header": lambda tree: tree.write("include/linux/a.h", "int a(int b);\n"),
    "no headers any more": lambda tree: (tree.root / "rust/bindings/bindings_helper.h").unlink(),
    "the target of a link": lambda tree: (tree.root / "include/linux/a.h").rename(
        tree.root / "include/linux/b.h"
    ),
    "the Makefile": lambda tree: tree.write("Makefile", "clippy := -Wclippy::as_underscore\n"),
    "what is disallowed": lambda tree: tree.write(
        ".clippy.toml", 'disallowed-macros = [{ path = "kernel::warn_on" }]\n'
    ),
    "what the tree offers": lambda tree: tree.write("rust/ffi.rs", "\n"),
    "the rules": lambda tree: _with_lint(tree, rules=tree.plan.lint.rules[:1]),
    "a strict rule": lambda tree: _with_lint(tree, strict_rules=frozenset({"inferred-pointer-cast"})),
    "doc code": lambda tree: _with_lint(tree, doc_code=True),
    "known rules": lambda tree: _with_lint(tree, known_rules=frozenset({"a-b"})),
}


def _with_lint(tree: Tree, **changes: object) -> None:
    tree.plan = replace(tree.plan, lint=replace(tree.plan.lint, **changes))


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_changes_it_is_linted_again(tree: Tree, change: Callable[[Tree], object]) -> None:
    tree.run()
    change(tree)
    now = tree.run()
    assert tree.linted == 2
    tree.plan = replace(tree.plan, cache=None)
    assert tree.run() == now


def test_a_file_of_no_index_that_silences_is_watched(tree: Tree) -> None:
    """`drivers/top.rs` is no part of the index of a run over one folder."""
    tree.write("drivers/gpu/large.rs", "// Nothing.\n" * 25_000)
    (tree.root / "drivers/gpu/mod.rs").unlink()
    tree.write("drivers/gpu.rs", "mod driver;\n")
    first = tree.run("drivers/gpu")
    assert tree.run("drivers/gpu") == first
    assert tree.linted == 1
    tree.write("drivers/gpu.rs", "#[allow(clippy::undocumented_unsafe_blocks)]\nmod driver;\n")
    assert tree.run("drivers/gpu") != first


def test_runs_over_parts_of_a_tree_do_not_displace_one_another(tree: Tree) -> None:
    tree.write("drivers/gpu/large.rs", "// Nothing.\n" * 25_000)
    for path in ("", "drivers/gpu", "", "drivers/gpu"):
        tree.run(path)
    assert tree.linted == 2


def test_a_crash_and_a_timeout_are_not_kept(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(_rule: Rule, cx: Context) -> None:
        raise RuntimeError(cx.path)

    with monkeypatch.context() as patched:
        patched.setattr(builtin_rule("broken-srctree-link"), "check_file", crash)
        tree.run()
        tree.run()
    assert tree.linted == 2
    _with_lint(tree, max_seconds=1e-6)
    tree.run()
    tree.run()
    assert tree.linted == 4


def test_rules_of_others_are_always_run(tree: Tree) -> None:
    other = type(
        "Other",
        (builtin_rule("missing-safety-comment"),),
        {"__module__": "others", "__doc__": "X.", "meta": builtin_rule("missing-safety-comment").meta},
    )
    _with_lint(tree, rules=[other()])
    tree.run()
    tree.run()
    assert tree.linted == 2


def test_a_cut_or_foreign_cache_is_no_cache(tree: Tree) -> None:
    first = tree.run()
    (file,) = (tree.root.parent / "cache").glob("*.results")
    for body in (file.read_bytes()[:-1], b"", b"something else\n" + file.read_bytes()):
        file.write_bytes(body)
        assert tree.run() == first
    assert tree.linted == 4


def test_a_question_with_two_answers_is_never_answered_so_again() -> None:
    root = Path(os.sep, "nowhere")
    note(root, "text", "a", "one")
    note(root, "text", "a", "two")
    note(root, "text", "b", "one")
    seen = taken(root)
    assert taken(root) == {}
    assert seen["text", "a"] not in (seen["text", "b"], "")
    more = dict(seen)
    together(more, {("text", "b"): "other"})
    assert more["text", "b"] == seen["text", "a"]


def test_what_is_asked_of_a_tree_is_noted(tmp_path: Path) -> None:
    known = read_tree(tmp_path)
    known.text("a"), known.holds("b/c"), known.names_in("d")
    assert set(taken(tmp_path)) == {("text", "a"), ("holds", "b/c"), ("names", "d")}
