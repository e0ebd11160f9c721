"""Messages and the lines of their text: mailboxes split, transfer encodings and charsets undone.

Every line of text keeps the number of the line of the input that it begins on, 1-based, so that whatever is said
about it can be found in the mail as it lies there.
"""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

from msgspec import Struct, field

# Bounds against mails made to exhaust memory or time: the parts of one message and how deep they are nested, and what
# all texts of one input decode to.
MAX_PARTS: Final = 200
MAX_DEPTH: Final = 10
# Headers of more bytes are not decoded: the library takes long over long lists of addresses.
MAX_HEADERS: Final = 40_000
MAX_TEXT: Final = 64_000_000

_FROM_LINE: Final = re.compile(
    rb"From \S.* (?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +(?:[A-Z][a-z]{2} +\d{1,2}|\d{1,2} +[A-Z][a-z]{2}) [\d: +-]+$"
)
_HEADER: Final = re.compile(rb"([A-Za-z][A-Za-z0-9-]*):[ \t]?(.*)")
_FOLDED: Final = (b" ", b"\t")
# What an archive's page shows of the headers, in the text itself.
_SHOWN: Final = re.compile(
    r"(Message-ID|From|To|Cc|Date|Subject|In-Reply-To|References):[ \t]*(.*)", re.IGNORECASE
)
_PATCH_NAME: Final = re.compile(r"\.(?:patch|diff|txt|mbox|eml)$", re.IGNORECASE)


class TextLine(Struct, frozen=True):
    """A line of text without its ending, and the 1-based line of the input that it begins on."""

    text: str
    number: int


class Message(Struct, frozen=True):
    """One message, or a text without headers. `headers` are decoded, by lower-case name.

    `is_mail` is false for a plain diff and for a page of an archive, whose headers were read off the text.
    """

    lines: tuple[TextLine, ...]
    headers: Mapping[str, str] = field(default_factory=dict)
    is_mail: bool = False
    notes: tuple[str, ...] = ()
    """What could not be read, for people."""


def read_messages(data: bytes) -> list[Message]:
    """The messages of an input: a mailbox, one mail, or any other text. Never raises on any content."""
    raw = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    if raw and not raw[-1]:
        raw.pop()
    budget = _Budget()
    return [_message(raw, start, end, budget) for start, end in _split(raw)]


class _Budget(Struct):
    """What may still be decoded."""

    text: int = MAX_TEXT
    notes: list[str] = field(default_factory=list)


def _split(raw: Sequence[bytes]) -> list[tuple[int, int]]:
    """The messages of a mailbox: each begins with a `From ` line that a header follows."""
    starts = [
        row
        for row, line in enumerate(raw)
        if line.startswith(b"From ")
        and (row == 0 or not raw[row - 1].strip())
        and _FROM_LINE.match(line.rstrip())
        and row + 1 < len(raw)
        and _HEADER.match(raw[row + 1])
    ]
    if not starts or any(line.strip() for line in raw[: starts[0]]):
        starts.insert(0, 0)
    return list(zip(starts, [*starts[1:], len(raw)], strict=True))


def _message(raw: Sequence[bytes], start: int, end: int, budget: _Budget) -> Message:
    first = start
    if first < end and raw[first].startswith(b"From ") and _FROM_LINE.match(raw[first].rstrip()):
        first += 1
    body = _header_end(raw, first, end)
    if body is None:
        lines = _plain(raw, start, end)
        return Message(lines, _shown_headers(lines))
    headers = _parsed_headers(raw, first, body)
    budget.notes = []
    lines = tuple(_texts(raw, first, end, budget))
    return Message(lines, headers, is_mail=True, notes=tuple(budget.notes))


def _header_end(raw: Sequence[bytes], start: int, end: int) -> int | None:
    """The row of the blank line behind a block of headers; None where the text does not begin with one."""
    names: set[bytes] = set()
    for row in range(start, end):
        line = raw[row].rstrip(b"\r")
        if not line.strip():
            return row if names & {b"from", b"subject", b"message-id", b"content-type", b"date"} else None
        match = _HEADER.match(line)
        if match is not None:
            names.add(match[1].lower())
        elif not line.startswith(_FOLDED) or row == start:
            return None
    return end if len(names) > 1 and b"from" in names else None


