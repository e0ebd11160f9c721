"""Parsing what edits made of a file as far as they concern it: what somebody who types waits for."""

from __future__ import annotations

from collections.abc import Sequence

from rfl_lint.source import SourceFile, Span
from rfl_lint.syntax.focus import Change, focus_of
from rfl_lint.syntax.fragments import HIDING_KINDS, Census, Fragment, FragmentKind, macro_fragments
from rfl_lint.syntax.limits import error_spans, refuse_bytes, refuse_tree
from rfl_lint.syntax.parsed import COMMENT_KINDS, ParsedFile
from rfl_lint.syntax.parser import TextEdit, reparse


def glance_at(
    source: SourceFile, before: ParsedFile, edits: Sequence[TextEdit], prefetch: frozenset[str]
) -> ParsedFile | None:
    """What edits made of a file, with a focus on what they concern; None for what has to be parsed as a whole.

    Nothing is searched but the items in the focus, nor are other items' macro calls parsed. Where the text is no Rust
    the tree may be another one than a parse of the whole text gives.
    """
    if not before.fragments or refuse_bytes(source.data) is not None:
        return None
    old = before.fragments[0].tree
    tree = reparse(old, edits, source.data, exactly=False)
    if refuse_tree(tree) is not None:
        return None
    focus = focus_of(old.root_node, tree.root_node, Change.of(edits))
    errors = error_spans(tree.root_node) if tree.root_node.has_error else []
    wanted = prefetch | HIDING_KINDS | COMMENT_KINDS
    top = Fragment(FragmentKind.CODE, tree, Span(0, len(source.data)), prefetch=wanted, focus=focus)
    census = Census()
    hidden = macro_fragments(source, top, census) if not focus.is_empty else []
    return ParsedFile(source, [top, *hidden], census, errors=errors)
