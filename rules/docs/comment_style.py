"""Rule `comment-style`."""

from __future__ import annotations

from collections.abc import Iterator

from rfl_lint.plugin import Context, Finding, Label, Level, Meta, Rule, Severity, badly_worded


class CommentStyle(Rule):
    """Tagged comments are sentences: they begin with a capital letter and end with a period.

    Why: the coding guidelines ask for it in all comments. In tagged ones the end matters most: without a period one
    cannot see whether a reason is complete.

    Bad:

        // SAFETY: the pointer is valid
        unsafe { put(ptr) };

    Bad:

        // TODO: use a lock
        fn put(ptr: *mut Lamp) {}

    Good:

        // SAFETY: The pointer is valid.
        unsafe { put(ptr) };

    Good:

        // SAFETY: `ptr` is valid by the type invariants.
        unsafe { put(ptr) };

    Notes: the tags are those of the table `comment_style`: `SAFETY`, `INVARIANT`, `CAST`, `TODO`, `FIXME` and others.
    Of a list the last item must end with a period. A link may stand last.

    See: Documentation/rust/coding-guidelines.rst
    """

    meta = Meta(
        name="comment-style",
        group="docs",
        summary="tagged comment that is not written as a sentence",
        severity=Severity.WARNING,
        since="0.1.0",
        level=Level.STRICT,
        doc_code=True,
        origin="kernel coding guidelines",
        precision="6.1: no findings; 6.12 and 7.2: 49 of 49 sampled of 179 right",
    )
    words = (b"//", b"/*")

    def check_file(self, cx: Context) -> Iterator[Finding]:
        """Look at the first and the last letter of all tagged comments."""
        for found in badly_worded(cx):
            problems, advice = [], []
            if found.begins_badly:
                problems.append("begins with a small letter")
                advice.append("begin it with a capital letter, or put code in backquotes")
            if found.ends_badly:
                problems.append("ends without a period")
                advice.append("end it with a period")
            yield self.finding(
                cx,
                found.marker,
                f"`{found.tag}:` comment {' and '.join(problems)}",
                help="; ".join(advice),
                related=(Label(found.last, "no period"),) if found.ends_badly else (),
            )
