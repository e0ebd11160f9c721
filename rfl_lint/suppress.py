"""Silencing findings: clippy attributes that already stand in the code, and comments of our own.

    // rfl-lint: allow(rule-name, other-rule): reason      above a node: for that node; trailing: for that line
    // rfl-lint: allow-file(rule-name): reason             in the first comment run: for the file

A silenced finding is kept and marked. A comment that silences nothing, names no rule, or gives no reason is a
finding of its own, `unused-suppression`, which nothing silences.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from typing import Final, Generic, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from rfl_lint.ancestry import Ancestry
from rfl_lint.attributes import EVERY_LINT, LintAttribute, lint_attributes
from rfl_lint.finding import Confidence, Edit, Finding, Fix, Severity, Silence
from rfl_lint.near import nearest
from rfl_lint.refusal import ENGINE_GROUP, FILE_NOT_ANALYSED
from rfl_lint.rule import Meta
from rfl_lint.source import SourceFile, Span
from rfl_lint.syntax import Node, ParsedFile, span_of

Item = TypeVar("Item")
UNUSED_SUPPRESSION: Final = "unused-suppression"
ENGINE_RULES: Final = (FILE_NOT_ANALYSED, UNUSED_SUPPRESSION)
_CODE: Final = re.compile(rb"\S")
_BEFORE_ITEM: Final = frozenset({"attribute_item", "line_comment", "block_comment"})
_FORM: Final = "`// rfl-lint: allow(rule-name): reason`"
_MARKER: Final = re.compile(rb"rfl-lint[ \t]*:")
_DIRECTIVE: Final = re.compile(
    r"(?://[/!]?|/\*+)\s*+rfl-lint\s*+:\s*+(?P<verb>[\w-]*+)\s*+(?:\((?P<names>[^)]*+)\))?\s*+(?::\s*+(?P<reason>.*))?"
)
_INTRODUCER: Final = re.compile(r"(?://[/!]?|/\*+)\s*+rfl-lint\s*+:")


class Directive(Struct, frozen=True):
    """One suppression comment. `scope` are the bytes whose findings it silences; None if it is malformed.

    A `problem` is mended by nobody but its author, who meant to silence something: `remedy` says how.
    """

    span: Span
    names: tuple[str, ...]
    scope: Span | None
    problem: str = ""
    remedy: str = ""


class Silencer:
    """Marks the silenced findings of one file and knows afterwards which comments were of no use."""

    def __init__(
        self,
        parsed: ParsedFile,
        metas: Iterable[Meta],
        known: Iterable[str] | None = None,
        ancestry: Ancestry | None = None,
    ) -> None:
        """Read the file's directives.

        `metas` are the rules that run, `known` all rule names there are, `ancestry` tells what the files that
        declare this one as a module allow.
        """
        self._parsed = parsed
        self._clippy = {meta.name: frozenset(meta.clippy) for meta in metas}
        self._known = frozenset(known) if known is not None else frozenset(self._clippy)
        self._ancestry = ancestry if ancestry is not None else Ancestry(None)
        self._inherited: frozenset[str] | None = None
        self._directives = read_directives(parsed)
        self._used: set[tuple[Span, str]] = set()
        self._hints: dict[str, str] = {}

    def apply(self, findings: Iterable[Finding]) -> list[Finding]:
        """The findings in order of place, those that the code silences marked with by what."""
        ordered = sorted(findings, key=lambda finding: finding.sort_key)
        scoped = [directive for directive in self._directives if directive.scope is not None]
        needs_attributes = any(self._clippy.get(finding.rule) for finding in ordered)
        attributes = lint_attributes(self._parsed) if needs_attributes else []
        by_comment = _Sweep((item.scope, item) for item in scoped if item.scope is not None)
        by_attribute = _Sweep((item.scope, item) for item in attributes)
        return [
            self._judge(finding, by_comment.at(finding.span.start), by_attribute.at(finding.span.start))
            for finding in ordered
        ]

    def _judge(
        self, finding: Finding, directives: list[Directive], attributes: list[LintAttribute]
    ) -> Finding:
        if finding.rule in ENGINE_RULES:
            return finding
        named = [directive for directive in directives if finding.rule in directive.names]
        self._used.update((directive.span, finding.rule) for directive in named)
        if self._allowed(finding, attributes):
            return replace(finding, silenced=Silence.ATTRIBUTE)
        return replace(finding, silenced=Silence.COMMENT) if named else finding

    def _allowed(self, finding: Finding, attributes: list[LintAttribute]) -> bool:
        lints = self._clippy.get(finding.rule)
        if not lints:
            return False
        lints |= EVERY_LINT
        if any(attribute.lints & lints for attribute in attributes):
            return True
        if self._inherited is None:
            self._inherited = self._ancestry.lints_above(self._parsed.source.path)
        return bool(self._inherited & lints)

    def unused(self) -> list[Finding]:
        """A finding for every suppression comment, or name in one, that does nothing."""
        return [finding for directive in self._directives for finding in self._complaints(directive)]

    def _complaints(self, directive: Directive) -> Iterable[Finding]:
        if directive.problem:
            yield self._complain(directive, directive.problem, directive.remedy)
            return
        for name in directive.names:
            if name not in self._known:
                yield self._complain(
                    directive,
                    f"no rule is called `{name}`{self._hint(name)}",
                    "correct the name; `rfl-lint rules` lists them",
                )
            elif self._is_idle(directive, name):
                yield self._complain(
                    directive, f"suppression of `{name}` silences nothing", fix=self._without_idle(directive)
                )

    def _is_idle(self, directive: Directive, name: str) -> bool:
        return name in self._clippy and (directive.span, name) not in self._used

    def _without_idle(self, directive: Directive) -> Fix:
        """Takes the names that silence nothing out of a comment, and the comment if it has no others."""
        source = self._parsed.source
        kept = [name for name in directive.names if not self._is_idle(directive, name)]
        if not kept:
            return Fix("remove the comment", (Edit(_removal(source, directive.span), ""),), safe=True)
        data = source.data
        start = data.index(b"(", directive.span.start) + 1
        names = Span(start, data.index(b")", start))
        return Fix("remove what silences nothing", (Edit(names, ", ".join(kept)),), safe=True)

    def _hint(self, name: str) -> str:
        if name not in self._hints:
            near = nearest(name, self._known)
            self._hints[name] = f"; did you mean `{near[0]}`?" if near else ""
        return self._hints[name]

    def _complain(
        self, directive: Directive, message: str, remedy: str = "remove it", fix: Fix | None = None
    ) -> Finding:
        return Finding(
            rule=UNUSED_SUPPRESSION,
            group=ENGINE_GROUP,
            severity=Severity.WARNING,
            confidence=Confidence.HIGH,
            path=self._parsed.source.path,
            span=directive.span,
            message=message,
            help=remedy,
            fix=fix,
        )


class _Sweep(Generic[Item]):
    """What covers a place, for places asked for in order: each scope is taken up and let go once."""

    def __init__(self, scopes: Iterable[tuple[Span, Item]]) -> None:
        """Order the scopes by where they begin."""
        self._waiting = sorted(scopes, key=lambda pair: pair[0].start, reverse=True)
        self._open: list[tuple[Span, Item]] = []

    def at(self, offset: int) -> list[Item]:
        """What covers a byte; `offset` never goes back."""
        while self._waiting and self._waiting[-1][0].start <= offset:
            self._open.append(self._waiting.pop())
        if any(span.end <= offset for span, _ in self._open):
            self._open = [pair for pair in self._open if pair[0].end > offset]
        return [item for _, item in self._open]


def _removal(source: SourceFile, span: Span) -> Span:
    """The comment, with its whole line where nothing else stands on it, else with the blanks before it."""
    row = source.row(span.start)
    line = source.row_span(row)
    before = source.data[line.start : span.start]
    if not before.strip() and span.end >= line.end:
        starts = source.line_starts
        return Span(line.start, starts[row + 1] if row + 1 < len(starts) else len(source.data))
    return Span(span.start - (len(before) - len(before.rstrip())), span.end)


def read_directives(parsed: ParsedFile) -> list[Directive]:
    """Every comment of the file that addresses rfl-lint."""
    source = parsed.source
    if not _MARKER.search(source.data):
        return []
    head_end = _head_end(parsed)
    found = []
    for comment in parsed.comments:
        text = source.text(comment)
        if _INTRODUCER.match(text):
            found.append(_read(text.removesuffix("*/").rstrip(), comment, parsed, head_end))
    return found


def _read(text: str, span: Span, parsed: ParsedFile, head_end: int) -> Directive:
    match = _DIRECTIVE.fullmatch(text)
    verb = match["verb"] if match else ""
    if match is None or verb not in ("allow", "allow-file"):
        problem = f"`{verb or text.strip()}` is not a suppression: `allow` and `allow-file` are"
        return Directive(span, (), None, problem, f"write {_FORM}")
    names = tuple(name.strip() for name in (match["names"] or "").split(",") if name.strip())
    if not names:
        return Directive(span, (), None, "the suppression names no rule", f"write {_FORM}")
    if not (match["reason"] or "").strip():
        remedy = f"add the reason behind a colon: `// rfl-lint: {verb}({', '.join(names)}): reason`"
        return Directive(span, names, None, "the suppression gives no reason", remedy)
    if verb == "allow-file":
        if span.start > head_end:
            problem = "`allow-file` belongs in the first comment run of the file"
            return Directive(span, names, None, problem, "move it there, or write `allow` for what follows")
        return Directive(span, names, Span(0, len(parsed.source.data) + 1))
    return Directive(span, names, _scope(span, parsed))


def _head_end(parsed: ParsedFile) -> int:
    """Where the first comment run of the file ends: before the first code or blank line after a comment."""
    end = 0
    source = parsed.source
    for comment in parsed.comments:
        between = source.data[end : comment.start].removeprefix(b"\xef\xbb\xbf")
        if between.strip() or (end and between.count(b"\n") > 2):
            break
        end = comment.end
    return end


def _scope(span: Span, parsed: ParsedFile) -> Span:
    """A trailing comment speaks for its line, one on a line of its own for the node that follows."""
    source = parsed.source
    row = source.row(span.start)
    line = source.row_span(row)
    if source.data[line.start : span.start].removeprefix(b"\xef\xbb\xbf").strip():
        return Span(line.start, line.end + 1)
    following = _next_code(source, span.end, parsed)
    if following is None:
        return Span(span.start, len(source.data) + 1)  # comments are all that follows
    end = following
    for fragment in parsed.fragments_at(following):
        end = max(end, _node_end(fragment.root, following))
    return Span(span.start, max(end, source.row_span(source.row(following)).end + 1))


def _next_code(source: SourceFile, offset: int, parsed: ParsedFile) -> int | None:
    """The first byte after `offset` that is neither white space nor comment."""
    comments = parsed.comments
    for index in range(bisect_left(comments, Span(offset, offset)), len(comments)):
        comment = comments[index]
        gap = source.data[offset : comment.start]
        if gap.strip():
            break
        offset = comment.end
    code = _CODE.search(source.data, offset)
    return code.start() if code is not None else None


def _node_end(root: Node, offset: int) -> int:
    """The end of the largest node, short of a whole body, that begins at `offset`; attributes lead to their item."""
    node = root.descendant_for_byte_range(offset, offset)
    if node is None:
        return offset
    best = node
    while node is not None and node.parent is not None:
        if node.start_byte != offset:
            break
        best = node
        node = node.parent
    while best.type in _BEFORE_ITEM and best.next_sibling is not None:
        best = best.next_sibling
    return span_of(best).end
