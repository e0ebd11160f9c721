"""The text that a call of `pr_info!` and its like prints: where its format stands, and whether it ends its line."""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from rfl_lint.analysis.code.calls import Call, CallForm, call_of
from rfl_lint.analysis.code.origins import Origin, meaning_of, names_at, own_macros
from rfl_lint.rule import Context
from rfl_lint.syntax import Node
from rfl_lint.tables import load_table

STRINGS: Final = frozenset({"string_literal", "raw_string_literal"})
_COMMENTS: Final = frozenset({"line_comment", "block_comment"})
_LIBRARY: Final = "kernel"
_UNIT: Final = re.compile(r"\\(?:\r?\n\s*|x[0-9a-fA-F]{2}|u\{[0-9a-fA-F_]*\}|.)|[^\\]", re.DOTALL)
_RAW: Final = re.compile(r'r(#*)"(.*)"\1', re.DOTALL)
# A placeholder at the end of a format that shows its argument as the argument shows itself.
_LAST_PLACEHOLDER: Final = re.compile(r"(?:^|[^{])(?:\{\{)*\{\s*\}$", re.DOTALL)
_FORMATTING: Final = frozenset({"format_args", "fmt", "concat"})


class Message(Struct, frozen=True):
    """A call that prints. `text` is the literal that its format ends with; None where that is not there to read."""

    name: str
    node: Node
    continues: bool
    text: Node | None
    is_raw: bool = False


def message_of(node: Node, cx: Context) -> Message | None:
    """What a macro call prints; None for a macro that does not write to the log."""
    call = call_of(node, cx.parsed)
    if call is None or call.form is not CallForm.MACRO:
        return None
    name = _kernel_name(call, cx)
    if name is None:
        return None
    row = cx.table("printing")[name]
    arguments = _arguments(node)
    text = None
    if len(arguments) > row["before"]:
        text = _last_text(arguments[row["before"]], cx)
    if text is not None and _is_passed_on(text, arguments[row["before"] + 1 :], cx):
        text = None
    is_raw = text is not None and text.type == "raw_string_literal"
    return Message(name, node, bool(row.get("continues")), text, is_raw)


def ends_line(literal: str) -> bool:
    """Whether the text of a string literal, quotes included, ends with a newline."""
    raw = _RAW.fullmatch(literal)
    if raw is not None:
        return raw[2].endswith("\n")
    units = [unit for unit in _UNIT.findall(literal[1:-1]) if not unit.startswith(("\\\n", "\\\r"))]
    last = units[-1] if units else ""
    if last.startswith(("\\x", "\\u")):
        digits = last[2:].strip("{}").replace("_", "")
        return bool(digits) and int(digits, 16) == ord("\n")
    return last in ("\n", "\\n")


def _kernel_name(call: Call, cx: Context) -> str | None:
    """The name that the kernel's printing macro has which a call means; None for any other macro."""
    table = cx.table("printing")
    if call.name not in table and call.name not in cx.memo(_renamed):
        return None
    if call.name in table and call.name not in load_table("printing"):
        return call.name  # the user says that it prints, wherever it comes from
    path = (*call.path, call.name)
    crate = cx.index.names.home(cx.path).crate
    if names_at(cx).macro(path) is Origin.LOCAL:
        return call.name if crate == _LIBRARY else None
    named = meaning_of(path, call.node, cx)
    if named.origin is Origin.KERNEL:
        return named.name if named.name in table else None
    if named.origin is not Origin.UNSAID or (crate != _LIBRARY and call.name in cx.memo(own_macros)):
        return None
    return call.name


def _renamed(cx: Context) -> frozenset[str]:
    """The names under which the file imports printing macros, where those are not their own."""
    table = cx.table("printing")
    return frozenset(
        use.alias for use in cx.facts.uses if use.alias not in table and use.path.rpartition("::")[2] in table
    )


def _arguments(call: Node) -> list[list[Node]]:
    body = next((child for child in reversed(call.children) if child.type == "token_tree"), None)
    return _parts(body) if body is not None else []


def _parts(tree: Node) -> list[list[Node]]:
    """The tokens between the delimiters, cut at commas."""
    found: list[list[Node]] = [[]]
    for token in tree.children[1:-1]:
        if token.type == ",":
            found.append([])
        elif token.type not in _COMMENTS:
            found[-1].append(token)
    return found if found[-1] else found[:-1]


def _last_text(argument: list[Node], cx: Context) -> Node | None:
    """The literal that a format ends with: it is one itself, or the last part of a `concat!`."""
    while argument:
        if len(argument) == 1 and argument[0].type in STRINGS:
            return argument[0]
        name = cx.text(argument[0])
        if len(argument) < 3 or name not in ("concat", "core") or argument[-1].type != "token_tree":
            return None
        if not all(cx.text(token) in ("core", "::", "concat", "!") for token in argument[:-1]):
            return None
        parts = _parts(argument[-1])
        argument = parts[-1] if parts else []
    return None


def _is_passed_on(text: Node, values: list[list[Node]], cx: Context) -> bool:
    """Whether the end of the message is that of a value which may bring its own newline.

    A literal that does, something that is formatted first, or what the user of a `macro_rules!` passes.
    """
    if not values or _LAST_PLACEHOLDER.search(cx.text(text)[1:].rstrip('#"')) is None:
        return False
    value = values[-1]
    if any("$" in cx.text(token) for token in value):
        return True
    if len(value) == 1 and value[0].type in STRINGS:
        return ends_line(cx.text(value[0]))
    if value[-1].type != "token_tree" or len(value) < 3 or cx.text(value[-3]) not in _FORMATTING:
        return False
    inner = _parts(value[-1])
    literal = _last_text(inner[0], cx) if inner else None
    return literal is None or ends_line(cx.text(literal))
