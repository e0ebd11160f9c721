"""The rule message-without-name."""

from collections.abc import Iterator

from rfl_lint.plugin import Context, Finding, Meta, Node, Rule, Severity

PRINTING = frozenset(
    f"{family}_{level}"
    for family in ("pr", "dev")
    for level in ("emerg", "alert", "crit", "err", "warn", "notice", "info", "debug")
)


class MessageWithoutName(Rule):
    r"""What our drivers print to the kernel log begins with `acme: `.

    Why: whoever reads the log of a customer looks for what comes from us.

    Bad:

        fn report() {
            pr_info!("the lamp is on\n");
        }

    Good:

        fn report() {
            pr_info!("acme: the lamp is on\n");
        }
    """

    meta = Meta(
        name="message-without-name",
        group="acme",
        summary="a message to the kernel log that does not say whose it is",
        severity=Severity.WARNING,
        since="0.1.0",
    )
    on = frozenset({"macro_invocation"})

    def check(self, node: Node, cx: Context) -> Iterator[Finding]:
        """Judge one macro call, wherever it stands: in code, in another macro, in a `macro_rules!` body."""
        macro = node.child_by_field_name("macro")
        if macro is None or cx.text(macro) not in PRINTING:
            return
        texts = [part for tree in node.children for part in tree.children if part.type == "string_literal"]
        if texts and not cx.text(texts[0]).startswith('"acme: '):
            yield self.finding(
                cx,
                texts[0],
                f"the message of `{cx.text(macro)}!` does not begin with `acme: `",
                help="begin it with `acme: `",
            )
