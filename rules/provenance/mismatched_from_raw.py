"""The rule `mismatched-from-raw`."""

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
    mismatches,
)


class MismatchedFromRaw(Rule):
    """What a type's `into_raw` or `into_foreign` gave up is taken back by the same type's `from_raw` or `from_foreign`.

    Why: `KBox` frees with `kfree`, `VBox` with `vfree`, and an `Arc` decrements a count in front of the value: each
    knows only its own memory. `Arc::into_foreign` hands out the address of that count, `Arc::into_raw` that of the
    value behind it, so that these two do not mix either, although both are an `Arc` made a pointer.

    Bad:

        fn give_back(buffer: KBox<Buffer>) {
            let ptr = KBox::into_raw(buffer);
            // SAFETY: `ptr` was just given up.
            drop(unsafe { VBox::from_raw(ptr) });
        }

    Bad:

        fn round_trip(state: Arc<State>) -> Arc<State> {
            let data = state.into_foreign();
            // SAFETY: `data` was just given up.
            unsafe { Arc::from_raw(data.cast::<State>()) }
        }

    Good:

        fn round_trip(state: Arc<State>) -> Arc<State> {
            let data = state.into_foreign();
            // SAFETY: `data` was just given up.
            unsafe { Arc::from_foreign(data) }
        }

    Good:

        fn boxed_bytes(bytes: KBox<[u8; 16]>) -> KVec<u8> {
            let ptr = KBox::into_raw(bytes);
            // SAFETY: the box holds 16 bytes, and both types allocate with `Kmalloc`.
            unsafe { KVec::from_raw_parts(ptr.cast(), 16, 16) }
        }

    Notes: a box whose allocator is a type parameter matches every box, `ListArc` matches `Arc`, and `ARef::from_raw`
    of a box is how objects are made whose last reference frees that box.

    See: https://rust.docs.kernel.org/kernel/types/trait.ForeignOwnable.html
    """

    meta: ClassVar[Meta] = Meta(
        name="mismatched-from-raw",
        group="provenance",
        summary="pointer taken back by another type's `from_raw` than the one that gave it up",
        severity=Severity.ERROR,
        since="0.1.0",
        origin="004",
        security=7.0,
        precision="6.1: no findings; 6.12: no findings in 18 owning calls; 7.2: no findings in 53 owning calls",
    )

    def check_file(self, cx: Context) -> Iterator[Finding]:
        """Report the call that takes back what is not its own."""
        for found in mismatches(cx).values():
            steps = found.reached.steps
            through = found.reached.use.through
            by = f"`{through}` hands it to `{found.taker}`" if through else f"`{found.taker}` takes it back"
            yield self.finding(
                cx,
                found.span,
                f"`{found.giver}` gave the pointer up and {by}: {found.why}: {in_words(steps, cx)}",
                help="take it back with the counterpart of the function that gave it up",
                related=labels(steps, cx),
            )
