"""Rule `core-ffi-type`."""

from __future__ import annotations

from collections.abc import Iterator

from rfl_lint.plugin import (
    OTHER_C_TYPES,
    Context,
    Extent,
    Finding,
    Meta,
    Rule,
    Severity,
    core_types,
    has_own_types,
    kernel_module,
    kernel_type,
)


class CoreFfiType(Rule):
    """C types come from the kernel's own `ffi` crate.

    Why: the kernel is built with `-funsigned-char` and takes `long` for the size of a pointer, on every
    architecture. `core::ffi` describes the platform's C instead: there `c_char` may be signed, and `c_long` and
    `c_ulong` are other types than the kernel's. Code that mixes the two compiles on one architecture and not on the
    next, or needs casts that say nothing.

    Bad:

        use core::ffi::{c_int, c_ulong, c_void};

        fn scan(private: *mut c_void, nr: c_ulong) -> c_int {
            0
        }

    Good:

        use kernel::ffi::{c_int, c_ulong, c_void};

        fn scan(private: *mut c_void, nr: c_ulong) -> c_int {
            0
        }

    Bad:

        fn name(raw: *const core::ffi::c_char) {}

    Good:

        use core::ffi::CStr;

        fn name(raw: *const kernel::ffi::c_char, text: &CStr, private: *mut core::ffi::c_void) {}

    Notes: inside the kernel crate the module is `crate::ffi`, elsewhere `kernel::ffi`. `c_void` and `CStr` are the
    same types in both. The fix is safe where the two types are the same, which `c_char`, `c_long` and `c_ulong` are
    not. Silent in trees from before `rust/ffi.rs`, and in crates below the kernel's (`rust/ffi.rs`, `rust/pin-init`).
    A glob import (`use core::ffi::*`) is not looked through.

    See: rust/ffi.rs
    """

    meta = Meta(
        name="core-ffi-type",
        group="ffi",
        summary="a C type of `core::ffi` where the kernel has its own",
        severity=Severity.WARNING,
        since="0.1.0",
        doc_code=True,
        extent=Extent.PLACE,
        origin="002",
        precision="6.1: silent (no types of its own); 6.12: no findings; 7.2: 9 of 9 right; unseen code: 109 of 109",
    )
    words = (b"c_",)

    def check_file(self, cx: Context) -> Iterator[Finding]:
        """Report every such type, at its import or at its path."""
        if not has_own_types(cx):
            return
        for item in core_types(cx):
            own = kernel_module(item, cx)
            what = f"`{'::'.join(item.path)}`"
            message = (
                f"{what} is not the kernel's `{item.name}`"
                if item.differs
                else f"{what} instead of the kernel's own"
            )
            detail = f", which is `{OTHER_C_TYPES[item.name]}`" if item.differs else ""
            yield self.finding(
                cx,
                item.node,
                message,
                help=f"use `{own}::{item.name}`{detail}",
                fix=kernel_type(item, cx),
            )
