// SPDX-License-Identifier: MIT

//! Something that is undone when its device goes away.

use crate::{bindings, device::Device, error::Result, prelude::*, sync::Arc, types::ARef};
use core::ffi::c_void;

#[pin_data]
struct Inner<T> {
    dev: ARef<Device>,
    #[pin]
    data: T,
}

/// Keeps `T` for as long as the device is bound.
pub struct Guarded<T>(Arc<Inner<T>>);

impl<T> Inner<T> {
    fn as_ptr(&self) -> *const Self {
        self as _
    }

    fn detach(&self) {
        let raw = self.as_ptr();
        // SAFETY: `self.dev` is bound, and `raw` is what was registered for it.
        let status = unsafe { bindings::demo_unregister(self.dev.as_raw(), raw as *mut c_void) };
        if status == 0 {
            // SAFETY: the device held a reference, and has just given it up.
            drop(unsafe { Arc::from_raw(raw) });
        }
    }
}

impl<T> Guarded<T> {
    /// Registers `data` with `dev`.
    pub fn new(dev: &Device, data: impl PinInit<T>, flags: Flags) -> Result<Self> {
        let inner = Arc::pin_init(
            pin_init!(Inner {
                dev: unsafe { ARef::from_raw(dev.as_non_null()) },
                data <- data,
            }),
            flags,
        )?;
        let raw = inner.clone().into_raw();
        // SAFETY: `raw` stays valid until the callback runs, which gives the reference back.
        let status = unsafe { bindings::demo_register(dev.as_raw(), raw as *mut c_void) };
        if status != 0 {
            // SAFETY: `raw` came from `into_raw` above, and the device did not take it.
            drop(unsafe { Arc::from_raw(raw) });
            return Err(Error::from_errno(status));
        }
        Ok(Self(inner))
    }
}

impl<T> Drop for Guarded<T> {
    fn drop(&mut self) {
        self.0.detach();
    }
}
