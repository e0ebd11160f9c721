"""Every output format: a golden for each, the JSON against its schema, and what hostile text must not do."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from rfl_lint.engine import RuleCrash
from rfl_lint.errors import UsageError
from rfl_lint.finding import Confidence, Edit, Finding, Fix, Label, Severity, Silence
from rfl_lint.output import FORMATS, OutputOptions, render
from rfl_lint.output.escape import escape
from rfl_lint.output.excerpt import Kind, cells, excerpt
from rfl_lint.report import Report
from rfl_lint.source import SourceFile, Span
from rfl_lint.version import VERSION
from tests.work import calls_of, grows_linearly

GOLDENS = Path(__file__).parent.parent / "fixtures" / "output"
SCHEMA = json.loads((Path(__file__).parent.parent / "docs" / "findings.schema.json").read_text())
ANSI = re.compile(r"\x1b\[[0-9;]*m")

RING = "drivers/demo/ring.rs"
SLOT = "drivers/demo/slot.rs"
WIDE = "drivers/demo/wide.rs"
SOURCES = {
    RING: """//! A ring of slots.

fn head(ring: &Ring) -> *const Slot {
    ring.first().as_ptr()
}

fn take(ring: &Ring) -> KBox<Slot> {
    unsafe { KBox::from_raw(head(ring).cast_mut()) }
}

