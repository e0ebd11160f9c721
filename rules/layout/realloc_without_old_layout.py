"""The rule `realloc-without-old-layout`."""

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
    methods_without_old_layout,
    span_of,
)


class ReallocWithoutOldLayout(Rule):
    """`realloc` and `free` of an allocator are told the layout of the allocation they are given.

    Why: an allocation of size zero is no allocation: its pointer dangles, and only its layout tells. Without
    the old layout neither `free` nor `realloc` can know whether C ever handed the pointer out, and callers
    cannot make up for it. The alignment of the old block is lost in the same way.

    Bad:

        pub unsafe trait Allocator {
            fn alloc(layout: Layout, flags: Flags) -> Result<NonNull<[u8]>, AllocError>;

            unsafe fn free(ptr: NonNull<u8>);
        }

    Bad:

        pub unsafe trait Allocator {
            unsafe fn realloc(
                ptr: Option<NonNull<u8>>,
                layout: Layout,
                flags: Flags,
            ) -> Result<NonNull<[u8]>, AllocError>;
        }

    Good:

        pub unsafe trait Allocator {
            unsafe fn realloc(
                ptr: Option<NonNull<u8>>,
                layout: Layout,
                old_layout: Layout,
                flags: Flags,
            ) -> Result<NonNull<[u8]>, AllocError>;

            unsafe fn free(ptr: NonNull<u8>, layout: Layout);
        }

    Notes: an allocator trait is one with a method that takes a `Layout` and returns a pointer. A typed pointer
    tells the layout, a slice tells the size; so does an old size next to an alignment. `GlobalAlloc::realloc`
    has the old layout and a new size. An `impl` is reported only if no file defines its trait.

    See: rust/kernel/alloc.rs
    """

    meta = Meta(
        name="realloc-without-old-layout",
        group="layout",
        summary="`realloc` or `free` of an allocator trait without the old layout",
        severity=Severity.WARNING,
        since="0.1.0",
        extent=Extent.ITEM,
        origin="000",
        precision="6.1, 6.12 and 7.2: no findings",
    )
    on = frozenset({"trait_item", "impl_item"})
    words = (b"Layout",)

    def check(self, node: Node, cx: Context) -> Iterator[Finding]:
        """Report the methods that cannot know what they are given."""
        for found in methods_without_old_layout(node, cx):
            name = found.fact.name
            if found.has_new and not found.gives_back:
                what = f"`{name}` is told the new layout but not the old one"
            else:
                what = f"`{name}` is not told the layout of what `{found.pointer.name}` points to"
            yield self.finding(
                cx,
                found.name,
                f"{what}: it cannot tell an allocation of size zero",
                help="add a parameter `layout: Layout` for the layout that the allocation was made with"
                if found.gives_back
                else "add a parameter `old_layout: Layout` for the layout that the allocation was made with",
                related=(Label(span_of(found.allocating), "allocations of any layout are made here"),)
                if found.allocating != found.name
                else (),
            )
