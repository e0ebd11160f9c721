"""What a patch adds: which findings count, with a tree and without one, and where a mail does not show enough."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest

from rfl_lint.batch import Plan
from rfl_lint.engine import Lint
from rfl_lint.inputs.mail import read_messages
from rfl_lint.inputs.patch import read_patch
from rfl_lint.inputs.snippet import shown_text
from rfl_lint.patches import PatchRun, read_inside
from rfl_lint.registry import builtin_rules
from rfl_lint.syntax import parse_file
from rfl_lint.tree import KernelTree, read_tree

RULES = [
    rule() for rule in builtin_rules() if rule.meta.name in ("missing-safety-comment", "flagless-allocation")
]
PLAN = Plan(Lint(RULES, report_unused=False))
EXTENTS = {rule.meta.name: rule.meta.extent for rule in RULES}
PATH = "drivers/demo/x.rs"

# Pieces that files are made of: what each of them gives alone is known.
PIECES = (
    "fn plain(a: u32) -> u32 {\n    a + 1\n}\n",
    "fn naked(p: *mut u8) {\n    let a = 1;\n    let b = 2;\n    unsafe { f(p, a, b) };\n}\n",
    "fn covered(p: *mut u8) {\n    let a = 1;\n    // SAFETY: The caller gave it.\n    unsafe { f(p, a) };\n}\n",
    'impl Thing {\n    fn name(&self) -> String {\n        format!("{}", self.0)\n    }\n}\n',
    "// A remark.\n\nconst LIMIT: u32 = 4;\n",
    "static OPS: Ops = Ops {\n    open: 1,\n    close: unsafe { make() },\n};\n",
)


def found(
    data: bytes, tree: KernelTree | None = None
) -> list[tuple[str | None, int | None, int | None, str]]:
    """Path, line and mail line of each finding."""
    run = PatchRun(tree or KernelTree(), PLAN, EXTENTS)
    for message in read_messages(data):
        run.lint(read_patch(message))
    assert not [crash for result in run.results for crash in result.crashes]
    shown = []
    for result in run.results:
        view = run.views[result.path]
        for item in result.findings:
            row = result.sources[0].row(item.span.start)
            shown.append((view.path, view.lines.get(row), view.mail_lines.get(row), item.rule))
    return shown


def diff_of(before: str, after: str, path: str = PATH, context: int = 3) -> str:
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    return "".join(difflib.unified_diff(old, new, f"a/{path}", f"b/{path}", n=context))


def tree_with(folder: Path, text: str, path: str = PATH) -> KernelTree:
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return read_tree(folder)


def quoted(text: str, depth: int) -> str:
    return "".join(f"{'> ' * depth}{line}\n" for line in text.splitlines())


NAKED = "fn naked(p: *mut u8) {\n    let a = 1;\n    let b = 2;\n    let c = 3;\n    unsafe { f(p, a, b, c) };\n}\n"


def test_only_what_the_patch_touches_is_reported(tmp_path: Path) -> None:
    before = NAKED + PIECES[0] * 4
    after = before + NAKED.replace("naked", "another")
    diff = diff_of(before, after)
    assert found(diff.encode(), tree_with(tmp_path, before)) == [(PATH, 23, 11, "missing-safety-comment")]
    # A tree that holds the patch already is as good.
    assert found(diff.encode(), tree_with(tmp_path, after)) == [(PATH, 23, 11, "missing-safety-comment")]


def test_a_deleted_safety_comment_is_a_change_of_the_code_below() -> None:
    after = PIECES[2].replace("    // SAFETY: The caller gave it.\n", "")
    assert found(diff_of(PIECES[2], after).encode()) == [(PATH, 3, 7, "missing-safety-comment")]


def test_a_comment_that_may_stand_above_the_hunk_keeps_the_rule_silent() -> None:
    hunk = "@@ -10,2 +10,3 @@ fn f() {\n     unsafe { f(p, a, b) };\n+    unsafe { g(p) };\n }\n"
    head = f"--- a/{PATH}\n+++ b/{PATH}\n"
    assert found((head + hunk).encode()) == [(PATH, 11, 5, "missing-safety-comment")]
    cut = "@@ -10,1 +10,2 @@ fn f() {\n+    unsafe { g(p) };\n }\n"
    assert found((head + cut).encode()) == []
    commented = "@@ -10,2 +10,3 @@ fn f() {\n     // it is fine.\n+    unsafe { g(p) };\n }\n"
    assert found((head + commented).encode()) == []


def test_behind_a_cut_the_file_is_known_and_the_line_is_not() -> None:
    diff = diff_of("", NAKED * 2)
    rows = quoted(diff, 1).splitlines()
    rows[6:6] = ["", "[...]", ""]
    assert found("\n".join(rows).encode()) == [
        (PATH, None, 11, "missing-safety-comment"),
        (PATH, None, 17, "missing-safety-comment"),
    ]


def test_a_finding_quoted_twice_is_reported_once() -> None:
    diff = diff_of("", NAKED)
    text = diff + "\nAnd once more:\n\n" + quoted(diff, 1)
    assert len(found(text.encode())) == 1


def test_each_patch_of_a_series_stands_on_the_one_before(tmp_path: Path) -> None:
    first, second = PIECES[0] * 2, PIECES[0] * 2 + NAKED
    third = second.replace("let a = 1;", "let a = 7;") + NAKED.replace("let", "let mut")
    mails = [
        f"From {'0' * 40} Mon Sep 17 00:00:00 2001\nFrom: a@b.example\nSubject: [PATCH {n}/2] x\n\n---\n{diff}\n"
        for n, diff in enumerate((diff_of(first, second), diff_of(second, third)), start=1)
    ]
    series = "".join(mails).encode()
    assert [line for _, line, _, _ in found(series, tree_with(tmp_path, first))] == [11, 17]


def test_files_that_are_not_linted_are_left_out() -> None:
    for path in ("drivers/x.c", "rust/syn/x.rs", "scripts/x.rs", "rust/bindings/x.rs"):
        assert found(diff_of("", NAKED, path).encode()) == []


def test_a_link_out_of_the_tree_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x.rs").write_text(PIECES[0] + NAKED, encoding="utf-8")
    root = tmp_path / "tree"
    (root / "drivers").mkdir(parents=True)
    (root / "drivers" / "demo").symlink_to(outside)
    assert read_inside(root, PATH) is None
    (root / "drivers" / "x.rs").symlink_to(root / "drivers" / "y.rs")
    (root / "drivers" / "y.rs").write_text("fn a() {}\n", encoding="utf-8")
    assert read_inside(root, "drivers/x.rs") == b"fn a() {}\n"


@pytest.mark.parametrize(
    ("section", "body", "first"),
    [
        ("", "     a::{self, c},\n+    b,\n };\n \n", "use __shown::{"),
        (
            "impl Thing {",
            "         a();\n+        b();\n     }\n \n     fn next(&self) {\n         c();\n",
            "impl Thing {",
        ),
        ("fn f(p: *mut u8) {", "     a();\n+    b();\n }\n \n fn g() {\n", "fn f(p: *mut u8) {"),
        ("", "     A => 1,\n+    B => 2,\n     C => 3,\n", "fn __shown() {"),
        ("", "     a: u32,\n+    pub(crate) b: u64,\n     c: u32,\n", "struct __Shown {"),
        ("", " fn f() {\n     g(\n+        1,\n", ""),
        ("", "         a <- Mutex::new(1),\n+        b: 2,\n     }),\n     flags,\n", "fn __shown() {"),
    ],
)
def test_what_stands_around_a_piece_is_made_up(section: str, body: str, first: str) -> None:
    rows = body.splitlines()
    counts = [sum(row[:1] != sign for row in rows) for sign in ("+", "-")]
    text = f"--- a/x.rs\n+++ b/x.rs\n@@ -5,{counts[0]} +5,{counts[1]} @@ {section}\n{body}"
    (message,) = read_messages(text.encode())
    image = shown_text("x.rs", read_patch(message).files[0])
    parsed = parse_file(image.source)
    assert not parsed.errors
    assert not parsed.root.has_error
    assert image.source.line_text(1) == first or not first
    shown = [image.source.line_text(row + 1) for row in sorted(image.lines)]
    assert shown == [row[1:] for row in rows]
