"""The HTML page without a browser: well formed, the same every time, nothing from outside, nothing let through."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from msgspec.structs import replace

from rfl_lint.analysis.coverage.counts import Coverage
from rfl_lint.comparison import compare, known_of
from rfl_lint.finding import Finding, Label
from rfl_lint.output.page.document import write_page
from rfl_lint.output.page.markup import bar, breakable, paragraphs, prose, shown
from rfl_lint.output.page.model import PageContent
from rfl_lint.registry import builtin_rules
from rfl_lint.report import Report
from rfl_lint.ruledoc import read_doc
from rfl_lint.source import SourceFile, Span
from tests.test_output import REPORT

VOID = {"meta", "input", "wbr"}
HOSTILE = "<script>alert(1)</script>\"'&\u202e\u0007 `a`</pre><img src=x onerror=alert(2)>"
DOCS = {rule.meta.name: read_doc(rule) for rule in builtin_rules()}


def page(report: Report = REPORT, **content: object) -> str:
    out = io.StringIO()
    write_page(PageContent(report, **{"docs": DOCS, **content}), out)  # type: ignore[arg-type]
    return out.getvalue()


class Reader(HTMLParser):
    """What a page consists of; raises where elements are not closed in the order they were opened."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"script", "style"} & set(self.open):
            self.words.append(data)


def hostile() -> Report:
    """A report whose every text comes from somebody who means harm."""
    path = f"drivers/{HOSTILE.replace('/', '')}.rs"
    text = f"// {HOSTILE}\n/* {HOSTILE} */ fn f() {{ unsafe {{ g() }} }} // {HOSTILE}\n"
    at = text.encode().index(b"unsafe")
    source = SourceFile(path, text.encode())
    finding = replace(
        REPORT.findings[1],
        path=path,
        span=Span(at, at + 6),
        message=HOSTILE,
        help=HOSTILE,
        related=(Label(Span(3, 30), HOSTILE), Label(Span(at, at + 6), HOSTILE)),
        fingerprint="0" * 20,
    )
    return Report(
        findings=(finding,),
        files=1,
        skipped={HOSTILE: 1},
        coverage={path: Coverage(1, 0)},
        read=lambda asked: source if asked == path else None,
    )


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a < b & `c`", "a &lt; b &amp; `c`"),
        ("\"'", "&quot;&#x27;"),
        ("a\u202eb\u0000\u00a0\udcff\n", "a\\u{202e}b\\u{0}\\u{a0}\\u{dcff}\\n"),
    ],
)
def test_text_is_made_harmless(text: str, html: str) -> None:
    assert shown(text) == html


def test_prose_shows_code() -> None:
    assert prose("`a<b>` is `` `c` ``") == "<code>a&lt;b&gt;</code> is <code> `c` </code>"
    assert prose("`<script>") == "`&lt;script&gt;"
    assert (
        paragraphs("One\ntwo.\n\n- a\n- `b`\n  c")
        == "<p>One two.</p><ul><li>a</li><li><code>b</code> c</li></ul>"
    )
    assert breakable("a/<b>") == "a/<wbr>&lt;b&gt;"


def test_bars_are_shares_of_a_whole() -> None:
    drawn = bar([("error", 1), ("warning", 0), ("note", 2)], 4)
    assert re.findall(r'class="(\w+)" x="([\d.]+)" width="([\d.]+)"', drawn) == [
        ("error", "0.00", "25.00"),
        ("note", "25.00", "50.00"),
    ]
    assert "nan" not in bar([("done", 0)], 0)


@pytest.mark.parametrize("report", [REPORT, Report(), hostile()], ids=["findings", "nothing", "hostile"])
def test_the_page_is_well_formed_and_loads_nothing(report: Report) -> None:
    compared = compare(report, known_of(REPORT), HOSTILE)
    read = Reader(page(report, comparison=compared, title=HOSTILE, made="now"))
    for tag, attributes in read.tags:
        assert tag not in {"link", "img", "iframe", "object", "base", "embed"}
        assert not {"src", "style", "onclick", "onerror", "onload", "srcset", "action"} & set(attributes), tag
        assert attributes.get("href", "#").startswith("#")
    assert [tag for tag, _ in read.tags].count("script") == 1
    names = [attributes["id"] for _, attributes in read.tags if "id" in attributes]
    assert len(names) == len(set(names))
    targets = {attributes["href"][1:] for _, attributes in read.tags if "href" in attributes}
    assert targets <= set(names), "a link leads nowhere"
    labelled = {
        attributes["aria-labelledby"] for _, attributes in read.tags if "aria-labelledby" in attributes
    }
    assert labelled <= set(names)


