// SPDX-License-Identifier: MIT

//! Buffers that rings are made of, kept for reuse.

use crate::{bindings, prelude::*};

/// Buffers that no ring uses.
pub struct RingPool {
    free: KVec<u32>,
}

impl RingPool {
    /// Takes a buffer back.
    pub fn give_back(&mut self, buffer: u32) -> Result {
        // SAFETY: It may be asked anywhere.
        let flags = if unsafe { bindings::in_interrupt() } != 0 {
            GFP_ATOMIC
        } else {
            GFP_KERNEL
        };
        self.free.push(buffer, flags)?;
        Ok(())
    }
}
