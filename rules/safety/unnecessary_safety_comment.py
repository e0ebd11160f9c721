"""Rule `unnecessary-safety-comment`."""

from __future__ import annotations

from collections.abc import Iterator

from rfl_lint.plugin import (
    Context,
    Finding,
    Meta,
    Needless,
    Rule,
    Severity,
    needless_findings,
)


class UnnecessarySafetyComment(Rule):
    """A `// SAFETY:` comment stands only at unsafe code.

    Why: the comment promises that somebody has checked something the compiler cannot check. Over code that is safe
    anyway it hides where the promises are: a reviewer who looks for them reads it in vain, and one that was left behind
    when the unsafe code went away still vouches for what is no longer there.

    What a comment speaks for is the statement, item, field or match arm below it, with everything in it. If that says
    why an invariant of a type holds, its mark is `INVARIANT:`.

    Bad:

        fn count(&self) -> usize {
            // SAFETY: The length is never larger than the capacity.
            let len = self.len;
            len
        }

    Good:

        fn count(&self) -> usize {
            // The length is never larger than the capacity.
            let len = self.len;
            len
        }

    Bad:

        // SAFETY: `Lamp` has no pointers.
        impl Default for Lamp {
            fn default() -> Self {
                // SAFETY: Zero is a valid brightness.
                Lamp { brightness: 0 }
            }
        }

    Good:

        // SAFETY: `Lamp` has no pointers.
        unsafe impl Send for Lamp {}

        impl Default for Lamp {
            fn default() -> Self {
                // INVARIANT: Zero is at most `MAX_BRIGHTNESS`.
                Lamp { brightness: 0 }
            }
        }

    Notes: `clippy::unnecessary_safety_comment` also reports comments that its twin asks for: above a block, a branch
    or a `match` with the unsafe code inside, above `#[unsafe(no_mangle)]`, in a macro. None of that is reported here,
    nor is a comment that stands a statement too early: there `missing-safety-comment` says where it belongs. In unsafe
    functions, blocks, traits and impls, and where a macro may make anything of the code, every comment is welcome.
    Clippy takes any line with `safety:` in it for such a comment, and looks at no fields.

    See: Documentation/rust/coding-guidelines.rst
    """

    meta = Meta(
        name="unnecessary-safety-comment",
        group="safety",
        summary="`SAFETY:` comment on code with nothing unsafe in it",
        severity=Severity.WARNING,
        since="0.1.0",
        clippy=("unnecessary_safety_comment",),
        doc_code=True,
        origin="002",
        precision="6.1, 6.12 and 7.2: no findings; unseen code: 8 of 8 right",
    )

    def check_file(self, cx: Context) -> Iterator[Finding]:
        """Look at what each of the file's comments speaks for."""
        if b"SAFETY" not in cx.source.data.upper():
            return
        yield from needless_findings(self, cx, "SAFETY", "has nothing unsafe in it", _advice)


def _advice(found: Needless) -> str:
    node = found.subject.node
    if "struct_expression" in {node.type, *(child.type for child in node.named_children)}:
        return "write `INVARIANT:` if it says why an invariant holds, else make it an ordinary comment"
    return "make it an ordinary comment, or remove it"
