"""What silences a finding: attributes, comments, overrides; and what is said of comments that silence nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rfl_lint.engine import FileResult, Lint, lint_source
from rfl_lint.finding import Finding, Severity, Silence
from rfl_lint.rule import Context, Meta, Rule
from rfl_lint.source import SourceFile
from rfl_lint.syntax import Node
from rfl_lint.tree import KernelTree


class LiteralOne(Rule):
    """Every number is a finding: a rule for these tests alone."""

    meta = Meta("literal-one", "test", "a number", Severity.WARNING, "0", clippy=("some_lint", "other_lint"))
    on = frozenset({"integer_literal"})

    def check(self, node: Node, cx: Context) -> Iterator[Finding]:
        yield self.finding(cx, node, "a number")


class LiteralTwo(LiteralOne):
    """Another name for the same, without a lint of clippy's."""

    meta = Meta("literal-two", "test", "a number", Severity.WARNING, "0")


class LiteralText(LiteralOne):
    """A rule that has nothing to say of numbers."""

    meta = Meta("literal-text", "test", "a text", Severity.WARNING, "0")
    on = frozenset({"string_literal"})


def lint(text: str, *rules: type[Rule]) -> FileResult:
    return lint_source(
        SourceFile("drivers/a.rs", text.encode()), Lint([rule() for rule in rules or (LiteralOne,)])
    )


def active(text: str, *rules: type[Rule]) -> list[tuple[int, str]]:
    result = lint(text, *rules)
    source = SourceFile("drivers/a.rs", text.encode())
    return [
        (source.position(item.span.start).line, item.rule)
        for item in result.findings
        if item.silenced is None
    ]


@pytest.mark.parametrize(
    "text",
    [
        "#[allow(clippy::some_lint)]\nfn f() { 1 }",
        '#[expect(clippy::other_lint, reason = "x")]\nfn f() { 1 }',
        "#[allow(dead_code, clippy :: some_lint)]\n/// docs\n#[inline]\nfn f() { 1 }",
        "fn f() { #![allow(clippy::some_lint)] 1 }",
        "#![expect(clippy::some_lint)]\nfn f() { 1 }",
        "#[allow(clippy::some_lint)]\nmod m { impl T { fn f() { 1 } } }",
        "fn f() { #[allow(clippy::some_lint)] let x = 1; }",
        "#[cfg_attr(CONFIG_X, allow(clippy::some_lint))]\nfn f() { 1 }",
        "fn f() { m!(#[allow(clippy::some_lint)] { g(1) }) }",
        "m! { #[allow(clippy::some_lint)] fn f() { 1 } }",
        "fn f() { match x { #[allow(clippy::some_lint)] A => g(1), B => {} } }",
        "fn f() { S { #[allow(clippy::some_lint)] a: g(1), b } }",
        "fn f() { pin_init!(S { #[allow(clippy::some_lint)] a <- g(1) }) }",
        "#[allow(warnings)]\nmod m { fn f() { 1 } }",
        "#![allow(clippy::restriction, dead_code)]\nfn f() { 1 }",
        "#[allow(clippy::some_lint)]\nfn f() { m!(g(1)) }",
    ],
)
def test_clippy_attributes_silence(text: str) -> None:
    assert [finding.silenced for finding in lint(text).findings] == [Silence.ATTRIBUTE]


@pytest.mark.parametrize(
    "text",
    [
        "#[allow(clippy::third_lint)]\nfn f() { 1 }",
        "#[warn(clippy::some_lint)]\nfn f() { 1 }",
        "#[deny(clippy::some_lint)]\nfn f() { 1 }",
        "#[allow(some_lint)]\nfn f() { 1 }",
        "#[deny(warnings)]\nfn f() { 1 }",
        "#[allow(my_warnings, clippy::all)]\nfn f() { 1 }",
        "#[allow(clippy::some_lint)]\nfn g() {}\nfn f() { 1 }",
        "mod m { #![allow(clippy::some_lint)] }\nfn f() { 1 }",
    ],
)
def test_other_attributes_do_not(text: str) -> None:
    assert [finding.silenced for finding in lint(text).findings] == [None]


