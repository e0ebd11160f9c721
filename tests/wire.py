"""The language server without any client: messages as bytes, every wait bounded. And a tree for it."""

from __future__ import annotations

import json
import queue
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Final

PATIENCE: Final = 60.0
SERVER: Final = (sys.executable, "-m", "rfl_lint", "server", "--isolated")
_MARKER: Final = "rust__kernel__lib"


def make_tree(folder: Path, **files: str) -> Path:
    """A kernel tree of some files, named with `__` for `/`."""
    for name, text in {_MARKER: "pub mod sync;\n", **files}.items():
        path = folder / f"{name.replace('__', '/')}.rs"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


class Wire:
    """A server that runs in a folder. What it says is taken in at once, so that it never waits for its reader."""

    def __init__(self, folder: Path) -> None:
        """Start the server."""
        self.process = subprocess.Popen(
            SERVER, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self._came: queue.Queue[Any] = queue.Queue()
        self._errors: list[bytes] = []
        self._readers = [
            threading.Thread(target=read, args=(stream,), daemon=True)
            for read, stream in ((self._read, self.process.stdout), (self._read_errors, self.process.stderr))
        ]
        for reader in self._readers:
            reader.start()

    def _read(self, stream: IO[bytes]) -> None:
        while True:
            length = 0
            while (line := stream.readline()) not in (b"\r\n", b""):
                if re.fullmatch(rb"Content-(Length|Type): .*\r\n", line) is None:
                    self._came.put(AssertionError(f"no header: {line!r}"))
                    return
                length = int(line.split()[1]) if line.startswith(b"Content-Length") else length
            if not line:
                self._came.put(EOFError("the server has gone"))
                return
            self._came.put(json.loads(stream.read(length)))

    def _read_errors(self, stream: IO[bytes]) -> None:
        self._errors.extend(stream)

    def write(self, data: bytes) -> None:
        """Send bytes as they are; one that has gone takes none."""
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):
            self.process.stdin.write(data)
            self.process.stdin.flush()

    def send(self, message: object) -> None:
        """Send a message; bytes are its body."""
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        self.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def request(self, number: int, method: str, params: object = None) -> None:
        """Send a request."""
        self.send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})

    def receive(self, patience: float = PATIENCE) -> Any:
        """The next message; whatever is not one, and the end, is raised."""
        came = self._came.get(timeout=patience)
        if isinstance(came, Exception):
            raise came
        return came

    def until(self, wanted: Callable[[Any], object]) -> Any:
        """The first message that is wanted; others are dropped."""
        while not wanted(message := self.receive()):
            pass
        return message

    def end(self) -> int:
        """Close its input and wait for it; its exit status."""
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):
            self.process.stdin.close()
        return self.process.wait(PATIENCE)

    def errors(self) -> str:
        """What it has written to standard error; all of it once it has ended."""
        if self.process.poll() is not None:
            self._readers[1].join(PATIENCE)
        return b"".join(self._errors).decode("utf-8", "replace")

    def close(self) -> None:
        """End it, whatever it is at."""
        self.process.kill()
        self.process.wait(PATIENCE)
        for reader in self._readers:
            reader.join(PATIENCE)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert stream is not None
            with suppress(BrokenPipeError):
                stream.close()
