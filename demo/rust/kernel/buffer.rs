// SPDX-License-Identifier: GPL-2.0

//! Buffers that the device reads.

use core::ptr::NonNull;
use crate::bindings;
use crate::prelude::*;

/// A buffer that is mapped for the device.
///
/// # Invariants
///
/// - `cpu` points to `len` bytes that are mapped for the device.
/// - The mapping is undone when the buffer is dropped, and not before.
pub(crate) struct Buffer {
    cpu: NonNull<u8>,
    len: usize,
}

/// What the device writes its answers to.
pub(crate) struct Ring {
    head: NonNull<bindings::demo_ring>,
}

impl Buffer {
    /// Takes over a mapping that the caller has made.
    pub(crate) fn from_mapping(cpu: NonNull<u8>, len: usize) -> Result<Self> {
        if len == 0 {
            return Err(EINVAL);
        }
        Ok(Self { cpu, len })
    }

    /// The length in bytes.
    pub(crate) fn len(&self) -> usize {
        self.len
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        // SAFETY: By the type invariants, `self.head` is valid.
        unsafe { bindings::demo_ring_free(self.head.as_ptr()) };
    }
}
