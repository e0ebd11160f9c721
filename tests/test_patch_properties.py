"""For any tree and any edit: a patch gives what the full check gives on what it touches, however it is mailed.

Without a tree it gives a part of that: what a rule says of a few lines of a file it says of the whole file, too.
"""

from __future__ import annotations

import base64
import difflib
import quopri
import random
import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rfl_lint.batch import Plan
from rfl_lint.engine import FileResult, Lint
from rfl_lint.finding import Level
from rfl_lint.inputs.mail import read_messages
from rfl_lint.inputs.patch import read_patch
from rfl_lint.live import TextLinter
from rfl_lint.patches import PatchRun
from rfl_lint.registry import builtin_rules
from rfl_lint.source import SourceFile
from rfl_lint.testing import read_fixture
from rfl_lint.tree import KernelTree, read_tree

RULES = [rule() for rule in builtin_rules() if rule.meta.level is Level.DEFAULT]
PLAN = Plan(Lint(RULES, report_unused=False))
EXTENTS = {rule.meta.name: rule.meta.extent for rule in RULES}
PATHS = ("rust/kernel/demo.rs", "drivers/demo/x.rs")
FIXTURES = Path(__file__).parent.parent / "fixtures"

# Pieces that files are made of, with findings of several rules, some of which speak of places far above.
PIECES = (
    "fn plain(a: u32) -> u32 {\n    a + 1\n}\n",
    "fn naked(p: *mut u8) {\n    let a = 1;\n    let b = 2;\n    unsafe { f(p, a, b) };\n}\n",
    "fn covered(p: *mut u8) {\n    let a = 1;\n    // SAFETY: The caller gave it.\n    unsafe { f(p, a) };\n}\n",
    'impl Thing {\n    fn name(&self) -> String {\n        format!("{}", self.0)\n    }\n}\n',
    "// A remark.\n\nconst LIMIT: u32 = 4;\n",
    "static OPS: Ops = Ops {\n    open: 1,\n    close: unsafe { make() },\n};\n",
    (
        "fn take(x: &Thing) {\n    let p = core::ptr::from_ref(x);\n    let n = 1;\n    // SAFETY: Made up.\n"
        "    let _ = unsafe { Arc::from_raw(p) };\n}\n"
    ),
    "fn mask(m: u32) -> bool {\n    (m & bindings::__GFP_FS) != 0\n}\n",
    "/// Counts.\npub fn count(n: usize) -> Result<()> {\n    // Safety: none.\n    todo!()\n}\n",
    "use core::ffi::c_ulong;\n",
)
FILES = st.lists(st.sampled_from(PIECES), min_size=1, max_size=7).map("".join)
TREES = st.tuples(FILES, FILES)

# What a part cannot tell, by fixture: names that the file gives a meaning of its own, what the tree or another item
# says, that all of it runs on the host or was made by bindgen, examples whose fence is cut.
NOT_SHOWN = {
    "flagless-allocation/doc_examples": {"flagless-allocation"},
    "flagless-allocation/good": {"flagless-allocation"},
    "flagless-allocation/own_definitions": {"flagless-allocation"},
    "disallowed-item/own_items": {"disallowed-item"},
    "log-without-newline/imported": {"log-without-newline"},
    "unit-result/own_alias": {"unit-result"},
    "from-raw-of-reference/foreign-traits": {"from-raw-of-reference"},
    "from-raw-of-reference/shapes": {"from-raw-of-reference"},
    "inferred-pointer-cast/bindgen": {"inferred-pointer-cast"},
    "inferred-pointer-cast/bindgen_part": {"inferred-pointer-cast", "missing-safety-comment"},
    "missing-safety-comment/host_program": {"missing-safety-comment", "panicking-call"},
    "panicking-call/good": {"panicking-call"},
    "partial-reclaim-mask/in_a_macro": {"partial-reclaim-mask"},
    "realloc-without-old-layout/good": {"realloc-without-old-layout"},
    "empty-safety-comment/doc": {"empty-safety-comment"},
    "malformed-safety-marker/good": {"unnecessary-safety-comment"},
    "unnecessary-safety-comment/good": {"unnecessary-safety-comment"},
}
# Speaks once for a file, at the first place that it sees.
ONCE = "bindings-in-driver"

