"""Fixes as bytes: which go together, what a text becomes, and when it is left alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfl_lint.finding import Confidence, Edit, Finding, Fix, Severity
from rfl_lint.fixes import MAX_PASSES, fix_findings, fixed_once
from rfl_lint.report import Report
from rfl_lint.revision import Revision, applied
from rfl_lint.source import BOM, SourceFile, Span

Lint = Callable[[Mapping[str, Revision]], Report]
CODE = b"fn f() {\n    let a = 1;\n    let b = 2;\n}\n"


def edit(start: int, end: int, text: str) -> Edit:
    return Edit(Span(start, end), text)


def finding(*edits: Edit, safe: bool = True, rule: str = "a-rule", at: int = 0) -> Finding:
    fix = Fix("change it", edits, safe)
    place = Span(at, at + 1)
    return Finding(rule, "test", Severity.WARNING, Confidence.HIGH, "a.rs", place, "m", fix=fix)


def words(pattern: bytes, text: str, data: bytes) -> list[Finding]:
    """A finding with a fix for each match of a pattern."""
    return [finding(edit(*match.span(), text), at=match.start()) for match in re.finditer(pattern, data)]


def lint_with(pattern: bytes, text: str, data: bytes, *, safe: bool = True) -> Lint:
    """A linter that finds a pattern in one file."""

    def lint(texts: Mapping[str, Revision]) -> Report:
        now = texts.get("a.rs", Revision(data)).data
        found = [
            finding(edit(*match.span(), text), safe=safe, at=match.start())
            for match in re.finditer(pattern, now)
        ]
        sources = {"a.rs": SourceFile("a.rs", now)}
        return Report(findings=tuple(found), files=1, read=sources.get)

    return lint


def test_what_lies_apart_is_applied_together() -> None:
    done = fixed_once(SourceFile("a.rs", CODE), words(rb"\d", "77", CODE))
    assert done.data == CODE.replace(b"1", b"77").replace(b"2", b"77")
    assert len(done.done) == 2


def test_of_two_at_one_place_one_waits() -> None:
    at = CODE.index(b"1")
    first, second = finding(edit(at, at + 1, "3")), finding(edit(at, at + 1, "4"), rule="b-rule")
    done = fixed_once(SourceFile("a.rs", CODE), [second, first])
    assert done.data == CODE.replace(b"1", b"3")
    assert done.done == (first,)


@pytest.mark.parametrize("other", [(10, 12), (12, 12), (8, 10), (10, 10), (9, 13)])
def test_what_touches_waits_too(other: tuple[int, int]) -> None:
    """Bytes 10 to 12 are the indentation."""
    first = finding(edit(10, 12, "  "))
    second = finding(edit(*other, " \n"), at=5, rule="b-rule")
    assert len(fixed_once(SourceFile("a.rs", CODE), [first, second]).done) == 1


def test_one_comment_that_two_fixes_ask_for_is_inserted_once() -> None:
    at = CODE.index(b"    let a")
    comment = edit(at, at, "    // one\n")
    other = CODE.index(b"2")
    findings = [finding(comment), finding(comment, edit(other, other + 1, "5"), at=3)]
    done = fixed_once(SourceFile("a.rs", CODE), findings)
    assert done.data == b"fn f() {\n    // one\n    let a = 1;\n    let b = 5;\n}\n"
    assert len(done.done) == 2


def test_a_fix_that_does_not_parse_is_left_out_and_the_others_are_not() -> None:
    findings = words(rb"\d", "7", CODE)
    at = CODE.index(b"let b")
    broken = finding(edit(at, at, "}} ) ("), rule="b-rule")
    missing = finding(edit(at + 9, at + 10, ""), rule="c-rule", at=1)
    done = fixed_once(SourceFile("a.rs", CODE), [*findings, broken])
    assert done.broken == (broken,)
    assert done.data == CODE.replace(b"1", b"7").replace(b"2", b"7")
    semicolon = CODE.index(b";")
    missing = finding(edit(semicolon, semicolon + 1, ""), rule="c-rule")
    assert fixed_once(SourceFile("a.rs", CODE), [missing]).broken == (missing,)


def test_a_macro_body_must_parse_as_before_too() -> None:
    data = b'fn f() { pr_info!("{}", g(1)); }\n'
    at = data.index(b"(1")
    broken = finding(edit(at, at + 3, "(1}}{ => ]"))
    assert fixed_once(SourceFile("a.rs", data), [broken]).broken == (broken,)


def test_a_file_that_has_errors_can_be_fixed_elsewhere() -> None:
    data = CODE + b"fn g( {\n"
    done = fixed_once(SourceFile("a.rs", data), words(rb"\d", "7", data))
    assert done.data == data.replace(b"1", b"7").replace(b"2", b"7")


@pytest.mark.parametrize("edits", [[(5, 9), (7, 12)], [(5, 1)], [(0, 10_000)], [(-3, 2)]])
def test_a_fix_that_is_none(edits: list[tuple[int, int]]) -> None:
    wrong = finding(*(edit(start, end, "x") for start, end in edits))
    done = fixed_once(SourceFile("a.rs", CODE), [wrong])
    assert (done.data, done.broken) == (CODE, (wrong,))


def test_a_fix_in_the_middle_of_a_character() -> None:
    data = 'fn f() { g("ä"); }\n'.encode()
    at = data.index("ä".encode())
    wrong = finding(edit(at + 1, at + 2, "x"))
    assert fixed_once(SourceFile("a.rs", data), [wrong]).broken == (wrong,)


def test_line_endings_are_those_of_the_place() -> None:
    data = b"a\r\nb\nc"
    assert applied(data, [edit(0, 0, "x\n")]) == b"x\r\na\r\nb\nc"
    assert applied(data, [edit(3, 3, "x\n")]) == b"a\r\nx\nb\nc"
    assert applied(data, [edit(6, 6, "x\n")]) == b"a\r\nb\ncx\n"
    assert applied(b"a\r\nb", [edit(4, 4, "x\r\ny\n")]) == b"a\r\nbx\r\ny\r\n"


def test_nothing_goes_before_a_byte_order_mark() -> None:
    assert applied(BOM + b"use a;", [edit(0, 0, "// x\n")]) == BOM + b"// x\nuse a;"
    assert applied(BOM + b"use a;", [edit(0, 6, "mod")]) == BOM + b"mod a;"


def test_it_goes_on_until_nothing_changes() -> None:
    data = b"// aaaaaaaa\n"
    result = fix_findings(lint_with(rb"aa", "a", data), unsafe=False)
    assert (result.after, result.before) == ({"a.rs": b"// a\n"}, {"a.rs": data})
    assert not result.report.findings
    assert fix_findings(lint_with(rb"aa", "a", b"// a\n"), unsafe=False).after == {}


def test_a_file_that_never_settles_is_left_as_it_was() -> None:
    result = fix_findings(lint_with(rb"a", "aa", b"// a\n"), unsafe=False)
    assert (result.after, result.done) == ({}, {})
    (problem,) = result.problems
    assert f"a.rs: left as it was: after {MAX_PASSES} passes fixes of a-rule still change it" in problem
    assert len(result.report.findings) == 1


def test_unsafe_fixes_need_to_be_asked_for() -> None:
    lint = lint_with(rb"1", "2", CODE, safe=False)
    assert fix_findings(lint, unsafe=False).after == {}
    assert fix_findings(lint, unsafe=True).done == {"a.rs": 1}


def test_a_file_that_cannot_be_written_keeps_its_findings() -> None:
    result = fix_findings(
        lint_with(rb"1", "2", CODE), unsafe=False, obstacle=lambda path: f"{path}: is locked"
    )
    assert result.problems == ("a.rs: is locked; nothing in it is fixed",)
    assert len(result.report.findings) == 1


SPANS = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 6), st.text("ab\n", max_size=3)), min_size=1, max_size=12
)


@given(SPANS, st.text("xyz\n é", max_size=40))
def test_any_edits(raw: list[tuple[int, int, str]], inner: str) -> None:
    """Comments take any text: chosen fixes lie apart, and each byte outside them stays, in order."""
    data = f"/* {inner.ljust(40)} */\n".encode()
    findings = [
        finding(edit(3 + start, 3 + start + size, text), at=number)
        for number, (start, size, text) in enumerate(raw)
    ]
    done = fixed_once(SourceFile("a.rs", data), findings)
    edits = {each for item in done.done for each in (item.fix.edits if item.fix else ())}
    spans = sorted(each.span for each in edits)
    assert all(one.end < two.start for one, two in pairwise(spans))
    expected = data
    for each in sorted(edits, key=lambda each: each.span, reverse=True):
        expected = expected[: each.span.start] + each.text.encode() + expected[each.span.end :]
    assert done.data == expected
    assert len(done.done) + len(done.broken) <= len(findings)
    left = [item for item in findings if item not in done.done and item not in done.broken]
    for item in left:
        (own,) = item.fix.edits if item.fix else ()
        touching = [each for each in spans if each.start <= own.span.end and own.span.start <= each.end]
        assert touching or done.broken


@given(st.binary(max_size=60).map(lambda data: data.replace(b"\0", b"")), st.booleans(), st.booleans())
def test_fixing_twice_changes_nothing_more(text: bytes, crlf: bool, bom: bool) -> None:
    data = b"// one ab two abab three " + text.decode("latin-1").encode().replace(b"\n", b" ").replace(
        b"\r", b" "
    )
    data = (BOM if bom else b"") + data + (b"\r\n" if crlf else b"\n")
    first = fix_findings(lint_with(rb"ab|ba", "a", data), unsafe=False)
    after = first.after.get("a.rs", data)
    assert fix_findings(lint_with(rb"ab|ba", "a", after), unsafe=False).after == {}
    assert after.startswith(BOM) == bom
    assert after.endswith(b"\r\n") == crlf
