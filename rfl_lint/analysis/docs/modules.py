"""The docs of modules that are files: their own, those at the `mod` line, and those of the modules above them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from rfl_lint.analysis.docs.markdown import inline_of
from rfl_lint.doc_text import DocComment
from rfl_lint.facts import ModuleFact
from rfl_lint.rule import Context
from rfl_lint.source import BOM, Span

KERNEL: Final = "rust/kernel/"
_ROOT: Final = f"{KERNEL}lib.rs"
_DOC_ATTRIBUTE: Final = re.compile(rb"^\s*#!\s*\[\s*doc\s*(?:=|\(\s*hidden)", re.MULTILINE)
_HIDDEN: Final = re.compile(r"#\s*\[\s*doc\s*(?:=|\(\s*hidden)")
_C_HEADER: Final = re.compile(r"\bC[ -]headers?\b", re.IGNORECASE)
_HEADER_TARGET: Final = re.compile(r"^srctree/.|(?:^|/)include/")


def first_line(cx: Context) -> Span:
    """The text of the first line that has any."""
    data = cx.source.data
    start = len(BOM) if data.startswith(BOM) else 0
    start += len(data[start:]) - len(data[start:].lstrip())
    return Span(start, max(start, cx.source.row_span(cx.source.row(start)).end))


def own_docs(cx: Context) -> DocComment | None:
    """The `//!` docs of a file."""
    return cx.parsed.docs.inside(0)


def has_module_docs(cx: Context) -> bool:
    """Whether the file, or the `mod` line that names it, says in docs what the module is."""
    if _DOC_ATTRIBUTE.search(cx.source.data):
        return True
    docs = own_docs(cx)
    if docs is not None and any(docs.text(line).strip() for line in docs.lines):
        return True
    declared = _declaration(cx)
    if declared is None:
        return False
    parent, fact = declared
    if any(_HIDDEN.search(text) for text in fact.attributes):
        return True
    return parent.parsed.docs.of(fact.span.start) is not None


def is_public_module(cx: Context) -> bool:
    """Whether a file of the kernel crate is a module that its users can name, as far as the tree tells."""
    if not cx.path.startswith(KERNEL):
        return False
    current = cx
    while current.path != _ROOT:
        if not any(path in cx.index.files for path in _parents(current.path)):
            return current is cx  # a file alone: taken for what it most likely is
        declared = _declaration(current)
        if declared is None or not declared[1].is_pub:
            return False
        current = declared[0]
    return True


def links_c_header(cx: Context) -> bool:
    """Whether the docs of the file, or those of a module above it, link to a C header; the crate's root need not."""
    return cx.path == _ROOT or any(_links_c_header(each) for each in _upwards(cx))


def _links_c_header(cx: Context) -> bool:
    docs = own_docs(cx)
    if docs is None:
        return False
    line = next((line for line in docs.lines if _C_HEADER.search(docs.text(line))), None)
    if line is None:
        return False
    return any(
        link.span.start >= line.span.start and _HEADER_TARGET.search(link.target)
        for link in inline_of(docs).links
    )


def _upwards(cx: Context) -> Iterator[Context]:
    """A file of the kernel crate, and the files of the modules above it."""
    current: Context | None = cx
    while current is not None and current.path != _ROOT:
        yield current
        found = (current.other(path) for path in _parents(current.path))
        current = next((each for each in found if each is not None), None)


def _parents(path: str) -> tuple[str, ...]:
    """The files that may hold the `mod` line of a file of the kernel crate."""
    folder = (
        path.removesuffix("/mod.rs").rpartition("/")[0]
        if path.endswith("/mod.rs")
        else path.rpartition("/")[0]
    )
    if f"{folder}/" == KERNEL:
        return (_ROOT,)
    return (f"{folder}.rs", f"{folder}/mod.rs") if folder.startswith(KERNEL) else ()


def _declaration(cx: Context) -> tuple[Context, ModuleFact] | None:
    """The `mod` line of a file, and the file that it stands in."""
    stem = cx.path.removesuffix("/mod.rs").removesuffix(".rs").rpartition("/")[2]
    for path in _parents(cx.path):
        parent = cx.other(path)
        for fact in parent.facts.modules if parent is not None else ():
            if parent is not None and fact.name == stem and not fact.inline and not fact.module:
                return parent, fact
    return None
