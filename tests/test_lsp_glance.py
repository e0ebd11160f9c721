"""What the client is told while somebody types, and when the typing stops."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from rfl_lint.cli.settings import CheckRequest, prepare
from rfl_lint.live import LiveTree
from rfl_lint.source import SourceFile
from rfl_lint.tree import read_tree
from tests.editor import PULLED, Editor, at, editing
from tests.wire import make_tree

SLEEPS = "sleep-in-atomic-context"
MISSING = "missing-safety-comment"
TEXT = """\
use kernel::sync::SpinLock;

pub fn nap() {
}

fn f(lock: &SpinLock<u32>) {
    let guard = lock.lock();
    nap();
    drop(guard);
}
"""
NAP = "    unsafe { bindings::msleep(1) };\n"


def tree(folder: Path) -> Path:
    locks = "pub struct SpinLock<T>(T);\n"
    make_tree(folder, samples__a=TEXT, samples__lib="mod a;\n", rust__kernel__sync=locks)
    return folder / "samples/a.rs"


def codes(found: Any) -> list[str]:
    return sorted(str(each.code) for each in found if each.code in (SLEEPS, MISSING))


def published(editor: Editor) -> list[tuple[int, list[str]]]:
    """What is published from now on: versions and codes."""
    seen: list[tuple[int, list[str]]] = []
    features = editor.client.protocol.fm.features
    before = features["textDocument/publishDiagnostics"]

    def heard(params: Any) -> None:
        seen.append((params.version, codes(params.diagnostics)))
        before(params)

    features["textDocument/publishDiagnostics"] = heard
    return seen


def test_the_edited_function_is_told_at_once_and_what_follows_for_others_soon_after(tmp_path: Path) -> None:
    async def scenario() -> None:
        file = tree(tmp_path)
        async with editing(tmp_path) as editor:
            uri = editor.open(file)
            await editor.until(lambda: editor.client.diagnostics.get(uri) is not None)
            seen = published(editor)
            editor.change(uri, NAP, at(3, 0))
            await editor.until(lambda: seen and seen[-1] == (2, [MISSING, SLEEPS]))
            assert seen == [(2, [MISSING]), (2, [MISSING, SLEEPS])]
            editor.change(uri, "", at(3, 0, len(NAP) - 1))
            await editor.until(lambda: seen[-1] == (3, []))
            assert seen[2:] == [(3, [SLEEPS]), (3, [])]

    asyncio.run(scenario())


def test_whoever_asks_gets_all_of_it(tmp_path: Path) -> None:
    async def scenario() -> None:
        file = tree(tmp_path)
        async with editing(tmp_path, PULLED) as editor:
            uri = editor.open(file)
            assert codes((await editor.pulled(uri)).items) == []
            for number, character in enumerate(NAP):
                editor.change(uri, character, at(3, number))
            assert codes((await editor.pulled(uri)).items) == [MISSING, SLEEPS]

    asyncio.run(scenario())


def test_keys_that_come_fast_end_in_what_a_look_finds(tmp_path: Path) -> None:
    async def scenario() -> None:
        file = tree(tmp_path)
        async with editing(tmp_path) as editor:
            uri = editor.open(file)
            await editor.until(lambda: editor.client.diagnostics.get(uri) is not None)
            seen = published(editor)
            for number, character in enumerate(NAP):
                editor.change(uri, character, at(3, number))
                await asyncio.sleep(0.02 if number % 7 else 0.3)
            last = 1 + len(NAP)
            await editor.until(lambda: seen and seen[-1] == (last, [MISSING, SLEEPS]))

    asyncio.run(scenario())


def test_a_look_that_is_ended_leaves_nothing_half_done(tmp_path: Path) -> None:
    path = tree(tmp_path).relative_to(tmp_path).as_posix()
    live = LiveTree(read_tree(tmp_path), prepare(CheckRequest(isolated=True, no_cache=True)).plan)
    live.put(SourceFile(path, TEXT.replace("{\n}", "{\n" + NAP + "}").encode()))
    live.build()
    live.include([path])
    whole = live.lint(path)
    assert whole is not None
    assert {SLEEPS, MISSING} <= {each.rule for each in whole.findings}

    class Ended(BaseException):
        """The client has typed."""

    for count in range(0, 20, 5):
        left = iter(range(count))

        def go_on(left: Any = left) -> None:
            if next(left, None) is None:
                raise Ended

        live.put(SourceFile(path, whole.sources[0].data))
        with pytest.raises(Ended):
            live.lint(path, go_on)
        assert live.lint(path) == whole


def test_what_somebody_else_had_looked_at_is_told_too(tmp_path: Path) -> None:
    async def scenario() -> None:
        file = tree(tmp_path)
        async with editing(tmp_path, options={"codeLens": True}) as editor:
            uri = editor.open(file)
            await editor.until(lambda: editor.client.diagnostics.get(uri) is not None)
            seen = published(editor)
            params = types.CodeLensParams(types.TextDocumentIdentifier(uri))
            whole_line = at(3, 0, len(NAP) - 1)
            for version, text, where in ((2, NAP, at(3, 0)), (3, "", whole_line), (4, NAP, at(3, 0))):
                editor.change(uri, text, where)
                await editor.ask(editor.client.text_document_code_lens_async(params))
                expected = (version, [MISSING, SLEEPS] if text else [])
                await editor.until(partial(lambda last: seen and seen[-1] == last, expected))

    asyncio.run(scenario())
