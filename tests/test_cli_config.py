"""What a configuration says of rules and tables, as a user meets it on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli_runner import UNSAFE, Runner

RING = """use kernel::ring::FrameRing;

fn make() -> Result<FrameRing> {
    FrameRing::with_frames(8)
}
"""
ADDED = """
[tables.allocation.imported_modules]
FrameRing = ["ring"]
[[tables.allocation.flagged]]
types = ["FrameRing"]
eras = ["own"]
functions = [{ name = "with_frames", arguments = 2, flags = 1 }]
"""


@pytest.fixture
def rfl(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


def test_a_rule_moved_to_strict_runs_when_it_is_asked_for(rfl: Runner) -> None:
    rfl.write("a.rs", UNSAFE)
    rfl.write("rfl-lint.toml", "[rules.missing-safety-comment]\nlevel = 'strict'\n")
    assert rfl("check").status == 0
    for words in ("strict", "missing-safety-comment", "safety"):
        assert "[missing-safety-comment]" in rfl("check", "--extend-select", words).out


def test_a_strict_rule_moved_to_default_runs(rfl: Runner) -> None:
    rfl.write(
        "a.rs",
        "fn f(p: *const u8) {\n    let x = Arc::as_ptr(&a);\n    drop(unsafe { Arc::from_raw(x) });\n}\n",
    )
    assert "from-raw-without-into-raw" not in rfl("check").out
    rfl.write("rfl-lint.toml", "[rules.from-raw-without-into-raw]\nlevel = 'default'\n")
    assert "from-raw-without-into-raw" in rfl("check").out


@pytest.mark.parametrize(("word", "safe"), [("safe", True), ("unsafe", False), ("never", None)])
def test_what_is_thought_of_a_rules_fixes(rfl: Runner, word: str, safe: bool | None) -> None:
    rfl.write("a.rs", UNSAFE)
    rfl.write("rfl-lint.toml", f"[rules.missing-safety-comment]\nfix = '{word}'\n")
    (finding,) = json.loads(rfl("check", "--output-format", "json").out)["findings"]
    assert (finding["fix"] and finding["fix"]["safe"]) == safe


def test_entries_for_tables_reach_the_rules_in_every_process(rfl: Runner) -> None:
    """The second file is so large that the files are shared out to workers."""
    rfl.write("a.rs", RING)
    rfl.write("b.rs", "// A line that says nothing much.\n" * 9_000)
    assert rfl("check", "--jobs", "2").status == 0
    rfl.write("rfl-lint.toml", ADDED)
    for jobs in ("1", "2"):
        ran = rfl("check", "--jobs", jobs, "--output-format", "concise")
        assert ran.out.splitlines()[0].startswith(
            "a.rs:4:5: error: `FrameRing::with_frames` is called without"
        )


def test_a_mistake_in_a_table_is_status_2(rfl: Runner) -> None:
    rfl.write("a.rs", RING)
    rfl.write("rfl-lint.toml", ADDED.replace("arguments", "argumnts"))
    ran = rfl("check")
    assert (ran.status, ran.out) == (2, "")
    key = "tables.allocation.flagged[0].functions[0].argumnts"
    assert f"rfl-lint.toml: {key}: no such key; did you mean `arguments`?" in ran.err


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["--exclude", "["], "--exclude: `[` is no pattern of gitignore: a `[` is not closed"),
        (["--exclude", "a/[[:alpha:]]"], "--exclude: `a/[[:alpha:]]` is no pattern of gitignore"),
        (["--exclude", "a[z-b]"], "write `\\[` for the character itself"),
        (["--exclude", "x\\"], "--exclude: `x\\` is no pattern of gitignore: a `\\` stands before"),
        (["--exclude", "!"], "--exclude: `!` matches no path: name a file or folder"),
        (["--exclude", "./a"], "--exclude: `./a` matches no path: paths begin at the root, without `.`"),
        (["--exclude", "!b/../a.rs"], "--exclude: `!b/../a.rs` matches no path: paths begin at the root"),
        (["--exclude", "."], "--exclude: `.` matches no path: paths begin at the root"),
        (["--exclude", "b//a.rs"], "--exclude: `b//a.rs` matches no path: paths begin at the root"),
        (["--exclude", ""], "--exclude: `` is empty and matches no path: leave it out"),
        (["--exclude", "#a"], "write `\\#a` for a name that begins so"),
        (["--select", ""], "--select: an empty name means no rule: leave it out, or name one"),
        (["--extend-select", " ,"], "--extend-select: an empty name"),
        (["--ignore", "safety", "--ignore", ""], "--ignore: an empty name"),
        (["--ignore", "safty"], "--ignore: no rule or group is called `safty`; did you mean `safety`"),
        (
            ["--config", "folder"],
            "--config folder: a folder; name the file in it: --config folder/pyproject.toml",
        ),
        (
            ["--config", "."],
            "--config .: a folder; name the file in it: --config rfl-lint.toml, which `rfl-lint init`",
        ),
        (
            ["--config", "/dev/null"],
            "--config /dev/null: not a regular file; to read no configuration, give --isolated",
        ),
        (["--config", "nowhere"], "--config nowhere: no such file; `rfl-lint init` writes one"),
        (["--tree", "a.rs"], "--tree a.rs: a file; name the folder it lies in"),
    ],
)
def test_an_option_that_names_nothing_is_refused(rfl: Runner, given: list[str], words: str) -> None:
    rfl.write("a.rs", UNSAFE)
    rfl.write("folder/pyproject.toml", "")
    ran = rfl("check", *given)
    assert (ran.status, ran.out) == (2, "")
    assert words in ran.err
    assert "Warning" not in ran.err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("exclude = ['a', '[']", "exclude: `[` is no pattern of gitignore"),
        (
            "[[overrides]]\npaths = ['']\nignore = ['all']",
            "overrides[0].paths: `` is empty and matches no path",
        ),
        ("ignore = ['']", "ignore: an empty name means no rule"),
        ("select = ['']", "select: an empty name means no rule"),
    ],
)
def test_a_key_that_names_nothing_is_refused(rfl: Runner, text: str, words: str) -> None:
    rfl.write("a.rs", UNSAFE)
    rfl.write("rfl-lint.toml", text)
    ran = rfl("check")
    assert (ran.status, ran.out) == (2, "")
    assert f"rfl-lint.toml: {words}" in ran.err


def test_patterns_that_are_rare_and_right(rfl: Runner) -> None:
    for name in ("a[b.rs", "c1.rs", "d.rs", "!e.rs"):
        rfl.write(name, UNSAFE)
    patterns = ("*.rs", "!d.rs", "\\!e.rs", "a\\[b.rs", "c[0-9].rs", "**/gone/**")
    ran = rfl("check", "--output-format=concise", *(f"--exclude={pattern}" for pattern in patterns))
    assert [line.partition(":")[0] for line in ran.out.splitlines()] == ["d.rs"]


@pytest.mark.parametrize(
    ("tag", "rule", "words"),
    [
        ("FORGET", "missing-forget-comment", "`leak`"),
        ("ORDERING", "missing-ordering-comment", "atomic ordering `leak`"),
    ],
)
def test_functions_that_a_configuration_names_are_looked_for_in_every_file(
    rfl: Runner, tag: str, rule: str, words: str
) -> None:
    rfl.write("a.rs", "fn f(x: KBox<u8>) {\n    KBox::leak(x);\n}\n")
    rfl.write("rfl-lint.toml", f"[tables.comment_tags.tags.{tag}]\nfunctions = ['KBox::leak']\n")
    ran = rfl("check", "--select", rule, "--output-format", "concise")
    assert ran.out == f"a.rs:2:11: warning: {words} has no `{tag}:` comment [{rule}]\n"
