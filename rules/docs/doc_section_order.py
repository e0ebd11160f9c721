"""Rule `doc-section-order`."""

from __future__ import annotations

from collections.abc import Iterator

from rfl_lint.plugin import Context, Extent, Finding, Label, Level, Meta, Rule, Severity, misplaced_sections


class DocSectionOrder(Rule):
    """The sections of docs follow each other in one order: Safety, Guarantees, Panics, Errors, Examples, Invariants.

    Why: who reads many docs looks for a section where it always stands. What a caller must know comes first.

    Bad:

        /// Adds a lamp.
        ///
        /// # Examples
        ///
        /// See the driver.
        ///
        /// # Panics
        ///
        /// If there is no socket left.
        pub fn add() {}

    Good:

        /// Adds a lamp.
        ///
        /// # Panics
        ///
        /// If there is no socket left.
        ///
        /// # Examples
        ///
        /// See the driver.
        pub fn add() {}

    Notes: other headings may stand anywhere. Docs of modules tell a story and have an order of their own.

    See: Documentation/rust/coding-guidelines.rst
    """

    meta = Meta(
        name="doc-section-order",
        group="docs",
        summary="sections of docs in another order than elsewhere",
        severity=Severity.WARNING,
        since="0.1.0",
        level=Level.STRICT,
        extent=Extent.PLACE,
        origin="003",
        precision="6.1: no findings; 6.12: 12 of 12 in another order; 7.2: 30 of 30 in another order",
    )
    words = (b"#",)

    def check_file(self, cx: Context) -> Iterator[Finding]:
        """Look at the docs of all items."""
        for found in misplaced_sections(cx):
            yield self.finding(
                cx,
                found.heading.span,
                f"the section `{found.heading.name}` stands behind `{found.earlier.name}`",
                help=f"move it above `{found.earlier.name}`",
                related=(Label(found.earlier.span, "the section that belongs behind it"),),
            )
