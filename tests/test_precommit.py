"""The hook, driven by the real pre-commit: installed from a clone of this repository, it blocks a commit."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, run, succeed

pytestmark = pytest.mark.client
PRE_COMMIT = Path(sys.executable).parent / "pre-commit"
BAD = "fn read(p: *const u8) -> u8 {\n    unsafe { *p }\n}\n"
GOOD = "fn read(p: *const u8) -> u8 {\n    // SAFETY: every caller passes a valid pointer.\n    unsafe { *p }\n}\n"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PRE_COMMIT_HOME of its own, so that an installed hook of another day is never used."""
    return str(tmp_path_factory.mktemp("pre-commit-home"))


@pytest.fixture
def project(clone: Path, home: str, tmp_path: Path) -> Path:
    """A repository whose configuration names our hook, with the hook installed into git."""
    revision = succeed(["git", "rev-parse", "HEAD"], clone).strip()
    succeed(["git", "init", "--quiet", "--initial-branch=main"], tmp_path)
    (tmp_path / ".pre-commit-config.yaml").write_text(
        f"repos:\n  - repo: {clone}\n    rev: {revision}\n    hooks:\n      - id: rfl-lint\n"
    )
    succeed(["git", "add", "--all"], tmp_path)
    succeed(["git", "commit", "--quiet", "--message=start"], tmp_path)
    succeed([PRE_COMMIT, "install"], tmp_path, PRE_COMMIT_HOME=home)
    return tmp_path


def test_the_manifest_is_valid(tmp_path: Path, home: str) -> None:
    for check, name in (
        ("validate-manifest", ".pre-commit-hooks.yaml"),
        ("validate-config", ".pre-commit-config.yaml"),
    ):
        shutil.copy(ROOT / name, tmp_path)
        succeed([PRE_COMMIT, check, name], tmp_path, PRE_COMMIT_HOME=home)


def test_a_commit_with_a_finding_is_blocked_and_one_without_passes(project: Path, home: str) -> None:
    file = project / "drivers" / "reader.rs"
    file.parent.mkdir()
    file.write_text(BAD)
    succeed(["git", "add", "drivers"], project)
    before = succeed(["git", "rev-parse", "HEAD"], project)
    blocked = run(["git", "commit", "--message=bad"], project, PRE_COMMIT_HOME=home)
    assert blocked.status == 1
    assert "[missing-safety-comment]" in blocked.printed
    assert "drivers/reader.rs:2:5" in blocked.printed
    assert succeed(["git", "rev-parse", "HEAD"], project) == before

    file.write_text(GOOD)
    # Not staged: what is committed is still the bad text, and pre-commit shows the hook that.
    blocked = run(["git", "commit", "--message=not staged"], project, PRE_COMMIT_HOME=home)
    assert (blocked.status, "[missing-safety-comment]" in blocked.printed) == (1, True)

    succeed(["git", "add", "drivers"], project)
    passed = run(["git", "commit", "--message=good"], project, PRE_COMMIT_HOME=home)
    assert passed.status == 0, passed.printed
    assert "Passed" in passed.printed
    assert succeed(["git", "log", "-1", "--format=%s"], project) == "good\n"


def test_what_the_configuration_excludes_is_not_linted(project: Path, home: str) -> None:
    (project / "rfl-lint.toml").write_text('exclude = ["legacy/"]\n')
    (project / "legacy").mkdir()
    (project / "legacy" / "old.rs").write_text(BAD)
    succeed(["git", "add", "--all"], project)
    passed = run(["git", "commit", "--message=legacy"], project, PRE_COMMIT_HOME=home)
    assert passed.status == 0, passed.printed
