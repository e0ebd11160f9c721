"""Fingerprints stay the same when code moves and differ where the code differs."""

from __future__ import annotations

from rfl_lint.engine import Lint, lint_source
from rfl_lint.facts import extract_facts
from rfl_lint.fingerprint import EnclosingItems
from rfl_lint.registry import builtin_rules
from rfl_lint.source import SourceFile
from rfl_lint.syntax import parse_file

LINT = Lint([rule() for rule in builtin_rules() if rule.meta.name == "missing-safety-comment"])
CODE = "impl T {\n    fn f() {\n        unsafe { g() };\n        unsafe { g() };\n    }\n}\nfn h() { unsafe { g() } }\n"


def prints(text: str, path: str = "drivers/a.rs") -> list[str]:
    return [finding.fingerprint for finding in lint_source(SourceFile(path, text.encode()), LINT).findings]


def test_each_finding_has_its_own() -> None:
    assert len(set(prints(CODE))) == 3


def test_moved_indented_and_renamed_code_keeps_them() -> None:
    assert prints("// A comment.\n\n" + CODE.replace("        unsafe", "\tunsafe"), "drivers/b.rs") == prints(
        CODE
    )


def test_another_function_another_print() -> None:
    changed = prints(CODE.replace("fn h", "fn i"))
    assert changed[:2] == prints(CODE)[:2]
    assert changed[2] != prints(CODE)[2]


def test_a_long_line_is_judged_by_what_is_near() -> None:
    line = "fn f() { unsafe { g() }; " + "x(); " * 200 + "unsafe { g() }; }"
    assert len(set(prints(line))) == 2
    assert prints(line.replace("x(); " * 200, "x(); " * 199 + "y(); "))[0] == prints(line)[0]


def test_enclosing_items() -> None:
    text = "mod m { impl A for B { fn f() { struct S { x: u8 } } } fn g() {} }"
    items = EnclosingItems(extract_facts(parse_file(SourceFile("a.rs", text.encode()))))
    assert items.around(text.index("x:")) == ["impl A for B", "fn f", "struct S"]
    assert items.around(text.index("g()")) == ["fn g"]
    assert items.around(0) == []
