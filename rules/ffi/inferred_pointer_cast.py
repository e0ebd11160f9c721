"""Rule `inferred-pointer-cast`."""

from __future__ import annotations

from collections.abc import Iterator

from rfl_lint.plugin import (
    CastValue,
    Context,
    Finding,
    InferredCast,
    Label,
    Meta,
    Node,
    Rule,
    Severity,
    inferred_pointer_cast,
    span_of,
)


class InferredPointerCast(Rule):
    """A cast of a pointer or reference names the type that it makes.

    Why: `as _` takes whatever type the place around it asks for, now and after the next change. It turns a
    `*const T` into a `*mut T`, and a pointer to one type into a pointer to another, without a word of it in the
    code. `cast`, `cast_mut` and `cast_const` each do one thing and say which.

    Bad:

        fn into_raw(this: *const Lamp) -> *mut c_void {
            this as _
        }

    Good:

        fn into_raw(this: *const Lamp) -> *mut c_void {
            this.cast_mut().cast::<c_void>()
        }

    Bad:

        fn show(name: fmt::Arguments<'_>) {
            print(&name as *const _ as *const c_void);
        }

    Good:

        fn show(name: fmt::Arguments<'_>) {
            print(core::ptr::from_ref(&name).cast::<c_void>());
        }

    Good:

        fn flags(count: usize) -> u32 {
            bindings::LAMP_DIM as _
        }

    Notes: of `clippy::as_underscore` and `clippy::as_pointer_underscore` this is the part that is about pointers: a
    cast of an integer is none of it, and of a value whose type cannot be told nothing is said, unless a C function
    takes it where its prototype has a pointer. Where the tree's Makefile does not turn `as_underscore` on, the rule
    runs under strict only.

    See: https://rust-lang.github.io/rust-clippy/master/index.html#as_underscore
    """

    meta = Meta(
        name="inferred-pointer-cast",
        group="ffi",
        summary="a cast of a pointer to a type that is left to inference",
        severity=Severity.WARNING,
        since="0.1.0",
        clippy=("as_underscore", "as_pointer_underscore"),
        doc_code=True,
        origin="002, 004",
        precision="7.2: no findings; strict, with doc code, 6.1: 5 of 5, 6.12: 23 of 23 right; unseen code: 52 of 52",
    )
    on = frozenset({"type_cast_expression"})

    def check(self, node: Node, cx: Context) -> Iterator[Finding]:
        """Report a cast of a pointer or reference to `_`, `*mut _` or `*const _`."""
        cast = inferred_pointer_cast(node, cx)
        if cast is None or not (cx.strict or cx.tree.turns_on("as_underscore")):
            return
        related: tuple[Label, ...] = ()
        if cast.for_c is not None:
            words = f"`bindings::{cast.for_c.name}` takes a pointer here"
            related = (Label(span_of(cast.operand), words),)
        what = "pointee" if cast.target.startswith("*") else "type"
        message = f"`as {cast.target}` hides the {what} that this {cast.value.value} is cast to"
        yield self.finding(cx, node, message, help=_advice(cast), related=related)


def _advice(cast: InferredCast) -> str:
    if cast.value is CastValue.REFERENCE:
        function = "from_mut" if cast.is_mutable else "from_ref"
        return f"make the pointer with `core::ptr::{function}`, and name a further type in `.cast::<T>()`"
    return (
        "name the type, in `.cast::<T>()` if it is a pointer, and a change of mutability with `.cast_mut()` or "
        "`.cast_const()`"
    )
