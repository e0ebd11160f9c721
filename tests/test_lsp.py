"""Sessions of an editor with the language server."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

import pytest
from lsprotocol import types

from tests.editor import PULLED, PUSHED, at, editing
from tests.wire import SERVER, make_tree

UNSAFE = "fn f(p: *const u8) -> u8 {\n    /* 🦀 */ unsafe { *p }\n}\n"
MISSING = "missing-safety-comment"
FINE = "fn f(p: *const u8) -> u8 {\n    // SAFETY: `p` is valid.\n    unsafe { *p }\n}\n"


def test_findings_come_and_go_with_what_is_typed(tmp_path: Path) -> None:
    async def scenario() -> None:
        file = make_tree(tmp_path, drivers__a=UNSAFE) / "drivers/a.rs"
        async with editing(tmp_path) as editor:
            uri = editor.open(file)
            (found,) = await editor.pushed(uri, MISSING)
            assert found.source == "rfl-lint"
            assert found.severity is types.DiagnosticSeverity.Warning
            assert found.message.startswith("unsafe block has no `SAFETY:` comment\nhelp: ")
            editor.change(uri, "    // SAFETY: `p` is valid.\n", at(1, 0))
            await editor.pushed(uri)
            editor.change(uri, "", types.Range(types.Position(1, 0), types.Position(2, 0)))
            await editor.pushed(uri, MISSING)
            editor.client.text_document_did_close(
                types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri))
            )
            await editor.pushed(uri)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("offered", "agreed", "column"),
    [
        ((), "utf-16", 13),
        (("utf-16", "utf-8"), "utf-8", 15),
        (("utf-32", "utf-16"), "utf-32", 12),
        (("utf-16",), "utf-16", 13),
    ],
)
def test_columns_count_what_was_agreed_on(
    tmp_path: Path, offered: tuple[str, ...], agreed: str, column: int
) -> None:
    async def scenario() -> None:
        file = make_tree(tmp_path, drivers__a=UNSAFE) / "drivers/a.rs"
        async with editing(tmp_path, encodings=offered) as editor:
            assert editor.capabilities.position_encoding == agreed
            uri = editor.open(file)
            (found,) = await editor.pushed(uri, MISSING)
            assert found.range == at(1, column, column + len("unsafe"))
            editor.change(uri, "u8", at(0, 15, 17))  # an edit behind which everything stays where it is
            editor.change(uri, " // SAFETY: é 🦀\n", at(1, column - 1, column - 1))
            await editor.pushed(uri)

    asyncio.run(scenario())


def test_a_client_that_pulls_is_not_pushed_to(tmp_path: Path) -> None:
    async def scenario() -> None:
        file = make_tree(tmp_path, drivers__a=UNSAFE, drivers__b=FINE) / "drivers/a.rs"
        async with editing(tmp_path, PULLED) as editor:
            assert editor.capabilities.diagnostic_provider.inter_file_dependencies
            uri = editor.open(file)
            report = await editor.pulled(uri)
            assert [each.code for each in report.items] == [MISSING]
            again = await editor.pulled(uri, report.result_id)
            assert (again.kind, again.result_id) == ("unchanged", report.result_id)
            editor.change(uri, FINE)
            assert list((await editor.pulled(uri, report.result_id)).items) == []
            assert editor.client.diagnostics == {}

    asyncio.run(scenario())


def test_all_files_of_the_workspace_are_pulled(tmp_path: Path) -> None:
    async def scenario() -> None:
        make_tree(tmp_path, drivers__a=UNSAFE, drivers__b=FINE)
        async with editing(tmp_path, PULLED) as editor:
            open_one = editor.open(tmp_path / "drivers/b.rs", UNSAFE + UNSAFE)
            ask = editor.client.workspace_diagnostic_async
            first = await editor.ask(ask(types.WorkspaceDiagnosticParams([])))
            found = {each.uri: (each.version, len(each.items)) for each in first.items}
            uris = [
                (tmp_path / name).as_uri() for name in ("drivers/a.rs", "drivers/b.rs", "rust/kernel/lib.rs")
            ]
            assert found == dict(zip(uris, [(None, 1), (1, 2), (None, 0)], strict=True))
            known = [types.PreviousResultId(each.uri, each.result_id) for each in first.items]
            editor.change(open_one, FINE)
            second = await editor.ask(ask(types.WorkspaceDiagnosticParams(known)))
            assert {each.uri: each.kind for each in second.items} == dict(
                zip(uris, ["unchanged", "full", "unchanged"], strict=True)
            )

    asyncio.run(scenario())


def test_the_workspace_is_not_pulled_where_it_is_turned_off(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with editing(make_tree(tmp_path), PULLED, options={"workspaceDiagnostics": False}) as editor:
            assert editor.capabilities.diagnostic_provider.workspace_diagnostics is False

    asyncio.run(scenario())


def test_a_fix_is_offered_and_mends_the_finding(tmp_path: Path) -> None:
    async def scenario() -> None:
        file = make_tree(tmp_path, drivers__a=UNSAFE.replace("\n", "\r\n")) / "drivers/a.rs"
        async with editing(tmp_path) as editor:
            text = file.read_bytes().decode()
            uri = editor.open(file, text)
            (found,) = await editor.pushed(uri, MISSING)
            offered = await editor.actions(uri, found.range, "quickfix")
            assert list(offered) == [
                "Insert a SAFETY comment (missing-safety-comment, to be reviewed)",
                "Allow missing-safety-comment here, with a reason",
                "Explain missing-safety-comment",
            ]
            left = [["empty-safety-comment"], []]  # a comment that is to be completed
            for title, expected in zip(offered, left, strict=False):
                (edit,) = offered[title].edit.changes[uri]
                assert edit.new_text.count("\n") == edit.new_text.count("\r\n") == 1
                editor.change(uri, edit.new_text, edit.range)
                await editor.pushed(uri, *expected)
                editor.change(uri, text)
                await editor.pushed(uri, MISSING)
            assert await editor.actions(uri, at(0, 0), "quickfix") == {}

    asyncio.run(scenario())


def test_everything_is_fixed_at_once(tmp_path: Path) -> None:
    text = 'use kernel::prelude::*;\n\nfn a() {\n    pr_info!("one");\n    pr_warn!("two");\n}\n\n'

    async def scenario() -> None:
        file = make_tree(tmp_path, drivers__a=text + UNSAFE) / "drivers/a.rs"
        async with editing(tmp_path, "visual_studio_code") as editor:
            uri = editor.open(file)
            await editor.pushed(uri, "log-without-newline", "log-without-newline", MISSING)
            (action,) = (await editor.actions(uri, at(0, 0), "source.fixAll")).values()
            assert action.kind == "source.fixAll.rfl-lint"
            if action.edit is None:
                action = await editor.ask(editor.client.code_action_resolve_async(action))
            (change,) = action.edit.document_changes
            assert change.text_document.version == 1
            for edit in sorted(change.edits, key=lambda edit: edit.range.start.line, reverse=True):
                editor.change(uri, edit.new_text, edit.range)
            await editor.pushed(uri, MISSING)

    asyncio.run(scenario())


def test_a_rule_is_explained(tmp_path: Path) -> None:
    async def scenario() -> None:
        file = make_tree(tmp_path, drivers__a=UNSAFE) / "drivers/a.rs"
        async with editing(tmp_path, "visual_studio_code") as editor:
            (found,) = await editor.pushed(editor.open(file), MISSING)
            page = Path(found.code_description.href.removeprefix("file://"))
            command = types.ExecuteCommandParams("rfl-lint.explain", [MISSING])
            text = await editor.ask(editor.client.workspace_execute_command_async(command))
            assert text.startswith(f"# {MISSING}\n")
            assert page.read_text() == text
            await editor.until(lambda: editor.client.shown_documents or editor.messages())
            unknown = types.ExecuteCommandParams("rfl-lint.explain", ["no-such-rule"])
            assert await editor.ask(editor.client.workspace_execute_command_async(unknown)) is None
            await editor.until(lambda: any("no-such-rule" in each for each in editor.messages()))
        assert not page.exists()

    asyncio.run(scenario())


HOVERED = """\
use kernel::prelude::*;
use kernel::sync::{Mutex, SpinLock};

