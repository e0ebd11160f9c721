"""Read off an expression where its pointer comes from, as a term. Looks at one function body at a time.

Two readings of an expression: its value, and the place that `&` or `addr_of!` in front of it would point to.
What this module cannot read is `UNKNOWN`, and nobody may conclude anything from that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec import Struct, field

from rfl_lint.analysis.code.calls import CallForm, call_of
from rfl_lint.analysis.code.scopes import Binding, BindingKind, PatternStep, StepKind, scopes
from rfl_lint.analysis.provenance.calls import CallReader
from rfl_lint.analysis.provenance.flow import LOOPS, Definitions
from rfl_lint.analysis.provenance.macros import DIVERGING_MACROS, MacroReader
from rfl_lint.analysis.provenance.terms import (
    NOTHING,
    UNKNOWN,
    Derived,
    Effect,
    Join,
    Kind,
    Param,
    Part,
    Place,
    Record,
    Source,
    Step,
    Term,
    Typed,
)
from rfl_lint.analysis.types.inference import block_tail, types
from rfl_lint.analysis.types.typeref import TypeKind, TypeRef
from rfl_lint.rule import Context
from rfl_lint.syntax import Node, kind_query, span_of

_MAX_DEPTH: Final = 48
_POINTERS: Final = frozenset({"NonNull", "Unique"})
_SMART: Final = frozenset(
    {"Box", "KBox", "VBox", "KVBox", "Arc", "ArcBorrow", "UniqueArc", "ListArc", "Rc", "ARef", "Vec", "KVec", "VVec",
     "KVVec", "Guard", "String", "CString"}
)  # fmt: skip
_TRANSPARENT: Final = frozenset({"Option", "Result", "Pin"})
_DIVERGING: Final = frozenset({"return_expression", "break_expression", "continue_expression"})


def declared(ref: TypeRef | None) -> tuple[Kind, bool]:
    """What a type says about where its pointer comes from, and whether it may be written through."""
    while ref is not None and ref.kind is TypeKind.PATH and ref.head in _TRANSPARENT and ref.args:
        ref = ref.args[0]
    if ref is None:
        return Kind.UNKNOWN, True
    if ref.is_reference:
        return Kind.REFERENCE, ref.kind is TypeKind.REF_MUT
    if ref.is_raw_pointer or ref.head in _POINTERS:
        return Kind.RAW, True
    if ref.head == "ManuallyDrop":
        return Kind.OWNED, True
    return (Kind.SMART, True) if ref.head in _SMART else (Kind.UNKNOWN, True)


class Reader(Struct, eq=False, dict=True):
    """Terms of one file's expressions, each read once."""

    cx: Context
    _values: dict[int, Term] = field(default_factory=dict)
    _places: dict[int, Term] = field(default_factory=dict)
    _depth: int = 0

    def __post_init__(self) -> None:
        self.types = types(self.cx)
        self.scopes = scopes(self.cx)
        self.flow = Definitions(self.cx)
        self.calls = CallReader(self)
        self.macros = MacroReader(self)

    def value(self, node: Node) -> Term:
        """Where the pointer comes from that this expression gives."""
        return self._once(self._values, node, self._value)

    def place(self, node: Node) -> Term:
        """Where a pointer to the place that this expression names would come from."""
        return self._once(self._places, node, self._place)

    def _once(self, known: dict[int, Term], node: Node, read: Callable[[Node], Term]) -> Term:
        key = node.id
        if key not in known:
            if self._depth >= _MAX_DEPTH:
                return UNKNOWN
            known[key] = NOTHING  # an expression that leads back to itself adds nothing
            self._depth += 1
            try:
                known[key] = read(node)
            finally:
                self._depth -= 1
        return known[key]

    def step(self, node: Node, words: str) -> Step:
        """A step at a node of this file."""
        return Step(span_of(node), words, self.cx.path)

    def shown(self, node: Node) -> str:
        """The text of a node on one line, cut short, in backquotes."""
        return f"`{shortened(self.cx.text(node))}`"

    def by_type(self, node: Node, ref: TypeRef | None) -> Term:
        """What a value read out of some place is, as far as its type tells."""
        kind, mutable = declared(ref)
        if kind is Kind.RAW:
            return Source(Kind.STORED, self.step(node, f"{self.shown(node)} stores a raw pointer"))
        if kind is Kind.REFERENCE:
            return Source(kind, self.step(node, f"{self.shown(node)} is a reference"), mutable)
        return Source(kind) if kind is not Kind.UNKNOWN else UNKNOWN

    def _value(self, node: Node) -> Term:
        kind = node.type
        if kind in ("identifier", "self"):
            return self.name(node)
        if kind in ("call_expression", "macro_invocation"):
            call = call_of(node, self.cx.parsed)
            if call is None:
                return UNKNOWN
            return self.macros.value(call) if call.form is CallForm.MACRO else self.calls.value(call)
        if kind == "field_expression":
            return self._field_value(node)
        if kind == "reference_expression":
            return self._reference(node)
        if kind == "type_cast_expression":
            return self._cast(node)
        if kind in ("parenthesized_expression", "try_expression"):
            inner = first_child(node)
            return self.value(inner) if inner is not None else UNKNOWN
        if kind in ("unsafe_block", "block", "const_block", "else_clause"):
            tail = block_tail(node)
            last = self.value(tail) if tail is not None else self._no_tail(node)
            is_labelled = kind == "block" and node.children[0].type == "label"
            return Join((*(self.value(inner) for inner in self._breaks(node)), last)) if is_labelled else last
        if kind == "if_expression":
            arms = (node.child_by_field_name("consequence"), node.child_by_field_name("alternative"))
            return Join(tuple(self.value(arm) for arm in arms if arm is not None))
        if kind == "match_expression":
            body = node.child_by_field_name("body")
            arms_of = (
                [arm.child_by_field_name("value") for arm in body.named_children] if body is not None else []
            )
            return Join(tuple(self.value(arm) for arm in arms_of if arm is not None))
        if kind == "loop_expression":
            return Join(tuple(self.value(inner) for inner in self._breaks(node)))
        if kind in _DIVERGING:
            return NOTHING
        if kind in ("struct_expression", "tuple_expression"):
            return self._record(node)
        if kind == "unary_expression":
            return self.by_type(node, self.types.of(node)) if node.children[0].type == "*" else UNKNOWN
        if kind == "index_expression":
            return self.by_type(node, self.types.of(node))
        return UNKNOWN

    def _place(self, node: Node) -> Term:
        kind = node.type
        if kind in ("parenthesized_expression", "unsafe_block", "block"):
            inner = first_child(node) if kind == "parenthesized_expression" else block_tail(node)
            return self.place(inner) if inner is not None else UNKNOWN
        if kind == "unary_expression" and node.children[0].type == "*":
            inner = first_child(node)
            return self.value(inner) if inner is not None else UNKNOWN
        if kind in ("field_expression", "index_expression"):
            inner = node.child_by_field_name("value") or first_child(node)
            if inner is None:
                return UNKNOWN
            return Derived(
                self.base(inner), Effect.PROJECT, self.step(node, f"{self.shown(node)} is part of it")
            )
        what = "a local variable" if kind in ("identifier", "self") else "a temporary"
        if kind == "identifier" and self.scopes.binding(node) is None:
            what = "a static or constant"
        step = self.step(node, f"{self.shown(node)} is {what}")
        return Source(Kind.REFERENCE, step, mutable=True, place=Place.LOCAL)

    def base(self, node: Node) -> Term:
        """What `.field` starts from: a reference or smart pointer is looked through, a value is a place."""
        ref = self.types.of(node)
        kind, _ = declared(ref)
        if kind in (Kind.REFERENCE, Kind.SMART, Kind.OWNED) or (ref is None and node.type == "self"):
            return self.value(node)
        return self.place(node)

    def name(self, node: Node) -> Term:
        """The value of a name where it is used."""
        binding = self.scopes.binding(node)
        return self.bound(binding, node) if binding is not None else UNKNOWN

    def bound(self, binding: Binding, use: Node) -> Term:
        """The value of a binding at a use of it."""
        kind = binding.kind
        if kind is BindingKind.PARAMETER:
            return self._parameter(binding)
        if kind is BindingKind.CLOSURE_PARAMETER:
            given = self.calls.closure_argument(binding)
            return self._annotated(self._through(given, binding), binding)
        if kind not in (BindingKind.LET, BindingKind.MATCH) or (
            binding.value is None and kind is not BindingKind.LET
        ):
            return UNKNOWN
        initial: Term = NOTHING
        if binding.value is not None:
            initial = self._through(self.value(binding.value), binding)
        reaching = self.flow.reaching(binding, use)
        parts = [self.value(right) for right in reaching.assigned]
        if reaching.initial:
            parts.insert(0, initial)
        term = parts[0] if len(parts) == 1 else Join(tuple(parts))
        return self._annotated(term, binding)

    def _annotated(self, term: Term, binding: Binding) -> Term:
        if binding.type is None or binding.steps:
            return term
        kind, mutable = declared(self.types.annotated(binding.type))
        shown = f"{self.shown(binding.name)} is a {'reference' if kind is Kind.REFERENCE else 'raw pointer'}"
        return (
            Typed(term, kind, self.step(binding.name, shown), mutable) if kind is not Kind.UNKNOWN else term
        )

    def _parameter(self, binding: Binding) -> Term:
        name = "`self`" if binding.index == -1 else self.shown(binding.name)
        ref = self.types.of_binding(binding)
        kind, mutable = declared(ref)
        if binding.index == -1 and ref is None and binding.name.type == "self_parameter":
            words = {child.type for child in binding.name.children}
            kind, mutable = (
                (Kind.REFERENCE, "mutable_specifier" in words) if "&" in words else (kind, mutable)
            )
        if binding.steps:
            return self.by_type(binding.name, ref)
        what = {Kind.REFERENCE: "a reference", Kind.RAW: "a raw pointer", Kind.SMART: "a smart pointer"}.get(
            kind, "a parameter"
        )
        where = self.cx.parent(binding.name) if binding.index >= 0 else None
        place = where if where is not None and where.type == "parameter" else binding.name
        return Param(binding.index, kind, self.step(place, f"{name} is {what}"), mutable)

    def _through(self, term: Term, binding: Binding) -> Term:
        """Follow a pattern from the value that it matches to the name in it."""
        last = len(binding.steps) - 1
        for index, step in enumerate(binding.steps):
            otherwise: Term = UNKNOWN
            if index == last:
                otherwise = self.by_type(binding.name, self.types.of_binding(binding))
            term = self._pattern_step(term, step, otherwise, binding)
        return term

    def _pattern_step(self, term: Term, step: PatternStep, otherwise: Term, binding: Binding) -> Term:
        if step.kind is StepKind.VARIANT and step.name in ("Some", "Ok"):
            return term
        if step.kind in (StepKind.TUPLE, StepKind.VARIANT):
            return Part(term, str(step.index), otherwise)
        if step.kind is StepKind.FIELD:
            return Part(term, step.name, otherwise)
        if step.kind in (StepKind.BORROW, StepKind.BORROW_MUT):
            effect = Effect.REFER_MUT if step.kind is StepKind.BORROW_MUT else Effect.REFER
            return Derived(
                UNKNOWN, effect, self.step(binding.name, f"{self.shown(binding.name)} is a reference")
            )
        return otherwise

    def _field_value(self, node: Node) -> Term:
        value, label = node.child_by_field_name("value"), node.child_by_field_name("field")
        if value is None or label is None:
            return UNKNOWN
        ref = self.types.of(node)
        otherwise = self.by_type(node, ref) if ref is not None else self._of_c_structure(node, value)
        reaching = self.flow.reaching_field(node)
        assigned = tuple(self.value(right) for right in reaching.assigned)
        if not reaching.initial:
            return assigned[0] if len(assigned) == 1 else Join(assigned)
        initial = self._initial_field(value, label, otherwise)
        return Join((initial, *assigned)) if assigned else initial

    def _of_c_structure(self, node: Node, value: Node) -> Term:
        """A field of a structure of C's: whatever pointer C keeps there, it is no Rust reference."""
        place: Node | None = value
        while place is not None:
            owner = self.types.of(place)
            if owner is not None:
                if "bindings" not in owner.referent.path.split("::")[:-1]:
                    break
                return Source(Kind.STORED, self.step(node, f"{self.shown(node)} is kept by C"))
            # A pointer in a C structure leads to C structures only: what its type is nobody says here.
            if place.type not in ("field_expression", "parenthesized_expression", "unary_expression"):
                break
            place = place.child_by_field_name("value") or first_child(place)
        return UNKNOWN

    def _initial_field(self, value: Node, label: Node, otherwise: Term) -> Term:
        root = value
        while root.type in ("field_expression", "parenthesized_expression"):
            inner = root.child_by_field_name("value") or first_child(root)
            if inner is None:
                return otherwise
            root = inner
        if root.type not in ("identifier", "call_expression", "try_expression"):
            return otherwise  # only what is built here, or handed back by a call, can be a record
        return Part(self.value(value), self.cx.text(label), otherwise)

    def _reference(self, node: Node) -> Term:
        inner = node.child_by_field_name("value")
        if inner is None:
            return UNKNOWN
        words = {child.type for child in node.children}
        mutable = "mutable_specifier" in words
        if "raw" in words:
            return Derived(
                self.place(inner), Effect.KEEP, self.step(node, f"{self.shown(node)} points to it")
            )
        effect = Effect.BORROW_MUT if mutable else Effect.BORROW
        term, says = self.place(inner), f"{self.shown(node)} is a reference"
        owner = first_child(inner) if inner.type == "unary_expression" else None
        if owner is not None and isinstance(term, Source) and term.kind is Kind.SMART:
            says += f" to what {self.shown(owner)} owns"
        return Derived(term, effect, self.step(node, says))

    def _cast(self, node: Node) -> Term:
        value, written = node.child_by_field_name("value"), node.child_by_field_name("type")
        if value is None or written is None:
            return UNKNOWN
        if written.type not in ("pointer_type", "reference_type") and self.cx.text(written) != "_":
            target = self.types.annotated(written)
            if target is None or not target.is_raw_pointer:
                return UNKNOWN  # an address: what it may be used for is no longer known
        return Derived(self.value(value), Effect.KEEP, self.step(node, f"{self.shown(node)} casts it"))

    def _record(self, node: Node) -> Term:
        if node.type == "tuple_expression":
            members = [child for child in node.named_children if not child.is_extra]
            return Record(tuple((str(index), self.value(child)) for index, child in enumerate(members)))
        body = node.child_by_field_name("body")
        fields: list[tuple[str, Term]] = []
        for child in body.named_children if body is not None else ():
            if child.type == "field_initializer":
                label, value = child.child_by_field_name("field"), child.child_by_field_name("value")
                if label is not None and value is not None:
                    fields.append((self.cx.text(label), self.value(value)))
            elif child.type == "shorthand_field_initializer":
                name = first_child(child)
                if name is not None:
                    fields.append((self.cx.text(name), self.value(name)))
        return Record(tuple(fields))

    def _no_tail(self, node: Node) -> Term:
        """A block without a value: nothing if it never gets to its end, else `()`."""
        inner = (
            next((c for c in node.named_children if c.type == "block"), node)
            if node.type != "block"
            else node
        )
        last = next((child for child in reversed(inner.named_children) if not child.is_extra), None)
        if last is not None and last.type == "expression_statement":
            last = first_child(last)
        if last is not None and last.type == "macro_invocation":
            call = call_of(last, self.cx.parsed)
            return NOTHING if call is not None and call.name in DIVERGING_MACROS else UNKNOWN
        return NOTHING if last is not None and last.type in _DIVERGING else UNKNOWN

    def _breaks(self, target: Node) -> list[Node]:
        """What `break` gives to a loop or labelled block."""
        label = next((self.cx.text(child) for child in target.children if child.type == "label"), "")
        found: list[Node] = []
        for node in kind_query(frozenset({"break_expression"})).search(target).get("break_expression", ()):
            named = next((self.cx.text(child) for child in node.named_children if child.type == "label"), "")
            value = next((c for c in node.named_children if c.type != "label" and not c.is_extra), None)
            inside = (*LOOPS, "closure_expression")
            nearest = next((above for above in self.cx.ancestors(node) if above.type in inside), None)
            meant = named == label if named else nearest is not None and nearest.id == target.id
            if value is not None and meant:
                found.append(value)
        return found


def first_child(node: Node) -> Node | None:
    """The first expression in a node that wraps one."""
    return next((child for child in node.named_children if not child.is_extra), None)


def shortened(text: str) -> str:
    """Text on one line, cut after 60 characters."""
    text = " ".join(text.split())
    return text if len(text) <= 60 else text[:57] + "..."
