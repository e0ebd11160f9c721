"""The rules behind the findings of a page: what each means, and where it spoke."""

from __future__ import annotations

from collections.abc import Iterator

from rfl_lint.finding import Finding
from rfl_lint.output.page.markup import breakable, counted, example, paragraphs, prose, shown
from rfl_lint.output.page.model import PageContent, grouped
from rfl_lint.output.places import place_of
from rfl_lint.ruledoc import BlockKind, RuleDoc, blocks


def rules_section(content: PageContent) -> Iterator[str]:
    """Each rule that found something, by name."""
    if not content.by_rule:
        return
    yield '<section id="rules" aria-labelledby="h-rules"><h2 id="h-rules">Rules explained</h2>'
    for name, findings in sorted(content.by_rule.items()):
        doc = content.docs.get(name)
        yield f'<details class="rule"><summary><h3>{shown(name)}</h3> '
        yield f'<span class="count">{len(findings)}</span></summary><div id="rule-{shown(name)}">'
        if doc is not None:
            yield from _page(doc)
        yield f"<h4>{counted(len(findings), 'finding')}</h4>"
        yield from _places(content, findings)
        yield "</div></details>"
    yield "</section>"


def _page(doc: RuleDoc) -> Iterator[str]:
    for block in blocks(doc):
        if block.kind is BlockKind.HEADING:
            yield f"<h4>{shown(block.text)}</h4>"
        elif block.kind is BlockKind.TEXT:
            yield paragraphs(block.text)
        elif block.kind is BlockKind.CODE:
            yield example(block.text)
        elif block.kind is BlockKind.FACTS:
            facts = "".join(f"<dt>{shown(name)}</dt><dd>{prose(text)}</dd>" for name, text in block.facts)
            yield f"<dl>{facts}</dl>"


def _places(content: PageContent, findings: list[Finding]) -> Iterator[str]:
    yield '<ul class="list">'
    for path, here in grouped(findings, lambda finding: finding.path).items():
        links = ", ".join(
            f'<a href="#{content.anchors[id(finding)]}">'
            f"{place_of(content.report, finding.path, finding.span).line}</a>"
            for finding in here
        )
        yield f"<li>{breakable(path)}: {links}</li>"
    yield "</ul>"
