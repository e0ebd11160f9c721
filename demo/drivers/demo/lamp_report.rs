// SPDX-License-Identifier: MIT

//! What the lamps of the demonstration say of themselves.

use kernel::prelude::*;

/// Writes the levels of all lamps into one line of the log.
pub(crate) fn report(levels: &[u32]) {
    if levels.is_empty() {
        pr_warn!("no lamp is connected");
        return;
    }
    pr_info!("levels:");
    for level in levels {
        pr_cont!(" {}", level);
    }
    pr_cont!("\n");
}

/// Refuses a level that no lamp has.
pub(crate) fn check(level: u32) -> Result<()> {
    if level > 100 {
        return Err(EINVAL);
    }
    Ok(())
}

/// Leaves a lamp on when the driver goes.
pub(crate) fn leave_on(lamp: Lamp) {
    core::mem::forget(lamp);
}

/// A lamp that is switched off when it is dropped.
pub(crate) struct Lamp;
