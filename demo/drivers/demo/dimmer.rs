// SPDX-License-Identifier: MIT

//! A lamp whose brightness a C library knows.

use core::ffi::{c_int, c_void};
use kernel::{bindings, prelude::*, types::Opaque};

/// A lamp that can be made darker.
struct Dimmer {
    lamp: Opaque<bindings::demo_lamp>,
    private: *mut c_void,
}

impl Dimmer {
    /// The darkest step that still gives light.
    const DARKEST: c_int = 1;

    /// Takes the lamp's regulator into use.
    fn power(&self, regulator: *mut bindings::regulator) {
        // SAFETY: The caller holds a reference to `regulator`.
        unsafe { bindings::regulator_enable(regulator) };
    }
}
