"""A glance at an edited text: what it says at once, and how that compares with a look at all of it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rfl_lint.cli.settings import CheckRequest, prepare
from rfl_lint.facts import extract_facts
from rfl_lint.finding import Finding
from rfl_lint.live import LiveTree
from rfl_lint.moves import moved_facts, moved_finding, without_places
from rfl_lint.source import SourceFile, Span
from rfl_lint.syntax import TextEdit, parse_file
from rfl_lint.syntax.focus import Change
from rfl_lint.syntax.glancing import glance_at
from rfl_lint.tree import read_tree
from tests.wire import make_tree

FIXTURES = Path(__file__).parent.parent / "fixtures"
PATH = "drivers/a.rs"
TEXT = """\
use kernel::prelude::*;

fn first(p: *const u8) -> u8 {
    unsafe { *p }
}

struct Owner;

impl Owner {
    /// Reads it.
    fn second(&self, p: *const u8) -> u8 {
        pr_info!("second\\n");
        unsafe { *p }
    }

    fn third(&self, p: *const u8) -> u8 {
        unsafe { *p }
    }
}
"""
MISSING = "missing-safety-comment"
SECOND = '"second\\n"'


class Typist:
    """Somebody who types into one file of a tree."""

    def __init__(self, folder: Path, text: str = TEXT, *select: str, path: str = PATH) -> None:
        make_tree(folder, **{path.removesuffix(".rs").replace("/", "__"): ""})
        self.path = path
        plan = prepare(CheckRequest(isolated=True, no_cache=True, select=select or None)).plan
        self.live = LiveTree(read_tree(folder), plan)
        self.data = text.encode()
        self.live.put(SourceFile(self.path, self.data))
        self.live.build()
        self.live.include([self.path])
        self.look()

    def look(self) -> list[tuple[str, int]]:
        """What a look at all of it finds: rules and lines."""
        result = self.live.lint(self.path)
        assert result is not None
        return self.shown(result.findings)

    def type(self, before: str, new: str, old: str = "") -> list[tuple[str, int]]:
        """What a glance finds after something was put in front of a text, or in its place if it is `old`."""
        found = self.glance(before, new, old)
        assert found is not None
        return self.shown(found)

    def glance(self, before: str, new: str, old: str = "") -> tuple[Finding, ...] | None:
        at = self.data.index(before.encode())
        span = Span(at, at + len(old.encode()))
        after = self.data[:at] + new.encode() + self.data[span.end :]
        edit = TextEdit.between(self.data, span, after)
        self.data = after
        seen = self.live.glance(SourceFile(self.path, after), [edit])
        return seen[1].findings if seen is not None else None

    def shown(self, findings: tuple[Finding, ...]) -> list[tuple[str, int]]:
        return [
            (each.rule, self.data.count(b"\n", 0, each.span.start) + 1)
            for each in findings
            if each.silenced is None
        ]


@pytest.fixture
def typist(tmp_path: Path) -> Typist:
    return Typist(tmp_path)


def test_a_finding_in_the_edited_function_goes_and_comes_at_once_and_others_move(typist: Typist) -> None:
    assert typist.look() == [(MISSING, 4), (MISSING, 13), (MISSING, 17)]
    found = typist.type("unsafe { *p }\n    }\n\n    fn third", "// SAFETY: It is valid.\n        ")
    assert found == typist.look() == [(MISSING, 4), (MISSING, 18)]
    found = typist.type("// SAFETY", "", "// SAFETY: It is valid.\n        ")
    assert found == typist.look() == [(MISSING, 4), (MISSING, 13), (MISSING, 17)]
    assert typist.type("unsafe", "\n\n    ") == [(MISSING, 6), (MISSING, 15), (MISSING, 19)]


def test_several_glances_follow_each_other_without_a_look(typist: Typist) -> None:
    for number, character in enumerate("let x = unsafe { *p };"):
        seen = typist.type('pr_info!("second', character)
        assert all(line in (4, 13, 12, 17) for _, line in seen), number
    assert typist.look() == [(MISSING, 4), (MISSING, 12), (MISSING, 13), (MISSING, 17)]


def test_a_suppression_counts_as_soon_as_it_is_there(typist: Typist) -> None:
    comment = "// rfl-lint: allow(missing-safety-comment): it is a test\n    "
    found = typist.type("fn first", comment)
    assert found == typist.look() == [(MISSING, 14), (MISSING, 18)]
    found = typist.type("unsafe { *p }", "1", "unsafe { *p }")
    assert found == typist.look() == [("unused-suppression", 3), (MISSING, 14), (MISSING, 18)]
    found = typist.type("// rfl", "", comment)
    assert found == typist.look() == [(MISSING, 13), (MISSING, 17)]


def test_an_attribute_counts_as_soon_as_it_is_there(typist: Typist) -> None:
    found = typist.type("    fn third", "    #[allow(clippy::undocumented_unsafe_blocks)]\n")
    assert found == typist.look() == [(MISSING, 4), (MISSING, 13)]


def test_where_braces_do_not_balance_nothing_new_is_said_and_the_rest_stays(typist: Typist) -> None:
    found = typist.type("pr_info", "if x {\n        ")
    assert found == [(MISSING, 4), (MISSING, 14), (MISSING, 18)]
    found = typist.type("pr_info", "}\n        ")
    assert found == typist.look() == [(MISSING, 4), (MISSING, 15), (MISSING, 19)]


def test_what_stands_in_an_error_is_not_judged(typist: Typist) -> None:
    typist.type(SECOND, "as as as ")
    found = typist.type("unsafe { *p }\n    }\n\n    fn third", "let = ; ")
    assert (MISSING, 4) in found
    assert (MISSING, 17) in found


def test_a_new_function_is_seen(typist: Typist) -> None:
    found = typist.type("struct Owner", "fn new(p: *const u8) -> u8 {\n    unsafe { *p }\n}\n\n")
    assert found == typist.look() == [(MISSING, 4), (MISSING, 8), (MISSING, 17), (MISSING, 21)]


def test_a_macro_call_in_the_function_is_looked_into(typist: Typist) -> None:
    found = typist.type(SECOND, '"{}\\n", unsafe { *p }', SECOND)
    assert found == typist.look() == [(MISSING, 4), (MISSING, 12), (MISSING, 13), (MISSING, 17)]


@pytest.mark.parametrize("path", ["rust/macros/a.rs", "scripts/a.rs", "drivers/x/build.rs"])
def test_a_file_that_others_know_nothing_of_is_glanced_at(tmp_path: Path, path: str) -> None:
    host = Typist(tmp_path, path=path)
    assert host.type("unsafe { *p }\n    }\n\n    fn third", "let x = 1;\n") == host.look()


def test_a_text_in_which_nothing_can_be_read_is_looked_at_again_when_it_can(typist: Typist) -> None:
    before = typist.look()
    nonsense = "} ) ] as = ; " * 400
    for is_looked_at in (False, True):
        at = typist.data.index(b"struct Owner")
        after = typist.data[:at] + nonsense.encode() + typist.data[at:]
        edit = TextEdit.between(typist.data, Span(at, at), after)
        typist.data = after
        refused = typist.live.put(SourceFile(PATH, after), [edit]).refusal
        assert refused is not None
        assert not is_looked_at or typist.look() == [("file-not-analysed", 1)]
        found = typist.glance(nonsense, "", nonsense)
        assert (found is None) == is_looked_at
        typist.live.put(SourceFile(PATH, typist.data))
        assert typist.look() == before


def test_a_text_that_is_all_new_takes_a_look(typist: Typist) -> None:
    data = b"fn f(p: *mut u8) {\n    unsafe { f(p) };\n}\n"
    assert typist.live.glance(SourceFile(PATH, data), []) is None
    typist.live.put(SourceFile(PATH, data))
    assert typist.live.glance(SourceFile(PATH, data), []) is None
    typist.data = data
    assert typist.look() == [(MISSING, 2)]


def test_a_text_put_in_place_meanwhile_is_glanced_at_from_what_was_found_last(typist: Typist) -> None:
    typist.type("pr_info", "g();\n        ")
    at = typist.data.index(b"unsafe")
    after = typist.data[:at] + b"\n" + typist.data[at:]
    edit = TextEdit.between(typist.data, Span(at, at), after)
    typist.data = after
    source = SourceFile(PATH, after)
    typist.live.put(source, [edit])
    seen = typist.live.glance(source, [])
    assert seen is not None
    assert typist.shown(seen[1].findings) == [(MISSING, 5), (MISSING, 15), (MISSING, 19)]
    assert typist.look() == [(MISSING, 5), (MISSING, 15), (MISSING, 19)]


def test_a_text_that_was_no_text_meanwhile_is_glanced_at(typist: Typist) -> None:
    good = typist.data
    nonsense = b"\0" + good
    typist.live.put(SourceFile(PATH, nonsense), [TextEdit.between(good, Span(0, 0), nonsense)])
    assert [each.rule for each in typist.live.lint(PATH).findings] == ["file-not-analysed"]  # type: ignore[union-attr]
    back = TextEdit.between(nonsense, Span(0, len(nonsense) - len(good)), good)
    seen = typist.live.glance(SourceFile(PATH, good), [back])
    if seen is None:
        typist.live.put(SourceFile(PATH, good), [back])
    assert typist.look() == [(MISSING, 4), (MISSING, 13), (MISSING, 17)]
    after = good.replace(b"*p", b"*q", 1)
    edit = TextEdit.between(good, Span(good.index(b"*p") + 1, good.index(b"*p") + 2), after)
    seen = typist.live.glance(SourceFile(PATH, after), [edit])
    assert seen is not None
    assert typist.shown(seen[1].findings) == typist.look()


def test_lines_that_a_message_names_move(tmp_path: Path) -> None:
    text = (
        "use kernel::{prelude::*, sync::Arc};\n\nfn before() {}\n\n"
        "fn f(data: Arc<u32>) -> Result {\n    let raw = Arc::into_raw(data);\n    g()?;\n"
        "    // SAFETY: It came from `into_raw`.\n    drop(unsafe { Arc::from_raw(raw) });\n    Ok(())\n}\n"
    )
    typist = Typist(tmp_path, text)
    typist.look()
    found = typist.glance("fn before", "fn more() {}\n")
    assert found is not None
    assert [each.message for each in found if "line 8" in each.message]
    result = typist.live.lint(PATH)
    assert result is not None
    assert found == result.findings


BIT = st.text("ab\n{}", max_size=4)


@settings(max_examples=200)
@given(BIT, st.lists(st.tuples(st.integers(0, 12), st.integers(0, 4), BIT), min_size=1, max_size=5))
def test_edits_taken_together_leave_the_same_on_both_sides(
    start: str, edits: list[tuple[int, int, str]]
) -> None:
    data = before = (start * 4).encode()
    made = []
    for at, length, new in edits:
        span = Span(min(at, len(data)), min(at + length, len(data)))
        after = data[: span.start] + new.encode() + data[span.end :]
        made.append(TextEdit.between(data, span, after))
        data = after
    change = Change.of(made)
    assert before[: change.start] == data[: change.start]
    assert before[change.old_end :] == data[change.new_end :]
    assert len(data) - len(before) == change.growth
    assert data.count(b"\n") - before.count(b"\n") == change.rows
    first = before.count(b"\n", 0, change.start)
    for offset in range(len(before) + 1):
        now = change.moved(Span(offset, offset))
        if now is not None and before.count(b"\n", 0, offset) != first:
            assert (
                change.moved_line(before.count(b"\n", 0, offset) + 1) == data.count(b"\n", 0, now.start) + 1
            )


def edited(data: bytes, rng: random.Random) -> tuple[Span, bytes]:
    """An edit of one line in a function, as people make it."""
    lines = [index for index in range(1, len(data)) if data[index - 1 : index + 4] == b"\n    "]
    at = rng.choice(lines)
    end = data.index(b"\n", at) + 1
    return rng.choice(
        [
            (Span(at, at), data[at:end]),
            (Span(at, at), b"    // SAFETY: It is.\n"),
            (Span(at, at), b"    let x = unsafe { g(1) };\n"),
            (Span(at, end), b""),
            (Span(end - 1, end - 1), rng.choice([b" // note", b"x", b"\n", b"?"])),
        ]
    )


FILES = sorted(FIXTURES.glob("*/*/bad.rs"))


def test_a_glance_finds_what_a_look_finds_after_most_edits(tmp_path: Path) -> None:
    rng = random.Random(7)
    same, count, torn = 0, 0, 0
    typist = Typist(tmp_path, "fn f() {}\n", "all")
    live = typist.live
    for file in rng.sample(FILES, 12):
        data = file.read_bytes()
        for _ in range(6):
            live.put(SourceFile(PATH, data))
            live.lint(PATH)
            span, new = edited(data, rng)
            after = data[: span.start] + new + data[span.end :]
            seen = live.glance(SourceFile(PATH, after), [TextEdit.between(data, span, after)])
            whole = live.lint(PATH)
            assert whole is not None
            if seen is None or seen[0].focus is None or seen[0].focus.is_empty:
                torn += 1
                continue
            count += 1
            same += seen[1].findings == whole.findings
    assert count > 3 * torn
    assert same >= 0.9 * count


@pytest.mark.parametrize("file", FILES[::6], ids=lambda file: file.parent.name)
def test_facts_after_an_edit_are_those_of_the_text(file: Path) -> None:
    rng = random.Random(file.parent.name)
    data = file.read_bytes()
    before = parse_file(SourceFile(PATH, data))
    facts = extract_facts(before)
    for _ in range(8):
        span, new = edited(data, rng)
        after = data[: span.start] + new + data[span.end :]
        source = SourceFile(PATH, after)
        parsed = glance_at(source, before, [TextEdit.between(data, span, after)], frozenset())
        whole = parse_file(source)
        if parsed is None or parsed.focus is None or parsed.focus.is_empty or whole.root.has_error:
            continue
        now, is_same = moved_facts(facts, parsed, parsed.focus)
        assert now == extract_facts(whole)
        assert is_same == (without_places(facts) == without_places(now)) or facts.bindings != now.bindings


def test_a_finding_whose_text_is_edited_is_gone_and_a_fix_with_it(typist: Typist) -> None:
    result = typist.live.lint(PATH)
    assert result is not None
    finding = result.findings[0]
    start = finding.span.start
    inside = Change(start + 1, start + 1, start + 2, 5, 0)
    assert moved_finding(finding, inside) is None
    assert finding.fix is not None
    edit = finding.fix.edits[0].span
    at_fix = Change(edit.start - 1, edit.start + 1, edit.start, 4, 0)
    moved = moved_finding(finding, at_fix)
    assert moved is None or moved.fix is None
