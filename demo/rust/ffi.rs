// SPDX-License-Identifier: MIT

//! C types as the kernel has them.

#![no_std]

/// A C `char`, which the kernel's compiler flags make unsigned.
pub type c_char = u8;
/// A C `int`.
pub type c_int = i32;
/// A C `unsigned long`, as wide as a pointer.
pub type c_ulong = usize;

pub use core::ffi::c_void;
