// SPDX-License-Identifier: MIT

//! The `kernel` crate of the demonstration tree.

#![no_std]

pub mod alloc;
pub mod error;
pub mod guard;
pub mod lamp;
pub mod latch;
pub mod ring;
pub mod sync;

pub use bindings;

/// The values that every driver sees.
pub mod prelude {
    pub use crate::alloc::{flags::*, KBox, KVec};
    pub use crate::error::{code::*, Error, Result};
}
