"""The rule `import-style`."""

from __future__ import annotations

from collections.abc import Iterator

from rfl_lint.plugin import (
    Context,
    Finding,
    Fix,
    FragmentKind,
    Label,
    Level,
    Meta,
    Node,
    Rule,
    Severity,
    crowded,
    given_by_prelude,
    vertical,
)


class ImportStyle(Rule):
    """Imports stand one on a line, and what the prelude gives is not imported again.

    Why: lines that are filled with imports conflict whenever two patches touch them, and rustfmt moves items from one
    line to another when one is added. With one item on a line a patch shows what it adds. An import that the prelude
    has made already is one more line to merge, and hides that the name is the common one.

    Bad:

        use kernel::{
            device::Device,
            sync::{Arc, Mutex}, types::ARef,
        };

    Good:

        use kernel::{
            device::Device,
            sync::{
                Arc,
                Mutex, //
            },
            types::ARef, //
        };

    Notes: reported once for a statement, at the first line with several items of one list. The safe fix gives the
    vertical form, with the empty comment behind the last item of each list that keeps rustfmt from filling lines; there
    is none where the statement holds other comments. An import counts as needless where the module imports
    `kernel::prelude::*` and the prelude of this very tree gives the same item under the same name; re-exports do not
    count. Code in macros is left alone, as rustfmt does.

    See: Documentation/rust/coding-guidelines.rst, "Imports"
    """

    meta = Meta(
        name="import-style",
        group="style",
        summary="several imports on one line, or one that the prelude gives",
        severity=Severity.WARNING,
        since="0.1.0",
        level=Level.STRICT,
        origin="kernel coding guidelines",
        precision="6.1: 4 of 4 right; 6.12: 83 of 83 right; 7.2: 49 of 49 sampled of 218 right",
    )
    on = frozenset({"use_declaration"})

    def check(self, node: Node, cx: Context) -> Iterator[Finding]:
        """Judge the layout and the imports of one statement."""
        if cx.fragment is None or cx.fragment.kind is not FragmentKind.CODE:
            return
        span = crowded(node, cx)
        if span is not None:
            edit = vertical(node, cx)
            yield self.finding(
                cx,
                span,
                "several imports on one line",
                help="give each a line of its own, with an empty `//` behind the last one of a list",
                fix=Fix("one import on a line", (edit,), safe=True) if edit is not None else None,
            )
        for given in given_by_prelude(node, cx):
            yield self.finding(
                cx,
                given.span,
                f"`{given.name}` is imported, but the prelude gives it already",
                help="drop the import",
                related=(Label(given.source.span, "the prelude gives it here", given.path),),
            )
