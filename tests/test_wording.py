"""What tagged comments say: reasons that are none, and sentences that are none; on any text at all."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rfl_lint.analysis.comments.wording import badly_worded, empty_reasons
from rfl_lint.analysis.documentation.blanks import empty_doc_lines
from rfl_lint.analysis.documentation.headings import misnamed_sections, misplaced_sections
from rfl_lint.analysis.documentation.markers import malformed_markers
from rfl_lint.rule import Context
from tests.test_documentation import context


def commented(*lines: str) -> Context:
    return context("".join(f"// {line}\n" for line in lines) + "unsafe impl A for B {}\n")


@pytest.mark.parametrize(
    ("lines", "span", "said"),
    [
        (["SAFETY:"], "SAFETY:", ""),
        (["SAFETY: -"], "SAFETY:", ""),
        (["SAFETY: Fine."], "SAFETY: Fine.", "Fine."),
        (["SAFETY:", "This is", "fine."], "SAFETY:\n// This is\n// fine.", "This is fine."),
        (["SAFETY: TODO: a", "b"], "SAFETY: TODO: a\n// b", "TODO"),
        (["SAFETY:", "- a", "- TODO", "- b"], "TODO", "TODO"),
        (["SAFETY:", "- a", "- b,", "  c XXX."], "XXX", "XXX"),
    ],
)
def test_the_span_of_an_empty_reason(lines: list[str], span: str, said: str) -> None:
    cx = commented(*lines)
    (found,) = empty_reasons(cx, "SAFETY")
    assert (cx.source.text(found.span), found.said) == (span, said)
    assert found.is_placeholder == (said in ("TODO", "XXX"))


@pytest.mark.parametrize(
    "text", ["fine because of the lock", "TODOs are done", "the TODO list is empty", "safe, as b"]
)
def test_what_gives_a_reason(text: str) -> None:
    assert list(empty_reasons(commented(f"SAFETY: {text}"), "SAFETY")) == []


_PIECES = st.sampled_from(
    ["// ", "/// ", "//! ", "/* ", " */", "\n", "\r\n", "SAFETY:", "Safety", " - ", "TODO", "# Safety", "# Example",
     "```", "fine", "unsafe impl A for B {}", "unsafe fn f() {}", "fn f() { unsafe { g() } }", "é",
     "INVARIANT, ", ":", "//\n", "///\n", "    "]
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(_PIECES, max_size=30).map("".join))
def test_spans_lie_in_the_text_whatever_it_is(text: str) -> None:
    cx = context(text)
    if cx.parsed.refusal is not None:
        return
    spans = [found.span for found in empty_reasons(cx, "SAFETY")]
    spans += [span for found in badly_worded(cx) for span in (found.marker, found.last)]
    spans += [found.heading.span for found in misplaced_sections(cx)]
    edits = [edit for found in malformed_markers(cx) for edit in found.edits]
    edits += [found.edit for found in misnamed_sections(cx)]
    edits += [edit for found in empty_doc_lines(cx) for edit in found.edits]
    spans += [edit.span for edit in edits]
    assert all(0 <= span.start <= span.end <= len(cx.source.data) for span in spans)


@pytest.mark.parametrize(
    ("code", "last"),
    [
        ("// SAFETY: Fine\n", "e"),
        ("// SAFETY:\n// - One.\n// - It is schöné  \n//\n", "é"),
        ("/* SAFETY: Fine */\n", "e"),
        ("// TODO: Use\n// a lock\n", "k"),
    ],
)
def test_the_end_of_a_comment_is_shown(code: str, last: str) -> None:
    cx = context(f"{code}unsafe impl A for B {{}}\n")
    (found,) = badly_worded(cx)
    assert cx.source.text(found.last) == last
