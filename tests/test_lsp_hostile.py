"""Messages and bytes that no client sends: each request is answered, nothing is believed, and what ends it is told.

`make fuzz FUZZ_ARGS='--target lsp'` plays sessions for as long as one likes; what broke something is kept in
fixtures/messages, a body on each line.
"""

from __future__ import annotations

import io
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfl_lint.lsp.addresses import file_at, file_of, uri_of
from rfl_lint.lsp.framing import MOST_BODY, MOST_HEADER, BrokenFramingError, bodies
from tests.conftest import ROOT
from tests.fuzzing.messages import TEXT, session
from tests.fuzzing.sessions import judge_messages
from tests.wire import PATIENCE, SERVER, Wire, make_tree

KEPT = sorted((ROOT / "fixtures" / "messages").iterdir())
BEGIN = b'{"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {"capabilities": {}}}'
# As long as the other, so that what was parsed of one could be taken for a part of the other.
SAFE = TEXT.replace("unsafe", "      ")
WHOLE = b"Content-Length: %d\r\n\r\n" % len(BEGIN) + BEGIN


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_what_broke_something_does_so_no_more(path: Path) -> None:
    judge_messages(path.read_bytes().removesuffix(b"\n"))


@pytest.mark.parametrize("seed", [1, 2])
def test_a_moment_of_hostile_messages(seed: int) -> None:
    judge_messages(session(Random(seed), 120))


# Where messages begin and end.


class Trickle(io.RawIOBase):
    """Bytes that come in small portions, and an end that comes late; counts what is asked for at once."""

    def __init__(self, data: bytes, portion: int) -> None:
        self.data, self.portion, self.most = data, portion, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        self.most = max(self.most, len(buffer))
        part, self.data = self.data[: min(self.portion, len(buffer))], self.data[self.portion :]
        buffer[: len(part)] = part
        return len(part)


NAMES = st.sampled_from(["Content-Length", "content-length", "CONTENT-LENGTH"])
MESSAGES = st.lists(st.tuples(st.binary(max_size=50), NAMES, st.sampled_from(["\n", "\r\n"]), st.booleans()))


@given(MESSAGES)
def test_bodies_come_back_as_they_were_sent(messages: list[tuple[bytes, str, str, bool]]) -> None:
    sent = b"".join(
        f"{end if more else ''}{name}: {len(body)}{end}{f'Content-Type: x{end}' if more else ''}{end}".encode()
        + body
        for body, name, end, more in messages
    )
    assert list(bodies(io.BytesIO(sent))) == [body for body, _, _, _ in messages]


@given(st.binary(max_size=200))
def test_any_bytes_are_bodies_or_broken(data: bytes) -> None:
    try:
        found = list(bodies(io.BytesIO(data)))
    except BrokenFramingError:
        return
    assert sum(map(len, found)) <= len(data)


