"""The rule `bindings-in-driver`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rfl_lint.plugin import Context, Finding, Label, Meta, Role, Rule, Severity, c_calls, span_of

_MAX_SHOWN: Final = 9


class BindingsInDriver(Rule):
    """Drivers and samples call abstractions, not the C bindings.

    Why: an abstraction in `rust/kernel` is where the rules of a C API are turned into types, once, reviewed by those
    who know it. A driver that calls `bindings::` itself has to keep these rules by hand, and so has the next one.
    What is missing is to be added to the abstractions, where all can use it.

    Bad:

        use kernel::bindings;

        fn count(clk: *mut bindings::clk) -> usize {
            // SAFETY: The clock is enabled for as long as the driver is bound.
            unsafe { bindings::clk_get_rate(clk) }
        }

    Good:

        use kernel::clk::Clk;

        fn count(clk: &Clk) -> usize {
            clk.rate().as_hz()
        }

    Notes: reported once for a file, at its first call; the others are related places. Constants, types and functions
    that are only named do not count. Core code (`mm`, `lib`, `drivers/base`, `drivers/usb/core` and the like) is no
    leaf and may call C, and so may tests for user space.

    See: Documentation/rust/general-information.rst, "Abstractions vs. bindings"
    """

    meta = Meta(
        name="bindings-in-driver",
        group="style",
        summary="a driver or sample that calls the C bindings",
        severity=Severity.WARNING,
        since="0.1.0",
        roles=frozenset({Role.DRIVER, Role.SAMPLE}),
        origin="kernel coding guidelines",
        precision="6.1 and 6.12: no findings; 7.2: 2 of 2 right, both of binder; unseen code: 12 of 13",
    )
    words = (b"bindings",)
    tells_once = True

    def check_file(self, cx: Context) -> Iterator[Finding]:
        """Report the first call of a C function."""
        if not cx.tree.is_leaf(cx.path):
            return
        calls = {call.name: call for call in reversed(cx.memo(c_calls))}
        if not calls:
            return
        first, *others = sorted(calls.values(), key=lambda call: call.node.start_byte)
        more = len(others) - _MAX_SHOWN
        shown = [
            Label(
                span_of(call.callee),
                f"`{cx.text(call.callee)}` too"
                + (f", and {more} more below" if more > 0 and number == _MAX_SHOWN else ""),
            )
            for number, call in enumerate(others[:_MAX_SHOWN], start=1)
        ]
        yield self.finding(
            cx,
            first.callee,
            f"a {cx.role} calls the C function `{first.name}` through the bindings",
            help="call an abstraction of the `kernel` crate; where there is none, add it there, not in here",
            related=tuple(shown),
        )
