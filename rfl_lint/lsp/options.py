"""What the client may ask for when it starts the server, or later."""

from __future__ import annotations

from msgspec import Struct


class Options(Struct, frozen=True):
    """What the client may ask for when it starts the server, or later."""

    code_lens: bool = False
    inlay_hints: bool = False
    workspace_diagnostics: bool = True

    @classmethod
    def of(cls, given: object) -> Options:
        """Read them; what is not there or is no boolean keeps its default."""
        table = given if isinstance(given, dict) else {}
        for name in ("rfl-lint", "rflLint"):
            table = table[name] if isinstance(table.get(name), dict) else table
        names = {
            "code_lens": "codeLens",
            "inlay_hints": "inlayHints",
            "workspace_diagnostics": "workspaceDiagnostics",
        }
        return cls(**{ours: table[name] for ours, name in names.items() if isinstance(table.get(name), bool)})
