"""Syntax: bytes in, trees and fragments out. Nothing here knows a rule or a kernel API."""

from rfl_lint.syntax.fragments import Fragment, FragmentKind
from rfl_lint.syntax.parsed import ParsedFile, parse_file, unexplained
from rfl_lint.syntax.parser import (
    KindQuery,
    Node,
    TextEdit,
    check_kinds,
    kind_query,
    search_code,
    span_of,
    start_of,
)

__all__ = [
    "Fragment",
    "FragmentKind",
    "KindQuery",
    "Node",
    "ParsedFile",
    "TextEdit",
    "check_kinds",
    "kind_query",
    "parse_file",
    "search_code",
    "span_of",
    "start_of",
    "unexplained",
]
