"""Rule `panicking-operation`."""

from __future__ import annotations

from collections.abc import Iterator

from rfl_lint.plugin import (
    OPERATION_KINDS,
    Context,
    Extent,
    Finding,
    Level,
    Meta,
    Node,
    Rule,
    Severity,
    comment_fix,
    undocumented,
)


class PanickingOperation(Rule):
    """An index or a sum that depends on somebody else's value is checked, or a comment says why it need not be.

    Why: `table[index]` panics outside of the table, and `count + 1` panics at the end of its type where the kernel is
    built with overflow checks, and silently wraps where it is not. Neither looks like a call that may fail. What comes
    from a parameter, a field or C may be any value, today or after the next change: `get`, `checked_add` and their like
    make the failure an error, and a `// BOUNDS:` or `// OVERFLOW:` comment says why there is none.

    Bad:

        fn level(&self, index: usize) -> u32 {
            self.levels[index]
        }

    Good:

        fn level(&self, index: usize) -> Option<u32> {
            self.levels.get(index).copied()
        }

    Bad:

        fn end(&self, size: u32) -> u32 {
            self.start + size
        }

    Good:

        fn end(&self, size: u32) -> Result<u32> {
            self.start.checked_add(size).ok_or(EOVERFLOW)
        }

        fn last(&self) -> u32 {
            // OVERFLOW: There is always a first one.
            self.count - 1
        }

    Notes: no finding for constants, for what a mask, a remainder or the loop around bounds, for sums that were made
    wide enough before, and where a condition around the operation, or one before it that leaves, compares the value.
    Types must be known for arithmetic.

    See: https://rust-lang.github.io/rust-clippy/master/index.html#indexing_slicing, and `arithmetic_side_effects` there
    """

    meta = Meta(
        name="panicking-operation",
        group="context",
        summary="index or arithmetic that may panic, without a check or a comment",
        severity=Severity.NOTE,
        since="0.1.0",
        level=Level.STRICT,
        clippy=("indexing_slicing", "arithmetic_side_effects"),
        extent=Extent.FUNCTION,
        precision="6.1: no findings; 6.12: 50 of 50 sampled of 87 right; 7.2: 49 of 50 sampled of 176 right",
    )
    on = OPERATION_KINDS

    def check(self, node: Node, cx: Context) -> Iterator[Finding]:
        """Judge one operation."""
        tag = "BOUNDS" if node.type == "index_expression" else "OVERFLOW"
        found = undocumented(cx, node, tag)
        if found is None:
            return
        if tag == "BOUNDS":
            says = f"`{found.detail}` may be out of bounds, which panics"
            advice = "use `get` or `get_mut`"
        elif found.detail in ("/", "%"):
            says, advice = f"`{found.detail}` by zero panics", "use `checked_div` or `checked_rem`"
        else:
            says, advice = (
                f"`{found.detail}` may overflow, which panics",
                "use a `checked_`, `saturating_` or `wrapping_` form",
            )
        yield self.finding(
            cx,
            found.span,
            says,
            help=f"{advice}, or say in a `// {tag}:` comment above it why it cannot",
            fix=comment_fix(cx, found, tag),
        )
