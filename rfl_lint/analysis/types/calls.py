"""Of what type is what a call returns: by the index, and for the kernel's containers by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from rfl_lint.analysis.code.calls import Call, CallForm
from rfl_lint.analysis.types.typeref import TypeKind, TypeRef, parse_type, peeled
from rfl_lint.facts import FunctionFact
from rfl_lint.syntax import Node

if TYPE_CHECKING:
    from rfl_lint.analysis.types.inference import Types

CONTAINERS: Final = frozenset(
    {"Box", "KBox", "VBox", "KVBox", "Arc", "ArcBorrow", "UniqueArc", "ListArc", "Rc", "ARef", "Vec",
     "KVec", "VVec", "KVVec", "String", "CString", "NonNull", "UnsafeCell", "Cell", "Opaque",
     "ManuallyDrop", "MaybeUninit", "RBTree", "XArray"}
)  # fmt: skip
# What of a container's associated functions does not hand out the container itself.
_NO_CONSTRUCTOR: Final = frozenset(
    {"into_raw", "into_foreign", "leak", "into_inner", "as_ptr", "as_mut_ptr", "into_raw_parts", "raw_get",
     "borrow", "take", "ptr_eq", "into_unique_or_drop", "drop", "into_pin", "get", "cast_into",
     "assume_init_drop", "read"}
)  # fmt: skip
_WRAPPERS: Final = frozenset({"Result", "Option"})
_PEELING: Final = frozenset(
    {"unwrap", "expect", "unwrap_or", "unwrap_or_else", "unwrap_or_default", "unwrap_unchecked", "ok_or",
     "ok_or_else", "map_err", "ok"}
)  # fmt: skip
MAPPING: Final = frozenset({"map", "and_then", "is_some_and", "map_or", "map_or_else"})
_POINTER_STEPS: Final = frozenset(
    {"add", "sub", "offset", "byte_add", "byte_sub", "byte_offset", "wrapping_add", "wrapping_sub",
     "wrapping_offset"}
)  # fmt: skip
# What these hand out is behind a pointer that is no reference itself, and what kind of reference to it.
HANDING_OUT: Final = {
    "deref": TypeKind.REF, "deref_mut": TypeKind.REF_MUT, "as_ref": TypeKind.REF, "as_mut": TypeKind.REF_MUT,
    "get_ref": TypeKind.REF, "get_mut": TypeKind.REF_MUT, "get_unchecked_mut": TypeKind.REF_MUT,
    "into_ref": TypeKind.REF,
}  # fmt: skip
_STILL_PINNED: Final = frozenset({"as_ref", "as_mut", "into_ref"})
_CONVERTED: Final = frozenset({"as_ref", "as_mut"})
_DEREFERENCED: Final = frozenset({"deref", "deref_mut"})
_OWNERS: Final = frozenset({"Box", "KBox", "VBox", "KVBox", "Arc", "UniqueArc", "Rc", "NonNull"})
_HANDING_OWNERS: Final = _OWNERS | {"Pin", "ListArc", "ARef", "Deref", "DerefMut", "AsRef", "AsMut"}
_ADDRESSES: Final = {"addr_of": TypeKind.PTR_CONST, "addr_of_mut": TypeKind.PTR_MUT}
_MACROS: Final = {"kvec": "KVec", "vec": "Vec"}


class CallTypes(Struct, eq=False, dict=True):
    """Types of calls, for a `Types`."""

    types: Types

    def __post_init__(self) -> None:
        self.cx = self.types.cx

    def of(self, call: Call) -> TypeRef | None:
        """The type of what a call returns."""
        if call.form is CallForm.MACRO:
            if call.name in _ADDRESSES:
                return self._address(call)
            name = _MACROS.get(call.name)
            return TypeRef(TypeKind.PATH, name, (), name) if name is not None else None
        if call.form is CallForm.METHOD and call.receiver is not None:
            return self._method(call, call.receiver)
        if call.form is not CallForm.PATH:
            return None
        index, here = self.cx.index, self.cx.path
        module = self.types.homes.module_at(call.node.start_byte) or None
        if not call.path:
            if call.name in ("Ok", "Some") and call.arguments:
                return self.types.of(call.arguments[0])
            free = index.functions(call.name, near=here, module=module).only
            if free is not None:
                return self.returned(free, None)
            record = index.type(call.name, near=here, module=module).only
            if record is None:
                return None
            return self.types.homes.here(
                TypeRef(TypeKind.PATH, call.name, (), call.name), call.node.start_byte
            )
        owner = self.types.annotated(call.self_type) if call.self_type is not None else None
        if owner is None or owner.kind is not TypeKind.PATH:
            return None
        if call.name in HANDING_OUT and len(call.arguments) == 1 and owner.head in _HANDING_OWNERS:
            given = self.types.of(call.arguments[0])
            handed = self._handed_out(call.name, given) if given is not None else None
            if handed is not None:
                return handed
        answer = index.methods(owner.path, call.name, near=here)
        if not answer.is_unknown:
            return self.returned(answer.only, owner) if answer.only is not None else None
        if call.path[-1] != "Self":
            free = index.functions("::".join((*call.path, call.name)), near=here, module=module).only
            if free is not None:
                return self.returned(free, None)
        other = call.name in _NO_CONSTRUCTOR or call.name in HANDING_OUT
        return owner if owner.head in CONTAINERS and not other else None

    def _address(self, call: Call) -> TypeRef:
        """A raw pointer to what stands in the call."""
        pieces = self.cx.parsed.fragments_in(call.node)
        place = next(iter(pieces[0].root.named_children), None) if len(pieces) == 1 else None
        if place is not None and place.type == "expression_statement":
            place = next(iter(place.named_children), None)
        inner = self.types.of(place) if place is not None else None
        return TypeRef(_ADDRESSES[call.name], args=(inner or TypeRef(TypeKind.OTHER),))

    def _method(self, call: Call, value: Node) -> TypeRef | None:
        receiver = self.types.of(value)
        if receiver is None:
            return None
        handed = self._handed_out(call.name, receiver) if call.name in HANDING_OUT else None
        if handed is not None:
            return handed
        known = self.types.method_on(receiver, call.name)
        if known is not None:
            return self.returned(*known)
        if call.name in _PEELING:
            return peeled(receiver)
        inner = receiver.referent
        if call.name == "clone":
            return inner
        if call.name == "lock" and inner.head in ("Mutex", "SpinLock", "Lock") and inner.args:
            return TypeRef(TypeKind.PATH, "Guard", inner.args[:1], "Guard")
        if call.name in ("as_ref", "as_mut") and inner.head in _WRAPPERS and inner.args:
            kind = TypeKind.REF if call.name == "as_ref" else TypeKind.REF_MUT
            return TypeRef(
                TypeKind.PATH, inner.head, (TypeRef(kind, args=inner.args[:1]), *inner.args[1:]), inner.head
            )
        if call.name in MAPPING:
            return self._mapped(call)
        if inner.head == "NonNull" or inner.is_raw_pointer:
            return self._pointer_method(call, inner)
        return None

    def _handed_out(self, name: str, receiver: TypeRef) -> TypeRef | None:
        """What `as_ref`, `deref` and the methods of `Pin` hand out; None if that is for a signature to say."""
        # One reference is the `&self`; `deref` of what is behind two hands out the inner one.
        pointer = receiver.args[0] if receiver.is_reference and receiver.args else receiver
        pointer = pointer if name in _DEREFERENCED else pointer.referent
        if name not in _DEREFERENCED and pointer.head != "Pin":
            if name not in _CONVERTED or pointer.head not in _OWNERS or not pointer.args:
                return None
            return TypeRef(HANDING_OUT[name], args=pointer.args[:1])
        target = None if pointer.is_raw_pointer else self.types.dereferenced(pointer)
        if target is None:
            return None
        lent = TypeRef(HANDING_OUT[name], args=(target,))
        pinned = pointer.head == "Pin" and name in _STILL_PINNED
        return TypeRef(TypeKind.PATH, "Pin", (lent,), pointer.path) if pinned else lent

    def _mapped(self, call: Call) -> TypeRef | None:
        function = call.arguments[-1] if call.arguments else None
        body = function.child_by_field_name("body") if function is not None else None
        if function is None or function.type not in ("closure_expression", "scoped_identifier"):
            return None
        if body is not None:
            return self.types.of(body)
        owner = function.child_by_field_name("path")
        ref = self.types.annotated(owner) if owner is not None else None
        name = function.child_by_field_name("name")
        known = ref is not None and name is not None and ref.head in CONTAINERS
        return ref if known and name is not None and self.cx.text(name) not in _NO_CONSTRUCTOR else None

    def _pointer_method(self, call: Call, pointer: TypeRef) -> TypeRef | None:
        if call.name == "as_ptr":
            return TypeRef(TypeKind.PTR_MUT, args=pointer.args)
        if call.name == "cast":
            text = self.cx.text(call.turbofish) if call.turbofish is not None else ""
            target = parse_type(f"T{text}").args
            return TypeRef(pointer.kind, pointer.head, target or (TypeRef(TypeKind.OTHER),), pointer.path)
        if call.name in ("cast_mut", "cast_const"):
            return TypeRef(
                TypeKind.PTR_MUT if call.name == "cast_mut" else TypeKind.PTR_CONST, args=pointer.args
            )
        return pointer if call.name in _POINTER_STEPS else None

    def returned(self, function: FunctionFact, owner: TypeRef | None) -> TypeRef | None:
        """What a function returns, with `Self` put in."""
        return self.types.homes.returned(function, owner)
