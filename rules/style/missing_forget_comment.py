"""Rule `missing-forget-comment`."""

from __future__ import annotations

from collections.abc import Iterator

from rfl_lint.plugin import (
    Context,
    Finding,
    Level,
    Meta,
    Node,
    Rule,
    Severity,
    comment_fix,
    undocumented,
)


class MissingForgetComment(Rule):
    """A call of `mem::forget` says in a `// FORGET:` comment who gives back what the value owned.

    Why: forgetting a value keeps its destructor from running, so that a reference count stays up and memory stays
    allocated until somebody else gives them back. Who that is cannot be seen at the call.

    Bad:

        fn hand_over(self) -> *mut bindings::device {
            let ptr = self.as_raw();
            core::mem::forget(self);
            ptr
        }

    Good:

        fn hand_over(self) -> *mut bindings::device {
            let ptr = self.as_raw();
            // FORGET: The reference goes with the pointer; C drops it in `put_device`.
            core::mem::forget(self);
            ptr
        }

    Notes: the table `comment_tags` of the configuration takes further functions:
    `[tables.comment_tags.tags.FORGET]` with `functions = ["KBox::leak"]`.

    See: https://doc.rust-lang.org/core/mem/fn.forget.html
    """

    meta = Meta(
        name="missing-forget-comment",
        group="style",
        summary="`mem::forget` without a `FORGET:` comment",
        severity=Severity.WARNING,
        since="0.1.0",
        level=Level.STRICT,
        doc_code=True,
        precision="6.1: no findings; 6.12: 4 of 4 right; 7.2: 9 of 9 right",
    )
    on = frozenset({"call_expression"})

    def check(self, node: Node, cx: Context) -> Iterator[Finding]:
        """Ask for the comment of a call that forgets a value."""
        found = undocumented(cx, node, "FORGET")
        if found is None:
            return
        yield self.finding(
            cx,
            found.span,
            f"`{found.detail}` has no `FORGET:` comment",
            help="say in a `// FORGET:` comment above it who gives back what the value owns",
            fix=comment_fix(cx, found, "FORGET"),
        )
