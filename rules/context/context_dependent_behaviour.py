"""Rule `context-dependent-behaviour`."""

from __future__ import annotations

from collections.abc import Iterator

from rfl_lint.plugin import Context, Finding, Label, Meta, Rule, Severity, context_queries, span_of


class ContextDependentBehaviour(Rule):
    """Code does not ask in which context it runs to behave differently there: its caller knows, and says so.

    Why: what may sleep and what may not has to be clear from the code. `in_atomic()` cannot even tell: without
    preemption the kernel does not count spinlocks, so that the answer is "no" with one held. A function that decides by
    it works on one configuration and deadlocks on another, and no tool can check its callers. Whoever calls knows its
    own context: it passes `GFP_ATOMIC`, or calls the variant that does not sleep.

    Bad:

        fn grow(&mut self) -> Result {
            // SAFETY: it may be asked anywhere.
            let flags = if unsafe { bindings::in_atomic() } { GFP_ATOMIC } else { GFP_KERNEL };
            self.items.reserve(16, flags)?;
            Ok(())
        }

    Good:

        fn grow(&mut self, flags: Flags) -> Result {
            self.items.reserve(16, flags)?;
            Ok(())
        }

        fn flush(&self) {
            // SAFETY: it may be asked anywhere.
            debug_assert!(!unsafe { bindings::in_interrupt() });
            self.queue.flush();
        }

    Notes: assertions, warnings and what is built for debugging only may ask. Functions of the tree that return the
    answer are followed to where it decides something. The table is `asks` of `locks` in the configuration.

    See: include/linux/preempt.h, the warning at `in_atomic()`
    """

    meta = Meta(
        name="context-dependent-behaviour",
        group="context",
        summary="code that asks in which context it runs, and decides by the answer",
        severity=Severity.WARNING,
        since="0.1.0",
        origin="001",
        precision="6.1, 6.12 and 7.2: no findings, nothing asks",
    )

    def check_file(self, cx: Context) -> Iterator[Finding]:
        """Report the questions whose answer decides something."""
        for found in context_queries(cx):
            call, through = found.call, found.through
            asks = f"`{call.name}` asks"
            related = [Label(found.decision, "the answer decides here")]
            if through is not None:
                asks = f"`{call.name}` asks `{found.asks}`"
                related.append(Label(through.span, f"`{through.name}` returns what it asks", through.path))
            yield self.finding(
                cx,
                span_of(call.name_node or call.node),
                f"{asks} in which context it runs, and the answer decides what is done",
                help="let the caller say, which knows its context: take the flags, or write a variant for each context",
                related=tuple(
                    Label(each.span, each.message, "" if each.path == cx.path else each.path)
                    for each in related
                ),
            )