def _parsed_headers(raw: Sequence[bytes], start: int, end: int) -> dict[str, str]:
    from email import policy  # noqa: PLC0415 - a plain diff needs none of it
    from email.parser import BytesHeaderParser  # noqa: PLC0415

    if sum(len(line) for line in raw[start:end]) > MAX_HEADERS:
        return _headers_as_written(raw, start, end)
    block = b"\n".join(line.rstrip(b"\r") for line in raw[start:end]) + b"\n\n"
    try:
        parsed = BytesHeaderParser(policy=policy.default).parsebytes(block)
        found: dict[str, str] = {}
        for name in parsed:
            found.setdefault(name.lower(), " ".join(str(parsed[name]).split()))
    except Exception:  # noqa: BLE001 - the parser fails on some malformed headers in ways of its own
        return _headers_as_written(raw, start, end)
    return found


def _headers_as_written(raw: Sequence[bytes], start: int, end: int) -> dict[str, str]:
    """Headers that the library cannot parse, folded lines joined and nothing decoded."""
    found: dict[str, str] = {}
    name = ""
    for row in range(start, end):
        line = raw[row].decode("utf-8", "replace").rstrip("\r")
        match = None if line[:1] in (" ", "\t") else re.match(r"([A-Za-z][A-Za-z0-9-]*):[ \t]*(.*)", line)
        if match is not None:
            name = match[1].lower() if match[1].lower() not in found else ""
            if name:
                found[name] = match[2]
        elif name and len(found[name]) < MAX_HEADERS:
            found[name] += " " + line.strip()
    return {name: value[:MAX_HEADERS] for name, value in found.items()}


def _shown_headers(lines: Sequence[TextLine]) -> dict[str, str]:
    """The headers that an archive's page shows above the text, as far as the page has them."""
    found: dict[str, str] = {}
    name = ""
    for line in lines[:120]:
        match = _SHOWN.match(line.text)
        if match is not None:
            name = match[1].lower()
            found.setdefault(name, match[2].strip())
        elif name and line.text[:1] in (" ", "\t") and line.text.strip():
            found[name] += " " + line.text.strip()
        else:
            name = ""
            if line.text.startswith((">", "diff --git ", "@@ ", "+++ ")):
                break
    return found


def _plain(raw: Sequence[bytes], start: int, end: int) -> tuple[TextLine, ...]:
    return tuple(_decoded([(raw[row], row) for row in range(start, end)], "utf-8"))


def _texts(raw: Sequence[bytes], start: int, end: int, budget: _Budget) -> Iterator[TextLine]:
    """The text of all parts of a message in order, nested messages included."""
    waiting: list[tuple[int, int, int]] = [(start, end, 0)]
    parts = 0
    while waiting:
        start, end, depth = waiting.pop()
        if parts >= MAX_PARTS or depth > MAX_DEPTH or budget.text <= 0:
            budget.notes.append("a message holds more parts or text than is read; the rest was left out")
            return
        parts += 1
        body = _header_end_of_part(raw, start, end)
        headers = _parsed_headers(raw, start, body)
        kind, parameters = _content_type(headers.get("content-type", ""))
        inner = body + 1
        if kind.startswith("multipart/"):
            inside = islice(_parts(raw, inner, end, parameters.get("boundary", "")), MAX_PARTS)
            waiting.extend((*part, depth + 1) for part in reversed(list(inside)))
        elif kind == "message/rfc822":
            waiting.append((inner, end, depth + 1))
        elif _is_text(kind, headers):
            yield from _part_text(raw[inner:end], inner, headers, budget)


def _header_end_of_part(raw: Sequence[bytes], start: int, end: int) -> int:
    """The row of the blank line behind a part's headers, which may be none."""
    for row in range(start, end):
        line = raw[row].strip()
        if not line:
            return row
        if not (_HEADER.match(line) or raw[row].startswith(_FOLDED)):
            return start - 1  # no headers at all: the text begins at once
    return end


def _content_type(value: str) -> tuple[str, dict[str, str]]:
    kind, _, rest = value[:2_000].partition(";")
    found = re.findall(r"(?<![\w-])([\w-]++)\*?\d*+=(?:\"((?>(?:[^\"\\]|\\.)*))\"|([^;\s]++))", rest)
    return kind.strip().lower(), {name.lower(): quoted or plain for name, quoted, plain in found}


def _is_text(kind: str, headers: Mapping[str, str]) -> bool:
    if not kind or (kind.startswith("text/") and kind != "text/html"):
        return True
    _, parameters = _content_type(headers.get("content-disposition", ""))
    _, named = _content_type(headers.get("content-type", ""))
    name = parameters.get("filename", named.get("name", ""))
    return kind.startswith("application/") and _PATCH_NAME.search(name) is not None


