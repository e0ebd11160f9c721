"""Rules enter by one door, and one that is broken is named while the others go on."""

from __future__ import annotations

from pathlib import Path

import pytest

from rfl_lint.entry_points import ENTRY_POINT_GROUP, is_named_by_others
from rfl_lint.errors import PluginError, UsageError
from rfl_lint.finding import Severity
from rfl_lint.registry import Registry, builtin_rules, load_registry
from rfl_lint.rule import Meta, Rule

GOOD = '''
from rfl_lint.plugin import Meta, Rule, Severity

class LocalRule(Rule):
    """A rule of one's own."""
    meta = Meta("local-rule", "local", "text", Severity.NOTE, "1")
    on = frozenset({"unsafe_block"})
    def check(self, node, cx):
        yield self.finding(cx, node, "found")
'''


def test_a_local_file_needs_trust(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    path = tmp_path / "local.py"
    path.write_text(f"import pathlib\npathlib.Path({str(marker)!r}).touch()\n{GOOD}")
    registry = load_registry([path])
    assert "local-rule" not in registry.rules
    assert not marker.exists()
    assert "--trust-plugins" in str(registry.failures[0])
    assert "local-rule" in load_registry([path], trust=True).rules
    assert marker.exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import nonsense_that_is_nowhere", "ModuleNotFoundError"),
        ("x = (", "SyntaxError"),
        ("x = 1", "defines no rule class"),
        (GOOD.replace('"""A rule of one\'s own."""', "pass"), "documents itself"),
        (GOOD.replace('"local-rule"', '"Local"'), "kebab-case"),
        (GOOD.replace("    meta =", "    beta ="), "`meta` is missing"),
        (GOOD.replace('on = frozenset({"unsafe_block"})', ""), "would never run"),
        (GOOD.replace('"unsafe_block"', '"unsafe_blok"'), "no node kind `unsafe_blok`"),
        (GOOD.replace('"local-rule"', '"missing-safety-comment"'), "already defined"),
        ("raise SystemExit(0)", "SystemExit"),
    ],
)
def test_a_broken_source_is_named_and_the_others_go_on(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "broken.py"
    path.write_text(text)
    registry = load_registry([path, tmp_path / "absent.py"], trust=True)
    assert set(registry.rules) >= {rule.meta.name for rule in builtin_rules()}
    first, second = (str(failure) for failure in registry.failures)
    assert "broken.py" in first
    assert words in first
    assert "absent.py: no such file" in second


def test_a_broken_entry_point_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "mine-1.0.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text(f"[{ENTRY_POINT_GROUP}]\nmine = no_such_module_anywhere\n")
    monkeypatch.syspath_prepend(tmp_path)
    (failure,) = load_registry().failures
    assert "mine = no_such_module_anywhere" in str(failure)


@pytest.mark.parametrize(
    ("name", "text", "named"),
    [
        ("other-1.0.dist-info", "[console_scripts]\nother = other:main\n", False),
        ("other-1.0.dist-info", f"[{ENTRY_POINT_GROUP}]\nother = other\n", True),
        ("other.egg-info", f"[{ENTRY_POINT_GROUP}]\nother = other\n", True),
        ("rfl_lint-0.1.0.dist-info", f"[{ENTRY_POINT_GROUP}]\nbuiltin = rfl_lint.rules\n", False),
        ("other-1.0.dist-info", None, False),
    ],
)
def test_packages_that_may_bring_rules_are_noticed(
    tmp_path: Path, name: str, text: str | None, named: bool
) -> None:
    (tmp_path / name).mkdir()
    if text is not None:
        (tmp_path / name / "entry_points.txt").write_text(text)
    assert is_named_by_others([str(tmp_path), str(tmp_path / "absent")]) is named


def test_what_is_no_folder_is_left_to_the_library(tmp_path: Path) -> None:
    archive = tmp_path / "packages.zip"
    archive.write_bytes(b"PK")
    assert is_named_by_others([str(archive)])


class OneRule(Rule):
    """One."""

    meta = Meta("one-rule", "alpha", "one", Severity.NOTE, "0")
    on = frozenset({"unsafe_block"})


def test_selectors() -> None:
    registry = Registry({"one-rule": OneRule})
    assert registry.expand("alpha") == registry.expand("all") == registry.expand("default") == ["one-rule"]
    assert registry.expand("strict") == []
    with pytest.raises(UsageError, match="did you mean `one-rule`"):
        registry.expand("one-rul")


def test_an_invalid_class_is_refused_when_it_is_defined() -> None:
    with pytest.raises(PluginError, match="kebab-case"):
        type("Bad", (Rule,), {"__doc__": "x", "meta": Meta("bad", "g", "s", Severity.NOTE, "0"), "on": {"x"}})
