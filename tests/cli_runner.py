"""Running rfl-lint as a user does: a process in a folder of its own, with nothing of the user's environment."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import succeed

UNSAFE = "fn f() {\n    unsafe { g() };\n}\n"
CLEAN = "fn f() {}\n"
PLUGIN = '''
from rfl_lint.plugin import Confidence, Meta, Rule, Severity

class {cls}(Rule):
    """{name}: for the tests."""
    meta = Meta("{name}", "local", "text", Severity.{severity}, "1", confidence=Confidence.LOW)
    on = frozenset({{"function_item"}})
    def check(self, node, cx):
        {body}
'''


@dataclass(frozen=True)
class Ran:
    status: int
    out: str
    err: str


class Runner:
    """Runs rfl-lint in a folder of its own, with nothing of the user's environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, path: str, text: str | bytes) -> Path:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        return file

    def plugin(self, name: str, body: str, severity: str = "WARNING") -> None:
        cls = name.title().replace("-", "")
        self.write(f"{name}.py", PLUGIN.format(cls=cls, name=name, severity=severity, body=body))

    def __call__(self, *args: str, stdin: bytes = b"", env: dict[str, str] | None = None) -> Ran:
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "PYTHONPATH") if name in os.environ}
        done = subprocess.run(
            [sys.executable, "-m", "rfl_lint", *args],
            cwd=self.folder,
            input=stdin,
            capture_output=True,
            check=False,
            env={**kept, "HOME": str(self.folder / "home"), "PYTHONUTF8": "1", **(env or {})},
        )
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


class Checkout(Runner):
    """A folder that is a git checkout."""

    def git(self, *words: str) -> str:
        return succeed(["git", *words], self.folder)

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message=text")

    def found(self, *words: str) -> list[str]:
        """The places of the findings of a run that can do its job."""
        ran = self("check", *words, "--output-format", "concise", "--quiet")
        assert ran.status in (0, 1), ran
        assert ran.err == ""
        return [line.partition(": ")[0] for line in ran.out.splitlines()]
