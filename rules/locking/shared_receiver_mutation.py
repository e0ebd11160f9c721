"""Rule `shared-receiver-mutation`."""

from __future__ import annotations

from collections.abc import Iterator

from rfl_lint.plugin import Context, Extent, Finding, Label, Meta, Rule, Severity, shared_mutations


class SharedReceiverMutation(Rule):
    """A method that changes a C object without a lock takes `&mut self`.

    Why: `&self` says that several threads may call at once, and on a type that is `Sync` or sits in an `Arc` they do.
    Many C structures leave the locking to their caller; `&mut self` is how Rust makes the caller do it: whoever has it
    is alone, be it that nothing is shared, or that the value is behind a `Mutex` which is held. Then nothing has to be
    said about locks in the abstraction, and nobody can get it wrong.

    Bad:

        struct Ranges {
            mm: NonNull<bindings::drm_mm>,
        }

        // SAFETY: the range manager is heap memory, which any thread may use.
        unsafe impl Sync for Ranges {}

        impl Ranges {
            fn insert(&self, node: &mut Node, size: u64) -> Result {
                // SAFETY: both are initialized.
                to_result(unsafe { bindings::drm_mm_insert_node(self.mm.as_ptr(), node.raw(), size) })
            }
        }

    Good:

        struct Ranges {
            mm: NonNull<bindings::drm_mm>,
        }

        // SAFETY: what changes the range manager takes `&mut self`.
        unsafe impl Sync for Ranges {}

        impl Ranges {
            fn insert(&mut self, node: &mut Node, size: u64) -> Result {
                // SAFETY: both are initialized, and `self` is borrowed exclusively.
                to_result(unsafe { bindings::drm_mm_insert_node(self.mm.as_ptr(), node.raw(), size) })
            }
        }

    Bad:

        struct Cache {
            shrinker: NonNull<bindings::shrinker>,
        }

        // SAFETY: a shrinker may be used by any thread.
        unsafe impl Sync for Cache {}

        impl Cache {
            fn set_seeks(&self, seeks: i32) {
                // SAFETY: the shrinker is valid.
                unsafe { (*self.shrinker.as_ptr()).seeks = seeks };
            }
        }

    Good:

        struct Cache {
            shrinker: NonNull<bindings::shrinker>,
            lock: Mutex<()>,
        }

        // SAFETY: what changes the shrinker takes the lock.
        unsafe impl Sync for Cache {}

        impl Cache {
            fn set_seeks(&self, seeks: i32) {
                let _guard = self.lock.lock();
                // SAFETY: the shrinker is valid, and the lock is held.
                unsafe { (*self.shrinker.as_ptr()).seeks = seeks };
            }
        }

    Notes: only fields that are raw pointers count, not an `Opaque`, and of C functions only those that are known to
    need their caller's lock (the table `caller_locks` of the configuration). Fine under a guard that is held or passed
    in, in an unsafe function whose contract speaks of exclusion, and in a private one that is only called under a
    guard; so are volatile and atomic writes.

    See: https://lore.kernel.org/all/6e383036-a12e-607d-4448-63cf2124d0b4@asahilina.net/
    """

    meta = Meta(
        name="shared-receiver-mutation",
        group="locking",
        summary="`&self` method that changes a C object without a lock",
        severity=Severity.WARNING,
        since="0.1.0",
        extent=Extent.FUNCTION,
        origin="003",
        precision="6.1: no findings; 6.12: none in 26 changes through pointers; 7.2: none in 120",
    )
    words = (b"bindings",)

    def check_file(self, cx: Context) -> Iterator[Finding]:
        """Report the changes of a file."""
        for found in shared_mutations(cx):
            how = f"`{found.function}` changes what `{found.field}` points to"
            if not found.function:
                how = f"what `{found.field}` points to is written to"
            shared = found.sharing
            inside = f", which `{found.owner.name}` is part of" if shared.holder else ""
            needs = f"{found.structure} leaves locking to its caller: " if found.structure else ""
            yield self.finding(
                cx,
                found.span,
                f"{how} through a shared reference and without a lock, and {shared.words}{inside}",
                help=f"{needs}take `&mut self`, hold a lock here, or let the caller pass its guard",
                related=(
                    Label(found.receiver, "shared with whoever else has one"),
                    Label(shared.span, shared.words, "" if shared.path == cx.path else shared.path),
                ),
            )
