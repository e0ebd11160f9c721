"""The rule `broken-srctree-link`."""

from __future__ import annotations

from collections.abc import Iterator

from rfl_lint.plugin import Context, Extent, Finding, Meta, Rule, Severity, broken_links


class BrokenSrctreeLink(Rule):
    """A link into the source tree leads to a file that is there, and to the one that its text names.

    Why: `srctree/` links are what leads a reader from an abstraction to the C code behind it. Headers are moved and
    renamed without a look at Rust docs, and a link that was copied keeps its old target.

    Bad (with include/linux/wait.h):

        //! Wait queues.
        //!
        //! C header: [`include/linux/waitqueue.h`](srctree/include/linux/waitqueue.h)

    Good (with include/linux/wait.h):

        //! Wait queues.
        //!
        //! C header: [`include/linux/wait.h`](srctree/include/linux/wait.h)

    Bad (with include/linux/wait.h, with include/linux/completion.h):

        //! C header: [`include/linux/completion.h`](srctree/include/linux/wait.h)

    Good (with include/linux/wait.h):

        /// Wraps a [`struct wait_queue_head`].
        ///
        /// [`struct wait_queue_head`]: srctree/include/linux/wait.h
        struct WaitQueue;

    Notes: the text may be the path, its last part or parts (`wait.h`, `linux/wait.h`), or anything that is no file
    name. Silent without a kernel tree, where the folder that the link leads into is not in the tree, and where no file
    of that kind is in it, as in partial checkouts.

    See: Documentation/rust/coding-guidelines.rst, "Code documentation"
    """

    meta = Meta(
        name="broken-srctree-link",
        group="docs",
        summary="a `srctree/` link to a file that does not exist, or is not the one it names",
        severity=Severity.WARNING,
        since="0.1.0",
        extent=Extent.PLACE,
        origin="003",
        precision="6.1: no findings; 6.12: 1 of 1 right; 7.2: 3 of 3 right; unseen code: 4 of 4",
    )
    words = (b"srctree/",)

    def check_file(self, cx: Context) -> Iterator[Finding]:
        """Report the links that lead astray."""
        for link in broken_links(cx):
            if link.named:
                message = f"the text of the link names `{link.named}`, but it leads to `{link.path}`"
                advice = f"name `{link.path}` in the text"
                if link.better:
                    advice += f", or link to `srctree/{link.better}`, whichever is meant"
            else:
                message = f"there is no `{link.path}` in the tree"
                advice = "name the file as it is called now"
                if link.better:
                    advice = f"link to `srctree/{link.better}`, if that is meant"
            yield self.finding(cx, link.span, message, help=advice)
