"""Diffs read off messages: hunks, names, quoting, and what a reviewer left out."""

from __future__ import annotations

import difflib
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rfl_lint.inputs.diff_names import is_inside
from rfl_lint.inputs.mail import read_messages
from rfl_lint.inputs.patch import FileDiff, Patch, read_patch
from rfl_lint.inputs.postimage import already_applied, apply_patch, new_file

LINES = st.lists(
    st.sampled_from(
        [
            "",
            "fn a() {}",
            "    let x = 1;",
            "}",
            "-- ",
            "--- a/x",
            "+++ b/x",
            "@@ odd",
            "> quoted",
            "\\ x",
            " - y",
        ]
    ),
    max_size=25,
)


def patch_of(text: str) -> Patch:
    (message,) = read_messages(text.encode("utf-8", "surrogateescape"))
    return read_patch(message)


def only(text: str) -> FileDiff:
    (found,) = patch_of(text).files
    return found


def quoted(text: str, depth: int, mark: str = "> ") -> str:
    return "".join(f"{mark * depth}{line}\n" for line in text.splitlines())


def git_diff(before: str, after: str, folder: Path) -> str:
    (folder / "a.rs").write_text(before, encoding="utf-8", newline="")
    (folder / "b.rs").write_text(after, encoding="utf-8", newline="")
    command = ["git", "diff", "--no-index", "--no-color", "--no-ext-diff", "a.rs", "b.rs"]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout.decode()


BASIC = """\
diff --git a/rust/kernel/x.rs b/rust/kernel/x.rs
index 1111111..2222222 100644
--- a/rust/kernel/x.rs
+++ b/rust/kernel/x.rs
@@ -10,4 +10,4 @@ impl Thing {
 fn one() {}
-fn two() {}
+fn two(x: u32) {}
 fn three() {}
 fn four() {}
--\x20
2.47.1
"""


def test_a_hunk_has_lines_with_numbers_on_both_sides() -> None:
    found = only(BASIC)
    assert (found.path, found.old_blob, found.new_blob) == ("rust/kernel/x.rs", "1111111", "2222222")
    (hunk,) = found.hunks
    assert (hunk.section, hunk.is_whole, hunk.is_collapsed) == ("impl Thing {", True, False)
    assert [(line.sign, line.old, line.new, line.mail_line) for line in hunk.lines] == [
        (" ", 10, 10, 6),
        ("-", 11, None, 7),
        ("+", None, 11, 8),
        (" ", 12, 12, 9),
        (" ", 13, 13, 10),
    ]


@pytest.mark.parametrize("depth", range(1, 7))
@pytest.mark.parametrize("mark", ["> ", ">"])
def test_a_quoted_patch_is_the_same_patch(depth: int, mark: str) -> None:
    text = "Hello,\n\n" + quoted(BASIC, depth, mark) + "\nThanks\n"
    plain, found = only(BASIC), only(text)
    assert found.depth == depth
    assert [(line.sign, line.text, line.new) for line in found.hunks[0].lines] == [
        (line.sign, line.text, line.new) for line in plain.hunks[0].lines
    ]
    assert found.hunks[0].is_whole


def test_remarks_between_the_lines_are_no_part_of_a_hunk() -> None:
    rows = quoted(BASIC, 2).splitlines()
    rows[7:7] = ["", "> + a remark at the depth in between", "Why this?", "- a list", ""]
    found = only("\n".join(rows) + "\n")
    assert found.hunks[0].is_whole
    assert [line.text for line in found.hunks[0].lines] == [line.text for line in only(BASIC).hunks[0].lines]


@pytest.mark.parametrize(
    "cut", ["[...]", "....", "> [...]", "[snip]", "<snip>", "...", "--- 8< ---", "> [ ... ]"]
)
def test_behind_a_cut_line_numbers_are_unknown(cut: str) -> None:
    rows = quoted(BASIC, 1).splitlines()
    rows[7:9] = ["", cut, ""]
    (hunk,) = only("\n".join(rows) + "\n").hunks
    assert not hunk.is_whole
    assert [(line.text, line.new, line.after_cut) for line in hunk.lines] == [
        ("fn one() {}", 10, False),
        ("fn two() {}", None, False),
        ("fn four() {}", None, True),
    ]


