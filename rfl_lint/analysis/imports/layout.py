"""The layout of a `use` statement: which items share a line, and what the vertical form of it is.

The vertical form has one item on a line and an empty comment behind the last item of each list, which keeps rustfmt
from filling lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from rfl_lint.facts import expand_use
from rfl_lint.finding import Edit
from rfl_lint.rule import Context
from rfl_lint.source import Span
from rfl_lint.syntax import Node, span_of

USE: Final = "use_declaration"
_LIST: Final = "use_list"
_SCOPED: Final = "scoped_use_list"
_COMMENTS: Final = frozenset({"line_comment", "block_comment"})
_STEP: Final = "    "


def crowded(use: Node, cx: Context) -> Span | None:
    """The items on the first line of a `use` statement that holds several of one list."""
    if cx.source.data.find(b"{", use.start_byte, use.end_byte) < 0:
        return None
    found: list[Span] = []
    for listed in _lists(use):
        items = _items(listed)
        for first, second in pairwise(items):
            if first.end_point.row == second.start_point.row:
                row = first.start_point.row
                last = next(
                    each for each in reversed(items) if each.start_point.row <= second.start_point.row
                )
                start = next(each for each in items if each.end_point.row >= row)
                found.append(Span(start.start_byte, last.end_byte))
                break
    return min(found, default=None)


def vertical(use: Node, cx: Context) -> Edit | None:
    """The edit that lays a `use` statement out; None where a comment in it would be lost, or what is no Rust."""
    argument = use.child_by_field_name("argument")
    if argument is None or argument.has_error:
        return None
    row = cx.source.row(use.start_byte)
    line = cx.source.data[cx.source.line_starts[row] : use.start_byte]
    indent = line[: len(line) - len(line.lstrip(b" \t"))].decode()
    end = cx.source.row_span(row).end
    newline = "\r\n" if cx.source.data[end : end + 1] == b"\r" else "\n"
    text: list[str] = []
    waiting: list[tuple[Node | str, str]] = [(argument, indent)]
    while waiting:
        piece, indent = waiting.pop()
        if isinstance(piece, str):
            text.append(piece)
            continue
        listed = piece if piece.type == _LIST else piece.child_by_field_name("list")
        if listed is None:
            text.append(_squeezed(cx.text(piece)))
            continue
        if any(_says_something(comment, cx) for comment in _comments(piece, listed)):
            return None
        text.append(_squeezed(cx.source.text(Span(piece.start_byte, listed.start_byte))))
        items = _items(listed)
        below = indent + _STEP
        parts: list[tuple[Node | str, str]] = [("{", "")]
        for index, item in enumerate(items):
            ending = "," if index + 1 < len(items) else ", //"
            parts += [(f"{newline}{below}", ""), (item, below), (ending, "")]
        parts.append((f"{newline}{indent}}}" if items else "}", ""))
        waiting += reversed(parts)
    return Edit(span_of(argument), "".join(text))


def imports(use: Node, cx: Context) -> Iterator[tuple[str, str, Node]]:
    """Path and local name of each import of a `use` statement, as `expand_use` has them, and where it stands."""
    argument = use.child_by_field_name("argument")
    waiting = [("", argument)] if argument is not None else []
    while waiting:
        prefix, node = waiting.pop()
        listed = node if node.type == _LIST else node.child_by_field_name("list")
        if listed is not None:
            before = prefix + _squeezed(cx.source.text(Span(node.start_byte, listed.start_byte)))
            waiting += reversed([(before, item) for item in _items(listed)])
            continue
        yield from ((path, alias, node) for path, alias in expand_use(prefix + cx.text(node)))


def _lists(use: Node) -> Iterator[Node]:
    waiting = [use]
    while waiting:
        for child in waiting.pop().named_children:
            if child.type == _LIST:
                yield child
            if child.type in (_LIST, _SCOPED):
                waiting.append(child)


def _items(listed: Node) -> list[Node]:
    return [child for child in listed.named_children if child.type not in _COMMENTS]


def _comments(piece: Node, listed: Node) -> Iterator[Node]:
    for node in {piece.id: piece, listed.id: listed}.values():
        yield from (child for child in node.children if child.type in _COMMENTS)


def _says_something(comment: Node, cx: Context) -> bool:
    return cx.text(comment).strip() != "//"


def _squeezed(text: str) -> str:
    """A path or a renaming without needless white space."""
    return "::".join(" ".join(word.split()) for word in text.split("::"))
