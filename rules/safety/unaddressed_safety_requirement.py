"""Rule `unaddressed-safety-requirement`."""

from __future__ import annotations

from collections.abc import Iterator

from rfl_lint.plugin import (
    Confidence,
    Context,
    Finding,
    Level,
    Meta,
    Node,
    Rule,
    Severity,
    cut,
    in_short,
    unaddressed,
)

_LONGEST = 100
_SHOWN = 3


class UnaddressedSafetyRequirement(Rule):
    """A `SAFETY:` comment speaks of each requirement that the callee lists.

    Why: the callee's author has listed what has to hold because it does not follow from each other. A comment that
    justifies the first item and forgets the second looks complete to a reader who does not open the callee's docs.

    Bad:

        /// # Safety
        ///
        /// - `raw` must point to a registered device.
        /// - No other thread may unregister it during the call.
        unsafe fn rename(raw: *mut bindings::demo) {}

        fn name(dev: &Demo) {
            // SAFETY: `dev.raw` is registered.
            unsafe { rename(dev.raw) };
        }

    Good:

        /// # Safety
        ///
        /// - `raw` must point to a registered device.
        /// - No other thread may unregister it during the call.
        unsafe fn rename(raw: *mut bindings::demo) {}

        fn name(dev: &Demo) {
            // SAFETY:
            // - `dev.raw` is registered.
            // - We hold the lock that `unregister` takes.
            unsafe { rename(dev.raw) };
        }

    Notes: a requirement counts as left out where the comment makes fewer claims than there are requirements, and has
    no name and hardly a word in common with this one. A comment that hands the proof on, to the safety requirements of
    the function around it, say, is never reported.

    See: Documentation/rust/coding-guidelines.rst
    """

    meta = Meta(
        name="unaddressed-safety-requirement",
        group="safety",
        summary="`SAFETY:` comment that leaves out a requirement of the callee",
        severity=Severity.NOTE,
        since="0.1.0",
        level=Level.STRICT,
        confidence=Confidence.MEDIUM,
        origin="002",
        precision="6.1: no findings; 6.12: 9 of 11 right; 7.2: 26 of 28 right",
    )
    on = frozenset({"unsafe_block"})
    words = (b"unsafe",)

    def check(self, node: Node, cx: Context) -> Iterator[Finding]:
        """Compare the comment of a block with what its callees require."""
        for found in unaddressed(cx, node):
            demand, label = found.demand, found.demand.label
            count, claims = len(demand.requirements), found.claims
            left = "; ".join(cut(in_short(each), _LONGEST) for each in found.missing[:_SHOWN])
            yield self.finding(
                cx,
                found.section.marker,
                f"`{demand.name}` lists {count} requirements, the comment makes {claims} claim{'s' * (claims > 1)}",
                help=f"address each requirement; hardly anything is said of: {left}",
                related=(label,) if label is not None else (),
            )
