"""Rule `zero-flags-argument`."""

from __future__ import annotations

from collections.abc import Iterator

from rfl_lint.plugin import Context, Finding, Meta, Role, Rule, Severity, Zero, ZeroFlags, zero_flags


class ZeroFlagsArgument(Rule):
    """Flags that an abstraction hands to C are chosen, not left at zero.

    Why: a `0` for flags is easily written and seldom what the users of an abstraction need. Allocation flags of zero
    forbid to wait and to reclaim; a shrinker without flags serves neither memory cgroups nor NUMA nodes, and who
    needs one that does cannot have it. Pass the flags through from the caller, or choose them and say why.

    Bad:

        fn alloc(name: &CStr) -> *mut bindings::shrinker {
            // SAFETY: Passing `0` as flags is okay, and `name` is a C string.
            unsafe { bindings::shrinker_alloc(0, name.as_char_ptr()) }
        }

    Good:

        fn alloc(name: &CStr, flags: ShrinkerFlags) -> *mut bindings::shrinker {
            // SAFETY: `name` is a C string.
            unsafe { bindings::shrinker_alloc(flags.as_raw(), name.as_char_ptr()) }
        }

    Bad:

        fn grow(ptr: *const c_void, size: usize) -> *mut c_void {
            // SAFETY: `ptr` is a pointer from `krealloc`.
            unsafe { bindings::krealloc(ptr, size, 0) }
        }

    Good:

        fn alloc(name: &CStr) -> *mut bindings::shrinker {
            // The objects belong to no cgroup and to no node, so that no flag applies.
            // SAFETY: `name` is a C string.
            unsafe { bindings::shrinker_alloc(0, name.as_char_ptr()) }
        }

    Bad (strict):

        fn init(tree: *mut bindings::maple_tree) {
            // SAFETY: `tree` is valid for writes.
            unsafe { bindings::mt_init_flags(tree, 0) };
        }

    Notes: which argument is flags is read from the C prototype. By default allocation flags count, and the flags of
    functions that are known to lose something without any; the table `zero_flags` takes more of them
    (`[tables.zero_flags.functions.<name>]` with `at_zero` and `flags`). The strict part reports a zero for the flags
    of any function. A comment that speaks of the flags makes it fine, a `SAFETY:` comment does not. Orders of pages,
    byte values and DMA attributes are no flags, and a constant with a name that says "none" is no literal.

    See: include/linux/gfp_types.h; include/linux/shrinker.h
    """

    meta = Meta(
        name="zero-flags-argument",
        group="allocation",
        summary="a literal zero for the flags of a C function",
        severity=Severity.WARNING,
        since="0.1.0",
        origin="002",
        precision="6.1 and 6.12: no findings; 7.2: 1 of 1 right; strict, 7.2: 2 more, accepted there",
    )
    words = (b"bindings::",)

    def check_file(self, cx: Context) -> Iterator[Finding]:
        """Report each zero that is flags and that nothing explains."""
        for item in zero_flags(cx):
            if item.kind is not Zero.OTHER or cx.strict:
                message, advice = _words(item, cx.role)
                yield self.finding(cx, item.argument, message, help=advice)


def _words(item: ZeroFlags, role: Role) -> tuple[str, str]:
    what = f"`{item.parameter}` of `bindings::{item.c_call.function.name}` is a literal zero"
    say = "say in a comment why no flag applies"
    if item.kind is Zero.GFP:
        return (
            f"{what}: the allocation may neither wait nor reclaim",
            f"pass `GFP_KERNEL` or the caller's `Flags`, or {say}",
        )
    named = " or ".join(f"`{flag}`" for flag in item.flags)
    if role is Role.ABSTRACTION:
        choose = f"let the caller choose {named}" if named else "let the caller choose them"
    else:
        choose = f"pass {named} if it applies" if named else "pass those that apply"
    if item.kind is Zero.LOSES:
        return f"{what}: {item.at_zero}", f"{choose}, or {say}"
    return what, f"name a constant that stands for no flags, {choose}, or {say}"
