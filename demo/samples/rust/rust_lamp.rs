// SPDX-License-Identifier: MIT

//! The smallest module that turns a lamp on: nothing to find here.

use kernel::{bindings, prelude::*};

struct Lamp {
    colours: KVec<u32>,
}

impl kernel::Module for Lamp {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let mut colours = KVec::with_capacity(3, GFP_KERNEL)?;
        colours.push(0xff_0000, GFP_KERNEL)?;
        // SAFETY: the lamp can be turned on at any time.
        unsafe { bindings::demo_lamp_on(colours[0]) };
        Ok(Lamp { colours })
    }
}
