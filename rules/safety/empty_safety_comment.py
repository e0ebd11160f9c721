"""Rule `empty-safety-comment`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from rfl_lint.plugin import Context, Extent, Finding, Meta, Rule, Severity, empty_reasons


@dataclass(frozen=True, slots=True)
class Options:
    """The options of `empty-safety-comment`."""

    allow_todo: bool = field(
        default=False, metadata={"help": "accept `TODO` and the like in place of a reason"}
    )


class EmptySafetyComment(Rule):
    """A `// SAFETY:` comment says why the code is sound.

    Why: the comment is the proof that a reviewer checks. Without a reason there is nothing to check, and the lints
    that ask for the comment are silenced all the same.

    Bad:

        // SAFETY: This is fine.
        unsafe { put(ptr) };

    Bad:

        // SAFETY:
        unsafe { put(ptr) };

    Bad:

        // SAFETY: TODO.
        unsafe { put(ptr) };

    Good:

        // SAFETY: The caller owns a reference to `ptr` and gives it up.
        unsafe { put(ptr) };

    Good:

        // SAFETY:
        // - `ptr` is valid by the type invariants.
        // - The reference is not used again.
        unsafe { put(ptr) };

    Notes: `TODO`, `FIXME` and `XXX` in place of a reason, of the whole one or of an item of a list, are notes: the
    kernel has some on purpose, for code whose reasons are still to be written down.

    See: Documentation/rust/coding-guidelines.rst
    """

    Options = Options
    meta = Meta(
        name="empty-safety-comment",
        group="safety",
        summary="`SAFETY:` comment that gives no reason",
        severity=Severity.WARNING,
        since="0.1.0",
        doc_code=True,
        extent=Extent.PLACE,
        origin="002",
        precision="6.1: no findings; 6.12: 24 of 24 right (notes); 7.2: 12 of 12 right (notes)",
    )

    def check_file(self, cx: Context) -> Iterator[Finding]:
        """Look at what each `SAFETY:` comment says."""
        allow_todo = isinstance(self.options, Options) and self.options.allow_todo
        for found in empty_reasons(cx, "SAFETY"):
            if found.is_placeholder:
                if not allow_todo:
                    yield self.finding(
                        cx,
                        found.span,
                        f"`{found.said}` where the `SAFETY:` comment should give a reason",
                        help="say of each safety requirement why it is met",
                        severity=Severity.NOTE,
                    )
                continue
            shown = found.said.replace("`", "'")
            yield self.finding(
                cx,
                found.span,
                f"the `SAFETY:` comment says only `{shown}`"
                if shown
                else "the `SAFETY:` comment says nothing",
                help="say of each safety requirement why it is met",
            )
