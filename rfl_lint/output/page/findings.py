"""The findings of a page: file by file, each with its source, the steps that led to it, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rfl_lint.finding import Finding, Label
from rfl_lint.output.excerpt import excerpt
from rfl_lint.output.page.markup import breakable, counted, excerpt_block, prose, shown
from rfl_lint.output.page.model import PageContent
from rfl_lint.output.places import place_of

_ROOM: Final = 160


def findings_section(content: PageContent) -> Iterator[str]:
    """All findings."""
    total = len(content.report.findings)
    yield '<section id="findings" aria-labelledby="h-findings"><h2 id="h-findings">Findings</h2>'
    yield f'<p id="shown" role="status">{counted(total, "finding")} in {counted(len(content.by_file), "file")}</p>'
    yield '<p id="none" hidden>No finding matches. <button type="button" class="reset">Show all</button></p>'
    for path, findings in content.by_file.items():
        yield f'<section class="file" id="{content.file_anchors[path]}" data-path="{shown(path)}">'
        yield f'<h3><span class="path">{breakable(path)}</span> <span class="count">{len(findings)}</span></h3>'
        for finding in findings:
            yield from _finding(content, finding)
        yield "</section>"
    yield "</section>"


def _finding(content: PageContent, finding: Finding) -> Iterator[str]:
    report = content.report
    place = place_of(report, finding.path, finding.span)
    severity = str(finding.severity)
    fresh = content.is_fresh(finding)
    state = "" if content.comparison is None else f' data-state="{"new" if fresh else "unchanged"}"'
    yield (
        f'<article id="{content.anchors[id(finding)]}" class="{severity}" data-rule="{shown(finding.rule)}" '
        f'data-group="{shown(finding.group)}" data-severity="{severity}"{state}>'
    )
    badge = ' <span class="badge new">new</span>' if fresh else ""
    yield f"<h4>{prose(finding.message)}</h4>"
    within = "" if finding.fragment == "code" else f" · in {shown(finding.fragment)}"
    yield (
        f'<p class="meta"><span class="badge {severity}">{severity}</span>{badge} '
        f'<a href="#rule-{shown(finding.rule)}" data-rule-link>{shown(finding.rule)}</a> '
        f'· line <span class="at">{place.line}:{place.column}</span>{within}'
        f" · {finding.confidence} confidence</p>"
    )
    yield _source(content, finding.path, finding, context=2)
    if finding.related:
        tag = "ol" if len(finding.related) > 1 else "ul"
        steps = "".join(_step(content, finding, label) for label in finding.related)
        yield f'<{tag} class="steps" aria-label="How it comes about">{steps}</{tag}>'
    if finding.help:
        yield f'<p class="help"><b>Help:</b> {prose(finding.help)}</p>'
    if finding.fix is not None:
        kind = "Fix" if finding.fix.safe else "Fix to review"
        yield f'<p class="help"><b>{kind}:</b> {prose(finding.fix.title)}</p>'
    yield "</article>"


def _source(content: PageContent, path: str, at: Finding | Label, *, context: int = 0) -> str:
    source = content.report.source(path) if at.span.end else None
    return "" if source is None else excerpt_block(excerpt(source, at.span, context=context, room=_ROOM))


def _step(content: PageContent, finding: Finding, label: Label) -> str:
    path = label.path or finding.path
    at = place_of(content.report, path, label.span)
    where = f"line {at.line}" if path == finding.path else f"{breakable(at.path)}:{at.line}"
    return f'<li><span class="at">{where}</span> {prose(label.message)}{_source(content, path, label)}</li>'
