"""Rule `disallowed-item`."""

from __future__ import annotations

from collections.abc import Iterator

from rfl_lint.plugin import (
    Context,
    Finding,
    KernelTree,
    Meta,
    Node,
    Rule,
    Severity,
    clippy_config,
    disallowed_names,
    disallowed_use,
)


class DisallowedItem(Rule):
    """Code does without the functions, methods and macros that the tree's `.clippy.toml` disallows.

    Why: what a tree disallows has a better replacement, or is meant for other places. Clippy says so in a build that
    has it on; nothing says so in code that was not built, in macros, or under a `cfg` that was off.

    Bad:

        use core::ffi::CStr;

        fn name(text: &CStr) -> *const u8 {
            text.as_ptr().cast()
        }

    Bad:

        fn probe(level: u32) -> u32 {
            kernel::dbg!(level)
        }

    Good:

        use kernel::prelude::*;

        fn name(text: &CStr) -> *const u8 {
            text.as_char_ptr()
        }

    Notes: read are `disallowed-methods` and `disallowed-macros` of the `.clippy.toml` or `clippy.toml` at the tree's
    root. A configuration of rfl-lint adds entries of the same form:

        [[tables.clippy.disallowed-methods]]
        path = "kernel::sync::poll::PollCondVar::new"
        reason = "drivers wait in `lamp::wait`"
        replacement = "lamp::wait"

    Code outside of any kernel tree is held to what the newest kernel disallows. A method call counts if the type of
    its receiver is known. The definition of a macro may use itself.

    See: .clippy.toml; https://rust-lang.github.io/rust-clippy/master/#disallowed_methods
    """

    meta = Meta(
        name="disallowed-item",
        group="ffi",
        summary="a method or macro that the tree's `.clippy.toml` disallows",
        severity=Severity.WARNING,
        since="0.1.0",
        clippy=("disallowed_methods", "disallowed_macros"),
        origin="kernel coding guidelines",
        precision="6.1, 6.12 and 7.2: no findings; all 5 that the kernel `expect`s are found; unseen code: 10 of 10",
    )
    on = frozenset({"macro_invocation", "call_expression", "scoped_identifier"})

    def names(self, cx: Context) -> frozenset[str]:
        """What the configuration speaks of."""
        return disallowed_names(cx)

    def check(self, node: Node, cx: Context) -> Iterator[Finding]:
        """Judge one use of a name."""
        found = disallowed_use(node, cx)
        if found is None:
            return
        entry = found.entry
        reason = f": {entry.reason}" if entry.reason else ""
        replacement = f"use `{entry.replacement}`" if entry.replacement else ""
        yield self.finding(
            cx,
            found.node,
            f"`{'::'.join(entry.path)}` is disallowed by the {entry.where}{reason}",
            help=replacement or "do without it, or `#[expect(..)]` the clippy lint with the reason",
        )

    def problems(self, tree: KernelTree) -> Iterator[str]:
        """What is wrong with the file that says what is disallowed."""
        yield from clippy_config(tree).problems
