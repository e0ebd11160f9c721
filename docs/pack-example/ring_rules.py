"""Rules for drivers of the ring subsystem."""

from collections.abc import Iterator

from rfl_lint.plugin import (
    ZERO_CASE_KINDS,
    Context,
    Finding,
    Label,
    Meta,
    Node,
    Rule,
    Severity,
    is_constant,
    span_of,
    zero_case,
)

CLOSED = frozenset({"RING_CLOSED"})


class RingIdleIsNotClosed(Rule):
    """A ring without frames is idle, not closed.

    Why: who polls a ring comes back to an idle one. A closed one is taken off the list until somebody opens it again.

    Bad:

        fn poll(frames: u32) -> u32 {
            if frames == 0 { bindings::RING_CLOSED } else { frames }
        }

    Good:

        fn poll(frames: u32) -> u32 {
            frames
        }

    Good:

        fn poll(ring: &Ring, frames: u32) -> u32 {
            if ring.is_shut() { bindings::RING_CLOSED } else { frames }
        }
    """

    meta = Meta(
        name="ring-idle-is-not-closed",
        group="ring",
        summary="a ring without frames is reported as closed",
        severity=Severity.ERROR,
        since="0.1.0",
    )
    on = ZERO_CASE_KINDS

    def check(self, node: Node, cx: Context) -> Iterator[Finding]:
        """Judge what becomes of a number that is zero."""
        if b"ring" not in cx.source.data and b"RING" not in cx.source.data:
            return
        case = zero_case(node, cx)
        if case is not None and case.is_mapping and is_constant(case.result, CLOSED, cx):
            yield self.finding(
                cx,
                case.result,
                f"a `{cx.text(case.tested)}` of zero is reported as a closed ring",
                help="report zero: the ring is idle",
                related=(Label(span_of(case.condition), "the case of zero"),),
            )
