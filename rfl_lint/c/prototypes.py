"""The text of one C declaration or definition, parsed with tree-sitter-c into a CFunction."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import tree_sitter_c
from tree_sitter import Language, Node, Parser

from rfl_lint.c.facts import CFunction, CParameter, Failure

# Words that the kernel's macros add to declarations and that mean nothing to a C parser.
_DECORATION: Final = re.compile(
    rb"\b(?:extern|static|inline|asmlinkage|notrace|noinline|__always_inline|__must_check|__printf|__scanf|__pure|"
    rb"__init|__exit|__cold|__malloc|__sched|__user|__iomem|__percpu|__rcu|__force|__bitwise|__must_hold|__kprobes|"
    rb"__rust_helper|__attribute_const__|__maybe_unused|__nonnull|__weak|__visible|__deprecated|__used|__counted_by|"
    rb"__alloc_size|__realloc_size|__attribute__|__acquires|__releases|__acquire|__release|__assume_aligned|"
    rb"__free|__nocast|__safe|__private|__cond_acquires|__returns_nonnull|__flatten|DECL_BUCKET_PARAMS)\b"
    rb"(?:[ \t\n]*\((?:[^()]|\([^()]*\))*\))?"
)
_ERRNO: Final = re.compile(r"\B-E[A-Z]+\b|negative|error code|errno", re.IGNORECASE)
_NULL: Final = re.compile(r"\bNULL\b")


@lru_cache(maxsize=1)
def _parser() -> Parser:
    return Parser(Language(tree_sitter_c.language()))


def parse_prototype(text: bytes, name: str, *, header: str, line: int, comment: str = "") -> CFunction | None:
    """The function called `name` that `text` declares or defines; None where it declares no such function."""
    # A definition is cut at its body; the body's first words may still tell how it fails.
    head = text.partition(b"{")[0].rstrip().rstrip(b";") + b";"
    plain = _DECORATION.sub(lambda match: b" " * len(match[0]), head)
    declarator = _function_declarator(_parser().parse(plain).root_node, plain, name)
    if declarator is None:
        return None
    parameters, variadic = _parameters(declarator, plain)
    returns = _return_type(declarator, plain)
    failure = _failure(returns, comment, text)
    return CFunction(name, returns, parameters, header, line, failure, variadic)


def _function_declarator(root: Node, text: bytes, name: str) -> Node | None:
    stack = [root]
    while stack:
        node = stack.pop()
        if node.type == "function_declarator":
            inner = node.child_by_field_name("declarator")
            if inner is not None and inner.type == "identifier" and _text(inner, text) == name:
                return node
        stack.extend(reversed(node.children))
    return None


def _text(node: Node, text: bytes) -> str:
    return " ".join(text[node.start_byte : node.end_byte].decode("utf-8", "replace").split())


def _parameters(declarator: Node, text: bytes) -> tuple[tuple[CParameter, ...], bool]:
    listed = declarator.child_by_field_name("parameters")
    found: list[CParameter] = []
    variadic = False
    for child in listed.children if listed is not None else ():
        if child.type == "variadic_parameter":
            variadic = True
        elif child.type == "parameter_declaration":
            found.append(_parameter(child, text))
    if len(found) == 1 and found[0].type == "void":
        found = []
    return tuple(found), variadic


def _parameter(node: Node, text: bytes) -> CParameter:
    name_node = _name_of(node.child_by_field_name("declarator"))
    whole = text[node.start_byte : node.end_byte]
    name = ""
    if name_node is not None:
        name = _text(name_node, text)
        start, end = name_node.start_byte - node.start_byte, name_node.end_byte - node.start_byte
        whole = whole[:start] + b" " + whole[end:]
    kind = _normalised(whole)
    is_pointer = "*" in kind or "[" in kind
    pointee = kind.rpartition("*")[0] if "*" in kind else kind
    return CParameter(name, kind, is_pointer, is_pointer and _points_to_const(pointee))


def _points_to_const(pointee: str) -> bool:
    """Whether what the outermost pointer points to is const."""
    last = pointee.rpartition("*")[2] if "*" in pointee else pointee
    return "const" in last.replace("[", " ").split()


def _name_of(node: Node | None) -> Node | None:
    while node is not None and node.type != "identifier":
        inner = node.child_by_field_name("declarator")
        if inner is None:
            inner = next((child for child in node.named_children if "declarator" in child.type), None) or next(
                (child for child in node.named_children if child.type == "identifier"), None
            )
        node = inner
    return node


def _normalised(raw: bytes) -> str:
    text = " ".join(raw.decode("utf-8", "replace").split())
    return re.sub(r"\s*\*\s*", " *", text).replace("* *", "**").strip()


def _return_type(declarator: Node, text: bytes) -> str:
    stars = 0
    node: Node | None = declarator.parent
    while node is not None and node.type == "pointer_declarator":
        stars += 1
        node = node.parent
    if node is None:
        return ""
    start = node.start_byte
    base = _normalised(text[start : declarator.start_byte].replace(b"*", b" "))
    return f"{base} {'*' * stars}" if stars else base


def _failure(returns: str, comment: str, text: bytes) -> Failure:
    """How it fails, from what is written down: the comment above it, or the body of an inline function."""
    if returns == "void":
        return Failure.NONE
    body = text.partition(b"{")[2]
    if returns.endswith("*"):
        if "ERR_PTR" in comment or b"ERR_PTR(" in body:
            return Failure.ERR_PTR
        return Failure.NULL if _NULL.search(comment) or b"return NULL" in body else Failure.UNKNOWN
    if returns in ("int", "long", "ssize_t") and (_ERRNO.search(comment) or b"return -E" in body):
        return Failure.ERRNO
    return Failure.UNKNOWN
