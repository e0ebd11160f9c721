"""`rfl-lint server`: which settings hold for a folder, and the language server that asks for them."""

from __future__ import annotations

import gc
from pathlib import Path

from msgspec import Struct

from rfl_lint.cli.settings import CheckRequest, prepare
from rfl_lint.errors import UsageError


class ServerRequest(Struct, frozen=True):
    """The options of `server`, as given."""

    config: Path | None = None
    isolated: bool = False
    no_cache: bool = False
    trust_plugins: bool = False


def run_server(request: ServerRequest) -> int:
    """Serve a client until it goes."""
    try:
        from rfl_lint.lsp.project import Settings  # noqa: PLC0415 - needs what only an extra brings
        from rfl_lint.lsp.server import serve  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("pygls", "lsprotocol"):
            raise
        raise UsageError(
            "the language server needs more packages: pip install '.[lsp]' in a clone of rfl-lint"
        ) from error

    def load(folder: Path) -> Settings:
        setup = prepare(
            CheckRequest(
                paths=(str(folder),),
                config=request.config,
                isolated=request.isolated,
                no_cache=request.no_cache,
                trust_plugins=request.trust_plugins,
            )
        )
        return Settings(
            setup.plan,
            setup.chosen,
            setup.finder,
            tuple(map(str, setup.failures)),
            baselines=not request.isolated,
        )

    gc.set_threshold(400_000, 20, 20)
    serve(load)
