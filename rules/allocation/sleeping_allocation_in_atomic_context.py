"""Rule `sleeping-allocation-in-atomic-context`."""

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
    holding_places,
)


class SleepingAllocationInAtomicContext(Rule):
    """No allocation that may sleep is made while sleeping is not allowed.

    Why: `GFP_KERNEL` lets the allocator wait for memory to be written out. Under a spin lock or in an RCU read-side
    section it must not wait.

    Bad:

        use kernel::{prelude::*, sync::SpinLock};

        struct Log {
            lines: SpinLock<KVec<u32>>,
        }

        impl Log {
            fn add(&self, line: u32) -> Result {
                let mut lines = self.lines.lock();
                lines.push(line, GFP_KERNEL)?;
                Ok(())
            }
        }

    Good:

        use kernel::{prelude::*, sync::SpinLock};

        struct Log {
            lines: SpinLock<KVec<u32>>,
        }

        impl Log {
            fn replace(&self, capacity: usize) -> Result {
                let fresh = KVec::with_capacity(capacity, GFP_KERNEL)?;
                let old = core::mem::replace(&mut *self.lines.lock(), fresh);
                drop(old);
                Ok(())
            }
        }

    Notes: judged are flags that are written out, in the very function that holds the lock: flags in a variable are
    whatever the caller chose, and a callee that allocates is `sleep-in-atomic-context`. An `xarray` guard
    gives its lock up to allocate, in its own methods and where it is lent. `GFP_ATOMIC` takes from a small reserve:
    allocating before the lock is taken is better.

    See: Documentation/core-api/memory-allocation.rst
    """

    meta = Meta(
        name="sleeping-allocation-in-atomic-context",
        group="allocation",
        summary="an allocation that may sleep where sleeping is not allowed",
        severity=Severity.ERROR,
        since="0.1.0",
        origin="001",
        precision="6.1, 6.12, 7.2: no findings; unseen code: 2 of 3, since mended",
    )
    on = frozenset({"call_expression", "macro_invocation"})

    def places(self, cx: Context) -> list[Span]:
        """Where anything can be held."""
        return holding_places(cx)

    def check(self, node: Node, cx: Context) -> Iterator[Finding]:
        """Ask what is held at a call, and whether its flags let it sleep."""
        found = atomic_sleep(node, cx)
        if found is None or not found.sleep.is_allocation:
            return
        yield self.finding(
            cx,
            found.span,
            f"{found.sleep.chain} may sleep: {found.sleep.why}, {found.where}",
            help="allocate before, where sleeping is allowed; `GFP_ATOMIC` is the last resort",
            related=(Label(found.held.span, found.since),),
        )
