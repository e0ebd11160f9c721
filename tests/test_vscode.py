"""The extension for VS Code: what it offers is what the server takes, and it can be packed."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from dataclasses import fields
from pathlib import Path

import pytest

from rfl_lint.lsp.session import Options
from tests.conftest import ROOT, succeed

FOLDER = ROOT / "editors" / "vscode"


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
