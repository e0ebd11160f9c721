"""Which C functions a tree's Rust calls, told from bytes alone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from rfl_lint.patterns import word

_CALL: Final = re.compile(word(b"bindings::") + rb"([A-Za-z_]\w{0,199})\s*\(")


def called_functions(texts: Iterable[bytes]) -> set[str]:
    """The names that Rust files call as `bindings::name(`, those in comments' examples included."""
    found: set[bytes] = set()
    for data in texts:
        if b"bindings::" in data:
            found.update(_CALL.findall(data))
    return {name.decode() for name in found}
