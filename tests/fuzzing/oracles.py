"""What must hold whatever the input is; whoever breaks it is named in an AssertionError."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from msgspec.structs import replace

from rfl_lint.engine import FileResult, Lint, lint_parsed
from rfl_lint.finding import Finding
from rfl_lint.fixes import fix_findings
from rfl_lint.index import Index
from rfl_lint.output import FORMATS, OutputOptions, render
from rfl_lint.refusal import FILE_NOT_ANALYSED
from rfl_lint.registry import builtin_rules
from rfl_lint.report import Report
from rfl_lint.revision import Revision
from rfl_lint.run import Filter, make_report
from rfl_lint.source import SourceFile
from rfl_lint.syntax import parse_file
from rfl_lint.syntax.parsed import unexplained
from rfl_lint.tree import KernelTree
from rfl_lint.workspace import Workspace, facts_of

# What may take long is reported by the watch: far less than it allows, far more than a small file takes.
MAX_SECONDS: Final = 5.0
_MANY: Final = 150
_RULES: Final = tuple(rule() for rule in builtin_rules())
ALL: Final = Lint(
    _RULES, frozenset(rule.meta.name for rule in _RULES), doc_code=True, max_seconds=MAX_SECONDS
)
# Characters that must reach no terminal as they are: control characters but for line ends and tabs, bidi controls.
_DANGEROUS: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"
)


@dataclass(frozen=True)
class Linting:
    """Texts that are linted together with all rules, as files of a tree that is on no disk."""

    tree: KernelTree = field(default_factory=KernelTree)
    lint: Lint = ALL

    def results(self, sources: Sequence[SourceFile]) -> list[FileResult]:
        """Lint the texts; they know each other."""
        texts = {source.path: source for source in sources}
        lint = self.lint
        space = Workspace(
            self.tree, texts.get, doc_code=lint.doc_code, kinds=lint.kinds, max_seconds=lint.max_seconds
        )
        parsed = [space.parse(source) for source in sources]
        facts = [facts_of(file, lint.max_seconds) for file in parsed]
        space.index = Index([fact for fact in facts if fact is not None])
        return [lint_parsed(file, lint, space, fact) for file, fact in zip(parsed, facts, strict=True)]

    def report(self, sources: Sequence[SourceFile], texts: Mapping[str, Revision]) -> Report:
        """The report on the texts, some of them replaced."""
        replaced = [
            SourceFile(each.path, texts[each.path].data) if each.path in texts else each for each in sources
        ]
        return make_report(self.results(replaced), Filter())


def check_sources(sources: Sequence[SourceFile], linting: Linting | None = None) -> None:
    """Lint texts and hold everything against what came of it."""
    linting = linting or Linting()
    results = linting.results(sources)
    for source, result in zip(sources, results, strict=True):
        check_result(source, result, {each.path: each for each in sources})
    assert [_comparable(each) for each in linting.results(sources)] == [
        _comparable(each) for each in results
    ], "two runs over one text differ"
    check_outputs(make_report(results, Filter()))
    check_fixes(sources, linting)


def check_result(source: SourceFile, result: FileResult, texts: Mapping[str, SourceFile]) -> None:
    """No rule raised, nothing took too long, every place is one of the text."""
    for crash in result.crashes:
        raise AssertionError(f"{crash.rule} crashed: {crash.trace}")
    for finding in result.findings:
        assert "seconds" not in finding.message or finding.rule != FILE_NOT_ANALYSED, finding.message
        _check_place(source, finding.span.start, finding.span.end, finding.rule)
        assert finding.path == source.path
        assert finding.message, finding.rule
        assert "\n" not in finding.message, finding
        for label in finding.related:
            there = texts.get(label.path or source.path)
            assert there is not None, finding
            _check_place(there, label.span.start, label.span.end, f"{finding.rule}, related")


def _check_place(source: SourceFile, start: int, end: int, what: str) -> None:
    size = len(source.data)
    assert 0 <= start <= end <= size, f"{what}: {start}..{end} of {size} bytes"
    for at in (start, end):
        inside = 0 < at < size and source.data[at] & 0xC0 == 0x80
        assert not inside, f"{what}: byte {at} lies within a character"


def check_outputs(report: Report) -> None:
    """Every format can say it, and none hands on what could move a cursor or turn text around."""
    for name in FORMATS:
        out = io.StringIO()
        render(name, report, out, OutputOptions(statistics=True, verbose=True))
        found = _DANGEROUS.search(out.getvalue())
        assert found is None, f"{name}: {found!r}"


def check_fixes(sources: Sequence[SourceFile], linting: Linting) -> None:
    """Fixes settle, break nothing that parsed, and do not depend on how often they are asked for."""

    def lint(texts: Mapping[str, Revision]) -> Report:
        return linting.report(sources, texts)

    # Fixes that wait for one another, as nested ones do, may take many passes: what never ends is what counts.
    fixed = fix_findings(lint, unsafe=True, passes=_MANY)
    broken = {source.path for source in sources if _has_errors(source)}
    for problem in fixed.problems:
        assert "does not parse" in problem, problem
        assert broken, problem
    for path, after in fixed.after.items():
        after.decode("utf-8")
        assert path in broken or not unexplained(after), f"{path}: fixed into what does not parse"


def _has_errors(source: SourceFile) -> bool:
    parsed = parse_file(source, doc_code=True)
    return parsed.refusal is not None or bool(unexplained(source.data)) or bool(parsed.census.unparsed)


def _comparable(result: FileResult) -> tuple[tuple[Finding, ...], int, int]:
    findings = tuple(replace(finding) for finding in result.findings)
    return findings, result.fragments_met, result.fragments_parsed
