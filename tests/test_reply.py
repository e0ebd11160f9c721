"""`--reply`: a draft that a person could send: headers from the mail alone, short quotes, plain words."""

from __future__ import annotations

import base64
import email
import email.policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.cli_runner import Ran, Runner
from tests.test_cli_patch import DIFF, PATH

BODY = f"It reads.\n\nSigned-off-by: A Maker <maker@example.org>\n---\n{DIFF}-- \n2.47.1\n"
FULL = """\
From: A Maker <maker@example.org>
To: The List <list@example.org>, "Doe, Jo" <jo@example.org>
Cc: maker@example.org, =?utf-8?q?Bj=C3=B6rn?= <b@example.org>
Subject: [PATCH v2 1/3] rust: read
Date: Mon, 1 Jan 2024 10:00:00 +0000
Message-ID: <3@example.org>
In-Reply-To: <2@example.org>
References: <1@example.org> <2@example.org>
"""


@pytest.fixture
def lint(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


def reply(lint: Runner, text: str) -> tuple[EmailMessage, Ran]:
    ran = lint("patch", "--reply", stdin=text.encode())
    message = email.message_from_string(ran.out, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message, ran


def test_the_headers_of_a_reply(lint: Runner) -> None:
    message, ran = reply(lint, f"{FULL}\n{BODY}")
    assert (ran.status, ran.err) == (1, "")
    assert message["To"] == "A Maker <maker@example.org>"
    assert message["Cc"] == 'The List <list@example.org>, "Doe, Jo" <jo@example.org>, Björn <b@example.org>'
    assert message["Subject"] == "Re: [PATCH v2 1/3] rust: read"
    assert message["In-Reply-To"] == "<3@example.org>"
    assert message["References"].split() == ["<1@example.org>", "<2@example.org>", "<3@example.org>"]
    assert message["From"] is None
    assert ran.out.isascii()


def test_the_whole_text(lint: Runner) -> None:
    _, ran = reply(lint, f"{FULL}\n{BODY}")
    assert (
        ran.out.partition("\n\n")[2]
        == f"""\
On Mon, 01 Jan 2024 10:00:00 +0000, A Maker wrote:
> diff --git a/{PATH} b/{PATH}
> @@ -1 +1,5 @@
>  fn old(p: *mut u8) {{}}
> +
> +fn read(p: *mut u8) -> u8 {{
> +    unsafe {{ *p }}
> +}}

Unsafe block has no `SAFETY:` comment. Please state in a `// SAFETY:`
comment above it why its requirements are met. [missing-safety-comment]

These remarks come from rfl-lint, a static linter; nothing was built or
run. If one of them is wrong, please say so.
"""
    )


def test_replies_go_to_where_they_are_asked_for(lint: Runner) -> None:
    message, _ = reply(lint, f"{FULL}Reply-To: other@example.org\n\n{BODY}")
    assert message["To"] == "other@example.org"
    assert "maker@example.org" in message["Cc"]


def test_a_subject_is_answered_once(lint: Runner) -> None:
    message, _ = reply(lint, FULL.replace("Subject: ", "Subject: Re: ") + f"\n{BODY}")
    assert message["Subject"] == "Re: [PATCH v2 1/3] rust: read"


@pytest.mark.parametrize(
    ("head", "missing"),
    [
        ("", "To, Cc, Subject, In-Reply-To, References"),
        ("From: a@example.org\nSubject: [PATCH] x\n", "Cc, In-Reply-To, References"),
        (
            "From: A Maker <maker@xxxxxxxxxx>\nTo: l@...example.org\nSubject: x\nMessage-ID: <1@e.org>\n",
            "To, Cc",
        ),
        (
            "From: A Maker <maker@example.org>\nCc: <b@e.org>\nMessage-ID: none\n",
            "Subject, In-Reply-To, References",
        ),
    ],
)
def test_what_the_input_does_not_hold_is_left_out(lint: Runner, head: str, missing: str) -> None:
    message, ran = reply(lint, f"{head}\n{BODY}" if head else DIFF)
    assert (
        ran.err == f"rfl-lint: note: left out of the reply, because the input does not hold them: {missing}\n"
    )
    assert not set(missing.split(", ")) & set(message.keys())


@pytest.mark.parametrize("encoding", ["base64", "multipart", "quoted"])
def test_mails_in_any_form_are_quoted_as_they_read(lint: Runner, encoding: str) -> None:
    plain = reply(lint, f"{FULL}\n{BODY}")[1].out
    if encoding == "base64":
        coded = base64.encodebytes(BODY.encode()).decode()
        text = f"{FULL}Content-Transfer-Encoding: base64\n\n{coded}"
    elif encoding == "quoted":
        coded = BODY.replace("=", "=3D").replace("unsafe", "uns=\nafe")
        text = f"{FULL}Content-Transfer-Encoding: quoted-printable\n\n{coded}"
    else:
        text = f'{FULL}Content-Type: multipart/mixed; boundary="b"\n\n--b\n\n{BODY}\n--b--\n'
    assert reply(lint, text)[1].out == plain


def test_several_findings_on_a_line_follow_one_quote_and_repeat_nothing(lint: Runner) -> None:
    twice = DIFF.replace("unsafe { *p }", "unsafe { *p }; unsafe { *p }")
    _, ran = reply(lint, twice)
    assert ran.out.count("unsafe { *p }; unsafe { *p }") == 1
    assert ran.out.count("Unsafe block has no") == 1
    assert "\nThe same here. [missing-safety-comment]\n" in ran.out


def test_each_mail_of_a_series_gets_a_reply_of_its_own(lint: Runner) -> None:
    mails = [
        f"From {number:040} Mon Sep 17 00:00:00 2001\nFrom: a@example.org\nSubject: [PATCH {number}/3] x\n\n{body}\n"
        for number, body in enumerate((BODY, "no patch\n", BODY.replace("x.rs", "y.rs")), start=1)
    ]
    ran = lint("patch", "--reply", stdin="".join(mails).encode())
    assert [line for line in ran.out.splitlines() if line.startswith("Subject")] == [
        "Subject: Re: [PATCH 1/3] x",
        "Subject: Re: [PATCH 3/3] x",
    ]
    assert ran.out.count("From rfl-lint ") == 2


def test_nothing_to_say(lint: Runner) -> None:
    ran = lint("patch", "--reply", stdin=DIFF.replace("    unsafe { *p }", "    0").encode())
    assert ran == Ran(0, "", "rfl-lint: note: nothing to say: no reply is written\n")


def test_what_is_not_ascii_is_said_in_the_headers(lint: Runner) -> None:
    message, _ = reply(lint, f"{FULL}\n{BODY}".replace("fn read", "// Größe\n+fn read").replace("1,5", "1,6"))
    assert message["Content-Type"].params["charset"] == "UTF-8"


@pytest.mark.parametrize(
    "head",
    [
        b"From: A <a@example.org>\nSubject: [PATCH] caf\xe9\n\n",
        b"From: caf\xe9 <a@example.org>\nSubject: =?utf-7?q?[PATCH]_+2AA-?=\n\n",
        b"[PATCH] caf\xe9\n\nFrom: A\n\n",
    ],
)
def test_headers_of_no_charset_are_answered_all_the_same(lint: Runner, head: bytes) -> None:
    ran = lint("patch", "--reply", stdin=head + BODY.encode())
    assert ran.status == 1
    assert "Traceback" not in ran.err
    (subject,) = (line for line in ran.out.splitlines() if line.startswith("Subject: "))
    assert subject.isascii()