def test_a_hunk_that_ends_early_is_not_whole() -> None:
    rows = quoted(BASIC, 1).splitlines()[:8]
    (hunk,) = only("\n".join([*rows, "", "That is all.", ""])).hunks
    assert not hunk.is_whole
    assert [line.sign for line in hunk.lines] == [" ", "-", "+"]


def test_spaces_that_an_archive_took_away_do_not_matter() -> None:
    rows = [" ".join(line.split()) for line in quoted(BASIC, 3).splitlines()]
    (hunk,) = only("\n".join(rows)).hunks
    assert hunk.is_collapsed
    assert [(line.sign, line.text.strip()) for line in hunk.lines] == [
        (line.sign, line.text) for line in only(BASIC).hunks[0].lines
    ]


def test_a_wrapped_line_is_put_together() -> None:
    text = BASIC.replace("+fn two(x: u32) {}", "+fn two(x:\nu32) {}")
    (hunk,) = only(quoted(text, 1)).hunks
    assert "fn two(x: u32) {}" in [line.text for line in hunk.lines]


def test_added_lines_without_any_header_are_a_hunk_of_an_unknown_file() -> None:
    text = "> +unsafe impl Thing for Other {\n> +    fn two(&self) {}\n> +}\n\nWhy unsafe?\n"
    found = only(text)
    assert found.path is None
    assert [(line.sign, line.text) for line in found.hunks[0].lines] == [
        ("+", "unsafe impl Thing for Other {"),
        ("+", "    fn two(&self) {}"),
        ("+", "}"),
    ]


@pytest.mark.parametrize("text", ["+ one\n+ two\n", "> + gfp_t flags;\n> + int x;\n", "1 + 2\n+3 is it\n"])
def test_lists_and_c_are_no_hunks(text: str) -> None:
    assert patch_of(text).files == ()


def test_a_commit_message_may_talk_of_diffs() -> None:
    message = "From: a@b.example\nSubject: [PATCH] x\n\nThis fixes\n--- a/old\n+++ b/new\n@@ -1 +1 @@\n-a\n+b\n---\n"
    found = patch_of(message + BASIC).files
    assert [diff.path for diff in found] == ["rust/kernel/x.rs"]


@pytest.mark.parametrize(
    ("head", "path"),
    [
        ("--- a/x.rs\n+++ b/x.rs\n", "x.rs"),
        ("--- x.rs\n+++ x.rs\n", "x.rs"),
        ("--- i/x.rs\n+++ w/x.rs\n", "x.rs"),
        ("--- rust/a.rs\t2026-01-01 00:00:00\n+++ rust/a.rs\t2026-01-01\n", "rust/a.rs"),
        ("--- /dev/null\n+++ b/new.rs\n", "new.rs"),
        ('--- "a/caf\\303\\251.rs"\n+++ "b/caf\\303\\251.rs"\n', "café.rs"),
        ("--- a/with space.rs\t\n+++ b/with space.rs\t\n", "with space.rs"),
    ],
)
def test_names_are_read_without_prefix_and_quotes(head: str, path: str) -> None:
    assert only(head + "@@ -1 +1,2 @@\n a\n+b\n").path == path


def test_git_headers_tell_renames_new_deleted_and_binary_files() -> None:
    text = (
        "diff --git a/old name.rs b/new name.rs\nsimilarity index 90%\nrename from old name.rs\nrename to new name.rs\n"
        "index 1111111..2222222 100644\n--- a/old name.rs\t\n+++ b/new name.rs\t\n@@ -1 +1 @@\n-a\n+b\n"
        "diff --git a/gone.rs b/gone.rs\ndeleted file mode 100644\nindex 3333333..0000000\n"
        "--- a/gone.rs\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n"
        "diff --git a/empty.rs b/empty.rs\nnew file mode 100644\nindex 0000000..e69de29\n"
        "diff --git a/p.png b/p.png\nindex 4444444..5555555 100644\nBinary files a/p.png and b/p.png differ\n"
    )
    renamed, gone, empty, picture = patch_of(text).files
    assert (renamed.old_path, renamed.new_path) == ("old name.rs", "new name.rs")
    assert (gone.path, gone.is_deleted) == ("gone.rs", True)
    assert (empty.path, empty.is_new, empty.hunks) == ("empty.rs", True, ())
    assert picture.is_binary


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "a/../../x.rs"])
def test_names_that_lead_out_of_the_tree_are_refused(name: str) -> None:
    found = patch_of(f"diff --git a/{name} b/{name}\n--- a/{name}\n+++ b/{name}\n@@ -1 +1,2 @@\n a\n+b\n")
    assert found.files == ()
    assert len(found.refused) == 1


