// SPDX-License-Identifier: MIT

//! A ring of bytes that the device writes and the driver reads.

use crate::{bindings, prelude::*};

/// A ring in memory that the device knows.
///
/// # Invariants
///
/// `base` points to `len` bytes, and `len` is a power of two.
pub struct Ring {
    base: *mut u8,
    len: usize,
    head: usize,
}

impl Ring {
    /// Takes the oldest byte out, if there is one.
    pub fn pop(&mut self) -> Option<u8> {
        // SAFETY: by the type invariants, `base` points to the ring's registers.
        let tail = unsafe { bindings::demo_ring_tail(self.base) };
        if self.head == tail {
            return None;
        }

        let at = self.head & (self.len - 1);
        let byte = unsafe { self.base.add(at).read() };
        self.head = self.head.wrapping_add(1);
        Some(byte)
    }
}

// SAFETY: the device does not care which thread reads the ring.
unsafe impl Send for Ring {}
unsafe impl Sync for Ring {}

/// Reads a register; the address must be one of the device's.
#[macro_export]
macro_rules! demo_read {
    ($base:expr, $offset:literal) => {
        unsafe { core::ptr::read_volatile($base.add($offset)) }
    };
}
