"""The command line as a user meets it: a process, its two streams and its exit status."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli_runner import CLEAN, UNSAFE, Runner


@pytest.fixture
def rfl(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


def test_status_0_without_findings(rfl: Runner) -> None:
    rfl.write("a.rs", CLEAN)
    ran = rfl("check")
    assert (ran.status, ran.err) == (0, "")
    assert "no findings in 1 file" in ran.out


def test_status_1_with_findings_on_stdout_alone(rfl: Runner) -> None:
    rfl.write("a.rs", UNSAFE)
    ran = rfl("check", "--output-format", "concise")
    assert (ran.status, ran.err) == (1, "")
    (line,) = ran.out.splitlines()
    assert line.startswith("a.rs:2:5: warning: ")
    assert line.endswith("[missing-safety-comment]")


def test_exit_zero(rfl: Runner) -> None:
    rfl.write("a.rs", UNSAFE)
    assert rfl("check", "--exit-zero").status == 0


def test_notes_alone_are_0(rfl: Runner) -> None:
    rfl.write("a.rs", CLEAN)
    rfl.plugin("noted-function", "yield self.finding(cx, node, 'noted')", "NOTE")
    rfl.write("rfl-lint.toml", "plugins = ['noted-function.py']")
    ran = rfl("check", "--trust-plugins", "--output-format", "concise")
    assert (ran.status, ran.out) == (0, "a.rs:1:1: note: noted [noted-function]\n")
    assert (
        rfl("check", "--trust-plugins", "--min-severity", "warning", "--output-format", "concise").out == ""
    )
    assert (
        rfl("check", "--trust-plugins", "--min-confidence", "medium", "--output-format", "concise").out == ""
    )


def test_rule_files_of_a_tree_are_not_run_without_trust(rfl: Runner) -> None:
    rfl.write("a.rs", CLEAN)
    rfl.write("evil.py", "import pathlib\npathlib.Path('ran').touch()\n")
    rfl.write("rfl-lint.toml", "plugins = ['evil.py']")
    ran = rfl("check")
    assert ran.status == 0
    assert "evil.py" in ran.err
    assert "--trust-plugins" in ran.err
    assert not (rfl.folder / "ran").exists()


def test_a_rule_that_crashes_is_named_and_the_others_go_on(rfl: Runner) -> None:
    rfl.write("a.rs", UNSAFE)
    rfl.plugin("crashing-rule", "raise RuntimeError('oh')")
    rfl.write("rfl-lint.toml", "plugins = ['crashing-rule.py']")
    ran = rfl("check", "--trust-plugins", "--output-format", "concise")
    assert ran.status == 2
    assert "[missing-safety-comment]" in ran.out
    assert "rule crashing-rule crashed on a.rs: RuntimeError: oh" in ran.err
    assert "Traceback" not in ran.err
    assert "Traceback" in rfl("check", "--trust-plugins", "--debug").err


def test_a_plugin_that_does_not_load_is_named_and_the_others_go_on(rfl: Runner) -> None:
    rfl.write("a.rs", UNSAFE)
    rfl.write("broken.py", "import nothing_like_this")
    rfl.write("rfl-lint.toml", "plugins = ['broken.py']")
    ran = rfl("check", "--trust-plugins", "--output-format", "concise")
    assert ran.status == 2
    assert "[missing-safety-comment]" in ran.out
    assert "broken.py: cannot be loaded: ModuleNotFoundError" in ran.err


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["check", "nowhere.rs"], "nowhere.rs: no such file or folder"),
        (["check", "--select", "missing-safety-coment"], "did you mean `missing-safety-comment`"),
        (["check", "--ignore", "all"], "leaves no rule"),
        (["check", "--config", "none.toml"], "none.toml: no such file"),
        (["check", "--tree", "nowhere"], "--tree nowhere: no such folder"),
        (["check", "--config", "x", "--isolated"], "contradict"),
        (["check", "-", "a.rs"], "together with other paths"),
        (["check", "a.rs", "--stdin-filename", "b.rs"], "--stdin-filename"),
        (["check", "--stdin-filename", "b.c"], "b.c: not a Rust file"),
        (["check", "--output-format", "xml"], "xml"),
        (["check", "--no-such-option"], "--no-such-option"),
        (["explain", "missing-safety"], "did you mean"),
        (["nonsense"], "nonsense"),
    ],
)
def test_status_2_says_what_is_wrong(rfl: Runner, args: list[str], words: str) -> None:
    rfl.write("a.rs", CLEAN)
    ran = rfl(*args)
    assert ran.status == 2
    assert words in ran.err
    assert "Traceback" not in ran.err


def test_a_file_that_cannot_be_read_is_named_and_the_others_are_linted(rfl: Runner) -> None:
    rfl.write("a.rs", UNSAFE)
    (rfl.folder / "self.rs").symlink_to(rfl.folder / "self.rs")
    ran = rfl("check", "--output-format", "concise", "a.rs", "self.rs")
    assert ran.status == 2
    assert "self.rs: cannot be read" in ran.err
    assert "a.rs:2:5" in ran.out


def test_a_broken_configuration_is_status_2(rfl: Runner) -> None:
    rfl.write("a.rs", CLEAN)
    rfl.write("rfl-lint.toml", "selct = []")
    ran = rfl("check")
    assert ran.status == 2
    assert "rfl-lint.toml: selct: no such key; did you mean `select`?" in ran.err
    assert rfl("check", "--isolated").status == 0


def test_overrides_silence_below_their_paths(rfl: Runner) -> None:
    rfl.write("old/a.rs", UNSAFE)
    rfl.write("new/a.rs", UNSAFE)
    rfl.write("rfl-lint.toml", "[[overrides]]\npaths = ['old/**']\nignore = ['safety']\nreason = 'x'\n")
    ran = rfl("check", "--output-format", "concise")
    assert [line.partition(":")[0] for line in ran.out.splitlines()] == ["new/a.rs"]


def test_severity_of_a_rule_from_the_configuration(rfl: Runner) -> None:
    rfl.write("a.rs", UNSAFE)
    rfl.write("rfl-lint.toml", "[rules.missing-safety-comment]\nseverity = 'note'\n")
    ran = rfl("check", "--output-format", "concise")
    assert ran.status == 0
    assert ": note: " in ran.out


def test_standard_input(rfl: Runner) -> None:
    rfl.write("linux/rust/kernel/lib.rs", CLEAN)
    ran = rfl(
        "check", "--stdin-filename", "linux/drivers/x.rs", "--output-format", "concise", stdin=UNSAFE.encode()
    )
    assert (ran.status, ran.out.partition(" ")[0]) == (1, "drivers/x.rs:2:5:")
    assert rfl("check", "-", "--output-format", "concise", stdin=UNSAFE.encode()).out.startswith(
        "stdin.rs:2:5:"
    )
    assert rfl("check", "-", stdin=b"").status == 0


def test_a_temporary_copy_is_linted_as_part_of_a_tree(rfl: Runner) -> None:
    rfl.write("linux/rust/kernel/lib.rs", CLEAN)
    copy = rfl.write("tmp/copy.rs", UNSAFE)
    ran = rfl("check", "--tree", "linux", str(copy), "--output-format", "concise")
    assert ran.out.startswith("copy.rs:2:5:")


def test_several_roots_are_told_apart(rfl: Runner) -> None:
    for name in ("one", "two"):
        rfl.write(f"{name}/rust/kernel/lib.rs", UNSAFE)
    ran = rfl("check", "one", "two", "--output-format", "concise")
    assert [line.partition(":")[0] for line in ran.out.splitlines()] == [
        "one/rust/kernel/lib.rs",
        "two/rust/kernel/lib.rs",
    ]


@pytest.mark.parametrize(
    "data",
    [b"", b"\n", b"\xef\xbb\xbf", b"\xef\xbb\xbffn f() {}\r\n", b"fn f() {}", b"fn f() { \r }"],
    ids=["empty", "newline", "bom", "bom-crlf", "no-newline", "cr"],
)
def test_odd_files_are_clean(rfl: Runner, data: bytes) -> None:
    rfl.write("a.rs", data)
    ran = rfl("check", "--output-format", "concise")
    assert (ran.status, ran.out, ran.err) == (0, "", "")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"fn f() {}\n\xff", "not UTF-8: byte 0xff on line 2"),
        (b"\0", "NUL byte on line 1"),
        (b"x" * 50_000_000, "larger than 2,000,000 bytes"),
        (b"fn f() { " + b"(" * 100_000 + b")" * 100_000 + b"; }", "nested more than 600 levels"),
        ("fn f() {}".encode("utf-16"), "not UTF-8: it begins with the byte order mark of UTF-16"),
    ],
    ids=["latin", "nul", "50MB", "parentheses", "utf16"],
)
def test_what_is_not_analysed_is_a_finding(rfl: Runner, data: bytes, words: str) -> None:
    rfl.write("a.rs", data)
    rfl.write("b.rs", UNSAFE)
    ran = rfl("check", "--output-format", "concise")
    assert (ran.status, ran.err) == (1, "")
    first, second = ran.out.splitlines()
    assert first.startswith("a.rs:1:1: warning: file not analysed: ")
    assert words in first
    assert first.endswith("[file-not-analysed]")
    assert second.startswith("b.rs:2:5")


def test_files_that_are_not_analysed_have_fingerprints_of_their_own(rfl: Runner) -> None:
    rfl.write("a.rs", b"// One.\n\xff")
    rfl.write("b.rs", b"// One.\n\0")
    found = json.loads(rfl("check", "--output-format", "json").out)["findings"]
    first, second = (each["fingerprint"] for each in found)
    assert re.fullmatch("[0-9a-f]{20} [0-9a-f]{20}", f"{first} {second}")
    assert first != second
    rfl.write("c.rs", b"// One.\n\xff")
    third = json.loads(rfl("check", "--output-format", "json", "c.rs").out)["findings"][0]["fingerprint"]
    assert third == first


def test_a_folder_without_rust_says_so(rfl: Runner) -> None:
    ran = rfl("check")
    assert ran.status == 0
    assert "no Rust files" in ran.err


def test_left_out_files_are_counted_in_the_summary(rfl: Runner) -> None:
    for path in ("rust/kernel/lib.rs", "scripts/a.rs", "rust/syn/b.rs", "rust/syn/c.rs"):
        rfl.write(path, CLEAN)
    out = rfl("check").out
    assert "2 vendored" in out
    assert "1 host code" in out


def test_jobs_and_order_make_no_difference(rfl: Runner) -> None:
    for number in range(40):
        rfl.write(f"d{number % 7}/f{number}.rs", UNSAFE * (number + 1) + "// " + "x" * 20_000)
    outputs = {rfl("check", "--output-format", "json", "--jobs", jobs).out for jobs in ("1", "2", "4")}
    assert len(outputs) == 1
    found = json.loads(outputs.pop())["findings"]
    assert len(found) == sum(range(1, 41))
    assert len({finding["fingerprint"] for finding in found}) <= len(found)
    assert [(item["path"], item["line"]) for item in found] == sorted(
        (item["path"], item["line"]) for item in found
    )


def test_select_names_strict_parts_and_groups(rfl: Runner) -> None:
    rfl.write("a.rs", UNSAFE)
    assert rfl("check", "--select", "layout,provenance").status == 0
    assert rfl("check", "--select", "layout", "--extend-select", "missing-safety-comment").status == 1
    assert rfl("check", "--ignore", "safety").status == 0
    assert rfl("check", "--select", "all", "--ignore", "missing-safety-comment").status == 0


def test_init_writes_a_configuration_that_check_accepts(rfl: Runner) -> None:
    rfl.write("a.rs", CLEAN)
    assert rfl("init").status == 0
    assert rfl("check").status == 0
    again = rfl("init")
    assert again.status == 2
    assert "exists" in again.err
    assert rfl("init", "--force").status == 0


@pytest.mark.parametrize(
    "name", ["safety", "default", "undocumented_unsafe_blocks", "clippy::undocumented_unsafe_blocks"]
)
def test_explain_lists_what_is_no_single_rule(rfl: Runner, name: str) -> None:
    ran = rfl("explain", name)
    assert (ran.status, ran.err) == (0, "")
    assert "missing-safety-comment" in ran.out
    assert "conditional-locking" not in ran.out


def test_rules_and_explain(rfl: Runner) -> None:
    listed = json.loads(rfl("rules", "--output-format", "json").out)
    names = [*(rule["name"] for rule in listed), "unused-suppression", "file-not-analysed"]
    assert "from-raw-of-reference" in names
    for name in names:
        ran = rfl("explain", name)
        assert ran.status == 0
        assert name in ran.out
        assert "SAFETY" in ran.out or name != "missing-safety-comment"


def test_version_help_and_completion(rfl: Runner) -> None:
    assert rfl("--version").out.startswith("rfl-lint 0.")
    assert "--stdin-filename" in rfl("check", "--help").out
    ran = rfl(env={"_RFL_LINT_COMPLETE": "source_bash", "SHELL": "/bin/bash"})
    assert "_RFL_LINT_COMPLETE=complete_bash" in ran.out


def test_a_reader_that_goes_away_is_no_traceback(rfl: Runner) -> None:
    rfl.write("a.rs", UNSAFE * 20_000)
    command = f"{sys.executable} -m rfl_lint check --output-format concise | head -n 1"
    done = subprocess.run(["bash", "-c", command], cwd=rfl.folder, capture_output=True, check=False)
    assert done.stdout.startswith(b"a.rs:2:5")
    assert done.stderr == b""


def test_importing_the_command_line_imports_nothing_heavy(rfl: Runner) -> None:
    rfl.write("a.rs", CLEAN)
    code = (
        "import sys; sys.argv=['rfl-lint', 'check', 'a.rs', '--output-format', 'concise']\n"
        "from rfl_lint.__main__ import run\nstatus = run()\n"
        "names = ('rich', 'pathspec', 'json', 'multiprocessing.pool', 'concurrent.futures')\n"
        "print(status, [name for name in names if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=rfl.folder, capture_output=True, check=True)
    assert done.stdout.decode().strip() == "0 []"
