"""Rule `unnecessary-ordering-comment`."""

from __future__ import annotations

from collections.abc import Iterator

from rfl_lint.plugin import (
    Context,
    Finding,
    Level,
    Meta,
    Rule,
    Severity,
    needless_findings,
)


class UnnecessaryOrderingComment(Rule):
    """An `// ORDERING:` comment stands only at an atomic operation or a barrier.

    Why: it argues for a memory ordering. Over code that has none it says nothing, and one that stayed behind when the
    atomic operation moved away misleads those who check what pairs with what.

    Bad:

        fn count(&self) -> usize {
            // ORDERING: Only a hint, nothing is read by it.
            self.count
        }

    Good:

        fn count(&self) -> usize {
            // ORDERING: Only a hint, nothing is read by it.
            self.count.load(Ordering::Relaxed)
        }

    Notes: whatever may order memory counts: atomic operations and orderings, fences and barriers, volatile accesses,
    RCU, and everything that a macro may hide.

    See: rust/kernel/print.rs in the kernel, which has such comments
    """

    meta = Meta(
        name="unnecessary-ordering-comment",
        group="style",
        summary="`ORDERING:` comment on code without a memory ordering",
        severity=Severity.WARNING,
        since="0.1.0",
        level=Level.STRICT,
        doc_code=True,
        precision="6.1: no findings; 6.12: no findings; 7.2: no findings",
    )
    words = (b"ORDERING",)

    def check_file(self, cx: Context) -> Iterator[Finding]:
        """Look at what each of the file's comments speaks for."""
        yield from needless_findings(self, cx, "ORDERING", "orders no memory accesses")