Found = set[tuple[str, int | None, str]]


def full(texts: Sequence[str], tree: KernelTree) -> list[FileResult]:
    """The findings of the full check of a tree whose files hold these texts."""
    sources = [SourceFile(path, text.encode()) for path, text in zip(PATHS, texts, strict=True)]
    return TextLinter(tree, PLAN).lint(sources)


def opcodes(old: str, new: str, context: int) -> list[list[tuple[str, int, int, int, int]]]:
    matcher = difflib.SequenceMatcher(None, old.splitlines(), new.splitlines(), autojunk=False)
    return list(matcher.get_grouped_opcodes(context))


def diff_of(path: str, old: str, new: str, context: int) -> str:
    """A diff made of the opcodes that `touched_rows` reads."""
    before, after = old.splitlines(), new.splitlines()
    text = ""
    for group in opcodes(old, new, context):
        first, last = group[0], group[-1]
        counts = last[2] - first[1], last[4] - first[3]
        starts = first[1] + (counts[0] > 0), first[3] + (counts[1] > 0)
        text += f"@@ -{starts[0]},{counts[0]} +{starts[1]},{counts[1]} @@\n"
        for kind, a, b, c, d in group:
            if kind == "equal":
                text += "".join(f" {line}\n" for line in before[a:b])
            else:
                text += "".join(f"-{line}\n" for line in before[a:b])
                text += "".join(f"+{line}\n" for line in after[c:d])
    return f"diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n{text}" if text else ""


def diffs_of(old: Sequence[str], new: Sequence[str], context: int) -> str:
    files = zip(PATHS, old, new, strict=True)
    return "".join(diff_of(path, before, after, context) for path, before, after in files)


def touched_rows(old: str, new: str) -> set[int]:
    """Added rows, and the first row behind each deletion."""
    rows: set[int] = set()
    last = len(new.splitlines()) - 1
    for group in opcodes(old, new, 0):
        for kind, a, b, c, d in group:
            if kind != "equal":
                rows |= set(range(c, d)) | ({min(c, last)} if b > a else set())
    return rows


def functions(text: str) -> list[range]:
    """The rows of each function, told by indentation."""
    lines = text.splitlines()
    found = []
    for start, line in enumerate(lines):
        if match := re.match(r"( *)(?:pub )?fn ", line):
            end = next(row for row in range(start, len(lines)) if lines[row] == match[1] + "}")
            found.append(range(start, end + 1))
    return found


def expected(old: Sequence[str], new: Sequence[str], tree: KernelTree) -> Found:
    """What the definition says of an edit of all files."""
    kept: Found = set()
    for result, before, after in zip(full(new, tree), old, new, strict=True):
        touched = touched_rows(before, after)
        source = SourceFile(result.path, after.encode())
        for item in result.findings:
            first, last = source.row(item.span.start), source.row(item.span.end - 1)
            around = next((rows for rows in functions(after) if first in rows), range(0))
            beside = {
                row
                for label in item.related
                if label.path in ("", result.path)
                for row in range(source.row(label.span.start), source.row(label.span.end - 1) + 1)
                if source.row(label.span.start) in around
            }
            if touched & ({*range(first, last + 1)} | beside):
                kept.add((result.path, first + 1, item.rule))
    return kept


def got(data: bytes, tree: KernelTree) -> Found:
    run = PatchRun(tree, PLAN, EXTENTS)
    for message in read_messages(data):
        run.lint(read_patch(message))
    assert not [crash for result in run.results for crash in result.crashes]
    assert not run.notes
    found: Found = set()
    for result in run.results:
        view = run.views[result.path]
        for item in result.findings:
            assert view.path is not None
            found.add((view.path, view.lines[result.sources[0].row(item.span.start)], item.rule))
    return found


def tree_with(folder: Path, texts: Sequence[str]) -> KernelTree:
    (folder / "rust/kernel").mkdir(parents=True)
    (folder / "rust/kernel/lib.rs").write_text("//! The kernel crate.\n", encoding="utf-8")
    for path, text in zip(PATHS, texts, strict=True):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return read_tree(folder)


