"""Rule `sleep-in-atomic-context`."""

from __future__ import annotations

from collections.abc import Iterator

from rfl_lint.plugin import (
    Context,
    Finding,
    Label,
    Meta,
    Node,
    Rule,
    Severity,
    Span,
    atomic_sleep,
    chain_labels,
    holding_places,
)


class SleepInAtomicContext(Rule):
    """Nothing that may sleep is called while sleeping is not allowed.

    Why: under a spin lock, in an RCU read-side section, with interrupts off or in an interrupt handler, the
    processor may not be given up: the one that spins on the lock waits for ever, the grace period ends too early.
    C code has `might_sleep()` to catch this when it happens; here it is said when it is written.

    Bad:

        use kernel::sync::{Mutex, SpinLock};

        struct Port {
            state: SpinLock<u32>,
            config: Mutex<u32>,
        }

        impl Port {
            fn reload(&self) {
                let mut state = self.state.lock();
                *state = *self.config.lock();
            }
        }

    Good:

        use kernel::sync::{Mutex, SpinLock};

        struct Port {
            state: SpinLock<u32>,
            config: Mutex<u32>,
        }

        impl Port {
            fn reload(&self) {
                let config = *self.config.lock();
                *self.state.lock() = config;
            }
        }

    Notes: a guard counts from the call that takes the lock until it is dropped, moved away, or its block ends;
    a temporary one as long as Rust keeps it: to the end of the statement, of a `match` or `if let` on it, but only
    through the condition of a plain `if`. What may be dropped is not counted. The kind of a lock is that of its
    declared type; a lock of unknown type is none. A callee sleeps if the tables say so, if it takes a mutex or
    allocates with flags that sleep, or if a function of the tree that it calls does. Closures that run later, such
    as work items, begin in a context of their own.

    See: Documentation/kernel-hacking/locking.rst
    """

    meta = Meta(
        name="sleep-in-atomic-context",
        group="context",
        summary="a call that may sleep where sleeping is not allowed",
        severity=Severity.ERROR,
        since="0.1.0",
        origin="001",
        precision="6.1, 6.12: no findings; 7.2: 2 of 2 right, and 58 of 63 faults put into it; unseen code: 2 of 2",
    )
    on = frozenset({"call_expression", "macro_invocation"})

    def places(self, cx: Context) -> list[Span]:
        """Where anything can be held."""
        return holding_places(cx)

    def check(self, node: Node, cx: Context) -> Iterator[Finding]:
        """Ask what is held at a call, and whether it may sleep."""
        found = atomic_sleep(node, cx)
        if found is None or found.sleep.is_allocation:
            return
        held, sleep = found.held, found.sleep
        yield self.finding(
            cx,
            found.span,
            f"{sleep.chain} may sleep: {sleep.why}, {found.where}",
            help=found.advice,
            related=(Label(held.span, found.since), *chain_labels(sleep, cx)),
        )
