"""Code actions: what can be done about the findings of a place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Final

from lsprotocol import types
from msgspec import Struct

from rfl_lint.finding import Edit, Finding
from rfl_lint.fixes import fixed_once, is_fixable
from rfl_lint.lsp.convert import Converter
from rfl_lint.refusal import ENGINE_GROUP
from rfl_lint.revision import applied
from rfl_lint.source import SourceFile, Span
from rfl_lint.suppressing import comments_for
from rfl_lint.syntax import ParsedFile

FIX_ALL: Final = f"{types.CodeActionKind.SourceFixAll.value}.rfl-lint"
KINDS: Final = (types.CodeActionKind.QuickFix, FIX_ALL)
EXPLAIN: Final = "rfl-lint.explain"
REASON: Final = "TODO: why this is right here"
_MOST_LINES: Final = 20_000


class Request(Struct, frozen=True):
    """What is asked for: actions for the findings that touch a span, of some kinds or of all."""

    converter: Converter
    version: int | None
    span: Span
    only: Sequence[str] = ()

    def wants(self, kind: str) -> bool:
        """Whether actions of a kind are asked for: by its own name, or by one that it is a part of."""
        return not self.only or any(kind == each or kind.startswith(f"{each}.") for each in self.only)


def code_actions(request: Request, parsed: ParsedFile) -> list[types.CodeAction]:
    """All actions, those that mend something first."""
    findings = request.converter.checked.findings
    found: list[types.CodeAction] = []
    if request.wants(types.CodeActionKind.QuickFix.value):
        there = [finding for finding in findings if _touches(finding.span, request.span)]
        for offered in (_fix, _allow, _explain):
            for finding in there:
                found += offered(request, finding, parsed)
        fixable = [finding for finding in findings if is_fixable(finding, unsafe=True)]
        if any(finding in there for finding in fixable) and len(fixable) > 1:
            found.append(_all(request, types.CodeActionKind.QuickFix, unsafe=True))
    if request.wants(FIX_ALL) and any(is_fixable(finding, unsafe=False) for finding in findings):
        found.append(_all(request, FIX_ALL, unsafe=False))
    return found


def _touches(one: Span, other: Span) -> bool:
    return one.start <= other.end and other.start <= one.end


def _fix(request: Request, finding: Finding, parsed: ParsedFile) -> Iterator[types.CodeAction]:
    if not is_fixable(finding, unsafe=True) or finding.fix is None:
        return
    if fixed_once(parsed.source, [finding]).broken:
        return
    title = finding.fix.title[:1].upper() + finding.fix.title[1:]
    yield types.CodeAction(
        title=f"{title} ({finding.rule})"
        if finding.fix.safe
        else f"{title} ({finding.rule}, to be reviewed)",
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[request.converter.diagnostic(finding)],
        is_preferred=finding.fix.safe or None,
        edit=_edit(request, finding.fix.edits),
    )


def _allow(request: Request, finding: Finding, parsed: ParsedFile) -> Iterator[types.CodeAction]:
    if finding.group == ENGINE_GROUP:
        return
    edits = edits_between(
        parsed.source, applied(parsed.source.data, comments_for(parsed.source, [finding], REASON))
    )
    if edits:
        where = "in this file" if any("allow-file(" in edit.text for edit in edits) else "here"
        converter = request.converter
        yield types.CodeAction(
            title=f"Allow {finding.rule} {where}, with a reason",
            kind=types.CodeActionKind.QuickFix,
            diagnostics=[converter.diagnostic(finding)],
            edit=converter.workspace_edit(converter.whole_edits(edits), request.version),
        )


def _explain(request: Request, finding: Finding, _parsed: ParsedFile) -> Iterator[types.CodeAction]:
    title = f"Explain {finding.rule}"
    yield types.CodeAction(
        title=title,
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[request.converter.diagnostic(finding)],
        command=types.Command(title=title, command=EXPLAIN, arguments=[finding.rule]),
    )


def _all(request: Request, kind: str | types.CodeActionKind, *, unsafe: bool) -> types.CodeAction:
    """Everything at once; what it comes to is told when it is asked for."""
    what = "all findings of the file, to be reviewed" if unsafe else "all findings that can be fixed safely"
    data = {"uri": request.converter.uri, "version": request.version, "unsafe": unsafe}
    return types.CodeAction(title=f"Fix {what} (rfl-lint)", kind=kind, data=data)


def _edit(request: Request, edits: Sequence[Edit]) -> types.WorkspaceEdit:
    converter = request.converter
    return converter.workspace_edit(converter.edits(edits), request.version)


def edits_between(before: SourceFile, after: bytes) -> list[Edit]:
    """Whole lines of one text that have to be replaced to make it the other."""
    old, new = before.data.splitlines(keepends=True), after.splitlines(keepends=True)
    if max(len(old), len(new)) > _MOST_LINES:
        return [Edit(Span(0, len(before.data)), after.decode("utf-8", "replace"))]
    starts = [0]
    for line in old:
        starts.append(starts[-1] + len(line))
    return [
        Edit(Span(starts[low], starts[high]), b"".join(new[begin:end]).decode("utf-8", "replace"))
        for tag, low, high, begin, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        if tag != "equal"
    ]
