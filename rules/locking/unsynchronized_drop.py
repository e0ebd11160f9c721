"""Rule `unsynchronized-drop`."""

from __future__ import annotations

from collections.abc import Iterator

from rfl_lint.plugin import (
    Context,
    Finding,
    Label,
    Meta,
    Rule,
    Severity,
    ended,
    given_back,
    is_alone,
    is_kept,
)


class UnsynchronizedDrop(Rule):
    """A value that gives itself back to another object when it is dropped locks that object, and keeps it alive.

    Why: `drop` runs whenever the value goes, on any thread, and is handed nothing but the value. The structure that it
    is a part of is another object, which some other thread may be changing at that moment, or which is gone. Neither
    `&mut self` nor the borrow checker helps: the value itself has to hold what it takes, an `Arc` of the structure with
    the lock inside of it. Or there is no `Drop`, and the structure has a method that takes the value back.

    Bad:

        struct Node {
            node: Opaque<bindings::drm_mm_node>,
        }

        impl Drop for Node {
            fn drop(&mut self) {
                // SAFETY: the node is in the range manager.
                unsafe { bindings::drm_mm_remove_node(self.node.get()) };
            }
        }

    Good:

        struct Node {
            node: Opaque<bindings::drm_mm_node>,
            ranges: Arc<Mutex<Ranges>>,
        }

        impl Drop for Node {
            fn drop(&mut self) {
                let _guard = self.ranges.lock();
                // SAFETY: the node is in the range manager, which is locked.
                unsafe { bindings::drm_mm_remove_node(self.node.get()) };
            }
        }

    Bad:

        struct Ranges {
            mm: Opaque<bindings::drm_mm>,
        }

        struct Node {
            node: Opaque<bindings::drm_mm_node>,
        }

        impl Drop for Ranges {
            fn drop(&mut self) {
                // SAFETY: the range manager is initialized.
                unsafe { bindings::drm_mm_takedown(self.mm.get()) };
            }
        }

    Good:

        struct Ranges {
            mm: Opaque<bindings::drm_mm>,
        }

        struct Node<'a> {
            node: Opaque<bindings::drm_mm_node>,
            ranges: &'a mut Ranges,
        }

        impl Drop for Ranges {
            fn drop(&mut self) {
                // SAFETY: the range manager is initialized, and no node borrows from it.
                unsafe { bindings::drm_mm_takedown(self.mm.get()) };
            }
        }

    Bad (strict):

        struct Node {
            node: Opaque<bindings::drm_mm_node>,
            ranges: Arc<Mutex<Ranges>>,
        }

        impl Drop for Node {
            fn drop(&mut self) {
                // SAFETY: the node is in the range manager.
                unsafe { bindings::drm_mm_remove_node(self.node.get()) };
            }
        }

    Notes: which C functions give something back, or end what others have places in, is told by the table
    `caller_locks` of the configuration. Methods that `drop` calls are looked into, and a guard of any lock counts. That
    a type has a lock, an `Arc` or a lifetime and locks nothing when it is dropped is the strict part.

    See: https://lore.kernel.org/all/6e383036-a12e-607d-4448-63cf2124d0b4@asahilina.net/
    """

    meta = Meta(
        name="unsynchronized-drop",
        group="locking",
        summary="`Drop` that gives a node back without a lock and without keeping its structure alive",
        severity=Severity.WARNING,
        since="0.1.0",
        origin="003",
        precision="6.1: no findings; 6.12: none in 3 calls that give back; 7.2: none in 5; unseen code: 1 of 1",
    )
    words = (b"Drop",)

    def check_file(self, cx: Context) -> Iterator[Finding]:
        """Report the destructors of a file."""
        for found in given_back(cx):
            kept = is_kept(found)
            if kept and (not cx.strict or is_alone(found)):
                continue
            lacks = (
                "no lock held"
                if kept
                else f"no lock held and nothing that keeps {found.structure.name} alive"
            )
            yield self.finding(
                cx,
                found.span,
                f"`{found.function}` gives `{found.owner.name}` back when it is dropped, with {lacks}",
                help="hold an `Arc` of the structure with its lock inside and lock it here, or have no `Drop` and a "
                "method of the structure that takes the value back",
                related=(Label(found.drop, f"`{found.owner.name}` is dropped anywhere"),),
            )
        for end in ended(cx):
            where = end.holder.path if end.holder.path != cx.path else ""
            yield self.finding(
                cx,
                end.span,
                f"`{end.function}` ends {end.structure.name} when `{end.owner.name}` is dropped, while some "
                f"`{end.holder.name}` may have its place in it",
                help=f"let `{end.holder.name}` keep it alive, by an `Arc` of `{end.owner.name}` or by borrowing it",
                related=(Label(end.holder.span, f"`{end.holder.name}` does not keep it alive", where),),
            )
