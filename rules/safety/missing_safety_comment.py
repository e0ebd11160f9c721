"""Rule `missing-safety-comment`."""

from __future__ import annotations

from collections.abc import Iterator

from rfl_lint.plugin import (
    Context,
    Demand,
    Finding,
    Fix,
    Label,
    Meta,
    Node,
    Rule,
    Severity,
    comment_beside,
    comment_insertion,
    cut,
    demands,
    documentation_of,
    in_short,
    safety_skeleton,
    unsafe_keyword,
)

_SHOWN = 3
_LONGEST = 100


class MissingSafetyComment(Rule):
    """Every unsafe block and every unsafe impl says in a `// SAFETY:` comment why it is sound.

    Why: in an unsafe block the author promises what the compiler cannot check. A reviewer can only check that promise,
    and the next person to change the code can only keep it, if it is written down where it is made.

    The comment stands above the line of the `unsafe`, above the statement, or as the first thing inside the block.
    Attributes and blank lines may come between. One comment speaks for all unsafe blocks of its statement, not for
    those of the next one. The value of a struct field, a match arm, a branch, an inner block and a closure's body in
    braces need their own, and so does each `unsafe impl`. A comment behind the code on the same line does not count.

    Bad:

        fn put(dev: *mut bindings::device) {
            unsafe { bindings::put_device(dev) };
        }

    Good:

        fn put(dev: *mut bindings::device) {
            // SAFETY: The caller hands over its reference to `dev`, which is given up here.
            unsafe { bindings::put_device(dev) };
        }

    Bad:

        struct Registration(NonNull<bindings::demo>);

        // SAFETY: The pointer is only used under the lock of the subsystem, which any thread may take.
        unsafe impl Send for Registration {}
        unsafe impl Sync for Registration {}

    Good:

        struct Registration(NonNull<bindings::demo>);

        // SAFETY: The pointer is only used under the lock of the subsystem, which any thread may take.
        unsafe impl Send for Registration {}

        // SAFETY: `Registration` has no method that takes `&self`.
        unsafe impl Sync for Registration {}

    Notes: the places are those of `clippy::undocumented_unsafe_blocks` (Rust 1.95) in the kernel's configuration, in
    code that clippy does not see, too: macros that nothing expands, macros of other crates, every side of a `cfg`, and
    with `--doc-code` the examples in doc comments that rustdoc compiles. It differs on purpose in these points.
    Attributes over several lines, and attributes with a comment behind them, may stand between comment and code. A
    comment behind another statement, field or argument on the line above belongs to that one. A line that only
    mentions `safety:` in its prose is no such comment. In macros, too, the comment may stand above the statement.
    `?`, `.await` and `..` are expressions like any other. `// SAFETY -` and the like count here, because
    `malformed-safety-marker` reports them.

    The comment that the fix inserts has an item for each requirement in the `# Safety` section of what is called, or of
    the trait that is implemented. Each ends in `TODO`, for the reason is the author's to give.

    See: Documentation/rust/coding-guidelines.rst
    """

    meta = Meta(
        name="missing-safety-comment",
        group="safety",
        summary="unsafe block or impl without a `SAFETY:` comment",
        severity=Severity.WARNING,
        since="0.1.0",
        clippy=("undocumented_unsafe_blocks",),
        doc_code=True,
        origin="002",
        precision="6.1: 6 of 6 right; 6.12: 5 of 5; 7.2: 2 of 2; in doc examples 2 of 2; unseen code: 187 of 189",
    )
    on = frozenset({"unsafe_block", "impl_item"})
    words = (b"unsafe",)

    def check(self, node: Node, cx: Context) -> Iterator[Finding]:
        """Ask for the comment of an unsafe block or impl."""
        keyword = unsafe_keyword(node)
        if keyword is None or documentation_of(cx, node, "SAFETY", at=keyword.start_byte) is not None:
            return
        beside = comment_beside(cx, keyword, "SAFETY")
        known = demands(cx, node)
        related = tuple(dict.fromkeys(demand.label for demand in known if demand.label is not None))[:_SHOWN]
        if beside is None:
            text = f"state in a `// SAFETY:` comment above it why {_asked(known)}"
        else:
            text = "move the comment to a line of its own above it"
            related = (Label(beside.marker, "a comment on the line of the code does not count"), *related)
        yield self.finding(
            cx,
            keyword,
            f"{_subject(node, cx)} has no `SAFETY:` comment",
            help=text,
            related=related,
            fix=Fix(
                "insert a SAFETY comment",
                (comment_insertion(cx, node, safety_skeleton(cx, node), at=keyword.start_byte),),
            ),
        )


def _asked(known: tuple[Demand, ...]) -> str:
    """What is required by whom, as far as there is room for it."""
    said = {
        demand.name: "; ".join(cut(in_short(each), _LONGEST) for each in demand.requirements[:_SHOWN])
        for demand in known
        if demand.requirements
    }
    if not said:
        return "its requirements are met"
    words = [f"`{name}` requires: {asked}" for name, asked in list(said.items())[:_SHOWN]]
    return f"its requirements are met; {'; '.join(words)}"


def _subject(node: Node, cx: Context) -> str:
    trait = node.child_by_field_name("trait") if node.type == "impl_item" else None
    if trait is not None:
        # Of a trait that a macro puts together only the name is there to read.
        name = " ".join(cx.text(trait).partition("$(")[0].split())
        return f"unsafe impl of `{name}`"
    return "unsafe block" if node.type == "unsafe_block" else "unsafe impl"
