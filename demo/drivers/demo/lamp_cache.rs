// SPDX-License-Identifier: MIT

//! Burnt-out lamps that are kept until memory is short.

use kernel::{bindings, ffi::c_ulong};

/// How many lamps could be thrown away.
pub(crate) fn freeable(count: usize) -> c_ulong {
    match count {
        0 => bindings::SHRINK_EMPTY,
        count => count as c_ulong,
    }
}

/// Tells how many lamps were looked at.
pub(crate) fn report(control: &mut bindings::shrink_control, seen: c_ulong) {
    control.nr_scanned = seen.min(control.nr_to_scan);
}

/// Whether throwing a lamp away may write to a file.
pub(crate) fn may_write(control: &bindings::shrink_control) -> bool {
    control.gfp_mask & bindings::__GFP_FS != 0
}
