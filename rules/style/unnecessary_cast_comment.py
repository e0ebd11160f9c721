"""Rule `unnecessary-cast-comment`."""

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


class UnnecessaryCastComment(Rule):
    """A `// CAST:` comment stands only at a cast.

    Why: it argues that a conversion which the compiler does not check is right. Over code that converts nothing, or
    does so by `From`, it argues for nothing, and readers look for the cast.

    Bad:

        fn level(&self) -> u32 {
            // CAST: The level is at most 100.
            self.level
        }

    Good:

        fn level(&self) -> u8 {
            // CAST: The level is at most 100.
            self.level as u8
        }

    Notes: whatever may convert counts as a cast: `as`, `cast()` and its like, `transmute`, `from_raw`, `as_ptr`,
    `into`, and everything that a macro may hide.

    See: rust/kernel/net/phy.rs in the kernel, which has such comments
    """

    meta = Meta(
        name="unnecessary-cast-comment",
        group="style",
        summary="`CAST:` comment on code without a cast",
        severity=Severity.WARNING,
        since="0.1.0",
        level=Level.STRICT,
        doc_code=True,
        precision="6.1: no findings; 6.12: no findings; 7.2: no findings",
    )
    words = (b"CAST",)

    def check_file(self, cx: Context) -> Iterator[Finding]:
        """Look at what each of the file's comments speaks for."""
        yield from needless_findings(self, cx, "CAST", "casts nothing")
