"""Messages: mailboxes split, encodings undone, each line of text with the line of the input it begins on."""

from __future__ import annotations

import base64
import quopri
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfl_lint.inputs.mail import MAX_PARTS, read_messages

DIFF = "--- a/x.rs\n+++ b/x.rs\n@@ -1 +1,2 @@\n fn a() {}\n+fn b() {} // é\n"


def texts(data: bytes) -> list[list[str]]:
    return [[line.text for line in message.lines] for message in read_messages(data)]


def numbered(data: bytes) -> list[tuple[str, int]]:
    return [(line.text, line.number) for line in read_messages(data)[0].lines]


def mail(body: str, *headers: str) -> bytes:
    head = ["From: A <a@kernel.example>", "Subject: [PATCH] x", *headers]
    return ("\n".join(head) + "\n\n" + body).encode()


def test_a_plain_text_is_one_message_without_headers() -> None:
    (message,) = read_messages(DIFF.encode())
    assert not message.is_mail
    assert [line.text for line in message.lines] == DIFF.splitlines()
    assert [line.number for line in message.lines] == [1, 2, 3, 4, 5]


def test_a_mail_has_its_headers_decoded_and_its_body_numbered() -> None:
    (message,) = read_messages(
        mail("one\ntwo\n", "To: =?utf-8?q?Bj=C3=B6rn?= <b@kernel.example>,\n\tc@kernel.example")
    )
    assert message.is_mail
    assert message.headers["to"] == "Björn <b@kernel.example>, c@kernel.example"
    assert [(line.text, line.number) for line in message.lines] == [("one", 6), ("two", 7)]


def test_a_mailbox_is_split_where_a_header_follows() -> None:
    first = b"From 0123 Mon Sep 17 00:00:00 2001\n" + mail("From here on it works.\n\nFrom me to you\n")
    second = b"\nFrom 4567 Mon Sep 17 00:00:00 2001\n" + mail("two\n")
    found = read_messages(first + second)
    assert [[line.text for line in message.lines] for message in found] == [
        ["From here on it works.", "", "From me to you", ""],
        ["two"],
    ]


def test_a_body_line_that_looks_like_a_separator_is_none() -> None:
    body = "text\n\nFrom x@y.example Mon Sep 17 00:00:00 2001\nno header here\n"
    assert len(read_messages(b"From 0123 Mon Sep 17 00:00:00 2001\n" + mail(body))) == 1


def test_quoted_printable_lines_begin_where_their_first_byte_is() -> None:
    encoded = b"first=\n half\nsecond =C3=A9\nlast\n"
    data = mail("", "Content-Transfer-Encoding: quoted-printable") + encoded
    assert numbered(data) == [("first half", 5), ("second é", 7), ("last", 8)]


def test_base64_lines_belong_to_the_encoded_line_of_their_first_byte() -> None:
    text = "".join(f"line {number} of the text\n" for number in range(20))
    encoded = base64.encodebytes(text.encode()).decode()
    data = mail(encoded, "Content-Transfer-Encoding: base64")
    rows = data.decode().splitlines()
    found = numbered(data)
    assert [line for line, _ in found] == text.splitlines()
    at = 0
    for line, number in found:
        raw = "".join(rows[4 : number - 1])
        assert len(base64.b64decode(raw)) <= at < len(base64.b64decode(raw + rows[number - 1]))
        at += len(line.encode()) + 1


def test_bad_base64_ends_the_text_with_a_note() -> None:
    (message,) = read_messages(mail("aGVsbG8K\n!!!!\x01%%%\nA\n", "Content-Transfer-Encoding: base64"))
    assert [line.text for line in message.lines][:1] == ["hello"]


