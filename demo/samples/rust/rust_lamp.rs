// SPDX-License-Identifier: MIT

//! The smallest module that turns a lamp on: nothing to find here.

use kernel::{
    lamp,
    prelude::*, //
};

struct Lamp {
    colours: KVec<u32>,
}

impl kernel::Module for Lamp {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let mut colours = KVec::with_capacity(3, GFP_KERNEL)?;
        colours.push(0xff_0000, GFP_KERNEL)?;
        lamp::turn_on(colours[0]);
        Ok(Lamp { colours })
    }
}
