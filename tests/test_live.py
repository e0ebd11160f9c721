"""Texts in the place of a tree's files: what follows for others when one changes, is closed, or its file does."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rfl_lint.batch import Plan
from rfl_lint.engine import Lint
from rfl_lint.live import LiveTree
from rfl_lint.source import SourceFile, Span
from rfl_lint.syntax import ParsedFile, TextEdit, parse_file
from rfl_lint.tree import read_tree
from tests.wire import make_tree
from tests.work import builtin_rule

LOCKS = "pub struct SpinLock<T>(T);\n"
CALLER = """\
use crate::a::nap;
use kernel::sync::SpinLock;

fn f(lock: &SpinLock<u32>) {
    let guard = lock.lock();
    nap();
    drop(guard);
}
"""
AWAKE = "pub fn nap() {\n}\n"
SLEEP = "    // SAFETY: it may be called.\n    unsafe { bindings::msleep(1) };\n"
ASLEEP = AWAKE.replace("}", SLEEP + "}")


@pytest.fixture
def live(tmp_path: Path) -> LiveTree:
    make_tree(
        tmp_path,
        drivers__d__a=AWAKE,
        drivers__d__b=CALLER,
        drivers__d__lib="mod a;\nmod b;\n",
        rust__kernel__sync=LOCKS,
    )
    rules = [builtin_rule("sleep-in-atomic-context")()]
    return LiveTree(read_tree(tmp_path), Plan(Lint(rules, report_unused=False)))


def found(live: LiveTree, path: str = "drivers/d/b.rs") -> list[int]:
    """The places of what is found in a file."""
    live.include([path])
    result = live.lint(path)
    assert result is not None
    return [finding.span.start for finding in result.findings]


SPOT = CALLER.index("nap();")


def test_what_a_body_does_decides_about_its_callers_elsewhere(live: LiveTree) -> None:
    path = "drivers/d/a.rs"
    live.put(SourceFile("drivers/d/b.rs", CALLER.encode()))
    assert found(live) == []
    live.put(SourceFile(path, AWAKE.encode()))
    assert found(live) == []
    at = AWAKE.index("}")
    edit = TextEdit.between(AWAKE.encode(), Span(at, at), ASLEEP.encode())
    live.put(SourceFile(path, ASLEEP.encode()), [edit])
    assert found(live) == [SPOT]
    back = TextEdit.between(ASLEEP.encode(), Span(at, at + len(SLEEP)), AWAKE.encode())
    live.put(SourceFile(path, AWAKE.encode()), [back])
    assert found(live) == []


def test_a_text_that_is_gone_leaves_its_file(live: LiveTree, tmp_path: Path) -> None:
    path = "drivers/d/a.rs"
    live.put(SourceFile(path, ASLEEP.encode()))
    assert found(live) == [SPOT]
    live.drop(path)
    assert found(live) == []
    (tmp_path / path).write_text(ASLEEP)
    assert found(live) == [], "nobody has said that it changed"
    live.refresh(path)
    assert found(live) == [SPOT]
    (tmp_path / path).unlink()
    live.refresh()
    assert found(live) == []


def test_a_file_that_comes_is_found_when_it_is_looked_for(live: LiveTree, tmp_path: Path) -> None:
    (tmp_path / "drivers/d/a.rs").unlink()
    assert found(live) == []
    (tmp_path / "drivers/d/a.rs").write_text(ASLEEP)
    live.refresh()
    assert found(live) == [SPOT]


def test_a_c_function_that_is_typed_is_looked_up(tmp_path: Path) -> None:
    make_tree(tmp_path, drivers__a="")
    header = tmp_path / "include/linux/demo.h"
    header.parent.mkdir(parents=True)
    header.write_text("int demo_register(int id);\n")
    helper = tmp_path / "rust/bindings/bindings_helper.h"
    helper.parent.mkdir()
    helper.write_text("#include <linux/demo.h>\n")
    live = LiveTree(read_tree(tmp_path), Plan(Lint([], report_unused=False)))
    path = "drivers/a.rs"

    def known() -> bool:
        live.settle()
        context = live.context(path)
        return context is not None and context.c_function("demo_register") is not None

    live.put(SourceFile(path, b"fn f() {}\n"))
    assert not known()
    live.put(SourceFile(path, b"fn f() { unsafe { bindings::demo_register(1) }; }\n"))
    assert known()
    assert not live.settle(), "once is enough"


LINES = st.sampled_from(
    ["    let x = 1;\n", "    // SAFETY: é 🦀\n", "\n", '    pr_info!("{}", unsafe { *p });\n', "    /* a */ f();\r\n",
     "    if x { y() } else { z() }\n", "    v![1, 2];\n", "    match x { _ => {} }\n"]
)  # fmt: skip
BODY = "fn f(p: *const u8) {\n" + "    let a = g(p);\n" * 6 + "}\n"


def shape(parsed: ParsedFile) -> list[object]:
    """Everything about the trees of a file."""
    seen: list[object] = []
    for fragment in parsed.fragments:
        stack = [fragment.root]
        while stack:
            node = stack.pop()
            seen.append(
                (node.type, node.start_byte, node.end_byte, tuple(node.start_point), tuple(node.end_point))
            )
            stack.extend(node.children)
    return seen


@settings(max_examples=60)
@given(
    st.lists(st.lists(st.tuples(st.integers(1, 6), LINES, st.booleans()), min_size=1, max_size=4), max_size=4)
)
def test_edits_made_together_lead_to_the_tree_of_the_text(rounds: list[list[tuple[int, str, bool]]]) -> None:
    data = BODY.encode()
    parsed = parse_file(SourceFile("a.rs", data))
    for batch in rounds:
        edits = []
        for line, new, replaces in batch:
            starts = SourceFile("a.rs", data).line_starts
            end = starts[line + 1] if replaces and line + 3 < len(starts) else starts[line]
            after = data[: starts[line]] + new.encode() + data[end:]
            edits.append(TextEdit.between(data, Span(starts[line], end), after))
            data = after
        parsed = parse_file(SourceFile("a.rs", data), before=parsed, edits=edits)
        assert shape(parsed) == shape(parse_file(SourceFile("a.rs", data)))