def test_a_comment_above_silences_the_node_that_follows() -> None:
    text = "// rfl-lint: allow(literal-one): measured\nfn f() {\n 1;\n 1\n}\nfn g() { 1 }\n"
    assert active(text) == [(6, "literal-one")]


def test_a_comment_above_a_statement_field_or_arm_silences_that_only() -> None:
    allow = "// rfl-lint: allow(literal-one): why\n"
    assert active(f"fn f() {{\n{allow}let x =\n  1;\n1 }}") == [(5, "literal-one")]
    assert active(f"fn f() {{ S {{\n{allow}a: 1,\nb: 1 }} }}") == [(4, "literal-one")]
    assert active(f"fn f() {{ match x {{\n{allow}A => 1,\nB => 1 }} }}") == [(4, "literal-one")]


def test_a_comment_may_have_attributes_and_comments_between() -> None:
    text = "// rfl-lint: allow(literal-one): why\n// more\n#[inline]\n/// docs\nfn f() {\n 1 }\n"
    assert active(text) == []


def test_a_trailing_comment_silences_its_line() -> None:
    text = "fn f() {\n g(1, 1); // rfl-lint: allow(literal-one): both\n 1\n}"
    assert active(text) == [(3, "literal-one")]


def test_a_comment_in_a_macro_call_counts() -> None:
    text = "fn f() { pin_init!(T {\n// rfl-lint: allow(literal-one): why\na: g(1),\nb <- h(1) }) }"
    assert active(text) == [(4, "literal-one")]


def test_allow_file_in_the_first_comment_run() -> None:
    text = "// SPDX-License-Identifier: GPL-2.0\n\n// rfl-lint: allow-file(literal-one): generated\n\nfn f() { 1 }"
    assert active(text) == []


def test_allow_file_elsewhere_is_refused() -> None:
    text = "fn f() { 1 }\n// rfl-lint: allow-file(literal-one): late\n"
    assert active(text) == [(1, "literal-one"), (2, "unused-suppression")]


@pytest.mark.parametrize(
    ("comment", "words", "remedy", "is_fixed"),
    [
        ("// rfl-lint: allow(literal-one): nothing here", "silences nothing", "remove", True),
        ("// rfl-lint: allow(literal-one)", "no reason", "`// rfl-lint: allow(literal-one): reason`", False),
        ("// rfl-lint: allow(literal-one):", "no reason", "`// rfl-lint: allow(literal-one): reason`", False),
        ("// rfl-lint: allow: why", "names no rule", "allow(rule-name): reason", False),
        ("// rfl-lint: allow(literal-on): why", "did you mean `literal-one`", "correct the name", False),
        ("// rfl-lint: alow(literal-one): why", "`alow` is not a suppression", "write", False),
        ("// rfl-lint: off", "not a suppression", "write", False),
        ("// rfl-lint: allow-file(literal-one): late", "first comment run", "move it there", False),
        ("/* rfl-lint: allow(literal-one): unused */", "silences nothing", "remove", True),
    ],
)
def test_useless_comments_are_findings_and_mistaken_ones_are_left_to_their_author(
    comment: str, words: str, remedy: str, is_fixed: bool
) -> None:
    result = lint(f"fn f() {{}}\n{comment}\nfn g() {{}}\n")
    (finding,) = result.findings
    assert (finding.rule, finding.severity) == ("unused-suppression", Severity.WARNING)
    assert words in finding.message
    assert remedy in (finding.help or "")
    assert (finding.fix is not None and finding.fix.safe) is is_fixed


