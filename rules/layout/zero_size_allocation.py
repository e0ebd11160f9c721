"""The rule `zero-size-allocation`."""

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
    span_of,
    unchecked_pointers,
)


class ZeroSizeAllocation(Rule):
    """An allocator does not hand C a pointer that it made up for an allocation of size zero.

    Why: for size zero there is nothing to allocate, and an allocator makes up an address that is aligned and
    not null. C never saw that address. `kfree()` takes addresses up to 16 for its own `ZERO_SIZE_PTR` and
    everything else for an object: freeing the made-up pointer of a type aligned to 4096 corrupts memory.

    Bad:

        impl Slab {
            fn alloc(layout: Layout) -> *mut u8 {
                if layout.size() == 0 {
                    return layout.align() as *mut u8;
                }
                slab_alloc(layout)
            }

            unsafe fn free(ptr: *mut u8, _layout: Layout) {
                unsafe { bindings::kfree(ptr.cast()) };
            }
        }

    Good:

        impl Slab {
            fn alloc(layout: Layout) -> *mut u8 {
                if layout.size() == 0 {
                    return layout.align() as *mut u8;
                }
                slab_alloc(layout)
            }

            unsafe fn free(ptr: *mut u8, layout: Layout) {
                if layout.size() != 0 {
                    unsafe { bindings::kfree(ptr.cast()) };
                }
            }
        }

    Notes: `realloc` frees too: it is the old layout that tells whether its pointer is one of C's. A check in
    every caller of the same file will do.

    See: `ZERO_SIZE_PTR` in include/linux/slab.h; rust/kernel/alloc/allocator.rs
    """

    meta = Meta(
        name="zero-size-allocation",
        group="layout",
        summary="a pointer made up for size zero may reach the C free function",
        severity=Severity.ERROR,
        since="0.1.0",
        extent=Extent.ITEM,
        origin="000",
        security=5.0,
        precision="6.1, 6.12 and 7.2: no findings",
    )
    on = frozenset({"function_item"})
    words = (b"Layout",)

    def check(self, node: Node, cx: Context) -> Iterator[Finding]:
        """Report the pointers that go back to C unasked."""
        for found in unchecked_pointers(node, cx):
            pointer = found.parameter.name
            yield self.finding(
                cx,
                found.argument,
                f"`{found.c_function}` is given `{pointer}`, which is made up if the allocation had size zero",
                help=f"hand `{pointer}` on only if the size of the layout it was allocated with is not zero",
                related=(
                    Label(span_of(found.made_up), "for size zero the address is made up here"),
                    Label(span_of(found.parameter.node), f"`{pointer}` comes in here"),
                ),
            )
