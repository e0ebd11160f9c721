"""Links into the source tree, `srctree/include/linux/foo.h`: whether their file is there, and is the one they name.

What cannot be known is not said: without a kernel tree, where the folder is not in the tree, where it holds no file of
that kind (partial checkouts), and for paths that lead out of the tree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import basename, dirname, splitext
from typing import Final
from urllib.parse import unquote

from msgspec import Struct

from rfl_lint.analysis.docs.markdown import DocLink, comment_links
from rfl_lint.near import nearest
from rfl_lint.rule import Context
from rfl_lint.source import Span
from rfl_lint.tree import KernelTree, inside_path

SRCTREE: Final = "srctree/"
_WORD: Final = re.compile(r"[\w.+@/-]+")
_LINE: Final = re.compile(r":\d+$")
_IS_FILE: Final = re.compile(r"\.(?:[chS]|rs|rst|txt|dtsi?|ya?ml|py|pl|sh|toml|json|lds)$")
_UP: Final = re.compile(r"(?:\.{1,2}/)+")


class BrokenLink(Struct, frozen=True):
    """`path` is where the link leads; `named` the other file that its text names, or empty if `path` is not there."""

    span: Span
    path: str
    named: str = ""
    better: str = ""
    """A path that exists and may be meant."""


def broken_links(cx: Context) -> Iterator[BrokenLink]:
    """The links into the tree that lead to no file, or to another than they name; in order."""
    if SRCTREE.encode() not in cx.source.data or not cx.tree.is_kernel:
        return
    docs = cx.parsed.docs
    for comment in (*docs.inner.values(), *docs.outer.values()):
        if SRCTREE.encode() in cx.source.data[comment.span.start : comment.span.end]:
            for link, texts in comment_links(comment, SRCTREE):
                found = _judged(link, texts, cx.tree)
                if found is not None:
                    yield found


def _judged(link: DocLink, texts: tuple[str, ...], tree: KernelTree) -> BrokenLink | None:
    written = unquote(link.target.removeprefix(SRCTREE).partition("#")[0].partition("?")[0])
    path = inside_path(written)
    if path is None:
        return None
    names = tree.names_in(dirname(path))
    if names is None:
        return None
    if not tree.holds(path):
        if written.endswith("/") or not _is_missed(basename(path), names):
            return None
        return BrokenLink(link.target_span, path, better=_better(path, texts, names, tree))
    others = [name for text in texts for name in _named_files(text, path)]
    if not others or any(_means(name, path) for name in others):
        return None
    better = next((name for name in others if tree.holds(name)), "")
    return BrokenLink(link.target_span, path, others[0], better)


def _is_missed(name: str, names: frozenset[str]) -> bool:
    """Whether a folder with these names would hold the file if the whole of it were here."""
    suffix = splitext(name)[1]
    if suffix:
        return any(splitext(other)[1] == suffix for other in names)
    return any(splitext(other)[0] == name for other in names)


def _better(path: str, texts: tuple[str, ...], names: frozenset[str], tree: KernelTree) -> str:
    for text in texts:
        for name in _named_files(text, path):
            if tree.holds(name):
                return name
    near = nearest(basename(path), sorted(names), cutoff=0.75)
    folder = dirname(path)
    return f"{folder}/{near[0]}" if near and folder else "".join(near)


def _named_files(text: str, path: str) -> Iterator[str]:
    """The words of a link's text that are names of files, without what leads up to the tree's root."""
    top = path.partition("/")[0]
    for word in text.replace("`", " ").split():
        bare = _LINE.sub("", word.lstrip("<(\"'").rstrip(">)\"',;:.").removeprefix(SRCTREE))
        bare = _UP.sub("", bare, count=1) if bare.startswith(".") else bare
        bare = bare.rstrip("/")
        if _WORD.fullmatch(bare) and (_IS_FILE.search(bare) or bare.startswith(f"{top}/")):
            yield bare


def _means(name: str, path: str) -> bool:
    """Whether a name is that of the path, shortened from the left or not."""
    return path == name or path.endswith(f"/{name}")
