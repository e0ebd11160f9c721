"""Suppression comments are written where they silence, and change nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from rfl_lint.engine import Lint, lint_source
from rfl_lint.errors import UsageError
from rfl_lint.finding import Finding
from rfl_lint.fixes import Fixed
from rfl_lint.registry import builtin_rules
from rfl_lint.report import Report
from rfl_lint.revision import Revision
from rfl_lint.rule import Rule
from rfl_lint.source import SourceFile
from rfl_lint.suppressing import add_suppressions, reason_of
from rfl_lint.testing import read_fixture
from rfl_lint.tree import KernelTree
from tests.cli_runner import UNSAFE, Runner
from tests.conftest import ROOT

RULES = {rule.meta.name: rule for rule in builtin_rules()}
ALLOW = "// rfl-lint: allow(missing-safety-comment): old"


def suppressed(
    text: str | bytes, lint: Lint, path: str = "drivers/x.rs", tree: KernelTree | None = None
) -> Fixed:
    data = text.encode() if isinstance(text, str) else text

    def run(texts: Mapping[str, Revision]) -> Report:
        source = SourceFile(path, texts.get(path, Revision(data)).data)
        findings = lint_source(source, lint, tree).findings
        active = tuple(finding for finding in findings if finding.silenced is None)
        return Report(findings=active, read={path: source}.get)

    return add_suppressions(run, "old")


def written(text: str | bytes, *names: str, strict: bool = False) -> str:
    """The text with its comments; nothing may be left to report."""
    rules = [RULES[name]() for name in names or ("missing-safety-comment",)]
    lint = Lint(rules, strict_rules=frozenset(names) if strict else frozenset(), known_rules=frozenset(RULES))
    done = suppressed(text, lint)
    assert done.report.findings == ()
    assert done.problems == ()
    return done.after["drivers/x.rs"].decode() if done.after else ""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("fn f() {\n    unsafe { g() };\n}\n", f"fn f() {{\n    {ALLOW}\n    unsafe {{ g() }};\n}}\n"),
        ("fn f() { unsafe { g() } }\n", f"{ALLOW}\nfn f() {{ unsafe {{ g() }} }}\n"),
        (
            "fn f() {\n\tlet x = h(\n\t\tunsafe { g() },\n\t);\n}\n",
            f"fn f() {{\n\t{ALLOW}\n\tlet x = h(\n\t\tunsafe {{ g() }},\n\t);\n}}\n",
        ),
        (
            "fn f() {\n    match x {\n        A => 1,\n        B => unsafe { g() },\n    };\n}\n",
            ("fn f() {\n    match x {\n        A => 1,\n"
            f"        {ALLOW}\n        B => unsafe {{ g() }},\n    }};\n}}\n"),
        ),
        (
            "fn f() -> S {\n    S {\n        a: 1,\n        b: unsafe { g() },\n    }\n}\n",
            f"fn f() -> S {{\n    S {{\n        a: 1,\n        {ALLOW}\n        b: unsafe {{ g() }},\n    }}\n}}\n",
        ),
        (
            "/// Docs.\n#[repr(C)]\nunsafe impl Send for T {}\n",
            f"{ALLOW}\n/// Docs.\n#[repr(C)]\nunsafe impl Send for T {{}}\n",
        ),
        (
            "fn f() {\n    h();\n\n    // More.\n    unsafe { g() };\n}\n",
            f"fn f() {{\n    h();\n\n    {ALLOW}\n    // More.\n    unsafe {{ g() }};\n}}\n",
        ),
        (
            "fn f() {\n    pin_init!(S {\n        a: 1,\n        b <- unsafe { g() },\n    })\n}\n",
            ("fn f() {\n    pin_init!(S {\n        a: 1,\n"
            f"        {ALLOW}\n        b <- unsafe {{ g() }},\n    }})\n}}\n"),
        ),
        (
            "// SPDX-License-Identifier: GPL-2.0\nunsafe impl Send for T {}\n",
            f"// SPDX-License-Identifier: GPL-2.0\n{ALLOW}\nunsafe impl Send for T {{}}\n",
        ),
        (
            "fn f() {\r\n    unsafe { g() };\r\n}\r\n",
            f"fn f() {{\r\n    {ALLOW}\r\n    unsafe {{ g() }};\r\n}}\r\n",
        ),
        (
            "\ufefffn f() { unsafe { g() } }",
            f"\ufeff{ALLOW}\nfn f() {{ unsafe {{ g() }} }}",
        ),
        (
            'fn f() {\n    h("a\n    b", unsafe { g() });\n}\n',
            f'fn f() {{\n    {ALLOW}\n    h("a\n    b", unsafe {{ g() }});\n}}\n',
        ),
        (
            "fn f() {\n    // Of nothing below.\n\n    unsafe { g() };\n}\n",
            f"fn f() {{\n    // Of nothing below.\n\n    {ALLOW}\n    unsafe {{ g() }};\n}}\n",
        ),
        ("fn f() { h(); }\n", ""),
    ],
    ids=[
        "statement", "one line", "argument", "arm", "field", "item", "below a comment", "macro", "licence", "crlf",
        "bom", "string", "a comment apart", "nothing",
    ],
)  # fmt: skip
def test_a_comment_stands_above_what_it_is_about(before: str, after: str) -> None:
    assert written(before) == after


def test_one_comment_for_all_rules_of_a_place() -> None:
    text = "fn f() {\n    unsafe { (g() as *mut _, g().unwrap()) };\n}\n"
    done = written(text, "panicking-call", "missing-safety-comment")
    assert done.splitlines()[1:3] == [
        "    // rfl-lint: allow(missing-safety-comment, panicking-call): old",
        "    unsafe { (g() as *mut _, g().unwrap()) };",
    ]


def test_no_more_is_silenced_than_the_statement() -> None:
    before = "fn f() {\n    unsafe { g() };\n}\n"
    after = written(before).replace("}\n", "    unsafe { h() };\n}\n")
    lint = Lint([RULES["missing-safety-comment"]()])
    active = [
        item for item in lint_source(SourceFile("x.rs", after.encode()), lint).findings if not item.silenced
    ]
    assert len(active) == 1


def test_what_speaks_of_the_file_is_allowed_for_the_file() -> None:
    head, path = "// SPDX-License-Identifier: GPL-2.0\n", "rust/kernel/x.rs"
    text = head + "\nuse kernel::bindings;\n\npub fn f() {\n    bindings::g();\n}\n"
    lint = Lint([RULES["missing-c-header-link"]()], frozenset({"missing-c-header-link"}))
    done = suppressed(text, lint, path)
    assert done.report.findings == ()
    comment = "// rfl-lint: allow-file(missing-c-header-link): old\n"
    assert done.after[path].decode() == text.replace(head, head + comment)


def test_comments_at_the_end_of_the_file_can_be_spoken_for() -> None:
    text = "fn f() {}\n\n// SAFETY: this is no sentence\n"
    done = written(text, "comment-style", strict=True)
    assert done == text.replace("// SAFETY", "// rfl-lint: allow(comment-style): old\n// SAFETY")


def _fixtures() -> list[Path]:
    return [
        path
        for name, rule in RULES.items()
        for path in sorted((ROOT / "fixtures" / rule.meta.group / name).glob("*.rs"))
        if path.name != "gaps.rs"
    ]


@pytest.mark.parametrize("path", _fixtures(), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_finding_of_the_fixtures_can_be_silenced(path: Path) -> None:
    fixture = read_fixture(path)
    rule: type[Rule] = RULES[path.parent.name]
    lint = Lint(
        [rule()],
        strict_rules=frozenset({rule.meta.name}) if fixture.strict else frozenset(),
        doc_code=fixture.doc_code,
        known_rules=frozenset(RULES),
    )
    already = _active(lint_source(fixture.source, lint, fixture.tree).findings)
    done = suppressed(fixture.source.data, lint, fixture.source.path, fixture.tree)
    left = _active(done.report.findings)
    assert len(left) == sum(item.group == "engine" for item in already), left
    after = done.after.get(fixture.source.path, fixture.source.data).splitlines()
    assert [line for line in after if b": old" not in line] == fixture.source.data.splitlines()
    again = suppressed(b"\n".join(after), lint, fixture.source.path, fixture.tree)
    assert again.after == {}


def _active(findings: tuple[Finding, ...]) -> list[Finding]:
    return [finding for finding in findings if finding.silenced is None]


@pytest.mark.parametrize("text", ["", " \n", "a\x1b[2J", "\u202e"])
def test_a_reason_is_a_line_of_words(text: str) -> None:
    with pytest.raises(UsageError, match="reason"):
        reason_of(text)
    assert reason_of(" known since\n 2024 ") == "known since 2024"


# The command.


@pytest.fixture
def rfl(tmp_path: Path) -> Runner:
    runner = Runner(tmp_path)
    runner.write("a.rs", UNSAFE)
    return runner


def test_the_command_writes_and_what_remains_decides(rfl: Runner) -> None:
    ran = rfl("check", "--add-suppressions", "before the linter")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.splitlines() == ["no findings in 1 file", "suppressed 1 finding in 1 file"]
    text = (rfl.folder / "a.rs").read_text()
    assert "    // rfl-lint: allow(missing-safety-comment): before the linter\n    unsafe" in text
    ran = rfl("check", "--add-suppressions", "before the linter")
    assert ran.out.splitlines() == ["no findings in 1 file", "nothing to suppress"]
    assert (rfl.folder / "a.rs").read_text() == text


def test_the_diff_can_be_seen_first_and_standard_input_is_answered(rfl: Runner) -> None:
    ran = rfl("check", "--add-suppressions=old", "--show-fixes")
    assert ran.status == 1
    assert f"+    {ALLOW}\n" in ran.out
    assert (rfl.folder / "a.rs").read_text() == UNSAFE
    ran = rfl("check", "-", "--add-suppressions=old", stdin=UNSAFE.encode())
    assert (ran.status, ran.out) == (0, UNSAFE.replace("    unsafe", f"    {ALLOW}\n    unsafe"))


@pytest.mark.parametrize(
    "args",
    [["--add-suppressions="], ["--add-suppressions=x", "--fix"],
     ["--add-suppressions=x", "--patch=p"], ["--add-suppressions=x", "--write-baseline"]],
)  # fmt: skip
def test_what_contradicts_itself_is_refused(rfl: Runner, args: list[str]) -> None:
    ran = rfl("check", *args)
    assert (ran.status, ran.out) == (2, "")
    assert (rfl.folder / "a.rs").read_text() == UNSAFE
