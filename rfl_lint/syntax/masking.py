"""Blanking and replacing bytes so that macro bodies parse as plain Rust, without moving anything.

Every replacement keeps its length, so offsets in the masked text are offsets in the file. What is masked,
and why, is the whole trick of looking into macros:

    $x            becomes `_x` (`'x` for a lifetime, blanks for a visibility or item, `{}` for a block)
    $( .. ),*     loses its `$(` and `),*`: one round of the repetition stays
    a <- b        becomes `a: b` (pin-init)
    &this in T {} loses `&this in`; `T {} ? Error` loses `? Error`; a field `_` becomes `u`
    ( a, b )      becomes `  a; b;`: each argument is a statement
    [< a $b >]    becomes one identifier of that length (`paste!`)
    #x  #( .. )*  become `_x` and one round of the repetition (`quote!`-like templates)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Final

from msgspec import Struct

from rfl_lint.source import SourceFile, Span
from rfl_lint.syntax.parser import Node

_REPEAT: Final = re.compile(rb"[,;]?[*+?]")
_QUOTED: Final = re.compile(rb"#[\w(]")
_BLANKED_SPECIFIERS: Final = frozenset({"vis", "item", "stmt"})


class Mask:
    """A writable copy of a file's bytes. Regions can be put back when an attempt to parse them failed."""

    def __init__(self, source: SourceFile) -> None:
        self.buffer = bytearray(source.data)

    def saved(self, span: Span) -> bytes:
        """The current bytes of a region, for `restore`."""
        return bytes(self.buffer[span.start : span.end])

    def restore(self, span: Span, saved: bytes) -> None:
        """Put a region back as it was when `saved` was taken."""
        self.buffer[span.start : span.end] = saved

    def blank(self, start: int, end: int) -> None:
        """Overwrite with spaces; line ends stay, so that rows stay."""
        for offset in range(start, end):
            if self.buffer[offset] not in b"\r\n":
                self.buffer[offset] = 0x20

    def put(self, offset: int, text: bytes) -> None:
        """Overwrite from `offset` on."""
        self.buffer[offset : offset + len(text)] = text


class Token(Struct, frozen=True):
    """A child of a token tree: a leaf, a nested token tree, or a repetition."""

    kind: str
    start: int
    end: int
    node: Node

    @property
    def span(self) -> Span:
        """The bytes of the token."""
        return Span(self.start, self.end)


def tokens_of(token_tree: Node) -> list[Token]:
    """The direct children of a token tree, delimiters included, comments left out."""
    return [
        Token(child.type, child.start_byte, child.end_byte, child)
        for child in token_tree.children
        if not child.is_extra and child.type not in ("line_comment", "block_comment")
    ]


def mask_metavariables(
    mask: Mask, body: Node, specifiers: Mapping[str, str], source: SourceFile
) -> list[Span]:
    """Make identifiers of `$x` and single rounds of `$( .. )*` in a `macro_rules!` right side.

    Returns the places of `$x:tt`: what stands for any tokens may as well stand for none.
    """
    loose: list[Span] = []
    for node in _descendants(body):
        if node.type == "metavariable":
            name = source.data[node.start_byte + 1 : node.end_byte].decode("utf-8", "replace")
            specifier = specifiers.get(name, "")
            _mask_metavariable(mask, node, specifier)
            if specifier == "tt":
                loose.append(Span(node.start_byte, node.end_byte))
        elif node.type == "token_repetition":
            _mask_repetition(mask, node)
    return loose


def _mask_metavariable(mask: Mask, node: Node, specifier: str) -> None:
    if specifier in _BLANKED_SPECIFIERS:
        mask.blank(node.start_byte, node.end_byte)
    elif specifier == "lifetime":
        mask.put(node.start_byte, b"'")
    elif specifier == "block":
        mask.blank(node.start_byte, node.end_byte)
        mask.put(node.start_byte, b"{}")
    else:
        mask.put(node.start_byte, b"_")


