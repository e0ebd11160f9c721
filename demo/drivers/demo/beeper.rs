// SPDX-License-Identifier: GPL-2.0

//! A beeper with a tone that user space chooses.

use kernel::prelude::*;

/// The tones a beeper can make, in hertz.
const TONES: [u32; 4] = [220, 440, 880, 1760];

/// A beeper.
struct Beeper {
    tone: usize,
    muted: bool,
}

impl Beeper {
    /// Makes a beeper that is silent.
    fn new() -> Self {
        Beeper {
            tone: 0,
            muted: true,
        }
    }

    /// Chooses a tone by its place in the table.
    fn choose(&mut self, tone: usize) -> Result {
        if tone >= TONES.len() {
            return Err(EINVAL);
        }
        // SAFETY: `tone` was checked against the length of the table above.
        self.tone = tone;
        Ok(())
    }

    /// Turns the beeper off or on.
    fn mute(&mut self, muted: bool) {
        // PANIC: Anybody may mute a beeper at any time.
        self.muted = muted;
    }

    /// The tone that it makes, in hertz.
    fn hertz(&self) -> u32 {
        TONES.get(self.tone).copied().unwrap()
    }

    /// The highest tone that it can make, in hertz.
    fn highest() -> u32 {
        // PANIC: The table has four tones.
        TONES.iter().copied().max().unwrap()
    }
}
