"""The rule `from-raw-without-into-raw`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from rfl_lint.plugin import Context, Extent, Finding, Level, Meta, Rule, Severity, labels, unreturned


class FromRawWithoutIntoRaw(Rule):
    """A function that takes over an allocation gets a pointer that `into_raw` never returned.

    Why: `from_raw` undoes one `into_raw`. A pointer from `Arc::as_ptr`, or the address that C was given to look an
    object up, has the same value as the one that was given up and none of its history: whether there is a reference
    count to take over cannot be seen here, and what the compiler knows of the pointer is something else. Keep the
    pointer that `into_raw` returned, or have C hand it back.

    Bad:

        fn release(&self) {
            // SAFETY: `new` leaked a reference count.
            drop(unsafe { Arc::from_raw(Arc::as_ptr(&self.inner)) });
        }

    Bad:

        fn remove(dev: &Device, node: &mut Node) {
            let key = core::ptr::from_mut(node);
            // SAFETY: `dev` is valid, and the key is only compared.
            unsafe { bindings::registry_remove(dev.as_raw(), key.cast()) };
            // SAFETY: The registry has given the node up.
            drop(unsafe { KBox::from_raw(key) });
        }

    Good:

        fn release(&self) {
            // SAFETY: `self.raw` is what `Arc::into_raw` returned in `new`.
            drop(unsafe { Arc::from_raw(self.raw) });
        }

    Good:

        fn remove(dev: &Device, node: &mut Node) {
            let key = core::ptr::from_mut(node);
            // SAFETY: `dev` is valid, and the key is only compared.
            let found = unsafe { bindings::registry_remove(dev.as_raw(), key.cast()) };
            // SAFETY: `found` is the pointer that the registry was given.
            drop(unsafe { KBox::from_raw(found.cast::<Node>()) });
        }

    Notes: a pointer made from a plain reference is `from-raw-of-reference`'s. What is put into a `ManuallyDrop`, or
    forgotten again, is lent and not taken.

    See: https://doc.rust-lang.org/std/sync/struct.Arc.html#method.from_raw
    """

    meta: ClassVar[Meta] = Meta(
        name="from-raw-without-into-raw",
        group="provenance",
        summary="allocation taken over through a pointer that `into_raw` did not return",
        severity=Severity.WARNING,
        since="0.1.0",
        level=Level.STRICT,
        extent=Extent.FUNCTION,
        origin="004",
        precision="6.1 and 6.12: no findings; 7.2: 1 of 1 right",
    )

    def check_file(self, cx: Context) -> Iterator[Finding]:
        """Report the call whose pointer nobody gave up."""
        for found in unreturned(cx).values():
            if found.key_of:
                why = f"the pointer was only a key for {found.key_of}"
            elif found.source:
                why = f"{found.source} only looked at the pointer"
            else:
                why = "the pointer was only looked at"
            yield self.finding(
                cx,
                found.sink.place,
                f"`{found.sink.callee}` takes over an allocation, but {why}: no `into_raw` gave it up",
                help="take back the pointer that `into_raw` returned: store it, or have C hand it back",
                related=labels(found.steps, cx),
            )
