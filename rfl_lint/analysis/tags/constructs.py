"""Which constructs ask for a tagged comment, and which of them have none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from msgspec import Struct

from rfl_lint.analysis.code.calls import Call, CallForm, call_of, called_name, path_of
from rfl_lint.analysis.code.full_paths import full_path
from rfl_lint.analysis.code.origins import meaning_of
from rfl_lint.analysis.code.renamed import other_names
from rfl_lint.analysis.comments.documentation import documentation_of, unsafe_keyword
from rfl_lint.analysis.comments.skeleton import comment_insertion
from rfl_lint.analysis.tags.casts import lossy_integer_cast, pointer_cast
from rfl_lint.analysis.tags.operations import OPERATION_KINDS, unchecked_arithmetic, unchecked_index
from rfl_lint.analysis.tags.table import Tag, tag_table
from rfl_lint.analysis.types.inference import type_of, types
from rfl_lint.finding import Fix
from rfl_lint.rule import Context
from rfl_lint.source import Span
from rfl_lint.syntax import Node, span_of

# Every kind of node that a construct can be.
CONSTRUCT_KINDS: Final = OPERATION_KINDS | frozenset(
    {"call_expression", "impl_item", "macro_invocation", "type_cast_expression", "unsafe_block"}
)
_ORDERINGS: Final = frozenset({"Relaxed", "Acquire", "Release", "AcqRel", "SeqCst", "Full"})
_PATHS: Final = frozenset({"identifier", "scoped_identifier"})


class Construct(Struct, frozen=True):
    """Code that asks for a tagged comment.

    `span` is the smallest text that shows it, whose line counts for the comment's place; `what` names it.
    """

    node: Node
    span: Span
    what: str
    detail: str = ""


def comment_fix(cx: Context, found: Construct, tag: str) -> Fix:
    """The fix that inserts the comment a construct lacks, to be completed."""
    article = "an" if tag[0] in "AEIOU" else "a"
    edit = comment_insertion(cx, found.node, f"{tag}: TODO", at=found.span.start)
    return Fix(f"insert {article} {tag} comment", (edit,))


def construct_of(cx: Context, node: Node, name: str, *, strict: bool = False) -> Construct | None:
    """What at a node, of one of `CONSTRUCT_KINDS`, asks for a comment with this tag; None where nothing does."""
    tag = tag_table(cx).tags.get(name)
    if tag is None or not (tag.kinds or _names_any(cx, tag, strict=strict)):
        return None
    if node.type == "macro_invocation":
        return _macro(cx, node, tag, strict=strict)
    for kind, (nodes, read) in _KINDS.items():
        if kind in tag.kinds and node.type in nodes and (found := read(cx, node)) is not None:
            return found
    return _function(cx, node, tag) if node.type == "call_expression" else None


def construct_names(cx: Context, name: str, *, strict: bool = False) -> frozenset[str] | None:
    """The last names of calls and macro calls that may ask for a comment with a tag.

    None for a tag that does not speak of names alone: then it may be any call.
    """
    tag = tag_table(cx).tags.get(name)
    if tag is not None and tag.kinds:
        return None
    if tag is None or not _names_any(cx, tag, strict=strict):
        return frozenset()
    return tag.named.union(_renamed(cx, tag), tag.macros, tag.strict_macros if strict else ())


def undocumented(cx: Context, node: Node, name: str, *, strict: bool = False) -> Construct | None:
    """The same, of what has no such comment."""
    found = construct_of(cx, node, name, strict=strict)
    if found is None or documentation_of(cx, node, name, at=found.span.start) is not None:
        return None
    return found


def _names_any(cx: Context, tag: Tag, *, strict: bool) -> bool:
    """Whether the file holds any of the names that a tag speaks of at all."""
    known, key = cx.memo(_found_names), (tag.name, strict)
    if key not in known:
        names = tag.strict_names if strict else tag.names
        known[key] = names.search(cx.source.data) is not None or bool(_renamed(cx, tag))
    return known[key]


def _found_names(cx: Context) -> dict[tuple[str, bool], bool]:
    """Filled as tags are asked about."""
    del cx
    return {}


def _macro(cx: Context, node: Node, tag: Tag, *, strict: bool) -> Construct | None:
    macro = node.child_by_field_name("macro")
    if macro is None or not (tag.macros or tag.strict_macros):
        return None
    path = path_of(macro, cx.parsed)
    if not path or (path[-1] not in tag.macros and not (strict and path[-1] in tag.strict_macros)):
        return None
    return Construct(node, span_of(macro), "macro", f"{path[-1]}!")


def _function(cx: Context, node: Node, tag: Tag) -> Construct | None:
    if not tag.functions:
        return None
    name = called_name(node, cx.parsed)
    call = call_of(node, cx.parsed) if name else None
    if call is None or call.name_node is None:
        return None
    if call.form is CallForm.METHOD:
        found = name in tag.named and _is_method(cx, call, tag)
    elif name in tag.named or name in _renamed(cx, tag):
        found = _is_path(cx, (*call.path, name), node, tag)
    else:
        return None
    return Construct(node, span_of(call.name_node), "function", name) if found else None


def _is_path(cx: Context, path: tuple[str, ...], node: Node, tag: Tag) -> bool:
    """Whether a path means a function that a tag names: by what the file says, else by all that is known."""
    told = meaning_of(path, node, cx).path
    if any(function.is_path(told) for function in tag.functions):
        return True
    full = full_path(path, node, cx)
    return full is not None and any(
        function.is_path(full) or function.full_path(cx) == full for function in tag.functions
    )


def _renamed(cx: Context, tag: Tag) -> frozenset[str]:
    """Other names under which the file may know functions that a tag names."""
    known = cx.memo(_found_others)
    if tag.name not in known:
        known[tag.name] = other_names(tag.named, cx)
    return known[tag.name]


def _found_others(cx: Context) -> dict[str, frozenset[str]]:
    """Filled as tags are asked about."""
    del cx
    return {}


def _is_method(cx: Context, call: Call, tag: Tag) -> bool:
    receiver = type_of(call.receiver, cx) if call.receiver is not None else None
    for function in tag.functions:
        if function.is_method:
            if function.fits(call):
                # A method of that name which the tree defines is another one.
                return receiver is None or types(cx).method(receiver, call.name) is None
        elif function.name == call.name and function.owner and receiver is not None:
            steps = [step for step in types(cx).deref_chain(receiver) if step.head == function.owner[-1]]
            if steps and not function.is_rooted(cx):
                return True
            own = function.full_path(cx)
            if any(
                own == (*(full_path(tuple(step.path.split("::")), call.node, cx) or ()), call.name)
                for step in steps
            ):
                return True
    return False


def _unsafe_code(cx: Context, node: Node) -> Construct | None:
    del cx
    keyword = unsafe_keyword(node)
    if keyword is None:
        return None
    return Construct(node, span_of(keyword), "unsafe block" if node.type == "unsafe_block" else "unsafe impl")


def _integer_cast(cx: Context, node: Node) -> Construct | None:
    detail = lossy_integer_cast(cx, node)
    return Construct(node, _as_span(node), "integer cast", detail) if detail is not None else None


def _pointer_cast(cx: Context, node: Node) -> Construct | None:
    if node.type == "call_expression" and called_name(node, cx.parsed) != "cast":
        return None
    detail = pointer_cast(cx, node)
    if detail is None:
        return None
    if node.type == "type_cast_expression":
        return Construct(node, _as_span(node), "pointer cast", detail)
    call = call_of(node, cx.parsed)
    name = call.name_node if call is not None else None
    return Construct(node, span_of(name if name is not None else node), "pointer cast", detail)


def _as_span(node: Node) -> Span:
    word = next((child for child in node.children if child.type == "as"), node)
    return Span(word.start_byte, node.end_byte)


def _atomic_ordering(cx: Context, node: Node) -> Construct | None:
    listed = node.child_by_field_name("arguments")
    for argument in listed.named_children if listed is not None else ():
        if argument.type not in _PATHS:
            continue
        path = path_of(argument, cx.parsed)
        if not path or path[-1] not in _ORDERINGS:
            continue
        full = path if len(path) > 1 else meaning_of(path, node, cx).path
        if any(word in ("Ordering", "ordering", "atomic") for word in full[:-1]):
            return Construct(node, span_of(argument), "atomic ordering", path[-1])
    return None


def _indexing(cx: Context, node: Node) -> Construct | None:
    found = unchecked_index(cx, node)
    return Construct(node, found[0], "index", found[1]) if found is not None else None


def _arithmetic(cx: Context, node: Node) -> Construct | None:
    found = unchecked_arithmetic(cx, node)
    return Construct(node, found[0], "arithmetic", found[1]) if found is not None else None


_Reader = Callable[[Context, Node], Construct | None]
_KINDS: Final[Mapping[str, tuple[frozenset[str], _Reader]]] = {
    "unsafe-code": (frozenset({"unsafe_block", "impl_item"}), _unsafe_code),
    "integer-cast": (frozenset({"type_cast_expression"}), _integer_cast),
    "pointer-cast": (frozenset({"type_cast_expression", "call_expression"}), _pointer_cast),
    "atomic-ordering": (frozenset({"call_expression"}), _atomic_ordering),
    "indexing": (frozenset({"index_expression"}), _indexing),
    "arithmetic": (OPERATION_KINDS - {"index_expression"}, _arithmetic),
}
