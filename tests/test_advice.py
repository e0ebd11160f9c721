"""What the help of a finding says to do is what can be done at that very place."""

from __future__ import annotations

from pathlib import Path

import pytest

from rfl_lint.engine import Lint, lint_source
from rfl_lint.finding import Finding
from rfl_lint.source import SourceFile
from rfl_lint.tree import KernelTree, read_tree
from tests.work import builtin_rule

PANIC = "or say in a `// PANIC:` comment above it why it cannot fail"
IGNORED = "or say in a comment at `let _ =` why failure does not matter"


def found(rule: str, text: str, path: str = "rust/kernel/x.rs", tree: KernelTree | None = None) -> Finding:
    (finding,) = lint_source(SourceFile(path, text.encode()), Lint([builtin_rule(rule)()]), tree).findings
    return finding


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("fn f(v: &[u8]) -> Result<u8> {\n    Ok(*v.first().unwrap())\n}\n", "return an error with `?`"),
        # A function of one's own can be given a `Result`.
        ("fn f(v: &[u8]) -> u8 {\n    *v.first().unwrap()\n}\n", "return an error with `?`"),
        (
            "impl Reader for A {\n    fn f(&self) -> DemoResult<u8> {\n        Ok(self.0.unwrap())\n    }\n}\n",
            "return an error with `?`",
        ),
        (
            "impl From<u8> for A {\n    fn from(v: u8) -> Self {\n        Self(g(v).unwrap())\n    }\n}\n",
            "handle the failure",
        ),
        (
            "impl Drop for A {\n    fn drop(&mut self) {\n        self.0.unwrap();\n    }\n}\n",
            "handle the failure",
        ),
    ],
)
def test_an_error_is_returned_where_one_can_be(code: str, advice: str) -> None:
    assert found("panicking-call", code).help == f"{advice}, {PANIC}"


def test_what_c_reports_is_returned_where_it_can_be() -> None:
    call = "// SAFETY: The clock is valid.\nunsafe { bindings::clk_enable(self.0) };\n"
    own = found("unchecked-c-return", f"impl A {{\nfn f(&self) {{\n{call}}}\n}}\n")
    assert own.help == f"hand it to `to_result`, {IGNORED}"
    given = found("unchecked-c-return", f"impl Drop for A {{\nfn drop(&mut self) {{\n{call}}}\n}}\n")
    assert given.help == f"warn of failure, {IGNORED}"


def test_a_driver_chooses_its_flags_itself() -> None:
    text = "fn f(name: &CStr) {\n    // SAFETY: It is valid.\n    g(unsafe { bindings::shrinker_alloc(0, name) });\n}\n"
    flags = "`SHRINKER_MEMCG_AWARE` or `SHRINKER_NUMA_AWARE`"
    why = "or say in a comment why no flag applies"
    abstraction = found("zero-flags-argument", text)
    assert abstraction.help == f"let the caller choose {flags}, {why}"
    driver = found("zero-flags-argument", text, "drivers/x.rs")
    assert driver.help == f"pass {flags} if it applies, {why}"


@pytest.mark.parametrize(
    ("link", "advice"),
    [
        (
            "[`include/linux/b.h`](srctree/include/linux/a.h)",
            "name `include/linux/a.h` in the text, or link to `srctree/include/linux/b.h`, whichever is meant",
        ),
        ("[`include/linux/c.h`](srctree/include/linux/a.h)", "name `include/linux/a.h` in the text"),
        (
            "[`include/linux/b.h`](srctree/include/linux/bb.h)",
            "link to `srctree/include/linux/b.h`, if that is meant",
        ),
    ],
)
def test_text_and_target_of_a_link_may_both_be_meant(tmp_path: Path, link: str, advice: str) -> None:
    for name in ("rust/kernel/lib.rs", "include/linux/a.h", "include/linux/b.h"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    tree = read_tree(tmp_path)
    assert found("broken-srctree-link", f"//! C header: {link}\n", tree=tree).help == advice


@pytest.mark.parametrize(
    ("count", "last"), [(10, "`bindings::f9` too"), (12, "`bindings::f9` too, and 2 more below")]
)
def test_further_calls_are_counted_where_the_list_ends(count: int, last: str) -> None:
    calls = "".join(
        f"    // SAFETY: Fine.\n    unsafe {{ bindings::f{number}(p) }};\n" for number in range(count)
    )
    finding = found("bindings-in-driver", f"fn f(p: *mut u8) {{\n{calls}}}\n", "drivers/x.rs")
    assert (len(finding.related), finding.related[-1].message) == (9, last)
