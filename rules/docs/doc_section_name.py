"""Rule `doc-section-name`."""

from __future__ import annotations

from collections.abc import Iterator

from rfl_lint.plugin import Context, Extent, Finding, Fix, Meta, Rule, Severity, misnamed_sections


class DocSectionName(Rule):
    """The sections of docs have the names that all of the kernel gives them.

    Why: readers and tools look for `# Examples` and `# Invariants`, one example or invariant or many.

    Bad:

        /// A counter.
        ///
        /// # Invariant
        ///
        /// `0` is even.
        pub struct Counter(u32);

    Good:

        /// A counter.
        ///
        /// # Invariants
        ///
        /// `0` is even.
        pub struct Counter(u32);

    Notes: headings of any level that are nothing but the name in another form: `# Example`, `# Panic`, `# Error`,
    `# Guarantee`, `# Invariant`. Those of `# Safety` are for `malformed-safety-marker`.

    See: Documentation/rust/coding-guidelines.rst
    """

    meta = Meta(
        name="doc-section-name",
        group="docs",
        summary="section of docs under another name than elsewhere in the kernel",
        severity=Severity.WARNING,
        since="0.1.0",
        extent=Extent.PLACE,
        origin="kernel coding guidelines",
        precision="6.1: no findings; 6.12: 5 of 5 right; 7.2: 7 of 7 right",
    )
    words = (b"///", b"//!", b"/**")

    def check_file(self, cx: Context) -> Iterator[Finding]:
        """Look at all headings of the file."""
        for found in misnamed_sections(cx):
            yield self.finding(
                cx,
                found.heading.span,
                f"the section `{found.heading.name}` is called `{found.meant}` in the kernel",
                help=f"name it `{found.meant}`",
                fix=Fix(f"rename it to `{found.meant}`", (found.edit,), safe=True),
            )
