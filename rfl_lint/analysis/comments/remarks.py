"""What comments at a statement say beyond their tagged sections: why it is as it is.

A `SAFETY:` section says why code is sound, not why an argument or a result does not matter; its text is kept apart.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from msgspec import Struct

from rfl_lint.analysis.comments.anchor import statement_anchor
from rfl_lint.analysis.comments.layers import comment_layers
from rfl_lint.analysis.comments.rows import CommentRows, CommentRun
from rfl_lint.rule import Context
from rfl_lint.source import Span
from rfl_lint.syntax import Node


class Remarks(Struct, frozen=True):
    """The words of all comments at a statement: `plain` outside of tagged sections, `tagged` in them."""

    plain: str = ""
    tagged: str = ""


def remarks(cx: Context, node: Node) -> Remarks:
    """The comments above the statement that a node is in, inside of it, and behind it on its lines."""
    rows = comment_layers(cx).at(node.start_byte)
    anchor = statement_anchor(cx, node)
    around = anchor.node if anchor is not None else node
    spans = [node, around]
    # A block that holds nothing but this statement is commented on from outside.
    block = cx.parent(around)
    if block is not None and block.type == "expression_statement":
        block = cx.parent(block)
    outer = cx.parent(block) if block is not None and block.type == "block" else None
    if outer is not None and outer.type == "unsafe_block" and _is_alone(block):
        spans.append(outer)
        wider = statement_anchor(cx, outer)
        spans += [wider.node] if wider is not None else []
    runs: dict[int, CommentRun] = {}
    for each in spans:
        first, last = rows.source.row(each.start_byte), rows.source.row(each.end_byte)
        found = [*_above(rows, first), rows.trailing_run(first), rows.trailing_run(last)]
        found += [rows.run_at(comment.start) for comment in _inside(cx, Span(each.start_byte, each.end_byte))]
        runs.update({run.span.start: run for run in found if run is not None})
    plain: list[str] = []
    tagged: list[str] = []
    data = cx.source.data
    for run in runs.values():
        sections = [section.span for section in run.sections]
        for line in run.lines:
            cut = min((each.start for each in sections if each.overlaps(line.text)), default=line.text.end)
            cut = max(cut, line.text.start)
            plain.append(data[line.text.start : cut].decode("utf-8", "replace"))
            tagged.append(data[cut : line.text.end].decode("utf-8", "replace"))
    return Remarks(" ".join(plain).strip(" \t/*-#"), " ".join(tagged).strip())


def _above(rows: CommentRows, row: int) -> Iterator[CommentRun]:
    """The comments above a line, a block comment over a line comment included."""
    while (run := rows.run_above(row)) is not None:
        yield run
        row = run.first_row


def _is_alone(block: Node | None) -> bool:
    return block is not None and sum(not child.is_extra for child in block.named_children) == 1


def _inside(cx: Context, span: Span) -> list[Span]:
    comments = cx.parsed.comments
    low, high = bisect_left(comments, Span(span.start, 0)), bisect_left(comments, Span(span.end, 0))
    return comments[low:high][:50]
