"""Calling git in a checkout that somebody else made: nothing that its configuration names is started.

What git would run for the commands that are used here: a file system monitor, hooks, filters of files in the working
tree (`filter.*.clean`), external diffs and text conversions, a program that checks signatures, and whatever a remote
needs when an object is missing. All of it can stand in `.git/config`, which comes along with an unpacked archive; the
attributes that ask for it stand in `.gitattributes`, which comes along with every checkout.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Final

_SETTINGS: Final = {
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.attributesFile": os.devnull,
    "core.sshCommand": "false",
    "diff.autoRefreshIndex": "false",
    "diff.external": "",
    "log.showSignature": "false",
    "gpg.program": "false",
}
_ENVIRONMENT: Final = {
    "GIT_OPTIONAL_LOCKS": "0",
    # For those versions of git that know it; the other for all.
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}


def run_git(
    folder: Path, command: list[str], *, reads_files: bool = False
) -> subprocess.CompletedProcess[bytes] | None:
    """What a git command gives in a folder; None where there is no git.

    `reads_files` is for commands that compare files of the working tree, which git passes through filters.
    """
    settings = dict(_SETTINGS)
    if reads_files:
        for name in _filters(folder):
            settings |= {
                f"{name}.clean": "",
                f"{name}.smudge": "",
                f"{name}.process": "",
                f"{name}.required": "false",
            }
    return _started(folder, command, settings)


def _filters(folder: Path) -> list[str]:
    """The filters that any configuration in force here defines, as `filter.name`."""
    done = _started(folder, ["config", "--null", "--name-only", "--get-regexp", "^filter\\."], _SETTINGS)
    keys = done.stdout.split(b"\0") if done is not None and done.returncode == 0 else []
    return sorted({os.fsdecode(key).rpartition(".")[0] for key in keys if key})


def _started(
    folder: Path, command: list[str], settings: dict[str, str]
) -> subprocess.CompletedProcess[bytes] | None:
    # Not `-c`, which ends a name at the first `=`.
    pairs = [*_from_outside(), *settings.items()]
    environment = {**os.environ, **_ENVIRONMENT, "GIT_CONFIG_COUNT": str(len(pairs))}
    for number, (key, value) in enumerate(pairs):
        environment |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    try:
        return subprocess.run(  # noqa: S603 - fixed program, no shell
            ["git", "-C", str(folder), *command],  # noqa: S607 - the git of the user's own PATH
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            env=environment,
        )
    except OSError:
        return None


def _from_outside() -> list[tuple[str, str]]:
    """The settings that the environment has already, such as a `safe.directory`."""
    try:
        count = int(os.environ.get("GIT_CONFIG_COUNT", "0"))
    except ValueError:
        return []
    return [
        (os.environ[f"GIT_CONFIG_KEY_{number}"], os.environ[f"GIT_CONFIG_VALUE_{number}"])
        for number in range(count)
        if f"GIT_CONFIG_KEY_{number}" in os.environ and f"GIT_CONFIG_VALUE_{number}" in os.environ
    ]
