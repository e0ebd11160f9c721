"""Rule `empty-doc-lines`."""

from __future__ import annotations

from collections.abc import Iterator

from rfl_lint.plugin import Context, Extent, Finding, Fix, Meta, Rule, Severity, empty_doc_lines


class EmptyDocLines(Rule):
    """Paragraphs of docs are apart by one empty `///`.

    Why: more than one says nothing and comes from moving text around. A `//` among `///` is a slash that was lost:
    the paragraphs around it become one when the docs are rendered.

    Bad:

        /// A counter.
        ///
        ///
        /// It counts.
        pub struct Counter(u32);

    Bad:

        /// A counter.
        //
        /// It counts.
        pub struct Counter(u32);

    Good:

        /// A counter.
        ///
        /// It counts.
        // Not `Clone`, for the count would be lost.
        #[derive(Debug)]
        pub struct Counter(u32);

    Notes: one finding for each run of empty lines, at the first that is one too many. Code blocks are left alone.
    A `//` counts where it touches the docs and all lines of its comment are empty: a comment between docs and code
    that says something is welcome, however many empty lines it has.
    """

    meta = Meta(
        name="empty-doc-lines",
        group="style",
        summary="more than one empty line in docs, or an empty `//` among them",
        severity=Severity.WARNING,
        since="0.1.0",
        extent=Extent.PLACE,
        origin="kernel coding guidelines",
        precision="6.1: no findings; 6.12: 2 of 2 right; 7.2: 6 of 6 right",
    )
    words = (b"///", b"//!")

    def check_file(self, cx: Context) -> Iterator[Finding]:
        """Look at all docs of the file."""
        for found in empty_doc_lines(cx):
            if found.slashes:
                message = "empty `//` among doc comments"
                text = "add the slash that is missing, or remove the line"
            else:
                message = "more than one empty line in a row in a doc comment"
                text = "leave one" if found.count == 1 else f"leave one, remove the other {found.count}"
            title = "mend the empty lines" if found.slashes else "remove the empty lines"
            yield self.finding(cx, found.span, message, help=text, fix=Fix(title, found.edits, safe=True))
