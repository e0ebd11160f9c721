"""The rule `unlinked-doc-item`."""

from __future__ import annotations

from collections.abc import Iterator

from rfl_lint.plugin import (
    Context,
    Edit,
    Extent,
    Finding,
    Fix,
    Level,
    Meta,
    Rule,
    Severity,
    Span,
    unlinked_mentions,
)


class UnlinkedDocItem(Rule):
    """Docs link an item of Rust where they name it first.

    Why: a link takes the reader to what is meant, and rustdoc reports it when the item is renamed or removed. A name in
    backquotes grows stale without a word.

    Bad:

        /// The speed of a fan.
        struct Speed(u32);

        /// Sets the `Speed`.
        fn set(speed: Speed) {}

    Good:

        /// The speed of a fan.
        struct Speed(u32);

        /// Sets the [`Speed`], which `speed` is; a second time it is `Speed`.
        fn set(speed: Speed) {}

    Notes: one finding for a name in a comment. The name must lead to a definition in the tree; macros, modules and the
    standard library are not looked for. The item's own name, parameters, generics and fields do not count, nor do
    headings, nor a single lower-case word that may be any word.

    See: Documentation/rust/coding-guidelines.rst, "Code documentation"
    """

    meta = Meta(
        name="unlinked-doc-item",
        group="docs",
        summary="a name in docs that could be a link",
        severity=Severity.NOTE,
        since="0.1.0",
        level=Level.STRICT,
        extent=Extent.FILE,
        origin="003",
        precision="6.1: no findings; 6.12: 55 of 55 right; 7.2: 48 of 48 sampled of 199 right",
    )

    def check_file(self, cx: Context) -> Iterator[Finding]:
        """Report the names that are no links where they are mentioned first."""
        for mention in unlinked_mentions(cx):
            start, end = mention.span.start, mention.span.end
            edits = (Edit(Span(start, start), "["), Edit(Span(end, end), "]"))
            yield self.finding(
                cx,
                mention.span,
                f"`{mention.name}` is not linked where it is mentioned first",
                help=f"write it in brackets, or link to it below: [`{mention.name}`]",
                fix=Fix("link the name", edits) if mention.can_be_bracketed else None,
            )
