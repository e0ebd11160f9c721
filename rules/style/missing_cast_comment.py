"""Rule `missing-cast-comment`."""

from __future__ import annotations

from collections.abc import Iterator

from rfl_lint.plugin import (
    Context,
    Finding,
    Level,
    Meta,
    Node,
    Rule,
    Severity,
    comment_fix,
    undocumented,
)


class MissingCastComment(Rule):
    """A cast that may lose or reinterpret bits, or that changes what a pointer points to, has a `// CAST:` comment.

    Why: `as` never fails. It drops the upper bits, turns a large number into a negative one, or makes a pointer to one
    type a pointer to another, and the code reads the same whether the author thought of that or not. The comment says
    why the value fits, or why the layouts agree; `try_into` and `From` need none.

    Bad:

        fn low(&self, value: u64) -> u32 {
            value as u32
        }

    Good:

        fn low(&self, value: u64) -> u32 {
            // CAST: The register has 32 bits; the upper half of `value` is zero.
            value as u32
        }

    Bad:

        fn wrap(ptr: *mut bindings::device) -> *mut Device {
            ptr.cast()
        }

    Good:

        fn wrap(ptr: *mut bindings::device) -> *mut Device {
            // CAST: `Device` is a `repr(transparent)` wrapper around `bindings::device`.
            ptr.cast()
        }

    Notes: both types must be known; of a cast that cannot be read, nothing is said. A cast is asked about where it may
    change the value on any architecture: `usize` to `u32`, but neither `u32` to `usize` nor `usize` to `u64`. From a
    reference to a pointer to the same type, and from `*mut T` to `*const T`, nothing changes.

    See: rust/kernel/net/phy.rs and rust/kernel/error.rs in the kernel, which have such comments
    """

    meta = Meta(
        name="missing-cast-comment",
        group="style",
        summary="cast that may change a value, or what a pointer points to, without a `CAST:` comment",
        severity=Severity.WARNING,
        since="0.1.0",
        level=Level.STRICT,
        doc_code=True,
        precision="6.1: 8 of 8 right; 6.12: 60 of 60 right; 7.2: 50 of 50 sampled of 238 right",
    )
    on = frozenset({"type_cast_expression", "call_expression"})

    def check(self, node: Node, cx: Context) -> Iterator[Finding]:
        """Ask for the comment of a cast."""
        found = undocumented(cx, node, "CAST")
        if found is None:
            return
        yield self.finding(
            cx,
            found.span,
            f"{found.what} {found.detail} has no `CAST:` comment",
            help="say in a `// CAST:` comment above it why nothing is lost",
            fix=comment_fix(cx, found, "CAST"),
        )
