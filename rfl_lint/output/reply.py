"""A draft of a review mail: the quoted lines around each finding, and below them what there is to say.

Nothing is ever sent, and nothing is invented: a header that the input does not hold is left out, and said so to
whoever asked for the draft.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from email.header import Header
from email.utils import getaddresses, parseaddr
from typing import Final

from msgspec import Struct

from rfl_lint.finding import Finding
from rfl_lint.inputs.mail import Message
from rfl_lint.output.escape import escape
from rfl_lint.report import Report, View

_WIDTH: Final = 72
_CODE: Final = re.compile(r"`[^`\n]{1,60}`")
_HARD_SPACE: Final = "\0"
_BEFORE: Final = 4
_AFTER: Final = 1
# What archives put in the place of an address, so that nobody can write to it.
_MASKED: Final = re.compile(r"x{4,}|\.\.\.|\[email|\bat\b.*\bdot\b|protected", re.IGNORECASE)
_LONE_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_LONGEST_ADDRESS: Final = 254
_MIME: Final = (
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=UTF-8",
    "Content-Transfer-Encoding: 8bit",
)
_HEAD: Final = re.compile(r"(?:> ?)*(?:diff --git |@@ -)")
_FILE_HEADER: Final = re.compile(
    r"(?:> ?)*(?:index |--- |\+\+\+ |(?:new|old|deleted) (?:file )?mode |(?:dis)?similarity |rename |copy |$)"
)
_REPLY: Final = re.compile(r"re:\s*", re.IGNORECASE)


class Draft(Struct, frozen=True):
    """A mail to be read, corrected and sent by a person.

    `missing` says which headers could not be filled in, `remarks` how many findings are spoken of.
    """

    text: str
    missing: tuple[str, ...] = ()
    remarks: int = 0


def draft_reply(report: Report, message: Message, number: int) -> Draft | None:
    """The reply to one message of an input, its `number` counted from 0; None where there is nothing to say."""
    remarks: dict[int, list[Finding]] = {}
    for finding in report.findings:
        view = report.views.get(finding.path)
        row = _row(report, finding, view) if view is not None and view.message == number else None
        if row is not None:
            remarks.setdefault(row, []).append(finding)
    if not remarks:
        return None
    headers, missing = _headers(message)
    text = "\n".join([*_attribution(message), *_body(message, remarks)])
    if not text.isascii():
        headers += _MIME
    lines = "\n".join([*headers, "", text, ""]).split("\n")
    return Draft("\n".join(_printable(line) for line in lines), missing, sum(map(len, remarks.values())))


def _row(report: Report, finding: Finding, view: View) -> int | None:
    """The line of the message below which a finding is spoken of: the last one of its span, or of a related place."""
    source = report.source(finding.path)
    if source is None:
        return None
    here = [label.span for label in finding.related if label.path in ("", finding.path)]
    for span in (finding.span, *here):
        first, last = source.row(span.start), source.row(max(span.start, span.end - 1))
        for row in range(last, first - 1, -1):
            if row in view.message_rows:
                return view.message_rows[row]
    return None


def _printable(line: str) -> str:
    """A line without characters that a terminal would act on; tabs are code."""
    return "\t".join(escape(part) for part in line.split("\t"))


# Headers.


def _headers(message: Message) -> tuple[list[str], tuple[str, ...]]:
    given = {name: _spelt(text) for name, text in message.headers.items()}
    found: list[str] = []
    missing: list[str] = []
    author = _usable(given.get("reply-to", "") or given.get("from", ""))
    others = _usable(", ".join(filter(None, (given.get("to", ""), given.get("cc", "")))))
    known = {address for _, address in author}
    others = [(name, address) for name, address in others if address not in known]
    for header, people in (("To", author), ("Cc", others)):
        if people:
            found.append(_folded(header, people))
        else:
            missing.append(header)
    subject = given.get("subject", "") or _spelt(_subject_line(message))
    if subject:
        found.append(f"Subject: {_encoded(subject if _REPLY.match(subject) else 'Re: ' + subject)}")
    else:
        missing.append("Subject")
    identity = given.get("message-id", "").strip()
    if re.fullmatch(r"<[^<>\s@]++@[^<>\s]++>", identity):
        found.append(f"In-Reply-To: {identity}")
        earlier = given.get("references", "") or given.get("in-reply-to", "")
        chain = [*dict.fromkeys(re.findall(r"<[^<>\s]+>", earlier)), identity]
        found.append("References: " + "\n ".join(chain))
    else:
        missing += ["In-Reply-To", "References"]
    return found, tuple(missing)


def _spelt(text: str) -> str:
    """Words of a header; bytes that were of no charset survived reading as lone surrogates, and have no encoding."""
    return _LONE_SURROGATE.sub("\ufffd", text)


def _encoded(text: str) -> str:
    """Words of a header as mail wants them where they are not ASCII."""
    return text if text.isascii() else Header(text, "utf-8", maxlinelen=_WIDTH).encode()


def _usable(text: str) -> list[tuple[str, str]]:
    """The addresses of a header to which a mail could really be sent."""
    people = getaddresses([text]) if text else []
    found = {
        address: name
        for name, address in people
        if len(address) <= _LONGEST_ADDRESS
        and re.fullmatch(r"[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+", address)
        and not _MASKED.search(address)
    }
    return [(name, address) for address, name in found.items()]


def _folded(header: str, people: Sequence[tuple[str, str]]) -> str:
    return f"{header}: " + ",\n\t".join(_person(name, address) for name, address in people)


def _person(name: str, address: str) -> str:
    if not name:
        return address
    if not name.isascii():
        return f"{_encoded(name)} <{address}>"
    plain = re.fullmatch(r"[\w !#$%&'*+/=?^`{|}~-]+", name)
    shown = name if plain else '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{shown} <{address}>"


def _subject_line(message: Message) -> str:
    """The subject that an archive's page begins with."""
    first = next((line.text.strip() for line in message.lines if line.text.strip()), "")
    return first if _REPLY.match(first) or first.startswith("[PATCH") else ""


