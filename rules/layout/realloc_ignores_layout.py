"""The rule `realloc-ignores-layout`."""

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
    SizeOnly,
    UnreadLayout,
    size_only_allocations,
    span_of,
    unread_layouts,
)


class ReallocIgnoresLayout(Rule):
    """An allocation that is asked for a `Layout` honours all of it.

    Why: the slab allocator aligns an object to the largest power of two that divides its size, and no
    further. An allocator that passes on `layout.size()` alone hands out memory that is too weakly aligned for
    some types, and a reference to such memory is undefined behaviour. The old layout of a reallocation is the
    only thing that tells whether the pointer was ever allocated: for size zero it is made up and must not
    reach C.

    Bad:

        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            unsafe { bindings::krealloc(ptr::null(), layout.size(), bindings::GFP_KERNEL).cast() }
        }

    Bad:

        unsafe fn realloc(p: NonNull<u8>, layout: Layout, _old_layout: Layout, flags: Flags) -> *mut u8 {
            let size = layout.pad_to_align().size();
            unsafe { bindings::krealloc(p.as_ptr().cast(), size, flags.as_raw()).cast() }
        }

    Good:

        unsafe fn realloc(p: NonNull<u8>, layout: Layout, old_layout: Layout, flags: Flags) -> *mut u8 {
            let p = if old_layout.size() == 0 { ptr::null_mut() } else { p.as_ptr() };
            let size = layout.pad_to_align().size();
            unsafe { bindings::krealloc(p.cast(), size, flags.as_raw()).cast() }
        }

    Notes: page-backed functions (`vrealloc`) need only the size. The functions are followed through stored
    function pointers and to callers in the same file; a layout that goes to a function elsewhere counts as
    looked at.

    See: comments at `kmalloc()` in include/linux/slab.h; rust/kernel/alloc/allocator.rs
    """

    meta = Meta(
        name="realloc-ignores-layout",
        group="layout",
        summary="a (re)allocation that uses only the size of the layout it is given",
        severity=Severity.ERROR,
        since="0.1.0",
        extent=Extent.FUNCTION,
        origin="000",
        security=6.0,
        precision="6.1: 1 of 1 right; 6.12 and 7.2: no findings",
    )
    on = frozenset({"function_item"})
    words = (b"Layout",)

    def check(self, node: Node, cx: Context) -> Iterator[Finding]:
        """Report allocations told only a size, and layout parameters that nothing reads."""
        for allocation in size_only_allocations(node, cx):
            yield self._size_only(allocation, cx)
        for unread in unread_layouts(node, cx):
            yield self._unread(unread, cx)

    def _size_only(self, allocation: SizeOnly, cx: Context) -> Finding:
        layout = allocation.parameter.name
        related = [
            Label(span_of(allocation.call.callee), f"`{allocation.c_function}` is called here"),
            Label(span_of(allocation.parameter.node), f"the layout `{layout}` comes in here"),
        ]
        related += [
            Label(span_of(call.node), "a layout that is not padded goes in here")
            for call in allocation.unpadded_callers
        ]
        return self.finding(
            cx,
            allocation.argument,
            f"`{allocation.c_function}` is told the size of `{layout}` but nothing makes up for its alignment",
            help=f"pass the size of `{layout}.pad_to_align()`: slab objects are aligned to the largest power "
            "of two that divides their size",
            related=tuple(related),
        )

    def _unread(self, unread: UnreadLayout, cx: Context) -> Finding:
        name = unread.parameter.name or "_"
        if unread.is_old:
            advice = "the old layout tells whether the pointer was allocated at all (size zero: it was not)"
        else:
            advice = "the new block needs the size and the alignment that the layout asks for"
        function = unread.function
        name_node = function.node.child_by_field_name("name")
        related = (Label(span_of(name_node), "in this function"),) if name_node is not None else ()
        return self.finding(
            cx,
            unread.parameter.node,
            f"`{function.name}` never reads its layout parameter `{name}`",
            help=advice,
            related=related,
        )
