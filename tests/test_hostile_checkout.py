"""A checkout whose git configuration names programs: linting starts none of them, and git itself would."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli_runner import UNSAFE, Runner

ATTRIBUTES = "*.rs filter=evil diff=evil merge=evil\n"
HOOKS = ("post-index-change", "fsmonitor-watchman", "reference-transaction", "post-checkout")
MOMENTS = itertools.count(1_600_000_000, 60)
SIGNATURE = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----"


@dataclass(frozen=True)
class Trap:
    """Settings that make git start the program `{}`, and a command of git that does."""

    settings: dict[str, str]
    springs: tuple[str, ...]
    config: str = ".git/config"


TRAPS = {
    "clean filter": Trap({"filter.evil.clean": "{}"}, ("diff", "HEAD")),
    "required filter": Trap({"filter.evil.clean": "{}", "filter.evil.required": "true"}, ("diff", "HEAD")),
    "filter process": Trap({"filter.evil.process": "{}"}, ("diff", "HEAD")),
    "text conversion": Trap({"diff.evil.textconv": "{}"}, ("diff", "HEAD")),
    "diff driver": Trap({"diff.evil.command": "{}"}, ("diff", "HEAD")),
    "external diff": Trap({"diff.external": "{}"}, ("diff", "HEAD")),
    "file system monitor": Trap({"core.fsmonitor": "{}"}, ("status",)),
    "hooks": Trap({"core.hooksPath": "{}-hooks"}, ("status",)),
    "signatures": Trap({"log.showSignature": "true", "gpg.program": "{}"}, ("log", "-1")),
    "missing objects": Trap(
        {
            "core.repositoryFormatVersion": "1",
            "extensions.partialClone": "origin",
            "remote.origin.promisor": "true",
            "remote.origin.url": ".",
            "remote.origin.uploadpack": "{}",
        },
        ("fetch", "origin"),
    ),
    "transport": Trap(
        {"remote.origin.url": "ext::{} %S", "protocol.ext.allow": "always"}, ("fetch", "origin")
    ),
    "shell": Trap(
        {"remote.origin.url": "ssh://kernel.example/x", "core.sshCommand": "{}"}, ("fetch", "origin")
    ),
    "filter of a submodule": Trap({"filter.evil.clean": "{}"}, ("diff", "HEAD"), "sub.rs/.git/config"),
    "name with an equals sign": Trap({"filter.evil=x.clean": "{}"}, ("diff", "HEAD")),
}
COMMANDS = {
    "check": ("check", "--isolated", "."),
    "hook": ("check", "--force-exclude", "--diff=HEAD", "a.rs"),
    "patch of commits": ("patch", "HEAD~1..HEAD"),
    "patch of a file": ("patch", "../change.patch"),
    "report": ("report", ".", "--output", "../report.html"),
}


@dataclass(frozen=True)
class Checkout:
    """A repository with two commits and a change, and a program that leaves a trace where it was started."""

    folder: Path
    trap: Path
    trace: Path

    def git(self, *args: str, check: bool = True) -> str:
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "XDG_", "HOME"))
        }
        done = subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *args],
            cwd=self.folder,
            env={**environment, "GIT_CONFIG_GLOBAL": os.devnull, "HOME": str(self.folder.parent)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=check,
            timeout=60,
        )
        return done.stdout

    def touch(self) -> None:
        """Make git look into the files again: each time they have another time stamp."""
        moment = next(MOMENTS)
        for path in ("a.rs", "sub.rs/b.rs"):
            os.utime(self.folder / path, (moment, moment))

    def has_sprung(self) -> bool:
        """Whether the program was started since this was asked the last time."""
        started = self.trace.exists()
        self.trace.unlink(missing_ok=True)
        return started


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    top = tmp_path_factory.mktemp("hostile")
    made = Checkout(top / "linux", top / "trap", top / "trace")
    made.folder.mkdir()
    made.trap.write_text(f'#!/bin/sh\necho "$0" >> {made.trace}\nexit 1\n')
    made.trap.chmod(0o755)
    (top / "trap-hooks").mkdir()
    for name in HOOKS:
        (top / "trap-hooks" / name).symlink_to(made.trap)
    made.git("init", "--quiet")
    (made.folder / ".gitattributes").write_text(ATTRIBUTES)
    (made.folder / "a.rs").write_text(UNSAFE)
    (made.folder / "sub.rs").mkdir()
    (made.folder / "sub.rs/b.rs").write_text(UNSAFE)
    (made.folder / "sub.rs/.gitattributes").write_text(ATTRIBUTES)
    for args in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "--message=sub")):
        made.git("-C", "sub.rs", *args)
    made.git("add", "--all")
    made.git("commit", "--quiet", "--message=one")
    (made.folder / "a.rs").write_text(UNSAFE * 2)
    made.git("commit", "--quiet", "--all", "--message=two")
    # As if somebody had signed it.
    head, _, body = made.git("cat-file", "commit", "HEAD").partition("\n\n")
    (top / "commit").write_text(f"{head}\n{SIGNATURE}\n\n{body}")
    name = made.git("hash-object", "-t", "commit", "-w", str(top / "commit")).strip()
    made.git("update-ref", "HEAD", name)
    patch = made.git("format-patch", "--stdout", "--full-index", "HEAD~1..HEAD")
    gone = f"index {'1' * 40}..{'2' * 40} 100644"
    (top / "change.patch").write_text(re.sub(r"(?m)^index .*$", gone, patch))  # of objects that are not there
    (made.folder / "a.rs").write_text(UNSAFE * 3)
    return made


@pytest.mark.parametrize("name", TRAPS)
def test_nothing_that_the_configuration_names_is_started(
    checkout: Checkout, name: str, tmp_path: Path
) -> None:
    trap = TRAPS[name]
    config = checkout.folder / trap.config
    before = config.read_bytes()
    rfl = Runner(checkout.folder)
    attributes = checkout.folder / ".gitattributes"
    try:
        if "equals" in name:
            attributes.write_text("*.rs filter=evil=x\n")
        for key, value in trap.settings.items():
            checkout.git("config", "--file", trap.config, key, value.format(checkout.trap))
        checkout.has_sprung()
        checkout.touch()
        checkout.git(*trap.springs, check=False)
        assert checkout.has_sprung(), "the trap does not work"
        for command, args in COMMANDS.items():
            checkout.touch()
            ran = rfl(*args, env={"XDG_CACHE_HOME": str(tmp_path / "cache")})
            assert not checkout.has_sprung(), command
            assert ran.status in (0, 1), (command, ran.err)
            if command in ("check", "hook", "patch of commits"):
                assert "missing-safety-comment" in ran.out, command
    finally:
        config.write_bytes(before)
        attributes.write_text(ATTRIBUTES)
