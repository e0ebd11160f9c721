"""What became of the findings of an earlier run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rfl_lint.output.page.markup import breakable, counted, number, prose, shown
from rfl_lint.output.page.model import PageContent
from rfl_lint.output.places import place_of

_OPEN: Final = 50


def changes_section(content: PageContent) -> Iterator[str]:
    """New, gone and unchanged findings; nothing where nothing was compared."""
    compared = content.comparison
    if compared is None:
        return
    yield '<section id="changes" aria-labelledby="h-changes"><h2 id="h-changes">What changed</h2>'
    yield f'<p>Compared with <code class="path">{shown(compared.before)}</code>.</p>'
    fresh = len(content.report.findings) - compared.unchanged
    yield '<ul class="tiles">'
    yield f"<li{' class=error' if fresh else ''}><b>{number(fresh)}</b> <span>new</span></li>"
    yield f"<li{' class=good' if compared.gone else ''}><b>{number(len(compared.gone))}</b> <span>gone</span></li>"
    yield f"<li><b>{number(compared.unchanged)}</b> <span>unchanged</span></li></ul>"
    if fresh:
        is_open = " open" if fresh <= _OPEN else ""
        yield f'<details{is_open}><summary>{counted(fresh, "new finding")}</summary><ul class="list">'
        for finding in content.report.findings:
            if content.is_fresh(finding):
                anchor = content.anchors[id(finding)]
                line = place_of(content.report, finding.path, finding.span).line
                yield (
                    f'<li><a href="#{anchor}">{breakable(finding.path)}:{line}</a>: {prose(finding.message)} '
                    f'<span class="dim">[{shown(finding.rule)}]</span></li>'
                )
        yield "</ul></details>"
    if compared.gone:
        yield f"<details><summary>{counted(len(compared.gone), 'finding')} gone</summary>"
        yield '<ul class="list">'
        for known in compared.gone:
            at = "" if known.line is None else f":{known.line}"
            yield (
                f'<li><span class="path">{breakable(known.path)}{at}</span>: {prose(known.message)} '
                f'<span class="dim">[{shown(known.rule)}]</span></li>'
            )
        yield "</ul></details>"
    yield "</section>"
