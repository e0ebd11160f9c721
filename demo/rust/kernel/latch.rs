// SPDX-License-Identifier: MIT

//! One-shot latches.

use crate::bindings;
use core::ptr::NonNull;

/// A latch that a C driver owns.
///
///
/// # Invariant
///
/// `0` points to a latch that lives as long as this value.
pub struct Latch(NonNull<bindings::latch>);

impl Latch {
    /// Wraps a latch of the C side.
    pub unsafe fn from_raw(ptr: NonNull<bindings::latch>) -> Self {
        // INVARIANT: The caller hands over a latch that lives long enough.
        Self(ptr)
    }

    /// Opens the latch without a look at its state.
    ///
    /// ## SAFETY
    ///
    /// The latch must be closed.
    pub unsafe fn open_unchecked(&self) {
        // Safety: the latch lives by the type invariant, and the caller knows that it is closed.
        unsafe { bindings::latch_open(self.0.as_ptr()) }
    }

    /// Whether the latch is closed.
    ///
    /// # Safety
    ///
    /// Another processor may open it at any time.
    pub fn is_closed(&self) -> bool {
        // SAFETY: This is fine.
        unsafe { bindings::latch_closed(self.0.as_ptr()) }
    }
}
