"""Rule `needless-atomic-allocation`."""

from __future__ import annotations

from collections.abc import Iterator

from rfl_lint.plugin import Context, Finding, Label, Level, Meta, Node, Rule, Severity, needless_atomic


class NeedlessAtomicAllocation(Rule):
    """`GFP_ATOMIC` is kept for where sleeping is not allowed.

    Why: it takes from a small reserve that interrupt handlers live on, and fails where `GFP_KERNEL` would have waited
    for memory. A function that sleeps anyway can wait for an allocation too.

    Bad (strict):

        use kernel::{prelude::*, sync::Mutex};

        struct Log {
            lines: Mutex<KVec<u32>>,
        }

        impl Log {
            fn add(&self, line: u32) -> Result {
                let mut lines = self.lines.lock();
                lines.push(line, GFP_ATOMIC)?;
                Ok(())
            }
        }

    Good (strict):

        use kernel::{prelude::*, sync::Mutex};

        struct Log {
            lines: Mutex<KVec<u32>>,
        }

        impl Log {
            fn add(&self, line: u32) -> Result {
                let mut lines = self.lines.lock();
                lines.push(line, GFP_KERNEL)?;
                Ok(())
            }
        }

    Notes: a function sleeps for sure if a sleeping lock is held at the allocation, or if a call that may sleep stands
    outside of any condition. A function in which anything may be atomic, a lock of unknown kind included, is left
    alone.

    See: Documentation/core-api/memory-allocation.rst
    """

    meta = Meta(
        name="needless-atomic-allocation",
        group="allocation",
        summary="`GFP_ATOMIC` where the context may sleep",
        severity=Severity.WARNING,
        since="0.1.0",
        level=Level.STRICT,
        origin="001",
        precision="6.1, 6.12, 7.2: no findings",
    )
    on = frozenset({"call_expression"})
    words = (b"GFP_ATOMIC",)

    def check(self, node: Node, cx: Context) -> Iterator[Finding]:
        """Judge one call."""
        found = needless_atomic(node, cx)
        if found is None:
            return
        yield self.finding(
            cx,
            found.span,
            f"`GFP_ATOMIC` where waiting is possible: {found.because}",
            help="use `GFP_KERNEL`",
            related=(Label(found.evidence, "sleeping is allowed here"),),
        )
