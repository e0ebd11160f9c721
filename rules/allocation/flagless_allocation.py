"""The rule `flagless-allocation`."""

from __future__ import annotations

from collections.abc import Iterator

from rfl_lint.plugin import (
    Context,
    Fault,
    Finding,
    Meta,
    Node,
    Rule,
    Severity,
    advice,
    flagless_call,
    flagless_names,
    repair,
)


class FlaglessAllocation(Rule):
    """Every allocation says with which flags, and can fail.

    Why: only the caller knows whether it may sleep, start I/O or give up, so the kernel's allocating calls
    take GFP flags and return a `Result`. The standard library's take none and panic when memory runs out;
    they are not built in the kernel. Code that was written elsewhere, or for an older kernel, still spells
    them.

    Bad:

        fn setup() -> Result<KBox<State>> {
            let state = Box::new(State::default());
            Ok(state)
        }

    Bad:

        fn name(index: usize) -> String {
            format!("port{index}")
        }

    Good:

        fn setup() -> Result<KBox<State>> {
            let state = KBox::new(State::default(), GFP_KERNEL)?;
            Ok(state)
        }

    Good:

        fn names(count: usize) -> Result<KVec<u32>> {
            let mut names = KVec::new();
            names.push(7, GFP_KERNEL)?;
            Ok(names)
        }

    Notes: which call is right depends on the tree: `try_new` before there were flags (up to 6.9), `BoxExt`
    and `VecExt` up to 6.12, `KBox` and `KVec` since. Methods are judged on receivers of known type only.
    Code for user space (`#[cfg(test)]`, cargo features) may allocate as it likes; KUnit tests may not.

    See: rust/kernel/alloc.rs; Documentation/core-api/memory-allocation.rst
    """

    meta = Meta(
        name="flagless-allocation",
        group="allocation",
        summary="an allocation without GFP flags",
        severity=Severity.ERROR,
        since="0.1.0",
        doc_code=True,
        origin="001",
        precision="6.1, 6.12 and 7.2, doc examples included: no findings; unseen code: 39 of 39 right",
    )
    on = frozenset({"call_expression", "macro_invocation"})

    def names(self, cx: Context) -> frozenset[str]:
        """What allocates, or takes flags."""
        return flagless_names(cx)

    def check(self, node: Node, cx: Context) -> Iterator[Finding]:
        """Report a call that allocates and says no flags."""
        found = flagless_call(node, cx)
        if found is None:
            return
        if found.fault is Fault.FORGOTTEN:
            message = f"`{found.name}` is called without its allocation flags"
        elif found.fault is Fault.OLD_NAME:
            message = f"`{found.name}` is from before allocation flags and takes none"
        else:
            message = f"`{found.name}` allocates without flags and cannot report failure"
        yield self.finding(cx, found.span, message, help=advice(found, cx), fix=repair(found, cx))
