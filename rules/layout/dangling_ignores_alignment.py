"""The rule `dangling-ignores-alignment`."""

from __future__ import annotations

from collections.abc import Iterator

from rfl_lint.plugin import (
    Context,
    Extent,
    Finding,
    Label,
    Meta,
    Node,
    Rule,
    Severity,
    byte_danglings,
    span_of,
)


class DanglingIgnoresAlignment(Rule):
    """A dangling pointer for an allocation of size zero is aligned to its layout.

    Why: a reference to a value of size zero must be aligned like any other. `NonNull::dangling()` is aligned
    for the type it is called for: that of bytes is the address 1. Handed out for a layout with a larger
    alignment, it is undefined behaviour as soon as somebody makes a reference of it.

    Bad:

        fn alloc(layout: Layout, flags: Flags) -> Result<NonNull<[u8]>, AllocError> {
            let size = layout.size();
            let ptr = if size == 0 { NonNull::dangling() } else { alloc_bytes(layout, flags)? };
            Ok(NonNull::slice_from_raw_parts(ptr, size))
        }

    Good:

        fn alloc(layout: Layout, flags: Flags) -> Result<NonNull<[u8]>, AllocError> {
            let size = layout.size();
            let ptr = if size == 0 { dangling_from_layout(layout) } else { alloc_bytes(layout, flags)? };
            Ok(NonNull::slice_from_raw_parts(ptr, size))
        }

    Notes: the rule follows the pointer to what a function with a `Layout` returns. That the type is bytes must
    be written, at the call, at a local, or as what the function returns.

    See: `dangling_from_layout()` in rust/kernel/alloc.rs
    """

    meta = Meta(
        name="dangling-ignores-alignment",
        group="layout",
        summary="a dangling pointer of bytes for an allocation of any alignment",
        severity=Severity.ERROR,
        since="0.1.0",
        extent=Extent.FUNCTION,
        origin="000",
        security=4.0,
        precision="6.1, 6.12 and 7.2: no findings",
    )
    on = frozenset({"function_item"})
    words = (b"dangling",)

    def check(self, node: Node, cx: Context) -> Iterator[Finding]:
        """Report the addresses that are aligned for nothing but bytes."""
        for found in byte_danglings(node, cx):
            layout = found.parameter.name or "layout"
            yield self.finding(
                cx,
                found.call.node,
                f"`{cx.text(found.call.node)}` of `{found.pointee}` is the address 1, whatever alignment "
                f"`{layout}` asks for",
                help=f"make the address of `{layout}.align()`, as `dangling_from_layout({layout})` does",
                related=(Label(span_of(found.parameter.node), f"`{layout}` asks for an alignment"),),
            )
