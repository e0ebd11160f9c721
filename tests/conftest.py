"""Fixtures for tests that need the project as others get it: cloned, built, installed."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import settings

from tests.clippy_harness import FIRST_VERSION

ROOT = Path(__file__).parent.parent

# How long an example takes says more about the machine than about the code; pytest-timeout catches what hangs.
settings.register_profile("rfl-lint", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("rfl-lint")

# What a shell starts in the background ignores interrupts, and so do its children, whom tests interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="session")
def _cache_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test reads what the user's runs left, and none leaves anything there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@dataclass(frozen=True)
class Ran:
    """How a program ended and what it printed, both streams in one."""

    status: int
    printed: str


def run(command: Sequence[str | Path], folder: Path, **variables: str) -> Ran:
    """Run a program away from this checkout, with the environment of a user who has set nothing for Python or git."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "PYTEST", "GIT_", "VIRTUAL"))
    }
    environment = {
        **kept,
        # In a home that is new to pip it remarks on its own version, into the streams that are read here as one.
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "A",
        "GIT_AUTHOR_EMAIL": "a@example.org",
        "GIT_COMMITTER_NAME": "A",
        "GIT_COMMITTER_EMAIL": "a@example.org",
        # A checkout may belong to another user than the one who tests it.
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": "*",
        **variables,
    }
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Ran(done.returncode, done.stdout)


def succeed(command: Sequence[str | Path], folder: Path, **variables: str) -> str:
    """Run a program that must succeed; what it printed."""
    done = run(command, folder, **variables)
    assert done.status == 0, f"{' '.join(map(str, command))}\n{done.printed}"
    return done.printed


@pytest.fixture(scope="session")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository that holds the project's files as they are now, committed: what somebody else would clone."""
    folder = tmp_path_factory.mktemp("clone") / "rfl-lint"
    listing = succeed(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], ROOT)
    for name in filter(None, listing.split("\0")):
        if (ROOT / name).is_file():  # not if it is deleted, and that not yet committed
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    succeed(["git", "init", "--quiet", "--initial-branch=main"], folder)
    succeed(["git", "add", "--all"], folder)
    succeed(["git", "commit", "--quiet", "--message=all"], folder)
    return folder


@pytest.fixture(scope="session")
def installed(clone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of a clean environment into which the wheel, built by way of the sdist, was installed."""
    folder = tmp_path_factory.mktemp("installed")
    sources = folder / "sources"
    shutil.copytree(clone, sources, ignore=shutil.ignore_patterns(".git"))
    succeed([sys.executable, "-m", "build", "--outdir", folder / "dist"], sources)
    shutil.rmtree(sources)
    succeed([sys.executable, "-m", "venv", folder / "venv"], folder)
    (wheel,) = (folder / "dist").glob("*.whl")
    succeed([folder / "venv" / "bin" / "python", "-m", "pip", "install", "--quiet", wheel], folder)
    return folder / "venv" / "bin"


def script(name: str) -> ModuleType:
    """A module of scripts/, which is no package."""
    known = f"_script_{name}"
    spec = importlib.util.spec_from_file_location(known, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[known] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def driver() -> str:
    """A clippy-driver whose behaviour is the one compared with, or the reason why there is none."""
    path = shutil.which("clippy-driver")
    if path is None:
        pytest.skip("clippy-driver is not on PATH")
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
    version = re.search(r"(\d+)\.(\d+)\.(\d+)", said.stdout)
    if said.returncode or version is None:
        pytest.skip(f"clippy-driver does not run: {said.stderr.strip()[:200]}")
    if tuple(int(part) for part in version.groups()) < FIRST_VERSION:
        pytest.skip(f"clippy {version[0]} is older than 0.1.95, which accepts comments inside of blocks")
    return path
