// SPDX-License-Identifier: MIT

//! Boxes whose memory comes from the kernel's own allocators.

use super::{AllocError, Allocator, Flags, Kmalloc};
use core::{alloc::Layout, marker::PhantomData, ptr::NonNull};

/// A box with the allocator `A`.
///
/// # Invariants
///
/// `ptr` points to a valid `T` in memory that came from `A`, and nothing else owns it.
pub struct Box<T, A: Allocator>(NonNull<T>, PhantomData<A>);

/// A box in memory from `kmalloc`.
pub type KBox<T> = Box<T, Kmalloc>;

impl<T, A: Allocator> Box<T, A> {
    /// Moves `value` into new memory.
    pub fn new(value: T, flags: Flags) -> Result<Self, AllocError> {
        let ptr = A::alloc(Layout::new::<T>(), flags)?.cast::<T>();
        // SAFETY: `ptr` is as large and as aligned as a `T` needs, and ours alone.
        unsafe { ptr.as_ptr().write(value) };
        // INVARIANT: `ptr` came from `A` and holds the value just written.
        Ok(Self(ptr, PhantomData))
    }

    /// Gives up the box for a pointer that [`Box::from_raw`] takes back.
    pub fn into_raw(this: Self) -> *mut T {
        let ptr = this.0.as_ptr();
        core::mem::forget(this);
        ptr
    }

    /// Makes a box of what [`Box::into_raw`] returned.
    ///
    /// # Safety
    ///
    /// `raw` came from `into_raw` of a box with the same allocator, and is not used again.
    pub unsafe fn from_raw(raw: *mut T) -> Self {
        // INVARIANT: by the safety requirements of this function.
        // SAFETY: `into_raw` never returns null.
        Self(unsafe { NonNull::new_unchecked(raw) }, PhantomData)
    }
}
