"""Which `SAFETY:` comments make fewer claims than a callee lists requirements."""

from __future__ import annotations

import pytest

from rfl_lint.analysis.unsafety.addressed import unaddressed
from tests.test_types import context

DECLARED = "/// # Safety\n///\n/// - `raw` must be registered.\n/// - The lock must be held.\nunsafe fn f(raw: u8) {}\n"


@pytest.mark.parametrize(
    ("comment", "missing"),
    [
        ("`x` is registered.", ["The lock must be held."]),
        ("The lock is held.", ["`raw` must be registered."]),
        ("`x` is registered and the lock is held.", []),
        ("`x` is registered. The lock is held.", []),
        ("By the safety requirements of this function.", []),
        ("The caller holds the lock.", []),
        ("TODO", []),
        ("", []),
    ],
)
def test_what_is_left_out(comment: str, missing: list[str]) -> None:
    cx = context(f"{DECLARED}fn g(x: u8) {{\n    // SAFETY: {comment}\n    unsafe {{ f(x) }};\n}}\n")
    (block,) = cx.parsed.fragments[0].find(frozenset({"unsafe_block"}))["unsafe_block"]
    assert [each for found in unaddressed(cx, block) for each in found.missing] == missing
