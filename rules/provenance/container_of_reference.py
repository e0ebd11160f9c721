"""The rule `container-of-reference`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from rfl_lint.plugin import (
    Context,
    Finding,
    Meta,
    Rule,
    Severity,
    in_words,
    labels,
    upcasts,
)


class ContainerOfReference(Rule):
    """`container_of!` gets a pointer that is good for the container, not one made from a reference to the field.

    Why: a reference to a field is good for the bytes of that field. A pointer made from it that is moved back in front
    of the field points to memory that it may not touch, and the compiler may assume that it does not. A pointer that
    C hands back, one that is stored, and one made from a reference to the container carry the right to all of it.

    Bad:

        impl Node {
            fn of_links<'a>(links: &'a Links) -> &'a Node {
                // SAFETY: all `Links` are part of a `Node`.
                unsafe { &*container_of!(core::ptr::from_ref(links), Node, links) }
            }
        }

    Bad:

        fn owner(links: &Links) -> *const Node {
            let field = core::ptr::from_ref(links).cast::<u8>();
            // SAFETY: all `Links` are part of a `Node`.
            unsafe { field.sub(core::mem::offset_of!(Node, links)) }.cast()
        }

    Good:

        impl Node {
            unsafe fn of_links(links: *const Links) -> *const Node {
                // SAFETY: the caller promises that `links` points to the field of a `Node`.
                unsafe { container_of!(links, Node, links) }
            }
        }

    Good:

        fn client(dev: &Device) -> *mut bindings::i2c_client {
            // SAFETY: `dev` is embedded in an `i2c_client`.
            unsafe { container_of!(dev.as_raw(), bindings::i2c_client, dev) }
        }

    Notes: a pointer out of `Opaque::get` or `UnsafeCell::get`, and so out of accessors such as `as_raw`, is the
    kernel's usual way from a device to what contains it, and is not reported. A macro's name tells `container_of!`;
    by hand it is `sub`, `byte_sub`, `wrapping_sub` or a negative `offset` by an `offset_of!` or a constant `OFFSET`.

    See: https://doc.rust-lang.org/std/ptr/index.html#provenance
    """

    meta: ClassVar[Meta] = Meta(
        name="container-of-reference",
        group="provenance",
        summary="`container_of!` of a pointer that comes from a reference to the field",
        severity=Severity.ERROR,
        since="0.1.0",
        origin="004",
        security=5.0,
        precision="6.1: no findings; 6.12: no findings in 17 upcasts; 7.2: no findings in 51 upcasts",
    )

    def check_file(self, cx: Context) -> Iterator[Finding]:
        """Report the move whose pointer the analysis found wanting."""
        for upcast in upcasts(cx).values():
            steps = upcast.reached.steps
            container = f"`{upcast.container}`" if upcast.container else "the container"
            through = upcast.reached.use.through
            does = f"`{through}` steps back" if through else "this steps back"
            yield self.finding(
                cx,
                upcast.span,
                f"{does} to {container} from a reference to a part of it, which covers that part alone: "
                f"{in_words(steps, cx)}",
                help="start from a raw pointer that is good for the whole container, or from the container itself",
                related=labels(steps, cx),
            )
