"""Rust in the code blocks of doc comments, at its own offsets in the file.

rustdoc compiles a block as Rust unless its fence says otherwise: `text`, or `ignore`, under which stands what needs not
even be whole, what a macro becomes, say. What is ignored on some targets only (`ignore-arm`) is compiled on the others.
Hidden lines (`# let x = ..;`) are part of a block. The fence lines become the braces of a block, so that a tail
expression parses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from rfl_lint.source import SourceFile, Span
from rfl_lint.syntax.fragments import Census, Fragment, FragmentKind
from rfl_lint.syntax.masking import Mask
from rfl_lint.syntax.parser import parse_ranges

_LINE: Final = re.compile(rb"[ \t]*//[/!](?!/)")
_FENCE: Final = re.compile(rb"[ \t]*(```+|~~~+)[ \t]*([^`\r\n]*)")
_CLOSURE_COMMA: Final = re.compile(rb",(?=\s*(?://[/!]\s*)?\|\s*(?:->|\{))")
_RUST_WORDS: Final = frozenset(
    {"", "rust", "no_run", "should_panic", "compile_fail", "edition2015", "edition2018", "edition2021",
     "edition2024", "standalone", "standalone_crate", "test_harness"}
)  # fmt: skip


class _DocLine(Struct, frozen=True):
    row: int
    text: Span  # what follows the `///`, the line ending included


def doc_fragments(source: SourceFile, top: Fragment, census: Census) -> list[Fragment]:
    """Every Rust code block of the file's `///` and `//!` comments that parses."""
    mask = Mask(source)
    found: list[Fragment] = []
    for lines in _runs(source):
        for block in _blocks(lines, source):
            census.met += 1
            spans = _ranges(block, mask, source)
            tree = parse_ranges(mask.buffer, source, spans)
            if tree.root_node.has_error and _mask_trailing_commas(mask, spans):
                tree = parse_ranges(mask.buffer, source, spans)
            span = Span(block[0].text.start, block[-1].text.end)
            if tree.root_node.has_error:
                census.unparsed.append(span)
                continue
            census.parsed += 1
            found.append(
                Fragment(FragmentKind.DOC_CODE, tree, span, top, ranges=tuple(spans), prefetch=top.prefetch)
            )
    return found


def _mask_trailing_commas(mask: Mask, spans: list[Span]) -> bool:
    """Blank the comma in `|a, b,| ..`, which is Rust but not in the grammar."""
    start, end = spans[0].start, spans[-1].end
    commas = [match.start() for match in _CLOSURE_COMMA.finditer(mask.buffer, start, end)]
    for comma in commas:
        mask.blank(comma, comma + 1)
    return bool(commas)


def _runs(source: SourceFile) -> Iterator[list[_DocLine]]:
    """Doc comment lines that stand directly below each other."""
    run: list[_DocLine] = []
    starts = [*source.line_starts, len(source.data)]
    for row in range(len(starts) - 1):
        match = _LINE.match(source.data, starts[row], starts[row + 1])
        if match:
            run.append(_DocLine(row, Span(match.end(), starts[row + 1])))
        elif run:
            yield run
            run = []
    if run:
        yield run


def _blocks(lines: list[_DocLine], source: SourceFile) -> Iterator[list[_DocLine]]:
    """Fenced Rust blocks of one comment, from the opening fence's line to the closing one's."""
    opened: list[_DocLine] = []
    fence = b""
    rust = False
    for line in lines:
        match = _FENCE.match(source.data, line.text.start, line.text.end)
        if not opened:
            if match:
                opened, fence = [line], match[1]
                rust = _is_rust(match[2])
            continue
        opened.append(line)
        if match and match[1].startswith(fence) and not match[2].strip():
            if rust and len(opened) > 2:
                yield opened
            opened = []


def _is_rust(info: bytes) -> bool:
    words = [word.strip() for word in re.split(r"[,\s]+", info.decode("utf-8", "replace").strip())]
    return all(word in _RUST_WORDS or word.startswith(("ignore-", "E0", "{.rust")) for word in words)


def _ranges(block: list[_DocLine], mask: Mask, source: SourceFile) -> list[Span]:
    """The bytes of the block that are Rust; the fences become `{` and `}`."""
    spans: list[Span] = []
    for index, line in enumerate(block):
        start, end = line.text.start, line.text.end
        if index in (0, len(block) - 1):
            row = source.row_span(line.row)
            mask.blank(start, row.end)
            fence = next(at for at in range(start, row.end) if source.data[at : at + 1] in (b"`", b"~"))
            mask.put(fence, b"{" if index == 0 else b"}")
        else:
            text = source.data[start:end]
            stripped = text.lstrip(b" \t")
            if stripped.startswith(b"# ") or stripped.rstrip() == b"#":
                start = min(end, start + len(text) - len(stripped) + 1)
            elif stripped.startswith(b"##"):
                start += len(text) - len(stripped) + 1
        spans.append(Span(start, end))
    return spans
