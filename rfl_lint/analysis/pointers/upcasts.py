"""From a field to what contains it: `container_of!`, and the same by hand with a negative offset."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from rfl_lint.analysis.code.calls import Call, CallForm, call_of, last_names, named_calls
from rfl_lint.analysis.code.scopes import BindingKind, scopes
from rfl_lint.analysis.pointers.derivations import PART, last_referent
from rfl_lint.analysis.pointers.interior_mutability import Mutability, mutability
from rfl_lint.analysis.pointers.uses import Reached, Use, around, reached
from rfl_lint.analysis.provenance.queries import provenance
from rfl_lint.analysis.provenance.terms import Derived, Effect, Kind
from rfl_lint.analysis.types.inference import types
from rfl_lint.analysis.types.typeref import TypeRef, parse_type, with_self
from rfl_lint.rule import Context
from rfl_lint.source import Span
from rfl_lint.syntax import FragmentKind, Node, span_of

_KINDS: Final = frozenset({"macro_invocation", "call_expression"})
_BACK: Final = frozenset({"sub", "byte_sub", "wrapping_sub", "wrapping_byte_sub"})
_EITHER_WAY: Final = frozenset({"offset", "byte_offset", "wrapping_offset", "wrapping_byte_offset"})
_FORTH: Final = frozenset({"add", "byte_add", "wrapping_add", "wrapping_byte_add"}) | _EITHER_WAY
_MOVING: Final = _BACK | _EITHER_WAY
_C_MODULES: Final = frozenset({"bindings", "uapi"})
_MAX_HOPS: Final = 4


class Upcast(Struct, frozen=True):
    """A pointer that a reference made good for a field only is moved back to the container."""

    span: Span
    reached: Reached
    field: str
    container: str


def upcasts(cx: Context) -> dict[Span, Upcast]:
    """The moves of a file that leave what the reference refers to, by the span of the call or macro call."""
    return cx.memo(_upcasts)


def _upcasts(cx: Context) -> dict[Span, Upcast]:
    found: dict[Span, Upcast] = {}
    for each in reached(cx, _moves, lambda origin: origin.kind is Kind.REFERENCE):
        if _leaves(each, cx):
            container = each.use.type
            shown = container.head if container is not None else ""
            span = span_of(each.use.node)
            found.setdefault(span, Upcast(each.use.span, each, each.use.kind, shown))
    # A pointer that has left what it may point to is not reported each time that it moves on.
    return {
        span: upcast
        for span, upcast in found.items()
        if not any(
            step.span != span and step.span in found and step.path == cx.path
            for step in upcast.reached.origin.steps
        )
    }


def _leaves(each: Reached, cx: Context) -> bool:
    """Whether the move ends in front of what the reference refers to."""
    steps, container = each.origin.steps, each.use.type
    referent = last_referent(steps, cx)
    if referent is None:
        return False
    if any(step.words.endswith(PART) for step in steps[referent.index + 1 :]):
        return False  # a part of what is referred to, which may hold the container too
    if any(_moves_on(step.words) for step in steps[referent.index + 1 :]):
        return False
    of = referent.type
    if of is None:
        # Nothing but the name of the field tells.
        return (
            bool(each.use.kind)
            and referent.text.startswith("&")
            and referent.text.endswith(f".{each.use.kind}")
        )
    if container is None:
        return True
    if of.head == container.head and of.kind is container.kind:
        return False
    # A wrapper of a C object and the C object around that: the kernel's usual way from `dev.as_raw()`.
    is_c = bool(_C_MODULES & set(container.path.split("::")[:-1]))
    return not (is_c and mutability(of, cx.index, referent.cx.path, cx.tables) is not Mutability.FROZEN)


def _moves_on(words: str) -> bool:
    """Whether a step has moved the pointer into the referent: `add` and its like, by the text of the call."""
    return any(f".{name}(" in words for name in _FORTH)


def _moves(cx: Context) -> tuple[Use, ...]:
    if b"container_of" not in cx.source.data and _MOVING.isdisjoint(cx.memo(named_calls)):
        return ()
    return tuple(_Moves(cx).all())


class _Moves(Struct, eq=False, dict=True):
    cx: Context

    def __post_init__(self) -> None:
        self.reader = provenance(self.cx).reader

    def all(self) -> Iterator[Use]:
        for fragment in self.cx.parsed.fragments:
            if fragment.kind is FragmentKind.DOC_CODE:
                continue
            found = fragment.find(_KINDS)
            names = last_names("call_expression", fragment, self.cx.parsed)
            calls = zip(found.get("call_expression", ()), names, strict=True)
            moving = [node for node, name in calls if name in _MOVING]
            for node in (*moving, *found.get("macro_invocation", ())):
                call = call_of(node, self.cx.parsed)
                use = self._at(call) if call is not None else None
                if use is not None:
                    yield use

    def _at(self, call: Call) -> Use | None:
        node = call.node
        if call.form is CallForm.MACRO:
            if call.name != "container_of":
                return None
            term = self.reader.value(node)
            if not isinstance(term, Derived) or term.effect is not Effect.KEEP or term.step is None:
                return None
            written = _arguments(node, self.cx)
            container, name = _container(written[1:], node, self.cx)
            return Use(
                term.inner, span_of(node), (term.step,), name, node, around(node, self.cx), type=container
            )
        if call.form is not CallForm.METHOD or call.receiver is None or len(call.arguments) != 1:
            return None
        offset = call.arguments[0]
        if call.name in _EITHER_WAY:
            negated = self._negated(offset)
            if negated is None:
                return None
            offset = negated
        elif call.name not in _BACK:
            return None
        told = self._offset_of(offset)
        if told is None or not self._may_point(call.receiver):
            return None
        step = self.reader.step(node, f"{self.reader.shown(node)} steps back from it")
        start = call.name_node.start_byte if call.name_node is not None else node.start_byte
        pointer = self.reader.value(call.receiver)
        place = Span(start, node.end_byte)
        return Use(pointer, place, (step,), told[1], node, around(node, self.cx), type=told[0])

    def _may_point(self, receiver: Node) -> bool:
        ref = types(self.cx).of(receiver)
        return ref is None or ref.is_raw_pointer or ref.head == "NonNull"

    def _negated(self, offset: Node) -> Node | None:
        """`x` of `-x` and of `-(x as isize)`, through locals."""
        for _ in range(_MAX_HOPS):
            if offset.type == "unary_expression" and offset.children and offset.children[0].type == "-":
                return offset.named_children[-1]
            if offset.type == "parenthesized_expression" and offset.named_children:
                offset = offset.named_children[0]
                continue
            value = self._bound(offset)
            if value is None:
                return None
            offset = value
        return None

    def _bound(self, node: Node) -> Node | None:
        binding = scopes(self.cx).binding(node) if node.type == "identifier" else None
        if binding is None or binding.kind is not BindingKind.LET or binding.steps:
            return None
        return binding.value

    def _offset_of(self, offset: Node) -> tuple[TypeRef | None, str] | None:
        """Container and field of an offset: `offset_of!(A, b)`, a local that holds it, a constant named for it."""
        for _ in range(_MAX_HOPS * 2):
            if offset.type == "macro_invocation":
                call = call_of(offset, self.cx.parsed)
                if call is None or call.name != "offset_of":
                    return None
                return _container(_arguments(offset, self.cx), offset, self.cx)
            inner: Node | None = None
            if offset.type == "type_cast_expression":
                inner = offset.child_by_field_name("value")
            elif offset.type == "parenthesized_expression":
                inner = next((child for child in offset.named_children if not child.is_extra), None)
            elif offset.type in ("identifier", "scoped_identifier"):
                inner = self._bound(offset)
                name = self.cx.text(offset).rpartition("::")[2]
                if inner is None and name.isupper() and "OFFSET" in name:
                    return None, ""
            if inner is None:
                return None
            offset = inner
        return None


def _arguments(node: Node, cx: Context) -> list[str]:
    """The arguments of a macro call as text, cut at the commas outside of brackets of any kind."""
    tree = next((child for child in node.children if child.type == "token_tree"), None)
    if tree is None:
        return []
    found, start, depth = [], tree.start_byte + 1, 0
    for token in tree.children[1:-1]:
        kind = token.type
        depth += (kind == "<") - (kind == ">" and depth > 0)
        if kind == "," and not depth:
            found.append((start, token.start_byte))
            start = token.end_byte
    found.append((start, tree.end_byte - 1))
    return [cx.source.data[begin:end].decode("utf-8", "replace").strip() for begin, end in found]


def _container(written: list[str], node: Node, cx: Context) -> tuple[TypeRef | None, str]:
    """The container's type and the field's name, from the last two arguments of `container_of!` or `offset_of!`."""
    if len(written) < 2:
        return None, ""
    ref = parse_type(written[0])
    own = types(cx).self_type(node)
    ref = with_self(ref, own) if own is not None else ref
    field = written[1].rpartition(".")[2].strip()
    if ref.path == "Self":
        return None, field
    return types(cx).resolved(ref, node), field if field.isidentifier() else ""
