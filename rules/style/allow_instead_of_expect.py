"""The rule `allow-instead-of-expect`."""

from __future__ import annotations

from collections.abc import Iterator

from rfl_lint.plugin import (
    ATTRIBUTE_KINDS,
    Context,
    Edit,
    Finding,
    Fix,
    Level,
    Meta,
    Node,
    Rule,
    Severity,
    expectable,
)


class AllowInsteadOfExpect(Rule):
    """A warning that is always given is expected, not allowed.

    Why: `#[expect]` tells when the warning is gone, so it cannot outlive its reason and hide the next mistake.
    `#[allow]` stays in the code until somebody wonders whether it is still needed.

    Bad:

        #[allow(clippy::new_ret_no_self)]
        fn new(size: usize) -> Result<KBox<Ring>> {
            Ring::with_size(size)
        }

    Good:

        #[expect(clippy::new_ret_no_self)]
        fn new(size: usize) -> Result<KBox<Ring>> {
            Ring::with_size(size)
        }

    Good:

        #[allow(dead_code)]
        fn used_by_some_configurations() {}

    Notes: silent where a build may give the warning and another one not: under `cfg` or around it, in and above macros,
    for lints that depend on what else is built (`dead_code`, unused things), on the architecture (`unnecessary_cast`
    and the like) or on the compiler's version, for groups of lints, and where the `reason` names a version. The fix is
    to be reviewed: if the warning is gone already, the whole attribute can go.

    See: Documentation/rust/coding-guidelines.rst, "Lints"
    """

    meta = Meta(
        name="allow-instead-of-expect",
        group="style",
        summary="`#[allow]` where `#[expect]` would do",
        severity=Severity.WARNING,
        since="0.1.0",
        level=Level.STRICT,
        origin="kernel coding guidelines",
        precision="6.1 and 6.12: no findings; 7.2: 32 of 32 right",
    )
    on = ATTRIBUTE_KINDS

    def check(self, node: Node, cx: Context) -> Iterator[Finding]:
        """Report an `allow` that hides what every build warns of."""
        found = expectable(node, cx)
        if found is None:
            return
        lints = ", ".join(f"`{lint}`" for lint in found.lints)
        yield self.finding(
            cx,
            found.word,
            f"{lints} {'is' if len(found.lints) == 1 else 'are'} allowed, not expected",
            help="write `expect`, which tells when the warning is gone, or drop it if it is gone already",
            fix=Fix("expect the warning", (Edit(found.word, "expect"),)),
        )
