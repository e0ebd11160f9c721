"""The extension for VS Code: what it offers is what the server takes, and it can be packed."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from lsprotocol import types
from msgspec.structs import fields

from rfl_lint.lsp.options import Options
from tests.conftest import ROOT, succeed
from tests.editor import editing
from tests.wire import make_tree

FOLDER = ROOT / "editors" / "vscode"
TOLD = "told rfl-lint: "
UNSAFE = "fn f(p: *const u8) -> u8 {\n    unsafe { *p }\n}\n"
VSCODE = """
// As much of VS Code, and of its client of the protocol, as the extension uses.
exports.window = {
  createOutputChannel: () => ({ appendLine: () => {}, show: () => {}, dispose: () => {} }),
  showErrorMessage: async (message) => console.log("told", message),
};
exports.commands = {
  registerCommand: (name, does) => (exports.restart = does),
  executeCommand: async (...given) => console.log("done", ...given.map(String)),
};
exports.workspace = {
  isTrusted: false,
  getConfiguration: () => ({ get: (name) => (name === "command" ? exports.command : false) }),
  onDidChangeConfiguration: (hears) => (exports.changed = hears),
  onDidGrantWorkspaceTrust: () => {},
};
exports.env = {};
exports.Uri = { parse: (text) => text };
"""
CLIENT = """
const { once } = require("node:events");
exports.CloseAction = { DoNotRestart: "leave" };
exports.LanguageClient = class {
  constructor(_id, _name, launch, options) {
    Object.assign(this, { launch, options });
  }
  async start() {
    this.server = await this.launch();
    require("vscode").isLaunched = true;
    const said = await Promise.race([once(this.server.stdout, "data"), once(this.server, "close")]);
    this.runs = Buffer.isBuffer(said[0]);
    if (this.runs) console.log("runs", String(said[0]).trim());
    else console.log("closed", (await this.options.errorHandler.closed()).action);
  }
  isRunning() {
    return this.runs;
  }
  createDefaultErrorHandler() {
    return { closed: async () => ({ action: "restart" }) };
  }
  async dispose() {
    this.server.stdin.end();
    console.log("ended", (await once(this.server, "close"))[0]);
  }
};
"""
SCRIPT = """
const vscode = require("vscode");
const extension = require("./extension.js");
const reads = "process.stdin.resume(); ";
const node = (code, ...args) => [process.execPath, "-e", code, "--", ...args];
const change = (name) => vscode.changed({ affectsConfiguration: (asked) => asked === name });
async function go() {
  vscode.command = "rfl-lint server";
  await extension.activate({ subscriptions: [] });
  vscode.command = ["~/nowhere/rfl-lint", "server"];
  await vscode.restart();
  vscode.command = node("console.error('first'); console.error('rfl-lint: error: it lacks pygls'); process.exit(2)");
  await vscode.restart();
  vscode.command = node("process.exit(3)");
  await vscode.restart();
  vscode.command = node(reads);
  vscode.isLaunched = false;
  vscode.restart();
  while (!vscode.isLaunched) await new Promise((resolve) => setTimeout(resolve, 10));
  vscode.command = node(reads + "console.log(process.argv.slice(1))", "--trust-plugins", "--no-cache");
  change("rfl-lint.command");
  await vscode.restart();
  change("rfl-lint.codeLens");
  await extension.deactivate();
}
go().then(() => console.log("left"));
"""


def test_its_settings_are_the_servers_options() -> None:
    properties = json.loads((FOLDER / "package.json").read_text())["contributes"]["configuration"][
        "properties"
    ]
    assert properties.pop("rfl-lint.command")["scope"] == "machine", (
        "a folder that is opened starts no program of its own"
    )
    shown = {name.removeprefix("rfl-lint."): each["default"] for name, each in properties.items()}
    camel = {
        re.sub("_(.)", lambda found: found[1].upper(), field.name): field.default for field in fields(Options)
    }
    assert shown == camel
    sent = set(re.findall(r"(\w+): settings\.get\(\"(\w+)\"\)", (FOLDER / "extension.js").read_text()))
    assert sent == {(name, name) for name in shown}
    table = (ROOT / "docs" / "editors.md").read_text()
    for name, default in shown.items():
        assert f"| `{name}` | `{json.dumps(default)}` |" in table
    given = {"rfl-lint": {name: not default for name, default in shown.items()}}
    assert Options.of(given) == Options(**{field.name: not field.default for field in fields(Options)})


@pytest.mark.client
def test_it_can_be_packed(tmp_path: Path) -> None:
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    folder = tmp_path / "vscode"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("node_modules", "*.vsix"))
    succeed(["npm", "install", "--no-audit", "--no-fund", "--no-update-notifier"], folder)
    succeed(["npx", "vsce", "package", "--allow-missing-repository", "-o", "x.vsix"], folder)
    with zipfile.ZipFile(folder / "x.vsix") as packed:
        names = set(packed.namelist())
    assert {"extension/package.json", "extension/extension.js"} <= names
    assert "extension/node_modules/vscode-languageclient/package.json" in names


def test_counts_are_asked_for_again_when_its_settings_change(tmp_path: Path) -> None:
    def adapt(capabilities: types.ClientCapabilities) -> None:
        assert capabilities.workspace is not None
        capabilities.workspace.inlay_hint = types.InlayHintWorkspaceClientCapabilities(refresh_support=True)

    async def scenario() -> None:
        file = make_tree(tmp_path, drivers__a=UNSAFE) / "drivers/a.rs"
        async with editing(tmp_path, "visual_studio_code@v1.65.2", adapt=adapt) as editor:
            again: list[str] = []
            for asked in (types.WORKSPACE_CODE_LENS_REFRESH, types.WORKSPACE_INLAY_HINT_REFRESH):
                editor.client.feature(asked)(lambda *_given, asked=asked: again.append(asked))
            document = types.TextDocumentIdentifier(editor.open(file))

            async def lenses() -> list[str]:
                params = types.CodeLensParams(document)
                found = await editor.ask(editor.client.text_document_code_lens_async(params))
                return [each.command.title for each in found]

            assert await lenses() == []
            for given in ({"codeLens": True}, {"codeLens": True}):
                settings = types.DidChangeConfigurationParams({"rfl-lint": given})
                editor.client.workspace_did_change_configuration(settings)
            await editor.until(lambda: len(again) == 2)
            assert await lenses() == ["1 unsafe site without SAFETY"]
            assert sorted(again) == [types.WORKSPACE_CODE_LENS_REFRESH, types.WORKSPACE_INLAY_HINT_REFRESH]

    asyncio.run(scenario())


@pytest.mark.client
def test_it_tells_what_keeps_the_server_from_starting_and_starts_it_anew(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    for name, text in {"vscode/index.js": VSCODE, "vscode-languageclient/node.js": CLIENT}.items():
        module = tmp_path / "node_modules" / name
        module.parent.mkdir(parents=True)
        module.write_text(text)
    (tmp_path / "go.js").write_text(SCRIPT)
    shutil.copy(FOLDER / "extension.js", tmp_path)
    done = subprocess.run(
        [node, "go.js"],
        cwd=tmp_path,
        env={**os.environ, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=50,
        check=True,
    )
    program = Path(node).resolve()
    assert done.stdout.replace(str(program), "node").splitlines() == [
        TOLD + "the setting rfl-lint.command has to be a list of strings: the program, then its arguments.",
        TOLD
        + f"the program {tmp_path}/nowhere/rfl-lint is not found. It comes with: pip install '.[lsp]' in a clone of "
        "rfl-lint. The setting rfl-lint.command tells where it is.",
        "closed leave",
        TOLD + "node does not start: it lacks pygls",
        "closed leave",
        TOLD + "node does not start: it ends at once, with status 3",
        "closed leave",  # the one that never answered; nothing is told of what was given up
        "runs [ '--no-cache' ]",
        "ended 0",
        "runs [ '--no-cache' ]",
        "ended 0",
        "left",
    ]
    assert done.stderr == ""
