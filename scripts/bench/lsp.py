"""Keystrokes to published diagnostics in one file of a tree: `lsp.py TREE FILE EDITS` prints JSON.

Words are typed into many places of the file, ten characters a second or as fast as the findings of each come, and
taken back again. Between words are pauses: short ones, in which a look at the whole file has just begun when the next
key comes, and long ones. What is measured is the time from sending `didChange` to reading the findings of that very
version; `cpu` is the server's processor time in it, which depends less on what else the machine does. Now and then the
client asks for the findings as well, which is answered by a look at the whole file: that is `whole`. Beside it stands
what a bare parse of the file takes of a processor at that moment.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

import tree_sitter_rust
from tree_sitter import Language, Parser

TYPED: Final = ("// note", "let x = 1;", "\n", "self.f();", "unsafe { g() };")
_KEY: Final = 0.1
_WHOLE: Final = 25
# With the quarter of a second after which the server looks at the whole file.
_PAUSES: Final = (0.3, 1.5, 0.35)


class Server:
    """The server as a client sees it."""

    def __init__(self) -> None:
        """Start it."""
        command = [sys.executable, "-m", "rfl_lint", "server", "--isolated"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.input: Any = self.process.stdin
        self.output: Any = self.process.stdout

    def send(self, method: str, params: object, number: int | None = None) -> None:
        """Send a request or a notification."""
        message = {"jsonrpc": "2.0", "method": method, "params": params} | ({"id": number} if number else {})
        body = json.dumps(message).encode()
        self.input.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.input.flush()

    def receive(self) -> Any:
        """The next message."""
        length = 0
        while line := self.output.readline().strip():
            length = int(line.split()[1]) if line.startswith(b"Content-Length") else length
        return json.loads(self.output.read(length))

    def published(self, version: int) -> None:
        """Wait for the findings of a version."""
        while True:
            message = self.receive()
            if (
                message.get("method") == "textDocument/publishDiagnostics"
                and message["params"].get("version") == version
            ):
                return

    def answered(self, number: int) -> None:
        """Wait for the answer to a request."""
        while self.receive().get("id") != number:
            pass

    def processor(self) -> float:
        """Milliseconds of processor time so far, of all threads."""
        spent = 0
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            spent += int((task / "schedstat").read_text().split()[0])
        return spent / 1e6

    def memory(self) -> float:
        """Resident memory in MiB."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


def strokes(text: str, count: int) -> list[tuple[dict[str, Any], str, float]]:
    """Keystrokes as ranges, what is put there, and the pause before it."""
    lines = text.split("\n")
    inside = [
        number for number, line in enumerate(lines) if line.endswith(";") and line.startswith("        ")
    ]
    places = inside or range(len(lines))  # a file may hold no function
    found: list[tuple[dict[str, Any], str, float]] = []
    turn = 0
    while len(found) < count:
        line, column = places[turn * 37 % len(places)] + 1, 0
        word = TYPED[turn % len(TYPED)]
        for number, character in enumerate(word):
            at = {"line": line, "character": column + number}
            pause = _KEY if number else _PAUSES[turn % len(_PAUSES)]
            found.append(({"start": at, "end": at}, character, pause))
        end = {"line": line + 1, "character": 0} if word == "\n" else {"line": line, "character": len(word)}
        found.append(({"start": {"line": line, "character": 0}, "end": end}, "", _KEY))
        turn += 1
    return found[:count]


def bare_parse(data: bytes) -> float:
    """Milliseconds of processor time."""
    begun = time.thread_time()
    Parser(Language(tree_sitter_rust.language())).parse(data)
    return (time.thread_time() - begun) * 1000


def main() -> None:
    """Measure and print."""
    tree, file, count = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    server, text = Server(), (tree / file).read_text()
    uri = (tree / file).as_uri()
    server.send("initialize", {"processId": None, "rootUri": tree.as_uri(), "capabilities": {}}, 1)
    server.receive()
    server.send("initialized", {})
    begun = time.perf_counter()
    item = {"uri": uri, "languageId": "rust", "version": 1, "text": text}
    server.send("textDocument/didOpen", {"textDocument": item})
    server.published(1)
    opened = time.perf_counter() - begun
    taken: list[float] = []
    spent: list[float] = []
    whole: list[float] = []
    parse: list[float] = []
    memory: dict[int, float] = {}
    for number, (where, new, pause) in enumerate(strokes(text, count)):
        version = number + 2
        change = {
            "textDocument": {"uri": uri, "version": version},
            "contentChanges": [{"range": where, "text": new}],
        }
        if number:
            time.sleep(max(0.0, pause - taken[-1] / 1000))
        before = server.processor()
        begun = time.perf_counter()
        server.send("textDocument/didChange", change)
        server.published(version)
        taken.append((time.perf_counter() - begun) * 1000)
        spent.append(server.processor() - before)
        if number % min(_WHOLE, max(1, count // 4)) == 0:
            begun = time.perf_counter()
            server.send("textDocument/diagnostic", {"textDocument": {"uri": uri}}, version)
            server.answered(version)
            whole.append((time.perf_counter() - begun) * 1000)
            parse.append(bare_parse(text.encode()))
        if number + 1 in (100, count):
            memory[number + 1] = server.memory()
    server.process.kill()
    first, last = min(memory), max(memory)
    figures = {
        "lines": text.count("\n"),
        "opened": opened,
        "parse": statistics.median(parse),
        "edits": last,
        "memory after 100": memory[first],
        "memory": memory[last],
    }
    for name, values in (("", taken), ("cpu ", spent), ("whole ", whole)):
        cut = statistics.quantiles(values, n=100)
        figures |= {f"{name}p50": cut[49], f"{name}p95": cut[94]}
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
