"""The text of one C declaration or definition, parsed with tree-sitter-c into types."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from rfl_lint.c.facts import CParameter, parameter

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

_GROUP: Final = rb"\((?>(?:[^()]|\((?>(?:[^()]|\((?>(?:[^()]|\([^()]*+\))*)\))*)\))*)\)"
# Words that the kernel puts into declarations and that say nothing of types.
_WORDS: Final = (
    rb"extern|static|inline|asmlinkage|notrace|noinline|noinline_for_stack|fastcall|_Noreturn|"
    rb"noinstr|register|restrict"
)
# What starts with two underscores is an attribute, unless it is one of the types that are spelt so.
_TYPES: Final = (
    rb"__\w+_t\b|__[us](?:8|16|32|64|128)\b|__[lb]e(?:16|32|64)\b|__virtio(?:16|32|64)\b|__wsum\b|__sum16\b|"
    rb"__signed__\b|__int128\b|__builtin_va_list\b"
)
_DECORATION: Final = re.compile(
    rb"(?<!struct )(?<!enum )(?<!union )\b(?:(?:" + _WORDS + rb")\b|(?!" + _TYPES + rb")__\w++(?!\s*[,)]))"
    rb"(?:\s*" + _GROUP + rb")?"
)
_LAST_DECORATION: Final = re.compile(
    rb"\b__(?:user|iomem|rcu|percpu|maybe_unused|always_unused|unused|force|private|kernel|nocast)\b"
)
_MACRO_CALL: Final = re.compile(rb"\b[A-Z][A-Z0-9_]*\s*" + _GROUP)
_SHOUTED: Final = re.compile(rb"^\s*[A-Z][A-Z0-9_]{2,}\s+(?=[A-Za-z_])")
# The size of an allocation with what a configuration adds to it: one parameter to a caller.
_SIZE_PARAMETER: Final = re.compile(rb"\bDECL_\w+_PARAMS\s*+\(\s*+(\w++)[^()]*+\)")
_STATEMENT: Final = re.compile(
    rb"\b(?:return|else|if|for|while|do|switch|case|goto|typedef|sizeof|default|break|asm|define)\b"
)
_HEAD: Final = re.compile(rb"[\s*]*+\w[\w\s*]*+")


class Signature(Struct, frozen=True):
    """What a declaration says by itself."""

    returns: str
    parameters: tuple[CParameter, ...]
    variadic: bool
    must_check: bool


@lru_cache(maxsize=1)
def _parser() -> Parser:
    # A run whose C facts are cached or bundled has no use for the grammar.
    import tree_sitter_c  # noqa: PLC0415
    from tree_sitter import Language, Parser  # noqa: PLC0415

    return Parser(Language(tree_sitter_c.language()))


def parse_signature(head: bytes, name: bytes, parameters: bytes, tail: bytes = b"") -> Signature | None:
    """The declaration that reads HEAD NAME(PARAMETERS) TAIL, without comments; None where it is none.

    The tail ends before the `;` or `{`: attributes, and nothing else in a declaration.
    """
    must_check = b"__must_check" in head or b"__must_check" in tail
    if _plain(tail).strip():
        return None
    before = _SHOUTED.sub(b" ", _plain(head))
    if not _HEAD.fullmatch(before) or _STATEMENT.search(before):
        return None
    listed = _LAST_DECORATION.sub(b" ", _DECORATION.sub(b" ", _SIZE_PARAMETER.sub(rb"size_t \1", parameters)))
    text = before + b" " + name + b"(" + listed + b");"
    root = _parser().parse(text).root_node
    if root.has_error or root.child_count != 1 or root.children[0].type != "declaration":
        return None
    declarator = _function_declarator(root.children[0], text, name)
    if declarator is None:
        return None
    read = _parameters(declarator, text)
    if read is None:
        return None
    return Signature(_return_type(before), *read, must_check)


def _plain(text: bytes) -> bytes:
    return _MACRO_CALL.sub(b" ", _DECORATION.sub(b" ", text))


def _function_declarator(declaration: Node, text: bytes, name: bytes) -> Node | None:
    """The declarator of the function itself: below nothing but pointers, since functions return no functions."""
    node = declaration.child_by_field_name("declarator")
    while node is not None and node.type == "pointer_declarator":
        node = node.child_by_field_name("declarator")
    if node is None or node.type != "function_declarator":
        return None
    inner = node.child_by_field_name("declarator")
    if inner is None or inner.type != "identifier" or text[inner.start_byte : inner.end_byte] != name:
        return None
    return node


def _parameters(declarator: Node, text: bytes) -> tuple[tuple[CParameter, ...], bool] | None:
    listed = declarator.child_by_field_name("parameters")
    found: list[CParameter] = []
    variadic = False
    for child in listed.children if listed is not None else ():
        if child.type == "variadic_parameter":
            variadic = True
        elif child.type == "parameter_declaration":
            found.append(_parameter(child, text))
        elif child.is_named:
            return None  # a macro's doing
    if len(found) == 1 and found[0].type == "void":
        found = []
    return tuple(found), variadic


def _parameter(node: Node, text: bytes) -> CParameter:
    name_node = _name_of(node.child_by_field_name("declarator"))
    whole = text[node.start_byte : node.end_byte]
    name = ""
    if name_node is not None:
        start, end = name_node.start_byte - node.start_byte, name_node.end_byte - node.start_byte
        name = whole[start:end].decode("utf-8", "replace")
        whole = whole[:start] + b" " + whole[end:]
    return parameter(name, normalised(whole))


def _name_of(node: Node | None) -> Node | None:
    """The identifier that a declarator, however wrapped, declares; None for one without a name."""
    while node is not None and node.type != "identifier":
        inner = node.child_by_field_name("declarator")
        if inner is None and node.type == "parenthesized_declarator":
            inner = next(
                (child for child in node.named_children if "declarator" in child.type), None
            ) or next((child for child in node.named_children if child.type == "identifier"), None)
        node = inner
    return node


def normalised(raw: bytes) -> str:
    """A type with single spaces, and none inside `**`, `(*)` and `[n]`."""
    text = " ".join(raw.decode("utf-8", "replace").split())
    text = re.sub(r" ?\* ?", " *", text).replace("* *", "**").replace("* *", "**")
    text = text.replace("( ", "(").replace(" )", ")")
    return re.sub(r" ?\[ ?([^\[\]]{0,200}?) ?\]", r" [\1]", text).strip()


def _return_type(head: bytes) -> str:
    return normalised(head)
