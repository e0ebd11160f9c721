"""The pipeline for one file: parse, facts, rules, silencing, fingerprints. Findings come out in order."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Container, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec import Struct

from rfl_lint.analysis.coverage.counts import COVERAGE_KINDS, Coverage
from rfl_lint.c.bundled import bundled_function
from rfl_lint.deferred import has_file_check
from rfl_lint.facts import FACT_KINDS, FileFacts
from rfl_lint.finding import Finding
from rfl_lint.fingerprint import fingerprinted
from rfl_lint.refusal import refusal_finding
from rfl_lint.rule import Context, Rule
from rfl_lint.source import SourceFile, Span
from rfl_lint.suppress import Silencer
from rfl_lint.syntax import Fragment, FragmentKind, Node, ParsedFile
from rfl_lint.tables import BUNDLED, Tables
from rfl_lint.tree import KERNEL_ROLES, KernelTree
from rfl_lint.watch import MAX_SECONDS, TookTooLong, bounded
from rfl_lint.workspace import Workspace, too_long

if TYPE_CHECKING:
    from rfl_lint.analysis.code.found import Found

_DOC_CODE: Final = str(FragmentKind.DOC_CODE)
# What the analyses behind the rules ask every tree for; found in the same search as what the rules want.
_COMMON_KINDS: Final = frozenset(
    {
        "assignment_expression",
        "call_expression",
        "compound_assignment_expr",
        "const_item",
        "enum_variant",
        "extern_crate_declaration",
        "field_declaration",
        "foreign_mod_item",
        "inner_attribute_item",
        "macro_invocation",
        "return_expression",
        "scoped_type_identifier",
        "static_item",
        "struct_expression",
        "type_cast_expression",
    }
)


class RuleCrash(Struct, frozen=True):
    """A rule that raised on a file: the other rules went on, and the run ends with status 2."""

    rule: str
    path: str
    error: str
    trace: str


class FileResult(Struct, frozen=True):
    """What linting one file gave. `findings` holds the silenced ones too, marked as such.

    `sources` are the texts that its findings speak of, its own first; none where there are no findings. `coverage` is
    counted where the run asks for it.
    """

    path: str
    findings: tuple[Finding, ...]
    crashes: tuple[RuleCrash, ...] = ()
    fragments_met: int = 0
    fragments_parsed: int = 0
    unparsed_lines: tuple[int, ...] = ()
    sources: tuple[SourceFile, ...] = ()
    coverage: Coverage | None = None
    reached: frozenset[str] = frozenset()
    """The other files of the tree whose text may have had a say in it."""


def _always() -> None:
    """Nothing ends the work."""


class Look(NamedTuple):
    """One look at one file. `before` is what was found before a change, if the file has a focus on what it concerns.

    `go_on` is called before every single check: what it raises ends the look, and nothing is left half done.
    """

    before: FileResult | None = None
    go_on: Callable[[], None] = _always


_LOOK: Final = Look()


class Lint(Struct, frozen=True, dict=True):
    """What stays the same for all files of a run: the rules and how they are to be applied."""

    rules: Sequence[Rule]
    strict_rules: frozenset[str] = frozenset()
    doc_code: bool = False
    report_unused: bool = True
    known_rules: frozenset[str] | None = None
    tables: Tables = BUNDLED
    coverage: bool = False
    max_seconds: float = MAX_SECONDS
    """Of processor time, for any one file."""

    @cached_property
    def kinds(self) -> frozenset[str]:
        """All kinds of nodes that rules and facts ask for."""
        counted = COVERAGE_KINDS if self.coverage else frozenset[str]()
        return (FACT_KINDS | _COMMON_KINDS | counted).union(*(rule.on for rule in self.rules))


def lint_source(source: SourceFile, lint: Lint, tree: KernelTree | None = None) -> FileResult:
    """Lint one text that stands alone. Never raises on its content."""
    workspace = Workspace(
        tree if tree is not None else KernelTree(),
        c_facts=bundled_function,
        doc_code=lint.doc_code,
        kinds=lint.kinds,
        tables=lint.tables,
        max_seconds=lint.max_seconds,
    )
    return lint_parsed(workspace.parse(source), lint, workspace)


def lint_parsed(
    parsed: ParsedFile,
    lint: Lint,
    workspace: Workspace,
    facts: FileFacts | None = None,
    look: Look = _LOOK,
) -> FileResult:
    """Lint one parsed file of a tree. Never raises on its content.

    A file with a focus is judged in there alone, by the rules that need no more than that (`Extent`); of all else is
    said what was said of it before the change. What that does not see is what a change in one item means for another.
    """
    refusal = parsed.refusal
    if refusal is None:
        try:
            return bounded(lambda: _judged(parsed, lint, workspace, facts, look), lint.max_seconds)
        except TookTooLong:
            # How far it got is a matter of the machine: nothing of it counts, and nothing half done is kept.
            workspace.forget(parsed.source.path)
            refusal = too_long(lint.max_seconds)
    source = parsed.source
    head = SourceFile(source.path, source.data[:200].partition(b"\n")[0])  # enough to show
    return FileResult(source.path, (refusal_finding(source, refusal),), sources=(head,))


def _judged(
    parsed: ParsedFile,
    lint: Lint,
    workspace: Workspace,
    facts: FileFacts | None,
    look: Look,
) -> FileResult:
    source = parsed.source
    cx = workspace.entered(parsed, facts)
    rules = [rule for rule in lint.rules if cx.role in rule.meta.roles]
    crashes: list[RuleCrash] = []
    concerned = [rule for rule in rules if rule.concerns(source.data)]
    if parsed.focus is not None:
        from rfl_lint.glance import judged_in, with_earlier  # noqa: PLC0415 - only while somebody types

        concerned = judged_in(parsed.focus, concerned)
    findings = run_rules(concerned, cx, lint, crashes, look.go_on)
    findings = [finding for finding in findings if not parsed.in_error(finding.span.start)]
    silencer = Silencer(parsed, [rule.meta for rule in rules], lint.known_rules, workspace.ancestry)
    if parsed.focus is not None:
        again = frozenset(rule.meta.name for rule in judged_in(parsed.focus, rules))
        earlier = look.before.findings if look.before is not None else ()
        findings = with_earlier(findings, earlier, parsed, again)
    findings = silencer.apply(findings)
    if lint.report_unused:
        findings += silencer.unused()
    findings = fingerprinted(findings, source, cx.facts)
    coverage = _counted(cx, crashes) if lint.coverage and cx.role in KERNEL_ROLES else None
    census = parsed.census
    unparsed = [*census.unparsed, *parsed.errors]
    lines = tuple(sorted({source.position(span.start).line for span in unparsed}))
    return FileResult(
        source.path,
        tuple(findings),
        tuple(crashes),
        census.met,
        census.parsed,
        lines,
        _sources(findings, cx),
        coverage,
        workspace.reached(source.path),
    )


def _counted(cx: Context, crashes: list[RuleCrash]) -> Coverage | None:
    """The counts of a file; what goes wrong with them is noted as it is for a rule."""
    from rfl_lint.analysis.coverage.count import coverage_of  # noqa: PLC0415 - only reports on coverage count

    try:
        return coverage_of(cx)
    except Exception as error:  # noqa: BLE001 - the findings stand whatever becomes of the counts
        crashes.append(
            RuleCrash("coverage", cx.path, f"{type(error).__name__}: {error}", traceback.format_exc())
        )
        return None


def _sources(findings: Sequence[Finding], cx: Context) -> tuple[SourceFile, ...]:
    """The texts that are needed to show findings: the file's own and those that related places lie in."""
    if not findings:
        return ()
    paths = sorted(
        {label.path for finding in findings for label in finding.related if label.path} - {cx.path}
    )
    others = [other.source for path in paths if (other := cx.other(path)) is not None]
    return (cx.source, *others)


