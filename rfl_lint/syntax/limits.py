"""What is too large, too deep or too broken to look at, decided before any rule or query runs.

Each bound is far beyond real kernel code (the largest file of Linux 7.2 is a generated table of 0.3 MB) and
well below where tree-sitter's queries or upward walks stop being linear. A bound that is hit is reported.
"""

from __future__ import annotations

from typing import Final

from rfl_lint.source import Span
from rfl_lint.syntax.parser import Node, Tree, span_of

MAX_FILE_BYTES: Final = 2_000_000
# In per cent of the words of a file.
_MAX_WRONG: Final = 50
_FEW_WORDS: Final = 20
MAX_NODES: Final = 1_000_000
MAX_DEPTH: Final = 600
MAX_ERROR_CHILDREN: Final = 5_000
_SAMPLE_STRIDE: Final = 256
_MAX_SAMPLES: Final = 500


def refuse_bytes(data: bytes) -> str | None:
    """Why these bytes are not parsed at all; None where they are."""
    if len(data) > MAX_FILE_BYTES:
        return f"the file is larger than {MAX_FILE_BYTES:,} bytes"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "not UTF-8: it begins with the byte order mark of UTF-16"
    if b"\0" in data:
        line = data.count(b"\n", 0, data.index(b"\0")) + 1
        return f"not text: a NUL byte on line {line}"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return f"not UTF-8: byte 0x{data[error.start]:02x} on line {line}"
    return None


def refuse_tree(tree: Tree) -> str | None:
    """Why this tree is not searched; None where it is."""
    if tree.root_node.descendant_count > MAX_NODES:
        return f"more than {MAX_NODES:,} pieces of syntax in one file"
    if _sampled_depth(tree) > MAX_DEPTH:
        return f"code nested more than {MAX_DEPTH} levels deep"
    if tree.root_node.has_error and (broken := _widest_error(tree.root_node)) > MAX_ERROR_CHILDREN:
        return f"does not parse: {broken:,} tokens in one place that no Rust syntax explains"
    return None


def refuse_nonsense(root: Node, data: bytes) -> str | None:
    """Why a text is no Rust at all; None where it may be, such as code that is being typed."""
    wrong = words = 0
    stack = [root]
    while stack:
        node = stack.pop()
        for child in node.children:
            loose = node.is_error and child.child_count == 0
            wrong += len(data[child.start_byte : child.end_byte].split()) if loose or child.is_error else 0
            if child.has_error and not child.is_error:
                stack.append(child)
    words = len(data.split())
    if words > _FEW_WORDS and wrong * 100 > words * _MAX_WRONG:
        return f"does not parse as Rust: {wrong * 100 // words} % of it is not Rust syntax"
    return None


def error_spans(root: Node) -> list[Span]:
    """The outermost places below the root that the parser could make nothing of, in order.

    If the root itself is such a place, what parsed inside it stands for itself.
    """
    found: list[Span] = []
    stack = [child for child in root.children if child.has_error]
    while stack:
        node = stack.pop()
        if node.is_error:
            found.append(span_of(node))
        else:
            stack.extend(child for child in node.children if child.has_error)
    return sorted(found)


def count_faults(root: Node) -> int:
    """How many places the parser could make nothing of, and how many tokens it had to make up."""
    count = 0
    stack = [root] if root.has_error else []
    while stack:
        node = stack.pop()
        count += node.is_error or node.is_missing
        stack.extend(child for child in node.children if child.has_error)
    return count


def _sampled_depth(tree: Tree) -> int:
    """The depth of the first sampled node that lies too deep, else the greatest depth seen.

    A chain that deep has at least as many nodes one after the other, so a stride below the limit cannot
    step over it, and a few dozen jumps in C replace a walk over the whole tree. In very large trees the stride
    grows, because a jump costs as much as there are siblings to pass.
    """
    cursor = tree.walk()
    total = tree.root_node.descendant_count
    deepest = 0
    for index in range(0, total, max(_SAMPLE_STRIDE, total // _MAX_SAMPLES)):
        cursor.goto_descendant(index)
        deepest = max(deepest, cursor.depth)
        if deepest > MAX_DEPTH:
            break
    return deepest


def _widest_error(root: Node) -> int:
    widest = 0
    stack = [root]
    while stack:
        node = stack.pop()
        if node.is_error:
            widest = max(widest, node.child_count)
            if widest > MAX_ERROR_CHILDREN:
                break
        stack.extend(child for child in node.children if child.has_error)
    return widest
