"""Hostile patches, mails, configurations, tables of kernel facts and C headers, and what must hold of each."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Final

from rfl_lint.batch import Plan
from rfl_lint.c.headers import find_functions
from rfl_lint.c.prototypes import parse_prototype
from rfl_lint.config import read_config
from rfl_lint.doc_text import DocComments
from rfl_lint.errors import ConfigError, UsageError
from rfl_lint.inputs.mail import read_messages
from rfl_lint.inputs.patch import read_patch
from rfl_lint.output.reply import draft_reply
from rfl_lint.patches import PatchRun
from rfl_lint.refusal import ENGINE_GROUP
from rfl_lint.report import Report
from rfl_lint.revision import Revision
from rfl_lint.run import Filter, make_report
from rfl_lint.source import SourceFile
from rfl_lint.suppressing import add_suppressions
from rfl_lint.tree import KernelTree
from tests.fuzzing.oracles import ALL, Linting, check_outputs, check_result, check_sources
from tests.fuzzing.rust import Corpus, mutated, utf8
from tests.fuzzing.sessions import check_messages
from tests.fuzzing.words import WORDS

MAIL_WORDS: Final = (
    b"From 0123 Mon Sep 17 00:00:00 2001\n",
    b"From: =?utf-8?q?B=C3=B6?= <b@kernel.example>\n",
    b"Subject: [PATCH v2 1/3] x\n",
    b'Content-Type: multipart/mixed; boundary="b"\n\n--b\n',
    b"--b\n",
    b"--b--\n",
    b"Content-Transfer-Encoding: base64\n",
    b"Content-Transfer-Encoding: quoted-printable\n",
    b"Content-Type: text/plain; charset=iso-2022-jp\n",
    b"=3D=\n",
    b"\n\n",
    b"> ",
    b"> > ",
    b">> ",
    b"| ",
    b"On Mon, A wrote:\n",
    b"---\n",
    b"-- \n2.43\n",
    b"diff --git a/x.rs b/x.rs\n",
    b"--- a/x.rs\n",
    b"+++ b/x.rs\n",
    b"+++ b/../../etc/x.rs\n",
    b'+++ "b/\\303\\251.rs"\n',
    b"@@ -1,3 +1,4 @@ fn f()\n",
    b"@@ -0,0 +1,99999999999 @@\n",
    b"@@ -1 +1 @@\n",
    b"+",
    b"-",
    b" ",
    b"\\ No newline at end of file\n",
    b"rename from a.rs\nrename to b.rs\n",
    b"index 1..2 100644\n",
    b"GIT binary patch\nliteral 3\n",
    b"[ ... ]\n",
    b"\xff\xfe",
    b"\x00",
    b"=?utf-8?b?",
    b"?=",
    b"/dev/null\n",
    b"\t2024-01-01\n",
    b"\r\n",
)
TOML_WORDS: Final = (
    b"select = [",
    b"ignore = ['safety']\n",
    b"[rules.missing-safety-comment]\n",
    b"severity = 'error'\n",
    b"[[overrides]]\n",
    b"paths = ['**/a']\n",
    b"exclude = ['[', '!', '\\\\']\n",
    b"[tables.allocation]\n",
    b"[tables.",
    b"plugins = ['../x.py']\n",
    b"1",
    b"{",
    b"}",
    b"[",
    b"]",
    b"=",
    b"'",
    b'"',
    b'"""',
    b"\\u0000",
    b"nan",
    b"1e999",
    b"9" * 5000,
    b"[" * 3000,
    b"a." * 500,
    b"true",
    b"\n",
    b"#",
)
_C_WORDS: Final = (
    b"int ",
    b"struct x *",
    b"unsigned long ",
    b"__must_check ",
    b"static inline ",
    b"lamp_switch",
    b"(",
    b")",
    b"{",
    b"}",
    b";",
    b",",
    b"...",
    b"#define lamp_switch(a, b) lamp_hold(a, b)\n",
    b"#include <linux/lamp.h>\n",
    b'#include "../../../etc/passwd"\n',
    b"#ifdef X\n",
    b"#else\n",
    b"#endif\n",
    b"\\\n",
    b"/*",
    b"*/",
    b"//",
    b"/**\n * lamp_switch - x\n * Return: 0 or -errno\n */\n",
    b'"',
    b"'",
    b"__attribute__((",
    b"gfp_t gfp",
    b"rust_helper_lamp_switch",
    b"DEFINE_X(a, b)",
    b"typeof(",
    b"*" * 300,
    b"(" * 3000,
    b"lamp_switch(" * 400,
    b"#define A A\n",
    b"\xff",
    b"\0",
)
_TREE: Final = Path(__file__).parent.parent.parent / "fixtures" / "trees" / "c-facts"
_PATCH: Final = b"""From 0123 Mon Sep 17 00:00:00 2001
From: A <a@kernel.example>
Subject: [PATCH] rust: demo: a change

Why.

Signed-off-by: A <a@kernel.example>
---
 drivers/demo/x.rs | 4 ++++
 1 file changed

diff --git a/drivers/demo/x.rs b/drivers/demo/x.rs
index 0123456..789abcd 100644
--- a/drivers/demo/x.rs
+++ b/drivers/demo/x.rs
"""


