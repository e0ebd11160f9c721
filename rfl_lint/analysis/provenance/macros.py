"""What the macros that make pointers do: `addr_of!`, `container_of!`.

Their arguments are parsed only where they hold code; `self.field` stays a row of tokens and is read as such.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from rfl_lint.analysis.code.calls import Call
from rfl_lint.analysis.provenance.terms import NOTHING, UNKNOWN, Derived, Effect, Source, Step, Term
from rfl_lint.source import Span
from rfl_lint.syntax import Node, span_of

if TYPE_CHECKING:
    from rfl_lint.analysis.provenance.read import Reader

DIVERGING_MACROS: Final = frozenset({"panic", "unreachable", "todo", "unimplemented", "build_error"})


class MacroReader(Struct, eq=False, dict=True):
    """Reads macro calls for a `Reader`."""

    reader: Reader

    def __post_init__(self) -> None:
        self.cx = self.reader.cx

    def value(self, call: Call) -> Term:
        """Where what a macro call gives comes from."""
        if call.name in DIVERGING_MACROS:
            return NOTHING
        if call.name not in ("addr_of", "addr_of_mut", "container_of"):
            return UNKNOWN
        as_place = call.name != "container_of"
        words = f"{self.reader.shown(call.node)} {'points to it' if as_place else 'steps back from it'}"
        return Derived(
            self._argument(call, as_place=as_place), Effect.KEEP, self.reader.step(call.node, words)
        )

    def _argument(self, call: Call, *, as_place: bool) -> Term:
        """The first argument of a macro: parsed if it holds code, else plain tokens such as `self.field`."""
        tree = next((child for child in call.node.children if child.type == "token_tree"), None)
        if tree is None:
            return UNKNOWN
        tokens = [child for child in tree.children[1:-1] if not child.is_extra]
        comma = next((index for index, token in enumerate(tokens) if token.type == ","), len(tokens))
        tokens = tokens[:comma]
        if not tokens:
            return UNKNOWN
        if not as_place:
            cast = next((index for index, token in enumerate(tokens) if token.type == "as"), len(tokens))
            tokens = tokens[:cast] or tokens
        span = Span(tokens[0].start_byte, tokens[-1].end_byte)
        for fragment in self.cx.parsed.fragments_in(call.node):
            node = fragment.root.descendant_for_byte_range(span.start, span.end)
            if node is not None and span_of(node) == span:
                return self.reader.place(node) if as_place else self.reader.value(node)
        if tokens[0].type == "&" and not as_place:
            return self._token_borrow(tokens, span)
        return self._token_path(tokens, as_place=as_place)

    def _token_borrow(self, tokens: list[Node], span: Span) -> Term:
        """`&place`, `&mut place`, `&raw const place` in tokens."""
        words = [self.cx.text(token) for token in tokens]
        is_raw = words[1:2] == ["raw"] and words[2:3] in (["const"], ["mut"])
        skipped = 3 if is_raw else 2 if words[1:2] == ["mut"] else 1
        if len(tokens) == skipped:
            return UNKNOWN
        place = self._token_path(tokens[skipped:], as_place=True)
        shown = f"`{self.cx.source.data[span.start : span.end].decode('utf-8', 'replace')}`"
        if is_raw:
            return Derived(place, Effect.KEEP, Step(span, f"{shown} points to it", self.cx.path))
        effect = Effect.BORROW_MUT if skipped == 2 else Effect.BORROW
        return Derived(place, effect, Step(span, f"{shown} is a reference", self.cx.path))

    def _token_path(self, tokens: list[Node], *, as_place: bool) -> Term:
        if tokens[0].type == "*" and len(tokens) == 2 and as_place:
            return self.reader.value(tokens[1])
        base = tokens[0]
        if base.type not in ("identifier", "self") or any(token.type != "." for token in tokens[1::2]):
            return UNKNOWN
        if len(tokens) == 1:
            return self.reader.place(base) if as_place else self.reader.value(base)
        if as_place:
            shown = "".join(self.cx.text(token) for token in tokens)
            step = self.reader.step(tokens[-1], f"`{shown}` is part of it")
            return Derived(self.reader.base(base), Effect.PROJECT, step)
        ref = self.reader.types.of(base)
        for label in tokens[2::2]:
            ref = self.reader.types.field(ref, self.cx.text(label)) if ref is not None else None
        found = self.reader.by_type(tokens[-1], ref)
        if isinstance(found, Source) and found.step is not None:
            shown = "".join(self.cx.text(token) for token in tokens)
            words = found.step.words.replace(self.reader.shown(tokens[-1]), f"`{shown}`")
            return replace(found, step=replace(found.step, words=words))
        return found
