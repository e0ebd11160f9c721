"""The GitHub Action and the GitLab template: their shell steps, taken out of the files and run as a service would."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from rfl_lint.output import FORMATS
from tests.conftest import ROOT, Ran, run, succeed

BAD = "fn read(p: *const u8) -> u8 {\n    unsafe { *p }\n}\n"
GOOD = "fn read(p: *const u8) -> u8 {\n    // SAFETY: every caller passes a valid pointer.\n    unsafe { *p }\n}\n"
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
STEPS = {step.get("id", step["name"]): step for step in ACTION["runs"]["steps"]}
GITLAB = yaml.safe_load((ROOT / "templates" / "gitlab-ci.yml").read_text())


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    succeed(["git", "init", "--quiet", "--initial-branch=main"], folder)
    (folder / "old.rs").write_text(BAD)
    succeed(["git", "add", "--all"], folder)
    succeed(["git", "commit", "--quiet", "--message=old"], folder)
    return folder


# The Action.


@pytest.fixture
def action(clone: Path, installed: Path, project: Path, tmp_path: Path) -> Action:
    temporary = tmp_path / "temp"
    temporary.mkdir()
    (temporary / "rfl-lint").symlink_to(installed.parent)
    return Action(project, clone, temporary)


class Action:
    """Runs steps of the action as a runner does: expressions of `env` filled in, bash with `-e` and `pipefail`."""

    def __init__(self, project: Path, source: Path, temporary: Path) -> None:
        self.project, self.source, self.temporary = project, source, temporary
        self.inputs = {name: str(each["default"]) for name, each in ACTION["inputs"].items()}
        self.outputs: dict[str, str] = {}

    def step(self, name: str, **inputs: str) -> Ran:
        self.inputs |= {key.replace("_", "-"): value for key, value in inputs.items()}
        step = STEPS[name]
        assert "${{" not in step["run"], (
            "an expression inside a script is a way in for whoever sets its value"
        )
        assert step["shell"] == "bash"
        written = self.temporary / "output"
        written.write_text("")
        variables = {key: self._filled(value) for key, value in step["env"].items()}
        done = run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]],
            self.project,
            GITHUB_OUTPUT=str(written),
            **variables,
        )
        for line in written.read_text().splitlines():
            key, _, value = line.partition("=")
            self.outputs[key] = value
        return done

    def _filled(self, text: str) -> str:
        values: Mapping[str, str] = {
            "github.action_path": str(self.source),
            "runner.temp": str(self.temporary),
            **{f"inputs.{key}": value for key, value in self.inputs.items()},
            **{f"steps.lint.outputs.{key}": value for key, value in self.outputs.items()},
        }
        return re.sub(r"\$\{\{ ([\w.-]+) \}\}", lambda match: values[match[1]], text)


def results(file: Path) -> list[Any]:
    found: list[Any] = json.loads(file.read_text())["runs"][0]["results"]
    return found


def test_the_action_installs_itself(clone: Path, project: Path, tmp_path: Path) -> None:
    done = Action(project, clone, tmp_path).step("install")
    assert done.status == 0, done.printed
    assert done.printed.splitlines()[-1].startswith("rfl-lint ")


def test_the_action_annotates_writes_sarif_and_fails_last(action: Action) -> None:
    done = action.step("lint")
    assert done.status == 0, done.printed
    assert done.printed.startswith("::warning file=old.rs,line=2,")
    assert len(results(action.project / "rfl-lint.sarif")) == 1
    assert action.outputs == {"status": "1"}
    assert action.step("Tell how it went").status == 1


def test_the_action_takes_paths_arguments_and_a_base(action: Action) -> None:
    (action.project / "a new one.rs").write_text(BAD)
    succeed(["git", "add", "--all"], action.project)
    assert len(re.findall("::warning", action.step("lint").printed)) == 2
    done = action.step("lint", base="HEAD", sarif_file="x y.sarif")
    assert re.findall("file=([^,]*)", done.printed) == ["a new one.rs"]
    assert (action.project / "x y.sarif").is_file()
    done = action.step("lint", base="", paths="old.rs", args="--select=allocation\n--config=$(touch pwned)\n")
    assert action.outputs["status"] == "2"
    assert "$(touch pwned): no such file" in done.printed
    assert not (action.project / "pwned").exists()
    done = action.step("lint", paths="old.rs", args="--select=allocation\n--min-severity=error\n")
    assert (done.printed, action.outputs["status"]) == ("", "0")
    assert action.step("Tell how it went").status == 0


def test_the_action_says_what_python_it_needs(action: Action, tmp_path: Path) -> None:
    shadow = tmp_path / "bin"
    shadow.mkdir()
    (shadow / "python3").write_text("#!/bin/sh\nexit 1\n")
    (shadow / "python3").chmod(0o755)
    step = STEPS["install"]["run"]
    done = run(
        ["bash", "-e", "-c", step], action.project, PATH=f"{shadow}:/usr/bin:/bin", WHERE="x", SOURCE="y"
    )
    assert (done.status, "Python 3.11 or later is needed" in done.printed) == (2, True)


def test_what_the_action_names_exists() -> None:
    text = (ROOT / "action.yml").read_text()
    for name in re.findall(r"inputs\.([\w-]+)", text):
        assert name in ACTION["inputs"], name
    assert set(ACTION["inputs"]) == set(re.findall(r"inputs\.([\w-]+)", text))
    for step, output in re.findall(r"steps\.([\w-]+)\.outputs\.([\w-]+)", text):
        assert f"{output}=" in STEPS[step]["run"]
    upload = ACTION["runs"]["steps"][2]
    assert upload["uses"].startswith("github/codeql-action/upload-sarif@")
    assert all(each.get("description") for each in (*ACTION["inputs"].values(), *ACTION["outputs"].values()))


# GitLab.


def gitlab(project: Path, source: str, **variables: str) -> Ran:
    """Run the job's script as GitLab's runner does: all lines in one shell that stops at the first that fails."""
    job = GITLAB["rfl-lint"]
    script = "\n".join([*job["before_script"], *job["script"]])
    values = {**GITLAB["variables"], "RFL_LINT_SOURCE": source, **variables}
    return run(["bash", "-e", "-o", "pipefail", "-c", script], project, **values)


def test_the_gitlab_job_reports_and_fails(clone: Path, project: Path) -> None:
    done = gitlab(project, str(clone))
    assert done.status == 1, done.printed
    assert "old.rs:2:5: warning" in done.printed
    reports = GITLAB["rfl-lint"]["artifacts"]["reports"]
    (found,) = json.loads((project / reports["codequality"]).read_text())
    assert found["location"]["path"] == "old.rs"
    assert "<failure" in (project / reports["junit"]).read_text()
    shutil.rmtree(project / ".rfl-lint-venv")


def test_the_gitlab_job_passes_arguments_on(installed: Path, project: Path) -> None:
    job = GITLAB["rfl-lint"]
    (project / ".rfl-lint-venv").symlink_to(installed.parent)
    (project / "new.rs").write_text(GOOD)
    values = {
        **GITLAB["variables"],
        "RFL_LINT_PATHS": "new.rs",
        "RFL_LINT_ARGS": "--select=safety --no-cache",
    }
    done = run(["bash", "-e", "-c", "\n".join(job["script"])], project, **values)
    assert done.status == 0, done.printed
    for report in job["artifacts"]["reports"].values():
        assert (project / report).is_file()
    assert job["artifacts"]["when"] == "always"


def test_templates_name_formats_that_exist() -> None:
    for name in ("action.yml", "templates/gitlab-ci.yml"):
        text = (ROOT / name).read_text()
        named = re.findall(r'--output "?([\w-]+)=', text) + re.findall(r"--output-format ([\w-]+)", text)
        assert named
        assert set(named) <= set(FORMATS), name
