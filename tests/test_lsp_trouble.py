"""What goes wrong, and what the language server says of it: it lives on."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from tests.editor import PULLED, at, editing
from tests.wire import PATIENCE, SERVER, Wire, make_tree

UNSAFE = "fn f(p: *const u8) -> u8 {\n    unsafe { *p }\n}\n"
MISSING = "missing-safety-comment"


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[Wire]:
    wire = Wire(make_tree(tmp_path, drivers__a=UNSAFE))
    wire.request(1, "initialize", {"processId": None, "rootUri": tmp_path.as_uri(), "capabilities": {}})
    assert (
        wire.until(lambda each: each.get("id") == 1)["result"]["capabilities"]["positionEncoding"] == "utf-16"
    )
    wire.send({"jsonrpc": "2.0", "method": "initialized", "params": {}})
    yield wire
    wire.close()


def lives(wire: Wire, folder: Path) -> bool:
    """Whether a file is still looked at."""
    uri = (folder / "drivers/a.rs").as_uri()
    item = {"uri": uri, "languageId": "rust", "version": 1, "text": UNSAFE}
    wire.send({"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": item}})
    shown = wire.until(
        lambda each: each.get("method") == "textDocument/publishDiagnostics" and each["params"]["uri"] == uri
    )
    return [each["code"] for each in shown["params"]["diagnostics"]] == [MISSING]


def test_the_end_of_its_input_ends_it(wire: Wire) -> None:
    assert wire.end() == 0


def test_leaving_is_in_order_after_shutdown_only(wire: Wire) -> None:
    wire.request(2, "shutdown")
    assert wire.until(lambda each: each.get("id") == 2)["result"] is None
    wire.send({"jsonrpc": "2.0", "method": "exit"})
    assert wire.process.wait(PATIENCE) == 0


def test_malformed_messages_are_told_and_survived(wire: Wire, tmp_path: Path) -> None:
    for body in (b"{", b"[]", b'"text"', b"{}", b"\xff\xfe", b'{"jsonrpc": "2.0", "method": 5}'):
        wire.send(body)
    codes = [wire.until(lambda each: "error" in each)["error"]["code"] for _ in range(5)]
    assert codes == [-32700, -32600, -32600, -32600, -32700]
    assert lives(wire, tmp_path)
    assert wire.end() == 0


def test_unknown_methods_are_answered_and_unknown_notifications_dropped(wire: Wire, tmp_path: Path) -> None:
    wire.send({"jsonrpc": "2.0", "method": "$/unheardOf", "params": {}})
    wire.request(7, "textDocument/unheardOf", {})
    assert wire.until(lambda each: each.get("id") == 7)["error"]["code"] == -32601
    wire.request(8, "textDocument/hover", {"position": "nowhere"})
    assert wire.until(lambda each: each.get("id") == 8)["error"]["code"] == -32602
    assert lives(wire, tmp_path)


def test_requests_about_what_is_not_open_have_empty_answers(wire: Wire, tmp_path: Path) -> None:
    place: dict[str, Any] = {
        "textDocument": {"uri": "file:///no/such.rs"},
        "position": {"line": 5, "character": 5},
    }
    where = {"start": place["position"], "end": place["position"]}
    for number, (method, more) in enumerate(
        [
            ("hover", {}),
            ("codeAction", {"range": where, "context": {"diagnostics": []}}),
            ("codeLens", {}),
            ("inlayHint", {"range": where}),
            ("diagnostic", {}),
        ]
    ):
        wire.request(10 + number, f"textDocument/{method}", {**place, **more})
        answer = wire.until(lambda each, number=number: each.get("id") == 10 + number)  # type: ignore[misc]
        assert not (answer["result"] or {}).get("items") if method == "diagnostic" else not answer["result"]
    change = {"textDocument": {"uri": "file:///no/such.rs", "version": 2}, "contentChanges": [{"text": "x"}]}
    wire.send({"jsonrpc": "2.0", "method": "textDocument/didChange", "params": change})
    wire.until(
        lambda each: each.get("method") == "window/logMessage" and "not open" in each["params"]["message"]
    )
    assert lives(wire, tmp_path)


def test_a_request_can_be_cancelled(wire: Wire, tmp_path: Path) -> None:
    assert lives(wire, tmp_path)
    wire.request(20, "workspace/diagnostic", {"previousResultIds": []})
    wire.send({"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": 20}})
    answer = wire.until(lambda each: each.get("id") == 20)
    assert answer.get("error", {}).get("code") == -32800 or "result" in answer
    wire.send({"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": 999}})
    assert wire.end() == 0


def test_a_rule_that_fails_is_told_and_the_others_go_on(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text(
        "from rfl_lint.plugin import Meta, Rule, Severity\n\n\n"
        "class BrokenRule(Rule):\n    '''It breaks.'''\n\n"
        "    meta = Meta(name='broken-rule', group='mine', summary='breaks', severity=Severity.NOTE, since='1')\n\n"
        "    def check_file(self, cx):\n        print('noise')\n        raise ValueError('at ' + cx.path)\n"
        "        yield\n"
    )
    (tmp_path / "rfl-lint.toml").write_text('plugins = ["broken.py"]\n')
    server = [*(each for each in SERVER if each != "--isolated"), "--trust-plugins"]

    async def scenario() -> None:
        file = make_tree(tmp_path, drivers__a=UNSAFE) / "drivers/a.rs"
        async with editing(tmp_path, server=server) as editor:
            await editor.pushed(editor.open(file), MISSING)
            assert any(
                "broken-rule failed: ValueError: at drivers/a.rs" in each for each in editor.messages()
            )

    asyncio.run(scenario())


def test_a_handler_that_fails_is_told_and_the_server_lives(tmp_path: Path) -> None:
    program = (
        "import rfl_lint.lsp.server as s\n"
        "def fail(*a): raise ValueError('hover is broken')\n"
        "s.hover = fail\n"
        "from rfl_lint.lsp.project import Project\n"
        "real = Project.check\n"
        "def check(self, file, *rest):\n"
        "    if file.name == 'b.rs': raise ValueError('check is broken')\n"
        "    return real(self, file, *rest)\n"
        "Project.check = check\n"
        "from rfl_lint.cli.server import *\nrun_server(ServerRequest(isolated=True))\n"
    )

    async def scenario() -> None:
        make_tree(tmp_path, drivers__a=UNSAFE, drivers__b=UNSAFE)
        async with editing(tmp_path, server=[sys.executable, "-c", program]) as editor:
            uri = editor.open(tmp_path / "drivers/a.rs")
            with pytest.raises(Exception, match="hover is broken"):
                await editor.hover(uri, 0, 1)
            editor.open(tmp_path / "drivers/b.rs")
            await editor.until(lambda: any("check is broken" in each for each in editor.messages()))
            editor.change(uri, "// \n", at(0, 0))
            await editor.pushed(uri, MISSING)

    asyncio.run(scenario())


def test_addresses_that_are_no_files_are_left_alone(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with editing(make_tree(tmp_path, drivers__a=UNSAFE)) as editor:
            for uri in (
                "untitled:Untitled-1",
                "git:/a.rs?ref=HEAD",
                "file:relative.rs",
                "file:///%00.rs",
                "nonsense",
            ):
                editor.open(uri, UNSAFE)
                editor.change(uri, "x", at(0, 0))
                assert await editor.hover(uri, 1, 5) == ""
            await editor.until(
                lambda: any("untitled:Untitled-1" in each.message for each in editor.client.log_messages)
            )
            await editor.pushed(editor.open(tmp_path / "drivers/a.rs"), MISSING)
            assert list(editor.client.diagnostics) == [(tmp_path / "drivers/a.rs").as_uri()]

    asyncio.run(scenario())


def test_a_file_may_vanish_while_it_is_open(tmp_path: Path) -> None:
    async def scenario() -> None:
        file = make_tree(tmp_path, drivers__a=UNSAFE) / "drivers/a.rs"
        async with editing(tmp_path) as editor:
            uri = editor.open(file)
            await editor.pushed(uri, MISSING)
            file.unlink()
            event = types.FileEvent(uri, types.FileChangeType.Deleted)
            editor.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([event]))
            editor.change(uri, UNSAFE + UNSAFE)
            await editor.pushed(uri, MISSING, MISSING)
            editor.client.text_document_did_close(
                types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri))
            )
            await editor.pushed(uri)

    asyncio.run(scenario())


def test_files_that_were_never_on_disk_or_are_no_kernels_are_looked_at(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with editing(tmp_path) as editor:
            await editor.pushed(editor.open(tmp_path / "new folder" / "ü 🦀.rs", UNSAFE), MISSING)

    asyncio.run(scenario())


def test_a_huge_text_is_refused_in_words(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with editing(make_tree(tmp_path)) as editor:
            line = "// nothing to see here, and much of it, again and again and again\n"
            uri = editor.open(tmp_path / "drivers/huge.rs", line * (50_000_000 // len(line)))
            (found,) = await editor.pushed(uri, "file-not-analysed")
            assert "larger than 2,000,000 bytes" in found.message
            editor.change(uri, "x", at(500_000, 3))
            assert await editor.hover(uri, 1, 1) == ""
            editor.change(uri, UNSAFE)
            await editor.pushed(uri, MISSING)

    asyncio.run(scenario())


def test_without_its_packages_it_says_which_to_install(tmp_path: Path) -> None:
    program = (
        "import sys\nsys.modules['pygls'] = None\n"
        "from rfl_lint.__main__ import main\nsys.argv[1:] = ['server']\nsys.exit(main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 2
    assert "pip install '.[lsp]'" in done.stderr
    assert done.stdout == ""


def test_a_configuration_that_cannot_be_read_is_told_once_and_fails_no_request(tmp_path: Path) -> None:
    server = [each for each in SERVER if each != "--isolated"]

    async def scenario() -> None:
        file = make_tree(tmp_path, drivers__a=UNSAFE) / "drivers/a.rs"
        async with editing(tmp_path, PULLED, server=server) as editor:
            uri = editor.open(file)
            assert [each.code for each in (await editor.pulled(uri)).items] == [MISSING]
            (tmp_path / "rfl-lint.toml").write_text("ignor = 3\n")
            config = (tmp_path / "rfl-lint.toml").as_uri()
            event = types.FileEvent(config, types.FileChangeType.Created)
            editor.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([event]))
            await editor.until(editor.messages)
            whole = editor.client.workspace_diagnostic_async(types.WorkspaceDiagnosticParams([]))
            assert list((await editor.ask(whole)).items) == []
            assert [each.code for each in (await editor.pulled(uri)).items] == [MISSING]
            (told,) = editor.messages()
            assert told.endswith("rfl-lint.toml: ignor: no such key; did you mean `ignore`?")

    asyncio.run(scenario())