_CONFIG: Final = b"""select = ["default", "style", "unit-result"]
extend-select = ["strict"]
ignore = ["unit-result"]
min-severity = "note"
min-confidence = "low"
doc-code = true
exclude = ["drivers/x/**", "!a.rs"]
plugins = []

[rules.missing-safety-comment]
severity = "error"
level = "strict"
fix = "never"
strict = true

[[overrides]]
paths = ["**/a.rs"]
ignore = ["safety"]

[tables.allocation.modules]
XBox = ["prelude"]
"""
_SUPPRESSIONS: Final = (
    b"allow(missing-safety-comment): it is so",
    b"allow-file(safety, unit-result): why",
    b"allow(all)",
    b'clippy::undocumented_unsafe_blocks, reason = "why")]',
    "allow(missing-safety-comment): \u202e\u2028".encode(),
    b"*/ fn g() {} /* because",
)


def _stirred(data: bytes, words: Sequence[bytes], random: Random) -> bytes:
    """A text with words put in, lines repeated, moved and left out, bytes changed."""
    lines = data.split(b"\n")
    for _ in range(random.randrange(1, 10)):
        at = random.randrange(len(lines) + 1)
        other = random.randrange(len(lines) + 1)
        choice = random.randrange(6)
        if choice == 0:
            lines[at:at] = [random.choice(words) * random.choice((1, 1, 2, 50))]
        elif choice == 1 and at < len(lines):
            place = random.randrange(len(lines[at]) + 1)
            lines[at] = lines[at][:place] + random.choice(words) + lines[at][place:]
        elif choice == 2:
            lines[at:at] = lines[min(at, other) : max(at, other)] * random.choice((1, 1, 5))
        elif choice == 3:
            del lines[min(at, other) : min(max(at, other), min(at, other) + 10)]
        elif choice == 4 and at < len(lines):
            lines[at] = b"> " * random.choice((1, 2, 40)) + lines[at]
        elif at < len(lines) and lines[at]:
            changed = bytearray(lines[at])
            changed[random.randrange(len(changed))] = random.randrange(256)
            lines[at] = bytes(changed)
        lines = lines[:3000]
    return b"\n".join(lines)


def check_rust(corpus: Corpus, random: Random, keep: Callable[[str, bytes], None]) -> None:
    """One or two files with everything that rules, fixes and formats make of them."""
    paths = [random.choice(("drivers/x/a.rs", "rust/kernel/a.rs"))]
    paths += ["rust/kernel/b.rs"] if random.random() < 0.2 else []
    sources = [
        SourceFile(path, utf8(mutated(random.choice(corpus.texts)[1], corpus, random))) for path in paths
    ]
    for source in sources:
        keep(source.path, source.data)
    check_sources(sources)


def check_mail(corpus: Corpus, random: Random, keep: Callable[[str, bytes], None]) -> None:
    """A patch in a mail, read and linted without a tree, and the draft of a reply."""
    rust = random.choice(corpus.texts)[1][:6000].split(b"\n")
    signs = [random.choice((b"+", b"+", b"+", b" ", b"-")) for _ in rust]
    data = _PATCH + b"@@ -1,%d +1,%d @@\n" % (
        sum(sign != b"+" for sign in signs),
        sum(sign != b"-" for sign in signs),
    )
    data += b"".join(sign + line + b"\n" for sign, line in zip(signs, rust, strict=True))
    if random.random() < 0.3:
        data = b"\n".join(b"> " + line for line in data.split(b"\n"))
    data = _stirred(data, (*MAIL_WORDS, *WORDS), random)
    keep("mail", data)
    judge_mail(data)


def judge_mail(data: bytes) -> None:
    """What holds of every mail, mailbox and bare diff: read, linted without a tree, answered."""
    extents = {rule.meta.name: rule.meta.extent for rule in ALL.rules}
    run = PatchRun(KernelTree(), Plan(ALL), extents)
    messages = read_messages(data)
    for message in messages:
        run.lint(read_patch(message))
    for result in run.results:
        texts = {source.path: source for source in result.sources}
        if result.path in texts:
            check_result(texts[result.path], result, texts)
    report = make_report(run.results, Filter(), views=run.views)
    check_outputs(report)
    for number, message in enumerate(messages):
        draft_reply(report, message, number)


