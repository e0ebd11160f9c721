"""Rule `relocked-guard`."""

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
    holding_places,
    relocked,
)


class RelockedGuard(Rule):
    """A lock is not taken while its guard is still held.

    Why: the kernel's locks are not recursive: who takes one twice waits for ever for himself. A guard lives until its
    block ends, and one without a name to the end of its statement, which for a `match` or an `if let` is all of it.

    Bad:

        use kernel::sync::Mutex;

        struct Queue {
            jobs: Mutex<u32>,
        }

        impl Queue {
            fn next(&self) {
                match *self.jobs.lock() {
                    0 => {}
                    _ => *self.jobs.lock() -= 1,
                }
            }
        }

    Good:

        use kernel::sync::Mutex;

        struct Queue {
            jobs: Mutex<u32>,
        }

        impl Queue {
            fn next(&self) {
                let mut jobs = self.jobs.lock();
                match *jobs {
                    0 => {}
                    _ => *jobs -= 1,
                }
            }
        }

    Notes: two locks count as one where the same words lead to them from the same variable, none of which can have
    changed. A guard that may have been dropped is not counted, and `try_lock` waits for nobody.

    See: Documentation/locking/locktypes.rst
    """

    meta = Meta(
        name="relocked-guard",
        group="locking",
        summary="a lock taken again while its guard is held",
        severity=Severity.ERROR,
        since="0.1.0",
        origin="003",
        precision="6.1, 6.12, 7.2: no findings",
    )
    on = frozenset({"call_expression"})
    words = (b"lock",)

    def places(self, cx: Context) -> list[Span]:
        """Where anything can be held."""
        return holding_places(cx)

    def check(self, node: Node, cx: Context) -> Iterator[Finding]:
        """Ask whether a call takes what is held already."""
        found = relocked(node, cx)
        if found is None:
            return
        again, held = found
        yield self.finding(
            cx,
            again.span,
            f"{again.what} is taken while its guard is held: this waits for ever",
            help="use the guard that there is, or drop it first",
            related=(Label(held.span, f"{held.what} is taken here"),),
        )
