"""The hooks, driven by the real pre-commit: installed from a clone of this repository, they block a commit."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, Ran, run, succeed

pytestmark = pytest.mark.client
PRE_COMMIT = Path(sys.executable).parent / "pre-commit"
BAD = "fn read(p: *const u8) -> u8 {\n    unsafe { *p }\n}\n"
GOOD = "fn read(p: *const u8) -> u8 {\n    // SAFETY: every caller passes a valid pointer.\n    unsafe { *p }\n}\n"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PRE_COMMIT_HOME of its own, so that an installed hook of another day is never used."""
    return str(tmp_path_factory.mktemp("pre-commit-home"))


@pytest.fixture
def project(clone: Path, home: str, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A repository whose configuration names one of our hooks, with the hook installed into git."""
    hook = getattr(request, "param", "rfl-lint")
    revision = succeed(["git", "rev-parse", "HEAD"], clone).strip()
    succeed(["git", "init", "--quiet", "--initial-branch=main"], tmp_path)
    (tmp_path / ".pre-commit-config.yaml").write_text(
        f"repos:\n  - repo: {clone}\n    rev: {revision}\n    hooks:\n      - id: {hook}\n"
    )
    succeed(["git", "add", "--all"], tmp_path)
    succeed(["git", "commit", "--quiet", "--message=start"], tmp_path)
    succeed([PRE_COMMIT, "install"], tmp_path, PRE_COMMIT_HOME=home)
    return tmp_path


def committed(project: Path, home: str, *, message: str = "change") -> Ran:
    succeed(["git", "add", "--all"], project)
    return run(["git", "commit", f"--message={message}"], project, PRE_COMMIT_HOME=home)


def with_hook(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("project", [name], indirect=True)


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


def test_the_warnings_of_a_baseline_pass(project: Path, home: str) -> None:
    (project / "old.rs").write_text(BAD)
    assert committed(project, home).status == 1
    succeed(
        [sys.executable, "-m", "rfl_lint", "check", "--write-baseline", "."], project, PYTHONPATH=str(ROOT)
    )
    passed = committed(project, home)
    assert passed.status == 0, passed.printed
    (project / "new.rs").write_text(BAD.replace("fn read", "fn write"))
    blocked = committed(project, home)
    assert (blocked.status, "new.rs:2:5" in blocked.printed) == (1, True)


@with_hook("rfl-lint-diff")
def test_only_what_a_commit_adds_is_reported(project: Path, home: str) -> None:
    file = project / "reader.rs"
    file.write_text(BAD)
    succeed(["git", "add", "--all"], project)
    succeed(["git", "commit", "--quiet", "--no-verify", "--message=old"], project)

    file.write_text(BAD + BAD.replace("read", "again"))
    blocked = committed(project, home)
    assert blocked.status == 1, blocked.printed
    assert "reader.rs:5:5" in blocked.printed
    assert "reader.rs:2:5" not in blocked.printed

    file.write_text(BAD + GOOD.replace("read", "again"))
    passed = committed(project, home)
    assert passed.status == 0, passed.printed


@with_hook("rfl-lint-diff")
def test_the_first_commit_of_all_is_a_change(project: Path, home: str) -> None:
    succeed(["git", "update-ref", "-d", "HEAD"], project)
    (project / "reader.rs").write_text(BAD)
    blocked = committed(project, home)
    assert (blocked.status, "reader.rs:2:5" in blocked.printed) == (1, True), blocked.printed
    (project / "reader.rs").write_text(GOOD)
    assert committed(project, home).status == 0


@with_hook("rfl-lint-fix")
def test_what_can_be_fixed_is_fixed_and_passes_the_second_time(project: Path, home: str) -> None:
    file = project / "log.rs"
    file.write_text('fn f() {\n    pr_info!("ready");\n}\n')
    blocked = committed(project, home)
    assert blocked.status == 1
    assert "files were modified by this hook" in blocked.printed
    assert file.read_text() == 'fn f() {\n    pr_info!("ready\\n");\n}\n'
    passed = committed(project, home)
    assert passed.status == 0, passed.printed


@pytest.mark.parametrize("apart", [True, False], ids=["apart", "beside"])
@with_hook("rfl-lint-fix")
def test_what_a_commit_adds_is_fixed_and_what_is_not_staged_survives(
    project: Path, home: str, apart: bool
) -> None:
    """Where what is not staged stands right beside a fix, pre-commit takes the fix back."""
    old, new = (f'fn {name}() {{\n    pr_info!("ready");\n}}\n' for name in ("old", "new"))
    config, file = project / ".pre-commit-config.yaml", project / "log.rs"
    config.write_text(config.read_text() + "        args: [--diff=HEAD]\n")
    file.write_text(old + "// Between.\n" * 9)
    succeed(["git", "add", "--all"], project)
    succeed(["git", "commit", "--quiet", "--no-verify", "--message=old"], project)
    staged = file.read_text() + new
    file.write_text(staged)
    succeed(["git", "add", "--all"], project)
    both = "// Not staged.\n" + staged if apart else staged.replace("}\n", '    pr_info!("go");\n}\n')
    file.write_text(both)
    blocked = run(["git", "commit", "--message=new"], project, PRE_COMMIT_HOME=home)
    assert (blocked.status, "files were modified by this hook" in blocked.printed) == (1, True), (
        blocked.printed
    )
    fixed = new.replace('y"', 'y\\n"')
    assert file.read_text() == (both.replace(new, fixed) if apart else both)
    assert succeed(["git", "show", ":log.rs"], project) == staged
    file.write_text(staged.replace(new, fixed))
    passed = committed(project, home)
    assert passed.status == 0, passed.printed


@with_hook("rfl-lint-patch")
def test_patches_that_are_kept_are_linted(project: Path, home: str) -> None:
    folder = project / "patches"
    folder.mkdir()
    for number, body in enumerate((GOOD, BAD), start=1):
        lines = "".join(f"+{line}\n" for line in body.splitlines())
        count = body.count("\n")
        (folder / f"{number}.patch").write_text(
            f"Subject: [PATCH {number}/2] read\n\n---\ndiff --git a/drivers/{number}.rs b/drivers/{number}.rs\n"
            f"new file mode 100644\n--- /dev/null\n+++ b/drivers/{number}.rs\n@@ -0,0 +1,{count} @@\n{lines}"
        )
    (folder / "notes.txt").write_text("no patch")
    blocked = committed(project, home)
    assert blocked.status == 1, blocked.printed
    assert "drivers/2.rs:2:5" in blocked.printed
    assert "drivers/1.rs" not in blocked.printed
    (project / "rfl-lint.toml").write_text('exclude = ["drivers/2.rs"]\n')
    passed = committed(project, home)
    assert passed.status == 0, passed.printed


@with_hook("rfl-lint-fix")
def test_excluded_files_are_not_fixed(project: Path, home: str) -> None:
    (project / "rfl-lint.toml").write_text('exclude = ["legacy/"]\n')
    (project / "legacy").mkdir()
    file = project / "legacy" / "log.rs"
    file.write_text('fn f() {\n    pr_info!("ready");\n}\n')
    before = file.read_bytes()
    passed = committed(project, home)
    assert (passed.status, file.read_bytes()) == (0, before), passed.printed