def test_what_is_inside_a_tree() -> None:
    assert is_inside("rust/kernel/x.rs")
    assert not any(is_inside(name) for name in ("", "/x.rs", "../x.rs", "a/../x.rs", "a\0b"))


@given(LINES, LINES, st.booleans(), st.booleans())
@settings(max_examples=80, deadline=None)
def test_gits_diffs_lead_from_one_text_to_the_other(
    tmp_path_factory: pytest.TempPathFactory,
    before: list[str],
    after: list[str],
    old_bare: bool,
    new_bare: bool,
) -> None:
    old = "\n".join(before) + ("" if old_bare or not before else "\n")
    new = "\n".join(after) + ("" if new_bare or not after else "\n")
    diff = git_diff(old, new, tmp_path_factory.mktemp("diff"))
    if not diff:
        assert old == new
        return
    found = only(diff)
    assert all(hunk.is_whole for hunk in found.hunks)
    image = apply_patch("x.rs", old.encode(), found.hunks)
    assert image is not None
    assert image.source.data.decode() == new
    there = already_applied("x.rs", new.encode(), found.hunks)
    assert there is None or there.source.data.decode() == new


@given(LINES, LINES, st.integers(1, 6))
@settings(max_examples=60, deadline=None)
def test_quoting_changes_nothing(before: list[str], after: list[str], depth: int) -> None:
    old, new = [line + "\n" for line in before], [line + "\n" for line in after]
    diff = "".join(difflib.unified_diff(old, new, "a/x.rs", "b/x.rs"))
    if not diff:
        return
    found = only(quoted(diff, depth))
    image = apply_patch("x.rs", "".join(old).encode(), found.hunks)
    assert image is not None
    assert image.source.data.decode() == "".join(new)


def test_touched_rows_are_the_added_ones_and_the_one_behind_a_deletion() -> None:
    before = "a\nb\nc\nd\n"
    diff = "--- a/x.rs\n+++ b/x.rs\n@@ -1,4 +1,4 @@\n a\n-b\n c\n+new\n d\n"
    image = apply_patch("x.rs", before.encode(), only(diff).hunks)
    assert image is not None
    assert image.source.data == b"a\nc\nnew\nd\n"
    assert sorted(image.touched) == [1, 2]
    assert image.mail_lines == {0: 4, 1: 6, 2: 7, 3: 8}


def test_a_patch_is_found_where_the_lines_moved_to() -> None:
    before = "// new\n" * 30 + "".join(f"fn f{number}() {{}}\n" for number in range(20))
    diff = "--- a/x.rs\n+++ b/x.rs\n@@ -5,3 +5,4 @@\n fn f4() {}\n fn f5() {}\n+fn g() {}\n fn f6() {}\n"
    image = apply_patch("x.rs", before.encode(), only(diff).hunks)
    assert image is not None
    assert image.source.line_text(37) == "fn g() {}"
    assert apply_patch("x.rs", b"fn other() {}\n", only(diff).hunks) is None


def test_a_new_file_is_all_of_its_lines() -> None:
    diff = "--- /dev/null\n+++ b/x.rs\n@@ -0,0 +1,2 @@\n+one\n+two\n\\ No newline at end of file\n"
    image = new_file("x.rs", only(diff))
    assert image is not None
    assert image.source.data == b"one\ntwo"
    cut = diff.replace("+two\n", "").replace("\\ No newline at end of file\n", "")
    assert new_file("x.rs", only(cut)) is None


def test_line_endings_of_the_file_are_kept() -> None:
    diff = "--- a/x.rs\n+++ b/x.rs\n@@ -1,2 +1,3 @@\n a\n+b\n c\n"
    image = apply_patch("x.rs", b"a\r\nc\r\n", only(diff).hunks)
    assert image is not None
    assert image.source.data == b"a\r\nb\r\nc\r\n"


@given(st.text(st.sampled_from('+-@> \\abn"\n0,1'), max_size=200))
def test_no_text_makes_it_fail(text: str) -> None:
    for head in ("", "diff --git ", "--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n"):
        for diff in patch_of(head + text).files if head + text else ():
            apply_patch("x", b"a\nb\n", diff.hunks)
