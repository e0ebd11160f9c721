// SPDX-License-Identifier: MIT

//! The lamp of the board.
//!
//! Its colours are kept as in [`ring.rs`](srctree/rust/kernel/ring_buffer.rs).

use crate::bindings;

/// Turns the lamp on.
pub fn turn_on(colour: u32) {
    // SAFETY: The lamp can be turned on at any time.
    unsafe { bindings::demo_lamp_on(colour) };
}

/// Takes the lamp off the supply.
///
/// # Safety
///
/// Nobody turns the lamp on again.
pub unsafe fn cut_power() {
    // SAFETY: By the requirements of this function.
    unsafe { bindings::demo_lamp_off() };
}
