"""The language in which it is written down where a pointer comes from: terms read off code, and origins.

A term is plain data that can be pickled: what a function returns is one, with its parameters and the functions
it calls left open. So a body is read once, and what it says holds in every file that calls the function.
"""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from rfl_lint.source import Span


class Kind(Enum):
    """What a pointer ultimately is."""

    REFERENCE = "reference"
    """Made from a `&T` or `&mut T`: good for the bytes of the referent, no more."""
    CELL = "cell"
    """From a reference through `UnsafeCell` or `Opaque`: may be written through, good for the cell's bytes."""
    STORED = "stored"
    """Read out of a field or other place that keeps a raw pointer."""
    RAW = "raw"
    """A parameter of raw pointer type."""
    OWNED = "owned"
    """Given out by `into_raw`, `into_foreign`, `leak`, or by `ManuallyDrop`: good for the whole allocation."""
    PEEKED = "peeked"
    """`Arc::as_ptr`: good for the whole allocation, owns nothing."""
    FOREIGN = "C call"
    """The result of a C function."""
    SMART = "smart pointer"
    """Not a pointer yet: a `KBox`, an `Arc`."""
    UNKNOWN = "unknown"


class Place(Enum):
    """What a reference refers to, as far as it matters for how much of an allocation it covers."""

    SELF = "self"
    PARAMETER = "parameter"
    LOCAL = "local"
    FIELD = "field"
    TARGET = "target"
    """What some other pointer points to, or what a smart pointer owns."""


class Effect(Enum):
    """What a step does to the pointer that it is given."""

    KEEP = "keep"
    BORROW = "borrow"
    BORROW_MUT = "borrow mutably"
    PROJECT = "project"
    CELL = "cell"
    """Through `UnsafeCell`: a reference becomes a pointer that may be written through."""
    REFER = "refer"
    """Something known to be a reference by its type, whatever it was made from."""
    REFER_MUT = "refer mutably"


class Step(Struct, frozen=True):
    """One step of a derivation, in words."""

    span: Span
    words: str
    path: str = ""


class Source(Struct, frozen=True):
    """Where a derivation begins. `step` is None where there is nothing to say."""

    kind: Kind
    step: Step | None = None
    mutable: bool = False
    place: Place = Place.TARGET


class Param(Struct, frozen=True):
    """A parameter of the function; -1 is the receiver. `declared` is what its type says about it."""

    index: int
    declared: Kind
    step: Step
    mutable: bool = False


class Derived(Struct, frozen=True):
    """One step on from another term."""

    inner: Term
    effect: Effect
    step: Step | None = None


class Typed(Struct, frozen=True):
    """A term whose type is written somewhere: a `let` with an annotation, the result of a function."""

    inner: Term
    declared: Kind
    step: Step
    mutable: bool = False


class Join(Struct, frozen=True):
    """Any of several: the arms of a `match`, the assignments that reach a use. Empty: no value at all."""

    parts: tuple[Term, ...] = ()


class Call(Struct, frozen=True):
    """A call of a function that some file may define.

    `owner` is the path of the type or trait, empty for a free function; that one is `written`, a name or path in
    the module `module` of the file `path`.
    """

    owner: str
    name: str
    args: tuple[Term, ...]
    receiver: Term | None
    step: Step
    path: str
    written: str = ""
    module: str = ""


class Record(Struct, frozen=True):
    """A struct or tuple built here: its fields by name, or by position as text."""

    fields: tuple[tuple[str, Term], ...]


class Part(Struct, frozen=True):
    """A field of another term if that is a record; else what the field's type says."""

    inner: Term
    name: str
    otherwise: Term


Term = Source | Param | Derived | Typed | Join | Call | Record | Part

NOTHING = Join()
UNKNOWN = Source(Kind.UNKNOWN)


class Sink(Struct, frozen=True):
    """A pointer that is handed to an owning function, here or in a function called here.

    `call` is the whole call, `place` the words of it that a finding points at; `steps` lead from the pointer to the
    owning function. `through` is the called function, if the owning one is not called directly. `function` is where
    the function around the call starts, -1 outside of any.
    """

    callee: str
    family: str
    argument: Term
    call: Span
    place: Span
    steps: tuple[Step, ...]
    function: int = -1
    through: str = ""


class Summary(Struct, frozen=True):
    """What one function does with pointers: what it returns."""

    path: str
    owner: str
    name: str
    span: Span
    returns: Term = UNKNOWN


class Origin(Struct, frozen=True):
    """One answer to "where does this pointer come from".

    `param` is set while the pointer still is whatever the caller passes as that parameter; `kind` then is what
    the parameter's type says. `in_cell` is set if the way from there leads through `UnsafeCell`, which tells once the
    caller's argument is known. `steps` lead from the source to the pointer.
    """

    kind: Kind
    mutable: bool = False
    place: Place = Place.TARGET
    steps: tuple[Step, ...] = ()
    param: int | None = None
    in_cell: bool = False

    @property
    def key(self) -> tuple[Kind, bool, Place, int | None, bool, Span | None]:
        """What makes two origins the same answer, reached by different steps: who gave it up, if it is owned."""
        giver = self.steps[0].span if self.kind is Kind.OWNED and self.steps else None
        return (self.kind, self.mutable, self.place, self.param, self.in_cell, giver)

    @property
    def is_reference_derived(self) -> bool:
        """Whether it covers a referent's bytes only, by way of a cell or not."""
        return self.kind in (Kind.REFERENCE, Kind.CELL)