BROKEN = {
    "no length": (b"Content-Type: x\r\n\r\n{}", "without a Content-Length"),
    "two lengths": (b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", "a Content-Length that is none"),
    "a negative length": (b"Content-Length: -2\r\n\r\n{}", "a Content-Length that is none"),
    "a length in words": (b"Content-Length: two\r\n\r\n{}", "a Content-Length that is none"),
    "a length in other digits": ("Content-Length: ٣\r\n\r\n{}".encode(), "a Content-Length that is none"),
    "a huge length": (b"Content-Length: %d\r\n\r\n{}" % (MOST_BODY + 1), "more than 268,435,456 bytes"),
    "a length of many digits": (b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n{}", "more than 268,435,456 bytes"),
    "a length that is too small": (b"Content-Length: 5\r\n\r\n" + BEGIN + WHOLE, "what is no header"),
    "a length that is too large": (b"Content-Length: 9000\r\n\r\n" + BEGIN, "the end, in the middle of a message"),
    "a header without end": (b"X: y\r\n" * MOST_HEADER, "a header of more than 8,192 bytes"),
    "a line without end": (b"X: " + b"y" * 10 * MOST_HEADER, "a header of more than 8,192 bytes"),
    "a cut header": (b"Content-Length: 5\r\n", "the end, in the middle of a message"),
    "a cut line": (b"Content-Le", "the end, in the middle of a message's header"),
    "a cut body": (WHOLE[:-1], "the end, in the middle of a message"),
    "no protocol": (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "what is no header"),
    "noise": (bytes(range(256)) * 100, "what is no header"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_broken_framing_is_told(name: str) -> None:
    data, said = BROKEN[name]
    with pytest.raises(BrokenFramingError, match=said):
        list(bodies(io.BytesIO(data)))


def test_nothing_is_set_aside_for_what_has_not_come() -> None:
    stream = Trickle(b"Content-Length: %d\r\n\r\nshort" % MOST_BODY, 7)
    with pytest.raises(BrokenFramingError, match="in the middle"):
        list(bodies(io.BufferedReader(stream)))  # type: ignore[type-var]
    assert stream.most <= 2**20


@pytest.mark.parametrize(
    "name", ["a huge length", "a length that is too small", "a line without end", "a cut body"]
)
def test_broken_framing_ends_the_server_in_words(tmp_path: Path, name: str) -> None:
    data, said = BROKEN[name]
    wire = Wire(tmp_path)
    try:
        wire.write(WHOLE)
        wire.until(lambda each: each.get("id") == 0)
        wire.write(data)
        assert wire.end() == 2
        assert wire.errors() == f"rfl-lint: the client sent {wire.errors().partition('sent ')[2]}"
        assert said in wire.errors()
    finally:
        wire.close()


def test_a_client_that_takes_no_messages_any_more_ends_it(tmp_path: Path) -> None:
    process = subprocess.Popen(
        SERVER, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    process.stdin.write(WHOLE)
    process.stdin.flush()
    assert process.wait(PATIENCE) == 0
    assert process.stderr.read() == b""
    process.stdin.close()
    process.stderr.close()


# What a session may be asked, and when.


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[Wire]:
    wire = Wire(make_tree(tmp_path, drivers__a=TEXT))
    yield wire
    wire.close()


def code(wire: Wire, number: object, message: object) -> int:
    """The error that a message is answered with."""
    wire.send(message)
    answer = wire.until(lambda each: "id" in each and "method" not in each)
    assert answer["id"] == number, answer
    return int(answer["error"]["code"])


def asked(method: object, number: object = 7, **params: object) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


def test_each_wrong_message_has_its_own_error(wire: Wire) -> None:
    place = {"textDocument": {"uri": "x"}, "position": {"line": 0, "character": 0}}
    assert code(wire, 7, asked("textDocument/hover", **place)) == -32002
    wire.send(BEGIN)
    wire.until(lambda each: each.get("id") == 0)
    assert code(wire, 0, BEGIN) == -32600
    assert code(wire, None, b"{") == -32700
    assert code(wire, None, b"[]") == -32600
    assert code(wire, 7, {"id": 7, "method": "shutdown"}) == -32600
    assert code(wire, None, asked("textDocument/hover", 0.5, **place)) == -32600
    assert code(wire, None, asked("textDocument/hover", None, **place)) == -32600
    assert code(wire, 7, asked("textDocument/hover", position=1)) == -32602
    assert code(wire, 7, asked(["textDocument/hover"])) == -32601
    assert code(wire, 7, asked("textDocument/didOpen")) == -32601
    assert code(wire, 7, asked("workspace/executeCommand", command="rfl-lint.explain")) == -32602
    assert code(wire, 7, asked("workspace/executeCommand", command="rm")) == -32602
    wire.request(8, "shutdown")
    assert wire.until(lambda each: each.get("id") == 8)["result"] is None
    assert code(wire, 7, asked("textDocument/hover", **place)) == -32600
    wire.send({"jsonrpc": "2.0", "method": "exit"})
    assert wire.process.wait(PATIENCE) == 0
    assert wire.errors() == ""


def test_two_addresses_of_one_file_are_two_texts(wire: Wire, tmp_path: Path) -> None:
    wire.send(BEGIN)
    uri = (tmp_path / "drivers/a.rs").as_uri()
    shown: dict[str, str] = {}
    for number, (address, text) in enumerate(((uri, TEXT), (uri.replace("a.rs", "%61.rs"), SAFE))):
        item = {"uri": address, "languageId": "rust", "version": 1, "text": text}
        wire.send({"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": item}})
        wire.request(number + 1, "textDocument/diagnostic", {"textDocument": {"uri": address}})
        wire.until(lambda each, number=number: each.get("id") == number + 1)  # type: ignore[misc]
        shown[address] = text
    edit = {
        "range": {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}},
        "text": "fn x() { unsafe { y() } }\n",
    }
    for number, address in enumerate(shown, start=5):
        change = {"textDocument": {"uri": address, "version": 2}, "contentChanges": [edit]}
        wire.send({"jsonrpc": "2.0", "method": "textDocument/didChange", "params": change})
        wire.request(number, "textDocument/diagnostic", {"textDocument": {"uri": address}})
        answer = wire.until(lambda each, number=number: each.get("id") == number)  # type: ignore[misc]
        lines = [each["range"]["start"]["line"] for each in answer["result"]["items"]]
        assert lines == ([0, 2] if shown[address] == TEXT else [0])
    assert wire.end() == 0


# Addresses.


@given(st.binary(min_size=1, max_size=30))
def test_every_name_of_a_file_has_an_address(name: bytes) -> None:
    path = os.path.normpath("/" + os.fsdecode(name.replace(b"\0", b"").replace(b"/", b"_")))
    assert uri_of(path).isascii()
    assert file_of(uri_of(path)) == Path(path) == file_at(path)


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:///a/%C3%BC.rs", "/a/ü.rs"),
        ("file:///a/ü.rs", "/a/ü.rs"),
        ("file://localhost/a.rs", "/a.rs"),
        ("file:/a.rs", "/a.rs"),
        ("file:////a//b/./c/../d.rs", "/a/b/d.rs"),
        ("file:///a/b%23c.rs?x#y", "/a/b#c.rs"),
        ("file:///a/../../..", "/"),
        ("file://host/a.rs", None),
        ("file://[/a.rs", None),
        ("file:a.rs", None),
        ("file:///%00.rs", None),
        ("file:///\ud800.rs", None),
        ("FILE:", None),
        ("file:", None),
        ("", None),
    ],
)
def test_addresses_of_files(uri: str, path: str | None) -> None:
    assert file_of(uri) == (Path(path) if path is not None else None)


def test_a_name_that_is_no_utf_8_fails_no_request(wire: Wire, tmp_path: Path) -> None:
    (tmp_path / "drivers" / os.fsdecode(b"\xff.rs")).write_text(TEXT)
    begin = BEGIN.replace(b'"capabilities"', f'"rootUri": "{tmp_path.as_uri()}", "capabilities"'.encode())
    wire.send(begin)
    wire.request(3, "workspace/diagnostic", {"previousResultIds": []})
    items = wire.until(lambda each: each.get("id") == 3)["result"]["items"]
    found = {each["uri"].rpartition("/")[2]: len(each["items"]) for each in items}
    assert found["%FF.rs"] == found["a.rs"] == 1


def test_it_ends_soon_after_its_input_whatever_it_is_at(wire: Wire, tmp_path: Path) -> None:
    wire.send(BEGIN)
    item = {"uri": (tmp_path / "big.rs").as_uri(), "languageId": "rust", "version": 1, "text": TEXT * 10_000}
    wire.send({"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": item}})
    wire.until(lambda each: each.get("id") == 0)
    begun = time.monotonic()
    assert wire.end() == 0
    assert time.monotonic() - begun < PATIENCE / 2
