"""The template plugin of the documentation is built, installed, found, and passes its own tests."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, run, succeed

TEMPLATE = ROOT / "docs" / "plugin-template"
BAD = 'fn on() {\n    pr_info!("on\\n");\n}\n'


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the template, as somebody would take it."""
    folder = tmp_path_factory.mktemp("template") / "acme"
    shutil.copytree(TEMPLATE, folder, ignore=shutil.ignore_patterns("__pycache__", "build", "*.egg-info"))
    return folder


@pytest.fixture(scope="module")
def site(template: Path) -> Path:
    """A folder into which the template is installed, beside the rfl-lint of this environment."""
    folder = template.parent / "site"
    succeed(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", folder, template],
        template.parent,
    )
    return folder


def test_its_rule_runs_beside_the_built_in_ones(site: Path, tmp_path: Path) -> None:
    (tmp_path / "lamp.rs").write_text(BAD)
    program = [sys.executable, "-m", "rfl_lint"]
    done = run([*program, "check", "--output-format", "concise", "lamp.rs"], tmp_path, PYTHONPATH=str(site))
    assert done.printed == (
        "lamp.rs:2:14: warning: the message of `pr_info!` does not begin with `acme: ` [message-without-name]\n"
    )
    assert done.status == 1
    listed = json.loads(
        succeed([*program, "rules", "--output-format", "json"], tmp_path, PYTHONPATH=str(site))
    )
    assert [rule["url"] for rule in listed if rule["group"] == "acme"] == [None]
    told = succeed([*program, "explain", "message-without-name"], tmp_path, PYTHONPATH=str(site))
    assert 'pr_info!("acme: the lamp is on\\n");' in told
    selected = run([*program, "check", "--select", "acme", "lamp.rs"], tmp_path, PYTHONPATH=str(site))
    assert selected.status == 1


def test_without_it_there_is_no_such_rule(tmp_path: Path) -> None:
    (tmp_path / "lamp.rs").write_text(BAD)
    assert run([sys.executable, "-m", "rfl_lint", "check", "lamp.rs"], tmp_path).status == 0


def test_its_own_tests_pass(site: Path, template: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    assert "3 passed" in succeed(command, template, PYTHONPATH=str(site))


def test_its_own_tests_can_fail(site: Path, template: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(template, broken)
    bad = broken / "fixtures" / "message-without-name" / "bad.rs"
    bad.write_text(bad.read_text().replace("the lamp is on", "acme: the lamp is on"))
    done = run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"],
        broken,
        PYTHONPATH=str(site),
    )
    assert done.status == 1
    assert "missing 1 × message-without-name" in done.printed


def test_as_a_single_file_it_needs_trust(tmp_path: Path) -> None:
    shutil.copy(TEMPLATE / "acme_rules" / "message_without_name.py", tmp_path / "our_rules.py")
    (tmp_path / "rfl-lint.toml").write_text('plugins = ["our_rules.py"]\n')
    (tmp_path / "lamp.rs").write_text(BAD)
    command = [sys.executable, "-m", "rfl_lint", "check", "--output-format", "concise", "lamp.rs"]
    untrusted = run(command, tmp_path)
    assert untrusted.status == 0
    assert "not loaded without --trust-plugins" in untrusted.printed
    trusted = run([*command, "--trust-plugins"], tmp_path)
    assert "[message-without-name]" in trusted.printed
    assert trusted.status == 1
