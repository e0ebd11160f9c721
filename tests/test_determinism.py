"""The same tree, the same bytes: whatever order, processes, cache, locale and hash seed there are."""

from __future__ import annotations

import shutil
from random import Random

import pytest

from tests.cli_runner import Ran, Runner
from tests.conftest import ROOT

PADDING = b"// padding\n" * 500
ALL = ("check", "--isolated", "--select", "all", "--doc-code", "--verbose", "--output-format", "json")


@pytest.fixture(scope="module")
def rfl(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    """A kernel made of the demonstration and of fixtures, large enough to be shared out."""
    root = tmp_path_factory.mktemp("linux")
    shutil.copytree(ROOT / "demo", root, dirs_exist_ok=True)
    for folder in ("context",):
        for file in sorted((ROOT / "fixtures" / folder).rglob("*.rs")):
            name = "_".join(file.relative_to(ROOT / "fixtures").parts)
            place = root / ("rust/kernel" if len(name) % 2 else "drivers/made") / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(file.read_bytes() + PADDING)
    return Runner(root)


@pytest.fixture(scope="module")
def expected(rfl: Runner) -> Ran:
    ran = rfl(*ALL, "--no-cache", "--jobs", "1", ".", env={"PYTHONHASHSEED": "1"})
    assert ran.status == 1
    assert len(ran.out) > 50_000
    return ran


@pytest.mark.parametrize("jobs", ["3"])
def test_processes_cache_and_hash_seed(rfl: Runner, expected: Ran, jobs: str) -> None:
    settings = {"XDG_CACHE_HOME": str(rfl.folder.parent / f"cache{jobs}"), "PYTHONHASHSEED": jobs + "7"}
    for _ in ("cold", "warm"):
        assert rfl(*ALL, "--jobs", jobs, ".", env=settings) == expected


@pytest.mark.parametrize("locale", ["C"])
def test_order_and_locale(rfl: Runner, expected: Ran, locale: str) -> None:
    folders = sorted(path.name for path in rfl.folder.iterdir() if path.is_dir())
    Random(locale).shuffle(folders)
    ran = rfl(*ALL, "--no-cache", "--jobs", "2", *folders, env={"LC_ALL": locale, "LANG": locale})
    assert ran == expected
