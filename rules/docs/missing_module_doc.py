"""The rule `missing-module-doc`."""

from __future__ import annotations

from collections.abc import Iterator

from rfl_lint.plugin import (
    Context,
    Extent,
    Finding,
    Level,
    Meta,
    Role,
    Rule,
    Severity,
    first_line,
    has_module_docs,
    is_public_module,
)


class MissingModuleDoc(Rule):
    """A public module of abstractions says in `//!` docs what it is for.

    Why: the page of a module is where a reader starts. Without an introduction it is a list of names, and what the
    module is about has to be guessed from the C side.

    Bad (in rust/kernel/fan.rs):

        // SPDX-License-Identifier: GPL-2.0

        /// A fan.
        pub struct Fan;

    Good (in rust/kernel/fan.rs):

        // SPDX-License-Identifier: GPL-2.0

        //! Fans, and how drivers control them.

        /// A fan.
        pub struct Fan;

    Notes: reported at the file's first line. Docs at the `pub mod` line count, for rustdoc shows them in the same
    place; modules that are not public, or are hidden from the docs, need none.

    See: Documentation/rust/coding-guidelines.rst
    """

    meta = Meta(
        name="missing-module-doc",
        group="docs",
        summary="a public module without an introduction",
        severity=Severity.WARNING,
        since="0.1.0",
        level=Level.STRICT,
        roles=frozenset({Role.ABSTRACTION}),
        extent=Extent.FILE,
        origin="003",
        precision="6.1, 6.12 and 7.2: no findings",
    )

    def check_file(self, cx: Context) -> Iterator[Finding]:
        """Ask for the docs of the module that the file is."""
        span = first_line(cx)
        if span.start < span.end and is_public_module(cx) and not has_module_docs(cx):
            yield self.finding(
                cx,
                span,
                "this public module has no `//!` introduction",
                help="say in a sentence or two what the module is for, below the licence",
            )
