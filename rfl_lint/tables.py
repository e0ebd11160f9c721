"""Kernel knowledge as data: the TOML tables of `rfl_lint/data`, each read once."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Any


@lru_cache(maxsize=64)
def load_table(name: str) -> dict[str, Any]:
    """The table `data/<name>.toml`. Shared by all who ask: not to be changed."""
    import tomllib  # noqa: PLC0415 - most runs on small files never ask for a table

    text = (files("rfl_lint.data") / f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
