"""A file as a list of trees: its own, and one for each piece of Rust that a macro or a doc comment hides.

tree-sitter sees `pin_init!(..)` or the body of a `macro_rules!` as a flat list of tokens. Here they are parsed
again as the code they are, at their own offsets, so that whoever searches the trees of a file finds the unsafe
block in a macro call in the same way as any other. A piece that does not parse is never guessed about: its
nested braces are tried on their own, and what then still does not parse is counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

from rfl_lint.source import SourceFile, Span
from rfl_lint.syntax.masking import (
    Mask,
    Token,
    mask_init_body,
    mask_metavariables,
    mask_templates,
    tokens_of,
)
from rfl_lint.syntax.parser import Node, Tree, kind_query, parse_ranges, search_code, span_of

if TYPE_CHECKING:
    from rfl_lint.syntax.focus import Focus

HIDING_KINDS: Final = frozenset({"macro_invocation", "macro_definition"})
_CLOSERS: Final = {b"(": b")", b"{": b"}", b"[": b"]"}
# Templates for other languages: nothing in them is a Rust expression.
_NOT_RUST: Final = frozenset({"asm", "global_asm", "naked_asm", "stringify", "concat_idents"})
_OPENS: Final = re.compile(rb"[({\[!]|\bas\b")
_STRING: Final = re.compile(rb'"(?>(?:[^"\\]|\\.)*)("?)', re.DOTALL)
MAX_FRAGMENTS: Final = 20_000


def _unless_open(string: re.Match[bytes]) -> bytes:
    """Nothing in the place of a string; what nobody closes, behind a `'"'` perhaps, stays."""
    return b"" if string[1] else string[0]


class FragmentKind(Enum):
    """What kind of text a piece of Rust stands in."""

    CODE = "code"
    MACRO_CALL = "macro call"
    MACRO_RULES = "macro_rules"
    DOC_CODE = "doc code"

    def __str__(self) -> str:
        return self.value


class Fragment(Struct, frozen=True, eq=False):
    """One tree. `host` is the macro call or definition it was found in, a node of `parent`'s tree.

    `ranges` are the bytes that were parsed where they are not the whole span: in a doc comment each line
    without its `///`. With a `focus` the search finds all that is in there, and outside of it the items alone and not
    what is in them.
    """

    kind: FragmentKind
    tree: Tree
    span: Span
    parent: Fragment | None = None
    host: Node | None = None
    macro: str = ""
    ranges: tuple[Span, ...] = ()
    prefetch: frozenset[str] = frozenset()
    focus: Focus | None = None
    _found: dict[str, list[Node]] = field(default_factory=dict)
    _searched: set[str] = field(default_factory=set)

    @property
    def root(self) -> Node:
        """The root node; its children are items or statements."""
        return self.tree.root_node

    def find(self, kinds: frozenset[str]) -> dict[str, list[Node]]:
        """All nodes of these kinds that are code, each list in source order; kinds without any are left out.

        A search costs about the same for one kind as for thirty, so the first one takes all that `prefetch`
        names along, and what was found is kept.
        """
        missing = kinds - self._searched
        if missing:
            missing |= self.prefetch - self._searched
            self._found.update(self._search(missing))
            self._searched.update(missing)
        return {kind: self._found[kind] for kind in kinds if kind in self._found}

    def _search(self, kinds: frozenset[str]) -> dict[str, list[Node]]:
        if self.focus is None:
            return search_code(self.root, kinds)
        found = search_code(self.root, kinds, self.focus.span) if not self.focus.is_empty else {}
        for kind, nodes in self.focus.outside(kinds).items():
            found[kind] = sorted([*nodes, *found.get(kind, ())], key=_place)
        return found


def _place(node: Node) -> tuple[int, int]:
    return (node.start_byte, -node.end_byte)


class Census(Struct):
    """How many pieces of hidden Rust were met in a file, and how many of them parsed."""

    met: int = 0
    parsed: int = 0
    unparsed: list[Span] = field(default_factory=list)


def macro_fragments(source: SourceFile, top: Fragment, census: Census) -> list[Fragment]:
    """All pieces of Rust in the macro calls and `macro_rules!` bodies of a file, nested ones included."""
    finder = _Finder(source, census)
    found: list[Fragment] = []
    waiting = [top]
    while waiting and len(found) < MAX_FRAGMENTS:
        fragment = waiting.pop()
        for piece in finder.pieces_in(fragment):
            found.append(piece)
            waiting.append(piece)
    found.sort(key=lambda piece: (piece.span.start, -piece.span.end))
    return found


class _Finder:
    """Finds and parses the pieces of one file over one masked copy of its bytes.

    An outer piece is parsed before what it hides is looked at, so masking deeper pieces later in the same
    buffer changes nothing that is still to be read.
    """

    def __init__(self, source: SourceFile, census: Census) -> None:
        self.source = source
        self.census = census
        self.mask = Mask(source)
        # `$x:tt` of the definition at hand: identifiers at first, nothing at all at the second try.
        self.loose: list[Span] = []
        self.ranges: tuple[Span, ...] = ()

    def pieces_in(self, fragment: Fragment) -> Iterator[Fragment]:
        self.ranges = fragment.ranges
        for nodes in fragment.find(HIDING_KINDS).values():
            for node in nodes:
                if fragment.focus is not None and not fragment.focus.holds(node.start_byte):
                    continue
                if node.type == "macro_definition":
                    yield from self._definition(fragment, node)
                else:
                    yield from self._call(fragment, node)

    def _call(self, parent: Fragment, call: Node) -> Iterator[Fragment]:
        body = next((child for child in reversed(call.children) if child.type == "token_tree"), None)
        name_node = call.child_by_field_name("macro")
        if body is None or name_node is None:
            return
        name = self.source.text(span_of(name_node)).rpartition("::")[2].strip()
        if name in _NOT_RUST or not self._may_hold_code(body) or not _holds_code(tokens_of(body)):
            return
        kind = parent.kind if parent.kind is not FragmentKind.CODE else FragmentKind.MACRO_CALL
        make = _Maker(kind, parent, call, name)
        saved = self.mask.saved(span_of(body))
        if mask_init_body(self.mask, body, self.source):
            tree = self._as_statements(body)
            if tree is not None:
                self.census.met += 1
                self.census.parsed += 1
                yield make(tree, span_of(body))
                return
            self.mask.restore(span_of(body), saved)
        yield from self._token_tree(body, make)

    def _may_hold_code(self, body: Node) -> bool:
        """A quick look at the bytes, before any token is made an object of: most calls only print something."""
        inner = self.source.data[body.start_byte + 1 : body.end_byte - 1]
        return _OPENS.search(_STRING.sub(_unless_open, inner)) is not None

    def _definition(self, parent: Fragment, definition: Node) -> Iterator[Fragment]:
        name_node = definition.child_by_field_name("name")
        name = self.source.text(span_of(name_node)) if name_node is not None else ""
        for rule in definition.children:
            if rule.type != "macro_rule":
                continue
            body, pattern = rule.child_by_field_name("right"), rule.child_by_field_name("left")
            if body is None or pattern is None or not _holds_code(tokens_of(body)):
                continue
            self.loose = mask_metavariables(self.mask, body, self._specifiers(pattern), self.source)
            kind = parent.kind if parent.kind is FragmentKind.DOC_CODE else FragmentKind.MACRO_RULES
            yield from self._token_tree(body, _Maker(kind, parent, definition, name))

    def _specifiers(self, pattern: Node) -> dict[str, str]:
        found: dict[str, str] = {}
        for binding in (
            kind_query(frozenset({"token_binding_pattern"})).search(pattern).get("token_binding_pattern", ())
        ):
            name, specifier = binding.child_by_field_name("name"), binding.child_by_field_name("type")
            if name is not None and specifier is not None:
                found[self.source.text(span_of(name))[1:]] = self.source.text(span_of(specifier))
        return found

    def _token_tree(self, body: Node, make: _Maker) -> Iterator[Fragment]:
        """One delimited body: as a whole if that parses, else piece by piece."""
        span = span_of(body)
        if self.source.data[span.end - 1 : span.end] != _CLOSERS.get(
            self.source.data[span.start : span.start + 1]
        ):
            return  # an unclosed delimiter: the parser made the rest up
        tokens = tokens_of(body)
        inner = tokens[1:-1]
        mask_templates(self.mask, body, self.source)
        separators = {token.kind for token in inner}
        if "," in separators and ";" not in separators and self.source.data[span.start] != ord("{"):
            tree = self._as_arguments(body, inner) or self._as_statements(body)
        else:
            tree = self._as_statements(body)
            if tree is None and "," in separators:  # without any, the text would be the same
                tree = self._as_arguments(body, inner)
        if tree is not None:
            self.census.met += 1
            self.census.parsed += 1
            yield make(tree, span)
            return
        for chunk in _chunks(inner, self.source):
            if _holds_code(chunk):
                yield from self._chunk(chunk, make, is_all=len(chunk) == len(inner))

    def _chunk(self, chunk: list[Token], make: _Maker, *, is_all: bool = False) -> Iterator[Fragment]:
        """Part of a body that did not parse as a whole: an argument, a field, a statement; or all of it once more."""
        for start in _starts(chunk, self.source):
            if is_all and start == 0:
                continue  # that is what did not parse
            span = Span(chunk[start].start, chunk[-1].end)
            tree = self._as_statement(span)
            if tree is not None:
                self.census.met += 1
                self.census.parsed += 1
                yield make(tree, span)
                return
        trees = [(index, token) for index, token in enumerate(chunk) if token.kind == "token_tree"]
        if len(chunk) == 1 and trees:
            yield from self._token_tree(chunk[0].node, make)
            return
        missed = True
        for index, token in trees:
            if index and len(chunk) > 2 and chunk[index - 1].kind == "unsafe" and self._opens(token) == b"{":
                yield from self._chunk([chunk[index - 1], token], make)
                missed = False
            elif _holds_code(tokens_of(token.node)):
                yield from self._token_tree(token.node, make)
                missed = False
        if missed:
            self.census.met += 1
            self.census.unparsed.append(Span(chunk[0].start, chunk[-1].end))

    def _opens(self, token: Token) -> bytes:
        return self.source.data[token.start : token.start + 1]

    def _as_statements(self, body: Node) -> Tree | None:
        """The inside of the delimiters as items and statements, a tail expression included."""
        span = span_of(body)
        saved = self.mask.saved(span)
        self.mask.put(span.start, b" ")
        self.mask.put(span.end - 1, b";")
        return self._parse(span, saved)

    def _as_arguments(self, body: Node, inner: list[Token]) -> Tree | None:
        """The inside of the delimiters as expressions with commas between."""
        span = span_of(body)
        saved = self.mask.saved(span)
        self.mask.put(span.start, b" ")
        self.mask.put(span.end - 1, b";")
        for token in inner:
            if token.kind == ",":
                self.mask.put(token.start, b";")
        return self._parse(span, saved)

    def _as_statement(self, span: Span) -> Tree | None:
        """A run of tokens as one item or statement; the byte after it serves as its semicolon."""
        whole = Span(span.start, min(span.end + 1, len(self.source.data)))
        saved = self.mask.saved(whole)
        if whole.end > span.end:
            self.mask.put(span.end, b";")
        tree = self._parse(whole, saved)
        if tree is not None:
            self.mask.restore(whole, saved)
        return tree

    def _parse(self, span: Span, saved: bytes) -> Tree | None:
        spans = _clip(span, self.ranges)
        tree = parse_ranges(self.mask.buffer, self.source, spans)
        if not tree.root_node.has_error:
            return tree
        loose = [place for place in self.loose if span.contains(place)]
        if loose:
            for place in loose:
                self.mask.blank(place.start, place.end)
            tree = parse_ranges(self.mask.buffer, self.source, spans)
            if not tree.root_node.has_error:
                return tree
        self.mask.restore(span, saved)
        return None


class _Maker(Struct, frozen=True):
    """What all pieces of one macro call or definition have in common."""

    kind: FragmentKind
    parent: Fragment
    host: Node
    macro: str

    def __call__(self, tree: Tree, span: Span) -> Fragment:
        parent = self.parent
        return Fragment(self.kind, tree, span, parent, self.host, self.macro, parent.ranges, parent.prefetch)


def _clip(span: Span, ranges: tuple[Span, ...]) -> list[Span]:
    """The parts of a span that lie in the ranges its fragment was parsed from."""
    if not ranges:
        return [span]
    return [
        Span(max(span.start, part.start), min(span.end, part.end)) for part in ranges if part.overlaps(span)
    ]


def _holds_code(tokens: Iterable[Token]) -> bool:
    """Whether a run of tokens can hold anything to look at: a call, a block, an index, a cast, another macro."""
    return any(token.kind in ("token_tree", "token_repetition", "!", "as") for token in tokens)


def _chunks(tokens: list[Token], source: SourceFile) -> Iterator[list[Token]]:
    """Cut at top-level commas, semicolons, fat arrows, and after a brace that ends an item or statement."""
    chunk: list[Token] = []
    for index, token in enumerate(tokens):
        if token.kind in (",", ";", "=>"):
            if chunk:
                yield chunk
            chunk = []
            continue
        chunk.append(token)
        following = tokens[index + 1].kind if index + 1 < len(tokens) else ""
        closes = token.kind == "token_tree" and source.data[token.start : token.start + 1] == b"{"
        if closes and following in _BEGINS_ITEM:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


_BEGINS_ITEM: Final = frozenset(
    {
        "#",
        "pub",
        "fn",
        "unsafe",
        "impl",
        "struct",
        "enum",
        "const",
        "static",
        "let",
        "if",
        "match",
        "for",
        "use",
        "mod",
    }
)


def _starts(chunk: list[Token], source: SourceFile) -> Iterator[int]:
    """Where the expression of a chunk may begin: at its start, or behind `name:`, `name =`, `name <-`."""
    yield 0
    for index, token in enumerate(chunk[:3]):
        text = source.data[token.start : token.end]
        if text in (b":", b"=") and index + 1 < len(chunk):
            yield index + 1
        elif text == b"<" and index + 2 < len(chunk) and source.data[chunk[index + 1].start] == ord("-"):
            yield index + 2
