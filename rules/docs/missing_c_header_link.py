"""The rule `missing-c-header-link`."""

from __future__ import annotations

from collections.abc import Iterator

from rfl_lint.plugin import (
    Context,
    Extent,
    Finding,
    Label,
    Level,
    Meta,
    Role,
    Rule,
    Severity,
    c_calls,
    first_line,
    links_c_header,
    span_of,
)


class MissingCHeaderLink(Rule):
    """A module that wraps C functions links to their header in its docs.

    Why: the rules that an abstraction has to keep are those of the C side. The link is where a reader finds them, and
    where whoever changes the C side finds out what stands on it.

    Bad (in rust/kernel/fan.rs):

        //! Fans.

        use crate::bindings;

        fn start(fan: *mut bindings::fan) {
            // SAFETY: `fan` is valid.
            unsafe { bindings::fan_start(fan) };
        }

    Good (in rust/kernel/fan.rs):

        //! Fans.
        //!
        //! C header: [`include/linux/fan.h`](srctree/include/linux/fan.h)

        use crate::bindings;

        fn start(fan: *mut bindings::fan) {
            // SAFETY: `fan` is valid.
            unsafe { bindings::fan_start(fan) };
        }

    Notes: reported at the file's first line, with the first call as a related place. A link in the docs of a module
    above counts, `C headers:` with several links, too, and the relative paths of old kernels.

    See: Documentation/rust/coding-guidelines.rst
    """

    meta = Meta(
        name="missing-c-header-link",
        group="docs",
        summary="a module calls C functions and links to no header",
        severity=Severity.WARNING,
        since="0.1.0",
        level=Level.STRICT,
        roles=frozenset({Role.ABSTRACTION}),
        extent=Extent.FILE,
        origin="003",
        precision="6.1: 1 of 1 right; 6.12: 6 of 6 right; 7.2: 15 of 15 right",
    )
    words = (b"bindings",)

    def check_file(self, cx: Context) -> Iterator[Finding]:
        """Ask for the link where C functions are called."""
        if not cx.path.startswith("rust/kernel/"):
            return
        calls = cx.memo(c_calls)
        if not calls or links_c_header(cx):
            return
        first = calls[0]
        known = cx.c_function(first.name)
        header = known.header if known is not None and known.header.startswith("include/") else "include/.."
        yield self.finding(
            cx,
            first_line(cx),
            f"this module calls the C function `{first.name}`, and its docs link to no C header",
            help=f"add a line `C header:` to the docs of the module, with a link to `srctree/{header}`",
            related=(Label(span_of(first.callee), f"`{first.name}` is called here"),),
        )
