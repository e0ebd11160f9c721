"""Where messages begin and end among the bytes that a client sends.

What cannot be right ends the session in words: where one message's end is not known, none that follows can be told
from a part of it. Nothing is set aside for a message but what has come of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import BinaryIO, Final

MOST_HEADER: Final = 8192
MOST_BODY: Final = 256 * 1024 * 1024
_PORTION: Final = 1024 * 1024
_FIELD: Final = re.compile(rb"([A-Za-z0-9!#$%&'*+.^_`|~-]++):([^\r\n]*+)\r?\n")


class BrokenFramingError(Exception):
    """It cannot be told where messages begin."""


def bodies(stream: BinaryIO) -> Iterator[bytes]:
    """The bodies of messages, until the stream ends. Raises BrokenFramingError."""
    while (length := _length(stream)) is not None:
        yield _body(stream, length)


def _length(stream: BinaryIO) -> int | None:
    """How long the next body is; None where there is none."""
    length: int | None = None
    left = MOST_HEADER
    is_first = True
    while True:
        line = stream.readline(left + 1)
        if not line and is_first:
            return None
        if line in (b"\r\n", b"\n"):
            if is_first:
                continue  # behind a body, say
            if length is None:
                raise BrokenFramingError("a message without a Content-Length")
            return length
        is_first = False
        left -= len(line)
        if left < 0:
            raise BrokenFramingError(f"a message with a header of more than {MOST_HEADER:,} bytes")
        if not line.endswith(b"\n"):
            raise BrokenFramingError("the end, in the middle of a message's header")
        field = _FIELD.fullmatch(line)
        if field is None:
            raise BrokenFramingError("what is no header where a message should begin")
        if field[1].lower() == b"content-length":
            value = field[2].strip(b" \t")
            if length is not None or not value.isdigit():
                raise BrokenFramingError("a message with a Content-Length that is none")
            length = int(value[:20])
            if length > MOST_BODY:
                raise BrokenFramingError(f"a message of more than {MOST_BODY:,} bytes")


def _body(stream: BinaryIO, length: int) -> bytes:
    if length <= _PORTION:
        body = stream.read(length)
    else:
        portions = bytearray()
        while portion := stream.read(min(_PORTION, length - len(portions))):
            portions += portion
        body = bytes(portions)
    if len(body) < length:
        raise BrokenFramingError("the end, in the middle of a message")
    return body


class Output:
    """Where messages go, as pygls writes to it. `gone` is called when nobody takes them any more."""

    def __init__(self, stream: BinaryIO, gone: Callable[[], None]) -> None:
        """Write to a stream."""
        self._stream, self._gone = stream, gone

    def write(self, data: bytes) -> None:
        """Send a message at once."""
        try:
            self._stream.write(data)
            self._stream.flush()
        except BrokenPipeError:
            self._gone()

    def close(self) -> None:
        """Send nothing more."""
        self._stream.close()
