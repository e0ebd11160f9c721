"""`rfl-lint patch` as a user runs it: inputs, formats, exit statuses, what is refused."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path

import pytest

from tests.cli_runner import Ran, Runner
from tests.conftest import succeed

PATH = "drivers/demo/x.rs"
START = "fn old(p: *mut u8) {}\n"
BAD = START + "\nfn read(p: *mut u8) -> u8 {\n    unsafe { *p }\n}\n"
HEADERS = "From: A Maker <maker@example.org>\nSubject: [PATCH] rust: read\nMessage-ID: <1@example.org>\n"
DIFF = f"""\
diff --git a/{PATH} b/{PATH}
--- a/{PATH}
+++ b/{PATH}
@@ -1 +1,5 @@
 fn old(p: *mut u8) {{}}
+
+fn read(p: *mut u8) -> u8 {{
+    unsafe {{ *p }}
+}}
"""
MAIL = (
    f"{HEADERS}\nIt reads.\n\nSigned-off-by: A <a@example.org>\n---\n {PATH} | 4 ++++\n\n{DIFF}-- \n2.47.1\n"
)
LINE = MAIL.splitlines().index("+    unsafe { *p }") + 1
FOUND = f"{PATH}:4: WARNING: unsafe block has no `SAFETY:` comment [missing-safety-comment]\n"
ERROR = DIFF.replace("+    unsafe { *p }\n", "+    let x = Vec::new();\n+    x.push(1);\n").replace(
    "+1,5", "+1,6"
)


@pytest.fixture
def lint(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


def git(lint: Runner, *words: str) -> str:
    return succeed(["git", *words], lint.folder)


def committed(lint: Runner, *texts: str) -> None:
    """A git repository with a commit for each text of the file."""
    git(lint, "init", "--quiet", "--initial-branch=main")
    for number, text in enumerate(texts):
        lint.write(PATH, text)
        git(lint, "add", "--all")
        git(lint, "commit", "--quiet", f"--message=text {number}")


def patched(lint: Runner, text: str, *options: str) -> Ran:
    return lint("patch", *options, stdin=text.encode("utf-8", "surrogateescape"))


def test_a_mail_on_standard_input(lint: Runner) -> None:
    ran = patched(lint, MAIL, "--output-format", "concise")
    assert (ran.status, ran.err) == (1, "")
    assert ran.out.startswith(f"{PATH}:4:5: warning: unsafe block has no `SAFETY:` comment")


def test_a_file(lint: Runner) -> None:
    lint.write("x.patch", DIFF)
    assert lint("patch", "x.patch", "--output-format", "checkpatch") == Ran(1, FOUND, "")
    ran = lint("patch", "../nowhere..x/x.patch")
    assert (ran.status, "no such file" in ran.err) == (2, True)
    ran = lint("patch", ".")
    assert (ran.status, "a folder" in ran.err) == (2, True)


def test_mailback_counts_the_lines_of_the_mail(lint: Runner) -> None:
    assert patched(lint, MAIL, "--mailback") == Ran(1, FOUND.replace(":4:", f":{LINE}:"), "")
    bare = "Why?\n\n> +fn read(p: *mut u8) -> u8 {\n> +    unsafe { *p }\n> +}\n"
    assert patched(lint, bare, "--mailback") == Ran(1, "-" + FOUND.removeprefix(PATH), "")


@pytest.mark.parametrize(
    "name",
    [
        "text",
        "concise",
        "json",
        "jsonl",
        "checkpatch",
        "b4-json",
        "sarif",
        "github",
        "gitlab",
        "junit",
        "rdjson",
        "rdjsonl",
    ],
)
@pytest.mark.parametrize("known", [True, False])
def test_every_format_tells_the_place(lint: Runner, name: str, known: bool) -> None:
    text = MAIL if known else "> +fn read(p: *mut u8) -> u8 {\n> +    unsafe { *p }\n> +}\n"
    ran = patched(lint, text, "--output-format", name)
    assert ran.status == 1
    assert "missing-safety-comment" in ran.out
    assert ("x.rs" in ran.out) == known
    assert "unknown" not in ran.out
    assert "Traceback" not in ran.err
    if name in ("json", "sarif", "gitlab", "rdjson", "b4-json"):
        json.loads(ran.out)


def test_json_has_the_line_of_the_mail(lint: Runner) -> None:
    (found,) = json.loads(patched(lint, MAIL, "--output-format", "json").out)["findings"]
    assert (found["path"], found["line"], found["mail_line"]) == (PATH, 4, LINE)
    bare = "> +fn read(p: *mut u8) -> u8 {\n> +    unsafe { *p }\n> +}\n"
    (found,) = json.loads(patched(lint, bare, "--output-format", "json").out)["findings"]
    assert (found["path"], found["line"], found["mail_line"]) == (None, None, 2)


@pytest.mark.parametrize(
    ("text", "options", "status"),
    [
        (MAIL, (), 1),
        (MAIL, ("--nipa",), 250),
        (ERROR, ("--nipa",), 1),
        (MAIL, ("--exit-zero",), 0),
        (MAIL, ("--exit-zero", "--nipa"), 0),
        (MAIL, ("--ignore", "missing-safety-comment", "--nipa"), 0),
        (MAIL, ("--min-severity", "error"), 0),
        ("", (), 0),
        (MAIL, ("--tree", "nowhere"), 2),
        (MAIL, ("--select", "no-such-rule"), 2),
    ],
)
def test_exit_statuses(lint: Runner, text: str, options: tuple[str, ...], status: int) -> None:
    assert patched(lint, text, *options).status == status


def test_a_mail_without_a_patch_says_so_but_not_to_b4(lint: Runner) -> None:
    text = f"{HEADERS}\nThanks, applied.\n"
    assert patched(lint, text, "--output-format", "concise") == Ran(
        0, "", "rfl-lint: note: <stdin> holds no patch\n"
    )
    assert patched(lint, text, "--output-format", "checkpatch") == Ran(0, "", "")
    assert patched(lint, text, "--mailback") == Ran(0, "", "")
    assert patched(lint, text, "--output-format", "b4-json") == Ran(0, "[]\n", "")


@pytest.mark.parametrize("path", ["../../x.rs", "/etc/x.rs", "drivers/../../x.rs"])
@pytest.mark.parametrize("form", ["git", "plain"])
def test_paths_out_of_the_tree_are_refused(lint: Runner, path: str, form: str) -> None:
    lint.write("x.rs", START)
    lint.write("tree/rust/kernel/lib.rs", "//! k\n")
    outside = DIFF.replace(PATH, path)
    if form == "plain":
        outside = outside.partition("\n")[2]
        good = DIFF.partition("\n")[2]
    else:
        good = DIFF
    ran = patched(lint, outside + good, "--tree", "tree", "--output-format", "checkpatch")
    assert ran.status == 2
    assert ran.out == FOUND
    assert "leads out of the tree" in ran.err


@pytest.mark.parametrize("cut", [3, 4, 5, 7, 8])
def test_a_patch_that_ends_early_gives_what_can_be_had(lint: Runner, cut: int) -> None:
    lines = DIFF.splitlines(keepends=True)
    ran = patched(lint, "".join(lines[:cut]), "--output-format", "checkpatch")
    assert (ran.status, ran.out) == ((1, FOUND) if cut > 7 else (0, ""))
    assert ran.err == ""


def test_malformed_input_is_no_crash(lint: Runner) -> None:
    texts = [
        "@@ -1 +1 @@\n+x\n",
        DIFF.replace("@@ -1 +1,5 @@", "@@ -1 +1,999999999 @@"),
        DIFF.replace("fn read", "fn \udcff\udcfe read"),
        HEADERS + "Content-Transfer-Encoding: base64\n\n!!!!\n",
        HEADERS + 'Content-Type: multipart/mixed; boundary="b"\n\n--b\n--b\n--b--\n',
        "From x Mon Sep 17 00:00:00 2001\n",
        DIFF.replace("x.rs", '"x\\377.rs"'),
    ]
    for text in texts:
        ran = patched(lint, text)
        assert ran.status in (0, 1), ran.err
        assert "Traceback" not in ran.err


def test_a_bomb_is_bounded(lint: Runner) -> None:
    inner = base64.encodebytes(b"+fn a() {}\n" * 20_000).decode()
    part = f"--b\nContent-Transfer-Encoding: base64\n\n{inner}\n"
    text = HEADERS + 'Content-Type: multipart/mixed; boundary="b"\n\n' + part * 3 + "--b--\n" * 5_000
    assert patched(lint, text).status == 0


def test_a_range_lints_each_commit_as_it_was(lint: Runner) -> None:
    committed(lint, START, BAD, START + "// Nothing is left.\n")
    ran = lint("patch", "HEAD~2..HEAD", "--output-format", "checkpatch")
    assert ran == Ran(1, FOUND, "")
    assert lint("patch", "HEAD~1..HEAD", "--output-format", "concise").status == 0
    ran = lint("patch", "main..nowhere")
    assert (ran.status, "main..nowhere" in ran.err) == (2, True)
    ran = lint("patch", "--", "--output=x..y")
    assert (ran.status, "begins with a dash" in ran.err) == (2, True)
    assert not (lint.folder / "x..y").exists()


def test_a_range_does_not_depend_on_the_users_git(lint: Runner) -> None:
    committed(lint, START, BAD)
    for setting in ("diff.noprefix true", "format.attach x", "color.ui always", "format.coverLetter true"):
        git(lint, "config", *setting.split())
    git(lint, "config", "diff.external", "touch ran; false")
    assert lint("patch", "HEAD~1..HEAD", "--output-format", "checkpatch") == Ran(1, FOUND, "")
    assert not (lint.folder / "ran").exists()


def test_a_range_outside_of_git_is_an_error(lint: Runner) -> None:
    ran = lint("patch", "a..b", env={"GIT_CEILING_DIRECTORIES": str(lint.folder.parent)})
    assert (ran.status, "needs a git checkout" in ran.err) == (2, True)


def test_a_patch_of_the_tree_is_the_whole_file(lint: Runner) -> None:
    """What stands above a hunk is known with the tree alone."""
    before = "fn f(p: *mut u8) {\n    // SAFETY: It is fine.\n\n\n\n    let x = unsafe {\n        g(p)\n    };\n}\n"
    after = before.replace("        g(p)\n", "        g(p);\n        h(p)\n")
    committed(lint, before, after)
    diff = git(lint, "diff", "-U1", "HEAD~1", "HEAD")
    git(lint, "reset", "--quiet", "--hard", "HEAD~1")
    assert patched(lint, diff, "--output-format", "checkpatch") == Ran(0, "", "")
    subprocess.run(["git", "apply"], cwd=lint.folder, input=diff.encode(), check=True)
    assert patched(lint, diff, "--output-format", "checkpatch") == Ran(0, "", "")


def test_check_patch_takes_the_options_of_check(lint: Runner) -> None:
    lint.write("x.patch", DIFF)
    assert lint("check", "--patch", "x.patch", "--output-format", "checkpatch") == Ran(1, FOUND, "")
    ran = lint("check", "--patch", "-", "--output-format", "checkpatch", stdin=DIFF.encode())
    assert ran == Ran(1, FOUND, "")
    for words in (["--diff"], ["--fix"], ["--stdin-filename", "x.rs"], ["a.rs"]):
        ran = lint("check", "--patch", "x.patch", *words)
        assert (ran.status, "--patch" in ran.err) == (2, True)


def test_control_characters_of_a_mail_do_not_reach_the_terminal(lint: Runner) -> None:
    text = MAIL.replace("unsafe { *p }", "unsafe { *p } // \x1b[31m\u202e").replace(
        "A Maker", "A \x1b[31mMaker"
    )
    for options in (["--output-format", "text"], ["--mailback"], ["--reply"], ["--output-format", "b4-json"]):
        ran = patched(lint, text, *options)
        assert ran.status == 1
        assert "\x1b" not in ran.out + ran.err
        assert "\u202e" not in ran.out + ran.err


def test_several_inputs_are_a_series(lint: Runner) -> None:
    lint.write(PATH, START)
    lint.write("1.patch", DIFF)
    more = "+fn again(p: *mut u8) -> u8 {\n+    unsafe { *p.add(1) }\n+}\n"
    lint.write(
        "2.patch",
        f"diff --git a/{PATH} b/{PATH}\n--- a/{PATH}\n+++ b/{PATH}\n@@ -5 +5,4 @@\n }}\n{more}",
    )
    lint.write("3.txt", "no patch at all\n")
    ran = lint("patch", "1.patch", "2.patch", "3.txt", "--tree", ".", "--output-format", "json")
    found = [(each["path"], each["line"], each["mail_line"]) for each in json.loads(ran.out)["findings"]]
    assert found == [(PATH, 4, 8), (PATH, 7, 7)]
    assert ran.err == "rfl-lint: note: 3.txt holds no patch\n"
    assert lint("patch", "-", "-").status == 2


def test_what_is_said_of_one_of_several_inputs_bears_its_name(lint: Runner) -> None:
    lint.write("1.patch", DIFF)
    lint.write("2.patch", DIFF.replace(PATH, "../../etc/x.rs"))
    ran = lint("patch", "1.patch", "2.patch", "--output-format", "concise")
    assert ran.status == 2
    assert "error: 2.patch: line " in ran.err


def test_what_the_configuration_excludes_is_left_out(lint: Runner) -> None:
    lint.write("rfl-lint.toml", "exclude = ['drivers/demo/']\n")
    ran = patched(lint, MAIL)
    assert (ran.status, ran.out) == (0, "no findings in 0 files; left out: 1 excluded file\n")
