"""Rule `unchecked-c-return`."""

from __future__ import annotations

from collections.abc import Iterator

from rfl_lint.plugin import (
    CFailure,
    Context,
    Extent,
    Fate,
    Finding,
    Label,
    Meta,
    Rule,
    Severity,
    Unchecked,
    must_succeed,
    span_of,
    unchecked_results,
)


class UncheckedCReturn(Rule):
    """What a C function returns to report failure is looked at.

    Why: C reports failure in the value that it returns: a negative error number, a NULL pointer, an error number in
    a pointer. Rust's `#[must_use]` does not reach through `bindings`, so that nothing warns where the value is thrown
    away or a pointer is taken for valid. The code then goes on with a device that was never switched on, or with a
    NULL pointer in a `NonNull`.

    Bad:

        fn start(clk: *mut bindings::clk) {
            // SAFETY: `clk` is valid by the type invariant.
            unsafe { bindings::clk_enable(clk) };
        }

    Good:

        fn start(clk: *mut bindings::clk) -> Result {
            // SAFETY: `clk` is valid by the type invariant.
            to_result(unsafe { bindings::clk_enable(clk) })
        }

    Bad:

        fn adapter(nr: c_int) -> NonNull<bindings::i2c_adapter> {
            // SAFETY: Any number may be asked for.
            unsafe { NonNull::new_unchecked(bindings::i2c_get_adapter(nr)) }
        }

    Good:

        fn adapter(nr: c_int) -> Result<NonNull<bindings::i2c_adapter>> {
            // SAFETY: Any number may be asked for.
            NonNull::new(unsafe { bindings::i2c_get_adapter(nr) }).ok_or(ENODEV)
        }

    Bad:

        fn write(to: *mut c_void, from: *const c_void, len: usize) -> Result {
            // SAFETY: `from` is valid for reads of `len` bytes.
            to_result(unsafe { bindings::copy_to_user(to, from, len) } as c_int)
        }

    Good:

        fn stop(clk: *mut bindings::clk, rate: c_ulong) {
            // There is nobody left to tell: the clock goes away.
            // SAFETY: `clk` is valid by the type invariant.
            let _ = unsafe { bindings::clk_set_rate(clk, rate) };
        }

    Notes: how a function reports failure is read from the tree's own headers and from the comment above its
    declaration, else from the bundled table; of a function that neither speaks of nothing is said, but an
    allocation may always fail. `let _ =` is fine with a comment other than `SAFETY:` beside it. A value that is
    handed to any other code counts as looked at, and so does a pointer that was looked at once. `copy_to_user` and
    its like return how many bytes are left, which is no error number.

    See: rust/kernel/error.rs
    """

    meta = Meta(
        name="unchecked-c-return",
        group="ffi",
        summary="a C function's report of failure that nobody looks at",
        severity=Severity.WARNING,
        since="0.1.0",
        extent=Extent.FUNCTION,
        origin="002",
        precision="6.1 and 6.12: no findings; 7.2: 2 of 2 right",
    )
    words = (b"bindings::",)

    def check_file(self, cx: Context) -> Iterator[Finding]:
        """Report each result that goes unseen, and each pointer that is taken for valid."""
        for item in unchecked_results(cx):
            message, advice = _words(item, cx)
            related: tuple[Label, ...] = ()
            if item.place.id != item.c_call.call.callee.id:
                related = (Label(span_of(item.c_call.call.callee), "the C function is called here"),)
            yield self.finding(cx, item.place, message, help=advice, related=related)


def _words(item: Unchecked, cx: Context) -> tuple[str, str]:
    function = item.c_call.function
    name, failure = f"bindings::{function.name}", item.failure
    if item.fate is Fate.AS_ERRNO:
        return (
            f"`{name}` returns the number of bytes left, which is no error number",
            "return `EFAULT` where it is not zero",
        )
    reports = _REPORTS[failure]
    if item.fate is Fate.TRUSTED:
        return f"the pointer from `{name}` is taken for valid, but it may be {reports}", _CHECKS[failure]
    verb = "thrown away" if item.fate is not Fate.UNREAD else "never read"
    check = "warn of failure" if must_succeed(item.place, cx) else _CHECKS[failure]
    return (
        f"what `{name}` returns is {verb}: it reports failure as {reports}",
        f"{check}, or say in a comment at `let _ =` why failure does not matter",
    )


_REPORTS = {
    CFailure.ERRNO: "a negative error number",
    CFailure.NULL: "NULL",
    CFailure.ERR_PTR: "an error pointer",
    CFailure.BYTES_LEFT: "the number of bytes left",
    CFailure.UNKNOWN: "a value that C code must check",
}
_CHECKS = {
    CFailure.ERRNO: "hand it to `to_result`",
    CFailure.NULL: "hand it to `NonNull::new` and return an error for `None`",
    CFailure.ERR_PTR: "hand it to `from_err_ptr`",
    CFailure.BYTES_LEFT: "return `EFAULT` where it is not zero",
    CFailure.UNKNOWN: "check it",
}
