"""What a rule's own file says about it, taken apart: docstring, `Meta` and options become a page of blocks.

A docstring states the rule in its first line; then come `Why:`, `Bad:` and `Good:` with indented Rust (as
often as wanted), `Notes:` and `See:`. `Bad (strict):` is an example of the strict part, and
`Bad (in rust/kernel/a.rs):` one that depends on where it stands, `Bad (with include/linux/a.h):` one that depends on a
file of the tree.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import re
from collections.abc import Iterator
from enum import Enum
from typing import Final

from msgspec import Struct

from rfl_lint.deferred import real_rule
from rfl_lint.finding import Level, Severity
from rfl_lint.refusal import ENGINE_GROUP, FILE_NOT_ANALYSED
from rfl_lint.registry import builtin_rules
from rfl_lint.rule import Meta, NoOptions, Rule
from rfl_lint.suppress import UNUSED_SUPPRESSION

DOCS_BASE: Final = "docs/rules/"
"""Where the pages are, from the root of the project's repository."""
EXAMPLE_PATH: Final = "drivers/example.rs"
_SECTION: Final = re.compile(r"(Why|Bad|Good|Notes|See)(?: \(([^()]*)\))?:[ \t]*(.*)")


class Example(Struct, frozen=True):
    """A piece of Rust that the rule reports, or, if `good`, does not."""

    good: bool
    code: str
    strict: bool = False
    path: str = EXAMPLE_PATH
    caption: str = ""
    files: tuple[str, ...] = ()
    """Files that the tree of the example holds; none: it stands in no tree."""


class RuleDoc(Struct, frozen=True):
    """A rule's documentation taken apart. `text` holds the paragraphs of each prose section by its name."""

    meta: Meta
    summary: str
    text: dict[str, str]
    examples: tuple[Example, ...]
    options: tuple[tuple[str, str, str], ...] = ()


class BlockKind(Enum):
    """What a block of a page is."""

    TITLE = "title"
    HEADING = "heading"
    TEXT = "text"
    CODE = "code"
    FACTS = "facts"


class Block(Struct, frozen=True):
    """A piece of a page, before it is known how it will be shown."""

    kind: BlockKind
    text: str = ""
    facts: tuple[tuple[str, str], ...] = ()


def read_doc(rule: type[Rule]) -> RuleDoc:
    """The documentation of a rule class; sections that it does not have are simply absent."""
    rule = real_rule(rule)
    return parse_doc(rule.__doc__ or "", rule.meta, tuple(_options(rule.Options)))


def parse_doc(docstring: str, meta: Meta, options: tuple[tuple[str, str, str], ...] = ()) -> RuleDoc:
    """Take a docstring apart."""
    lines = inspect.cleandoc(docstring).split("\n")
    intro: list[str] = []
    sections: list[tuple[str, str, list[str]]] = []
    for line in lines:
        match = _SECTION.fullmatch(line)
        if match is not None:
            sections.append((match[1], match[2] or "", [match[3]]))
        elif sections:
            sections[-1][2].append(line)
        else:
            intro.append(line)
    text: dict[str, str] = {}
    examples: list[Example] = []
    more = "\n".join(intro[1:]).strip()
    if more:
        text["Intro"] = more
    for name, argument, body in sections:
        if name in ("Bad", "Good"):
            examples.append(_example(name, argument, body))
        else:
            joined = inspect.cleandoc("\n".join(body)).strip()
            text[name] = f"{text[name]}\n\n{joined}" if name in text else joined
    return RuleDoc(meta, intro[0].strip(), text, tuple(examples), options)


def _example(name: str, argument: str, body: list[str]) -> Example:
    """An example from its lines: unindented ones are its caption, indented ones its code."""
    words = [word.strip() for word in argument.split(",") if word.strip()]
    paths = [word.removeprefix("in ").strip() for word in words if word.startswith("in ")]
    caption = " ".join(line.strip() for line in body if line.strip() and not line.startswith(" "))
    code = inspect.cleandoc("\n" + "\n".join(line for line in body if not line or line.startswith(" ")))
    return Example(
        good=name == "Good",
        code=code.strip("\n") + "\n",
        strict="strict" in words,
        path=paths[0] if paths else EXAMPLE_PATH,
        caption=caption,
        files=tuple(word.removeprefix("with ").strip() for word in words if word.startswith("with ")),
    )


def _options(options: type) -> Iterator[tuple[str, str, str]]:
    """Name, default and meaning of each option of a rule."""
    if options is NoOptions or not dataclasses.is_dataclass(options):
        return
    for option in dataclasses.fields(options):
        default = option.default
        if default is dataclasses.MISSING and option.default_factory is not dataclasses.MISSING:
            default = option.default_factory()
        shown = list(default) if isinstance(default, (tuple, frozenset)) else default
        yield option.name.replace("_", "-"), repr(shown), str(option.metadata.get("help", ""))


