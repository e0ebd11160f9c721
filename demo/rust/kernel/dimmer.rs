// SPDX-License-Identifier: MIT

//! A lamp whose brightness a C library knows.

use crate::{bindings, prelude::*, types::Opaque};
use core::ffi::{c_int, c_void};

/// A lamp that can be made darker.
pub struct Dimmer {
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

    /// A shrinker for what the lamp has cached.
    fn shrinker(name: &CStr) -> *mut bindings::shrinker {
        // SAFETY: `name` is a C string.
        unsafe { bindings::shrinker_alloc(0, name.as_char_ptr()) }
    }

    /// The address that the C side keeps.
    fn shared(&self) -> *const c_void {
        self.private as _
    }
}
