"""Rule `panicking-call`."""

from __future__ import annotations

from collections.abc import Iterator

from rfl_lint.plugin import (
    Context,
    Extent,
    Finding,
    Meta,
    Node,
    Rule,
    Severity,
    construct_names,
    must_succeed,
    panicking_call,
)

_HELP = {
    "unwrap": "return an error with `?`, or say in a `// PANIC:` comment above it why it cannot fail",
    "expect": "return an error with `?`, or say in a `// PANIC:` comment above it why it cannot fail",
    "todo!": "return an error, `ENOTSUPP` for one, until it is written",
    "unimplemented!": "return an error, `ENOTSUPP` for one, until it is written",
    "unreachable!": "return an error, or say in a `// PANIC:` comment above it why it is not reached",
}
_HELP_WITHOUT_ERRORS = {
    "unwrap": "handle the failure, or say in a `// PANIC:` comment above it why it cannot fail",
    "expect": "handle the failure, or say in a `// PANIC:` comment above it why it cannot fail",
    "unreachable!": "handle the case, or say in a `// PANIC:` comment above it why it is not reached",
}
_OTHERWISE = "return an error or warn, or say in a `// PANIC:` comment above it why it cannot fire"


class PanickingCall(Rule):
    """Code that runs in the kernel does not panic.

    Why: a panic in Rust code is a `BUG()`: at best the task dies with the locks it holds, with `panic_on_oops` the
    whole machine. `unwrap` and `expect` put that behind what reads like error handling, and what could never fail when
    the code was written fails once its callers change. Errors are returned; what cannot fail says why.

    Exempt are tests, KUnit, examples in docs, what is evaluated while the kernel is built, checks under a `cfg` of
    debugging, functions that never return or whose docs have a `# Panics` section, and calls with a `// PANIC:` comment
    or another comment right above that names the call or the panic, or says that nothing can fail. `assert!`,
    `assert_eq!` and `assert_ne!` state on purpose what must hold: they are the strict part.

    Bad:

        fn first(&self) -> u32 {
            *self.levels.first().unwrap()
        }

    Good:

        fn first(&self) -> Result<u32> {
            self.levels.first().copied().ok_or(EINVAL)
        }

        fn last(&self) -> u32 {
            // PANIC: `new` puts a level in, and nothing takes one out.
            *self.levels.last().unwrap()
        }

    Bad:

        fn stop(&self, mode: Mode) -> Result {
            match mode {
                Mode::Now => self.halt(),
                Mode::Later => todo!(),
            }
        }

    Good:

        fn stop(&self, mode: Mode) -> Result {
            match mode {
                Mode::Now => self.halt(),
                Mode::Later => Err(ENOTSUPP),
            }
        }

    Bad (strict):

        fn set(&mut self, level: u32) {
            assert!(level <= MAX_LEVEL);
            self.level = level;
        }

    Notes: functions whose name tells of the panic, and code that is built for user space only, as that behind cargo
    features, are exempt, too. Unlike clippy's lints the rule looks into macros. Further functions and macros that panic
    are added to the table `comment_tags` of the configuration, below `[tables.comment_tags.tags.PANIC]`:
    `functions = ["ring::stop", "kernel::fault::die", "crate::halt"]` and `macros = ["die"]`.

    See: Documentation/process/deprecated.rst, "BUG() and BUG_ON()"; Documentation/rust/coding-guidelines.rst
    """

    meta = Meta(
        name="panicking-call",
        group="context",
        summary="call that panics in code of the kernel",
        severity=Severity.WARNING,
        since="0.1.0",
        clippy=("unwrap_used", "expect_used", "panic", "todo", "unimplemented", "unreachable"),
        extent=Extent.FUNCTION,
        precision="6.1: no findings; 6.12: 3 of 3 right (1 is explained without a mark); "
        "7.2: 40 of 40 right (2 are explained without a mark); unseen code: 64 of 65",
    )
    on = frozenset({"call_expression", "macro_invocation"})

    def names(self, cx: Context) -> frozenset[str] | None:
        """What panics."""
        return construct_names(cx, "PANIC", strict=cx.strict)

    def check(self, node: Node, cx: Context) -> Iterator[Finding]:
        """Judge one call."""
        found = panicking_call(cx, node, strict=cx.strict)
        if found is None:
            return
        name = found.detail.removesuffix("_err")
        verb = "panics" if found.what == "macro" and "assert" not in found.detail else "may panic"
        helps = _HELP | _HELP_WITHOUT_ERRORS if must_succeed(node, cx) else _HELP
        yield self.finding(cx, found.span, f"`{found.detail}` {verb}", help=helps.get(name, _OTHERWISE))
