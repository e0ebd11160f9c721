"""Rule `confusing-shadowing`."""

from __future__ import annotations

from collections.abc import Iterator

from rfl_lint.plugin import (
    Context,
    Extent,
    Finding,
    Label,
    Level,
    Meta,
    Node,
    Rule,
    Severity,
    shadowings,
    span_of,
    type_text,
)


class ConfusingShadowing(Rule):
    """A name means one thing in a block.

    Why: a second `let` of a name makes the first value unreachable without a word. Where the second has another type,
    each use further down has to be read with the question which of the two is meant.

    Bad:

        unsafe extern "C" fn count(sc: *mut bindings::shrink_control) -> usize {
            // SAFETY: The caller passes a valid pointer.
            let sc = unsafe { ShrinkControl::from_raw(sc) };
            sc.nr_to_scan()
        }

        impl ShrinkControl {
            unsafe fn from_raw(ptr: *mut bindings::shrink_control) -> Self {
                Self { ptr }
            }
        }

    Good:

        unsafe extern "C" fn count(raw: *mut bindings::shrink_control) -> usize {
            // SAFETY: The caller passes a valid pointer.
            let sc = unsafe { ShrinkControl::from_raw(raw) };
            sc.nr_to_scan()
        }

        impl ShrinkControl {
            unsafe fn from_raw(ptr: *mut bindings::shrink_control) -> Self {
                Self { ptr }
            }
        }

    Good:

        fn level(lamp: Option<&Lamp>) -> Result<u32> {
            let lamp = lamp.ok_or(ENODEV)?;
            Ok(lamp.level)
        }

    Notes: a value that is unwrapped, borrowed or dereferenced keeps its name with good reason: `let Some(x) = x`,
    `let x = x?`, `let x = &*x`. Both types must be known; generic arguments are not compared.

    See: https://rust-lang.github.io/rust-clippy/master/#shadow_unrelated
    """

    meta = Meta(
        name="confusing-shadowing",
        group="style",
        summary="a name that is bound again to a value of another type",
        severity=Severity.NOTE,
        since="0.1.0",
        level=Level.STRICT,
        doc_code=True,
        extent=Extent.FUNCTION,
        origin="002",
        precision="6.1: no findings; 6.12: 11 of 11 right; 7.2: 62 of 62 right, doc examples included",
    )
    on = frozenset({"block"})

    def check(self, node: Node, cx: Context) -> Iterator[Finding]:
        """Judge the names of one block."""
        for found in shadowings(node, cx):
            name = cx.text(found.after.name)
            yield self.finding(
                cx,
                found.after.name,
                f"`{name}` was a `{type_text(found.old)}` and is a `{type_text(found.new)}` from here on",
                help="give one of the two a name of its own",
                related=(Label(span_of(found.before.name), f"`{name}` is first bound here"),),
            )
