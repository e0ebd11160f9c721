"""Rule `unbounded-send-sync`."""

from __future__ import annotations

from collections.abc import Iterator

from rfl_lint.plugin import (
    Context,
    Edit,
    Extent,
    Finding,
    Fix,
    Label,
    Level,
    Meta,
    Node,
    Rule,
    Severity,
    Span,
    unbounded_parameters,
)

_MEANING = {"Send": "sent to", "Sync": "shared with"}


class UnboundedSendSync(Rule):
    """An `unsafe impl` of `Send` or `Sync` asks the same of the type parameters that the type holds.

    Why: the compiler derives `Send` and `Sync` from the fields; `unsafe impl` overrules it. `unsafe impl<T> Send for
    Slot<T>` promises for every `T` there is that a `Slot<T>` may go to another thread, also for one with an `Rc`, a
    guard, or a pointer to per-CPU data in it. Safe code can then move such a value where it must not be.

    Bad:

        struct Slot<T> {
            value: UnsafeCell<T>,
        }

        // SAFETY: all accesses are made under the lock of the table.
        unsafe impl<T> Sync for Slot<T> {}

    Good:

        struct Slot<T> {
            value: UnsafeCell<T>,
        }

        // SAFETY: all accesses are made under the lock of the table, so that one thread at a time has the value.
        unsafe impl<T: Send> Sync for Slot<T> {}

    Notes: any bound that may say something of threads is taken for enough; `?Sized`, lifetimes and traits of core such
    as `Clone` or `Debug` say nothing. A parameter that only stands in a `PhantomData`, a `MaybeUninit` or a `*const` is
    not held, unless a method of the type hands it out. Fields are followed through the types of the tree.

    See: https://doc.rust-lang.org/nomicon/send-and-sync.html
    """

    meta = Meta(
        name="unbounded-send-sync",
        group="locking",
        summary="`unsafe impl Send` or `Sync` for every `T` of a type that holds a `T`",
        severity=Severity.WARNING,
        since="0.1.0",
        level=Level.STRICT,
        extent=Extent.ITEM,
        origin="003",
        precision="6.1 and 6.12: no findings; 7.2: 3 of 3 right",
    )
    on = frozenset({"impl_item"})
    words = (b"Send", b"Sync")

    def check(self, node: Node, cx: Context) -> Iterator[Finding]:
        """Judge the parameters of one `unsafe impl`."""
        if not any(child.type == "unsafe" for child in node.children):
            return
        for found in unbounded_parameters(cx, node):
            owner, name = found.owner, found.name
            holds = f"holds one in `{found.field}`" if found.field else "hands one out"
            words = f"`{found.field}` holds it" if found.field else "handed out here"
            has_bounds = any(child.type == "trait_bounds" for child in found.parameter.named_children)
            end = found.parameter.end_byte
            yield self.finding(
                cx,
                found.parameter,
                f"`{owner.name}` is `{found.trait}` for every `{name}`, and {holds}",
                help=f"ask of `{name}` that it may be {_MEANING[found.trait]} other threads: `{name}: {found.trait}`, "
                "or `Send` where a lock lets one thread at a time at it",
                related=(Label(found.span, words, found.path if found.path != cx.path else ""),),
                fix=Fix(
                    f"bound `{name}` by `{found.trait}`",
                    (Edit(Span(end, end), f" + {found.trait}" if has_bounds else f": {found.trait}"),),
                ),
            )
