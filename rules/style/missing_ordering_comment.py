"""Rule `missing-ordering-comment`."""

from __future__ import annotations

from collections.abc import Iterator

from rfl_lint.plugin import (
    Context,
    Finding,
    Level,
    Meta,
    Node,
    Rule,
    Severity,
    comment_fix,
    undocumented,
)


class MissingOrderingComment(Rule):
    """An atomic operation says in an `// ORDERING:` comment why its memory ordering is the right one.

    Why: whether `Relaxed` is enough, and which `Acquire` a `Release` pairs with, is decided by code elsewhere. Nobody
    sees from the operation itself what was thought of, and a mistake shows up once in a million runs on some machine.

    Bad:

        fn done(&self) -> bool {
            self.done.load(Ordering::Acquire)
        }

    Good:

        fn done(&self) -> bool {
            // ORDERING: Pairs with the release in `finish`: what it wrote before is seen after.
            self.done.load(Ordering::Acquire)
        }

    See: tools/memory-model/Documentation/, rust/kernel/sync/atomic/ordering.rs
    """

    meta = Meta(
        name="missing-ordering-comment",
        group="style",
        summary="atomic operation without an `ORDERING:` comment",
        severity=Severity.WARNING,
        since="0.1.0",
        level=Level.STRICT,
        doc_code=True,
        precision="6.1: no findings; 6.12: 6 of 6 right; 7.2: 33 of 33 right",
    )
    on = frozenset({"call_expression"})

    def check(self, node: Node, cx: Context) -> Iterator[Finding]:
        """Ask for the comment of an atomic operation."""
        found = undocumented(cx, node, "ORDERING")
        if found is None:
            return
        yield self.finding(
            cx,
            found.span,
            f"atomic ordering `{found.detail}` has no `ORDERING:` comment",
            help="say in an `// ORDERING:` comment above it what it pairs with, or why it need not",
            fix=comment_fix(cx, found, "ORDERING"),
        )
