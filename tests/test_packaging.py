"""The wheel, in a clean environment and away from the sources, is the whole program."""

from __future__ import annotations

import json
import tarfile
import tomllib
import zipfile
from pathlib import Path

from rfl_lint.registry import builtin_rules
from rfl_lint.version import VERSION
from tests.conftest import run, succeed

ROOT = Path(__file__).parent.parent


def test_all_rules_are_found(installed: Path, tmp_path: Path) -> None:
    listed = json.loads(succeed([installed / "rfl-lint", "rules", "--output-format", "json"], tmp_path))
    assert [rule["name"] for rule in listed] == [rule.meta.name for rule in builtin_rules()]
    where = succeed(
        [installed / "python", "-c", "import rfl_lint.rules; print(rfl_lint.rules.__file__)"], tmp_path
    )
    assert str(ROOT) not in where


def test_a_file_is_linted(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "one.rs").write_text("fn f(p: *const u8) -> u8 {\n    unsafe { *p }\n}\n")
    done = run([installed / "rfl-lint", "check", "--output-format", "concise", "one.rs"], tmp_path)
    assert done.printed.startswith("one.rs:2:5: warning: ")
    assert done.printed.endswith(" [missing-safety-comment]\n")
    assert done.status == 1


def test_the_page_and_the_manual_come_with_it(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "one.rs").write_text("fn f() {}\n")
    succeed([installed / "rfl-lint", "report"], tmp_path)
    assert "Content-Security-Policy" in (tmp_path / "rfl-lint-report.html").read_text()
    assert (installed.parent / "share" / "man" / "man1" / "rfl-lint.1").is_file()


def test_nothing_needs_what_only_developers_install(installed: Path, tmp_path: Path) -> None:
    names = json.loads(succeed([installed / "python", "-m", "pip", "list", "--format", "json"], tmp_path))
    developers = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"][
        "dev"
    ]
    only = {requirement.split(">")[0].split("=")[0].split("<")[0] for requirement in developers} - {
        "setuptools"
    }
    assert not only & {entry["name"] for entry in names}


def test_the_installation_is_consistent(installed: Path, tmp_path: Path) -> None:
    assert "No broken requirements" in succeed([installed / "python", "-m", "pip", "check"], tmp_path)
    assert succeed([installed / "rfl-lint", "--version"], tmp_path) == f"rfl-lint {VERSION}\n"


def test_the_wheel_takes_one_name_and_carries_its_data(installed: Path, clone: Path) -> None:
    (wheel,) = (installed.parents[1] / "dist").glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    beside = {f"rfl_lint-{VERSION}.dist-info", f"rfl_lint-{VERSION}.data"}
    assert {name.split("/")[0] for name in names} == {"rfl_lint", *beside}
    wanted = {str(path.relative_to(clone)) for path in (clone / "rfl_lint").rglob("*") if path.is_file()}
    wanted |= {f"rfl_lint/{path.relative_to(clone)}" for path in (clone / "rules").rglob("*.py")}
    assert wanted - names == set()
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_sdist_can_build_the_wheel_again(installed: Path) -> None:
    (sdist,) = (installed.parents[1] / "dist").glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = archive.getnames()
    assert f"rfl_lint-{VERSION}/rules/__init__.py" in names