def mailed(body: str, encoding: str) -> bytes:
    head = "From: a@b.example\nSubject: [PATCH] x\nContent-Type: text/plain; charset=utf-8\n"
    coded = body.encode()
    if encoding == "base64":
        coded = base64.encodebytes(coded)
    elif encoding == "quoted-printable":
        coded = quopri.encodestring(coded)
    return f"{head}Content-Transfer-Encoding: {encoding}\n\n".encode() + coded


@given(TREES, TREES, st.integers(0, 4), st.integers(1, 6))
@settings(max_examples=40, deadline=None)
def test_with_the_tree_a_patch_gives_the_full_checks_findings_of_what_it_touches(
    tmp_path_factory: pytest.TempPathFactory, old: Sequence[str], new: Sequence[str], context: int, depth: int
) -> None:
    tree = tree_with(tmp_path_factory.mktemp("tree"), old)
    body = diffs_of(old, new, context)
    found = got(body.encode(), tree)
    assert found == expected(old, new, tree)
    for encoding in ("8bit", "base64", "quoted-printable"):
        assert got(mailed(body, encoding), tree) == found
    assert got("".join(f"{'> ' * depth}{line}\n" for line in body.splitlines()).encode(), tree) == found
    assert got(body.replace("\n", "\r\n").encode(), tree) == found


@given(st.lists(TREES, min_size=2, max_size=4), st.integers(1, 4))
@settings(max_examples=25, deadline=None)
def test_a_series_gives_what_each_of_its_patches_touches(
    tmp_path_factory: pytest.TempPathFactory, states: list[Sequence[str]], context: int
) -> None:
    tree = tree_with(tmp_path_factory.mktemp("tree"), states[0])
    wanted: Found = set()
    mails = ""
    for number, (old, new) in enumerate(pairwise(states), start=1):
        body = diffs_of(old, new, context)
        head = f"From {number:040} Mon Sep 17 00:00:00 2001\nFrom: a@b.example\nSubject: x\n\n"
        mails += f"{head}---\n{body}-- \n2.47.1\n\n"
        wanted |= expected(old, new, tree)
    assert got(mails.encode(), tree) == wanted


def _fixture_files() -> list[Path]:
    files = [path for name in EXTENTS for path in FIXTURES.glob(f"*/{name}/*.rs")]
    return sorted(path for path in files if not path.name.endswith(".fixed.rs"))


@pytest.mark.parametrize("path", _fixture_files(), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_what_is_said_of_a_part_is_said_of_the_whole(path: Path) -> None:
    """Rules say in their `extent` how much they must see; here they see a part, and then all."""
    fixture = read_fixture(path)
    name = fixture.source.path
    text = fixture.source.data.decode().replace("\r\n", "\n")
    (result,) = TextLinter(fixture.tree, PLAN).lint([SourceFile(name, text.encode())])
    source = SourceFile(name, text.encode())
    whole = {
        (source.row(item.span.start) + 1, item.rule) for item in result.findings if item.silenced is None
    }
    lines = text.splitlines()
    draw = random.Random(path.name)
    for _ in range(12):
        start = draw.randrange(len(lines))
        end = min(len(lines), start + draw.randrange(1, 25))
        low, high = max(0, start - 3), min(len(lines), end + 3)
        old = high - low - (end - start)
        diff = f"--- a/{name}\n+++ b/{name}\n@@ -{low + (old > 0)},{old} +{low + 1},{high - low} @@\n"
        diff += "".join(f"{'+' if start <= row < end else ' '}{lines[row]}\n" for row in range(low, high))
        run = PatchRun(fixture.tree, PLAN, EXTENTS)
        for message in read_messages(diff.encode()):
            run.lint(read_patch(message))
        for part in run.results:
            rows = run.views[part.path].lines
            said = {
                (rows[part.sources[0].row(item.span.start)], item.rule)
                for item in part.findings
                if item.silenced is None
            }
            gaps = NOT_SHOWN.get(f"{path.parent.name}/{path.stem}", set())
            more = {(line, rule) for line, rule in said - whole if rule not in {*gaps, ONCE}}
            assert not more, (more, low + 1, high)