/// # Safety
///
/// - `p` must be valid for writes.
/// - Nobody else writes to it.
unsafe fn poke(p: *mut u8) {}

struct Dev {
    list: SpinLock<u32>,
    slow: Mutex<u32>,
}

impl Dev {
    fn nap(&self) {
        let _slow = self.slow.lock();
    }

    fn go(&self, p: *mut u8) {
        let guard = self.list.lock();
        self.nap();
        // rfl-lint: allow(missing-safety-comment): tried.
        unsafe { poke(p) };
        #[allow(clippy::undocumented_unsafe_blocks)]
        unsafe { poke(p) };
        drop(guard);
    }
}
"""


def place_of(text: str, needle: str, which: int = 0) -> tuple[int, int]:
    """Line and column, from 0, one behind the beginning of what is looked for."""
    at_ = -1
    for _ in range(which + 1):
        at_ = text.index(needle, at_ + 1)
    return text.count("\n", 0, at_), at_ - text.rfind("\n", 0, at_)


@pytest.mark.parametrize(
    ("needle", "which", "said"),
    [
        (
            "poke(p)",
            0,
            [
                "**`poke` requires**",
                "- `p` must be valid for writes.",
                "- Nobody else",
                "drivers/a.rs:4](file:",
            ],
        ),
        ("unsafe {", 0, ["**`poke` requires**"]),
        (
            "nap()",
            0,
            ["May sleep: it takes the mutex `self.slow`.", "`Dev::nap`", "the spin lock `self.list`, since"],
        ),
        ("lock()", 1, ["Takes the spin lock `self.list`: nothing may sleep while it is held."]),
        ("list.lock", 0, ["`SpinLock`: taking it does not sleep; nothing may sleep while it is held."]),
        ("missing-safety", 0, ["# missing-safety-comment\n"]),
        ("undocumented", 0, ["# missing-safety-comment\n"]),
        ("p: *mut", 0, []),
    ],
)
def test_what_is_said_over_a_place(tmp_path: Path, needle: str, which: int, said: list[str]) -> None:
    locks = "pub struct SpinLock<T>(T);\npub struct Mutex<T>(T);\n"

    async def scenario() -> None:
        file = make_tree(tmp_path, drivers__a=HOVERED, rust__kernel__sync=locks) / "drivers/a.rs"
        async with editing(tmp_path) as editor:
            text = await editor.hover(editor.open(file), *place_of(HOVERED, needle, which))
            assert [each for each in said if each not in text] == [], text
            assert said or not text

    asyncio.run(scenario())


def test_counts_are_shown_where_they_are_asked_for(tmp_path: Path) -> None:
    async def shown(options: object) -> tuple[list[str], list[str]]:
        async with editing(tmp_path, options=options) as editor:
            uri = editor.open(tmp_path / "drivers/a.rs")
            document = types.TextDocumentIdentifier(uri)
            lenses = await editor.ask(
                editor.client.text_document_code_lens_async(types.CodeLensParams(document))
            )
            whole = types.Range(types.Position(0, 0), types.Position(99, 0))
            hints = await editor.ask(
                editor.client.text_document_inlay_hint_async(types.InlayHintParams(document, whole))
            )
            return [f"{each.range.start.line} {each.command.title}" for each in lenses], [
                f"{each.position.line} {each.label}" for each in hints
            ]

    make_tree(tmp_path, drivers__a=FINE + UNSAFE.replace("*p", "*p + unsafe { *p }"))
    assert asyncio.run(shown(None)) == ([], [])
    both = {"codeLens": True, "inlayHints": True}
    expected = ["4 2 unsafe sites without SAFETY"]
    assert asyncio.run(shown(both)) == (expected, expected)


def test_other_open_files_are_looked_at_again(tmp_path: Path) -> None:
    caller = (
        "use crate::b::raw;\npub fn f(p: *mut u8) {\n    // SAFETY: `p` is valid.\n    unsafe { raw(p) }\n}\n"
    )
    lib = "mod a;\nmod b;\n"
    one = "/// # Safety\n///\n/// - `p` is valid.\npub unsafe fn raw(p: *mut u8) {}\n"
    two = one.replace("/// - `p` is valid.\n", "/// - `p` is valid.\n/// - Interrupts are disabled.\n")
    config = 'extend-select = ["unaddressed-safety-requirement"]\n'
    server = [each for each in SERVER if each != "--isolated"]

    async def scenario(profile: str) -> None:
        make_tree(tmp_path, drivers__d__lib=lib, drivers__d__a=caller, drivers__d__b=one)
        (tmp_path / "rfl-lint.toml").write_text(config)
        async with editing(tmp_path, profile, server=server) as editor:
            callers = editor.open(tmp_path / "drivers/d/a.rs")
            other = editor.open(tmp_path / "drivers/d/b.rs")
            if profile == PUSHED:
                await editor.pushed(callers)
                editor.change(other, two)
                await editor.pushed(callers, "unaddressed-safety-requirement")
                editor.change(other, one)
                await editor.pushed(callers)
            else:
                assert list((await editor.pulled(callers)).items) == []
                editor.change(other, two)
                (found,) = (await editor.pulled(callers)).items
                assert found.related_information[0].location.uri == other

    for profile in (PUSHED, PULLED):
        asyncio.run(scenario(profile))


def test_the_configuration_is_taken_up_when_it_changes(tmp_path: Path) -> None:
    server = [each for each in SERVER if each != "--isolated"]

    async def scenario() -> None:
        file = make_tree(tmp_path, drivers__a=UNSAFE) / "drivers/a.rs"
        config = tmp_path / "rfl-lint.toml"
        async with editing(tmp_path, server=server) as editor:
            uri = editor.open(file)
            await editor.pushed(uri, MISSING)

            def saved() -> None:
                event = types.FileEvent(config.as_uri(), types.FileChangeType.Changed)
                editor.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([event]))

            config.write_text('ignore = ["missing-safety-comment"]\n')
            saved()
            await editor.pushed(uri)
            config.write_text('ignored = ["missing-safety-comment"]\n')
            saved()
            await editor.until(lambda: any("ignored: no such key" in each for each in editor.messages()))
            await editor.pushed(uri)  # what held before still does
            config.write_text('exclude = ["drivers"]\n')
            saved()
            await editor.pushed(uri)
            config.unlink()
            saved()
            await editor.pushed(uri, MISSING)

    asyncio.run(scenario())


def test_what_the_baseline_has_is_left_out(tmp_path: Path) -> None:
    server = [each for each in SERVER if each != "--isolated"]
    file = make_tree(tmp_path, drivers__a=UNSAFE) / "drivers/a.rs"
    write = [*server[:-1], "check", "--write-baseline", "--exit-zero", "."]
    subprocess.run(write, cwd=tmp_path, check=True, capture_output=True)

    async def scenario() -> None:
        async with editing(tmp_path, server=server) as editor:
            uri = editor.open(file)
            await editor.pushed(uri)
            editor.change(uri, UNSAFE.replace("*p", "*p.add(1)"))
            await editor.pushed(uri, MISSING)
            (tmp_path / ".rfl-lint-baseline.json").unlink()
            editor.change(uri, UNSAFE)
            await editor.pushed(uri, MISSING)

    asyncio.run(scenario())


def test_several_roots_are_each_a_tree_of_their_own(tmp_path: Path) -> None:
    async def scenario() -> None:
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
            make_tree(tmp_path / name, drivers__a=UNSAFE)
        async with editing(tmp_path / "one") as editor:
            folder = types.WorkspaceFolder((tmp_path / "two").as_uri(), "two")
            event = types.WorkspaceFoldersChangeEvent(added=[folder], removed=[])
            editor.client.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(event))
            for name in ("one", "two"):
                await editor.pushed(editor.open(tmp_path / name / "drivers/a.rs"), MISSING)
            report = await editor.ask(
                editor.client.workspace_diagnostic_async(types.WorkspaceDiagnosticParams([]))
            )
            assert sorted(each.uri for each in report.items if each.items) == [
                (tmp_path / name / "drivers/a.rs").as_uri() for name in ("one", "two")
            ]

    asyncio.run(scenario())


def test_the_index_tells_how_far_it_is(tmp_path: Path) -> None:
    async def scenario() -> None:
        many = {f"rust__kernel__m{number}": FINE for number in range(40)}
        make_tree(tmp_path, **many)
        async with editing(tmp_path) as editor:
            await editor.until(lambda: any(len(each) > 2 for each in editor.client.progress_reports.values()))
            (reports,) = editor.client.progress_reports.values()
            await editor.until(lambda: reports[-1].kind == "end")
            assert [each.kind for each in reports][:2] == ["begin", "report"]
            percentages = [each.percentage for each in reports if each.kind == "report"]
            assert percentages == sorted(percentages)

    asyncio.run(scenario())
