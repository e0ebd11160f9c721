"""The fixture harness, public so that plugins test their rules the way the built-in ones are tested.

A fixture is a Rust file whose comments say what must be found in it:

    //@ path: drivers/gpu/drm/demo.rs     the path to pretend (default: drivers/fixture/<file name>)
    //@ era: own | ext | alloc61          the era of the tree to pretend (default: no tree at all)
    //@ file: include/linux/foo.h         a file that the tree holds beside the fixtures; may be repeated
    //@ doc-code                          look into doc comments' examples too
    //@ strict                            the rule's strict part runs
    //@ options: {"max": 3}               options of the rule, as JSON
    //@ c: int foo_add(struct foo *foo);   a C prototype that `bindings::foo_add` has; may be repeated
    //@ text: .clippy.toml msrv = "1.85"     a line of a file of the pretended tree that is no Rust; may be repeated
    x;  //~ rule-name words of the message    a finding on this line whose message holds the words
    //~^ rule-name                            the same for the line above, one line higher for each caret
    x;  //~? rule-name                        a known miss: fails on the day it is found
    x;  //~! rule-name                        a known false alarm: fails on the day it is gone

A folder of such files is one fixture: its files are linted together, each at the path it pretends, and may call
each other. Both directions are exact and counted: a missing finding fails, and so does one that no mark promises.
Marks are blanked with spaces before the file is parsed, so that no rule can see them.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace

from rfl_lint.c.facts import CFunction
from rfl_lint.c.prototypes import parse_prototype
from rfl_lint.c.semantics import with_semantics
from rfl_lint.engine import FileResult, Lint, lint_parsed
from rfl_lint.facts import extract_facts
from rfl_lint.index import Index
from rfl_lint.rule import Rule
from rfl_lint.source import SourceFile
from rfl_lint.tree import KERNEL_MARKER, KernelTree
from rfl_lint.workspace import Workspace

_DIRECTIVE: Final = re.compile(rb"^//@[ \t]*([a-z-]+)(?::[ \t]*(.*?))?[ \t\r]*$", re.MULTILINE)
_MARK: Final = re.compile(rb"//~(\^*)([?!]?)[ \t]*([a-z0-9-]+)[ \t]*([^\n]*?)[ \t]*(?=//~|$)", re.MULTILINE)
_ERA_FILES: Final = {
    "own": frozenset({KERNEL_MARKER, "rust/kernel/alloc/kbox.rs", "rust/ffi.rs"}),
    "ext": frozenset({KERNEL_MARKER, "rust/kernel/alloc/box_ext.rs"}),
    "alloc61": frozenset({KERNEL_MARKER}),
}


class Mark(Struct, frozen=True):
    """One expectation: `kind` is "" (must be found), "?" (known miss) or "!" (known false alarm)."""

    line: int
    kind: str
    rule: str
    words: str


class Fixture(Struct, frozen=True):
    """A fixture file taken apart."""

    source: SourceFile
    marks: tuple[Mark, ...]
    tree: KernelTree
    doc_code: bool = False
    strict: bool = False
    options: dict[str, object] = field(default_factory=dict)
    c_functions: tuple[CFunction, ...] = ()


class Outcome(Struct, frozen=True):
    """How a fixture went, a result for each of its files; `failures` is empty if it holds."""

    results: tuple[FileResult, ...]
    failures: tuple[str, ...]


def read_fixture(path: Path) -> Fixture:
    """Take a fixture file apart; raises ValueError on a directive that does not exist."""
    raw = path.read_bytes()
    given = [(match[1].decode(), (match[2] or b"").decode()) for match in _DIRECTIVE.finditer(raw)]
    directives = dict(given)
    if unknown := directives.keys() - {"path", "era", "doc-code", "strict", "options", "c", "file", "text"}:
        raise ValueError(f"{path}: no such fixture directive: {', '.join(sorted(unknown))}")
    marks = tuple(_marks(raw))
    blanked = _DIRECTIVE.sub(lambda match: b" " * len(match[0]), raw)
    blanked = re.sub(rb"//~[^\n]*", lambda match: b" " * len(match[0]), blanked)
    return Fixture(
        source=SourceFile(directives.get("path", f"drivers/fixture/{path.name}"), blanked),
        marks=marks,
        tree=pretended_tree(
            directives.get("era", ""),
            frozenset(text for name, text in given if name == "file"),
            _texts([text for name, text in given if name == "text"]),
        ),
        doc_code="doc-code" in directives,
        strict="strict" in directives,
        options=json.loads(directives.get("options", "{}")),
        c_functions=tuple(_prototype(text, path) for name, text in given if name == "c"),
    )


def pretended_tree(era: str, files: frozenset[str], texts: tuple[tuple[str, str], ...] = ()) -> KernelTree:
    """A tree that is on no disk: what makes its era (none if empty), and these files; alone if there are none."""
    present = _ERA_FILES[era] if era else frozenset[str]()
    return KernelTree(None, present, present | files if files else None, texts)


def _texts(lines: Sequence[str]) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for line in lines:
        path, _, text = line.partition(" ")
        found[path] = f"{found.get(path, '')}{text}\n"
    return tuple(found.items())


def _prototype(text: str, path: Path) -> CFunction:
    match = re.search(r"(\w+)\s*\(", text)
    found = parse_prototype(text.encode(), match[1], header=path.name, line=1) if match else None
    if found is None:
        raise ValueError(f"{path}: not a C prototype: {text}")
    return with_semantics(found)


def read_fixtures(path: Path) -> list[Fixture]:
    """A fixture file, or all files of a fixture folder by name."""
    return [read_fixture(file) for file in (sorted(path.glob("*.rs")) if path.is_dir() else [path])]


def _marks(raw: bytes) -> Iterator[Mark]:
    for number, line in enumerate(raw.replace(b"\r\n", b"\n").split(b"\n"), start=1):
        for match in _MARK.finditer(line):
            yield Mark(number - len(match[1]), match[2].decode(), match[3].decode(), match[4].decode())


def run_fixture(fixture: Fixture, rule: type[Rule]) -> Outcome:
    """Lint a fixture with one rule and compare with its marks."""
    return run_fixtures([fixture], rule)


def run_fixtures(fixtures: Sequence[Fixture], rule: type[Rule]) -> Outcome:
    """Lint the files of one fixture folder together and compare each with its marks.

    The files share one index and can reach each other by path. Era, strictness, doc code and options may be set
    in any of them and hold for all.
    """
    options = {key: value for fixture in fixtures for key, value in fixture.options.items()}
    chosen = rule(rule.Options(**options))
    strict = frozenset({rule.meta.name} if any(fixture.strict for fixture in fixtures) else ())
    doc_code = any(fixture.doc_code for fixture in fixtures)
    lint = Lint([chosen], strict, doc_code, report_unused=False)
    sources = {fixture.source.path: fixture.source for fixture in fixtures}
    tree = _joint_tree(fixtures)
    c_functions = {function.name: function for fixture in fixtures for function in fixture.c_functions}
    workspace = Workspace(tree, sources.get, doc_code=doc_code, kinds=lint.kinds, c_facts=c_functions.get)
    parsed = [workspace.parse(source) for source in sources.values()]
    facts = [extract_facts(file) for file in parsed]
    workspace.index = Index(facts)
    results = [lint_parsed(file, lint, workspace, fact) for file, fact in zip(parsed, facts, strict=True)]
    failures = [
        failure
        for fixture, result in zip(fixtures, results, strict=True)
        for failure in _compared(fixture, result)
    ]
    return Outcome(tuple(results), tuple(failures))


def _joint_tree(fixtures: Sequence[Fixture]) -> KernelTree:
    """The tree of a fixture folder: the era that a file of it names, and the files that any of them names."""
    tree = next((fixture.tree for fixture in fixtures if fixture.tree.present), fixtures[0].tree)
    named = [fixture.tree.files for fixture in fixtures if fixture.tree.files is not None]
    if not named:
        return tree
    return replace(tree, files=frozenset(fixture.source.path for fixture in fixtures).union(*named))


def _compared(fixture: Fixture, result: FileResult) -> Iterator[str]:
    """What of a fixture's marks does not hold."""
    where = fixture.source.path
    for crash in result.crashes:
        yield f"{where}: {crash.rule} crashed: {crash.error}\n{crash.trace}"
    found: Counter[tuple[int, str]] = Counter()
    messages: dict[tuple[int, str], list[str]] = {}
    for finding in result.findings:
        if finding.silenced is None:
            key = (fixture.source.position(finding.span.start).line, finding.rule)
            found[key] += 1
            messages.setdefault(key, []).append(finding.message)
    expected = Counter((mark.line, mark.rule) for mark in fixture.marks if mark.kind != "?")
    for mark in fixture.marks:
        key = (mark.line, mark.rule)
        at = f"{where}:{mark.line}"
        if mark.kind == "?" and found[key] > expected[key]:
            yield f"{at}: a known miss of {mark.rule} is found now: promote its mark"
        elif mark.kind == "!" and not found[key]:
            yield f"{at}: a known false alarm of {mark.rule} is gone: remove its mark"
        elif (
            mark.words and mark.kind != "?" and not any(mark.words in text for text in messages.get(key, ()))
        ):
            yield f"{at}: no message of {mark.rule} says `{mark.words}`: {messages.get(key)}"
    for (line, name), count in (expected - found).items():
        yield f"{where}:{line}: missing {count} × {name}"
    missed = {(mark.line, mark.rule) for mark in fixture.marks if mark.kind == "?"}
    for (line, name), count in (found - expected).items():
        if (line, name) not in missed:
            yield f"{where}:{line}: noisy {count} × {name}: {messages[line, name]}"
