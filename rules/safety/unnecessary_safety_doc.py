"""Rule `unnecessary-safety-doc`."""

from __future__ import annotations

from collections.abc import Iterator

from rfl_lint.plugin import (
    Context,
    Extent,
    Finding,
    Label,
    Meta,
    Rule,
    Severity,
    documented,
    needless_safety_docs,
    span_of,
)


class UnnecessarySafetyDoc(Rule):
    """Only what needs `unsafe` to be used has a `# Safety` section.

    Why: such a section lists what the compiler does not check. On a safe item either the requirements are not needed
    for soundness and the section misleads, or they are, and the item is unsound as long as it is not `unsafe`.

    Bad:

        /// Stops the queue.
        ///
        /// # Safety
        ///
        /// The queue must not be stopped already.
        pub fn stop(&self) {}

    Good:

        /// Stops the queue.
        ///
        /// # Panics
        ///
        /// Panics if the queue is stopped already.
        pub fn stop(&self) {}

    Good:

        /// Stops the queue.
        ///
        /// # Safety
        ///
        /// The queue must not be stopped already.
        pub unsafe fn stop_unchecked(&self) {}

    Notes: functions, traits, structs, enums and unions are judged, by clippy only the first two. Macros are not, for
    they may write `unsafe` into the code of their caller, nor modules, whose sections are about what is in them.

    See: Documentation/rust/coding-guidelines.rst
    """

    meta = Meta(
        name="unnecessary-safety-doc",
        group="safety",
        summary="`# Safety` section on an item that is safe to use",
        severity=Severity.WARNING,
        since="0.1.0",
        clippy=("unnecessary_safety_doc",),
        extent=Extent.FUNCTION,
        origin="kernel coding guidelines",
        precision="6.1, 6.12, 7.2: no findings",
    )
    words = (b"afety", b"AFETY")

    def check_file(self, cx: Context) -> Iterator[Finding]:
        """Look at the headings of all safe items."""
        for documented_item in documented(cx):
            item = documented_item.item
            found = needless_safety_docs(cx, item, documented_item.docs) if item is not None else None
            if item is None or found is None:
                continue
            name = item.child_by_field_name("name")
            what = item.type.partition("_")[0]
            shown = f"{what} `{cx.text(name)}`" if name is not None else what
            yield self.finding(
                cx,
                found.span,
                f"the docs of {shown} have a `# Safety` section, but it needs no `unsafe`",
                help="say it under another heading, or declare the item `unsafe` if soundness depends on it",
                related=(Label(span_of(name), "not declared `unsafe`"),) if name is not None else (),
            )
