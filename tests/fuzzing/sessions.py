"""Playing a session of messages to the language server, and what must hold of its answers whatever they were.

Each request gets one answer, and none says that the server itself failed. What is shown for a text, changed or freshly
opened, is what `check` finds in it. It ends when it is told to, without a word of Python's on standard error.
"""

from __future__ import annotations

import json
import queue
import re
import subprocess
import sys
import tempfile
from collections import Counter
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any, Final

from tests.fuzzing.messages import OTHER, TEXT, Keep, in_folder, session
from tests.fuzzing.rust import Corpus
from tests.wire import PATIENCE, Wire, make_tree

_COUNT: Final = 300
_MOST_MEMORY: Final = 600_000
_OWN: Final = 10_000_000
_INTERNAL: Final = -32603
_FAULTS: Final = ("Traceback", "fault in rfl-lint", "Error in server")
_LINE_END: Final = re.compile("\r\n|\r|\n")
_WIDTHS: Final = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}
_UNITS: Final = {"utf-8": 1, "utf-16": 2, "utf-32": 4}

Shown = tuple[int, int, str, str]
"""Where a finding begins and ends, in characters; its rule; its message."""


def check_messages(_corpus: Corpus, random: Random, keep: Keep) -> None:
    """A session of hostile messages."""
    made = session(random, _COUNT)
    keep("messages", made)
    judge_messages(made)


def judge_messages(bodies: bytes) -> None:
    """What must hold of every session."""
    with tempfile.TemporaryDirectory() as folder:
        tree = make_tree(Path(folder).resolve(), drivers__a=TEXT, drivers__b=OTHER)
        wire = Wire(tree)
        try:
            _Play(wire, tree).judge(in_folder(bodies, tree.as_uri()))
        finally:
            wire.close()


class _Play:
    def __init__(self, wire: Wire, folder: Path) -> None:
        self.wire, self.folder = wire, folder
        self.answers: dict[Any, list[dict[str, Any]]] = {}
        self.shown: dict[str, list[Any]] = {}
        self.random = Random(1)
        self.encoding = ""

    def judge(self, bodies: list[bytes]) -> None:
        for body in bodies:
            self.wire.send(body)
        wanted = Counter(_asked(body) for body in bodies)
        del wanted[None]
        self.wait(lambda: all(len(self.answers.get(each, ())) >= wanted[each] for each in wanted), wanted)
        texts = Texts(self.answers[0][0]["result"]["capabilities"]["positionEncoding"])
        self.encoding = texts.encoding
        for body in bodies:
            texts.take(body)
        pushes = b'"diagnostic": {}' not in bodies[0]
        self.compare(texts.known(self.folder), pushes=pushes)
        for uri in texts.all:
            self.notify("didClose", {"textDocument": {"uri": uri}})
        fresh = {(self.folder / f"drivers/{name}.rs").as_uri(): TEXT + OTHER for name in ("a", "fresh")}
        for uri, text in fresh.items():
            item = {"uri": uri, "languageId": "rust", "version": 1, "text": text}
            self.notify("didOpen", {"textDocument": item})
        self.compare(fresh, pushes=pushes)
        for each, count in wanted.items():
            assert len(self.answers[each]) == count, f"{self.answers[each]} answer one request"
        status = Path(f"/proc/{self.wire.process.pid}/status").read_text()
        peak = int(status.partition("VmHWM:")[2].split()[0])
        assert peak < _MOST_MEMORY, f"{peak} kB of memory"
        self.wire.request(_OWN, "shutdown")
        self.wait(lambda: _OWN in self.answers, {_OWN})
        self.wire.send({"jsonrpc": "2.0", "method": "exit"})
        assert self.wire.process.wait(PATIENCE) == 0
        errors = self.wire.errors()
        assert "Traceback" not in errors, errors[errors.index("Traceback") :][:3000]

    def notify(self, method: str, params: object) -> None:
        self.wire.send({"jsonrpc": "2.0", "method": f"textDocument/{method}", "params": params})

    def wait(self, holds: Any, missing: Any) -> None:
        """Take in messages until something holds; the next may be long in coming where the machine is busy."""
        while not holds():
            try:
                self.take(self.wire.receive())
            except (queue.Empty, EOFError) as error:
                lost = [each for each in missing if each not in self.answers]
                raise AssertionError(
                    f"{error!r}: unanswered: {lost}; {self.wire.errors()[-3000:]}"
                ) from error

    def take(self, got: dict[str, Any]) -> None:
        if "method" in got and "id" in got:
            answer: dict[str, Any] = {"jsonrpc": "2.0", "id": got["id"]}
            choice = self.random.choice(
                ({"result": None}, {"error": {"code": 1, "message": "no"}}, {"x": 1}, None)
            )
            if choice is not None:
                self.wire.send(answer | choice)
        elif "method" in got:
            text = json.dumps(got)
            assert not any(fault in text for fault in _FAULTS), text
            if got["method"] == "textDocument/publishDiagnostics":
                self.shown[got["params"]["uri"]] = got["params"]["diagnostics"]
        else:
            error = got.get("error") or {}
            assert error.get("code") != _INTERNAL, got
            self.answers.setdefault(got["id"], []).append(got)

    def compare(self, texts: dict[str, str], *, pushes: bool) -> None:
        """What is shown for texts is what `check` finds in them, asked for and unasked."""
        expected = checked(tuple(texts.values()))
        for uri, text in texts.items():
            number = (
                max([_OWN, *(each for each in self.answers if isinstance(each, int) and each < 2**53)]) + 1
            )
            self.wire.request(number, "textDocument/diagnostic", {"textDocument": {"uri": uri}})
            self.wait(lambda number=number: number in self.answers, {number})
            found = self.answers[number][0]["result"]["items"]
            shown = _found(found, text, self.encoding)
            assert shown == expected[text], f"{uri}: {shown} of {text!r}, not {expected[text]}"
            if pushes:
                self.wait(lambda uri=uri, found=found: self.shown.get(uri) == found, {f"findings of {uri}"})


