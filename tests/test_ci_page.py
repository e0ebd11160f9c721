"""docs/ci.md word for word: its commands are run, its configurations are given to those who read them."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from rfl_lint.output import FORMATS
from tests.conftest import ROOT, run, succeed

PAGE = (ROOT / "docs" / "ci.md").read_text()
README = (ROOT / "README.md").read_text()
BAD = "fn read(p: *const u8) -> u8 {\n    unsafe { *p }\n}\n"
PRE_COMMIT = Path(sys.executable).parent / "pre-commit"


def blocks(language: str, page: str = PAGE) -> list[str]:
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```$", page)


def configurations() -> list[Any]:
    return [yaml.safe_load(block) for block in blocks("yaml")]


def test_the_commands_do_what_the_page_says(installed: Path, tmp_path: Path) -> None:
    path = f"{installed}{os.pathsep}{os.environ['PATH']}"

    def git(*words: str) -> None:
        succeed(["git", *words], tmp_path)

    git("init", "--quiet", "--initial-branch=main")
    (tmp_path / "old.rs").write_text(BAD)
    git("add", "--all")
    git("commit", "--quiet", "--message=old")
    statuses: list[tuple[str, int]] = []
    for block in blocks("sh"):
        if "--diff main" in block:
            git("add", "--all")
            git("commit", "--quiet", "--message=baseline")
            git("checkout", "--quiet", "-b", "topic")
            (tmp_path / "new.rs").write_text(BAD.replace("fn read", "fn write"))
            git("add", "--all")
            git("commit", "--quiet", "--message=new")
        for command in block.splitlines():
            done = run(["bash", "-c", command], tmp_path, PATH=path)
            assert done.status in (0, 1), f"{command}\n{done.printed}"
            statuses.append((command, done.status))
            assert ("old.rs:2" in done.printed) == ("--no-baseline" in command and "statistics" in command)
    assert [status for _, status in statuses] == [0, 0, 0, 0, 1, 1, 0, 1, 1, 1], statuses
    assert (tmp_path / ".rfl-lint-baseline.json").is_file()
    assert (tmp_path / "rfl-lint.sarif").is_file()
    assert (tmp_path / "rfl-lint.xml").is_file()


@pytest.mark.client
@pytest.mark.parametrize("text", [*blocks("yaml")[:2], *blocks("yaml", README)])
def test_pre_commit_takes_the_configurations(text: str, tmp_path: Path) -> None:
    assert "<address of this repository>" in text
    (tmp_path / "config.yaml").write_text(text.replace("<address of this repository>", str(ROOT)))
    succeed([PRE_COMMIT, "validate-config", "config.yaml"], tmp_path, PRE_COMMIT_HOME=str(tmp_path))
    manifest = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    named = {hook["id"] for hook in yaml.safe_load(text)["repos"][0]["hooks"]}
    assert named <= {hook["id"] for hook in manifest}


def test_every_hook_is_explained_and_serial() -> None:
    manifest = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert [hook["id"] for hook in manifest] == re.findall(r"(?m)^\| `(rfl-lint[a-z-]*)` \|", PAGE)
    assert all(hook["require_serial"] for hook in manifest)
    assert all("--force-exclude" in hook["entry"] for hook in manifest if "check" in hook["entry"])


def test_the_workflow_gives_the_action_what_it_takes() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    (workflow,) = [each for each in configurations() if "jobs" in each]
    step = workflow["jobs"]["rfl-lint"]["steps"][-1]
    assert set(step["with"]) <= set(action["inputs"])
    rows = [line.split("|") for line in PAGE.partition("| input |")[2].partition("\n\n")[0].splitlines()[2:]]
    listed = {row[1].strip(" `"): row[2].strip(" `") for row in rows}
    defaults = {name: str(each["default"]) for name, each in action["inputs"].items()}
    assert listed == defaults | {"paths": "what git tracks"}


def test_the_gitlab_example_names_the_template_and_its_variables() -> None:
    (example,) = [each for each in configurations() if "include" in each]
    template = ROOT / example["include"][0]["file"]
    assert set(example["variables"]) <= set(yaml.safe_load(template.read_text())["variables"])


def test_the_pages_list_the_formats() -> None:
    table = PAGE.partition("| format |")[2].partition("\n\n")[0]
    cells = [line.split("|")[1] for line in table.splitlines()[2:]]
    readme = (
        (ROOT / "README.md").read_text(encoding="utf-8").partition("the formats: ")[2].partition(".\n")[0]
    )
    for listed in ("".join(cells), readme):
        assert sorted(re.findall(r"`([a-z0-9-]+)`", listed)) == sorted(FORMATS)
