// SPDX-License-Identifier: MIT

//! A driver for a lamp that blinks.

use kernel::{c_str, demo_read, guard::Guarded, lamp, prelude::*, ring::Ring};

module! {
    type: Blinker,
    name: "blinker",
    author: "rfl-lint contributors",
    description: "A lamp that blinks",
    license: "GPL",
}

struct Pattern {
    steps: KVec<u32>,
    label: &'static CStr,
}

struct Blinker {
    pattern: KBox<Pattern>,
    guard: Guarded<Ring>,
}

impl Blinker {
    fn pattern(lengths: &[u32]) -> Result<KBox<Pattern>> {
        let mut steps = KVec::new();
        for length in lengths {
            steps.push(*length, GFP_KERNEL)?;
        }
        let label = c_str!("default");
        Ok(KBox::new(Pattern { steps, label }))
    }

    fn describe(&self) -> Result {
        let name = format!("blinker with {} steps", self.pattern.steps.len());
        pr_info!("{}\n", name);
        Ok(())
    }

    fn level(&self, base: *const u32) -> u32 {
        demo_read!(base, 4)
    }
}

impl Drop for Blinker {
    fn drop(&mut self) {
        #[allow(clippy::undocumented_unsafe_blocks)]
        unsafe {
            lamp::cut_power()
        };
    }
}
