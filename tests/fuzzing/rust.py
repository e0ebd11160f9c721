"""Rust that somebody made hostile: mutations by the grammar, by words and by bytes, of code that is real."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

from rfl_lint.syntax.parser import Node, parse
from tests.fuzzing.words import WORDS, WRAPPINGS

_MOST_BYTES: Final = 30_000
_LONGEST_PIECE: Final = 600
_PIECES_OF_A_KIND: Final = 400


@dataclass
class Corpus:
    """Texts to begin with, and pieces of them by the kind of their syntax."""

    texts: list[tuple[str, bytes]] = field(default_factory=list)
    pieces: dict[str, list[bytes]] = field(default_factory=dict)

    def add(self, name: str, data: bytes) -> None:
        """Take a text in, its pieces too."""
        self.texts.append((name, data))
        for node in nodes_of(data):
            size = node.end_byte - node.start_byte
            if node.is_named and 1 < size <= _LONGEST_PIECE:
                known = self.pieces.setdefault(node.type, [])
                if len(known) < _PIECES_OF_A_KIND:
                    known.append(data[node.start_byte : node.end_byte])


def read_corpus(files: Iterable[Path]) -> Corpus:
    """The texts of files, those that are too large left out."""
    corpus = Corpus()
    for file in files:
        data = file.read_bytes()
        if len(data) <= _MOST_BYTES:
            corpus.add(file.name, data)
    return corpus


def nodes_of(data: bytes) -> list[Node]:
    """All nodes of a text, the root left out."""
    found: list[Node] = []
    waiting = [parse(data).root_node]
    while waiting:
        children = waiting.pop().children
        found += children
        waiting += children
    return found


def mutated(data: bytes, corpus: Corpus, random: Random) -> bytes:
    """A text after a few mutations."""
    for _ in range(random.choice((1, 1, 2, 3, 6, 12))):
        data = random.choice(MUTATIONS)(data, corpus, random)[:_MOST_BYTES]
    return data


def utf8(data: bytes) -> bytes:
    """The same where it is UTF-8: what is cut within a character is refused before anything looks at it."""
    return data.decode("utf-8", "ignore").encode()


def _spot(data: bytes, random: Random) -> int:
    return random.randrange(len(data) + 1)


def _node(data: bytes, random: Random) -> Node | None:
    nodes = nodes_of(data)
    return random.choice(nodes) if nodes else None


def _spliced(data: bytes, start: int, end: int, text: bytes) -> bytes:
    return data[:start] + text + data[end:]


def _replace_alike(data: bytes, corpus: Corpus, random: Random) -> bytes:
    node = _node(data, random)
    others = corpus.pieces.get(node.type) if node is not None else None
    return _spliced(data, node.start_byte, node.end_byte, random.choice(others)) if node and others else data


def _replace_unlike(data: bytes, corpus: Corpus, random: Random) -> bytes:
    node = _node(data, random)
    if node is None or not corpus.pieces:
        return data
    kind = random.choice(sorted(corpus.pieces))
    return _spliced(data, node.start_byte, node.end_byte, random.choice(corpus.pieces[kind]))


def _delete_node(data: bytes, _corpus: Corpus, random: Random) -> bytes:
    node = _node(data, random)
    return _spliced(data, node.start_byte, node.end_byte, b"") if node is not None else data


def _repeat_node(data: bytes, _corpus: Corpus, random: Random) -> bytes:
    node = _node(data, random)
    if node is None:
        return data
    text = data[node.start_byte : node.end_byte]
    between = random.choice((b" ", b"\n", b", ", b"; ", b"", b" + ", b"."))
    return _spliced(data, node.end_byte, node.end_byte, (between + text) * random.choice((1, 1, 2, 30)))


def _swap_nodes(data: bytes, _corpus: Corpus, random: Random) -> bytes:
    first, second = _node(data, random), _node(data, random)
    if first is None or second is None:
        return data
    if first.start_byte > second.start_byte:
        first, second = second, first
    if first.end_byte > second.start_byte:
        return data
    a, b, c, d = first.start_byte, first.end_byte, second.start_byte, second.end_byte
    return data[:a] + data[c:d] + data[b:c] + data[a:b] + data[d:]


def _wrap_node(data: bytes, _corpus: Corpus, random: Random) -> bytes:
    node = _node(data, random)
    if node is None:
        return data
    before, after = random.choice(WRAPPINGS)
    depth = random.choice((1, 1, 1, 2, 40))
    text = data[node.start_byte : node.end_byte]
    return _spliced(data, node.start_byte, node.end_byte, before * depth + text + after * depth)


def _insert_word(data: bytes, _corpus: Corpus, random: Random) -> bytes:
    node = _node(data, random)
    at = random.choice((node.start_byte, node.end_byte)) if node is not None else 0
    return _spliced(data, at, at, random.choice(WORDS) + random.choice((b"", b" ", b"\n")))


def _insert_words(data: bytes, _corpus: Corpus, random: Random) -> bytes:
    at = _spot(data, random)
    words = [random.choice(WORDS) for _ in range(random.randrange(1, 12))]
    return _spliced(data, at, at, random.choice((b" ", b"", b"\n")).join(words))


def _repeat_word(data: bytes, _corpus: Corpus, random: Random) -> bytes:
    at = _spot(data, random)
    return _spliced(data, at, at, random.choice(WORDS) * random.choice((5, 80, 700)))


def _cut(data: bytes, _corpus: Corpus, random: Random) -> bytes:
    start, end = sorted((_spot(data, random), _spot(data, random)))
    return data[:start] + data[end:] if random.random() < 0.5 else data[start:end]


def _copy_lines(data: bytes, _corpus: Corpus, random: Random) -> bytes:
    lines = data.split(b"\n")
    start, end = sorted((random.randrange(len(lines)), random.randrange(len(lines))))
    at = random.randrange(len(lines))
    return b"\n".join([*lines[:at], *lines[start:end], *lines[at:]])


def _change_bytes(data: bytes, _corpus: Corpus, random: Random) -> bytes:
    changed = bytearray(data)
    for _ in range(random.choice((1, 4, 30)) if changed else 0):
        changed[random.randrange(len(changed))] = random.randrange(128)
    return bytes(changed)


def _other_endings(data: bytes, _corpus: Corpus, random: Random) -> bytes:
    ending = random.choice((b"\r\n", b"\n\n", b" \n", b"\r", b" "))
    return data.replace(b"\n", ending, random.choice((-1, 3)))


def _as_doc(data: bytes, _corpus: Corpus, random: Random) -> bytes:
    mark = random.choice((b"/// ", b"//! ", b"///", b"// ", b"    ", b" * "))
    lines = data.split(b"\n")
    start, end = sorted((random.randrange(len(lines) + 1), random.randrange(len(lines) + 1)))
    fence = [mark + b"```" + random.choice((b"", b"ignore", b"rust,no_run"))] if random.random() < 0.6 else []
    return b"\n".join(
        [*lines[:start], *fence, *(mark + line for line in lines[start:end]), *fence, *lines[end:]]
    )


def _join(data: bytes, corpus: Corpus, random: Random) -> bytes:
    return data + random.choice(corpus.texts)[1] if corpus.texts else data


MUTATIONS: Final[Sequence[Callable[[bytes, Corpus, Random], bytes]]] = (
    _replace_alike,
    _replace_alike,
    _replace_alike,
    _replace_unlike,
    _delete_node,
    _delete_node,
    _repeat_node,
    _swap_nodes,
    _swap_nodes,
    _wrap_node,
    _wrap_node,
    _insert_word,
    _insert_word,
    _insert_words,
    _repeat_word,
    _cut,
    _copy_lines,
    _change_bytes,
    _other_endings,
    _as_doc,
    _join,
)
