"""Rule `partial-reclaim-mask`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rfl_lint.plugin import (
    TEST_KINDS,
    Context,
    Extent,
    Finding,
    Meta,
    Node,
    Rule,
    Severity,
    flag_test,
    tested_flags,
)

_FS: Final = "__GFP_FS"
_IO: Final = "__GFP_IO"


class PartialReclaimMask(Rule):
    """Who asks a mask whether reclaim may enter a file system asks whether it may start I/O, too.

    Why: memory may be reclaimed on behalf of a file system (`GFP_NOFS`) or of a block driver (`GFP_NOIO`). Code that
    looks at `__GFP_FS` alone gives its users no way to tell the second, and what they do then may wait for itself.

    Bad:

        impl ShrinkControl {
            fn gfp_fs(&self) -> bool {
                (self.mask & bindings::__GFP_FS) != 0
            }
        }

    Good:

        impl ShrinkControl {
            fn gfp_fs(&self) -> bool {
                (self.mask & bindings::__GFP_FS) != 0
            }

            fn gfp_io(&self) -> bool {
                (self.mask & bindings::__GFP_IO) != 0
            }
        }

    Notes: one finding for each test of `__GFP_FS` in a file that tests `__GFP_IO` nowhere. To put a mask together is
    no test.

    See: Documentation/core-api/gfp_mask-from-fs-io.rst
    """

    meta = Meta(
        name="partial-reclaim-mask",
        group="allocation",
        summary="a mask is tested for `__GFP_FS` and nowhere for `__GFP_IO`",
        severity=Severity.WARNING,
        since="0.1.0",
        doc_code=True,
        extent=Extent.ITEM,
        origin="002",
        precision="6.1, 6.12 and 7.2: no findings",
    )
    on = TEST_KINDS
    words = (_FS.encode(),)

    def check(self, node: Node, cx: Context) -> Iterator[Finding]:
        """Judge one test of a mask."""
        test = flag_test(node, cx)
        if test is None or _FS not in test.names or _IO in cx.memo(tested_flags):
            return
        yield self.finding(
            cx,
            node,
            f"the mask is tested for `{_FS}`, but not for `{_IO}`",
            help=f"test for `{_IO}`, too: block drivers reclaim under `GFP_NOIO`",
        )