def _attribution(message: Message) -> list[str]:
    date = message.headers.get("date", "")
    name, address = parseaddr(message.headers.get("from", ""))
    who = name or message.headers.get("from", "") or address
    if not who:
        return []
    return [f"On {date}, {who} wrote:" if date else f"{who} wrote:"]


# The text.


def _body(message: Message, remarks: Mapping[int, Sequence[Finding]]) -> Iterator[str]:
    shown = -1
    heads: set[int] = set()
    said: set[tuple[str, str]] = set()
    rows = sorted(remarks)
    for index, row in enumerate(rows):
        start = _quote_start(message, row)
        for head in _heads_above(message, row):
            if head not in heads and head > shown and head < start:
                if shown >= 0 and _leaves_out(message, shown + 1, head):
                    yield "> [...]"
                yield _quoted(message, head)
                shown = head
            heads.add(head)
        start = max(start, shown + 1)
        if shown >= 0 and _leaves_out(message, shown + 1, start):
            yield "> [...]"
        following = rows[index + 1] if index + 1 < len(rows) else len(message.lines)
        end = row if following - row <= _AFTER else _quote_end(message, row)
        for quoted in range(start, end + 1):
            yield _quoted(message, quoted)
        shown = end
        yield ""
        for finding in remarks[row]:
            key = finding.message, finding.help
            yield from _wrapped(f"The same here. [{finding.rule}]") if key in said else _remark(finding)
            said.add(key)
            yield ""
    yield from _farewell()


def _leaves_out(message: Message, start: int, end: int) -> bool:
    """Whether more than a file's header lies between two quoted lines."""
    return any(not _FILE_HEADER.match(message.lines[row].text) for row in range(start, end))


def _quote_start(message: Message, row: int) -> int:
    start = row
    while start > 0 and row - start < _BEFORE and not _HEAD.match(message.lines[start].text):
        if not message.lines[start - 1].text.strip():
            break
        start -= 1
    return start


def _quote_end(message: Message, row: int) -> int:
    """The last quoted line: the one behind the finding where it only closes what the finding opened."""
    behind = message.lines[row + 1].text if row + 1 < len(message.lines) else ""
    return row + 1 if re.fullmatch(r"(?:> ?)*[+ ]\s*[})\];,?]+\s*", behind) else row


def _heads_above(message: Message, row: int) -> list[int]:
    """The lines above that say which file and hunk this is."""
    found: list[int] = []
    for above in range(row, -1, -1):
        text = message.lines[above].text
        if not _HEAD.match(text):
            continue
        is_file = "diff --git " in text
        if is_file or not found:
            found.append(above)
        if is_file:
            break
    return sorted(found)


def _quoted(message: Message, row: int) -> str:
    text = message.lines[row].text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return f"> {text}" if text and not text.startswith(">") else f">{text}"


def _remark(finding: Finding) -> Iterator[str]:
    words = _sentence(finding.message)
    if finding.help:
        words += " " + _sentence(f"please {finding.help}" if _is_request(finding.help) else finding.help)
    yield from _wrapped(f"{words} [{finding.rule}]")


def _wrapped(text: str) -> list[str]:
    """Lines of a mail; code in backquotes stays on one, and arrows are those of a keyboard."""
    text = _CODE.sub(lambda match: match[0].replace(" ", _HARD_SPACE), text.replace("\u2192", "->"))
    lines = textwrap.wrap(text, _WIDTH, break_long_words=False, break_on_hyphens=False)
    return [line.replace(_HARD_SPACE, " ") for line in lines]


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


# The words that helps begin with where they ask for something.
_REQUESTS: Final = re.compile(
    r"(?:add|allocate|call|check|choose|close|declare|derive|describe|document|drop|end|give|handle|hold|import|keep"
    r"|let|link|list|make|mark|move|name|pass|put|remove|rename|replace|return|say|set|spell|split|start|state|take"
    r"|test|use|write)\b"
)


def _is_request(text: str) -> bool:
    return _REQUESTS.match(text) is not None


def _farewell() -> Iterator[str]:
    yield from _wrapped(
        "These remarks come from rfl-lint, a static linter; nothing was built or run. If one of them is wrong, "
        "please say so."
    )
