"""Why clippy and a rule differ on a line, as far as the code around it tells.

What rfl-lint knows of a file is asked of rfl-lint: this explains a difference, and judges nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from rfl_lint.analysis.code.contexts import in_const_evaluation, in_debug_check, in_tests
from rfl_lint.analysis.ffi.pointer_casts import Value, value_of
from rfl_lint.analysis.types.inference import function_of
from rfl_lint.rule import Context
from rfl_lint.source import SourceFile
from rfl_lint.syntax import Node, parse_file
from rfl_lint.tree import KernelTree
from rfl_lint.workspace import Workspace

MALFORMED: Final = "malformed-safety-marker"
_CALLS: Final = frozenset({"call_expression", "macro_invocation"})
_CASTS: Final = frozenset({"type_cast_expression"})
_UNSAFE: Final = frozenset({"function_item", "impl_item", "trait_item", "unsafe_block"})
_TYPES: Final = re.compile(r"^(?:pub(?:\([^)]*\))? )?(?:struct|enum|union)\b")
_FIELD: Final = re.compile(r"^(?:pub(?:\([^)]*\))? )?\w+: .*,$")
_PANIC: Final = re.compile(r"#+ Panics?\b")
_SAYS_WHY: Final = re.compile(r"panic|fail|unwrap|expect|unreachable", re.IGNORECASE)
_NEAR: Final = 12
_BELOW: Final = 6


@dataclass(slots=True)
class Code:
    """A file of a crate. `lines` says which lines were compiled, and whether by a macro; None if the file was not."""

    data: bytes
    lines: Mapping[int, bool] | None
    malformed: Iterable[int]
    _cx: Context | None = field(default=None)

    @property
    def cx(self) -> Context:
        """What rfl-lint knows of the file by itself."""
        if self._cx is None:
            source = SourceFile("drivers/demo.rs", self.data)
            self._cx = Workspace(KernelTree()).entered(parse_file(source))
        return self._cx

    def text(self, line: int) -> str:
        """A line without the space around it; empty behind the last."""
        lines = self.data.splitlines()
        return lines[line - 1].decode("utf-8", "replace").strip() if line <= len(lines) else ""

    def nodes(self, line: int, kinds: frozenset[str]) -> list[Node]:
        """The nodes of some kinds that a line is part of, the smallest first."""
        found = [
            node
            for fragment in self.cx.parsed.fragments
            for nodes in fragment.find(kinds).values()
            for node in nodes
            if node.start_point[0] < line <= node.end_point[0] + 1
        ]
        return sorted(found, key=lambda node: node.end_byte - node.start_byte)


def reason(code: Code, rule: str, who: str, line: int) -> str:
    """The reason for a difference; empty if it is none of those that can be told."""
    if who == "ours":
        return _unseen(code, line) or _ours(rule, code, line)
    return _clippys(rule, code, line)


def _unseen(code: Code, line: int) -> str:
    if code.lines is None:
        return "clippy: file not compiled"
    if line not in code.lines:
        return "clippy: code cut by cfg"
    macros = code.nodes(line, frozenset({"macro_definition"}))
    return "clippy: macro not expanded" if macros and not code.lines[line] else ""


def _ours(rule: str, code: Code, line: int) -> str:
    text = code.text(line)
    if rule == "panicking-call":
        if re.match(r"(?:\w+::)*assert(?:_eq|_ne)?!", text):
            return "meant: assertions are the strict part"
        if code.nodes(line, frozenset({"macro_definition"})):
            return "clippy: looks at no code that a macro makes"
    if rule == "unnecessary-safety-doc" and _TYPES.match(text):
        return "meant: types are judged, too"
    if rule == "unnecessary-safety-comment" and (_FIELD.match(text) or " => " in text):
        return "meant: fields and match arms are judged, too"
    if rule == "multiple-unsafe-operations":
        blocks = code.nodes(line, frozenset({"unsafe_block"}))
        return "clippy: code cut by cfg" if any("#[cfg(" in code.cx.text(each) for each in blocks) else ""
    return ""


def _clippys(rule: str, code: Code, line: int) -> str:
    if rule in ("missing-safety-comment", "missing-safety-doc"):
        near = any(line - _NEAR <= each <= line + 2 for each in code.malformed)
        return f"meant: {MALFORMED} reports the comment" if near else ""
    if rule == "unnecessary-safety-comment":
        around = code.nodes(line, _UNSAFE)
        if any(_is_unsafe(code.cx, node) for node in around):
            return "meant: any comment is welcome in unsafe code"
        if any(node.start_point[0] == line - 1 for node in code.nodes(line, frozenset({"macro_invocation"}))):
            return "meant: a macro may make anything of its arguments"
        below = any(re.search(r"\bunsafe \{", code.text(each)) for each in range(line, line + _BELOW))
        return "meant: the unsafe code is in one of the next statements" if below else ""
    if rule == "inferred-pointer-cast":
        return _of_cast(code, line)
    if rule == "panicking-call":
        return next((found for node in code.nodes(line, _CALLS) if (found := _of_call(code, node, line))), "")
    return ""


def _is_unsafe(cx: Context, node: Node) -> bool:
    if node.type == "unsafe_block":
        return True
    body: Any = node.child_by_field_name("body")
    end = body.start_byte if body is not None else node.end_byte
    return re.search(rb"\bunsafe\b", cx.source.data[node.start_byte : end]) is not None


def _of_cast(code: Code, line: int) -> str:
    for node in code.nodes(line, _CASTS):
        written, operand = node.child_by_field_name("type"), node.child_by_field_name("value")
        if written is None or operand is None or not code.cx.text(written).endswith("_"):
            continue
        value = value_of(operand, code.cx)
        if value is Value.NUMBER:
            return "meant: numbers are none of the rule's"
        if value is Value.UNKNOWN:
            return "ours: type of what is cast not known"
    return ""


def _of_call(code: Code, node: Node, line: int) -> str:
    cx = code.cx
    function = function_of(node, cx)
    if in_tests(node, cx):
        return "meant: built for tests or user space only"
    if in_debug_check(node, cx):
        return "meant: a check for debugging"
    if in_const_evaluation(node, cx):
        return "meant: evaluated by the compiler"
    for above in cx.ancestors(node):
        if above.type in ("function_item", "macro_definition"):
            head = cx.text(above).partition("{")[0]
            if "panic" in head or "-> !" in head:
                return "meant: the function is there to panic"
    if function is not None:
        if any(_PANIC.match(f"# {section.title()}") for section in function.sections):
            return "meant: documented under `# Panics`"
        methods = cx.index.methods(function.trait, function.name, near=cx.path) if function.trait else None
        if methods is not None and any("panics" in method.sections for method in methods.candidates):
            return "meant: documented under `# Panics`"
    ends = (line - 1, node.start_point[0], node.end_point[0])
    comments = (text for end in ends for text in _comment_above(code, end))
    return "meant: a comment says why" if any(_SAYS_WHY.search(text) for text in comments) else ""


def _comment_above(code: Code, line: int) -> Iterator[str]:
    """The lines of comment that end on a line, from below."""
    while line > 0 and code.text(line).startswith("//"):
        yield code.text(line)
        line -= 1
