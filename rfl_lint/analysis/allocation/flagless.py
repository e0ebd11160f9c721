"""Calls that allocate and are given no allocation flags, in the terms of the era that a tree is in.

What allocates is told by the table, unless the file (or the tree) defines the function itself: then its own
signature decides. A method counts on a receiver of known type only.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from rfl_lint.analysis.allocation.copies import collection_made, copy_made
from rfl_lint.analysis.allocation.table import Allocations, Signature, allocations, is_allocating
from rfl_lint.analysis.code.calls import Call, CallForm, call_of, function_value
from rfl_lint.analysis.code.origins import Named, Origin, in_userspace, meaning_of, module_of, names_at
from rfl_lint.analysis.types.inference import type_of, types
from rfl_lint.analysis.types.typeref import TypeKind
from rfl_lint.facts import FunctionFact, head_name
from rfl_lint.rule import Context
from rfl_lint.source import Span
from rfl_lint.syntax import FragmentKind, Node, span_of
from rfl_lint.tree import Era

# Methods that call the function they are given with what they hold.
_ADAPTORS: Final = frozenset(
    {
        "map",
        "and_then",
        "map_or",
        "map_or_else",
        "map_err",
        "for_each",
        "filter_map",
        "flat_map",
        "then",
    }
)
_CONSTANTS: Final = frozenset({"const_item", "static_item", "const_block"})
_FLAGS_PATHS: Final = frozenset(
    {"alloc::Flags", "kernel::alloc::Flags", "crate::alloc::Flags", "kernel::prelude::Flags"}
)
_ALLOC_HOME: Final = "rust/kernel/alloc"


class Fault(Enum):
    """In what way the flags are missing."""

    FORGOTTEN = "forgotten"
    """The function takes flags; the call gives one argument less."""
    NO_CHOICE = "no choice"
    """The function has no place for flags, and no way to fail."""
    OLD_NAME = "old name"
    """The fallible spelling of kernels before there were flags."""


class Flagless(Struct, frozen=True, eq=False):
    """An allocation without flags.

    `name` is how the call is shown. Where a function of today does the same, `type` and `today` name it and
    `signature` tells where its flags go; `type` is as it stands in the call otherwise. `origin` is the type's.
    """

    call: Call
    fault: Fault
    name: str
    span: Span
    type: str = ""
    today: str = ""
    signature: Signature | None = None
    origin: Origin = Origin.UNSAID
    advice: str = ""


def flagless_names(cx: Context) -> frozenset[str]:
    """The last names of calls that are worth a look: nearly all others are not."""
    return cx.memo(_words) | _ADAPTORS


def flagless_call(node: Node, cx: Context) -> Flagless | None:
    """What is wrong with the flags of a `call_expression` or `macro_invocation`; None if nothing is."""
    call = call_of(node, cx.parsed)
    if call is None or call.form is CallForm.VALUE:
        return None
    judge = _Judge(cx, allocations(cx.tree.era, cx.tables))
    for each in (call, *(_values(call, cx) if call.name in _ADAPTORS else ())):
        found = judge.judge(each)
        if found is not None:
            return found if not _is_exempt(each, cx) else None
    return None


def _values(call: Call, cx: Context) -> Iterator[Call]:
    """The functions that an adaptor is given by name, each as the call it becomes: `.map(Box::new)`."""
    if call.form is CallForm.METHOD and call.receiver is not None:
        for argument in call.arguments:
            if argument.type in ("scoped_identifier", "generic_function"):
                value = function_value(argument, (call.receiver,), cx.parsed)
                if value.name in cx.memo(_words):
                    yield value


def flags_signature(fact: FunctionFact, cx: Context) -> Signature | None:
    """Where a function of the tree takes its allocation flags; None if it takes none."""
    known = cx.memo(_signatures)
    key = (fact.path, fact.span.start)
    if key not in known:
        known[key] = _flags_signature(fact, cx)
    return known[key]


def _signatures(_cx: Context) -> dict[tuple[str, int], Signature | None]:
    return {}


def _flags_signature(fact: FunctionFact, cx: Context) -> Signature | None:
    for index, parameter in enumerate(fact.params):
        name = head_name(parameter.type)
        if "Flags" in name:
            imported = cx.index.imported(fact.path, name)
            path = parameter.type if "::" in parameter.type else imported or ""
            home = fact.path.startswith(_ALLOC_HOME) and path in ("super::Flags", "")
            if path in _FLAGS_PATHS or (home and name == "Flags"):
                return Signature(len(fact.params), index, bool(fact.receiver))
    return None


def _own(cx: Context) -> frozenset[str]:
    """The functions of this file that take allocation flags."""
    return frozenset(fact.name for fact in cx.facts.functions if flags_signature(fact, cx) is not None)


def _words(cx: Context) -> frozenset[str]:
    """The names of what allocates, or takes flags for it."""
    return allocations(cx.tree.era, cx.tables).words | cx.memo(_own)


class _Judge(Struct, frozen=True):
    """Judges the calls of one file."""

    cx: Context
    known: Allocations

    def judge(self, call: Call) -> Flagless | None:
        """Judge one call by its form."""
        if call.form is CallForm.MACRO:
            return self._macro(call)
        made = copy_made(call, self.cx) or collection_made(call, self.cx)
        if made is not None:
            return self._no_choice(call, made.key, made.shown)
        if call.form is CallForm.PATH:
            return self._path(call) if call.path else None
        return self._method(call)

    def _macro(self, call: Call) -> Flagless | None:
        if call.name not in self.cx.table("allocation")["standard"]["macros"]:
            return None
        origin = names_at(self.cx).macro((*call.path, call.name), module_of(call.node, self.cx))
        body = next((child for child in call.node.children if child.type == "token_tree"), None)
        if body is None or body.named_child_count == 0 or origin not in (Origin.UNSAID, Origin.STANDARD):
            return None
        return self._no_choice(call, f"{call.name}!", f"{call.name}!")

    # A::f(..)

    def _path(self, call: Call) -> Flagless | None:
        named = meaning_of(call.path, call.node, self.cx)
        shown = f"{call.owner}::{call.name}"
        if named.origin is Origin.LOCAL:
            return self._defined(call, named.name, shown)
        found: Flagless | None = None
        signature = self.known.flagged.get((named.name, call.name))
        if signature is not None and len(call.arguments) == signature.arguments + signature.has_receiver:
            return None
        if named.origin is Origin.STANDARD:
            if f"{named.name}::{call.name}" in self.cx.table("allocation")["standard"]["functions"]:
                found = self._no_choice(call, named.name, shown)
        elif not is_allocating(named, self.cx.tables):
            return self._defined(call, named.name, shown) if named.origin is Origin.KERNEL else None
        found = found or self._listed(call, named.name, shown, standard=named.origin is Origin.STANDARD)
        return replace(found, origin=named.origin) if found is not None else None

    # receiver.f(..)

    def _method(self, call: Call) -> Flagless | None:
        wanted = call.name in self.known.methods or call.name in self.cx.memo(_own)
        if not wanted or call.receiver is None:
            return None
        receiver = type_of(call.receiver, self.cx)
        for step in types(self.cx).deref_chain(receiver) if receiver is not None else ():
            if step.kind is not TypeKind.PATH:
                continue
            named = meaning_of(tuple(step.path.split("::")), call.node, self.cx)
            shown = f"{step.head}::{call.name}"
            if named.origin is Origin.LOCAL:
                if self.cx.index.methods(named.name, call.name, near=self.cx.path).candidates:
                    return self._defined(call, named.name, shown)
            elif (
                named.origin is Origin.STANDARD
                or is_allocating(named, self.cx.tables)
                or self._is_known(named)
            ):
                standard = named.origin is Origin.STANDARD
                found = self._listed(call, named.name, shown, standard=standard)
                if found is not None:
                    return replace(found, origin=named.origin)
        return None

    def _is_known(self, named: Named) -> bool:
        """Whether a type that a file does not name itself is one of the kernel's: so a receiver's may be."""
        listed = named.name in self.cx.table("allocation")["imported_modules"]
        index, near = self.cx.index, self.cx.path
        every = index.type(named.name).candidates if listed else ()
        found = [fact for fact in every if index.names.sees(near, fact.path)]
        unsaid = named.origin is Origin.UNSAID
        return unsaid and bool(found) and all(fact.path.startswith("rust/kernel/") for fact in found)

    # What the table and the signatures say of a function of a known type.

    def _listed(self, call: Call, type_name: str, shown: str, *, standard: bool) -> Flagless | None:
        key = (type_name, call.name)
        is_method = call.form is CallForm.METHOD
        old = self.known.old.get(key)
        if old is not None and old.has_receiver >= is_method:
            return self._today(call, Fault.OLD_NAME, shown, type_name, old.today)
        signature = self.known.flagged.get(key)
        if signature is not None and signature.has_receiver >= is_method:
            given = len(call.arguments) - (signature.has_receiver and not is_method)
            if standard:
                wrong = signature.has_receiver and given != signature.arguments
                return self._no_choice(call, type_name, shown) if wrong else None
            if given == signature.arguments - 1 and not self._tree_agrees(call, type_name):
                return self._today(call, Fault.FORGOTTEN, shown, type_name, call.name)
            return None
        plain = self.known.plain.get(key)
        if plain is not None and plain.has_receiver >= is_method:
            given = len(call.arguments) - (plain.has_receiver and not is_method)
            if plain.arguments is None or plain.arguments == given:
                return self._no_choice(call, type_name, shown)
        return None

    def _defined(self, call: Call, type_name: str, shown: str) -> Flagless | None:
        """A function whose definition is in sight: its own signature decides, if there is but one."""
        answer = self.cx.index.methods(type_name, call.name, near=self.cx.path)
        signatures = {flags_signature(fact, self.cx) for fact in answer.candidates}
        signature = signatures.pop() if len(signatures) == 1 else None
        if signature is None:
            return None
        given = len(call.arguments) - (signature.has_receiver and call.form is CallForm.PATH)
        if given != signature.arguments - 1:
            return None
        span = self._span(call)
        return Flagless(call, Fault.FORGOTTEN, shown, span, type_name, call.name, signature, Origin.LOCAL)

    def _tree_agrees(self, call: Call, type_name: str) -> bool:
        """Whether the tree's own definition of a kernel function takes just the arguments of a call."""
        for fact in self.cx.index.methods(type_name, call.name).candidates:
            takes = len(fact.params) + (call.form is CallForm.PATH and bool(fact.receiver))
            if fact.path.startswith("rust/kernel/") and takes == len(call.arguments):
                return True
        return False

    def _today(self, call: Call, fault: Fault, shown: str, type_name: str, today: str) -> Flagless:
        signature = self.known.flagged.get((type_name, today))
        if signature is None:
            return Flagless(call, fault, shown, self._span(call), type_name, advice=self._advice(type_name))
        return Flagless(call, fault, shown, self._span(call), type_name, today, signature)

    def _no_choice(self, call: Call, type_name: str, shown: str) -> Flagless:
        if (type_name, call.name) in self.known.flagged:
            return self._today(call, Fault.NO_CHOICE, shown, type_name, call.name)
        advice = self._advice(type_name)
        if self.known.era is Era.UPSTREAM_ALLOC and type_name in ("Box", "Vec"):
            advice = f"`try_{call.name}` or another call that can fail"
        return Flagless(call, Fault.NO_CHOICE, shown, self._span(call), type_name, advice=advice)

    def _advice(self, key: str) -> str:
        instead = self.known.instead
        return instead.get(key, instead["other"]) if key not in ("Box", "Vec") else instead["other"]

    def _span(self, call: Call) -> Span:
        """A method call begins at its name: the receiver may be a chain of many lines."""
        if call.form is CallForm.METHOD and call.name_node is not None:
            return Span(call.name_node.start_byte, call.node.end_byte)
        return span_of(call.node)


def _is_exempt(call: Call, cx: Context) -> bool:
    """Code that is not built for the kernel, that runs at build time, or that implements the flags."""
    if cx.fragment is not None and cx.fragment.kind is FragmentKind.DOC_CODE:
        docs = cx.table("allocation")["doc_examples"]
        built = cx.path.startswith(tuple(docs["built_below"]))
        if not built and cx.path.startswith(tuple(docs["never_built_below"])):
            return True
    in_function = False
    for above in cx.ancestors(call.node):
        if above.type in ("function_item", "closure_expression"):
            in_function = True
        elif above.type in _CONSTANTS and not in_function:
            return True
        elif above.type in ("impl_item", "trait_item"):
            named = above.child_by_field_name("trait") or above.child_by_field_name("name")
            if named is not None and head_name(cx.text(named)) in ("BoxExt", "VecExt"):
                return True
    # What a `macro_rules!` repeats is as many arguments as its caller gives.
    listed = call.node.child_by_field_name("arguments")
    return (listed is not None and "$(" in cx.text(listed)) or in_userspace(call.node, cx)
