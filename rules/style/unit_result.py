"""Rule `unit-result`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rfl_lint.plugin import (
    Context,
    Edit,
    Extent,
    Finding,
    Fix,
    Meta,
    Node,
    Rule,
    Severity,
    is_unit_by_default,
    span_of,
)

_BARE: Final = frozenset({"<()>", "<(),>"})


class UnitResult(Rule):
    """A result that carries no value is written `Result`.

    Why: the kernel's `Result` has `()` as its default, so `Result` and `Result<()>` are one type. Kernel code writes
    the short form, and two spellings of one type make a reader look for a difference.

    Bad:

        use kernel::prelude::*;

        fn reset(lamp: &Lamp) -> Result<()> {
            lamp.write(0)
        }

    Good:

        use kernel::prelude::*;

        fn reset(lamp: &Lamp) -> Result {
            lamp.write(0)
        }

    Good:

        use core::result::Result;

        fn reset(lamp: &Lamp) -> Result<(), LampError> {
            lamp.write(0)
        }

    Notes: where the kernel's `Result` is not what the name means, nothing is said: another type or alias of that
    name, or no import of it. Nor in `Result::<()>::Ok(x)`: in an expression a parameter that is left out is inferred.

    See: rust/kernel/error.rs
    """

    meta = Meta(
        name="unit-result",
        group="style",
        summary="`Result<()>` where `Result` says the same",
        severity=Severity.WARNING,
        since="0.1.0",
        doc_code=True,
        extent=Extent.PLACE,
        origin="kernel coding guidelines",
        precision="6.1: no findings; 6.12: 3 of 3 right; 7.2: 33 of 33 right, doc examples included",
    )
    on = frozenset({"generic_type"})
    words = (b"Result",)

    def check(self, node: Node, cx: Context) -> Iterator[Finding]:
        """Judge one type with generic arguments."""
        name, arguments = node.child_by_field_name("type"), node.child_by_field_name("type_arguments")
        if name is None or arguments is None or not cx.text(name).endswith("Result"):
            return
        if not _is_unit(arguments) or _in_expression(node, cx) or not is_unit_by_default(name, cx):
            return
        written = cx.text(name)
        edit = Edit(span_of(arguments), "")
        # What somebody wrote between the brackets is not thrown away.
        is_bare = "".join(cx.text(arguments).split()) in _BARE
        yield self.finding(
            cx,
            node,
            f"`{written}<()>` is `{written}`: `()` is the default",
            help=f"write `{written}`",
            fix=Fix(f"write `{written}`", (edit,), safe=True) if is_bare else None,
        )


def _is_unit(arguments: Node) -> bool:
    given = [child for child in arguments.named_children if not child.is_extra]
    return len(given) == 1 and given[0].type == "unit_type"


def _in_expression(node: Node, cx: Context) -> bool:
    parent = cx.parent(node)
    return parent is not None and parent.type in ("scoped_identifier", "generic_function")
