"""The rule `hardcoded-gfp-flags`."""

from __future__ import annotations

from collections.abc import Iterator

from rfl_lint.plugin import (
    Context,
    Edit,
    Extent,
    Finding,
    Fix,
    HardcodedReason,
    Label,
    Meta,
    Node,
    Rule,
    Severity,
    hardcoded_flags,
    span_of,
)


class HardcodedGfpFlags(Rule):
    """Whoever allocates on behalf of others lets them choose the allocation flags.

    Why: only the caller knows its context. Under a spinlock an allocation must not sleep, in the block layer it
    must not start I/O, and memory for user space is to be accounted. Built-in `GFP_KERNEL` is wrong in all of
    these, and a built-in `GFP_ATOMIC` eats a small reserve where nobody asked for it.

    Bad:

        unsafe impl GlobalAlloc for Heap {
            unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
                let size = layout.pad_to_align().size();
                unsafe { bindings::krealloc(ptr::null(), size, bindings::GFP_KERNEL).cast() }
            }
        }

    Bad:

        use kernel::alloc::Flags;

        pub fn boxed(name: &CStr, flags: Flags) -> Result<KBox<Name>> {
            let text = copy_of(name, flags)?;
            Ok(KBox::new(Name { text }, GFP_KERNEL)?)
        }

    Bad (strict, in rust/kernel/name.rs):

        pub fn boxed(name: u32) -> Result<KBox<u32>> {
            Ok(KBox::new(name, GFP_KERNEL)?)
        }

    Good:

        use kernel::alloc::Flags;

        pub fn boxed(name: &CStr, flags: Flags) -> Result<KBox<Name>> {
            let text = copy_of(name, flags)?;
            Ok(KBox::new(Name { text }, flags)?)
        }

    Notes: a function that uses the flags it is given and falls back to `GFP_ATOMIC` or `GFP_NOWAIT` at another
    place is not reported: the caller's flags may sleep. The strict part is about public functions of
    abstractions that offer no flags at all; for a constant of a name of its own there is a reason, presumably.

    See: Documentation/core-api/memory-allocation.rst
    """

    meta = Meta(
        name="hardcoded-gfp-flags",
        group="allocation",
        summary="an allocation for others with built-in flags",
        severity=Severity.WARNING,
        since="0.1.0",
        extent=Extent.FUNCTION,
        origin="001",
        precision="6.1: 4 of 4 right; 6.12 and 7.2: no findings; strict part: 6.12: 1 of 1 right; 7.2: 15 of 15 right",
    )
    on = frozenset({"call_expression"})
    words = (b"GFP_",)

    def check(self, node: Node, cx: Context) -> Iterator[Finding]:
        """Report flags that somebody else should choose."""
        found = hardcoded_flags(node, cx)
        if found is None:
            return
        name = found.fact.name
        fix = None
        if found.reason is HardcodedReason.PARAMETER:
            message = f"`{name}` is given `{found.parameter}` but allocates with `{found.name}`"
            advice = f"pass `{found.parameter}` on"
            if found.is_plain:
                fix = Fix(f"use `{found.parameter}`", (Edit(span_of(found.flags), found.parameter),))
        elif found.reason is HardcodedReason.ALLOCATOR:
            message = f"`{name}` allocates for others, always with `{found.name}`"
            advice = "take the flags as a parameter: a caller that must not sleep or do I/O needs others"
        else:
            message = f"`{name}` allocates with `{found.name}` and lets no caller choose other flags"
            advice = "add a parameter `flags: Flags` and pass it on"
        related = []
        if found.flags.end_byte < found.call.node.start_byte:
            related.append(Label(span_of(found.call.callee), "the flags are used here"))
        name_node = found.function.child_by_field_name("name")
        if name_node is not None:
            related.append(Label(span_of(name_node), f"in `{name}`"))
        yield self.finding(cx, found.flags, message, help=advice, related=tuple(related), fix=fix)