def _asked(body: bytes) -> Any:
    """The id under which an answer must come; None where none must."""
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(message, dict) or "method" not in message:
        return None
    asked = message.get("id")
    return asked if isinstance(asked, int | str) and not isinstance(asked, bool) else None


class Texts:
    """The texts that a client believes to be open; none where what it sent leaves that open."""

    def __init__(self, encoding: str) -> None:
        """Begin with none."""
        self.encoding = encoding
        self.all: dict[str, str | None] = {}

    def known(self, folder: Path) -> dict[str, str]:
        """The texts of Rust files of a folder."""
        start = folder.as_uri() + "/"
        return {
            uri: text
            for uri, text in self.all.items()
            if text is not None and uri.isascii() and uri.startswith(start) and uri.endswith(".rs")
        }

    def take(self, body: bytes) -> None:
        """Do what a message says."""
        try:
            message = json.loads(body)
            uri = message["params"]["textDocument"]["uri"]
            method = message["method"].removeprefix("textDocument/")
        except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
            return
        if not isinstance(uri, str) or method not in ("didOpen", "didChange", "didClose"):
            return
        if method == "didChange" and self.all.get(uri) is None:
            return
        if method == "didClose" and uri not in self.all:
            return
        try:
            assert message.keys() == {"jsonrpc", "method", "params"}
            assert message["jsonrpc"] == "2.0"
            after = self._after(method, uri, message["params"])
            if after is not None:
                after.encode("utf-8")
        except (AssertionError, LookupError, TypeError, AttributeError, ValueError):
            self.all[uri] = None
            return
        if after is not None:
            self.all[uri] = after
        else:
            del self.all[uri]

    def _after(self, method: str, uri: str, params: Any) -> str | None:
        document = params["textDocument"]
        if method == "didClose":
            return None
        assert type(document["version"]) is int
        assert abs(document["version"]) < 2**31
        if method == "didOpen":
            assert isinstance(document["languageId"], str)
            assert isinstance(document["text"], str)
            return str(document["text"])
        text = self.all[uri]
        assert text is not None
        assert isinstance(params["contentChanges"], list)
        for change in params["contentChanges"]:
            assert isinstance(change["text"], str)
            assert change.keys() <= {"text", "range"}
            where = change.get("range")
            assert where is not None or "range" not in change
            if where is None:
                text = change["text"]
                continue
            start, end = (offset(text, where[each], self.encoding) for each in ("start", "end"))
            assert start <= end
            text = text[:start] + change["text"] + text[end:]
        return text


def offset(text: str, place: Any, encoding: str) -> int:
    """The character at a place, counted by what the protocol says and by nothing of rfl-lint's."""
    line, column = place["line"], place["character"]
    assert type(line) is int
    assert type(column) is int
    assert min(line, column) >= 0
    assert max(line, column) < 2**31
    starts = [0, *(found.end() for found in _LINE_END.finditer(text))]
    if line >= len(starts):
        return len(text)
    ends = [*(found.start() for found in _LINE_END.finditer(text)), len(text)]
    at = starts[line]
    while at < ends[line]:
        column -= len(text[at].encode(_WIDTHS[encoding])) // _UNITS[encoding]
        if column < 0:
            break
        at += 1
    return at


def _found(items: list[Any], text: str, encoding: str) -> list[Shown]:
    return sorted(
        (
            offset(text, item["range"]["start"], encoding),
            offset(text, item["range"]["end"], encoding),
            item["code"],
            item["message"].partition("\nhelp: ")[0],
        )
        for item in items
    )


def checked(texts: tuple[str, ...]) -> dict[str, list[Shown]]:
    """What `check` finds in each of some texts, each as a driver of its own."""
    return {text: _checked(text) for text in texts}


@lru_cache(maxsize=1000)
def _checked(text: str) -> list[Shown]:
    with tempfile.TemporaryDirectory() as folder:
        file = make_tree(Path(folder)) / "drivers" / "x.rs"
        file.parent.mkdir()
        file.write_bytes(text.encode("utf-8"))
        command = [sys.executable, "-m", "rfl_lint", "check", "--isolated", "--no-cache", "--exit-zero"]
        done = subprocess.run(
            [*command, "--output-format", "json", str(file)], capture_output=True, check=True, cwd=folder
        )
    starts = [0, *(found.end() for found in re.finditer("\n", text))]
    starts[0] += text.startswith("\ufeff")  # of which an editor knows, and no column of `check`
    return sorted(
        (
            starts[each["line"] - 1] + each["column"] - 1,
            starts[each["end_line"] - 1] + each["end_column"] - 1,
            each["rule"],
            each["message"],
        )
        for each in json.loads(done.stdout)["findings"]
    )
