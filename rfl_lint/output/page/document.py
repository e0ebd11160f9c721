"""The page as a whole: head, navigation, filters, sections. It may load nothing: its own policy forbids it.

The policy names its one style sheet and its one script by their hashes, so that nothing of a linted tree could run
even if it came through as markup.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from importlib import resources
from typing import Final, TextIO

from rfl_lint.output.page.changes import changes_section
from rfl_lint.output.page.findings import findings_section
from rfl_lint.output.page.markup import shown
from rfl_lint.output.page.model import SEVERITIES, PageContent
from rfl_lint.output.page.rules import rules_section
from rfl_lint.output.page.summary import coverage_section, summary_section
from rfl_lint.version import VERSION

_ASSETS: Final = "rfl_lint.output.page"


def write_page(content: PageContent, out: TextIO) -> None:
    """Write the page. The same content gives the same bytes."""
    for part in _document(content):
        out.write(part)
        out.write("\n")


def _document(content: PageContent) -> Iterator[str]:
    style, script = _asset("page.css"), _asset("page.js")
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    title = shown(content.title)
    yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="referrer" content="no-referrer">\n<meta name="color-scheme" content="light dark">'
    yield f"<title>{title}</title>\n<style>{style}</style>\n<script>{script}</script>\n</head>\n<body>"
    yield '<a class="skip" href="#findings">Skip to the findings</a>'
    yield f'<header><h1>{title}</h1><p class="dim">rfl-lint {VERSION}{_made(content)}</p>'
    yield '<button type="button" id="theme" hidden>Colours: <span>as the system</span></button></header>'
    yield '<div class="layout"><div class="side">'
    yield from _navigation(content)
    yield from _filters(content)
    yield "</div><main>"
    yield from summary_section(content)
    yield from coverage_section(content)
    yield from changes_section(content)
    yield from findings_section(content)
    yield from rules_section(content)
    yield "</main></div>\n</body>\n</html>"


def _made(content: PageContent) -> str:
    return f" · {shown(content.made)}" if content.made else ""


def _navigation(content: PageContent) -> Iterator[str]:
    yield '<nav aria-label="Sections"><ul>'
    sections = {
        "summary": "Summary",
        "coverage": "Coverage" if content.report.coverage else "",
        "changes": "What changed" if content.comparison is not None else "",
        "findings": "Findings",
        "rules": "Rules explained" if content.by_rule else "",
    }
    for name, words in sections.items():
        if words:
            yield f'<li><a href="#{name}">{words}</a></li>'
    yield "</ul></nav>"


def _filters(content: PageContent) -> Iterator[str]:
    """The form that the script brings to life; without it there is none."""
    if not content.report.findings:
        return
    yield '<form id="filters" role="search" aria-label="Filter findings" hidden><details open>'
    yield '<summary><h2>Filter</h2></summary><div class="fields">'
    yield '<label>Search <input type="search" name="q" autocomplete="off" spellcheck="false"></label>'
    yield "<fieldset><legend>Severity</legend>"
    for severity in SEVERITIES:
        yield f'<label><input type="checkbox" name="severity" value="{severity}" checked> {severity}</label>'
    yield "</fieldset>"
    yield _choice("rule", "Rule", sorted(content.by_rule))
    yield _choice("group", "Group", sorted(content.by_group))
    yield _choice("folder", "Folder, with what is below", list(content.by_folder))
    yield _choice("file", "File", list(content.by_file))
    if content.comparison is not None:
        yield _choice("state", "Compared with before", ["new", "unchanged"])
    yield '<p><output id="match-count"></output> <button type="button" class="reset">Show all</button></p>'
    yield "</div></details></form>"


def _choice(name: str, words: str, values: list[str]) -> str:
    options = "".join(f'<option value="{shown(value)}">{shown(value)}</option>' for value in values)
    return f'<label>{words} <select name="{name}"><option value="">all</option>{options}</select></label>'


def _asset(name: str) -> str:
    return resources.files(_ASSETS).joinpath(name).read_text(encoding="utf-8").strip()


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