@pytest.mark.parametrize(
    ("names", "left"),
    [
        ("literal-one, literal-text", "literal-one"),
        ("literal-text,literal-one", "literal-one"),
        ("literal-text, literal-one, not-run", "literal-one, not-run"),
    ],
)
def test_a_fix_keeps_what_a_comment_silences(names: str, left: str) -> None:
    text = f"// rfl-lint: allow({names}): why (really)\nfn f() {{ 1 }}\n"
    known = frozenset({"literal-one", "literal-text", "not-run"})
    rules = [LiteralOne(), LiteralText()]
    result = lint_source(SourceFile("drivers/a.rs", text.encode()), Lint(rules, known_rules=known))
    (finding,) = (each for each in result.findings if each.silenced is None)
    assert finding.fix is not None
    (edit,) = finding.fix.edits
    data = text.encode()
    fixed = data[: edit.span.start] + edit.text.encode() + data[edit.span.end :]
    assert fixed.decode() == text.replace(names, left)


def test_a_name_in_a_list_that_does_nothing_is_found() -> None:
    text = "// rfl-lint: allow(literal-one, literal-two): why\nfn f() { 1 }"
    assert active(text, LiteralOne, LiteralTwo) == []
    result = lint_source(
        SourceFile("drivers/a.rs", text.encode()),
        Lint([LiteralOne()], known_rules=frozenset({"literal-one", "literal-two"})),
    )
    assert [finding.rule for finding in result.findings if finding.silenced is None] == []


def test_a_comment_beside_an_attribute_that_silences_too_is_of_use() -> None:
    text = "#[allow(clippy::some_lint)]\n// rfl-lint: allow(literal-one): twice\nfn f() { 1 }"
    assert active(text) == []


def test_an_unused_suppression_cannot_be_suppressed() -> None:
    text = "// rfl-lint: allow(unused-suppression): no\n// rfl-lint: allow(literal-one): nothing\nfn f() {}\n"
    assert (2, "unused-suppression") in active(text)


def test_prose_about_rfl_lint_is_no_directive() -> None:
    assert active("// We run rfl-lint: allow(x) would silence it.\nfn f() {}\n") == []


def in_tree(root: Path, path: str) -> list[Silence | None]:
    source = SourceFile(path, (root / path).read_bytes())
    result = lint_source(source, Lint([LiteralOne()]), KernelTree(root))
    return [finding.silenced for finding in result.findings]


@pytest.mark.parametrize(
    ("files", "silenced"),
    [
        ({"a.rs": "#![allow(clippy::some_lint)]\nmod m;"}, True),
        ({"a.rs": "#[expect(clippy::some_lint)]\npub(crate) mod m;"}, True),
        ({"a.rs": "#[allow(clippy::some_lint)]\nmod n;\nmod m;"}, False),
        ({"a.rs": "mod m;", "a/m.rs": "1"}, False),
        ({"a.rs": "// #![allow(clippy::some_lint)]\nmod m;"}, False),
        ({"a/mod.rs": "#![allow(clippy::some_lint)]\nmod m;"}, True),
        ({"a/driver_main.rs": "#![allow(clippy::some_lint)]\nmod m;"}, True),
        ({"a/driver_main.rs": "#![allow(clippy::some_lint)]\nmod other;"}, False),
        ({"a.rs": '#![allow(clippy::some_lint)]\ninclude!("a/m.rs");'}, True),
        ({"lib.rs": "#![allow(clippy::some_lint)]\nmod a;", "a.rs": "mod m;"}, True),
        ({"lib.rs": "#![allow(clippy::some_lint)]\nmod b;", "a.rs": "mod m;"}, False),
    ],
)
def test_attributes_reach_into_the_files_of_modules(
    tmp_path: Path, files: dict[str, str], silenced: bool
) -> None:
    for name, text in {"a/m.rs": "fn f() { 1 }", **files}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text if name != "a/m.rs" else "fn f() { 1 }")
    assert in_tree(tmp_path, "a/m.rs") == [Silence.ATTRIBUTE if silenced else None]


def test_files_that_declare_each_other_end_the_search(tmp_path: Path) -> None:
    (tmp_path / "x.rs").write_text("mod y;\nfn f() { 1 }")
    (tmp_path / "y.rs").write_text("mod x;")
    assert in_tree(tmp_path, "x.rs") == [None]
