"""The comparison with clippy over crates: what it concludes from manifests, spans and code. It downloads nothing."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT


@pytest.fixture(autouse=True)
def _scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))


def module(name: str) -> Any:
    return importlib.import_module(name)


def test_features_turn_on_others_and_dependencies() -> None:
    manifest = {
        "package": {"name": "lamp"},
        "features": {"default": ["net"], "net": ["mio/os-poll", "dep:libc", "log?/std"], "extra": []},
        "dependencies": {
            "mio": {"optional": True},
            "log": {"optional": True},
            "libc": {"optional": True},
            "slab": "1",
            "old-name": {"package": "renamed"},
        },
    }
    crate = module("clippy_crates").Crate("lamp", "1.0.0", Path("x"), manifest)
    features = crate.features(["default"])
    assert features == {"default", "net", "mio", "libc"}
    assert sorted(crate.dependencies(features)) == [
        ("libc", "libc"),
        ("mio", "mio"),
        ("old_name", "renamed"),
        ("slab", "slab"),
    ]


@pytest.mark.parametrize(
    ("lint", "line"), [("unwrap_used", 3), ("panic", 1), ("as_underscore", 4), ("as_pointer_underscore", 4)]
)
def test_both_are_compared_by_the_line_that_a_rule_marks(lint: str, line: int) -> None:
    data = b"a\n.b()\n.unwrap(\n)"
    spoken = module("clippy_crates").Spoken("a.rs", 1, 0, len(data), lint)
    assert module("compare_clippy").line_of(spoken, data) == line


CODE = b"""\
macro_rules! lamp { () => { unsafe { on() } } }
fn f(raw: usize) -> *mut u8 {
    raw as *mut _
}
/// # Panics
///
/// Without a lamp.
fn g() { lamp().unwrap() }
unsafe fn h() {
    // SAFETY: Fine.
    let a = 1;
}
"""


@pytest.mark.parametrize(
    ("rule", "who", "line", "expected"),
    [
        ("missing-safety-comment", "ours", 1, "clippy: macro not expanded"),
        ("missing-safety-comment", "ours", 11, "clippy: code cut by cfg"),
        ("missing-safety-comment", "ours", 8, ""),
        ("missing-safety-comment", "clippy", 1, ""),
        ("missing-safety-comment", "clippy", 20, "meant: malformed-safety-marker reports the comment"),
        ("inferred-pointer-cast", "clippy", 3, "meant: numbers are none of the rule's"),
        ("panicking-call", "clippy", 8, "meant: documented under `# Panics`"),
        ("unnecessary-safety-comment", "clippy", 11, "meant: any comment is welcome in unsafe code"),
    ],
)
def test_reasons_are_read_off_the_code(rule: str, who: str, line: int, expected: str) -> None:
    seen = dict.fromkeys(range(1, 10), False)
    code = module("clippy_reasons").Code(CODE, seen, malformed=[20])
    assert module("clippy_reasons").reason(code, rule, who, line) == expected


def test_every_explanation_is_of_a_rule_that_is_compared() -> None:
    compared = module("compare_clippy")
    table = module("tomllib").loads(compared.TABLE.read_text())
    rules = compared.lints_by_rule()
    for entry in table["explained"]:
        assert entry.keys() <= {"rule", "who", "crate", "path", "text", "reason"}
        assert entry["rule"] in rules
        assert entry["who"] in ("ours", "clippy")
        assert entry.get("crate", "slab") in table["crates"]
        assert re.match(r"(?:ours|clippy|meant): ", entry["reason"])
        re.compile(entry.get("text", ""))
