"""What a call says: its name, the path before it, its receiver, its arguments, its turbofish.

The only module that knows how the grammar writes the many forms of a call. It resolves nothing: a path is
the words that stand there, generics left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from enum import Enum
from operator import itemgetter
from typing import Final
from weakref import WeakKeyDictionary

from msgspec import Struct

from rfl_lint.patterns import plain_name
from rfl_lint.rule import Context
from rfl_lint.syntax import Fragment, FragmentKind, Node, ParsedFile, kind_query, search_code

CALL_KINDS: Final = frozenset({"call_expression", "macro_invocation"})
NAMED_KINDS: Final = CALL_KINDS | {"scoped_identifier"}
_COMMENTS: Final = frozenset({"line_comment", "block_comment"})
_NO_ARGUMENT: Final = _COMMENTS | {"attribute_item", "inner_attribute_item"}
_WORDS: Final = frozenset(
    {"identifier", "type_identifier", "primitive_type", "self", "super", "crate", "metavariable"}
)
_BARE: Final = frozenset({"identifier", "self", "metavariable"})
_CALLS: Final = frozenset({"call_expression"})
_WRAPPERS: Final = {
    "parenthesized_expression": "",
    "try_expression": "",
    "await_expression": "",
    "reference_expression": "value",
    "type_cast_expression": "value",
}


class CallForm(Enum):
    """How the thing that is called is written."""

    PATH = "path"
    """`f(x)`, `A::b::<T>::c(x)`, `<T as Trait>::f(x)`"""
    METHOD = "method"
    """`receiver.name(x)`"""
    VALUE = "value"
    """`(self.hook)(x)`, `self.0(x)`, `f(x)(y)`: whatever the expression holds"""
    MACRO = "macro"
    """`name!(..)`, `path::name![..]`"""


class Call(Struct, frozen=True, eq=False):
    """A call taken apart.

    `path` holds the segments before `name`, generics left out: `("A", "b")` in `A::b::<T>::c(x)`, `("Self",)`
    in `<Self as Trait>::f(x)`. `self_type` is the type or path node those segments were read from. `trait`
    is the trait of the qualified form. `callee` is the node before the arguments; in a VALUE call it is all
    there is to say, and `name` is empty. A macro call has no arguments here: they are in its fragments.
    """

    node: Node
    form: CallForm
    callee: Node
    name: str = ""
    name_node: Node | None = None
    path: tuple[str, ...] = ()
    self_type: Node | None = None
    trait: tuple[str, ...] = ()
    receiver: Node | None = None
    arguments: tuple[Node, ...] = ()
    turbofish: Node | None = None

    @property
    def owner(self) -> str:
        """The last segment before the name: `Box` in `kernel::alloc::Box::new`; empty if there is none."""
        return self.path[-1] if self.path else ""


# Several analyses take the same calls apart; each is read once, and forgotten with its file.
_READ: Final[WeakKeyDictionary[ParsedFile, dict[int, Call | None]]] = WeakKeyDictionary()


def call_of(node: Node, parsed: ParsedFile) -> Call | None:
    """Take a `call_expression` or `macro_invocation` apart; None where it is incomplete."""
    known = _READ.get(parsed)
    if known is None:
        known = _READ[parsed] = {}
    call = known.get(node.id)
    if call is None:
        call = _read(node, parsed)
        if call is not None:
            known[node.id] = call  # it holds its node, so no other node can come to have this id
    return call


def _read(node: Node, parsed: ParsedFile) -> Call | None:
    if node.type == "macro_invocation":
        macro = node.child_by_field_name("macro")
        if macro is None:
            return None
        words = path_of(macro, parsed)
        if not words:
            return None
        return Call(node, CallForm.MACRO, macro, words[-1], _last_word(macro), words[:-1])
    callee = node.child_by_field_name("function")
    listed = node.child_by_field_name("arguments")
    if callee is None or listed is None:
        return None
    return _taken_apart(node, callee, arguments_of(listed), parsed)


def called_name(node: Node, parsed: ParsedFile) -> str:
    """The `name` that `call_of` would give for a `call_expression`: most calls need no more than a look at it."""
    callee = node.child_by_field_name("function")
    if callee is not None and callee.type == "generic_function":
        callee = callee.child_by_field_name("function")
    if callee is None:
        return ""
    kind = callee.type
    if kind == "field_expression":
        name = callee.child_by_field_name("field")
        return _name(name, parsed) if name is not None and name.type == "field_identifier" else ""
    if kind == "scoped_identifier":
        name = callee.child_by_field_name("name")
        return _name(name, parsed) if name is not None else ""
    return _name(callee, parsed) if kind in _BARE else ""


def _name(node: Node, parsed: ParsedFile) -> str:
    return plain_name(parsed.text(node))


# By kind and tree: rules and analyses ask for the names of all calls.
_NAMES: Final[WeakKeyDictionary[ParsedFile, dict[tuple[str, int], list[str]]]] = WeakKeyDictionary()


def last_names(kind: str, fragment: Fragment, parsed: ParsedFile) -> list[str]:
    """The last names of what all nodes of one of `NAMED_KINDS` in a tree call or stand for; empty for no name."""
    known = _NAMES.get(parsed)
    if known is None:
        known = _NAMES[parsed] = {}
    key = (kind, fragment.root.id)
    if key not in known:
        nodes = fragment.find(frozenset({kind})).get(kind, ())
        known[key] = [last_name(node, parsed) for node in nodes]
    return known[key]


def last_name(node: Node, parsed: ParsedFile) -> str:
    """The same of one node."""
    if node.type == "call_expression":
        return called_name(node, parsed)
    last = node.child_by_field_name("macro") if node.type == "macro_invocation" else node
    return _name(_last_word(last), parsed) if last is not None else ""


def named_calls(cx: Context) -> dict[str, list[tuple[int, Node, FragmentKind]]]:
    """The calls of a file by the name of what is called; for `Context.memo`.

    Each with its place in the order of all calls, and the kind of text that it stands in.
    """
    found: dict[str, list[tuple[int, Node, FragmentKind]]] = {}
    order = 0
    for fragment in cx.parsed.fragments:
        nodes = fragment.find(_CALLS).get("call_expression", ())
        for node, name in zip(nodes, last_names("call_expression", fragment, cx.parsed), strict=True):
            if name:
                found.setdefault(name, []).append((order, node, fragment.kind))
                order += 1
    return found


def code_calls(cx: Context, names: Collection[str]) -> Iterator[Node]:
    """The calls of some names in code that is built, in order."""
    every = cx.memo(named_calls)
    chosen = [call for name in every.keys() & set(names) for call in every[name]]
    for _, node, kind in sorted(chosen, key=itemgetter(0)):
        if kind is not FragmentKind.DOC_CODE:
            yield node


def function_value(node: Node, arguments: tuple[Node, ...], parsed: ParsedFile) -> Call:
    """A function that is named as a value, as the call that somebody makes of it with these arguments."""
    return _taken_apart(node, node, arguments, parsed)


def _taken_apart(node: Node, callee: Node, arguments: tuple[Node, ...], parsed: ParsedFile) -> Call:
    inner, turbofish = callee, None
    if callee.type == "generic_function":
        inner = callee.child_by_field_name("function") or callee
        turbofish = callee.child_by_field_name("type_arguments")
    if inner.type == "field_expression":
        field = inner.child_by_field_name("field")
        if field is not None and field.type == "field_identifier":
            receiver = inner.child_by_field_name("value")
            return Call(
                node, CallForm.METHOD, inner, _name(field, parsed), field,
                receiver=receiver, arguments=arguments, turbofish=turbofish,
            )  # fmt: skip
    elif inner.type in _BARE:
        return Call(
            node, CallForm.PATH, inner, _name(inner, parsed), inner, arguments=arguments, turbofish=turbofish
        )
    elif inner.type == "scoped_identifier":
        name = inner.child_by_field_name("name")
        before = inner.child_by_field_name("path")
        if name is not None:
            path = path_of(before, parsed) if before is not None else ()
            trait = _trait_of(before, parsed) if before is not None else ()
            return Call(
                node, CallForm.PATH, inner, _name(name, parsed), name, path, before, trait,
                arguments=arguments, turbofish=turbofish,
            )  # fmt: skip
    return Call(node, CallForm.VALUE, inner, arguments=arguments, turbofish=turbofish)


def arguments_of(listed: Node) -> tuple[Node, ...]:
    """The argument expressions of an `arguments` node, comments and attributes left out."""
    return tuple(child for child in listed.named_children if child.type not in _NO_ARGUMENT)


def path_of(node: Node, parsed: ParsedFile) -> tuple[str, ...]:
    """The segments of a path or type path without generics; empty where it is no path (`[u8]`, `&T`)."""
    words: list[str] = []
    current: Node | None = node
    while current is not None:
        kind = current.type
        if kind in _WORDS:
            words.append(_name(current, parsed))
            break
        if kind in ("scoped_identifier", "scoped_type_identifier"):
            name = current.child_by_field_name("name")
            if name is None:
                return ()
            words.append(_name(name, parsed))
            current = current.child_by_field_name("path")
        elif kind in ("generic_type", "generic_type_with_turbofish", "qualified_type"):
            current = current.child_by_field_name("type")
        elif kind == "bracketed_type":
            current = next(iter(current.named_children), None)
        else:
            return ()
    return tuple(reversed(words))


def _trait_of(node: Node, parsed: ParsedFile) -> tuple[str, ...]:
    """The trait in `<T as Trait>`, also with more path behind it."""
    if node.type == "bracketed_type":
        inner = next(iter(node.named_children), None)
        if inner is not None and inner.type == "qualified_type":
            alias = inner.child_by_field_name("alias")
            return path_of(alias, parsed) if alias is not None else ()
    return ()


def _last_word(node: Node) -> Node:
    name = node.child_by_field_name("name") if node.type == "scoped_identifier" else None
    return name if name is not None else node


def unwrapped(node: Node) -> Node:
    """The expression inside parentheses, `&`, `?`, `.await`, `as T` and a block that holds nothing else."""
    current = node
    while True:
        inner: Node | None
        if current.type in _WRAPPERS:
            field = _WRAPPERS[current.type]
            inner = current.child_by_field_name(field) if field else _first_named(current)
        elif current.type in ("unsafe_block", "block"):
            children = [child for child in current.named_children if child.type not in _COMMENTS]
            inner = children[0] if len(children) == 1 else None
        else:
            return current
        if inner is None:
            return current
        current = inner


def _first_named(node: Node) -> Node | None:
    return next((child for child in node.named_children if child.type not in _COMMENTS), None)


def nodes_below(parsed: ParsedFile, node: Node, kinds: frozenset[str]) -> list[Node]:
    """All nodes of some kinds at or below a node, in order, those hidden in macro calls included.

    Of a macro call in which no code was found the bare tokens are taken: `f!(x)` mentions `x`.
    """
    found: list[Node] = []
    waiting = [node]
    while waiting:
        for kind, nodes in search_code(waiting.pop(), kinds | {"macro_invocation"}).items():
            if kind in kinds:
                found += nodes
            for call in nodes if kind == "macro_invocation" else ():
                pieces = parsed.fragments_in(call)
                waiting += [piece.root for piece in pieces]
                if not pieces:
                    found += _bare_tokens(call, kinds)
    found.sort(key=lambda each: (each.start_byte, -each.end_byte))
    return found


def _bare_tokens(call: Node, kinds: frozenset[str]) -> Iterator[Node]:
    for child in call.children:
        if child.type == "token_tree":
            for nodes in kind_query(kinds).search(child).values():
                yield from nodes
