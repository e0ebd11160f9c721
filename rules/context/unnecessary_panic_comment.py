"""Rule `unnecessary-panic-comment`."""

from __future__ import annotations

from collections.abc import Iterator

from rfl_lint.plugin import (
    Context,
    Finding,
    Meta,
    Rule,
    Severity,
    needless_findings,
)


class UnnecessaryPanicComment(Rule):
    """A `// PANIC:` comment stands only at code that might panic.

    Why: the comment says why a panic cannot happen. Over code that cannot panic at all it makes readers look for what
    is not there, and one that stayed behind when the call was removed hides that nothing is left to be argued for.

    Bad:

        fn level(&self) -> u32 {
            // PANIC: The level is set in `new`.
            self.level
        }

    Good:

        fn level(&self) -> u32 {
            // PANIC: The level is set in `new`.
            self.level.unwrap()
        }

        fn half(&self) -> &[u32] {
            // PANIC: Half of the length is in bounds.
            &self.levels[..self.levels.len() / 2]
        }

    Notes: whatever may panic counts: any call of which it is not known that it does not, indexing, arithmetic, and
    everything that a macro may hide.

    See: rust/kernel/dma.rs in the kernel, which has such comments
    """

    meta = Meta(
        name="unnecessary-panic-comment",
        group="context",
        summary="`PANIC:` comment on code that cannot panic",
        severity=Severity.WARNING,
        since="0.1.0",
        precision="6.1: no findings; 6.12: no findings; 7.2: no findings",
    )
    words = (b"PANIC",)

    def check_file(self, cx: Context) -> Iterator[Finding]:
        """Look at what each of the file's comments speaks for."""
        yield from needless_findings(self, cx, "PANIC", "cannot panic")
