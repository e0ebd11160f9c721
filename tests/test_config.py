"""Configuration: what is read, from where, and what is said of mistakes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from rfl_lint.config import FixSafety, check_names, find_config, make_rule, read_config
from rfl_lint.config_template import config_template
from rfl_lint.errors import ConfigError
from rfl_lint.finding import Confidence, Finding, Level, Severity
from rfl_lint.registry import Registry, load_registry
from rfl_lint.rule import Context, Meta, Rule


class WithOptions(Rule):
    """A rule with one option of each kind."""

    meta = Meta("with-options", "test", "options", Severity.NOTE, "0")

    @dataclass(frozen=True, slots=True)
    class Options:
        max_depth: int = 3
        allow_todo: bool = False
        names: tuple[str, ...] = ("a",)

    def check_file(self, cx: Context) -> Iterator[Finding]:
        del cx
        yield from ()


def write(folder: Path, text: str, name: str = "rfl-lint.toml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_everything_that_can_be_set(tmp_path: Path) -> None:
    config = read_config(
        write(
            tmp_path,
            """
            select = ["safety"]
            extend-select = ["strict"]
            ignore = ["a-b"]
            exclude = ["drivers/old/**"]
            min-severity = "warning"
            min-confidence = "high"
            doc-code = true
            plugins = ["tools/rules.py"]
            [[overrides]]
            paths = ["rust/**"]
            ignore = ["a-b"]
            reason = "later"
            [rules.with-options]
            severity = "error"
            level = "strict"
            fix = "never"
            strict = true
            max-depth = 7
            names = ["x", "y"]
            """,
        )
    )
    assert config.select == ("safety",)
    assert config.extend_select == ("strict",)
    assert config.exclude == ("drivers/old/**",)
    assert (config.min_severity, config.min_confidence) == (Severity.WARNING, Confidence.HIGH)
    assert config.doc_code
    assert config.plugins == (tmp_path / "tools/rules.py",)
    assert config.overrides[0].paths == ("rust/**",)
    entry = config.rules["with-options"]
    assert (entry.severity, entry.level, entry.fix) == (Severity.ERROR, Level.STRICT, FixSafety.NEVER)
    rule = make_rule(WithOptions, config)
    assert rule.options == WithOptions.Options(max_depth=7, names=("x", "y"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("selct = []", ["selct", "did you mean `select`"]),
        ("select = 'x'", ["select", "list of strings"]),
        ("doc-code = 1", ["doc-code", "true or false"]),
        ("min-severity = 'fatal'", ["min-severity", "note, warning, error", "'fatal'"]),
        ("[[overrides]]\npaths = ['a']", ["overrides[0]", "`paths` and `ignore`"]),
        ("[[overrides]]\npath = ['a']", ["overrides[0].path", "did you mean `paths`"]),
        ("[rules]\na-b = 3", ["rules.a-b", "must be a table"]),
        ("[rules.a-b]\nseverity = 'bad'", ["rules.a-b.severity", "one of"]),
        ("x = [", ["not valid TOML"]),
        ("[rules.a-b]\nlevel = 'on'", ["rules.a-b.level", "one of default, strict, not 'on'"]),
        ("[rules.a-b]\nfix = true", ["rules.a-b.fix", "one of safe, unsafe, never, not True"]),
        ("[rules.a-b]\nstrict = 'yes'", ["rules.a-b.strict", "true or false"]),
    ],
)
def test_mistakes_name_file_key_and_what_was_meant(tmp_path: Path, text: str, words: list[str]) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        read_config(path)
    for word in [str(path), *words]:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("max-dept = 1", "did you mean `max-depth`"),
        ("max-depth = 'x'", "must be of type int"),
        ("max-depth = true", "must be of type int"),
        ("names = [1]", "list of strings"),
    ],
)
def test_mistakes_in_rule_options(tmp_path: Path, option: str, words: str) -> None:
    config = read_config(write(tmp_path, f"[rules.with-options]\n{option}"))
    with pytest.raises(ConfigError, match=words):
        make_rule(WithOptions, config)


def test_a_table_for_an_unknown_rule_is_an_error(tmp_path: Path) -> None:
    config = read_config(write(tmp_path, "[rules.with-option]\nstrict = true"))
    with pytest.raises(ConfigError, match="did you mean `with-options`"):
        check_names(config, {"with-options": WithOptions})


def test_a_file_that_is_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "rfl-lint.toml"
    path.write_bytes(b"# \xff")
    with pytest.raises(ConfigError, match="not UTF-8 at byte 2"):
        read_config(path)


def test_the_nearest_file_upwards_is_found(tmp_path: Path) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    top = write(tmp_path, "")
    assert find_config(below) == top
    write(tmp_path / "a", "[project]\nname = 'x'", "pyproject.toml")
    assert find_config(below) == top
    mine = write(tmp_path / "a", "[tool.rfl-lint]\nignore = ['a-b']", "pyproject.toml")
    assert find_config(below) == mine
    assert read_config(mine).ignore == ("a-b",)
    hidden = write(tmp_path / "a", "", ".rfl-lint.toml")
    assert find_config(below) == hidden


def test_the_template_is_valid_commented_and_uncommented(tmp_path: Path) -> None:
    registry = load_registry()
    registry = Registry({**registry.rules, "with-options": WithOptions})
    text = config_template(registry)
    assert read_config(write(tmp_path, text)).rules == {}
    lines = text.splitlines()
    is_code = [line.startswith("# ") and (" = " in line or line.startswith("# [")) for line in lines]
    live = "\n".join(line[2:] for line, code in zip(lines, is_code, strict=True) if code)
    config = read_config(write(tmp_path, live))
    assert set(config.rules) == set(registry.rules)
    for rule in registry.rules.values():
        make_rule(rule, config)


@pytest.mark.parametrize("text", ["x = " + "[" * 3000, "x = " + "9" * 5000, "a." * 5000 + "b = 1"])
def test_toml_that_was_made_to_break_a_reader(tmp_path: Path, text: str) -> None:
    path = tmp_path / "rfl-lint.toml"
    path.write_text(text)
    with pytest.raises(ConfigError):
        read_config(path)
