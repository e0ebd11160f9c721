"""The rule `leaked-into-raw`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from rfl_lint.plugin import (
    Context,
    Extent,
    Finding,
    Meta,
    Rule,
    Severity,
    exit_span,
    labels,
    leaks,
    shown_exit,
)


class LeakedIntoRaw(Rule):
    """A pointer that gave up its owner is left behind where the function ends early.

    Why: `into_raw` and `into_foreign` turn off the destructor: whoever gets the pointer answers for the allocation or
    the reference count. If the function is left before anybody took the pointer over, by a `?`, a `return`, or because
    the C function that should have taken it failed, nobody ever frees it.

    Bad:

        fn register(dev: &Device, data: Arc<Inner>) -> Result {
            let ptr = Arc::into_raw(data);
            // SAFETY: `dev` is valid, and `ptr` is until the action runs.
            let ret = unsafe { bindings::devm_add_action(dev.as_raw(), Some(release), ptr as *mut c_void) };
            if ret != 0 {
                return Err(Error::from_errno(ret));
            }
            Ok(())
        }

    Bad:

        fn attach(slot: &Slot, data: KBox<Inner>) -> Result {
            let ptr = KBox::into_raw(data);
            let index = slot.reserve()?;
            // SAFETY: The slot takes the pointer over.
            unsafe { bindings::slot_fill(slot.as_raw(), index, ptr.cast()) };
            Ok(())
        }

    Good:

        fn register(dev: &Device, data: Arc<Inner>) -> Result {
            let ptr = Arc::into_raw(data);
            // SAFETY: `dev` is valid, and `ptr` is until the action runs.
            let ret = unsafe { bindings::devm_add_action(dev.as_raw(), Some(release), ptr as *mut c_void) };
            if ret != 0 {
                // SAFETY: The action was not added, so the reference count is still ours.
                drop(unsafe { Arc::from_raw(ptr) });
                return Err(Error::from_errno(ret));
            }
            Ok(())
        }

    Good:

        fn attach(slot: &Slot, data: KBox<Inner>) -> Result {
            let index = slot.reserve()?;
            let ptr = KBox::into_raw(data);
            // SAFETY: The slot takes the pointer over.
            unsafe { bindings::slot_fill(slot.as_raw(), index, ptr.cast()) };
            Ok(())
        }

    Notes: a C function that succeeded has taken the pointer over, one that failed has not; `devm_add_action_or_reset`
    and its like take it in any case. A call that nothing is known about, a closure, a struct or a field that gets the
    pointer ends the search: from there on nothing is reported; but a field of a local variable whose type has no
    destructor is as good as the variable. Panics are no way out.

    See: https://doc.rust-lang.org/std/boxed/struct.Box.html#method.into_raw
    """

    meta: ClassVar[Meta] = Meta(
        name="leaked-into-raw",
        group="provenance",
        summary="pointer from `into_raw` left behind on an early way out",
        severity=Severity.WARNING,
        since="0.1.0",
        extent=Extent.FUNCTION,
        origin="004",
        precision="6.1, 6.12 and 7.2: no findings (0, 15 and 42 pointers given up); unseen code: 1 of 1 right",
    )
    words = (b"into_raw", b"into_foreign")

    def check_file(self, cx: Context) -> Iterator[Finding]:
        """Report the call whose pointer the analysis saw left behind."""
        for leak in leaks(cx).values():
            line = cx.source.position(exit_span(leak.first).start).line
            yield self.finding(
                cx,
                leak.place,
                f"the pointer from `{leak.shown}` is left behind by {shown_exit(leak.first, cx)} on line {line}",
                help=f"take it back with `{leak.back}` before leaving, or give it up when nothing can fail any more",
                related=labels(leak.steps, cx),
            )
