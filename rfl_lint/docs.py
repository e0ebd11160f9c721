"""Renderings of the rules' documentation: what `explain` and `rules` print, docs/rules, the README's table.

Nothing is written by hand twice: what a rule's file does not say stands nowhere.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Final

from rfl_lint.finding import Level
from rfl_lint.output.tables import markdown_table, text_table
from rfl_lint.rule import Rule
from rfl_lint.ruledoc import (
    Block,
    BlockKind,
    RuleDoc,
    blocks,
    engine_docs,
    markdown,
    read_doc,
    rule_url,
)

WIDTH: Final = 100
TABLE_BEGIN: Final = "<!-- rules: made by `make docs` -->"
TABLE_END: Final = "<!-- end of rules -->"
_NOTICE: Final = "<!-- Made from the rule's own file by `make docs`. Change it there. -->\n\n"
_STYLES: Final = {"error": "bold red", "warning": "bold yellow", "note": "bold cyan", "strict": "dim"}


def explain_rule(rule: type[Rule], *, color: bool = False, width: int | None = None) -> str:
    """A rule's page as a terminal shows it."""
    return explain(read_doc(rule), color=color, width=width)


def explain(doc: RuleDoc, *, color: bool = False, width: int | None = None) -> str:
    """A page as a terminal shows it; with colour, examples are highlighted."""
    page = list(blocks(doc))
    width = min(width or WIDTH, WIDTH)
    if color:
        return _explain_rich(page, width)
    return "\n\n".join(_plain(block, width) for block in page) + "\n"


def list_rules(
    rules: Iterable[type[Rule]], output_format: str = "text", *, color: bool = False, width: int | None = None
) -> str:
    """The rules as a table, or as a JSON list for `json`."""
    rules = list(rules)
    if output_format == "json":
        return json.dumps([_record(rule) for rule in rules], indent=2) + "\n"
    rows = [
        (meta.name, meta.group, str(meta.level), str(meta.severity), meta.summary)
        for meta in (rule.meta for rule in rules)
    ]
    head = ("rule", "group", "level", "severity", "what it reports")
    return "\n".join(text_table(head, rows, styles=_STYLES, color=color, width=width)) + "\n"


def _record(rule: type[Rule]) -> dict[str, object]:
    meta = rule.meta
    options = read_doc(rule).options
    return {
        "name": meta.name,
        "group": meta.group,
        "summary": meta.summary,
        "level": str(meta.level),
        "severity": str(meta.severity),
        "confidence": str(meta.confidence),
        "since": meta.since,
        "clippy": list(meta.clippy),
        "precision": meta.precision,
        "options": [{"name": name, "default": default, "help": text} for name, default, text in options],
        "url": rule_url(meta.name),
    }


def _plain(block: Block, width: int) -> str:
    if block.kind is BlockKind.HEADING:
        return f"{block.text}:"
    if block.kind is BlockKind.CODE:
        return textwrap.indent(block.text.rstrip("\n"), "    ")
    if block.kind is BlockKind.FACTS:
        column = max(len(name) for name, _ in block.facts) + 2
        return "\n".join(
            _filled(f"{name + ':':{column}}{value}", width, " " * column) for name, value in block.facts
        )
    return "\n\n".join(_filled_paragraph(paragraph, width) for paragraph in block.text.split("\n\n"))


def _filled_paragraph(paragraph: str, width: int) -> str:
    """A paragraph filled to the width; the items of a list stay apart."""
    items: list[str] = []
    for line in paragraph.split("\n"):
        if not items or line.startswith(("- ", "* ")):
            items.append(line)
        else:
            items[-1] += " " + line.strip()
    return "\n".join(_filled(item, width, "  " if item.startswith(("- ", "* ")) else "") for item in items)


def _filled(text: str, width: int, indent: str) -> str:
    return textwrap.fill(
        text, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _explain_rich(page: Iterable[Block], width: int) -> str:
    from rich.console import Console  # noqa: PLC0415 - only for a terminal
    from rich.padding import Padding  # noqa: PLC0415
    from rich.syntax import Syntax  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    out = StringIO()
    console = Console(file=out, force_terminal=True, color_system="standard", width=width, highlight=False)
    for number, block in enumerate(page):
        if number:
            console.print()
        if block.kind is BlockKind.CODE:
            code = Syntax(block.text.rstrip("\n"), "rust", theme="ansi_dark", background_color="default")
            console.print(Padding(code, (0, 0, 0, 4)))
        else:
            style = {BlockKind.TITLE: "bold", BlockKind.HEADING: "bold cyan"}.get(block.kind, "")
            console.print(Text(_plain(block, width), style=style))
    return out.getvalue()


def markdown_page(doc: RuleDoc) -> str:
    """A rule's page for docs/rules."""
    return _NOTICE + markdown(doc)


def markdown_pages(rules: Sequence[type[Rule]]) -> dict[str, str]:
    """File name to content of everything in docs/rules: a page for each rule, and the index."""
    engine = engine_docs()
    pages = {f"{rule.meta.name}.md": markdown_page(read_doc(rule)) for rule in rules}
    pages |= {f"{name}.md": markdown_page(doc) for name, doc in engine.items()}
    notices = [(f"[`{name}`]({name}.md)", doc.meta.summary) for name, doc in engine.items()]
    index = [
        "# Rules",
        "",
        *rules_table(rules, ""),
        "",
        "What rfl-lint itself reports, beside the rules:",
        "",
        *markdown_table(("name", "what it reports"), notices),
    ]
    return pages | {"index.md": _NOTICE + "\n".join(index) + "\n"}


def rules_table(rules: Iterable[type[Rule]], folder: str) -> list[str]:
    """The table of rules, linking to the pages in `folder`."""
    rows = [
        (
            f"[`{meta.name}`]({folder}{meta.name}.md)",
            meta.group,
            str(meta.severity) + ("" if meta.level is Level.DEFAULT else ", strict"),
            meta.summary,
            meta.precision or "not measured yet",
        )
        for meta in (rule.meta for rule in rules)
    ]
    return markdown_table(("rule", "group", "severity", "what it reports", "on real kernels"), rows)


def with_rules_table(readme: str, rules: Iterable[type[Rule]], folder: str) -> str:
    """The README with the table between its marks made anew; raises ValueError if a mark is missing."""
    before, begin, rest = readme.partition(TABLE_BEGIN)
    _, end, after = rest.partition(TABLE_END)
    if not begin or not end:
        raise ValueError(f"the README lacks the mark {TABLE_END if begin else TABLE_BEGIN}")
    table = "\n".join(rules_table(rules, folder))
    return f"{before}{begin}\n\n{table}\n\n{end}{after}"
