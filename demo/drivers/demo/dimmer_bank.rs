// SPDX-License-Identifier: MIT

//! A bank of dimmers behind one bus, whose levels are changed under a spin lock.

use kernel::{
    prelude::*,
    sync::{Mutex, SpinLock},
    time::{delay::fsleep, Delta},
};

struct DimmerBank {
    levels: SpinLock<KVec<u8>>,
    bus: Mutex<u32>,
}

impl DimmerBank {
    /// Takes one more dimmer in.
    fn add(&self, level: u8) -> Result {
        let mut levels = self.levels.lock();
        levels.push(level, GFP_KERNEL)
    }

    /// Lets the lamps follow the levels.
    fn apply(&self) {
        let levels = self.levels.lock();
        for level in levels.iter() {
            self.send(*level);
        }
    }

    /// Turns the first dimmer down, or all lamps off.
    fn lower(&self) {
        match self.levels.lock().first() {
            Some(0) | None => {}
            Some(level) => {
                let below = level - 1;
                self.levels.lock()[0] = below;
            }
        }
    }

    fn send(&self, level: u8) {
        *self.bus.lock() = u32::from(level);
        fsleep(Delta::from_micros(500));
    }
}