_ENGINE_DOCS: Final = {
    FILE_NOT_ANALYSED: (
        "a file was not looked at, and why",
        """A file that cannot be analysed is reported, never passed over in silence.

        Why: a linter that skips what it cannot read looks the same as one that found nothing. The reasons
        are: text that is not UTF-8 or holds NUL bytes, a file of more than two megabytes, code nested deeper
        than any real code is, and text that is no Rust at all. All bounds are far beyond what kernel code
        needs.

        Notes: cannot be silenced by a comment in the file. Exclude the path in the configuration, or with
        `--exclude`, if the file is meant to be as it is.
        """,
    ),
    UNUSED_SUPPRESSION: (
        "a suppression comment that silences nothing, names no rule, or gives no reason",
        """A `// rfl-lint: allow(...)` comment is needed, names rules that exist, and says why.

        Why: a comment that silences nothing hides the next finding at that place, and one without a reason
        cannot be reviewed.

        Notes: cannot be silenced itself. Remove the comment, correct its name, or add the reason behind a
        colon: `// rfl-lint: allow(rule-name): reason`. `--fix` takes out only what silences nothing: a comment
        that was meant to silence something is for its author to correct.
        """,
    ),
}


def engine_docs() -> dict[str, RuleDoc]:
    """The pages of what rfl-lint itself reports, beside its rules."""
    return {
        name: parse_doc(
            text,
            Meta(name=name, group=ENGINE_GROUP, summary=summary, severity=Severity.WARNING, since="0.1.0"),
        )
        for name, (summary, text) in _ENGINE_DOCS.items()
    }


@functools.cache
def _documented() -> frozenset[str]:
    return frozenset(rule.meta.name for rule in builtin_rules()) | _ENGINE_DOCS.keys()


def rule_url(name: str) -> str | None:
    """The page of a rule, relative to the root of the project's repository; None for a plugin's rule."""
    return f"{DOCS_BASE}{name}.md" if name in _documented() else None


def blocks(doc: RuleDoc) -> Iterator[Block]:
    """A rule's page, in order."""
    yield Block(BlockKind.TITLE, doc.meta.name)
    yield Block(BlockKind.TEXT, doc.summary)
    yield Block(BlockKind.FACTS, facts=tuple(_facts(doc)))
    if "Intro" in doc.text:
        yield Block(BlockKind.TEXT, doc.text["Intro"])
    if "Why" in doc.text:
        yield Block(BlockKind.HEADING, "Why")
        yield Block(BlockKind.TEXT, _capital(doc.text["Why"]))
    for example in doc.examples:
        yield Block(BlockKind.HEADING, _example_heading(example))
        if example.caption:
            yield Block(BlockKind.TEXT, _capital(example.caption))
        yield Block(BlockKind.CODE, example.code)
    for name in ("Notes", "See"):
        if name in doc.text:
            yield Block(BlockKind.HEADING, name)
            yield Block(BlockKind.TEXT, _capital(doc.text[name]) if name == "Notes" else doc.text[name])
    if doc.options:
        yield Block(BlockKind.HEADING, "Options")
        options = "\n".join(
            f"- `{name}` (default `{default}`){f': {text}' if text else ''}"
            for name, default, text in doc.options
        )
        yield Block(BlockKind.TEXT, f"In the configuration, under `[rules.{doc.meta.name}]`:\n\n{options}")
    if doc.meta.group != ENGINE_GROUP:
        yield Block(BlockKind.HEADING, "Silence it")
        yield Block(BlockKind.TEXT, _silencing(doc.meta))


def markdown(doc: RuleDoc) -> str:
    """A rule's page as Markdown."""
    parts: list[str] = []
    for block in blocks(doc):
        if block.kind is BlockKind.TITLE:
            parts.append(f"# {block.text}")
        elif block.kind is BlockKind.HEADING:
            parts.append(f"## {block.text}")
        elif block.kind is BlockKind.CODE:
            parts.append(f"```rust\n{block.text}```")
        elif block.kind is BlockKind.FACTS:
            parts.append("\n".join(f"- **{name}**: {value}" for name, value in block.facts))
        else:
            parts.append(block.text)
    return "\n\n".join(parts) + "\n"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _example_heading(example: Example) -> str:
    where = "" if example.path == EXAMPLE_PATH else f", in {example.path}"
    where += f", with {', '.join(example.files)} in the tree" if example.files else ""
    return ("Good" if example.good else "Bad") + (", strict" if example.strict else "") + where


def _facts(doc: RuleDoc) -> Iterator[tuple[str, str]]:
    meta = doc.meta
    yield "group", meta.group
    if meta.group != ENGINE_GROUP:
        yield "runs", "by default" if meta.level is Level.DEFAULT else "when selected (`strict`)"
    yield "severity", str(meta.severity)
    yield "confidence", str(meta.confidence)
    yield "since", meta.since
    if meta.clippy:
        yield "clippy", ", ".join(f"`{lint}`" for lint in meta.clippy)
    if meta.precision:
        yield "on real kernels", meta.precision


def _silencing(meta: Meta) -> str:
    ways = [
        *(
            f"- `#[allow(clippy::{lint})]` or `#[expect(clippy::{lint})]` on the item or any around it"
            for lint in meta.clippy
        ),
        f"- `// rfl-lint: allow({meta.name}): the reason`, above the code or behind it",
        f'- `ignore = ["{meta.name}"]` in the configuration, for everything or for some paths',
    ]
    return "\n".join(ways)
