"""Applying the fixes of findings to a text: which go together, in what order, and whether the result still parses.

Nothing here touches a file. A pass applies as many fixes as lie apart from one another; what overlaps waits for the
next pass, over what the linter says of the new text.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace

from rfl_lint.finding import Edit, Finding
from rfl_lint.report import Report
from rfl_lint.revision import Revision, applied
from rfl_lint.source import SourceFile, Span
from rfl_lint.syntax import parse_file
from rfl_lint.syntax.limits import count_faults

MAX_PASSES: Final = 20


class Pass(Struct, frozen=True):
    """What one pass made of a text. `broken` are findings whose fix would leave worse Rust behind."""

    data: bytes
    done: tuple[Finding, ...]
    broken: tuple[Finding, ...]


class Fixed(Struct, frozen=True):
    """What came of fixing a run's findings; nothing is written yet.

    `report` is what remains, `before` the texts of the files that changed, `revised` what they are now, `done` how many
    fixes each got. `problems` tell of what could not be fixed though it should have been.
    """

    report: Report
    before: Mapping[str, bytes] = field(default_factory=dict)
    revised: Mapping[str, Revision] = field(default_factory=dict)
    done: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    @property
    def after(self) -> dict[str, bytes]:
        """The texts that the changed files have now."""
        return {path: revision.data for path, revision in self.revised.items()}


def fix_findings(
    lint: Callable[[Mapping[str, Revision]], Report],
    *,
    unsafe: bool,
    obstacle: Callable[[str], str | None] = lambda _path: None,
    passes: int = MAX_PASSES,
) -> Fixed:
    """Lint and fix by turns until nothing changes any more.

    `lint` reports on all files, those it is given a revision of as if they held that. `obstacle` tells why the file
    of a path cannot be rewritten: its findings stay as they are. A file that does not settle is left as it was.
    """
    work = _Work(unsafe, obstacle)
    for _ in range(passes):
        report = lint(work.revised)
        if not work.fix(report):
            return work.fixed(report)
    work.give_up(passes)
    return work.fixed(lint(work.revised))


class _Work(Struct, eq=False):
    """The state between passes."""

    unsafe: bool
    obstacle: Callable[[str], str | None]
    before: dict[str, bytes] = field(default_factory=dict)
    revised: dict[str, Revision] = field(default_factory=dict)
    done: dict[str, int] = field(default_factory=dict)
    last: dict[str, set[str]] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)
    problems: dict[str, None] = field(default_factory=dict)

    def fix(self, report: Report) -> bool:
        """Apply one pass to every file with something to fix; whether anything changed."""
        by_path: dict[str, list[Finding]] = {}
        for finding in report.findings:
            if is_fixable(finding, unsafe=self.unsafe):
                by_path.setdefault(finding.path, []).append(finding)
        self.last = {}
        for path, findings in by_path.items():
            source = report.source(path)
            if source is None or path in self.held:
                continue
            if path not in self.before and (why := self.obstacle(path)) is not None:
                self.held.add(path)
                self.problems[f"{why}; nothing in it is fixed"] = None
                continue
            found = fixed_once(source, findings)
            for finding in found.broken:
                line = source.position(finding.span.start).line
                what = f"the fix of {finding.rule} is left out: what it makes does not parse"
                self.problems.setdefault(f"{path}:{line}: {what}")
            if found.data != source.data:
                self.before.setdefault(path, source.data)
                revision = self.revised.get(path) or Revision(source.data)
                self.revised[path] = revision.edited(edit for each in found.done for edit in _edits(each))
                self.done[path] = self.done.get(path, 0) + len(found.done)
                self.last[path] = {finding.rule for finding in found.done}
        return bool(self.last)

    def give_up(self, passes: int) -> None:
        """Leave the files as they were that change with every pass."""
        for path, rules in self.last.items():
            named = ", ".join(sorted(rules))
            self.problems[
                f"{path}: left as it was: after {passes} passes fixes of {named} still change it"
            ] = None
            del self.before[path], self.revised[path], self.done[path]

    def fixed(self, report: Report) -> Fixed:
        """The result; a file that is back where it began did not change."""
        changed = [path for path, each in self.revised.items() if each.data != self.before[path]]
        return Fixed(
            report,
            {path: self.before[path] for path in changed},
            {path: self.revised[path] for path in changed},
            {path: self.done[path] for path in changed},
            tuple(self.problems),
        )


def is_fixable(finding: Finding, *, unsafe: bool) -> bool:
    """Whether a finding has a fix that may be applied."""
    return finding.fix is not None and bool(finding.fix.edits) and (finding.fix.safe or unsafe)


def fixed_once(source: SourceFile, findings: Iterable[Finding]) -> Pass:
    """Apply the fixes of findings that lie apart from one another, as long as no more faults of syntax come of it."""
    data = source.data
    chosen, broken = _apart(data, findings)
    if not chosen:
        return Pass(data, (), tuple(broken))
    before = faults(source)
    kept: list[Finding] = []
    waiting = [chosen]
    result = data
    while waiting:
        some = waiting.pop()
        tried = applied(data, [edit for finding in (*kept, *some) for edit in _edits(finding)])
        if all(now <= then for now, then in zip(faults(replace(source, data=tried)), before, strict=True)):
            kept, result = [*kept, *some], tried
        elif len(some) == 1:
            broken += some
        else:
            waiting += [some[len(some) // 2 :], some[: len(some) // 2]]
    return Pass(result, tuple(kept), tuple(broken))


def _edits(finding: Finding) -> Sequence[Edit]:
    return finding.fix.edits if finding.fix is not None else ()


def _apart(data: bytes, findings: Iterable[Finding]) -> tuple[list[Finding], list[Finding]]:
    """The findings whose fixes can be applied together, first come first served, and those whose fix is none."""
    taken = _Taken()
    chosen: list[Finding] = []
    wrong: list[Finding] = []
    for finding in sorted(findings, key=_first_edit):
        edits = sorted(dict.fromkeys(_edits(finding)), key=lambda edit: (edit.span.start, edit.span.end))
        if not _is_sound(edits, len(data)):
            wrong.append(finding)
        elif all(taken.has(edit) or taken.is_free(edit.span) for edit in edits):
            for edit in edits:
                taken.add(edit)
            chosen.append(finding)
    return chosen, wrong


def _first_edit(finding: Finding) -> tuple[int, tuple[str, int, int, str, str]]:
    return min(edit.span.start for edit in _edits(finding)), finding.sort_key


def _is_sound(edits: Sequence[Edit], size: int) -> bool:
    """Whether the sorted edits of one fix lie in the text and do not overlap."""
    ends = [0, *(edit.span.end for edit in edits)]
    return all(
        end <= edit.span.start <= edit.span.end <= size for end, edit in zip(ends, edits, strict=False)
    )


class _Taken:
    """The edits of the fixes that were chosen, in order. They do not overlap."""

    def __init__(self) -> None:
        self._spans: list[Span] = []
        self._edits: set[Edit] = set()

    def has(self, edit: Edit) -> bool:
        """Whether the very same edit is made already: two fixes may ask for one comment above both."""
        return edit in self._edits

    def is_free(self, span: Span) -> bool:
        """Whether a span neither overlaps nor touches an edit: of two at one place the order would be anybody's."""
        after = bisect_left(self._spans, span)
        if after and self._spans[after - 1].end >= span.start:
            return False
        return after == len(self._spans) or self._spans[after].start > span.end

    def add(self, edit: Edit) -> None:
        if edit not in self._edits:
            self._edits.add(edit)
            self._spans.insert(bisect_left(self._spans, edit.span), edit.span)


def faults(source: SourceFile) -> tuple[int, int, int]:
    """How much of a text is no Rust: all of it, places in its code, pieces hidden in macros and examples."""
    parsed = parse_file(source, doc_code=True)
    if parsed.refusal is not None:
        return (1, 0, 0)
    return (0, count_faults(parsed.root), len(parsed.census.unparsed))