def test_headings_do_not_skip_a_level() -> None:
    levels = [int(tag[1]) for tag, _ in Reader(page()).tags if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_the_policy_names_the_one_style_and_the_one_script() -> None:
    text = page()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    assert policy[1].startswith("default-src 'none';")
    for tag in ("style", "script"):
        (body,) = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy[1]
    assert text.index("Content-Security-Policy") < text.index("<style>")


def test_what_a_hostile_tree_says_is_shown_and_nothing_else() -> None:
    text = page(hostile())
    assert "<script>alert" not in text
    assert "<img" not in text
    assert not re.search("[\u202e\u0007]", text)
    words = "".join(Reader(text).words)
    assert "<script>alert(1)</script>\"'&\\u{202e}\\u{7}" in words


def test_the_same_report_gives_the_same_page() -> None:
    assert page() == page()
    assert page(made="2030-01-01").count("2030-01-01") == 1


def test_each_finding_is_there_with_its_source_steps_help_and_fix() -> None:
    text = page()
    articles = re.findall(r"<article .*?</article>", text, re.DOTALL)
    assert len(articles) == len(REPORT.findings)
    first = next(each for each in articles if 'data-rule="from-raw-of-reference"' in each)
    assert 'data-severity="error"' in first
    assert "<mark>KBox::from_raw(head(ring).cast_mut())</mark>" in first
    assert first.count("<li>") == 2
    assert "<b>Help:</b> give back the pointer" in first
    assert "<b>Fix to review:</b> insert a" in text
    assert "<b>Fix:</b> add it" in text


def test_findings_with_equal_fingerprints_have_names_of_their_own() -> None:
    content = PageContent(REPORT)
    assert len(set(content.anchors.values())) == len(REPORT.findings)


def test_folders_are_counted_with_what_lies_right_in_them() -> None:
    some = {
        "a/x.rs": Coverage(2, 1),
        "a/y.rs": Coverage(1, 1),
        "a/b/z.rs": Coverage(0, 0, 3, 3),
        "top.rs": Coverage(1),
    }
    content = PageContent(Report(coverage=some))
    assert content.coverage_by_folder == {
        ".": Coverage(1), "a": Coverage(3, 2), "a/b": Coverage(0, 0, 3, 3)
    }  # fmt: skip
    text = page(Report(coverage=some))
    assert "<b>50 %</b>" in text
    assert "2 of 3 <b>67 %</b>" in text


def test_all_is_said_only_of_all() -> None:
    text = page(Report(coverage={"a.rs": Coverage(2000, 1999), "b/c.rs": Coverage(2000, 1)}))
    assert "1,999 of 2,000 <b>99 %</b>" in text
    assert "1 of 2,000 <b>1 %</b>" in text


def test_new_and_gone_findings_are_told() -> None:
    first, *others = REPORT.findings
    before = replace(REPORT, findings=(*others, replace(first, rule="gone-rule", message="it was <here>")))
    compared = compare(REPORT, known_of(before), "before.json")
    assert (len(compared.fresh), compared.unchanged, [each.rule for each in compared.gone]) == (
        1,
        4,
        ["gone-rule"],
    )
    text = page(comparison=compared)
    assert text.count('data-state="new"') == 1
    assert text.count('data-state="unchanged"') == 4
    assert "it was &lt;here&gt;" in text
    assert 'data-state="' not in page()


def test_a_long_report_grows_in_step_with_its_findings() -> None:
    def many(count: int) -> Report:
        texts = {
            f"d{i // 20}/f{i // 5}.rs": SourceFile("", b"fn f() { unsafe { g() } }\n") for i in range(count)
        }
        found = tuple(_numbered(i) for i in range(count))
        return Report(findings=found, read=texts.get)

    short, long = len(page(many(200))), len(page(many(2000)))
    assert long < 10 * short
    assert long / 2000 < 2_000


def _numbered(number: int) -> Finding:
    path = f"d{number // 20}/f{number // 5}.rs"
    return replace(REPORT.findings[3], path=path, span=Span(9, 15), fingerprint=f"{number:020x}")
