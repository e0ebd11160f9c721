"""Rule `shrinker-clamped-nr-scanned`."""

from __future__ import annotations

from collections.abc import Iterator

from rfl_lint.plugin import (
    WRITE_KINDS,
    Context,
    Finding,
    Label,
    Meta,
    Node,
    Rule,
    Severity,
    clamp_of,
    span_of,
    written_value,
)


class ShrinkerClampedNrScanned(Rule):
    """A shrinker reports all objects that it scanned, also if they are more than it was asked to scan.

    Why: a shrinker may scan a larger batch than `nr_to_scan`. Its caller takes `nr_scanned` off the work that is left;
    if it is told less than was done, it asks for the same work again.

    Bad:

        fn set_nr_scanned(sc: &mut bindings::shrink_control, scanned: c_ulong) {
            let mut val = scanned;
            if val > sc.nr_to_scan {
                val = sc.nr_to_scan;
            }
            sc.nr_scanned = val;
        }

    Good:

        fn set_nr_scanned(sc: &mut bindings::shrink_control, scanned: c_ulong) {
            sc.nr_scanned = scanned;
        }

    Good:

        fn scan(cache: &Cache, sc: &mut bindings::shrink_control) -> c_ulong {
            let batch = cache.len().min(sc.nr_to_scan);
            let freed = cache.free(batch);
            sc.nr_scanned = batch;
            freed
        }

    Notes: a limit that the work itself keeps to is no fault: reported is a value that is cut down for the report alone.

    See: include/linux/shrinker.h; mm/shrinker.c
    """

    meta = Meta(
        name="shrinker-clamped-nr-scanned",
        group="shrinker",
        summary="the number of scanned objects is cut down to `nr_to_scan`",
        severity=Severity.ERROR,
        since="0.1.0",
        doc_code=True,
        origin="002",
        precision="6.1, 6.12 and 7.2: no findings",
    )
    on = WRITE_KINDS
    words = (b"nr_",)

    def check(self, node: Node, cx: Context) -> Iterator[Finding]:
        """Judge one write of the number of scanned objects."""
        words = cx.table("shrinker")["scan"]
        value = written_value(node, words["reported"], words["setters"], cx)
        clamp = clamp_of(value, node, words["asked"], cx) if value is not None else None
        if clamp is None:
            return
        yield self.finding(
            cx,
            clamp.node,
            f"the number of scanned objects is cut down to `{cx.text(clamp.limit)}` before it is reported",
            help="report all objects that were scanned, also if they are more than were asked for",
            related=(Label(span_of(node), "reported here"),),
        )
