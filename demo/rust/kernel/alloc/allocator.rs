// SPDX-License-Identifier: MIT

//! The allocators behind boxes and vectors.

use super::{AllocError, Allocator, Flags};
use crate::bindings;
use core::{alloc::Layout, ptr::NonNull};

/// Slab memory: contiguous, and small.
pub struct Kmalloc;

/// Page-wise memory: large, and only virtually contiguous.
pub struct Vmalloc;

// SAFETY: `krealloc` returns null or memory that is valid until it is freed.
unsafe impl Allocator for Kmalloc {
    unsafe fn realloc(
        ptr: Option<NonNull<u8>>,
        layout: Layout,
        old_layout: Layout,
        flags: Flags,
    ) -> Result<NonNull<u8>, AllocError> {
        let old = match ptr {
            Some(ptr) if old_layout.size() != 0 => ptr.as_ptr(),
            _ => core::ptr::null_mut(),
        };
        // SAFETY: `old` is null or was allocated by this very function.
        let new = unsafe { bindings::krealloc(old.cast(), layout.size(), flags.as_raw()) };
        NonNull::new(new.cast()).ok_or(AllocError)
    }
}

// SAFETY: `vrealloc` returns null or memory that is valid until it is freed.
unsafe impl Allocator for Vmalloc {
    unsafe fn realloc(
        ptr: Option<NonNull<u8>>,
        layout: Layout,
        old_layout: Layout,
        flags: Flags,
    ) -> Result<NonNull<u8>, AllocError> {
        let old = match ptr {
            Some(ptr) if old_layout.size() != 0 => ptr.as_ptr(),
            _ => core::ptr::null_mut(),
        };
        // SAFETY: `old` is null or was allocated by this very function. Pages are aligned for any `T`.
        let new = unsafe { bindings::vrealloc(old.cast(), layout.size(), flags.as_raw()) };
        NonNull::new(new.cast()).ok_or(AllocError)
    }
}