fn build() {
    let all = pin_init!(Ring {
        first,
        second,
        third,
        fourth,
    });
    let x = 1;
}
""",
    # A file with DOS line ends.
    SLOT: "impl Slot {\r\n    fn as_ptr(&self) -> *const Self {\r\n        self as *const Self\r\n    }\r\n}",
    # A byte order mark, tabs, wide characters, and a character that turns the text around.
    WIDE: '\ufefffn turn() {\n\tlet name\t= "漢字\u202e🦀"; unsafe { show(name) }\n}',
}


def _source(path: str) -> SourceFile | None:
    return SourceFile(path, SOURCES[path].encode()) if path in SOURCES else None


def _span(path: str, text: str) -> Span:
    start = SOURCES[path].encode().index(text.encode())
    return Span(start, start + len(text.encode()))


def _finding(path: str, text: str, **changes: Any) -> Finding:
    plain = Finding(
        rule="missing-safety-comment",
        group="safety",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        path=path,
        span=_span(path, text),
        message="unsafe block has no `SAFETY:` comment",
        fingerprint="0123456789abcdef0123",
    )
    return replace(plain, **changes)


REPORT = Report(
    findings=(
        _finding(
            RING,
            "KBox::from_raw(head(ring).cast_mut())",
            rule="from-raw-of-reference",
            group="provenance",
            severity=Severity.ERROR,
            message="`KBox::from_raw` takes over a pointer derived from a reference",
            help="give back the pointer that `into_raw` returned",
            related=(
                Label(_span(RING, "ring.first().as_ptr()"), "`head` returns what `as_ptr` returns"),
                Label(_span(SLOT, "self as *const Self"), "`as_ptr` returns the address of `self`", SLOT),
            ),
        ),
        _finding(
            RING,
            "unsafe",
            help="say above it why its preconditions hold",
            fragment="macro call",
            fix=Fix(
                "insert a `// SAFETY:` comment",
                (Edit(Span(_span(RING, "unsafe").start, _span(RING, "unsafe").start), "// SAFETY: \n    "),),
            ),
        ),
        _finding(
            RING,
            SOURCES[RING][SOURCES[RING].index("pin_init!") : SOURCES[RING].index(");\n    let x") + 1],
            rule="acme-invariant",
            severity=Severity.NOTE,
            confidence=Confidence.MEDIUM,
            message="a value of `Ring` is built without an `INVARIANT:` comment",
            related=(Label(_span(RING, "A ring of slots"), "`Ring` documents its invariants here"),),
            fix=Fix("add it", (Edit(_span(RING, "let all"), "let every"),), safe=True),
        ),
        _finding(WIDE, "unsafe"),
        Finding(
            rule="file-not-analysed",
            group="engine",
            severity=Severity.WARNING,
            confidence=Confidence.HIGH,
            path="drivers/demo/\udcff.rs",
            span=Span(0, 0),
            message="file not analysed: not UTF-8: byte 0xff on line 1",
            help="exclude the file if it is meant to be like this",
            fingerprint="0123456789abcdef0123",
        ),
    ),
    silenced=(_finding(RING, "unsafe", silenced=Silence.ATTRIBUTE),),
    files=79,
    skipped={"host code": 12, "vendored": 178, "generated": 0},
    fragments_met=41,
    fragments_parsed=39,
    unparsed={RING: (12, 31)},
    read=_source,
)


def _rendered(name: str, report: Report = REPORT, **options: Any) -> str:
    out = io.StringIO()
    render(name, report, out, OutputOptions(**options))
    return out.getvalue()


@pytest.mark.parametrize(
    ("golden", "name", "options"),
    [
        ("text.txt", "text", {"statistics": True, "verbose": True}),
        ("concise.txt", "concise", {}),
        ("report.json", "json", {}),
        ("report.jsonl", "jsonl", {}),
        ("checkpatch.txt", "checkpatch", {}),
        ("b4.json", "b4-json", {}),
        ("report.sarif", "sarif", {}),
        ("github.txt", "github", {}),
        ("gitlab.json", "gitlab", {}),
        ("junit.xml", "junit", {}),
        ("report.rdjson", "rdjson", {}),
        ("report.rdjsonl", "rdjsonl", {}),
    ],
)
def test_golden(golden: str, name: str, options: dict[str, Any]) -> None:
    rendered = _rendered(name, **options).replace(f'"semanticVersion": "{VERSION}"', '"semanticVersion": "?"')
    assert rendered == (GOLDENS / golden).read_text()


def test_every_format_has_a_golden() -> None:
    assert len(list(GOLDENS.iterdir())) == len(FORMATS)


def test_an_unknown_format_is_a_usage_error_that_names_the_others() -> None:
    with pytest.raises(UsageError, match=r"`sarf`.*text, concise, json, jsonl"):
        _rendered("sarf")


def test_json_keeps_its_contract() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    data = json.loads(_rendered("json"))
    jsonschema.validate(data, SCHEMA)
    assert data["summary"] == {
        "files": 79,
        "skipped": {"generated": 0, "host code": 12, "vendored": 178},
        "fragments": {"met": 41, "parsed": 39},
        "by_rule": {
            "acme-invariant": 1,
            "file-not-analysed": 1,
            "from-raw-of-reference": 1,
            "missing-safety-comment": 2,
        },
    }
    wide = data["findings"][3]
    assert (wide["line"], wide["column"], wide["end_line"], wide["end_column"]) == (2, 21, 2, 27)
    assert wide["snippet"] == SOURCES[WIDE].split("\n")[1]
    edit = data["findings"][1]["fix"]["edits"][0]
    assert (edit["start_line"], edit["start_column"]) == (edit["end_line"], edit["end_column"]) == (8, 5)


@pytest.mark.parametrize("report", [REPORT, Report()], ids=["findings", "nothing"])
def test_json_lines_are_the_findings_of_json_and_then_the_summary(report: Report) -> None:
    whole = json.loads(_rendered("json", report))
    jsonschema.validate(whole, SCHEMA)
    *findings, last = map(json.loads, _rendered("jsonl", report).splitlines())
    assert findings == whole["findings"]
    assert last == {"version": 1, "summary": whole["summary"]}
    jsonschema.validate(last, {**SCHEMA["$defs"]["last_line"], "$defs": SCHEMA["$defs"]})


def test_the_schema_refuses_what_breaks_the_contract() -> None:
    validator = jsonschema.Draft202012Validator(SCHEMA)
    for place, value in (("line", 0), ("severity", "fatal"), ("fix", {}), ("fingerprint", ""), ("more", 1)):
        data = json.loads(_rendered("json"))
        data["findings"][0][place] = value
        assert [error.path[-1] for error in validator.iter_errors(data)] in ([place], [0]), place


def test_colour_changes_no_character() -> None:
    plain = _rendered("text", statistics=True, verbose=True)
    coloured = _rendered("text", statistics=True, verbose=True, color=True)
    assert "\x1b[1;31m" in coloured
    assert "\x1b" not in plain
    assert [line.rstrip() for line in ANSI.sub("", coloured).splitlines()] == plain.splitlines()


def test_quiet_prints_findings_only() -> None:
    assert "findings (" not in _rendered("text", quiet=True)
    assert _rendered("text", Report(files=3), quiet=True) == ""


@pytest.mark.parametrize(
    ("report", "line"),
    [
        (Report(files=1), "no findings in 1 file"),
        (
            Report(files=0, skipped={"host code": 1, "vendored": 0}),
            "no findings in 0 files; left out: 1 host code file",
        ),
        (
            replace(REPORT, findings=REPORT.findings[:1]),
            "1 finding (1 error, 0 warnings, 0 notes) in 79 files; left out: 178 vendored, 12 host code files",
        ),
        (
            Report(files=1200, crashes=(RuleCrash("a-b", "x.rs", "E", ""),), errors=("x", "y")),
            "no findings in 1,200 files; incomplete: 1 rule crash, 2 errors",
        ),
    ],
)
def test_summary_line(report: Report, line: str) -> None:
    assert _rendered("text", report).splitlines()[-1] == line


def _marked(text: str, marked: str, room: int = 160) -> tuple[str, str]:
    source = SourceFile("x.rs", text.encode())
    start = text.encode().index(marked.encode())
    lines = excerpt(source, Span(start, start + len(marked.encode())), room=room)
    return lines[0].text, lines[1].text


@pytest.mark.parametrize(
    ("text", "shown", "before"),
    [
        ("\tX", "    X", 4),
        ("a\tX", "a    X", 5),
        ("漢字X", "漢字X", 4),
        ("e\u0301X", "e\u0301X", 1),
        ("\u202eX", "\\u{202e}X", 8),
        ("\x1b[2JX", "\\u{1b}[2JX", 9),
        ("\ufeffX", "X", 0),
    ],
    ids=["tab", "inner tab", "wide", "combining", "bidi", "escape", "byte order mark"],
)
def test_marks_stand_below_what_they_mark(text: str, shown: str, before: int) -> None:
    assert _marked(text, "X") == (shown, " " * before + "^")


def test_a_marked_wide_character_is_marked_wholly() -> None:
    assert _marked("a漢字b", "漢字") == ("a漢字b", " ^^^^")


def test_a_long_line_is_cut_around_its_marks() -> None:
    text = "x" * 5000 + "MARK" + "y" * 5000
    shown, marks = _marked(text, "MARK", room=80)
    assert len(shown) < 90
    assert shown[marks.index("^") :].startswith("MARK")
    assert (shown[:3], shown[-3:], marks.count("^")) == ("...", "...", 4)
    shown, marks = _marked("MARK" * 2000, "MARK" * 2000, room=80)
    assert len(shown) < 90
    assert len(marks) == len(shown)


def test_the_excerpt_of_a_line_as_long_as_a_file_costs_as_much_as_it_shows() -> None:
    def show(words: int) -> None:
        source = SourceFile("x.rs", "unsafe é ".encode() * words)
        at = words * 5 // 50 * 50
        (shown, marks) = excerpt(source, Span(at, at + 6))
        assert shown.text[marks.text.index("^") :].startswith("unsafe")

    show(1_500)  # what is done once in a process is done
    assert calls_of(lambda: show(150_000)) < calls_of(lambda: show(1_500)) + 100


@given(st.text(alphabet="aX \t漢\u0301\u202e\x00🦀", max_size=300), st.integers(0, 300), st.integers(40, 100))
def test_excerpts_of_any_line_fit_and_are_printable(text: str, at: int, room: int) -> None:
    raw = text.encode()
    start = len(text[:at].encode())
    shown, marks = excerpt(SourceFile("x.rs", raw), Span(start, len(raw)), room=room)[:2]
    assert shown.text.isprintable()
    assert cells(shown.text) <= room + 6  # dots at both ends
    assert marks.kind is Kind.MARKS
    assert cells(marks.text) <= max(1, cells(shown.text) + 1)


def test_a_span_of_many_lines_shows_its_ends() -> None:
    text = "".join(f"line {number}\n" for number in range(1, 30))
    source = SourceFile("x.rs", text.encode())
    lines = excerpt(source, Span(text.index("line 3"), text.index("line 20") + 4), context=1)
    shown = [(line.number, line.text) for line in lines if line.kind is Kind.SOURCE]
    assert shown == [(2, "line 2"), (3, "line 3"), (4, "line 4"), (20, "line 20"), (21, "line 21")]
    assert [line.kind for line in lines].count(Kind.GAP) == 1
    assert [line.text for line in lines if line.kind is Kind.MARKS] == ["^^^^^^", "^^^^^^", "^^^^"]


def test_a_span_that_ends_with_its_line_does_not_show_the_next() -> None:
    source = SourceFile("x.rs", b"one\ntwo\n")
    assert [line.text for line in excerpt(source, Span(0, 4))] == ["one", "^^^"]


def test_an_empty_span_has_one_mark() -> None:
    source = SourceFile("x.rs", b"one")
    assert [line.text for line in excerpt(source, Span(3, 3))] == ["one", "   ^"]


@given(st.text())
def test_escaped_text_is_printable_and_plain_text_is_left_alone(text: str) -> None:
    assert escape(text).isprintable()
    if text.isprintable():
        assert escape(text) == text


@pytest.mark.parametrize("name", ["text", "concise"])
def test_nothing_of_a_linted_file_reaches_the_terminal_raw(name: str) -> None:
    path = "drivers/\x1b]0;x\x07.rs"
    text = "let a = 1; // \x1b[2J\u202e\u2066\x9b31m\u200b\r x"
    report = Report(
        findings=(
            Finding(
                "a-rule",
                "group",
                Severity.NOTE,
                Confidence.LOW,
                path,
                Span(0, 3),
                f"about {text}\nnext",
                f"do {text}",
                (Label(Span(4, 5), f"see {text}", path),),
                Fix(f"fix {text}", (Edit(Span(0, 1), "x"),)),
            ),
        ),
        unparsed={path: (1,)},
        read=lambda _path: SourceFile(path, text.encode()),
    )
    rendered = _rendered(name, report, verbose=True, statistics=True)
    assert "\\u{1b}[2J\\u{202e}\\u{2066}\\u{9b}31m\\u{200b}\\r" in rendered
    assert all(line.isprintable() for line in rendered.split("\n"))


@pytest.mark.parametrize("name", ["json", "jsonl"])
def test_json_is_plain_ascii(name: str) -> None:
    assert _rendered(name).replace("\n", "").isprintable()
    assert _rendered(name).isascii()


@pytest.mark.parametrize("name", FORMATS)
def test_a_stream_that_lacks_a_character_gets_an_escape(name: str) -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    render(name, REPORT, out)
    out.flush()
    assert raw.getvalue().isascii()


@pytest.mark.parametrize("name", FORMATS)
def test_many_findings_take_linear_time(name: str) -> None:
    def show(count: int) -> None:
        lines = "".join(f"    unsafe {{ *pointer_number_{number} }};\n" for number in range(count))
        source = SourceFile("big.rs", lines.encode())
        spots = [Span(start + 4, start + 10) for start in source.line_starts[:-1]]
        findings = tuple(
            replace(
                REPORT.findings[0],
                path="big.rs",
                span=spot,
                related=(Label(spot, "here"),),
                fingerprint=f"{number:020x}",
            )
            for number, spot in enumerate(spots)
        )
        report = Report(findings, files=1, read={"big.rs": source}.get)
        assert _rendered(name, report, color=True).count("from-raw-of-reference") >= count

    assert grows_linearly(show, 200)
