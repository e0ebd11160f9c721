"""Which item a node lies in, told by spans: the same as the way up the tree tells."""

from __future__ import annotations

from pathlib import Path

import pytest

from rfl_lint.analysis.code.enclosing import Enclosing
from rfl_lint.analysis.code.scopes import ITEM_KINDS
from rfl_lint.source import SourceFile
from rfl_lint.syntax import parse_file, search_code
from rfl_lint.tree import KernelTree
from rfl_lint.workspace import Workspace

ASKED = frozenset(
    {"identifier", "block", "call_expression", "macro_invocation", "expression_statement", "source_file"}
)
NESTED = """
fn bare() { f(); }
mod a {
    //! ```
    //! impl A { fn shown(&self) { g(); } }
    //! h();
    //! ```
    impl B {
        fn outer(&self) {
            const C: u8 = f();
            try_pin_init!(D { x: { fn inner() { g() } inner() }, y <- new_mutex!(0) })
        }
    }
}
macro_rules! m { ($x:expr) => { fn made() { $x(); f() } }; () => { mod b { fn c() { f() } } } }
fn last() {}"""
DEMO = sorted((Path(__file__).parent.parent / "demo").rglob("*.rs"))


@pytest.mark.parametrize("text", [NESTED, *(path.read_text(encoding="utf-8") for path in DEMO)])
@pytest.mark.parametrize(
    "kinds", [ITEM_KINDS, frozenset({"impl_item", "trait_item"}), frozenset({"mod_item"})]
)
def test_spans_tell_what_the_trees_tell(text: str, kinds: frozenset[str]) -> None:
    parsed = parse_file(SourceFile("a.rs", text.encode()), doc_code=True)
    cx = Workspace(KernelTree()).context(parsed)
    around = Enclosing(cx, kinds).around
    for fragment in parsed.fragments:
        for nodes in search_code(fragment.root, ASKED | kinds).values():
            for node in nodes:
                expected = [above.id for above in cx.ancestors(node) if above.type in kinds]
                assert [found.id for found in around(node)] == expected, (node.start_byte, node.type)
