"""The rule `free-with-fabricated-layout`."""

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
    fabricated_layout,
    span_of,
)


class FreeWithFabricatedLayout(Rule):
    """An allocation is given back with the layout it was made with.

    Why: an allocator may use the layout it is told, for the size class, for accounting, or to see that the
    pointer was never allocated. A made-up layout of size zero says just that, and where it stands for the new
    layout alone, nothing says what the pointer is.

    Bad:

        unsafe fn free(ptr: NonNull<u8>) {
            let _ = unsafe { Self::realloc(Some(ptr), Layout::new::<()>(), Flags(0)) };
        }

    Good:

        unsafe fn free(ptr: NonNull<u8>, layout: Layout) {
            let _ = unsafe { Self::realloc(Some(ptr), Layout::new::<()>(), layout, Flags(0)) };
        }

    Notes: a new allocation (`None` or a null pointer) may come with an empty old layout.

    See: `Allocator::free()` in rust/kernel/alloc.rs
    """

    meta = Meta(
        name="free-with-fabricated-layout",
        group="layout",
        summary="`realloc` or `free` is called with a made-up layout only",
        severity=Severity.WARNING,
        since="0.1.0",
        extent=Extent.FUNCTION,
        origin="000",
        precision="6.1, 6.12 and 7.2: no findings",
    )
    on = frozenset({"call_expression"})
    words = (b"Layout",)

    def check(self, node: Node, cx: Context) -> Iterator[Finding]:
        """Report calls that tell nothing of the allocation."""
        found = fabricated_layout(node, cx)
        if found is None:
            return
        related = [Label(span_of(found.call.callee), f"`{found.call.name}` is called here")]
        if found.made != found.layout:
            related.append(Label(span_of(found.made), "the layout is made up here"))
        yield self.finding(
            cx,
            found.layout,
            f"`{found.call.name}` is told `{' '.join(cx.text(found.made).split())}`, which is not the layout of "
            "the allocation",
            help="pass the layout that the allocation was made with as well; take it as a parameter if need be",
            related=tuple(related),
        )
