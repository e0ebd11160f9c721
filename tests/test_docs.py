"""Documentation is made from the rules, is up to date, and its examples do what they say."""

from __future__ import annotations

import html
import importlib.util
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from rfl_lint import ruledoc
from rfl_lint.docs import explain, explain_rule, list_rules, markdown_page, with_rules_table
from rfl_lint.examples import example_failures
from rfl_lint.plugin import Context, Finding, Meta, Node, Severity
from rfl_lint.registry import builtin_rules
from rfl_lint.rule import Rule

if TYPE_CHECKING:
    from types import FunctionType

ROOT = Path(__file__).parent.parent
RULES = {rule.meta.name: rule for rule in builtin_rules()}
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def _script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"_script_{name}", ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class ExampleRule(Rule):
    """Unsafe blocks are not written on Fridays.

    More of the introduction.

    Why: because of
    the weekend.

    - one
    - two
      and a half

    Bad: an ordinary one

        unsafe {}

    Bad (strict, in rust/kernel/friday.rs):

        if friday {

            unsafe {}
        }

    Good:

        fn f() {}

    Notes: none.

    See: a calendar
    """

    @dataclass(frozen=True)
    class Options:
        """Options of the example."""

        week_days: tuple[str, ...] = field(default=("friday",), metadata={"help": "on which days"})

    meta = Meta(
        name="example-rule",
        group="example",
        summary="an unsafe block on a | day",
        severity=Severity.WARNING,
        since="0.1.0",
        clippy=("some_lint",),
        precision="6.12: 3 of 3 right",
    )
    on = frozenset({"unsafe_block"})

    def check(self, node: Node, cx: Context) -> Iterator[Finding]:
        if not cx.strict or cx.path == "rust/kernel/friday.rs":
            yield self.finding(cx, node, "unsafe on a Friday")


def test_a_docstring_is_taken_apart() -> None:
    doc = ruledoc.read_doc(ExampleRule)
    assert doc.summary == "Unsafe blocks are not written on Fridays."
    assert doc.text == {
        "Intro": "More of the introduction.",
        "Why": "because of\nthe weekend.\n\n- one\n- two\n  and a half",
        "Notes": "none.",
        "See": "a calendar",
    }
    first, second, good = doc.examples
    assert first == ruledoc.Example(good=False, code="unsafe {}\n", caption="an ordinary one")
    assert second == ruledoc.Example(
        good=False, code="if friday {\n\n    unsafe {}\n}\n", strict=True, path="rust/kernel/friday.rs"
    )
    assert good == ruledoc.Example(good=True, code="fn f() {}\n")
    assert doc.options == (("week-days", "['friday']", "on which days"),)


def test_markdown_page() -> None:
    page = markdown_page(ruledoc.read_doc(ExampleRule))
    for part in (
        "# example-rule\n\nUnsafe blocks are not written on Fridays.\n\n- **group**: example\n",
        "- **on real kernels**: 6.12: 3 of 3 right\n",
        "## Why\n\nBecause of\nthe weekend.\n\n- one\n- two\n  and a half\n\n## Bad\n\nAn ordinary one\n\n",
        "```rust\nunsafe {}\n```\n\n## Bad, strict, in rust/kernel/friday.rs\n\n```rust\nif friday {\n",
        "- `week-days` (default `['friday']`): on which days\n",
        "`#[allow(clippy::some_lint)]`",
    ):
        assert part in page


def test_explanations_say_the_same_with_and_without_colour() -> None:
    plain = explain_rule(ExampleRule)
    assert "    if friday {\n\n        unsafe {}\n" in plain
    assert "Because of the weekend.\n\n- one\n- two and a half\n" in plain
    coloured = explain_rule(ExampleRule, color=True)
    assert "\x1b[1;36mWhy:" in coloured
    assert ANSI.sub("", coloured).split() == plain.split()


def test_a_narrow_terminal_gets_narrow_lines() -> None:
    long_lines = [line for line in explain_rule(ExampleRule, width=50).splitlines() if len(line) > 50]
    assert all(" " not in line.strip("- ") or line.startswith("- `") for line in long_lines), long_lines


def test_rules_as_table_and_json() -> None:
    table = list_rules([ExampleRule]).splitlines()
    assert table[0].split() == ["rule", "group", "level", "severity", "what", "it", "reports"]
    assert table[1].split()[:4] == ["example-rule", "example", "default", "warning"]
    record = json.loads(list_rules([ExampleRule], "json"))[0]
    assert record["url"] is None
    assert (record["name"], record["clippy"], record["level"]) == ("example-rule", ["some_lint"], "default")
    assert record["options"] == [{"name": "week-days", "default": "['friday']", "help": "on which days"}]


def test_what_the_engine_reports_is_documented() -> None:
    for name, doc in ruledoc.engine_docs().items():
        assert explain(doc).startswith(f"{name}\n")
        assert ruledoc.rule_url(name) == f"docs/rules/{name}.md"


def test_a_readme_without_marks_is_an_error() -> None:
    with pytest.raises(ValueError, match="lacks the mark"):
        with_rules_table("# nothing here\n", [], "")


def _with_docstring(text: str) -> type[Rule]:
    check: FunctionType = ExampleRule.check  # type: ignore[assignment]
    return type(
        "Changed", (Rule,), {"__doc__": text, "meta": ExampleRule.meta, "on": ExampleRule.on, "check": check}
    )


@pytest.mark.parametrize(
    ("docstring", "problem"),
    [
        ("It.\n\nBad:\n\n    fn f() {}\n\nGood:\n\n    fn f() {}\n", "called bad, but not reported"),
        ("It.\n\nBad:\n\n    unsafe {}\n\nGood:\n\n    unsafe {}\n", "called good, but reported"),
        ("It.\n\nBad:\n\n    unsafe {}\n", "no good example"),
        ("It.\n\nGood:\n\n    fn f() {}\n", "no bad example"),
    ],
)
def test_examples_that_do_not_hold_are_told(docstring: str, problem: str) -> None:
    assert any(problem in failure for failure in example_failures(_with_docstring(docstring)))


def test_examples_run_strict_and_at_their_path_where_they_say_so() -> None:
    assert example_failures(ExampleRule) == []


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_each_rule_is_documented_and_its_examples_hold(rule: type[Rule]) -> None:
    doc = ruledoc.read_doc(rule)
    assert doc.summary.endswith("."), "the first line is a sentence"
    assert {"Why"} <= doc.text.keys() <= {"Why", "Notes", "See"}
    assert not rule.meta.summary.endswith(".")
    assert rule.meta.summary[0].islower() or rule.meta.summary[0] == "`"
    assert example_failures(rule) == []


def test_generated_documentation_is_up_to_date() -> None:
    generate = _script("generate_docs")
    assert generate.drift(generate.wanted_files()) == []


def test_drift_is_noticed() -> None:
    generate = _script("generate_docs")
    files = generate.wanted_files()
    page = generate.PAGES / "index.md"
    assert "+changed" in "".join(generate.drift({**files, page: files[page] + "changed\n"}))
    del files[page]
    assert "docs/rules/index.md: no rule has this page" in generate.drift(files)


def test_the_picture_shows_what_is_printed_today() -> None:
    drawn = (ROOT / "docs" / "demo.svg").read_text(encoding="utf-8")
    shown = _without_space(html.unescape("".join(re.findall(r"<text[^>]*>([^<]*)</text>", drawn))))
    for line in ANSI.sub("", _script("make_picture").output()).splitlines():
        assert _without_space(line) in shown, "docs/demo.svg is out of date: run `make docs`"


def _without_space(text: str) -> str:
    return re.sub(r"\s", "", text)
