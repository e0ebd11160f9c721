"""Rule `malformed-safety-marker`."""

from __future__ import annotations

from collections.abc import Iterator

from rfl_lint.plugin import Context, Finding, Fix, Meta, Rule, Severity, malformed_markers


class MalformedSafetyMarker(Rule):
    """Comments on unsafe code begin with `// SAFETY: `, sections of unsafe items with `# Safety`.

    Why: people grep for these, and compilers, clippy and rustdoc know no others.

    Bad:

        // Safety: the pointer is valid.
        unsafe { put(ptr) };

    Bad:

        /// SAFETY: `Lamp` has no pointers.
        unsafe impl Send for Lamp {}

    Bad:

        /// Frees a lamp.
        ///
        /// ## SAFETY
        ///
        /// `ptr` must be valid.
        pub unsafe fn free(ptr: *mut Lamp) {}

    Good:

        // SAFETY: The pointer is valid.
        unsafe { put(ptr) };

    Good:

        /// Frees a lamp.
        ///
        /// # Safety
        ///
        /// `ptr` must be valid.
        pub unsafe fn free(ptr: *mut Lamp) {}

    Notes: `missing-safety-comment` and `missing-safety-doc` take what is reported here for what was meant. A section
    under another heading may be of a deeper level. Words without a colon count only where unsafe code has no other
    comment. In docs, `# Implementation safety` is as good.

    See: Documentation/rust/coding-guidelines.rst
    """

    meta = Meta(
        name="malformed-safety-marker",
        group="safety",
        summary="`SAFETY:` comment or `# Safety` section in another form",
        severity=Severity.WARNING,
        since="0.1.0",
        doc_code=True,
        origin="kernel coding guidelines",
        precision="6.1, 6.12: no findings; 7.2: 15 of 15 right, doc examples included; unseen code: 24 of 24",
    )

    def check_file(self, cx: Context) -> Iterator[Finding]:
        """Look at all markers and headings of the file."""
        for found in malformed_markers(cx):
            wanted = found.wanted.value
            where = "in a doc comment " if found.in_docs else ""
            written = " ".join(found.written.partition("\n")[0].replace("`", "'").split())
            yield self.finding(
                cx,
                found.span,
                f"no space behind `{written}`"
                if found.is_unspaced
                else f"`{written}` {where}where `{wanted}` is meant",
                help="put a space behind the colon" if found.is_unspaced else f"write `{wanted}`",
                fix=Fix(f"write `{wanted}`", found.edits, safe=True) if found.edits else None,
            )
