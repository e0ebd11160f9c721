"""The fixture harness, public so that plugins test their rules the way the built-in ones are tested.

A fixture is a Rust file whose comments say what must be found in it:

    //@ path: drivers/gpu/drm/demo.rs     the path to pretend (default: drivers/fixture/<file name>)
    //@ era: own | ext | alloc61          the era of the tree to pretend (default: no tree at all)
    //@ doc-code                          look into doc comments' examples too
    //@ strict                            the rule's strict part runs
    //@ options: {"max": 3}               options of the rule, as JSON
    x;  //~ rule-name words of the message    a finding on this line whose message holds the words
    //~^ rule-name                            the same for the line above, one line higher for each caret
    x;  //~? rule-name                        a known miss: fails on the day it is found
    x;  //~! rule-name                        a known false alarm: fails on the day it is gone

Both directions are exact and counted: a missing finding fails, and so does one that no mark promises.
Marks are blanked with spaces before the file is parsed, so that no rule can see them.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rfl_lint.engine import FileResult, Lint, lint_source
from rfl_lint.rule import Rule
from rfl_lint.source import SourceFile
from rfl_lint.tree import KERNEL_MARKER, KernelTree

_DIRECTIVE: Final = re.compile(rb"^//@[ \t]*([a-z-]+)(?::[ \t]*(.*?))?[ \t]*$", re.MULTILINE)
_MARK: Final = re.compile(rb"//~(\^*)([?!]?)[ \t]*([a-z0-9-]+)[ \t]*([^\n]*?)[ \t]*(?=//~|$)", re.MULTILINE)
_ERA_FILES: Final = {
    "own": frozenset({KERNEL_MARKER, "rust/kernel/alloc/kbox.rs", "rust/ffi.rs"}),
    "ext": frozenset({KERNEL_MARKER, "rust/kernel/alloc/box_ext.rs"}),
    "alloc61": frozenset({KERNEL_MARKER}),
}


@dataclass(frozen=True, slots=True)
class Mark:
    """One expectation: `kind` is "" (must be found), "?" (known miss) or "!" (known false alarm)."""

    line: int
    kind: str
    rule: str
    words: str


@dataclass(frozen=True)
class Fixture:
    """A fixture file taken apart."""

    source: SourceFile
    marks: tuple[Mark, ...]
    tree: KernelTree
    doc_code: bool = False
    strict: bool = False
    options: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """How a fixture went; `failures` is empty if it holds."""

    result: FileResult
    failures: tuple[str, ...]


def read_fixture(path: Path) -> Fixture:
    """Take a fixture file apart; raises ValueError on a directive that does not exist."""
    raw = path.read_bytes()
    directives = {match[1].decode(): (match[2] or b"").decode() for match in _DIRECTIVE.finditer(raw)}
    if unknown := directives.keys() - {"path", "era", "doc-code", "strict", "options"}:
        raise ValueError(f"{path}: no such fixture directive: {', '.join(sorted(unknown))}")
    marks = tuple(_marks(raw))
    blanked = _DIRECTIVE.sub(lambda match: b" " * len(match[0]), raw)
    blanked = re.sub(rb"//~[^\n]*", lambda match: b" " * len(match[0]), blanked)
    return Fixture(
        source=SourceFile(directives.get("path", f"drivers/fixture/{path.name}"), blanked),
        marks=marks,
        tree=KernelTree(None, _ERA_FILES[directives["era"]] if "era" in directives else frozenset()),
        doc_code="doc-code" in directives,
        strict="strict" in directives,
        options=json.loads(directives.get("options", "{}")),
    )


def _marks(raw: bytes) -> Iterator[Mark]:
    for number, line in enumerate(raw.replace(b"\r\n", b"\n").split(b"\n"), start=1):
        for match in _MARK.finditer(line):
            yield Mark(number - len(match[1]), match[2].decode(), match[3].decode(), match[4].decode())


def run_fixture(fixture: Fixture, rule: type[Rule]) -> Outcome:
    """Lint a fixture with one rule and compare with its marks."""
    chosen = rule(rule.Options(**fixture.options))
    name = rule.meta.name
    lint = Lint([chosen], frozenset({name} if fixture.strict else ()), fixture.doc_code, report_unused=False)
    result = lint_source(fixture.source, lint, fixture.tree)
    failures = [f"{crash.rule} crashed: {crash.error}\n{crash.trace}" for crash in result.crashes]
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
        if mark.kind == "?" and found[key] > expected[key]:
            failures.append(f"line {mark.line}: a known miss of {mark.rule} is found now: promote its mark")
        elif mark.kind == "!" and not found[key]:
            failures.append(f"line {mark.line}: a known false alarm of {mark.rule} is gone: remove its mark")
        elif (
            mark.words
            and not any(mark.words in message for message in messages.get(key, ()))
            and mark.kind != "?"
        ):
            failures.append(
                f"line {mark.line}: no message of {mark.rule} says `{mark.words}`: {messages.get(key)}"
            )
    for (line, rule_name), count in (expected - found).items():
        failures.append(f"line {line}: missing {count} × {rule_name}")
    for (line, rule_name), count in (found - expected).items():
        if not any(
            mark.kind == "?" and (mark.line, mark.rule) == (line, rule_name) for mark in fixture.marks
        ):
            failures.append(f"line {line}: noisy {count} × {rule_name}: {messages[line, rule_name]}")
    return Outcome(result, tuple(failures))
