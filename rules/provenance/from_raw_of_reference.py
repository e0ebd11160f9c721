"""The rule `from-raw-of-reference`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Final

from rfl_lint.plugin import (
    Context,
    Finding,
    Label,
    Meta,
    Misuse,
    Rule,
    Severity,
    owned_references,
    step_line,
)

_HELP: Final = {
    "counted": "pass the pointer that `into_raw` returned, or clone the counted pointer instead",
    "box": "pass the pointer that `into_raw` returned, or keep the box itself",
    "foreign": "pass the pointer that `into_foreign` returned",
}


class FromRawOfReference(Rule):
    """A function that takes over an allocation gets a pointer that comes from the allocation.

    Why: a pointer made from a reference is good for the bytes of the referent, and for reading them only if the
    reference is shared. `Arc::from_raw` steps back to the reference count in front of the value, and `KBox::from_raw`
    ends in freeing it: neither is covered, and the compiler may assume that neither happens. The pointer that
    `into_raw` or `into_foreign` returned is good for all of it; so is one that C kept and hands back.

    Bad:

        impl Inner {
            fn as_ptr(&self) -> *const Self {
                self as _
            }

            fn release(&self) {
                // SAFETY: `new` leaked a reference count.
                drop(unsafe { Arc::from_raw(self.as_ptr()) });
            }
        }

    Bad:

        fn free(node: &Node) {
            // SAFETY: `node` was allocated by `KBox::new`.
            drop(unsafe { KBox::from_raw(core::ptr::from_ref(node).cast_mut()) });
        }

    Good:

        impl Drop for Handle {
            fn drop(&mut self) {
                // SAFETY: `self.ptr` is what `Arc::into_raw` returned in `new`.
                drop(unsafe { Arc::from_raw(self.ptr) });
            }
        }

    Good:

        unsafe extern "C" fn release(data: *mut c_void) {
            // SAFETY: `data` is the pointer that was registered, and C gives it up here.
            drop(unsafe { Arc::from_raw(data.cast::<Inner>()) });
        }

    Notes: `ARef::from_raw(NonNull::from(r))` after taking a reference count is the documented way to make an `ARef` and
    is not reported. A box may be made again from a `&mut T` that another one gave out, so for boxes only `&T`, `&self`,
    `&mut self` and references to locals and fields are reported. `ManuallyDrop::new(Arc::from_raw(r))` is reported
    too: no drop touches the reference count, but a clone made through it does.

    See: https://doc.rust-lang.org/std/ptr/index.html#provenance
    """

    meta: ClassVar[Meta] = Meta(
        name="from-raw-of-reference",
        group="provenance",
        summary="allocation taken over through a pointer that comes from a reference",
        severity=Severity.ERROR,
        since="0.1.0",
        origin="004",
        security=7.0,
        precision="6.1: no findings; 6.12: no findings in 18 owning calls; 7.2: no findings in 53 owning calls",
    )

    def check_file(self, cx: Context) -> Iterator[Finding]:
        """Report the call whose pointer the analysis found wanting."""
        for misuse in owned_references(cx).values():
            sink = misuse.sink
            taker = f"`{sink.callee}` takes over an allocation"
            if sink.through:
                taker = (
                    f"`{sink.through}` hands its argument to `{sink.callee}`, which takes over an allocation"
                )
            yield self.finding(
                cx,
                sink.place,
                f"{taker}, but the pointer comes from a reference: {_path(misuse, cx)}",
                help=_HELP[sink.family],
                related=tuple(
                    Label(step.span, step.words, "" if step.path == cx.path else step.path)
                    for step in misuse.steps
                ),
            )


def _path(misuse: Misuse, cx: Context) -> str:
    words = [f"{step.words} ({step_line(step, cx)})" for step in misuse.steps]
    return " → ".join(words if len(words) <= 6 else [*words[:3], "…", *words[-2:]])
