"""The counts of a page: tiles, tables by rule, group, folder and file, and the charts of coverage."""

from __future__ import annotations

from collections.abc import Iterator

from rfl_lint.analysis.coverage.counts import Coverage
from rfl_lint.finding import Finding
from rfl_lint.output.page.markup import bar, breakable, counted, number, shown, table
from rfl_lint.output.page.model import PageContent, severities


def summary_section(content: PageContent) -> Iterator[str]:
    """How much was found, of what kind, and where."""
    report = content.report
    yield '<section id="summary" aria-labelledby="h-summary"><h2 id="h-summary">Summary</h2>'
    yield '<ul class="tiles">'
    yield _tile(len(report.findings), "finding")
    for name, count in severities(report.findings):
        yield _tile(count, name, kind=name)
    yield _tile(report.files, "file linted", many="files linted")
    yield _tile(len(content.by_file), "file with findings", many="files with findings")
    yield "</ul>"
    for remark in _remarks(content):
        yield f"<p>{shown(remark)}</p>"
    if report.findings:
        yield "<h3>Rules</h3>"
        yield _rules_table(content)
        yield '<div class="pair"><div><h3>Groups</h3>'
        yield _counts_table(content, "group", content.by_group)
        yield "</div><div><h3>Folders</h3>"
        yield _counts_table(content, "folder", content.by_folder)
        yield "</div></div><h3>Files</h3>"
        yield f"<details><summary>{counted(len(content.by_file), 'file')}</summary>"
        yield _counts_table(content, "file", content.by_file)
        yield "</details>"
    yield "</section>"


def _tile(count: int, one: str, *, many: str = "", kind: str = "") -> str:
    words = one if count == 1 else many or f"{one}s"
    classes = f' class="{kind}"' if kind and count else ""
    return f"<li{classes}><b>{number(count)}</b> <span>{words}</span></li>"


def _remarks(content: PageContent) -> Iterator[str]:
    report = content.report
    if not report.findings:
        yield "Nothing was found."
    if report.silenced:
        are = "is" if len(report.silenced) == 1 else "are"
        silenced = counted(len(report.silenced), "more finding")
        yield f"{silenced} {are} silenced by attributes, comments or the configuration."
    left = ", ".join(f"{number(count)} {why}" for why, count in report.skipped.items() if count)
    if left:
        yield f"Files left out: {left}."
    if report.problems:
        yield (
            f"This report is incomplete: {counted(len(report.problems), 'problem')} "
            "kept rfl-lint from its work."
        )


def _rules_table(content: PageContent) -> str:
    most = max(len(findings) for findings in content.by_rule.values())
    gone = _gone_by_rule(content)
    compared = content.comparison is not None
    rows = []
    for name, findings in content.by_rule.items():
        fresh = sum(content.is_fresh(finding) for finding in findings)
        more = f'<td class="num">{_or_none(fresh)}</td><td class="num">{_or_none(gone.get(name, 0))}</td>'
        rows.append(
            f'<tr><th scope="row"><a href="#rule-{shown(name)}" data-filter="rule" data-value="{shown(name)}">'
            f'{shown(name)}</a></th><td class="extra">{shown(findings[0].group)}</td>'
            f'<td class="num">{number(len(findings))}</td>{more if compared else ""}'
            f'<td class="chart">{_severities_bar(findings, most)}</td></tr>'
        )
    head = ["rule", "+group", "#findings", *(["#new", "#gone"] if compared else []), "~severity"]
    return table("Findings by rule", head, rows, kind="counts")


def _gone_by_rule(content: PageContent) -> dict[str, int]:
    found: dict[str, int] = {}
    for known in content.comparison.gone if content.comparison is not None else ():
        found[known.rule] = found.get(known.rule, 0) + 1
    return found


def _or_none(count: int) -> str:
    return number(count) if count else "–"


def _counts_table(content: PageContent, key: str, found: dict[str, list[Finding]]) -> str:
    most = max(map(len, found.values()))
    rows = [
        f'<tr><th scope="row"><a href="#{content.file_anchors[findings[0].path]}" data-filter="{key}" '
        f'data-value="{shown(name)}">{breakable(name)}</a></th>'
        f'<td class="num">{number(len(findings))}</td>'
        f'<td class="chart">{_severities_bar(findings, most)}</td></tr>'
        for name, findings in found.items()
    ]
    return table(f"Findings by {key}", [key, "#findings", "~severity"], rows, kind="counts")


def _severities_bar(findings: list[Finding], most: int) -> str:
    counts = severities(findings)
    words = ", ".join(counted(count, name) for name, count in counts if count)
    return f'<span class="unseen">{words}</span>{bar(counts, most)}'


def coverage_section(content: PageContent) -> Iterator[str]:
    """How much of what needs an argument has one, folder by folder."""
    found = content.coverage_by_folder
    if not found:
        return
    total = sum(found.values(), Coverage())
    yield '<section id="coverage" aria-labelledby="h-coverage"><h2 id="h-coverage">Coverage</h2>'
    yield (
        "<p>How many unsafe blocks and impls have a <code>SAFETY:</code> comment, and how many of the places that "
        "build a value of a type with documented invariants have an <code>INVARIANT:</code> comment. What is silenced "
        "counts as missing; examples in doc comments do not count.</p>"
    )
    yield '<ul class="tiles">'
    yield _share_tile(total.unsafe_documented, total.unsafe, "of unsafe code has a SAFETY comment")
    yield _share_tile(
        total.built_documented, total.built, "of values with invariants have an INVARIANT comment"
    )
    yield "</ul>"
    rows = [_coverage_row(folder, coverage) for folder, coverage in found.items()]
    foot = _coverage_row("all", total)
    head = ["folder", "unsafe code", "#with SAFETY", "values with invariants", "#with INVARIANT"]
    yield table("Comments that give the argument, by folder", head, rows, foot=foot, kind="coverage")
    yield "</section>"


def _share_tile(part: int, whole: int, words: str) -> str:
    if not whole:
        return f"<li><b>–</b> <span>{words}: there is none</span></li>"
    return (
        f"<li><b>{_percent(part, whole)}</b> <span>{words}</span> {_coverage_bar(part, whole)}"
        f"<small>{number(part)} of {number(whole)}</small></li>"
    )


def _coverage_row(folder: str, coverage: Coverage) -> str:
    cells = "".join(
        f'<td class="chart" data-v="{part / whole if whole else 2:.4f}">{_coverage_bar(part, whole)}</td>'
        f'<td class="num{"" if whole else " none"}" data-v="{whole - part}">{_share(part, whole)}</td>'
        for part, whole in (
            (coverage.unsafe_documented, coverage.unsafe),
            (coverage.built_documented, coverage.built),
        )
    )
    return f'<tr><th scope="row">{breakable(folder)}</th>{cells}</tr>'


def _share(part: int, whole: int) -> str:
    return f"{number(part)} of {number(whole)} <b>{_percent(part, whole)}</b>" if whole else "none"


def _coverage_bar(part: int, whole: int) -> str:
    return bar([("done", part), ("missing", whole - part)], whole) if whole else ""


def _percent(part: int, whole: int) -> str:
    """A share in whole percents: all only where it is all, none only where it is none."""
    if part in (0, whole):
        return "100 %" if part else "0 %"
    return f"{min(99, max(1, round(100 * part / whole)))} %"