def run_rules(
    rules: Sequence[Rule],
    cx: Context,
    lint: Lint,
    crashes: list[RuleCrash],
    go_on: Callable[[], None] = _always,
) -> list[Finding]:
    """Search each tree once and hand every node to the rules that asked for its kind; in a focus, those in there."""
    if not rules:
        return []
    from rfl_lint.analysis.code.found import Found  # noqa: PLC0415 - most small files concern no rule

    runner = _Runner(cx, lint, crashes, go_on)
    focus = cx.parsed.focus
    for fragment in cx.parsed.fragments:
        cx.fragment = fragment
        active = [rule for rule in rules if rule.on and _speaks_of(rule, fragment)]
        kinds = frozenset[str]().union(*(rule.on for rule in active))
        nodes = fragment.find(kinds)
        if focus is not None:
            nodes = {
                kind: [node for node in each if focus.holds(node.start_byte)] for kind, each in nodes.items()
            }
        found = Found(nodes, cx.parsed, fragment if focus is None else None)
        for rule in active:
            if not found.nodes.keys().isdisjoint(rule.on):
                runner.run(rule, found)
    cx.fragment = cx.parsed.fragments[0]
    for rule in rules:
        if has_file_check(rule):
            runner.run(rule)
    return list({(item.rule, item.span, item.message): item for item in runner.findings}.values())


def _speaks_of(rule: Rule, fragment: Fragment) -> bool:
    return rule.meta.doc_code or fragment.kind is not FragmentKind.DOC_CODE


class _Runner:
    """Runs single checks; a rule that raises is noted and not run on this file again."""

    def __init__(self, cx: Context, lint: Lint, crashes: list[RuleCrash], go_on: Callable[[], None]) -> None:
        self.cx = cx
        self.go_on = go_on
        self.lint = lint
        self.crashes = crashes
        self.findings: list[Finding] = []
        self.broken: set[str] = set()
        self.asked: dict[str, tuple[Container[str] | None, Sequence[Span] | None]] = {}

    def run(self, rule: Rule, found: Found | None = None) -> None:
        """Run one rule on the nodes of a tree that may concern it, or on the file as a whole."""
        name = rule.meta.name
        if name in self.broken:
            return
        self.go_on()
        self.cx.strict = name in self.lint.strict_rules
        try:
            if found is None:
                self._keep(rule, [*rule.check_file(self.cx)])
                return
            for node in self._nodes(rule, found):
                self.go_on()
                given = [*rule.check(node, self.cx)]
                if given:
                    self._keep(rule, given)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a rule does wrong, the others go on
            self.broken.add(name)
            trace = traceback.format_exc()
            self.crashes.append(RuleCrash(name, self.cx.path, f"{type(error).__name__}: {error}", trace))

    def _nodes(self, rule: Rule, found: Found) -> list[Node]:
        name = rule.meta.name
        if name not in self.asked:
            self.asked[name] = (rule.names(self.cx), rule.places(self.cx))
        return found.of(rule.on, *self.asked[name])

    def _keep(self, rule: Rule, given: Sequence[object]) -> None:
        self.findings.extend([_checked(item) for item in given if _wanted(item, rule)])


def _checked(item: object) -> Finding:
    """What a rule yielded; raises TypeError, in the rule's name, for anything but a finding."""
    if not isinstance(item, Finding):
        raise TypeError(f"yielded a {type(item).__name__}, not a Finding")
    return item


def _wanted(item: object, rule: Rule) -> bool:
    return rule.meta.doc_code or getattr(item, "fragment", "") != _DOC_CODE
