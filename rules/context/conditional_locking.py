"""Rule `conditional-locking`."""

from __future__ import annotations

from collections.abc import Iterator

from rfl_lint.plugin import Context, Finding, Level, Meta, Node, Rule, Severity, conditional_lock


class ConditionalLocking(Rule):
    """Whether a lock is held does not depend on a condition.

    Why: who reads code must see which locks are held at a line, and so must tools. A lock that is taken if a flag says
    so makes every line behind it two lines, of which one is wrong sooner or later. Two functions, one of which takes
    the lock and calls the other, say the same without a flag; `&Guard` as a parameter proves that the lock is held.

    Bad (strict):

        use kernel::sync::SpinLock;

        struct Table {
            rows: SpinLock<u32>,
        }

        impl Table {
            fn count(&self, lock: bool) -> u32 {
                let _guard = if lock { Some(self.rows.lock()) } else { None };
                self.read()
            }
        }

    Good (strict):

        use kernel::sync::{SpinLock, SpinLockGuard};

        struct Table {
            rows: SpinLock<u32>,
        }

        impl Table {
            fn count(&self) -> u32 {
                self.count_locked(&self.rows.lock())
            }

            fn count_locked(&self, rows: &SpinLockGuard<'_, u32>) -> u32 {
                **rows
            }
        }

    Notes: reported are a guard that is there or not by an `if` or `then`, a lock that one branch of an `if` leaves
    taken and the other one does not, and a `bool` parameter whose name speaks of a lock and which decides whether the
    function takes it. `try_lock` is no condition of this kind.
    """

    meta = Meta(
        name="conditional-locking",
        group="context",
        summary="a lock that is taken if a condition says so",
        severity=Severity.WARNING,
        since="0.1.0",
        level=Level.STRICT,
        origin="001",
        precision="6.1, 6.12, 7.2: no findings",
    )
    on = frozenset({"if_expression", "call_expression"})
    words = (b"lock", b"disable")

    def check(self, node: Node, cx: Context) -> Iterator[Finding]:
        """Judge one `if` or `then`."""
        found = conditional_lock(node, cx)
        if found is None:
            return
        _, span, words = found
        yield self.finding(
            cx,
            span,
            words,
            help="take the lock on every way, or make two functions, one of which expects the guard",
        )