def check_config(_corpus: Corpus, random: Random, keep: Callable[[str, bytes], None]) -> None:
    """A configuration is read or refused in words."""
    data = _stirred(b"select = ['default']\nmin-severity = 'note'\n", TOML_WORDS, random)
    keep("rfl-lint.toml", data)
    judge_config(data)


def judge_config(data: bytes) -> None:
    """A configuration is read or refused in words, whatever it holds."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rfl-lint.toml"
        path.write_bytes(data)
        try:
            read_config(path)
        except ConfigError:
            return  # said in words


def check_c(_corpus: Corpus, random: Random, keep: Callable[[str, bytes], None]) -> None:
    """Headers are read without harm, and nothing outside of the tree is."""
    with tempfile.TemporaryDirectory() as folder:
        for file in sorted(_TREE.rglob("*.[ch]")):
            target = Path(folder) / file.relative_to(_TREE)
            target.parent.mkdir(parents=True, exist_ok=True)
            data = _stirred(file.read_bytes(), _C_WORDS, random)
            keep(str(file.relative_to(_TREE)), data)
            target.write_bytes(data)
        found = find_functions(Path(folder), ["lamp_switch", "lamp_hold", "oil_alloc", "shade_map"])
        for function in found.functions.values():
            assert (Path(folder) / function.header).is_file()
    text = b"".join(random.choice(_C_WORDS) for _ in range(30))
    keep("prototype", text)
    parse_prototype(text, "lamp_switch", header="x.h", line=1)


def check_docs(_corpus: Corpus, random: Random, keep: Callable[[str, bytes], None]) -> None:
    """Doc comments: every place is one of the text, and in order."""
    marks = (b"/// ", b"//! ", b"///", b"/** ", b" * ", b"*/", b"// ", b"")
    words = (
        b"# Safety",
        b"## x",
        b"```",
        b"~~~",
        b"````",
        b"- a",
        b"* b",
        b"1. c",
        b"  d",
        b"===",
        b"---",
        b"",
        b"`x`",
        b"\xc3\xa9",
        b"fn f() {}",
    )
    lines = [
        random.choice((b"", b"", b"    ")) + random.choice(marks) + random.choice(words) for _ in range(30)
    ]
    data = random.choice((b"\n", b"\n", b"\r\n")).join(lines)
    keep("docs.rs", data)
    for comment in DocComments(data).outer.values():
        for heading in comment.headings:
            assert 0 <= heading.span.start <= heading.span.end <= len(data)
    check_sources([SourceFile("drivers/x/docs.rs", utf8(data))])


def judge_rust(data: bytes) -> None:
    """What holds of every text, UTF-8 or not, as a driver and as an abstraction."""
    check_sources([SourceFile("drivers/x/a.rs" if len(data) % 2 else "rust/kernel/a.rs", data)])


def judge_suppressions(data: bytes) -> None:
    """What holds of every comment and attribute that may silence, above code that has something to silence."""
    line = data.replace(b"\n", b" ")
    head = b"// rfl-lint: " if line[:1] < b"\x80" else b"#[expect("
    text = head + line + b"\nfn f() {\n    " + head + line + b"\n    unsafe { g() }\n}\n"
    check_sources([SourceFile("drivers/x/a.rs", utf8(text))])
    sources = [SourceFile("drivers/x/a.rs", utf8(b"fn f() {\n    unsafe { g() }; " + line + b"\n}\n"))]

    def lint(texts: Mapping[str, Revision]) -> Report:
        return Linting().report(sources, texts)

    try:
        made = add_suppressions(lint, line.decode("utf-8", "replace"))
    except UsageError:
        return  # said in words
    left = [finding for finding in lint(made.revised).findings if finding.group != ENGINE_GROUP]
    assert made.problems or not left, left
    for text in made.after.values():
        check_sources([SourceFile("drivers/x/a.rs", text)])


JUDGES: Final[Mapping[str, tuple[Callable[[bytes], None], Sequence[bytes], Sequence[bytes]]]] = (
    MappingProxyType(
        {
            "rust": (judge_rust, WORDS, ()),
            "mail": (judge_mail, (*MAIL_WORDS, *WORDS), (_PATCH,)),
            "config": (judge_config, TOML_WORDS, (_CONFIG,)),
            "suppressions": (judge_suppressions, WORDS, _SUPPRESSIONS),
        }
    )
)
"""What can be fuzzed byte by byte: what must hold of an input, words that it may be made of, and where to begin."""

TARGETS: Final[Mapping[str, Callable[[Corpus, Random, Callable[[str, bytes], None]], None]]] = (
    MappingProxyType(
        {
            "rust": check_rust,
            "mail": check_mail,
            "config": check_config,
            "c": check_c,
            "docs": check_docs,
            "lsp": check_messages,
        }
    )
)
"""What can be fuzzed: each makes an input from what is random, hands it to `keep`, and judges what comes of it."""
