"""ParsedFile: the trees of one file, and how to get around in them across the borders of macros."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

from rfl_lint.doc_text import DocComments
from rfl_lint.source import SourceFile, Span
from rfl_lint.syntax.doctests import doc_fragments
from rfl_lint.syntax.fragments import HIDING_KINDS, Census, Fragment, FragmentKind, macro_fragments
from rfl_lint.syntax.limits import error_spans, refuse_bytes, refuse_nonsense, refuse_tree
from rfl_lint.syntax.parser import Node, TextEdit, parse, reparse

if TYPE_CHECKING:
    from rfl_lint.syntax.focus import Focus

COMMENT_KINDS: Final = frozenset({"line_comment", "block_comment"})


class ParsedFile(Struct, eq=False, dict=True, weakref=True):
    """The trees of one file; `fragments[0]` is the file itself, the others follow in order of place.

    `refusal` tells why the file was not looked at, in which case there are no fragments. `errors` are the places
    that the parser could make nothing of: nothing in them may be judged.
    """

    source: SourceFile
    fragments: list[Fragment]
    census: Census = field(default_factory=Census)
    refusal: str | None = None
    errors: list[Span] = field(default_factory=list)

    @property
    def root(self) -> Node:
        """The root node of the file's own tree."""
        return self.fragments[0].root

    @property
    def focus(self) -> Focus | None:
        """What alone is looked at; None for all of it."""
        return self.fragments[0].focus if self.fragments else None

    @cached_property
    def _by_root(self) -> dict[int, Fragment]:
        return {fragment.root.id: fragment for fragment in self.fragments}

    @cached_property
    def _by_host(self) -> dict[int, list[Fragment]]:
        found: dict[int, list[Fragment]] = {}
        for fragment in self.fragments:
            if fragment.host is not None:
                found.setdefault(fragment.host.id, []).append(fragment)
        return found

    def text(self, node: Node) -> str:
        """The file's own text of a node (in a `macro_rules!` body `$x` is `$x`)."""
        return self.source.data[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def fragment_of(self, node: Node) -> Fragment:
        """The fragment whose tree the node belongs to."""
        while (parent := node.parent) is not None:
            node = parent
        return self._by_root[node.id]

    def parent(self, node: Node) -> Node | None:
        """The parent node; above the root of a macro's fragment, the macro call or definition it hides in."""
        parent = node.parent
        if parent is not None:
            return parent
        fragment = self._by_root.get(node.id)
        return fragment.host if fragment is not None else None

    def ancestors(self, node: Node) -> Iterator[Node]:
        """All nodes above, nearest first, across macro borders."""
        current = self.parent(node)
        while current is not None:
            yield current
            current = self.parent(current)

    def in_error(self, offset: int) -> bool:
        """Whether a byte stands where the parser could make nothing of the text."""
        index = bisect_right(self.errors, Span(offset, len(self.source.data) + 1)) - 1
        return index >= 0 and offset < self.errors[index].end

    def fragments_within(self, span: Span) -> list[Fragment]:
        """The hidden fragments that lie wholly in a span, in order of place."""
        first = bisect_left(self._starts, span.start)
        last = bisect_left(self._starts, span.end)
        return [
            fragment for fragment in self.fragments[first + 1 : last + 1] if fragment.span.end <= span.end
        ]

    def fragments_in(self, host: Node) -> list[Fragment]:
        """The fragments that a macro call or definition hides (not those nested deeper)."""
        return self._by_host.get(host.id, [])

    def fragments_at(self, offset: int) -> Iterator[Fragment]:
        """The fragments whose span holds a byte: the file's own first, then outer before inner ones."""
        yield self.fragments[0]
        index = bisect_right(self._starts, offset) - 1
        while index >= 0:
            fragment = self.fragments[index + 1]
            if fragment.span.end > offset:
                yield fragment
            index = self._around[index]

    @cached_property
    def _around(self) -> list[int]:
        """For each hidden fragment the nearest one before it that reaches to its start, by their order; -1 for none."""
        found: list[int] = []
        reaching: list[int] = []
        for index, fragment in enumerate(self.fragments[1:]):
            while reaching and self.fragments[reaching[-1] + 1].span.end <= fragment.span.start:
                reaching.pop()
            found.append(reaching[-1] if reaching else -1)
            reaching.append(index)
        return found

    @cached_property
    def _starts(self) -> list[int]:
        return [fragment.span.start for fragment in self.fragments[1:]]

    @cached_property
    def comments(self) -> list[Span]:
        """Every comment of the file in order, wherever it stands; a doc comment's span ends with its line."""
        spans = []
        data = self.source.data
        for nodes in self.fragments[0].find(COMMENT_KINDS).values():
            for node in nodes:
                start, end = node.start_byte, node.end_byte
                while end > start and data[end - 1] in b"\r\n":
                    end -= 1
                spans.append(Span(start, end))
        spans.sort()
        return spans

    @cached_property
    def docs(self) -> DocComments:
        """The doc comments of the file, read once; what looks like one in a string is among them."""
        return DocComments(self.source.data)


def parse_file(
    source: SourceFile,
    *,
    doc_code: bool = False,
    prefetch: frozenset[str] = frozenset(),
    before: ParsedFile | None = None,
    edits: Sequence[TextEdit] = (),
) -> ParsedFile:
    """Parse a file and everything hidden in its macros, and with `doc_code` in its doc comments.

    `prefetch` names the kinds of nodes that will be asked for: one search of each tree finds them all. `before` is the
    file before `edits` were made of it, one after the other: what they left alone is not parsed again.

    Never raises on any content: what cannot be looked at comes back with a `refusal`.
    """
    refusal = refuse_bytes(source.data)
    if refusal is not None:
        return ParsedFile(source, [], refusal=refusal)
    if before is not None and before.fragments and edits:
        tree = reparse(before.fragments[0].tree, edits, source.data)
    else:
        tree = parse(source.data)
    refusal = refuse_tree(tree)
    errors = error_spans(tree.root_node) if refusal is None and tree.root_node.has_error else []
    if refusal is None and tree.root_node.has_error:
        refusal = refuse_nonsense(tree.root_node, source.data)
    if refusal is not None:
        return ParsedFile(source, [], refusal=refusal)
    wanted = prefetch | HIDING_KINDS
    top = Fragment(FragmentKind.CODE, tree, Span(0, len(source.data)), prefetch=wanted | COMMENT_KINDS)
    census = Census()
    hidden = macro_fragments(source, top, census)
    if doc_code:
        for doc in doc_fragments(source, top, census):
            hidden += [doc, *macro_fragments(source, doc, census)]
        hidden.sort(key=lambda piece: (piece.span.start, -piece.span.end))
    return ParsedFile(source, [top, *hidden], census, errors=errors)


def unexplained(data: bytes) -> int:
    """How many bytes of a text no Rust syntax explains, macros' insides included; 0 for a text that parses.

    A token that the parser had to make up counts as one. A text that is refused counts as a whole.
    """
    parsed = parse_file(SourceFile("", data))
    if parsed.refusal is not None:
        return len(data) + 1
    wrong = sum(span.end - span.start for span in (*parsed.errors, *parsed.census.unparsed))
    stack = [parsed.root] if parsed.root.has_error else []
    while stack:
        node = stack.pop()
        wrong += node.is_missing
        stack.extend(child for child in node.children if child.has_error or child.is_missing)
    if parsed.root.is_error:
        wrong += 1
    return wrong