def _parts(raw: Sequence[bytes], start: int, end: int, boundary: str) -> Iterator[tuple[int, int]]:
    if not boundary:
        return
    mark = b"--" + boundary.encode("utf-8", "surrogateescape")
    begun: int | None = None
    for row in range(start, end):
        line = raw[row].rstrip()
        if line in (mark, mark + b"--"):
            if begun is not None:
                yield begun, row
            begun = row + 1 if line == mark else None
            if begun is None:
                return
    if begun is not None:
        yield begun, end


def _part_text(
    raw: Sequence[bytes], first: int, headers: Mapping[str, str], budget: _Budget
) -> Iterator[TextLine]:
    """The text of one part, whose lines begin at the row `first` of the input."""
    encoding = headers.get("content-transfer-encoding", "").strip().lower()
    _, parameters = _content_type(headers.get("content-type", ""))
    size = sum(len(line) for line in raw)
    if size > budget.text:
        budget.notes.append("the message holds more text than is read; the rest was left out")
        budget.text = 0
        return
    budget.text -= size
    rows = [(line, first + index) for index, line in enumerate(raw)]
    if encoding == "base64":
        rows = _undo_base64(rows, budget)
    elif encoding == "quoted-printable":
        rows = _undo_quoted_printable(rows)
    flowed = parameters.get("format", "").lower() == "flowed"
    for line in _decoded(rows, parameters.get("charset", "utf-8")):
        # Lines of flowed text that begin with a space were given a second one.
        stuffed = flowed and line.text.startswith("  ")
        yield TextLine(line.text[1:], line.number) if stuffed else line


def _undo_base64(rows: Sequence[tuple[bytes, int]], budget: _Budget) -> list[tuple[bytes, int]]:
    """The decoded lines; each belongs to the encoded line that its first byte came from."""
    decoded = bytearray()
    origin: list[tuple[int, int]] = []
    pending = b""
    for line, row in rows:
        pending += b"".join(line.split())
        whole = len(pending) // 4 * 4
        origin.append((len(decoded), row))
        try:
            decoded += base64.b64decode(pending[:whole])
        except (binascii.Error, ValueError):
            budget.notes.append(f"line {row + 1}: not valid base64; the text ends there")
            pending = b""
            break
        pending = pending[whole:]
    found: list[tuple[bytes, int]] = []
    at, index = 0, 0
    for line in bytes(decoded).split(b"\n"):
        while index + 1 < len(origin) and origin[index + 1][0] <= at:
            index += 1
        found.append((line, origin[index][1] if origin else 0))
        at += len(line) + 1
    if found and not found[-1][0]:
        found.pop()
    return found


def _undo_quoted_printable(rows: Sequence[tuple[bytes, int]]) -> list[tuple[bytes, int]]:
    found: list[tuple[bytes, int]] = []
    open_line: tuple[bytes, int] | None = None
    for raw_line, row in rows:
        line = raw_line.rstrip()
        soft = line.endswith(b"=")
        text = quopri.decodestring(line[:-1] if soft else line)
        if open_line is not None:
            text, row = open_line[0] + text, open_line[1]  # noqa: PLW2901
        open_line = (text, row) if soft else None
        if not soft:
            # A line break may itself be encoded.
            found += [(part, row) for part in text.split(b"\n")]
    if open_line is not None:
        found.append(open_line)
    return found


def _decoded(rows: Sequence[tuple[bytes, int]], charset: str) -> Iterator[TextLine]:
    """Lines as characters. Bytes that are not of the charset survive as lone surrogates, and come back as they were.

    Where every line ends in CR LF it is the mail's line ending, else a CR is part of the text.
    """
    crlf = bool(rows) and all(line.endswith(b"\r") for line, _ in rows[:-1]) and rows[0][0].endswith(b"\r")
    try:
        b"".decode(charset)
        b"a\n".decode(charset)
    except (LookupError, UnicodeError, ValueError):
        charset = "utf-8"
    errors = (
        "surrogateescape" if charset.lower().replace("_", "-") in ("utf-8", "utf8", "us-ascii") else "replace"
    )
    if errors == "surrogateescape":
        charset = "utf-8"
    for line, row in rows:
        yield TextLine((line.removesuffix(b"\r") if crlf else line).decode(charset, errors), row + 1)
