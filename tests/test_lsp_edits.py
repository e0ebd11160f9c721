"""Any sequence of edits, glanced at or not, gives the tree and the findings that opening the final text gives."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lsprotocol import types

from rfl_lint.cli.settings import CheckRequest, prepare
from rfl_lint.lsp.documents import opened
from rfl_lint.lsp.project import Project, Settings
from rfl_lint.lsp.text import Encoding
from rfl_lint.syntax import ParsedFile
from tests.wire import make_tree

START = """\
use kernel::prelude::*;

// A note: 🦀.
fn read(p: *const u8) -> u8 {
    // SAFETY: `p` is valid.
    unsafe { *p }
}

/// # Safety
///
/// `p` is valid.
unsafe fn raw(p: *mut u8) {
    pr_info!("{}", unsafe { p.read() });
    let _ = Box::new(1);
}
"""
OTHER = "pub fn helper(p: *mut u8) {\r\n    unsafe { crate::a::raw(p) }\r\n}\r\n"
# What people type, whole and in part, and what breaks the syntax of everything behind it.
TYPED = st.sampled_from(
    ["unsafe { f() };\n", "unsafe ", "{", "}", "\n", "// SAFETY: x\n", "/*", '"', "x", "🦀", "\r\n", "// é\n", "(", "<",
     "fn g() {}\n", "use crate::b::helper;\n", "let y = unsafe { *p };\n", "#[cfg(X)]\n", 'pr_warn!("a");\n', ""]
)  # fmt: skip


def load(_folder: Path) -> Settings:
    setup = prepare(CheckRequest(isolated=True, no_cache=True, select=("all",)))
    return Settings(setup.plan, setup.chosen, setup.finder)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tree")
    return make_tree(folder, drivers__d__a=START, drivers__d__b=OTHER, drivers__d__lib="mod a;\nmod b;\n")


def shape(parsed: ParsedFile) -> list[object]:
    """Everything about the trees of a file."""
    found: list[object] = [parsed.refusal, parsed.errors]
    for fragment in parsed.fragments:
        found.append((fragment.kind, fragment.span))
        stack = [fragment.root]
        while stack:
            node = stack.pop()
            found.append(
                (node.type, node.start_byte, node.end_byte, tuple(node.start_point), node.is_missing)
            )
            stack.extend(node.children)
    return found


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(st.integers(0, 1), st.integers(0, 20), st.integers(0, 50), st.integers(0, 12), TYPED),
        min_size=1,
        max_size=8,
    ),
    st.integers(1, 4),
    st.integers(0, 3),
)
def test_edits_lead_to_what_opening_the_final_text_gives(
    folder: Path, edits: list[tuple[int, int, int, int, str]], between: int, kind: int
) -> None:
    files = [folder / "drivers/d/a.rs", folder / "drivers/d/b.rs"]
    documents = [
        opened(types.TextDocumentItem(file.as_uri(), "rust", 1, file.read_bytes().decode()), Encoding.UTF16)
        for file in files
    ]
    project = Project(load)

    def look(*, glancing: bool = False) -> None:
        for file, document in zip(files, documents, strict=True):
            _, text, made = document.take()
            if glancing and made and project.glance(file, text.data, made) is not None:
                continue
            if made or project.text(file) is None:
                project.put(file, text.data, made)
        for file in files if not glancing else ():
            project.check(file)

    look()
    for number, (which, line, column, length, new) in enumerate(edits):
        place = types.Range(types.Position(line, column), types.Position(line, column + length))
        documents[which].change([types.TextDocumentContentChangePartial(place, new)], number)
        if number % between == 0:
            look(glancing=number % 3 != kind)
    look()
    fresh = Project(load)
    for file, document in zip(files, documents, strict=True):
        fresh.put(file, document.text.data)
    for file in files:
        edited, anew = project.check(file), fresh.check(file)
        assert edited is not None
        assert anew is not None
        assert shape(edited.parsed) == shape(anew.parsed)
        assert edited.report.findings == anew.report.findings
        assert edited.report.silenced == anew.report.silenced
