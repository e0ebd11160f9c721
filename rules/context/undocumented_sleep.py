"""Rule `undocumented-sleep`."""

from __future__ import annotations

from collections.abc import Iterator

from rfl_lint.plugin import (
    Context,
    Finding,
    Label,
    Level,
    Meta,
    Node,
    Role,
    Rule,
    Severity,
    chain_labels,
    undocumented_sleep,
)


class UndocumentedSleep(Rule):
    """A public function of an abstraction that may sleep says so.

    Why: whether a function may be called under a spin lock cannot be seen from its signature. Who uses an abstraction
    reads its docs, not the C function behind it.

    Bad (strict, in rust/kernel/valve.rs):

        use crate::bindings;

        /// A valve.
        pub struct Valve(*mut bindings::valve);

        impl Valve {
            /// Closes the valve.
            pub fn close(&self) {
                // SAFETY: No requirements.
                unsafe { bindings::msleep(10) };
            }
        }

    Good (strict, in rust/kernel/valve.rs):

        use crate::bindings;

        /// A valve.
        pub struct Valve(*mut bindings::valve);

        impl Valve {
            /// Closes the valve.
            ///
            /// It may sleep, so it must not be called in atomic context.
            pub fn close(&self) {
                // SAFETY: No requirements.
                unsafe { bindings::msleep(10) };
            }
        }

    Notes: docs say so that speak of sleeping, waiting, blocking or of a context; so does a function that calls
    `might_sleep()`, which also checks it at run time, and one that is named for it.

    See: Documentation/kernel-hacking/hacking.rst
    """

    meta = Meta(
        name="undocumented-sleep",
        group="context",
        summary="a public function that may sleep and does not say so",
        severity=Severity.NOTE,
        since="0.1.0",
        level=Level.STRICT,
        origin="001",
        roles=frozenset({Role.ABSTRACTION}),
        precision="6.1: no findings; 6.12: 14 of 14 right; 7.2: 62 of 62 right",
    )
    on = frozenset({"function_item"})

    def check(self, node: Node, cx: Context) -> Iterator[Finding]:
        """Judge one function."""
        found = undocumented_sleep(node, cx)
        name = node.child_by_field_name("name")
        if found is None or name is None:
            return
        fact, sleep = found
        shown = f"{fact.owner}::{fact.name}" if fact.owner else fact.name
        first = sleep.steps[0]
        yield self.finding(
            cx,
            name,
            f"`{shown}` may sleep and its docs do not say so: {sleep.chain}: {sleep.why}",
            help="say in its docs that it may sleep, and call `might_sleep()` where it does not always",
            related=(Label(first.span, f"`{shown}` calls `{first.name}`"), *chain_labels(sleep, cx)),
        )
