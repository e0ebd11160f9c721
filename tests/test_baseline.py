"""What a baseline covers, what it never covers, and what its file looks like."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from rfl_lint.baseline import Entry, Matched, dump_baseline, entry_of, left_out, read_baseline
from rfl_lint.engine import Lint, lint_source
from rfl_lint.errors import ConfigError
from rfl_lint.finding import Finding, Silence
from rfl_lint.registry import builtin_rules
from rfl_lint.report import Report, View
from rfl_lint.source import SourceFile, Span
from tests.conftest import succeed

LINT = Lint([rule() for rule in builtin_rules() if rule.meta.name == "missing-safety-comment"])
ONE = "fn f() {\n    unsafe { g() };\n}\n"
TWO = "fn f() {\n    unsafe { g() };\n    unsafe { g() };\n}\n"
LONG = "impl T {\n    fn f() {\n        unsafe {\n            g();\n            h();\n        };\n    }\n}\n"


def report_on(**files: str) -> Report:
    sources = {f"{name}.rs": SourceFile(f"{name}.rs", text.encode()) for name, text in files.items()}
    found = [item for source in sources.values() for item in lint_source(source, LINT).findings]
    return Report(findings=tuple(sorted(found, key=lambda each: each.sort_key)), read=sources.get)


def entries_of(report: Report) -> list[Entry]:
    found = [entry_of(report, finding) for finding in report.findings]
    assert None not in found
    return [entry for entry in found if entry is not None]


def lines(matched: Matched) -> list[tuple[str, int]]:
    report = matched.report
    return [
        (item.path, SourceFile("", report.source(item.path).data).position(item.span.start).line)  # type: ignore[union-attr]
        for item in report.findings
    ]


def test_what_it_holds_is_left_out_and_kept_as_silenced() -> None:
    report = report_on(a=TWO)
    matched = left_out(report, entries_of(report))
    assert matched.report.findings == ()
    assert [item.silenced for item in matched.report.silenced] == [Silence.BASELINE] * 2
    assert matched.needed == tuple(sorted(entries_of(report)))
    assert matched.unmatched == ()


def test_moved_and_indented_lines_are_still_left_out() -> None:
    entries = entries_of(report_on(a=TWO))
    moved = "// More.\n\nfn e() {}\n" + TWO.replace("    unsafe", "\tunsafe")
    assert lines(left_out(report_on(a=moved), entries)) == []


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        (ONE.replace("g()", "h()"), 2),
        (ONE.replace("fn f", "fn e"), 2),
        (ONE.replace("unsafe", "let x = unsafe"), 2),
    ],
    ids=["line", "function", "statement"],
)
def test_changed_code_is_reported(changed: str, line: int) -> None:
    assert lines(left_out(report_on(a=changed), entries_of(report_on(a=ONE)))) == [("a.rs", line)]


def test_one_more_of_the_same_is_one_too_many() -> None:
    matched = left_out(report_on(a=TWO), entries_of(report_on(a=ONE)))
    assert len(matched.report.findings) == 1
    matched = left_out(report_on(a=ONE), entries_of(report_on(a=TWO)))
    assert (lines(matched), len(matched.unmatched)) == ([], 1)


def test_all_lines_of_a_finding_count() -> None:
    def spanning(text: str) -> Report:
        report = report_on(a=text)
        (finding,) = report.findings
        end = text.index("};") + 1
        return replace(report, findings=(replace(finding, span=Span(finding.span.start, end)),))

    entries = entries_of(spanning(LONG))
    assert lines(left_out(spanning("\n" + LONG), entries)) == []
    assert lines(left_out(spanning(LONG.replace("h();", "i();")), entries)) == [("a.rs", 3)]


def test_all_of_a_long_line_counts() -> None:
    tail = " x();" * 200
    entries = entries_of(report_on(a="fn f() { unsafe { g() };" + tail + "}\n"))
    assert lines(left_out(report_on(a="\nfn f() { unsafe { g() };" + tail + "}\n"), entries)) == []
    assert lines(left_out(report_on(a="fn f() { unsafe { g() };" + tail + " y();}\n"), entries)) == [
        ("a.rs", 1)
    ]


def test_a_copy_of_a_file_is_new_and_a_renamed_one_is_not() -> None:
    entries = entries_of(report_on(a=TWO))
    both = report_on(a=TWO, b=TWO)
    assert lines(left_out(both, entries)) == [("b.rs", 2), ("b.rs", 3)]
    renamed = left_out(report_on(b=TWO), entries, is_gone=lambda path: path == "a.rs")
    assert lines(renamed) == []
    assert {entry.path for entry in renamed.needed} == {"b.rs"}
    assert lines(left_out(report_on(b=TWO), entries)) == [("b.rs", 2), ("b.rs", 3)]
    twice = left_out(
        report_on(b=ONE, c=ONE), entries_of(report_on(a=ONE)), is_gone=lambda path: path == "a.rs"
    )
    assert lines(twice) == [("c.rs", 2)]


def test_nothing_on_a_changed_row_is_left_out() -> None:
    report = report_on(a=TWO)
    entries = entries_of(report)
    assert lines(left_out(report, entries, changed={"a.rs": {1}})) == [("a.rs", 2)]
    assert lines(left_out(report, entries, changed={"a.rs": {0, 3}, "b.rs": {1, 2}})) == []


def test_what_the_engine_says_is_never_left_out() -> None:
    report = report_on(a="// rfl-lint: allow(missing-safety-comment): no\nfn f() {}\n")
    assert [item.rule for item in report.findings] == ["unused-suppression"]
    assert entry_of(report, report.findings[0]) is None
    made_up = Entry("a.rs", "unused-suppression", report.findings[0].fingerprint)
    assert len(left_out(report, [made_up]).report.findings) == 1


def test_findings_that_are_not_shown_keep_their_entries() -> None:
    report = report_on(a=ONE)
    entries = entries_of(report)
    milder = replace(report, findings=(), unshown=report.findings)
    matched = left_out(milder, entries)
    assert (matched.needed, matched.unmatched) == (tuple(entries), ())
    assert (matched.report.unshown, matched.report.silenced) == ((), ())


def test_texts_of_patches_are_known_by_the_path_of_their_file() -> None:
    report = report_on(a=ONE)
    named = replace(report, views={"a.rs": View("drivers/a.rs", "mail", {}, {})})
    entry = entry_of(named, named.findings[0])
    assert entry is not None
    assert entry.path == "drivers/a.rs"
    nameless = replace(report, views={"a.rs": View(None, "mail", {}, {})})
    assert entry_of(nameless, nameless.findings[0]) is None
    assert len(left_out(nameless, entries_of(report)).report.findings) == 1


# The file.

ENTRIES = st.builds(
    Entry,
    st.text(min_size=1),
    st.text(min_size=1),
    st.text(min_size=1),
    st.text(),
    st.lists(st.sampled_from(["strict", "doc-code"]), unique=True).map(tuple),
)


@given(st.lists(ENTRIES), st.randoms())
def test_a_written_file_is_read_as_it_was_in_any_order(
    tmp_path_factory: pytest.TempPathFactory, entries: list[Entry], random: object
) -> None:
    file = tmp_path_factory.getbasetemp() / "baseline.json"
    file.write_bytes(dump_baseline(entries))
    assert read_baseline(file) == tuple(sorted(set(entries)))
    shuffled = list(entries)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert dump_baseline(shuffled) == file.read_bytes()
    assert len(file.read_text(encoding="utf-8").splitlines()) == len(set(entries)) + 3


def test_two_branches_that_both_change_it_merge(tmp_path: Path) -> None:
    file = tmp_path / "baseline.json"
    old = [Entry(f"{name}.rs", "a-rule", name * 20) for name in "bdfhjlnp"]

    def commit(entries: list[Entry], message: str) -> None:
        file.write_bytes(dump_baseline(entries))
        succeed(["git", "add", "."], tmp_path)
        succeed(["git", "commit", "--quiet", f"--message={message}"], tmp_path)

    succeed(["git", "init", "--quiet", "--initial-branch=main"], tmp_path)
    commit(old, "start")
    succeed(["git", "checkout", "--quiet", "-b", "other"], tmp_path)
    last, first = Entry("z.rs", "a-rule", "z" * 20), Entry("a.rs", "a-rule", "a" * 20)
    commit([*old[:3], *old[4:], last], "at the end, and one gone")
    succeed(["git", "checkout", "--quiet", "main"], tmp_path)
    commit([first, *old], "at the beginning")
    succeed(["git", "merge", "--quiet", "--no-edit", "other"], tmp_path)
    assert read_baseline(file) == tuple(sorted([first, *old[:3], *old[4:], last]))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not JSON (line 1)"),
        ("[]", "not a baseline of rfl-lint"),
        ('{"version": 1}', "not a baseline of rfl-lint"),
        ('{"version": 2, "findings": []}', "of version 2, and only 1 is known"),
        ('{"version": 1, "findings": [1]}', "1 is no finding"),
        ('{"version": 1, "findings": [{"path": "a"}]}', "lacks its path, rule or fingerprint"),
        ('{"version": 1, "findings": [{"path": "a", "rule": 1, "fingerprint": "x"}]}', "lacks"),
        (
            '{"version": 1, "findings": [{"path": "a", "rule": "b", "fingerprint": "x", "asked": 1}]}',
            "`asked` is a list",
        ),
        ('{"version": 1,\n<<<<<<< ours\n"findings": []}', "a conflict of a merge is left in it"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_what_is_no_baseline_is_refused_with_the_reason(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "baseline.json"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_baseline(file)
    assert str(file) in str(caught.value)
    assert words in str(caught.value)
    file.write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="not UTF-8"):
        read_baseline(file)


def test_the_order_of_findings_does_not_decide_what_is_left_out() -> None:
    report = report_on(a=TWO, b=TWO)
    entries = entries_of(report)[1:3]

    def shown(findings: tuple[Finding, ...]) -> set[tuple[str, int]]:
        return set(lines(left_out(replace(report, findings=findings), entries)))

    assert shown(report.findings) == shown(report.findings[::-1]) == {("a.rs", 2), ("b.rs", 3)}