def test_parts_of_a_multipart_mail_keep_their_lines() -> None:
    message = EmailMessage()
    message["From"] = "a@kernel.example"
    message["Subject"] = "x"
    message.set_content("Hello\n")
    message.add_alternative("<p>Hello</p>", subtype="html")
    message.add_attachment(DIFF, subtype="x-patch", filename="0001.patch", cte="base64")
    data = message.as_bytes()
    (found,) = read_messages(data)
    assert [line.text for line in found.lines if line.text] == ["Hello", *DIFF.splitlines()]
    rows = data.decode().split("\n")
    assert rows[next(line.number for line in found.lines if line.text == "Hello") - 1] == "Hello"


def test_a_forwarded_message_is_read_too() -> None:
    inner = EmailMessage()
    inner["Subject"] = "inner"
    inner.set_content(DIFF, cte="quoted-printable")
    outer = EmailMessage()
    outer["From"] = "a@kernel.example"
    outer["Subject"] = "outer"
    outer.set_content("see below\n")
    outer.add_attachment(inner)
    (found,) = read_messages(outer.as_bytes())
    assert "+fn b() {} // é" in [line.text for line in found.lines]


def test_line_endings_of_the_mail_are_no_part_of_the_text() -> None:
    data = mail("one\ntwo\n").replace(b"\n", b"\r\n")
    assert texts(data) == [["one", "two"]]
    mixed = mail("one\r\ntwo\nthree\n")
    assert texts(mixed) == [["one\r", "two", "three"]]


def test_flowed_text_is_unstuffed() -> None:
    data = mail("+fn a() {}\n  fn b() {}\n", "Content-Type: text/plain; charset=utf-8; format=flowed")
    assert texts(data) == [["+fn a() {}", " fn b() {}"]]


@pytest.mark.parametrize("charset", ["no-such-charset", "latin-1", "us-ascii"])
def test_bytes_of_any_charset_are_read(charset: str) -> None:
    data = mail("", f'Content-Type: text/plain; charset="{charset}"') + b"caf\xe9\n"
    (line,) = read_messages(data)[0].lines
    assert line.text.startswith("caf")


def test_bytes_that_are_no_text_come_back_as_they_were() -> None:
    (line,) = read_messages(b"+caf\xe9\xff").pop().lines
    assert line.text.encode("utf-8", "surrogateescape") == b"+caf\xe9\xff"


def test_the_number_of_parts_is_bounded() -> None:
    part = "--b\nContent-Type: text/plain\n\nx\n"
    data = mail(part * (MAX_PARTS + 50) + "--b--\n", 'Content-Type: multipart/mixed; boundary="b"')
    (message,) = read_messages(data)
    assert len(message.lines) < MAX_PARTS
    assert message.notes


def test_nested_parts_without_end_are_bounded() -> None:
    depth = 500
    lines = ["From: a@kernel.example", "Subject: x"]
    for level in range(depth):
        lines += [f'Content-Type: multipart/mixed; boundary="b{level}"', "", f"--b{level}"]
    read_messages("\n".join(lines).encode())


@given(st.binary(max_size=400))
def test_no_bytes_make_it_fail(data: bytes) -> None:
    for message in read_messages(data):
        for line in message.lines:
            assert 1 <= line.number <= data.count(b"\n") + 1


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=90),
        min_size=1,
        max_size=30,
    ),
    st.sampled_from(["7bit", "8bit", "base64", "quoted-printable"]),
)
def test_every_encoding_gives_the_same_lines(lines: list[str], encoding: str) -> None:
    body = ("\n".join(lines) + "\n").encode()
    if encoding == "base64":
        coded = base64.encodebytes(body)
    elif encoding == "quoted-printable":
        coded = quopri.encodestring(body)
    else:
        coded = body
    head = [f"Content-Transfer-Encoding: {encoding}", "Content-Type: text/plain; charset=utf-8"]
    assert texts(mail("", *head) + coded) == [lines]


def test_the_librarys_own_mails_are_read() -> None:
    message = EmailMessage(policy=SMTP)
    message["From"] = "a@kernel.example"
    message["Subject"] = "é" * 80
    message.set_content(DIFF)
    (found,) = read_messages(bytes(message))
    assert [line.text for line in found.lines] == DIFF.splitlines()
    assert found.headers["subject"] == "é" * 80
