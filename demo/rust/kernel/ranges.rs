// SPDX-License-Identifier: MIT

//! Ranges of addresses, as the range manager of C hands them out.

use crate::{bindings, error::to_result, prelude::*};
use core::ptr::NonNull;

/// The addresses that a device can see.
pub struct Ranges {
    mm: NonNull<bindings::drm_mm>,
}

// SAFETY: The range manager is heap memory, which any thread may use.
unsafe impl Send for Ranges {}
// SAFETY: The range manager is heap memory, which any thread may use.
unsafe impl Sync for Ranges {}

impl Ranges {
    /// Takes a range into use.
    ///
    /// # Safety
    ///
    /// `node` must be valid until it is removed.
    pub unsafe fn insert(&self, node: *mut bindings::drm_mm_node, size: u64) -> Result {
        // SAFETY: `mm` is initialized, and `node` is valid by the requirements.
        to_result(unsafe { bindings::drm_mm_insert_node(self.mm.as_ptr(), node, size) })
    }
}

/// A range that is in use.
pub struct Range {
    node: KBox<bindings::drm_mm_node>,
}

impl Drop for Range {
    fn drop(&mut self) {
        // SAFETY: The node was inserted when the range was taken into use.
        unsafe { bindings::drm_mm_remove_node(&mut *self.node) };
    }
}
