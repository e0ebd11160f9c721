"""HTML from text that nobody vouches for: the only place of the page where strings become markup.

What comes from the linted tree passes `shown` or `prose` (control and bidi characters become visible escapes, then
HTML's own characters are escaped), whether it ends as text or as an attribute's value.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from typing import Final

from rfl_lint.output.escape import escape
from rfl_lint.output.excerpt import ExcerptLine, Kind

_QUOTED: Final = re.compile(r"(?<!`)(`++)(.+?)\1")
_KINDS: Final = {"#": ' class="num"', "+": ' class="extra"', "~": ' class="drawn"'}
_ITEM: Final = re.compile(r"^- ", re.MULTILINE)


def shown(text: str) -> str:
    """Text as the content of an element or, in double quotes, of an attribute."""
    return html.escape(escape(text))


def breakable(path: str) -> str:
    """A path that may be broken behind its slashes."""
    return shown(path).replace("/", "/<wbr>")


def prose(text: str) -> str:
    """A sentence with code in backquotes."""
    return _QUOTED.sub(r"<code>\2</code>", shown(text))


def paragraphs(text: str) -> str:
    """Paragraphs with blank lines between them; lines that begin with `- ` are items of a list."""
    made = []
    for part in re.split(r"\n\s*\n", text.strip()):
        lead, *items = _ITEM.split(part)
        if lead.strip():
            made.append(f"<p>{prose(_folded(lead))}</p>")
        if items:
            made.append("<ul>" + "".join(f"<li>{prose(_folded(item))}</li>" for item in items) + "</ul>")
    return "".join(made)


def _folded(text: str) -> str:
    return " ".join(text.split())


def example(code: str) -> str:
    """Code of the project's own, its lines as they are."""
    return f"<pre>{html.escape(chr(10).join(map(escape, code.rstrip().splitlines())))}</pre>"


def excerpt_block(lines: Iterable[ExcerptLine]) -> str:
    """Lines of a linted file, numbered, what they are about marked, without the indentation that all have."""
    lines = [line for line in lines if line.kind is not Kind.MARKS]
    texts = [line.text for line in lines if line.kind is Kind.SOURCE and line.text.strip()]
    indent = min((len(text) - len(text.lstrip(" ")) for text in texts), default=0)
    made = []
    for line in lines:
        if line.kind is Kind.GAP:
            made.append('<span class="gap">⋯</span>')
        else:
            start, end = line.marked
            text = html.escape(line.text[indent:start])
            if end > start:
                text += f"<mark>{html.escape(line.text[start:end])}</mark>"
            elif start or end:
                text += '<mark class="here"></mark>'
            text += html.escape(line.text[max(indent, end) :])
            made.append(f'<span data-n="{line.number}">{text}</span>')
    return f'<pre class="src">{"".join(made)}</pre>' if made else ""


def number(count: int) -> str:
    """A count with its thousands apart."""
    return f"{count:,}"


def counted(count: int, noun: str) -> str:
    """A count and its noun."""
    return f"{number(count)} {noun}{'' if count == 1 else 's'}"


def table(
    caption: str,
    head: Sequence[str],
    rows: Iterable[str],
    *,
    foot: str = "",
    kind: str = "",
) -> str:
    """A table in a frame of its own that scrolls where it is too wide. `rows` are whole `tr` elements.

    A column's head that begins with `#` is one of numbers; `+` is for wide screens, `~` for drawings.
    """
    heads = "".join(
        f'<th scope="col"{_KINDS.get(name[:1], "")}>{shown(name.lstrip("#+~"))}</th>' for name in head
    )
    body = "".join(rows)
    below = f"<tfoot>{foot}</tfoot>" if foot else ""
    return (
        f'<div class="frame"><table class="sortable {kind}"><caption>{shown(caption)}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody>{below}</table></div>"
    )


def bar(parts: Sequence[tuple[str, int]], whole: int) -> str:
    """A bar of coloured parts, each a class and an amount of `whole`; the numbers stand beside it in words."""
    made, at = [], 0.0
    for name, amount in parts:
        width = 100 * amount / whole if whole else 0.0
        if amount:
            made.append(f'<rect class="{name}" x="{at:.2f}" width="{width:.2f}" height="8"/>')
        at += width
    drawn = "".join(made)
    return (
        '<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        f'<rect class="rest" width="100" height="8"/>{drawn}</svg>'
    )
