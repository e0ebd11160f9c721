"""Rule `unbounded-lifetime`."""

from __future__ import annotations

from collections.abc import Iterator

from rfl_lint.plugin import (
    UNBOUND_LIFETIME_KINDS,
    Context,
    Extent,
    Finding,
    Level,
    Meta,
    Node,
    Rule,
    Severity,
    unbound_lifetime,
)


class UnboundedLifetime(Rule):
    """A lifetime that is made up from a raw pointer is tied to something that the caller has.

    Why: a raw pointer knows no lifetime, so what is made of it lives as long as the caller likes, `'static` included.
    The borrow checker then takes the caller's word, and a reference outlives what C frees. A lifetime is tied by a
    parameter that has it; where there is none, an unsafe function says in `# Safety` how long the pointer must hold.

    Bad:

        impl Zone {
            /// # Safety
            ///
            /// `ptr` must be valid.
            unsafe fn from_raw<'a>(ptr: *mut bindings::zone) -> &'a Self {
                // SAFETY: `Zone` is transparent, and `ptr` is valid.
                unsafe { &*ptr.cast() }
            }
        }

    Good:

        impl Zone {
            /// # Safety
            ///
            /// `ptr` must be valid for all of `'a`.
            unsafe fn from_raw<'a>(ptr: *mut bindings::zone) -> &'a Self {
                // SAFETY: `Zone` is transparent, and `ptr` is valid for `'a`.
                unsafe { &*ptr.cast() }
            }
        }

    Good:

        fn zone_of<'a>(device: &'a Device, ptr: *mut bindings::zone) -> &'a Zone {
            // SAFETY: a zone lives as long as its device.
            unsafe { Zone::from_raw(ptr) }
        }

    Notes: `'static` is a promise of its own and is not reported. Methods of a trait are judged where the trait
    declares them.

    See: https://doc.rust-lang.org/nomicon/unbounded-lifetimes.html
    """

    meta = Meta(
        name="unbounded-lifetime",
        group="locking",
        summary="lifetime made up from a raw pointer and tied to nothing",
        severity=Severity.WARNING,
        since="0.1.0",
        level=Level.STRICT,
        extent=Extent.FUNCTION,
        origin="003",
        precision="6.1 and 6.12: no findings; 7.2: 2 of 2 right",
    )
    on = UNBOUND_LIFETIME_KINDS
    words = (b"*const", b"*mut", b"NonNull", b"unsafe")

    def check(self, node: Node, cx: Context) -> Iterator[Finding]:
        """Judge one signature."""
        found = unbound_lifetime(cx, node)
        if found is None:
            return
        function, name = found.function, f"'{found.name}"
        if function.is_unsafe:
            advice = f"take something with `{name}`, or say in `# Safety` what must stay valid for `{name}`"
        else:
            advice = f"take something with `{name}`: safe code could choose `'static` for it"
        yield self.finding(
            cx,
            found.span,
            f"nothing ties `{name}` of `{function.name}` to its caller, and it is made from a raw pointer",
            help=advice,
        )
