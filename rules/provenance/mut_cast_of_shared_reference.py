"""The rule `mut-cast-of-shared-reference`."""

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
    shared_casts,
)


class MutCastOfSharedReference(Rule):
    """A pointer that comes from a `&T` is not cast to `*mut` and written through.

    Why: whoever holds a `&T` may rely on the value not changing, and so does the compiler: it keeps values in
    registers across the write, or drops the write. A cast changes the type of the pointer, not what it may be
    used for. That goes for C too: a function whose parameter is not `const` may write. Only what lies in an
    `UnsafeCell` (`Opaque`, an atomic, a lock) may change behind a shared reference.

    Bad:

        struct Counter {
            hits: u32,
        }

        impl Counter {
            fn hit(&self) {
                let this = self as *const Self as *mut Self;
                // SAFETY: `self` is valid.
                unsafe { (*this).hits += 1 };
            }
        }

    Bad:

        fn first(data: &[u8]) {
            // SAFETY: `data` is not empty.
            unsafe { data.as_ptr().cast_mut().write(0) };
        }

    Good:

        struct Counter {
            hits: UnsafeCell<u32>,
        }

        impl Counter {
            fn hit(&self) {
                // SAFETY: the caller holds the lock that protects `hits`.
                unsafe { *self.hits.get() += 1 };
            }
        }

    Good:

        struct Counter {
            hits: u32,
        }

        impl Counter {
            fn hit(&mut self) {
                let this = self as *mut Self;
                // SAFETY: `self` is valid.
                unsafe { (*this).hits += 1 };
            }
        }

    Notes: types are followed through their fields; if any part of what the reference refers to is a cell, or the type
    is not known, nothing is reported. A pointer that is only read, compared or stored is not written through, nor is
    a `void *` that C hands back to a callback: one without a size beside it. A cast that ends in an owning function
    is `from-raw-of-reference`.

    See: https://doc.rust-lang.org/std/cell/struct.UnsafeCell.html
    """

    meta: ClassVar[Meta] = Meta(
        name="mut-cast-of-shared-reference",
        group="provenance",
        summary="pointer from a shared reference cast to `*mut` and written through",
        severity=Severity.ERROR,
        since="0.1.0",
        origin="004",
        security=5.0,
        precision="6.1: no findings; 6.12: none in 177 writes; 7.2: 2 of 2 right in 769 writes; unseen code: 2 of 2",
    )

    def check_file(self, cx: Context) -> Iterator[Finding]:
        """Report the cast whose pointer the analysis saw written through."""
        for cast in shared_casts(cx).values():
            steps = cast.reached.steps
            more = f" ({cast.more} more such use{'s' if cast.more > 1 else ''})" if cast.more else ""
            yield self.finding(
                cx,
                cast.span,
                f"a pointer from a shared reference to `{cast.shown}` is {cast.reached.use.kind}{more}: "
                f"{in_words(steps, cx)}",
                help="take `&mut`, or keep what changes in an `UnsafeCell`, `Opaque`, atomic or lock",
                related=labels(steps, cx),
            )
