// SPDX-License-Identifier: MIT

//! Arenas: many small blocks that live equally long.

use super::{AllocError, Flags, KVec};
use crate::bindings;
use core::{alloc::Layout, ptr::NonNull};

/// Where the memory of an [`Arena`] comes from.
pub trait Backing {
    /// Makes a block.
    fn alloc(&self, layout: Layout, flags: Flags) -> Result<NonNull<[u8]>, AllocError>;

    /// Changes the size of a block.
    ///
    /// # Safety
    ///
    /// `ptr` comes from this very backing.
    unsafe fn realloc(
        &self,
        ptr: NonNull<u8>,
        layout: Layout,
        flags: Flags,
    ) -> Result<NonNull<[u8]>, AllocError>;

    /// Gives a block back.
    ///
    /// # Safety
    ///
    /// `ptr` comes from this very backing, and nobody uses it any more.
    unsafe fn release(&self, ptr: NonNull<u8>) {
        // SAFETY: As this function's own requirements.
        let _ = unsafe { self.realloc(ptr, Layout::new::<()>(), Flags(0)) };
    }
}

/// Slab memory for arenas.
pub struct SlabBacking;

impl Backing for SlabBacking {
    fn alloc(&self, layout: Layout, flags: Flags) -> Result<NonNull<[u8]>, AllocError> {
        let size = layout.pad_to_align().size();
        if size == 0 {
            return Ok(NonNull::slice_from_raw_parts(NonNull::dangling(), 0));
        }
        // SAFETY: A null pointer asks for a new block.
        let raw = unsafe { bindings::krealloc(core::ptr::null(), size, flags.as_raw()) };
        let ptr = NonNull::new(raw.cast()).ok_or(AllocError)?;
        Ok(NonNull::slice_from_raw_parts(ptr, size))
    }

    unsafe fn realloc(
        &self,
        ptr: NonNull<u8>,
        layout: Layout,
        flags: Flags,
    ) -> Result<NonNull<[u8]>, AllocError> {
        let size = layout.pad_to_align().size();
        // SAFETY: By this function's requirements, `ptr` comes from `krealloc`.
        let raw = unsafe { bindings::krealloc(ptr.as_ptr().cast(), size, flags.as_raw()) };
        let ptr = NonNull::new(raw.cast()).ok_or(AllocError)?;
        Ok(NonNull::slice_from_raw_parts(ptr, size))
    }
}

/// The blocks that an arena has handed out.
pub struct Arena<B: Backing> {
    backing: B,
    blocks: KVec<NonNull<[u8]>>,
}

impl<B: Backing> Arena<B> {
    /// Makes a block that lives as long as the arena.
    pub fn make(&mut self, layout: Layout, flags: Flags) -> Result<NonNull<[u8]>, AllocError> {
        self.blocks.reserve(1, GFP_KERNEL)?;
        let block = self.backing.alloc(layout, flags)?;
        self.blocks.push(block, flags)?;
        Ok(block)
    }
}
