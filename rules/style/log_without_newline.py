"""Rule `log-without-newline`."""

from __future__ import annotations

from collections.abc import Iterator

from rfl_lint.plugin import (
    Context,
    Edit,
    Finding,
    Fix,
    Meta,
    Node,
    Rule,
    Severity,
    Span,
    ends_line,
    is_continued,
    message_of,
    span_of,
)


class LogWithoutNewline(Rule):
    r"""A message to the kernel log ends with a newline.

    Why: a line without a newline stays open. It reaches consoles only when the next message comes, and a `pr_cont!`
    of somebody else may be glued to it.

    Bad:

        fn probe(dev: &Device) {
            dev_info!(dev, "lamp found");
        }

    Good:

        fn probe(dev: &Device) {
            dev_info!(dev, "lamp found\n");
        }

    Good:

        fn show(levels: &[u32]) {
            pr_info!("levels:");
            for level in levels {
                pr_cont!(" {}", level);
            }
            pr_cont!("\n");
        }

    Notes: what `pr_cont!` prints is not judged, nor a message that a later `pr_cont!` may continue, in the same
    function, a loop around it, a function of the file that is called, or a caller. Silent, too, where the text does
    not stand there: a format that a `macro_rules!` passes on, a `concat!` that ends with anything but a literal. A
    raw string has no escape for a newline and gets no fix.

    See: Documentation/core-api/printk-basics.rst
    """

    meta = Meta(
        name="log-without-newline",
        group="style",
        summary="a message to the kernel log that does not end its line",
        severity=Severity.WARNING,
        since="0.1.0",
        doc_code=True,
        origin="kernel coding guidelines",
        precision="6.1: no findings; 6.12: 7 of 7 right; 7.2: 73 of 73 right, doc examples included",
    )
    on = frozenset({"macro_invocation"})

    def check(self, node: Node, cx: Context) -> Iterator[Finding]:
        """Judge the text of one message."""
        message = message_of(node, cx)
        if message is None or message.continues or message.text is None:
            return
        text = message.text
        if ends_line(cx.text(text)) or is_continued(node, cx):
            return
        fix = None
        if not message.is_raw:
            place = Span(text.end_byte - 1, text.end_byte - 1)
            fix = Fix("end the message with a newline", (Edit(place, "\\n"),), safe=True)
        yield self.finding(
            cx,
            span_of(text),
            f"the message of `{message.name}!` does not end with a newline",
            help=r"end it with `\n`" + (", in a literal that is not raw" if message.is_raw else ""),
            fix=fix,
        )
