"""The bundled table of C facts, for Rust that lies in no kernel tree; `scripts/generate_c_facts.py` writes it.

Where kernels differ the table holds what the newest says, and the older ones' declarations as variants. A
function is unpacked when it is asked for.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from rfl_lint.c.facts import CFunction, unpack
from rfl_lint.tables import DATA

BUNDLED_FORMAT: Final = 1


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    import json  # noqa: PLC0415 - most runs ask for no C function

    text = (DATA / "c_facts.json").read_text(encoding="utf-8")
    table: dict[str, Any] = json.loads(text)
    return table


def bundled_names() -> list[str]:
    """All names of the table."""
    return list(_table()["functions"])


@lru_cache(maxsize=1024)
def bundled_function(name: str) -> CFunction | None:
    """What the newest of the bundled kernels that has a function says of it."""
    entry = _table()["functions"].get(name)
    if entry is None:
        return None
    seen, packed = entry[0], entry[1]
    return unpack(name, packed, _kernels(seen))


def bundled_variants(name: str) -> dict[str, CFunction]:
    """What older kernels say otherwise, by kernel."""
    entry = _table()["functions"].get(name)
    variants: dict[str, list[object]] = entry[2] if entry is not None and len(entry) > 2 else {}
    return {kernel: unpack(name, packed, (kernel,)) for kernel, packed in variants.items()}


def _kernels(seen: int) -> tuple[str, ...]:
    """The kernels of a bit set."""
    return tuple(name for bit, name in enumerate(_table()["kernels"]) if seen >> bit & 1)