def _mask_repetition(mask: Mask, node: Node) -> None:
    children = node.children
    opening = next((child for child in children if child.type == "("), None)
    closing = next((child for child in reversed(children) if child.type == ")"), None)
    if opening is not None and closing is not None:
        mask.blank(node.start_byte, opening.end_byte)
        mask.blank(closing.start_byte, node.end_byte)


def mask_templates(mask: Mask, body: Node, source: SourceFile) -> None:
    """Make identifiers of `paste!`'s `[< .. >]` and of `quote!`'s `#x`, and single rounds of `#( .. )*`."""
    text = source.data[body.start_byte : body.end_byte]
    pasted, quoted = b"[<" in text, _QUOTED.search(text) is not None
    if not pasted and not quoted:
        return
    for node in [body, *_descendants(body)]:
        if node.type != "token_tree":
            continue
        children = node.children
        if pasted and len(children) > 3 and (children[1].type, children[-2].type) == ("<", ">"):
            mask.put(node.start_byte, b"_" * (node.end_byte - node.start_byte))
        elif quoted:
            for first, second in pairwise(children):
                if first.type == "#" and first.end_byte == second.start_byte:
                    _mask_interpolation(mask, second, source)


def _mask_interpolation(mask: Mask, node: Node, source: SourceFile) -> None:
    if node.type in ("identifier", "self", "crate"):
        mask.put(node.start_byte - 1, b"_")
    elif node.type == "token_tree" and source.data[node.start_byte] == ord("("):
        mask.blank(node.start_byte - 1, node.start_byte + 1)
        repeat = _REPEAT.match(source.data, node.end_byte)
        mask.blank(node.end_byte - 1, repeat.end() if repeat else node.end_byte)


def mask_init_body(mask: Mask, token_tree: Node, source: SourceFile) -> bool:
    """Rewrite pin-init syntax inside one initialiser call; False where there is none."""
    tokens = tokens_of(token_tree)
    body = next(
        (token for token in tokens if token.kind == "token_tree" and _opens(token, source) == b"{"), None
    )
    if body is None:
        return False
    touched = _mask_this_in(mask, tokens, source)
    after = [token for token in tokens[:-1] if token.start >= body.end]
    if after and after[0].kind == "?":
        mask.blank(after[0].start, after[-1].end)
        touched = True
    return _mask_arrows(mask, body.node, source) or touched


def _opens(token: Token, source: SourceFile) -> bytes:
    return source.data[token.start : token.start + 1]


def _mask_this_in(mask: Mask, tokens: list[Token], source: SourceFile) -> bool:
    words = [source.data[token.start : token.end] for token in tokens[1:5]]
    for length in (3, 4):  # `&this in`, `& mut this in` as some trees write it
        if len(words) >= length and words[0] == b"&" and words[length - 1] == b"in":
            mask.blank(tokens[1].start, tokens[length].end)
            return True
    return False


def _mask_arrows(mask: Mask, body: Node, source: SourceFile) -> bool:
    touched = False
    for node in [body, *_descendants(body)]:
        if node.type != "token_tree":
            continue
        tokens = tokens_of(node)
        for index, (first, second) in enumerate(pairwise(tokens)):
            if first.kind == "<" and second.kind == "-" and first.end == second.start:
                if index > 0 and tokens[index - 1].kind == "identifier":
                    mask.put(first.start, b": ")
                    touched = True
            elif first.kind == "<-":
                mask.put(first.start, b": ")
                touched = True
            elif second.kind == ":" and source.data[first.start : first.end] == b"_":
                mask.put(first.start, b"u")
                touched = True
    return touched


def _descendants(node: Node) -> Iterator[Node]:
    """Every node below, without recursion, in no promised order."""
    stack = list(node.children)
    while stack:
        current = stack.pop()
        yield current
        stack.extend(current.children)
