"""`rfl-lint report` as a user runs it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli_runner import CLEAN, UNSAFE, Runner


@pytest.fixture
def cli(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


def tiles(page: str) -> dict[str, str]:
    """What the tiles of a page say."""
    return {words: count for count, words in re.findall(r"<b>([\d,]+)</b> <span>([^<]*)</span>", page)}


def test_a_page_is_written_and_the_status_is_that_of_check(cli: Runner) -> None:
    cli.write("drivers/a.rs", UNSAFE)
    ran = cli("report")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err == "rfl-lint: rfl-lint-report.html: 1 finding in 1 file\n"
    page = (cli.folder / "rfl-lint-report.html").read_text()
    assert "drivers/<wbr>a.rs" in page
    assert tiles(page)["warning"] == "1"
    assert "<b>0 %</b>" in page
    again = cli("report", "--output", "other.html", "--exit-zero", "--quiet")
    assert (again.status, again.err) == (0, "")
    assert (cli.folder / "other.html").read_text() == page


def test_a_clean_tree_has_a_page_too(cli: Runner) -> None:
    cli.write("drivers/a.rs", CLEAN)
    ran = cli("report", "-o", "-")
    assert ran.status == 0
    assert "Nothing was found." in ran.out
    assert ran.out.endswith("</html>\n")
    assert not (cli.folder / "rfl-lint-report.html").exists()


def test_options_reach_the_run_and_the_page(cli: Runner) -> None:
    cli.write("drivers/a.rs", UNSAFE)
    ran = cli("report", "-o", "-", "--ignore", "missing-safety-comment", "--title", "<b>", "--timestamp")
    assert ran.status == 0
    assert "<h1>&lt;b&gt;</h1>" in ran.out
    assert re.search(r"· \d{4}-\d\d-\d\d \d\d:\d\d UTC", ran.out)


def test_comparison_with_an_earlier_report(cli: Runner) -> None:
    cli.write("drivers/a.rs", UNSAFE)
    cli.write("drivers/gone.rs", UNSAFE.replace("g()", "h()"))
    cli.write("before.json", cli("check", "--output-format", "json").out)
    (cli.folder / "drivers" / "gone.rs").unlink()
    cli.write("drivers/a.rs", "// One line further down.\n" + UNSAFE)
    cli.write("drivers/new.rs", UNSAFE.replace("g()", "i()"))
    ran = cli("report", "-o", "-", "--compare", "before.json")
    assert "2 findings in 2 files; 1 new, 1 gone, 1 unchanged" in ran.err
    assert tiles(ran.out)["unchanged"] == "1"
    assert "drivers/<wbr>gone.rs:2" in ran.out


def test_comparison_with_the_baseline(cli: Runner) -> None:
    cli.write("drivers/a.rs", UNSAFE)
    cli.write("drivers/gone.rs", UNSAFE.replace("g()", "h()"))
    (cli.folder / ".git").mkdir()
    assert cli("check", "--write-baseline").status == 0
    cli.write("drivers/gone.rs", CLEAN)
    ran = cli("report", "-o", "-")
    assert (ran.status, "1 finding in 2 files; 0 new, 1 gone, 1 unchanged" in ran.err) == (0, True)
    assert tiles(ran.out)["unchanged"] == "1"
    assert "Compared with" in ran.out
    cli.write("drivers/new.rs", UNSAFE.replace("g()", "i()"))
    ran = cli("report", "-o", "-")
    assert (ran.status, "1 new, 1 gone, 1 unchanged" in ran.err) == (1, True)
    assert ran.out.count('data-state="new"') == 1
    ran = cli("report", "-o", "-", "--no-baseline")
    assert (ran.status, "Compared with" in ran.out) == (1, False)


@pytest.mark.parametrize("part", [[], ["new"], ["new/drivers"], ["new/drivers/a.rs"]])
def test_comparison_with_another_tree(cli: Runner, part: list[str]) -> None:
    for tree in ("old", "new"):
        cli.write(f"{tree}/rust/kernel/lib.rs", "")
    cli.write("old/drivers/a.rs", UNSAFE + UNSAFE.replace("g()", "h()").replace("f()", "k()"))
    cli.write("new/drivers/a.rs", UNSAFE)
    if not part:
        inside = Runner(cli.folder / "new")
        ran = inside("report", "-o", "-", "--compare", "../old")
    else:
        ran = cli("report", *part, "-o", "-", "--compare", "old")
    assert "1 finding in" in ran.err
    assert "0 new, 1 gone, 1 unchanged" in ran.err
    assert "drivers/<wbr>a.rs:5" in ran.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-"], "does not read standard input"),
        (["--tree", "nowhere"], "no such folder"),
        (["--compare", "nowhere.json"], "nowhere.json: cannot be read"),
        (["--compare", "a.rs"], "not a report of rfl-lint"),
        (["--output", "no/such/folder.html"], "No such file"),
        (["--compare", "a.rs", "--baseline", "b"], "give one of the two"),
        (["--baseline", "nowhere"], "no such file"),
        (["nowhere"], "no such file or folder"),
    ],
)
def test_trouble_is_told(cli: Runner, arguments: list[str], words: str) -> None:
    cli.write("a.rs", UNSAFE)
    ran = cli("report", *arguments)
    assert ran.status == 2
    assert words in ran.err


def test_no_page_is_left_of_a_run_that_saw_nothing(cli: Runner) -> None:
    ran = cli("report", "nowhere")
    assert (ran.status, ran.out, list(cli.folder.iterdir())) == (2, "", [])
    assert ran.err.endswith("note: rfl-lint-report.html: not written, for nothing could be linted\n")
    assert cli("report", "nowhere", "-o", "-").out == ""


def test_a_page_of_a_part_says_that_it_is_one(cli: Runner) -> None:
    cli.write("a.rs", UNSAFE)
    ran = cli("report", "a.rs", "nowhere")
    assert ran.status == 2
    assert ran.err.startswith("rfl-lint: rfl-lint-report.html: 1 finding in 1 file; incomplete\n")
    page = (cli.folder / "rfl-lint-report.html").read_text()
    assert "This report is incomplete: 1 problem kept" in page
    cli.write("rfl-lint.toml", "plugins = ['broken.py']")
    cli.write("broken.py", "raise ValueError")
    ran = cli("report", "a.rs", "--trust-plugins", "-o", "-")
    assert (ran.status, "This report is incomplete: 1 problem" in ran.out) == (2, True)
