"""Reports that say hostile things: none becomes an element of a page, a line, a link, or a control character."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from rfl_lint.analysis.coverage.counts import Coverage
from rfl_lint.comparison import compare, known_of
from rfl_lint.finding import Edit, Fix, Label
from rfl_lint.output import FORMATS, OutputOptions, render
from rfl_lint.report import Report
from rfl_lint.source import SourceFile, Span
from tests.test_output import REPORT
from tests.test_page import Reader, page

PIECES = (
    "<", ">", "</", "/>", '"', "'", "&", "&lt;", "&#60;", "`", "``", "```", "<!--", "-->", "]]>", "</script>",
    "</style>", "</pre>", "</article>", "<svg/onload=x>", "javascript:x", "onclick=", " id=x ", "\u202e", "\0", "\r",
    "\n", "\n\n", "- ", "x", " ", "=", "/", "#", "%", "{", "\\", "\udc80", "\U0001f600", "\u2028",
    "<plaintext>", "<title>",
    "\x1b[2J", "\x9b31m", "\x07", "\u2066", "\u200b", "\ufeff", "[a](http://x)", "[1](1)", "::error::", "%0A", "]]",
)  # fmt: skip
HOSTILE = st.lists(st.sampled_from(PIECES), min_size=1, max_size=12).map("".join)
CODE = "fn f() { unsafe { g() } }\n"


def report_of(texts: list[str]) -> Report:
    """A report that says these texts wherever a report says anything."""
    path, message, helping, title, edit, rule, group, code, skipped = texts
    line = code.replace("\n", " ").replace("\r", " ").encode("utf-8", "replace").decode()
    source = SourceFile(path, f"// {line}\n{CODE}// {line}\n".encode())
    at = source.data.index(b"unsafe")
    finding = replace(
        REPORT.findings[0],
        path=path,
        rule=rule,
        group=group,
        span=Span(at, at + 6),
        message=message,
        help=helping,
        related=(Label(Span(0, 2), message), Label(Span(at, at + 6), title)),
        fix=Fix(title, (Edit(Span(at, at), edit),)),
        fingerprint="0" * 20,
    )
    return Report(
        findings=(finding, replace(finding, fingerprint="1" * 20)),
        files=1,
        skipped={skipped: 1},
        coverage={path: Coverage(1, 0), f"{path}/y.rs": Coverage(2, 1)},
        errors=(message,),
        read=lambda asked: source if asked == path else None,
    )


def shape(texts: list[str], title: str) -> list[tuple[str, tuple[str, ...]]]:
    """The elements of the page with the names of their attributes, those that prose and paths are made of left out."""
    report = report_of(texts)
    read = Reader(page(report, comparison=compare(report, known_of(REPORT), title), title=title, made=title))
    return [
        (tag, tuple(sorted(attributes)))
        for tag, attributes in read.tags
        if tag not in ("code", "wbr", "p", "ul", "li")
    ]


PLAIN = ["drivers/x.rs", "message", "help", "title", "edit", "rule-name", "group", "code", "skipped"]
EXPECTED = set(shape(PLAIN, "title"))


@given(texts=st.lists(HOSTILE, min_size=len(PLAIN), max_size=len(PLAIN)), title=HOSTILE)
def test_no_element_and_no_attribute_comes_from_a_report(texts: list[str], title: str) -> None:
    found = shape(texts, title)
    assert set(found) <= EXPECTED
    assert [tag for tag, _ in found].count("script") == 1
    assert [tag for tag, _ in found].count("article") == 2


# The other formats, as their readers take them.

# What may stand in the words that a person gets to see: no control character but a line end, no bidi control.
DANGEROUS = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]"
)
JSON = {"sarif", "gitlab", "rdjson", "rdjsonl", "b4-json"}
WORDS = {"text", "message", "description", "srcline", "summary"}


def rendered(name: str, texts: list[str]) -> str:
    """A report in a format. Names of rules and groups, and why a file is left out, are our own words."""
    out = io.StringIO()
    render(
        name,
        report_of([*texts[:5], *PLAIN[5:7], texts[7], PLAIN[8]]),
        out,
        OutputOptions(verbose=True, statistics=True),
    )
    return out.getvalue()


def words_in(value: object) -> Iterator[str]:
    """The texts of a JSON value that are made to be read by people."""
    waiting: list[tuple[str, object]] = [("", value)]
    while waiting:
        name, each = waiting.pop()
        if isinstance(each, dict):
            # What a fix puts into the file is a text of that file, not words.
            waiting += [
                (key, part) for key, part in each.items() if key not in ("artifactChanges", "suggestions")
            ]
        elif isinstance(each, list):
            waiting += [(name, part) for part in each]
        elif isinstance(each, str) and name == "details":
            waiting.append((name, json.loads(each)))
        elif isinstance(each, str) and name in WORDS:
            yield each


@pytest.mark.parametrize("name", sorted(set(FORMATS) - {"json", "jsonl"}))
@given(texts=st.lists(HOSTILE, min_size=len(PLAIN), max_size=len(PLAIN)))
def test_a_report_has_the_shape_that_its_format_gives_it(name: str, texts: list[str]) -> None:
    text, plain = rendered(name, texts), rendered(name, PLAIN)
    assert not DANGEROUS.search(text)
    if name == "junit":
        found, expected = ([each.tag for each in ET.fromstring(each).iter()] for each in (text, plain))  # noqa: S314 - our own
        assert found == expected
    elif name in JSON:
        for line in text.splitlines() if name == "rdjsonl" else [text]:
            for words in words_in(json.loads(line)):
                assert not DANGEROUS.search(words)
                assert "](" not in words.replace("\\]", "") or name != "sarif"
    else:
        assert text.count("\n") == plain.count("\n") or name == "text"


@given(texts=st.lists(HOSTILE, min_size=len(PLAIN), max_size=len(PLAIN)))
def test_json_gives_every_text_as_it_is(texts: list[str]) -> None:
    found = json.loads(rendered("json", texts))
    assert rendered("json", texts).isascii()
    (first, _) = found["findings"]
    assert [first["message"], first["help"], first["fix"]["title"]] == texts[1:4]
